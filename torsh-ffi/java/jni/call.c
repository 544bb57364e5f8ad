/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arguments and results of a call. */
#include "call.h"

#include <stdlib.h>
#include <string.h>

void torsh__refuse_closed(torsh__call_t *call)
{
    if (!call->failed)
        torsh__throw_java(call->env, "java/lang/IllegalStateException", "%s: an argument has been closed",
                          call->name);
    call->failed = true;
}

void torsh__end(torsh__call_t *call)
{
    for (int i = 0; i < call->n_blocks; i++)
        free(call->blocks[i]);
    call->n_blocks = 0;
}

void *torsh__room(torsh__call_t *call, size_t bytes)
{
    const size_t n = (bytes + sizeof *call->room - 1) / sizeof *call->room;
    if (n <= (size_t)(TORSH__ROOM - call->used)) {
        void *p = call->room + call->used;
        call->used += (int)n;
        return p;
    }
    void *p = call->n_blocks < TORSH__MAX_BLOCKS ? malloc(bytes) : NULL;
    if (!p) {
        torsh__throw_java(call->env, "java/lang/OutOfMemoryError", "%s: arguments", call->name);
        call->failed = true;
        return NULL;
    }
    return call->blocks[call->n_blocks++] = p;
}

torsh__longs_t torsh__longs(torsh__call_t *call, const char *name, jlongArray array, bool required)
{
    torsh__longs_t out = {NULL, 0};
    if (call->failed)
        return out;
    if (!array) {
        if (required) {
            torsh__throw_java(call->env, "org/torsh/MissingArgumentException", "%s: %s is null", call->name,
                              name);
            call->failed = true;
        }
        return out;
    }
    const jsize n = (*call->env)->GetArrayLength(call->env, array);
    int64_t *v = torsh__room(call, ((size_t)n + !n) * sizeof *v);
    if (!v)
        return out;
    (*call->env)->GetLongArrayRegion(call->env, array, 0, n, (jlong *)v);
    return (torsh__longs_t){v, n};
}

torsh__tensors_t torsh__tensors(torsh__call_t *call, const char *name, jlongArray array)
{
    const torsh__longs_t longs = torsh__longs(call, name, array, true);
    torsh__tensors_t out = {NULL, 0};
    if (call->failed)
        return out;
    const torsh_tensor_t **v = torsh__room(call, ((size_t)longs.n + !longs.n) * sizeof *v);
    if (!v)
        return out;
    jlong all = 0;
    for (int i = 0; i < longs.n; i++) {
        v[i] = TENSOR(longs.v[i]);
        all |= longs.v[i];
    }
    if (all & TORSH__CLOSED)
        torsh__refuse_closed(call);
    return (torsh__tensors_t){v, longs.n};
}

/* Writes one code point; a half of a pair becomes U+FFFD. */
static char *encode(char *at, const jchar *text, jsize n, jsize *i)
{
    uint32_t c = text[*i];
    if (c >= 0xd800 && c < 0xe000) {
        const bool pair = c < 0xdc00 && *i + 1 < n && text[*i + 1] >= 0xdc00 && text[*i + 1] < 0xe000;
        c = pair ? 0x10000 + ((c - 0xd800) << 10) + (text[++*i] - 0xdc00u) : 0xfffd;
    }
    if (c < 0x80) {
        *at++ = (char)c;
        return at;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *at++ = (char)(((0xff00 >> (more + 1)) & 0xff) | (c >> (6 * more)));
    for (int k = more - 1; k >= 0; k--)
        *at++ = (char)(0x80 | ((c >> (6 * k)) & 0x3f));
    return at;
}

const char *torsh__text(torsh__call_t *call, const char *name, jstring text)
{
    if (call->failed || !text)
        return NULL;
    const jsize n = (*call->env)->GetStringLength(call->env, text);
    jchar *wide = torsh__room(call, ((size_t)n + 1) * sizeof *wide);
    char *out = wide ? torsh__room(call, (size_t)n * 3 + 1) : NULL;
    if (!out)
        return NULL;
    (*call->env)->GetStringRegion(call->env, text, 0, n, wide);
    char *at = out;
    for (jsize i = 0; i < n; i++) {
        if (!wide[i]) {
            torsh__throw_java(call->env, "java/lang/IllegalArgumentException", "%s: %s has a NUL inside",
                              call->name, name);
            call->failed = true;
            return NULL;
        }
        at = encode(at, wide, n, &i);
    }
    *at = 0;
    return out;
}

/* ---- results ---- */

jlong torsh__result(torsh__call_t *call, torsh_tensor_t *result, const torsh_tensor_t *like)
{
    torsh__end(call);
    if (result)
        return torsh__give(result, like);
    call->error ? torsh__throw(call->env, call->error) : torsh__throw_last(call->env);
    return 0;
}

jlongArray torsh__results(torsh__call_t *call, torsh_tensor_t **results, int n, const torsh_tensor_t *like)
{
    jlong given[n];
    if (!results[0]) {
        torsh__result(call, NULL, NULL);
        return NULL;
    }
    torsh__end(call);
    for (int i = 0; i < n; i++)
        given[i] = torsh__give(results[i], like);
    jlongArray array = (*call->env)->NewLongArray(call->env, n);
    if (array)
        (*call->env)->SetLongArrayRegion(call->env, array, 0, n, given);
    else
        for (int i = 0; i < n; i++)
            torsh__take_back(given[i]);
    return array;
}

jlongArray torsh__result_list(torsh__call_t *call, torsh_tensor_list_t *list, const torsh_tensor_t *like)
{
    if (!list) {
        torsh__result(call, NULL, NULL);
        return NULL;
    }
    torsh__end(call);
    const int n = torsh_tensor_list_n(list);
    jlongArray array = (*call->env)->NewLongArray(call->env, n);
    for (int i = 0; array && i < n; i++) {
        const jlong given = torsh__give(torsh_tensor_retain(torsh_tensor_list_get(list, i)), like);
        (*call->env)->SetLongArrayRegion(call->env, array, i, 1, &given);
    }
    torsh_tensor_list_free(list);
    return array;
}

void torsh__finish(torsh__call_t *call, torsh_tensor_t *result)
{
    torsh__end(call);
    if (!result)
        call->error ? torsh__throw(call->env, call->error) : torsh__throw_last(call->env);
    torsh_tensor_release(result);
}

void torsh__done(torsh__call_t *call, torsh_status_t status)
{
    torsh__end(call);
    if (call->error)
        torsh__throw(call->env, call->error);
    else if (status != TORSH_OK || torsh_last_error())
        torsh__throw_last(call->env);
}

jlong torsh__handle(torsh__call_t *call, void *handle)
{
    torsh__done(call, TORSH_OK);
    return (jlong)(intptr_t)handle;
}

jlong torsh__lent_tensor(torsh__call_t *call, torsh_tensor_t *lent)
{
    torsh__done(call, TORSH_OK);
    return lent ? torsh__give(torsh_tensor_retain(lent), lent) : 0;
}

jstring torsh__string(torsh__call_t *call, const char *text)
{
    torsh__done(call, TORSH_OK);
    return text ? torsh__new_string(call->env, text) : NULL;
}
