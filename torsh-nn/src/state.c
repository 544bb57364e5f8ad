/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* state_dict and load_state_dict. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "module.h"

/* ---- out ---- */

/* {"version": n} of every module, by its path: what PyTorch's load_state_dict goes by. */
static torsh_status_t add_versions(const torsh_module_t *m, const char *path, torsh_value_t *metadata)
{
    torsh_value_t *local = torsh_value_new_dict(TORSH_CLASS_PLAIN);
    torsh_status_t status = torsh_value_add_named(local, "version", torsh_value_new_int(m->class->version));
    if (status != TORSH_OK)
        torsh_value_release(local);
    TRY(status);
    TRY(torsh_value_add_named(metadata, path, local));
    for (int i = 0; i < m->n; i++) {
        if (!m->members[i].child)
            continue;
        char *below = torsh__join(path, m->members[i].name);
        status = below ? add_versions(m->members[i].child, below, metadata) : TORSH_ERR_MEMORY;
        torsh__free(below);
        TRY(status);
    }
    return TORSH_OK;
}

static torsh_status_t add_metadata(const torsh_module_t *m, torsh_state_t *state)
{
    torsh_value_t *metadata = torsh_value_new_dict(TORSH_CLASS_ORDERED_DICT);
    torsh_value_t *attributes = torsh_value_new_dict(TORSH_CLASS_PLAIN);
    torsh_status_t status = metadata && attributes ? add_versions(m, "", metadata) : TORSH_ERR_MEMORY;
    if (status == TORSH_OK) {
        status = torsh_value_add_named(attributes, "_metadata", metadata);
        metadata = NULL; /* taken over */
    }
    if (status == TORSH_OK) {
        status = torsh_value_set_attributes(torsh_state_value(state), attributes);
        attributes = NULL;
    }
    torsh_value_release(metadata);
    torsh_value_release(attributes);
    return status;
}

/* Detached: who computes with the state records nothing. */
static torsh_status_t add_tensors(const torsh_module_t *m, torsh_state_t *state)
{
    torsh__finds_t finds;
    torsh_status_t status = torsh__find(m, TORSH__PARAMETER | TORSH__BUFFER, false, &finds);
    for (int i = 0; i < finds.n && status == TORSH_OK; i++) {
        const torsh_tensor_t *t = finds.v[i].tensor;
        torsh_tensor_t *detached;
        status = torsh__tensor_alias(t, t->ndim, t->shape, t->strides, t->offset, &detached);
        if (status != TORSH_OK)
            break;
        status = torsh_state_set(state, finds.v[i].name, detached);
        torsh__release(detached);
    }
    torsh__finds_free(&finds);
    return status;
}

torsh_state_t *torsh_module_state(const torsh_module_t *m)
{
    if (!m) {
        torsh__nn_null("module_state", "module");
        return NULL;
    }
    torsh_state_t *state = torsh_state_new();
    if (state && (add_tensors(m, state) != TORSH_OK || add_metadata(m, state) != TORSH_OK)) {
        torsh_state_free(state);
        return NULL;
    }
    return state;
}

/* ---- in: what does not fit ---- */

typedef struct text {
    char *v;
    size_t bytes, capacity;
    bool failed; /* no memory */
} text_t;

__attribute__((format(printf, 2, 3))) static void say(text_t *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    const size_t need = t->bytes + (size_t)(n > 0 ? n : 0) + 1;
    if (need > t->capacity && !t->failed) {
        char *more = torsh__alloc(2 * need);
        t->failed = !more;
        if (more && t->bytes)
            memcpy(more, t->v, t->bytes);
        if (more) {
            torsh__free(t->v);
            t->v = more;
            t->capacity = 2 * need;
        }
    }
    if (!t->failed) {
        vsnprintf(t->v + t->bytes, t->capacity - t->bytes, format, again);
        t->bytes = need - 1;
    }
    va_end(again);
}

