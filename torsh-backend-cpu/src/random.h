/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Streams of random numbers in the order of PyTorch's CPU generator, for random.c and normal.c. */
#ifndef TORSH_CPU_RANDOM_H
#define TORSH_CPU_RANDOM_H

#include "cpu.h"

enum { TORSH__RANDOM_CHUNK = 1024 }; /* numbers made at a time */

/* Makes the next n <= TORSH__RANDOM_CHUNK elements of a fill, of its dtype, into `to`. */
typedef struct torsh__fill {
    void (*make)(const struct torsh__fill *f, void *to, int64_t n);
    torsh_generator_t *generator;
    torsh_dtype_t dtype;
    double from, to; /* of uniform_; mean and std of normal_; from is bernoulli_'s p */
    uint64_t range;  /* of random_; 0: all of 64 bits */
    int64_t base;
    bool wide; /* of random_: 64 bits are drawn for a number, not 32 */
} torsh__fill_t;

/* Fills a tensor of any strides, in the order of its memory, as PyTorch does. */
#define torsh__cpu_fill_random CPU_NAME(torsh__cpu_fill_random)
torsh_status_t torsh__cpu_fill_random(const torsh_view_t *v, const torsh__fill_t *f);

static inline uint64_t torsh__random_u64(torsh_generator_t *g)
{
    const uint64_t high = torsh__cpu_host->random_u32(g);
    return high << 32 | torsh__cpu_host->random_u32(g);
}

/* u[2 i], u[2 i + 1]: element i's 64 random bits; its uniform number has 53 of them */
static inline double torsh__uniform53(const uint32_t *u, int64_t i)
{
    const uint64_t bits = ((uint64_t)u[2 * i] << 32 | u[2 * i + 1]) & ((UINT64_C(1) << 53) - 1);
    return (double)(int64_t)bits * 0x1p-53;
}

static inline float torsh__uniform24(uint32_t u)
{
    return (float)(int32_t)(u & 0xffffff) * 0x1p-24f;
}

static inline bool torsh__is_contiguous(const torsh_view_t *v)
{
    int64_t stride = 1;
    for (int32_t d = v->ndim - 1; d >= 0; d--) {
        if (v->shape[d] != 1 && v->strides[d] != stride)
            return v->n == 0;
        stride *= v->shape[d];
    }
    return true;
}

#define torsh__cpu_run_normal CPU_NAME(torsh__cpu_run_normal)
torsh_status_t torsh__cpu_run_normal(const torsh_call_t *call);

#endif
