/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "gemm_pairs.h"

#ifdef __AVX512F__

#include <immintrin.h>

/* the one file that may use them; torsh__pairs_usable is asked first */
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512bf16"))), apply_to = function)
#else
#pragma GCC target("avx512bf16")
#endif

#define REAL float
#define REAL_IS_F64 0
#define KC TORSH__GEMM_KC_F32

#include "gemm_vec.h"

INLINE vec_t multiply_add_pairs(vec_t a, vec_t b, vec_t sum)
{
    return (vec_t)_mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}
#define MULTIPLY_ADD multiply_add_pairs

#include "gemm_pack_body.h"

#include "gemm_kernel_body.h"

typedef uint32_t __attribute__((may_alias)) pair_t;

INLINE pair_t pair(uint16_t first, uint16_t second)
{
    return (pair_t)first | (pair_t)second << 16;
}

/* to[i * step] = the pair of p[i * stride] and of what stands `apart` behind it, or of 0 if nothing does */
INLINE void zip(const uint16_t *p, int64_t stride, int64_t apart, bool second, int64_t n, pair_t *to,
                int64_t step)
{
    if (second && stride == 1 && step == 1)
        for (int64_t i = 0; i < n; i++)
            to[i] = pair(p[i], p[i + apart]);
    else
        for (int64_t i = 0; i < n; i++)
            to[i * step] = pair(p[i * stride], second ? p[i * stride + apart] : 0);
}

/* Neighbours along k that are neighbours in memory: k pairs, of which the last may lack its second half. */
INLINE void copy_pairs(const uint16_t *p, int64_t elements, int64_t k, float *to)
{
    if (elements < 2 * k)
        to[k - 1] = 0;
    memcpy(to, p, (size_t)(elements < 2 * k ? elements : 2 * k) * sizeof *p);
}

void torsh__pairs_pack_b(const torsh__gemm_t *g, int64_t depth, int64_t k0, int64_t k, int64_t j0, int64_t n,
                         float *wide, void *to)
{
    for (int64_t j = 0; j < n; j += NR) {
        const int64_t width = n - j < NR ? n - j : NR;
        const uint16_t *b = (const uint16_t *)g->b + 2 * k0 * g->b_rs + (j0 + j) * g->b_cs;
        float *panel = (float *)to + j * k;
        if (g->b_rs == 1) {
            for (int64_t c = 0; c < width; c++)
                copy_pairs(b + c * g->b_cs, depth - 2 * k0, k, wide + c * k);
            pack_b(wide, 1, k, k, width, panel);
            continue;
        }
        for (int64_t i = 0; i < k; i++) {
            pair_t *row = (pair_t *)panel + i * NR;
            zip(b + 2 * i * g->b_rs, g->b_cs, g->b_rs, 2 * (k0 + i) + 1 < depth, width, row, 1);
            for (int64_t c = width; c < NR; c++)
                row[c] = 0;
        }
    }
}

void torsh__pairs_take_a(const torsh__gemm_t *g, int64_t depth, int64_t i0, int64_t k0, torsh__block_t *block,
                         float *to)
{
    const uint16_t *a = (const uint16_t *)g->a + i0 * g->a_rs + 2 * k0 * g->a_cs;
    const int64_t left = depth - 2 * k0;
    block->a = to;
    if (g->a_rs == 1 && g->a_cs != 1) {
        block->a_rs = 1;
        block->a_cs = block->m;
        for (int64_t k = 0; k < block->k; k++)
            zip(a + 2 * k * g->a_cs, 1, g->a_cs, 2 * k + 1 < left, block->m, (pair_t *)to + k * block->m, 1);
        return;
    }
    block->a_rs = KC + 16;
    block->a_cs = 1;
    for (int64_t i = 0; i < block->m; i++)
        if (g->a_cs == 1)
            copy_pairs(a + i * g->a_rs, left, block->k, to + i * block->a_rs);
        else
            for (int64_t k = 0; k < block->k; k++)
                zip(a + i * g->a_rs + 2 * k * g->a_cs, 1, g->a_cs, 2 * k + 1 < left, 1,
                    (pair_t *)to + i * block->a_rs + k, 1);
}

bool torsh__pairs_usable(torsh_dtype_t dtype)
{
    return dtype == TORSH_BF16 && __builtin_cpu_supports("avx512bf16");
}

const torsh__gemm_ops_t torsh__gemm_ops_pairs = {
    GEMM_BLOCK_OPS,
};

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
