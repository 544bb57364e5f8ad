/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Products with very few rows or columns, which run at the speed of memory, for one REAL: nothing is copied.
 * Included by gemm_f32.c and gemm_f64.c. */

#include "gemm_vec.h"

/* rows x columns dot products of contiguous vectors */
INLINE void dot_tile(const int rows, const int columns, int64_t k, const REAL *a, int64_t a_rs, const REAL *b,
                     int64_t b_cs, REAL out[4][4])
{
    vec_t sum[4][4];
    int64_t i = 0;
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int c = 0; c < columns; c++)
            sum[r][c] = (vec_t){0};
    }
    for (; i + W <= k; i += W) {
        vec_t x[4];
        UNROLL
        for (int r = 0; r < rows; r++)
            x[r] = load(a + r * a_rs + i);
        UNROLL
        for (int c = 0; c < columns; c++) {
            vec_t y = load(b + c * b_cs + i);
            UNROLL
            for (int r = 0; r < rows; r++)
                sum[r][c] = fma_v(x[r], y, sum[r][c]);
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int c = 0; c < columns; c++) {
            if (i < k)
                sum[r][c] =
                    fma_v(load_n(a + r * a_rs + i, k - i), load_n(b + c * b_cs + i, k - i), sum[r][c]);
            out[r][c] = sum_v(sum[r][c]);
        }
    }
}

INLINE void dot_rows(const int rows, int columns, int64_t k, const REAL *a, int64_t a_rs, const REAL *b,
                     int64_t b_cs, REAL out[4][4])
{
    switch (columns) {
    case 1:
        dot_tile(rows, 1, k, a, a_rs, b, b_cs, out);
        break;
    case 2:
        dot_tile(rows, 2, k, a, a_rs, b, b_cs, out);
        break;
    case 3:
        dot_tile(rows, 3, k, a, a_rs, b, b_cs, out);
        break;
    default:
        dot_tile(rows, 4, k, a, a_rs, b, b_cs, out);
        break;
    }
}

/* C[c_at + j * c_s] = act(beta C + alpha y[j] + bias[bias_at + j * bias_s]) */
static void finish_run(const torsh__gemm_t *g, const void *from, int64_t n, int64_t c_at, int64_t c_s,
                       int64_t bias_at, int64_t bias_s)
{
    const REAL *y = from, *bias = g->bias, alpha = (REAL)g->alpha, beta = (REAL)g->beta;
    REAL *c = (REAL *)g->c + c_at;
    for (int64_t j = 0; j < n; j++) {
        REAL x = alpha * y[j];
        if (beta != 0)
            x += beta * c[j * c_s];
        if (bias)
            x += bias[bias_at + j * bias_s];
        c[j * c_s] = g->relu && x < 0 ? 0 : x;
    }
}

static void dot_any(int rows, int columns, int64_t k, const REAL *a, int64_t a_rs, const REAL *b,
                    int64_t b_cs, REAL out[4][4])
{
    switch (rows) {
    case 1:
        dot_rows(1, columns, k, a, a_rs, b, b_cs, out);
        break;
    case 2:
        dot_rows(2, columns, k, a, a_rs, b, b_cs, out);
        break;
    case 3:
        dot_rows(3, columns, k, a, a_rs, b, b_cs, out);
        break;
    default:
        dot_rows(4, columns, k, a, a_rs, b, b_cs, out);
        break;
    }
}

/* rows [i0, i1) and columns [j0, j1) of C, where a_cs and b_rs are 1; 256 products a lane at a time, so that
 * long sums lose no more than short ones */
static void dot(const torsh__gemm_t *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
    enum { RUN = 256 * W };
    REAL sum[4][4], more[4][4];
    for (int64_t j = j0; j < j1; j += 4)
        for (int64_t i = i0; i < i1; i += 4) {
            const int rows = i1 - i < 4 ? (int)(i1 - i) : 4, columns = j1 - j < 4 ? (int)(j1 - j) : 4;
            const REAL *a = (const REAL *)g->a + i * g->a_rs, *b = (const REAL *)g->b + j * g->b_cs;
            dot_any(rows, columns, g->k < RUN ? g->k : RUN, a, g->a_rs, b, g->b_cs, sum);
            for (int64_t k = RUN; k < g->k; k += RUN) {
                dot_any(rows, columns, g->k - k < RUN ? g->k - k : RUN, a + k, g->a_rs, b + k, g->b_cs, more);
                for (int r = 0; r < rows; r++)
                    for (int c = 0; c < columns; c++)
                        sum[r][c] += more[r][c];
            }
            for (int r = 0; r < rows; r++)
                finish_run(g, sum[r], columns, (i + r) * g->c_rs + j, 1, j * g->bias_stride, g->bias_stride);
        }
}

/* y[j] += sum over k of x[k] b[k][j]: y stays in the first-level cache, eight rows of b stream */
static void add_rows(int64_t n, int64_t k, const REAL *x, int64_t x_s, const REAL *b, int64_t b_rs, REAL *y)
{
    for (int64_t i = 0; i < k; i += 8) {
        const int rows = k - i < 8 ? (int)(k - i) : 8;
        const REAL *row[8];
        vec_t s[8];
        int64_t j = 0;
        for (int r = 0; r < rows; r++) {
            row[r] = b + (i + r) * b_rs;
            s[r] = splat(x[(i + r) * x_s]);
        }
        for (; rows == 8 && j + W <= n; j += W) {
            vec_t sum = load(y + j);
            UNROLL
            for (int r = 0; r < 8; r++)
                sum = fma_v(s[r], load(row[r] + j), sum);
            store(y + j, sum);
        }
        for (; j < n; j += W) {
            const int64_t left = n - j < W ? n - j : W;
            vec_t sum = load_n(y + j, left);
            for (int r = 0; r < rows; r++)
                sum = fma_v(s[r], load_n(row[r] + j, left), sum);
            store_n(y + j, sum, left);
        }
    }
}

/* In blocks of KC rows, as everywhere: long sums lose no more than short ones. */
static void axpy(int64_t n, int64_t k, const void *x, int64_t x_s, const void *b, int64_t b_rs, void *to)
{
    REAL sum[TORSH__AXPY_COLUMNS], *y = to;
    for (int64_t j = 0; j < n; j++)
        y[j] = 0;
    for (int64_t i = 0; i < k; i += KC) {
        for (int64_t j = 0; j < n; j++)
            sum[j] = 0;
        add_rows(n, k - i < KC ? k - i : KC, (const REAL *)x + i * x_s, x_s, (const REAL *)b + i * b_rs, b_rs,
                 sum);
        for (int64_t j = 0; j < n; j++)
            y[j] += sum[j];
    }
}
