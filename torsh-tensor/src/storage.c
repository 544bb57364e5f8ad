/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "storage.h"

#include <string.h>

/* Small objects come and go with every operator: each thread keeps a few of them. */
enum { KEPT = 64 };
typedef struct free_list {
    void *objects[KEPT];
    int n;
} free_list_t;
static _Thread_local free_list_t kept[2];

/* Threads that end give their objects back; the main thread's go with the process. */
static _Thread_local bool watched;
static pthread_key_t at_exit_key;
static pthread_once_t at_exit_once = PTHREAD_ONCE_INIT;

static void drain(void *unused)
{
    (void)unused;
    for (int kind = 0; kind < 2; kind++)
        while (kept[kind].n)
            torsh__free(kept[kind].objects[--kept[kind].n]);
}

static void make_key(void)
{
    pthread_key_create(&at_exit_key, drain);
}

void *torsh__object_alloc(int kind, size_t bytes)
{
    free_list_t *list = &kept[kind];
    if (list->n && !torsh__allocation_fails())
        return list->objects[--list->n];
    return torsh__alloc(bytes);
}

void torsh__object_free(int kind, void *object)
{
    free_list_t *list = &kept[kind];
#ifndef __SANITIZE_ADDRESS__ /* reuse would hide a use after free */
    if (list->n < KEPT) {
        if (!watched) {
            pthread_once(&at_exit_once, make_key);
            pthread_setspecific(at_exit_key, &kept);
            watched = true;
        }
        list->objects[list->n++] = object;
        return;
    }
#endif
    (void)list;
    torsh__free(object);
}

void torsh__objects_trim(void)
{
    drain(NULL);
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
