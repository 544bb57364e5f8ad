/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "storage.h"

#include <string.h>

/* Small objects come and go with every operator: each thread keeps a few of them. */
enum { KEPT = 64, KINDS = 2 };
typedef struct kept {
    void *objects[KINDS][KEPT];
    int n[KINDS];
} kept_t;

/* Static thread storage is scarce in a library that is loaded late, so only a pointer lies there. */
static _Thread_local kept_t *kept __attribute__((tls_model("initial-exec")));

#ifndef __SANITIZE_ADDRESS__ /* reuse would hide a use after free */
/* Threads that end give their objects back. */
static pthread_key_t at_exit_key;
static pthread_once_t at_exit_once = PTHREAD_ONCE_INIT;

static void make_key(void);
#endif

static void drain(kept_t *k)
{
    for (int kind = 0; kind < KINDS; kind++)
        while (k->n[kind])
            torsh__free(k->objects[kind][--k->n[kind]]);
}

#ifndef __SANITIZE_ADDRESS__
static void thread_ends(void *k)
{
    drain(k);
    kept = NULL;
    torsh__free(k);
}

static void make_key(void)
{
    pthread_key_create(&at_exit_key, thread_ends);
}
#endif

void *torsh__object_alloc(int kind, size_t bytes)
{
    if (kept && kept->n[kind] && !torsh__allocation_fails())
        return kept->objects[kind][--kept->n[kind]];
    return torsh__alloc(bytes);
}

void torsh__object_free(int kind, void *object)
{
#ifndef __SANITIZE_ADDRESS__
    if (!kept && !torsh__has_error() && (kept = torsh__calloc(sizeof *kept))) {
        pthread_once(&at_exit_once, make_key);
        pthread_setspecific(at_exit_key, kept);
    }
    if (kept && kept->n[kind] < KEPT) {
        kept->objects[kind][kept->n[kind]++] = object;
        return;
    }
#endif
    (void)kind;
    torsh__free(object);
}

void torsh__objects_trim(void)
{
    if (kept)
        drain(kept);
}

torsh_status_t torsh__storage_new(torsh_device_t device, int64_t bytes, torsh__storage_t **out)
{
    torsh__storage_t *s = torsh__object_alloc(TORSH__STORAGE_OBJECT, sizeof *s);
    if (!s)
        return TORSH_ERR_MEMORY;
    memset(s, 0, sizeof *s);
    s->refs = 1;
    s->device = device;
    s->bytes = bytes;
    if (device.kind != TORSH_META) {
        torsh_status_t status = torsh__block_alloc(device, bytes, &s->block);
        if (status != TORSH_OK) {
            torsh__object_free(TORSH__STORAGE_OBJECT, s);
            return status;
        }
    }
    *out = s;
    return TORSH_OK;
}

void torsh__storage_release(torsh__storage_t *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (s->foreign) {
        if (s->deleter)
            s->deleter(s->ctx);
    } else if (s->device.kind != TORSH_META) {
        torsh__block_free(s->device, s->block);
    }
    torsh__object_free(TORSH__STORAGE_OBJECT, s);
}
