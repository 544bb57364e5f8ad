/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copying B into panels, for one REAL and KC: included by gemm_f32.c, gemm_f64.c and gemm_pairs.c. */

#include "gemm_vec.h"

enum {
    MR = TORSH__GEMM_MR,
    NR = 2 * W,
    A_STRIDE = KC + 64 / (int)sizeof(REAL), /* of copied rows: an odd number of cache lines, so that they fall
                                               into different sets */
    A_PACK_BYTES = (MR * A_STRIDE > 16 * KC ? MR * A_STRIDE : 16 * KC) * (int)sizeof(REAL)
};

/* a0 b0 a1 b1 …, of the first halves and of the second halves */
INLINE vec_t zip_low(vec_t a, vec_t b)
{
#if LANES == 16
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif LANES == 8
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#elif LANES == 4
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#else
    return __builtin_shufflevector(a, b, 0, 2);
#endif
}

INLINE vec_t zip_high(vec_t a, vec_t b)
{
#if LANES == 16
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LANES == 8
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif LANES == 4
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    return __builtin_shufflevector(a, b, 1, 3);
#endif
}

/* Zipping row i with row i + W/2 turns the bits of (row, column) round by one place: after log2(W) rounds
 * rows and columns have changed places. */
INLINE void transpose(vec_t r[W])
{
    vec_t t[W];
    UNROLL
    for (int round = 1; round < W; round *= 2) {
        UNROLL
        for (int i = 0; i < W / 2; i++) {
            t[2 * i] = zip_low(r[i], r[i + W / 2]);
            t[2 * i + 1] = zip_high(r[i], r[i + W / 2]);
        }
        UNROLL
        for (int i = 0; i < W; i++)
            r[i] = t[i];
    }
}

/* to[k][0 .. n) = columns of B, each contiguous in k, n at most W; the lanes from n to W become 0 */
static void pack_columns(const REAL *b, int64_t b_cs, int64_t k, int64_t n, REAL *to)
{
    vec_t r[W];
    for (int64_t k0 = 0; k0 < k; k0 += W) {
        const int64_t left = k - k0;
        if (left >= W && n == W) {
            UNROLL
            for (int i = 0; i < W; i++)
                r[i] = load(b + i * b_cs + k0);
        } else {
            for (int i = 0; i < W; i++)
                r[i] = i < n ? load_n(b + i * b_cs + k0, left < W ? left : W) : (vec_t){0};
        }
        transpose(r);
        if (left >= W) {
            UNROLL
            for (int i = 0; i < W; i++)
                store(to + (k0 + i) * NR, r[i]);
        } else {
            for (int i = 0; i < left; i++)
                store(to + (k0 + i) * NR, r[i]);
        }
    }
}

/* to[k][0 .. NR) = rows of B with contiguous columns, n of them at most NR */
static void pack_rows(const REAL *b, int64_t b_rs, int64_t k, int64_t n, REAL *to)
{
    if (n == NR) {
        for (int64_t i = 0; i < k; i++) {
            store(to + i * NR, load(b + i * b_rs));
            store(to + i * NR + W, load(b + i * b_rs + W));
        }
        return;
    }
    for (int64_t i = 0; i < k; i++) {
        const REAL *row = b + i * b_rs;
        store(to + i * NR, n >= W ? load(row) : load_n(row, n));
        store(to + i * NR + W, n > W ? load_n(row + W, n - W) : (vec_t){0});
    }
}

static void pack_b(const void *from, int64_t b_rs, int64_t b_cs, int64_t k, int64_t n, void *panels)
{
    const REAL *b = from;
    REAL *to = panels;
    if (b_cs == 1) {
        /* a few rows at a time over all panels: long reads */
        for (int64_t k0 = 0; k0 < k; k0 += 8)
            for (int64_t j = 0; j < n; j += NR)
                pack_rows(b + k0 * b_rs + j, b_rs, k - k0 < 8 ? k - k0 : 8, n - j < NR ? n - j : NR,
                          to + j * k + k0 * NR);
        return;
    }
    for (int64_t j = 0; j < n; j += W) {
        REAL *t = to + j / NR * NR * k + j % NR;
        const int64_t width = n - j < W ? n - j : W;
        if (b_rs == 1) {
            pack_columns(b + j * b_cs, b_cs, k, width, t);
            continue;
        }
        for (int64_t i = 0; i < k; i++)
            for (int64_t c = 0; c < W; c++)
                t[i * NR + c] = c < width ? b[i * b_rs + (j + c) * b_cs] : 0;
    }
}
