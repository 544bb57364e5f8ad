/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The thread pool. One job at a time: its tasks are cut into a range for each thread, the caller among them.
 * Threads claim tasks one by one, first of their own range, then of others', so that each touches the same
 * part of the data in call after call and finds it in its caches, and none waits for a slow one. A job is
 * open while tasks are left; the caller closes it and returns when no worker is in it any
 * more, so it never waits for a worker that is slow to wake. A call while another job runs, or from within a
 * task, runs on its own thread. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <torsh/impl/core.h>

#include "cpus.h"
#include "fork.h"
#include "thread.h"

enum { MAX_THREADS = 1024, SPIN_NS = 40000 };

/* what is written often lies on cache lines of its own */
static struct pool {
    _Atomic int threads;      /* asked for, the caller included; 0: not known yet */
    int built_for, n_workers; /* owned, like the job, by who holds `busy` */
    pthread_t worker[MAX_THREADS];
    uint32_t first_epoch; /* at their start */
    _Atomic bool stop;
    _Atomic int64_t tasks_elsewhere;

    _Alignas(64) _Atomic bool busy;
    _Atomic bool open;
    _Atomic bool caller_sleeps;
    void (*task)(void *ctx, int64_t i);
    void *ctx;
    int n_ranges;
    struct range {
        _Alignas(64) _Atomic int64_t next; /* the task to claim */
        int64_t end;
    } range[MAX_THREADS];
    _Alignas(64) _Atomic uint32_t active; /* workers that look at the job; the caller sleeps on it */
    _Alignas(64) _Atomic uint32_t epoch; /* one more with each job; idle workers watch it, then sleep on it */
    _Atomic uint32_t sleepers;
} pool;

static TORSH_TLS bool inside; /* this thread runs tasks */

static void futex_wait(_Atomic uint32_t *word, uint32_t while_it_is)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_it_is, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int64_t n)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, (int)n, NULL, NULL, 0);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Waits a little for *word to become (equal) or to stop being (!equal) `value`; false: it took too long. */
static bool spin(_Atomic uint32_t *word, bool equal, uint32_t value)
{
    for (int64_t end = now_ns() + SPIN_NS;;) {
        for (int i = 0; i < 32; i++) {
            if ((atomic_load_explicit(word, memory_order_acquire) == value) == equal)
                return true;
            pause_cpu();
        }
        if (now_ns() > end)
            return false;
    }
}

/* Thread number `me` runs what is left; 0 is the caller. */
static int64_t run_tasks(int me)
{
    int64_t done = 0;
    for (int k = 0; k < pool.n_ranges; k++) {
        struct range *r = &pool.range[(me + k) % pool.n_ranges];
        for (int64_t i; (i = atomic_fetch_add_explicit(&r->next, 1, memory_order_relaxed)) < r->end; done++)
            pool.task(pool.ctx, i);
    }
    return done;
}

static uint32_t wait_for_job(uint32_t seen)
{
    if (!spin(&pool.epoch, false, seen)) {
        atomic_fetch_add(&pool.sleepers, 1); /* before the kernel compares the epoch: see torsh__parallel */
        while (atomic_load(&pool.epoch) == seen)
            futex_wait(&pool.epoch, seen);
        atomic_fetch_sub(&pool.sleepers, 1);
    }
    return atomic_load(&pool.epoch);
}

static void *work(void *number)
{
    const int me = (int)(intptr_t)number;
    inside = true;
    for (uint32_t seen = pool.first_epoch;;) {
        seen = wait_for_job(seen);
        if (atomic_load(&pool.stop))
            return NULL;
        /* in first, then look whether it is open; the caller closes first, then looks whether anyone is in */
        atomic_fetch_add(&pool.active, 1);
        if (atomic_load(&pool.open))
            atomic_fetch_add_explicit(&pool.tasks_elsewhere, run_tasks(me), memory_order_relaxed);
        if (atomic_fetch_sub(&pool.active, 1) == 1 && atomic_load(&pool.caller_sleeps))
            futex_wake(&pool.active, 1);
    }
}

