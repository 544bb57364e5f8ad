/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What this machine can do at most, as JSON: peak THREADS. float32 multiply-adds from registers, and memory
 * bandwidth from working sets of several sizes (a thread's own), best of several runs. Thread i stays on CPU
 * i counted from the last, as the timed processes do. */
#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 64, RUNS = 5, LANES = 16, HUGE_PAGE = 2 << 20 };

typedef float lanes_t __attribute__((vector_size(64)));

typedef struct work {
    void (*run)(struct work *work);
    long repeat;
    size_t n; /* vectors in an array */
    lanes_t *a, *b;
    int cpu;
    pthread_barrier_t *start;
    double begin, end;
    volatile float sink;
} work_t;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *run_thread(void *ctx)
{
    work_t *work = ctx;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(work->cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    work->run(work);
    pthread_barrier_wait(work->start);
    work->begin = now();
    work->run(work);
    work->end = now();
    return NULL;
}

/* Seconds from the first start to the last end, best of RUNS. */
static double best(work_t *work, int threads)
{
    double least = 1e30;
    for (int r = 0; r < RUNS; r++) {
        pthread_t thread[MAX_THREADS];
        pthread_barrier_t start;
        pthread_barrier_init(&start, NULL, (unsigned)threads);
        for (int i = 0; i < threads; i++) {
            work[i].start = &start;
            if (pthread_create(&thread[i], NULL, run_thread, &work[i]) != 0)
                exit(1);
        }
        double begin = 1e30, end = 0;
        for (int i = 0; i < threads; i++) {
            pthread_join(thread[i], NULL);
            begin = work[i].begin < begin ? work[i].begin : begin;
            end = work[i].end > end ? work[i].end : end;
        }
        pthread_barrier_destroy(&start);
        least = end - begin < least ? end - begin : least;
    }
    return least;
}

/* ---- multiply-adds: 12 chains hide the latency, and stay in registers since the inner loop is unrolled ----
 */

enum { CHAINS = 12, FMA_REPEAT = 4000000 };

__attribute__((target("avx512f"))) static void fma_avx512(work_t *work)
{
    const __m512 x = _mm512_set1_ps(1.0000001f), y = _mm512_set1_ps(1e-9f);
    __m512 chain[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chain[i] = x;
    for (long r = 0; r < work->repeat; r++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
            chain[i] = _mm512_fmadd_ps(chain[i], x, y);
    for (int i = 1; i < CHAINS; i++)
        chain[0] += chain[i];
    work->sink = chain[0][0];
}

__attribute__((target("avx2,fma"))) static void fma_avx2(work_t *work)
{
    const __m256 x = _mm256_set1_ps(1.0000001f), y = _mm256_set1_ps(1e-9f);
    __m256 chain[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chain[i] = x;
    for (long r = 0; r < work->repeat; r++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
            chain[i] = _mm256_fmadd_ps(chain[i], x, y);
    for (int i = 1; i < CHAINS; i++)
        chain[0] += chain[i];
    work->sink = chain[0][0];
}

/* ---- bandwidth ---- */

/* in the widest registers there are */
#define WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))

WIDEST static void read_all(work_t *work)
{
    lanes_t sum[8] = {0};
    for (long r = 0; r < work->repeat; r++) {
        for (size_t i = 0; i < work->n; i += 8)
            for (int j = 0; j < 8; j++)
                sum[j] += work->a[i + (size_t)j];
        __asm__ volatile("" ::: "memory");
    }
    for (int j = 1; j < 8; j++)
        sum[0] += sum[j];
    work->sink = sum[0][0];
}

WIDEST static void copy_all(work_t *work)
{
    for (long r = 0; r < work->repeat; r++) {
        for (size_t i = 0; i < work->n; i++)
            work->b[i] = work->a[i];
        __asm__ volatile("" ::: "memory");
    }
}

/* Past the caches, so that what is overwritten is not read first. */
static void stream_all(work_t *work)
{
    for (long r = 0; r < work->repeat; r++) {
        for (size_t i = 0; i < work->n; i++)
            for (int j = 0; j < LANES; j += 4)
                _mm_stream_ps((float *)&work->b[i] + j, _mm_load_ps((const float *)&work->a[i] + j));
        _mm_sfence();
    }
}

static lanes_t *room(size_t bytes)
{
    bytes = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    lanes_t *p = aligned_alloc(HUGE_PAGE, bytes);
    if (!p)
        exit(1);
    memset(p, 1, bytes);
    return p;
}

/* GB/s over arrays of `bytes`: the best of reading and copying (copying counts twice). */
static double bandwidth(work_t *work, int threads, size_t bytes)
{
    void (*const kernels[])(work_t *) = {read_all, copy_all, stream_all};
    double most = 0;
    for (int i = 0; i < threads; i++) {
        work[i].a = room(bytes);
        work[i].b = room(bytes);
    }
    for (int k = 0; k < 3; k++) {
        double traffic = 0;
        for (int i = 0; i < threads; i++) {
            /* both arrays of a copy together are as large as the one that is read */
            work[i].n = (k ? bytes / 2 : bytes) / sizeof(lanes_t) / 8 * 8;
            work[i].repeat = (long)(4e8 / (double)bytes) + 1;
            work[i].run = kernels[k];
            traffic += (double)work[i].repeat * (double)(work[i].n * sizeof(lanes_t)) * (k ? 2 : 1);
        }
        double rate = traffic / best(work, threads) / 1e9;
        most = rate > most ? rate : most;
    }
    for (int i = 0; i < threads; i++) {
        free(work[i].a);
        free(work[i].b);
    }
    return most;
}

static size_t cache_bytes(int name, size_t otherwise, size_t most)
{
    const long bytes = sysconf(name);
    const size_t known = bytes > 0 ? (size_t)bytes : otherwise;
    return known < most ? known : most;
}

int main(int argc, char **argv)
{
    static work_t work[MAX_THREADS];
    const int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), threads = argc > 1 ? atoi(argv[1]) : 1;
    if (threads < 1 || threads > MAX_THREADS || threads > cpus) {
        fprintf(stderr, "peak THREADS: 1 to %d\n", cpus < MAX_THREADS ? cpus : MAX_THREADS);
        return 2;
    }
    const bool wide = __builtin_cpu_supports("avx512f");
    double gflops = 0;
    for (int i = 0; i < threads; i++)
        work[i] = (work_t){.cpu = cpus - 1 - i, .run = wide ? fma_avx512 : fma_avx2, .repeat = FMA_REPEAT};
    if (wide || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))
        gflops = (double)FMA_REPEAT * CHAINS * (wide ? 16 : 8) * 2 * threads / best(work, threads) / 1e9;
    /* half of an L2 cache each; of the L3 cache what one neighbour among many may have of it */
    const size_t l2 = cache_bytes(_SC_LEVEL2_CACHE_SIZE, 1 << 20, 4 << 20) / 2;
    const size_t l3 = cache_bytes(_SC_LEVEL3_CACHE_SIZE, 16 << 20, 16 << 20) / (size_t)threads;
    printf("{\"threads\": %d, \"gflops\": %.1f, \"levels\": [", threads, gflops);
    printf("[\"L2\", %zu, %.1f], ", (size_t)threads * l2, bandwidth(work, threads, l2));
    printf("[\"L3\", %zu, %.1f], ", (size_t)threads * l3, bandwidth(work, threads, l3));
    printf("[\"memory\", null, %.1f]]}\n", bandwidth(work, threads, 128 << 20));
    return 0;
}