/* The version that a module had when the state was made, 0 if it does not say. */
static int64_t version_of(const torsh_state_t *state, const char *name)
{
    torsh_value_t *metadata = torsh_value_get(torsh_value_attributes(torsh_state_value(state)), "_metadata");
    for (int64_t i = 0; metadata && i < torsh_value_n(metadata); i++) {
        const char *path = torsh_value_string(torsh_value_key(metadata, i), NULL);
        const size_t bytes = path ? strlen(path) : 0;
        if (path && strncmp(path, name, bytes) == 0 && !strchr(name + bytes + (bytes > 0), '.'))
            return torsh_value_int(torsh_value_get(torsh_value_item(metadata, i), "version"));
    }
    return 0;
}

/* Batch norm did not count batches in its version 1: such a state lacks the number and is complete. */
static bool may_lack(const torsh_state_t *state, const torsh__found_t *f)
{
    const char *dot = strrchr(f->name, '.');
    return f->owner->class->version == 2 && strcmp(dot ? dot + 1 : f->name, "num_batches_tracked") == 0 &&
           version_of(state, f->name) < 2;
}

static void say_missing(text_t *text, const torsh__finds_t *finds, const torsh_state_t *state)
{
    int n = 0;
    for (int i = 0; i < finds->n; i++)
        if (!torsh_state_get(state, finds->v[i].name) && !may_lack(state, &finds->v[i]))
            say(text, "%s\"%s\"", n++ ? ", " : "\n\tMissing key(s) in state_dict: ", finds->v[i].name);
    if (n)
        say(text, ". ");
}

static void say_unexpected(text_t *text, const torsh__finds_t *finds, const torsh_state_t *state)
{
    int n = 0;
    for (int i = 0; i < torsh_state_n(state); i++) {
        const char *name = torsh_state_name(state, i);
        bool known = false;
        for (int j = 0; j < finds->n && !known; j++)
            known = strcmp(finds->v[j].name, name) == 0;
        if (!known)
            say(text, "%s\"%s\"", n++ ? ", " : "\n\tUnexpected key(s) in state_dict: ", name);
    }
    if (n)
        say(text, ". ");
}

static void say_mismatches(text_t *text, const torsh__finds_t *finds, const torsh_state_t *state)
{
    char a[256], b[256];
    for (int i = 0; i < finds->n; i++) {
        const torsh_tensor_t *have = finds->v[i].tensor, *t = torsh_state_get(state, finds->v[i].name);
        if (t && !torsh__same_shape(t, have))
            say(text,
                "\n\tsize mismatch for %s: copying a param with shape torch.Size(%s) from checkpoint, the "
                "shape in current "
                "model is torch.Size(%s).",
                finds->v[i].name, torsh__shape_text(t->ndim, t->shape, a, sizeof a),
                torsh__shape_text(have->ndim, have->shape, b, sizeof b));
    }
}

static torsh_status_t check(const torsh_module_t *m, const torsh__finds_t *finds, const torsh_state_t *state,
                            bool strict)
{
    text_t text = {0};
    if (strict) {
        say_missing(&text, finds, state);
        say_unexpected(&text, finds, state);
    }
    const size_t names = text.bytes;
    say_mismatches(&text, finds, state);
    torsh_status_t status = TORSH_OK;
    if (text.failed)
        status = TORSH_ERR_MEMORY;
    else if (text.bytes)
        status = torsh__fail(names ? TORSH_ERR_VALUE : TORSH_ERR_SHAPE,
                             "Error(s) in loading state_dict for %s:%s", m->class->type, text.v);
    torsh__free(text.v);
    return status;
}

static torsh_status_t load(torsh_module_t *m, const torsh_state_t *state, bool strict)
{
    torsh__finds_t finds;
    torsh_status_t status = torsh__find(m, TORSH__PARAMETER | TORSH__BUFFER, false, &finds);
    if (status == TORSH_OK)
        status = check(m, &finds, state, strict);
    for (int i = 0; i < finds.n && status == TORSH_OK; i++) {
        const torsh_tensor_t *t = torsh_state_get(state, finds.v[i].name);
        if (!t)
            continue;
        status = torsh__copy(finds.v[i].tensor, t);
        torsh__bump_version(finds.v[i].tensor);
    }
    torsh__finds_free(&finds);
    return status;
}

torsh_status_t torsh_module_load_state(torsh_module_t *m, const torsh_state_t *state, int strict,
                                       torsh_error_t **error)
{
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status =
        m && state ? load(m, state, strict) : torsh__nn_null("load_state", m ? "state" : "module");
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}