static void stop_workers(void)
{
    atomic_store(&pool.stop, true);
    atomic_fetch_add(&pool.epoch, 1);
    futex_wake(&pool.epoch, MAX_THREADS);
    for (int i = 0; i < pool.n_workers; i++)
        pthread_join(pool.worker[i], NULL);
    atomic_store(&pool.stop, false);
    pool.n_workers = pool.built_for = 0;
}

/* Fewer if the system gives no more. Signals stay with the program's own threads. */
static void start_workers(int threads)
{
    torsh__watch_forks();
    stop_workers();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pool.first_epoch = atomic_load(&pool.epoch);
    while (pool.n_workers < threads - 1) {
        void *number = (void *)(intptr_t)(pool.n_workers + 1);
        if (pthread_create(&pool.worker[pool.n_workers], NULL, work, number) != 0)
            break;
        pthread_setname_np(pool.worker[pool.n_workers++], "torsh");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pool.built_for = threads;
}

static void run_job(int64_t n, void (*task)(void *ctx, int64_t i), void *ctx)
{
    pool.task = task;
    pool.ctx = ctx;
    const int64_t parts = n <= pool.n_workers ? n : pool.n_workers + 1;
    pool.n_ranges = (int)parts;
    for (int64_t k = 0, begin = 0; k < parts; k++) {
        const int64_t end = begin + n / parts + (k < n % parts);
        atomic_store_explicit(&pool.range[k].next, begin, memory_order_relaxed);
        pool.range[k].end = begin = end;
    }
    atomic_store(&pool.open, true);
    atomic_fetch_add(&pool.epoch, 1); /* before the sleepers are counted: who is missed sees the new epoch */
    int64_t sleepers = atomic_load(&pool.sleepers);
    if (sleepers > 0)
        futex_wake(&pool.epoch, sleepers < n - 1 ? sleepers : n - 1);

    inside = true;
    run_tasks(0);
    inside = false;

    atomic_store(&pool.open, false);
    if (atomic_load(&pool.active) != 0 && !spin(&pool.active, true, 0)) {
        atomic_store(&pool.caller_sleeps, true);
        for (uint32_t active; (active = atomic_load(&pool.active)) != 0;)
            futex_wait(&pool.active, active);
        atomic_store(&pool.caller_sleeps, false);
    }
}

static bool take_pool(void)
{
    return !atomic_load_explicit(&pool.busy, memory_order_relaxed) &&
           !atomic_exchange_explicit(&pool.busy, true, memory_order_acquire);
}

static void release_pool(void)
{
    atomic_store_explicit(&pool.busy, false, memory_order_release);
}

void torsh__parallel(int64_t n, void (*task)(void *ctx, int64_t i), void *ctx)
{
    int threads = n > 1 && !inside ? torsh_get_num_threads() : 1;
    if (threads == 1 || !take_pool()) {
        for (int64_t i = 0; i < n; i++)
            task(ctx, i);
        return;
    }
    if (pool.built_for != threads)
        start_workers(threads);
    run_job(n, task, ctx);
    release_pool();
}

int64_t torsh__pool_tasks_elsewhere(void)
{
    return atomic_load_explicit(&pool.tasks_elsewhere, memory_order_relaxed);
}

int torsh_get_num_threads(void)
{
    int threads = atomic_load_explicit(&pool.threads, memory_order_relaxed);
    if (__builtin_expect(threads == 0, 0)) {
        int usable = torsh__usable_cpus();
        if (atomic_compare_exchange_strong(&pool.threads, &threads, usable))
            threads = usable;
    }
    return threads;
}

torsh_status_t torsh_set_num_threads(int n)
{
    if (n < 1 || n > MAX_THREADS)
        return torsh__fail(TORSH_ERR_VALUE, "set_num_threads expects a positive integer, at most %d, not %d",
                           MAX_THREADS, n);
    atomic_store(&pool.threads, n); /* the next job starts or stops the workers */
    return TORSH_OK;
}

void torsh__pool_stop(void)
{
    if (inside)
        return;
    while (!take_pool())
        sched_yield();
    stop_workers();
    release_pool();
}

void torsh__pool_forget_workers(void)
{
    pool.n_workers = pool.built_for = 0;
    atomic_store(&pool.stop, false);
    atomic_store(&pool.open, false);
    atomic_store(&pool.caller_sleeps, false);
    atomic_store(&pool.active, 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.busy, false);
}
