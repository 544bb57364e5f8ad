/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fork.h"

#include <pthread.h>

/* In the order in which code takes them. */
static void before(void)
{
    torsh__registry_lock();
    torsh__generator_lock_default();
    torsh__caches_lock();
    torsh__threads_lock();
}

static void after_in_parent(void)
{
    torsh__threads_unlock();
    torsh__caches_unlock();
    torsh__generator_unlock_default();
    torsh__registry_unlock();
}

static void after_in_child(void)
{
    torsh__pool_forget_workers();
    after_in_parent();
}

static void watch(void)
{
    pthread_atfork(before, after_in_parent, after_in_child);
}

void torsh__watch_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
}
