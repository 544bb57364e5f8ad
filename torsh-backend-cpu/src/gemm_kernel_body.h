/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The microkernel and the block around it, for one REAL and MULTIPLY_ADD(a, b, sum): included by gemm_f32.c,
 * gemm_f64.c and gemm_pairs.c. */

#include "gemm_vec.h"

/* What the microkernel sees of a block: one tile of at most MR x NR. */
typedef struct tile {
    int64_t k, columns;
    const REAL *a;
    int64_t a_rs, a_cs;
    const REAL *b;
    int64_t b_rs;
    REAL *c;
    int64_t c_rs;
    REAL alpha, beta;
    const REAL *column_bias, *row_bias;
    int relu;
} tile_t;

/* The finished sum of one vector of C on its way from the registers to memory. */
INLINE void finish(const tile_t *t, vec_t sum, int row, int column)
{
    REAL *c = t->c + row * t->c_rs + column;
    int64_t n = t->columns - column;
    if (n <= 0)
        return;
    if (t->alpha != 1)
        sum *= splat(t->alpha);
    if (t->beta != 0)
        sum = fma_v(splat(t->beta), n >= W ? load(c) : load_n(c, n), sum);
    if (t->column_bias)
        sum += n >= W ? load(t->column_bias + column) : load_n(t->column_bias + column, n);
    if (t->row_bias)
        sum += splat(t->row_bias[row]);
    if (t->relu)
        sum = relu_v(sum);
    if (n >= W)
        store(c, sum);
    else
        store_n(c, sum, n);
}

/* rows x vecs sums in registers. Rows of A are reached from every third one, which x86 addressing can do
 * without further registers: row i is a[i / 3] + (i % 3) strides. */
INLINE void micro(const int rows, const int vecs, const tile_t *t)
{
    vec_t sum[MR][2];
    const REAL *a[(MR + 2) / 3];
    const int64_t a_rs = t->a_rs, a_cs = t->a_cs, b_rs = t->b_rs;
    const REAL *b = t->b;
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < vecs; v++)
            sum[i][v] = (vec_t){0};
        if (i % 3 == 0)
            a[i / 3] = t->a + i * a_rs;
        __builtin_prefetch(t->c + i * t->c_rs, 1);
        if (vecs == 2)
            __builtin_prefetch(t->c + i * t->c_rs + NR - 1, 1);
    }
    for (int64_t k = 0; k < t->k; k++) {
        vec_t b0 = load(b), b1 = vecs > 1 ? load(b + W) : b0;
        b += b_rs;
        UNROLL
        for (int i = 0; i < rows; i++) {
            vec_t x = splat(a[i / 3][i % 3 * a_rs]);
            sum[i][0] = MULTIPLY_ADD(x, b0, sum[i][0]);
            if (vecs > 1)
                sum[i][1] = MULTIPLY_ADD(x, b1, sum[i][1]);
        }
        UNROLL
        for (int i = 0; i < rows; i += 3)
            a[i / 3] += a_cs;
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < vecs; v++)
            finish(t, sum[i][v], i, v * W);
    }
}

/* One copy of the microkernel for each height, so that the sums are registers. */
INLINE void micro_rows(int rows, const int vecs, const tile_t *t)
{
    switch (rows) {
    case 1:
        micro(1, vecs, t);
        break;
    case 2:
        micro(2, vecs, t);
        break;
    case 3:
        micro(3, vecs, t);
        break;
    case 4:
        micro(4, vecs, t);
        break;
    case 5:
        micro(5, vecs, t);
        break;
    case 6:
        micro(6, vecs, t);
        break;
#if TORSH__GEMM_MR > 6
    case 7:
        micro(7, vecs, t);
        break;
    case 8:
        micro(8, vecs, t);
        break;
    case 9:
        micro(9, vecs, t);
        break;
    case 10:
        micro(10, vecs, t);
        break;
    case 11:
        micro(11, vecs, t);
        break;
    case 12:
        micro(12, vecs, t);
        break;
    case 13:
        micro(13, vecs, t);
        break;
    case 14:
        micro(14, vecs, t);
        break;
#endif
    }
}

