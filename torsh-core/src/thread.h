/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What core keeps for each thread that uses it: counters, scratch, and a few free blocks. */
#ifndef TORSH_CORE_THREAD_H
#define TORSH_CORE_THREAD_H

#include <stdatomic.h>

#include <torsh/impl/core.h>

/* A few pointers only: they come out of the small room that the loader keeps for libraries opened late. */
#define TORSH_TLS _Thread_local __attribute__((tls_model("initial-exec")))

enum { TORSH__MAGAZINES = 40, TORSH__MAGAZINE_BLOCKS = 32 };

/* Free cpu blocks of one size class, for this thread alone. */
typedef struct torsh__magazine {
    int32_t n;
    void *handle[TORSH__MAGAZINE_BLOCKS];
} torsh__magazine_t;

/* The counters are written by their thread alone and read by all: a relaxed load and store, no locked add. */
typedef struct torsh__thread {
    struct torsh__thread *next, *previous;
    _Atomic int64_t live_allocations;
    /* since they were last added to the device's statistics; peak is the highest that bytes was since then */
    _Atomic int64_t bytes, blocks;
    int64_t peak;
    void *scratch;
    size_t scratch_bytes;
    torsh__magazine_t magazine[TORSH__MAGAZINES];
} torsh__thread_t;

extern TORSH_TLS torsh__thread_t *torsh__this_thread __attribute__((visibility("hidden")));

/* Makes the record of this thread; NULL without memory, and then callers do without. */
torsh__thread_t *torsh__thread_new(void);

static inline torsh__thread_t *torsh__thread(void)
{
    torsh__thread_t *thread = torsh__this_thread;
    return __builtin_expect(thread != NULL, 1) ? thread : torsh__thread_new();
}

static inline void torsh__add_own(_Atomic int64_t *counter, int64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* Sums over the threads that live. */
typedef struct torsh__thread_sums {
    int64_t live_allocations, bytes, blocks;
} torsh__thread_sums_t;
torsh__thread_sums_t torsh__sum_threads(void);

/* Adds to the count of allocations for a thread without a record, or one that ends. */
void torsh__count_elsewhere(int64_t n);

/* Called by thread.c when a thread ends: gives its blocks back and adds its counters. */
void torsh__allocator_thread_end(torsh__thread_t *thread);

#endif
