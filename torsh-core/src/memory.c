/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdatomic.h>
#include <stdlib.h>

#include <torsh/impl/core.h>

#include "thread.h"

static _Atomic int64_t fail_after = -1;
/* live allocations counted on threads that have ended or have no record */
static _Atomic int64_t counted_elsewhere;

void torsh__fail_allocation_after(int64_t n)
{
    atomic_store(&fail_after, n < 0 ? -1 : n);
}

bool torsh__allocation_fails(void)
{
    if (__builtin_expect(atomic_load_explicit(&fail_after, memory_order_relaxed) < 0, 1))
        return false;
    return atomic_fetch_sub(&fail_after, 1) == 0; /* and is off from then on: it stays below zero */
}

void torsh__count_elsewhere(int64_t n)
{
    atomic_fetch_add_explicit(&counted_elsewhere, n, memory_order_relaxed);
}

static void count(int64_t n)
{
    torsh__thread_t *thread = torsh__thread();
    if (thread)
        torsh__add_own(&thread->live_allocations, n);
    else
        torsh__count_elsewhere(n);
}

int64_t torsh__live_allocations(void)
{
    return atomic_load_explicit(&counted_elsewhere, memory_order_relaxed) +
           torsh__sum_threads().live_allocations;
}

static void *counted(void *p, size_t bytes)
{
    if (__builtin_expect(!p, 0)) {
        torsh__fail(TORSH_ERR_MEMORY, "can't allocate memory: you tried to allocate %zu bytes", bytes);
        return NULL;
    }
    count(1);
    return p;
}

void *torsh__alloc(size_t bytes)
{
    return counted(torsh__allocation_fails() ? NULL : malloc(bytes ? bytes : 1), bytes);
}

void *torsh__calloc(size_t bytes)
{
    return counted(torsh__allocation_fails() ? NULL : calloc(1, bytes ? bytes : 1), bytes);
}

void torsh__free(void *p)
{
    if (!p)
        return;
    free(p);
    count(-1);
}

void *torsh_malloc(size_t bytes)
{
    return torsh__alloc(bytes);
}

void torsh_free(void *p)
{
    torsh__free(p);
}