static __attribute__((noinline)) void micro_1(int rows, const tile_t *t)
{
    micro_rows(rows, 1, t);
}

static __attribute__((noinline)) void micro_2(int rows, const tile_t *t)
{
    micro_rows(rows, 2, t);
}

/* Rows [0, rows) of A as the microkernel likes them: read in place where they fit the first-level cache as
 * they lie, else copied so that they do. */
static void take_rows(const torsh__block_t *g, const REAL *a, int rows, tile_t *t)
{
    REAL *to = g->a_pack;
    t->a = a;
    t->a_rs = g->a_rs;
    t->a_cs = g->a_cs;
    if (!to || g->n <= NR ||
        (g->a_cs == 1 && rows * g->a_rs * (int64_t)sizeof(REAL) <= 28 * 1024 && g->a_rs >= 0))
        return;
    t->a = to;
    if (g->a_rs == 1) {
        t->a_rs = 1;
        t->a_cs = 16;
        for (int64_t k = 0; k < g->k; k++)
            for (int i = 0; i < rows; i += W)
                store(to + k * 16 + i,
                      rows - i < W ? load_n(a + k * g->a_cs + i, rows - i) : load(a + k * g->a_cs + i));
        return;
    }
    t->a_rs = A_STRIDE;
    t->a_cs = 1;
    for (int i = 0; i < rows; i++)
        if (g->a_cs == 1)
            memcpy(to + i * A_STRIDE, a + i * g->a_rs, (size_t)g->k * sizeof(REAL));
        else
            for (int64_t k = 0; k < g->k; k++)
                to[i * A_STRIDE + k] = a[i * g->a_rs + k * g->a_cs];
}

/* Columns of A are read a few rows at a time, in strides that no prefetcher follows: fetch them in their
 * order. */
static void prefetch_columns(const torsh__block_t *g)
{
    const int64_t line = 64 / (int)sizeof(REAL);
    if (g->m <= MR || g->m * g->k * (int64_t)sizeof(REAL) > 256 * 1024)
        return;
    for (int64_t k = 0; k < g->k; k++)
        for (int64_t i = 0; i < g->m; i += line)
            __builtin_prefetch((const REAL *)g->a + k * g->a_cs + i);
}

static void block(const torsh__block_t *g)
{
    const REAL *a = g->a, *b = g->b, *column_bias = g->column_bias, *row_bias = g->row_bias;
    const int64_t whole = g->b_rs ? g->n / NR * NR : g->n;
    REAL *c = g->c;
    tile_t t = {.k = g->k, .c_rs = g->c_rs, .alpha = (REAL)g->alpha, .beta = (REAL)g->beta, .relu = g->relu};
    if (whole < g->n)
        pack_b(b + whole, g->b_rs, 1, g->k, g->n - whole, g->b_pack);
    if (g->a_rs == 1)
        prefetch_columns(g);
    /* rows in equal parts: 64 as 13, 13, 13, 13, 12 rather than 14, 14, 14, 14, 8 */
    const int64_t parts = (g->m + MR - 1) / MR;
    for (int64_t p = 0; p < parts; p++) {
        const int64_t i = g->m * p / parts;
        const int rows = (int)(g->m * (p + 1) / parts - i);
        take_rows(g, a + i * g->a_rs, rows, &t);
        t.row_bias = row_bias ? row_bias + i : NULL;
        for (int64_t j = 0; j < g->n; j += NR) {
            t.columns = g->n - j < NR ? g->n - j : NR;
            t.c = c + i * g->c_rs + j;
            t.column_bias = column_bias ? column_bias + j : NULL;
            t.b = !g->b_rs ? b + j * g->k : j < whole ? b + j : g->b_pack;
            t.b_rs = g->b_rs && j < whole ? g->b_rs : NR;
            if (t.columns > W)
                micro_2(rows, &t);
            else
                micro_1(rows, &t);
        }
    }
}

/* The part of a torsh__gemm_ops_t that is made here. */
#define GEMM_BLOCK_OPS                                                                                       \
    .bytes = sizeof(REAL), .mr = MR, .nr = NR, .kc = KC, .a_pack_bytes = A_PACK_BYTES, .pack_b = pack_b,     \
    .block = block
