/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inner parts of a matrix product, for the drivers in gemm.c and conv*.c: everything that knows a dtype.
 *
 * After Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), and BLIS: B is
 * copied into panels of nr columns (zero-padded, k major), a few rows of A at a time lie in the first-level
 * cache, and the microkernel keeps an mr x nr piece of C in registers for up to kc steps. */
#ifndef TORSH_BACKEND_CPU_GEMM_BLOCK_H
#define TORSH_BACKEND_CPU_GEMM_BLOCK_H

#include "gemm.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
#define TORSH__VEC_BYTES 64
#define TORSH__GEMM_MR 14
#elif defined(__AVX2__)
#define TORSH__VEC_BYTES 32
#define TORSH__GEMM_MR 6
#else
#define TORSH__VEC_BYTES 16
#define TORSH__GEMM_MR 6
#endif

/* Steps of k between two visits to C: the rows of A take mr * kc * 4 or 8 bytes of the first-level cache. */
#define TORSH__GEMM_KC_F32 384
#define TORSH__GEMM_KC_F64 256

#define TORSH__AXPY_COLUMNS 512

/* C = act(beta C + alpha A B + bias) over at most kc steps of k; all of it in the computing dtype. */
typedef struct torsh__block {
    int64_t m, n, k;
    const void *a;
    int64_t a_rs, a_cs;
    const void *b; /* packed panels, or (b_rs not 0) the rows of B themselves */
    int64_t b_rs;
    void *c;
    int64_t c_rs;
    double alpha, beta;
    const void *column_bias; /* one value a column, contiguous; NULL: none */
    const void *row_bias;    /* one value a row; NULL: none */
    int relu;
    void *a_pack; /* a_pack_bytes of room for rows of A; NULL: they are good as they lie */
    void *b_pack; /* b_rs not 0: room for one panel */
} torsh__block_t;

typedef struct torsh__gemm_ops {
    int64_t bytes; /* of one computing element */
    int64_t mr, nr, kc;
    int64_t a_pack_bytes;
    /* k x n elements of B, n at most a few panels: panel p starts at p * k * nr */
    void (*pack_b)(const void *b, int64_t b_rs, int64_t b_cs, int64_t k, int64_t n, void *panels);
    void (*block)(const torsh__block_t *g);
    /* A and B with contiguous k: C[i][j] = a row i . b column j, as act(beta C + alpha . + bias) */
    void (*dot)(const torsh__gemm_t *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1);
    /* y[j] = sum over k of x[k * x_s] * b[k * b_rs + j] for n columns, at most TORSH__AXPY_COLUMNS */
    void (*axpy)(int64_t n, int64_t k, const void *x, int64_t x_s, const void *b, int64_t b_rs, void *y);
    /* C[c_at + j * c_s] = act(beta C + alpha y[j] + bias[bias_at + j * bias_s]) */
    void (*finish)(const torsh__gemm_t *g, const void *y, int64_t n, int64_t c_at, int64_t c_s,
                   int64_t bias_at, int64_t bias_s);
} torsh__gemm_ops_t;

#define torsh__gemm_ops_f32 TORSH__PASTE(torsh__gemm_ops_f32, ISA)
#define torsh__gemm_ops_f64 TORSH__PASTE(torsh__gemm_ops_f64, ISA)
extern const torsh__gemm_ops_t torsh__gemm_ops_f32, torsh__gemm_ops_f64;

#endif
