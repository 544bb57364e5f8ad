/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* 16-bit products with very few rows or columns: runs of k are widened to float on the stack, so that the
 * large operand passes from memory once. */
#include "gemm_block.h"
#include "gemm_half.h"

enum { SIDE = 4, RUN = 512 };

/* m x n sums, each at most SIDE; the vectors of A and B are contiguous */
static void sums(const torsh__gemm_t *g, const uint16_t *a, int64_t m, const uint16_t *b, int64_t n,
                 float sum[SIDE][SIDE])
{
    float wide_a[SIDE][RUN], wide_b[SIDE][RUN];
    torsh__gemm_t part = {.m = m,
                          .n = n,
                          .a = wide_a,
                          .a_rs = RUN,
                          .a_cs = 1,
                          .b = wide_b,
                          .b_rs = 1,
                          .b_cs = RUN,
                          .c = sum,
                          .c_rs = SIDE,
                          .alpha = 1};
    for (int64_t k = 0; k < g->k; k += RUN, part.beta = 1) {
        part.k = g->k - k < RUN ? g->k - k : RUN;
        for (int64_t i = 0; i < m; i++)
            torsh__half_to_float(g->dtype, a + i * g->a_rs + k, 1, part.k, wide_a[i]);
        for (int64_t j = 0; j < n; j++)
            torsh__half_to_float(g->dtype, b + j * g->b_cs + k, 1, part.k, wide_b[j]);
        torsh__gemm_ops_f32.dot(&part, 0, m, 0, n);
    }
}

void torsh__half_dot(const torsh__gemm_t *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
    const uint16_t *a = g->a, *b = g->b;
    for (int64_t i = i0; i < i1; i += SIDE)
        for (int64_t j = j0; j < j1; j += SIDE) {
            const int64_t m = i1 - i < SIDE ? i1 - i : SIDE, n = j1 - j < SIDE ? j1 - j : SIDE;
            float sum[SIDE][SIDE];
            sums(g, a + i * g->a_rs, m, b + j * g->b_cs, n, sum);
            for (int64_t r = 0; r < m; r++)
                torsh__half_finish(g, sum[r], i + r, j, n);
        }
}
