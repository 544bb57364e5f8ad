/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "thread.h"

#include <pthread.h>
#include <stdlib.h>

#include "fork.h"

TORSH_TLS torsh__thread_t *torsh__this_thread;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the list */
static torsh__thread_t *threads;
static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;

static void end_thread(void *record)
{
    torsh__thread_t *thread = record;
    torsh__this_thread = NULL;
    torsh__allocator_thread_end(thread);
    free(thread->scratch);
    pthread_mutex_lock(&mutex);
    if (thread->next)
        thread->next->previous = thread->previous;
    *(thread->previous ? &thread->previous->next : &threads) = thread->next;
    torsh__count_elsewhere(atomic_load_explicit(&thread->live_allocations, memory_order_relaxed));
    pthread_mutex_unlock(&mutex);
    free(thread);
}

static void make_key(void)
{
    have_key = pthread_key_create(&thread_end, end_thread) == 0;
    torsh__watch_forks();
}

torsh__thread_t *torsh__thread_new(void)
{
    pthread_once(&once, make_key);
    torsh__thread_t *thread = have_key ? calloc(1, sizeof *thread) : NULL;
    if (!thread || pthread_setspecific(thread_end, thread) != 0) {
        free(thread);
        return NULL;
    }
    pthread_mutex_lock(&mutex);
    thread->next = threads;
    if (threads)
        threads->previous = thread;
    threads = thread;
    pthread_mutex_unlock(&mutex);
    torsh__this_thread = thread;
    return thread;
}

torsh__thread_sums_t torsh__sum_threads(void)
{
    torsh__thread_sums_t sum = {0};
    pthread_mutex_lock(&mutex);
    for (torsh__thread_t *t = threads; t; t = t->next) {
        sum.live_allocations += atomic_load_explicit(&t->live_allocations, memory_order_relaxed);
        sum.bytes += atomic_load_explicit(&t->bytes, memory_order_relaxed);
        sum.blocks += atomic_load_explicit(&t->blocks, memory_order_relaxed);
    }
    pthread_mutex_unlock(&mutex);
    return sum;
}

void torsh__threads_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void torsh__threads_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}
