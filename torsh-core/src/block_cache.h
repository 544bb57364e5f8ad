/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The free blocks of one device, and what it has given out. Every function wants the cache's mutex held. */
#ifndef TORSH_CORE_BLOCK_CACHE_H
#define TORSH_CORE_BLOCK_CACHE_H

#include <pthread.h>
#include <stdatomic.h>

#include <torsh/impl/core.h>

#include "size_class.h"

typedef struct torsh__free_block {
    void *handle;
    int64_t bytes;
    uint64_t freed_at; /* on the cache's clock, which ticks with each block put in */
} torsh__free_block_t;

/* in the order in which they were freed */
typedef struct torsh__free_list {
    torsh__free_block_t *block;
    int32_t n, capacity;
} torsh__free_list_t;

typedef struct torsh__block_cache {
    pthread_mutex_t mutex;
    torsh_device_t device;
    int64_t allocated, blocks, peak_allocated; /* handed out, as far as threads have reported */
    int64_t cached;                            /* bytes in the lists */
    int64_t limit;                             /* the most bytes in the lists; 0: not known yet */
    uint64_t clock;
    _Atomic int64_t reserved; /* bytes had from the backend: handed out, cached here or by threads */
    torsh__free_list_t list[TORSH__CLASSES];
} torsh__block_cache_t;

/* A free block for `bytes`, which torsh__reserved_bytes has rounded; false if there is none. */
bool torsh__cache_take(torsh__block_cache_t *cache, int64_t bytes, torsh__block_t *block);
/* Keeps a free block, or gives it or older ones back to the system to stay within the limit. */
void torsh__cache_put(torsh__block_cache_t *cache, torsh__block_t block);
/* Gives all free blocks back to the system. */
void torsh__cache_trim(torsh__block_cache_t *cache);

#endif
