/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A vector of REAL (float, or double where REAL_IS_F64 is 1) of the instruction set this file is compiled
 * for. */
#ifndef TORSH_BACKEND_CPU_GEMM_VEC_H
#define TORSH_BACKEND_CPU_GEMM_VEC_H

#include <string.h>

#include "gemm_block.h"

#if TORSH__VEC_BYTES > 16
#include <immintrin.h>
#endif

#define LANES (TORSH__VEC_BYTES / (REAL_IS_F64 ? 8 : 4))
enum { W = TORSH__VEC_BYTES / (int)sizeof(REAL) };
typedef REAL vec_t __attribute__((vector_size(TORSH__VEC_BYTES)));
typedef REAL loose_vec_t __attribute__((vector_size(TORSH__VEC_BYTES), aligned(sizeof(REAL)), may_alias));
#if REAL_IS_F64
typedef int64_t mask_t __attribute__((vector_size(TORSH__VEC_BYTES)));
#else
typedef int32_t mask_t __attribute__((vector_size(TORSH__VEC_BYTES)));
#endif

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE vec_t load(const REAL *p)
{
    return *(const loose_vec_t *)p;
}

INLINE void store(REAL *p, vec_t v)
{
    *(loose_vec_t *)p = v;
}

/* The first n lanes; the others are 0 and their memory is not touched. */
INLINE vec_t load_n(const REAL *p, int64_t n)
{
#if TORSH__VEC_BYTES == 64 && REAL_IS_F64
    return _mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
#elif TORSH__VEC_BYTES == 64
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif TORSH__VEC_BYTES == 32 && REAL_IS_F64
    return _mm256_maskload_pd(p, (__m256i)((mask_t){0, 1, 2, 3} < n));
#elif TORSH__VEC_BYTES == 32
    return _mm256_maskload_ps(p, (__m256i)((mask_t){0, 1, 2, 3, 4, 5, 6, 7} < (int32_t)n));
#else
    vec_t v = {0};
    for (int64_t i = 0; i < n; i++)
        v[i] = p[i];
    return v;
#endif
}

INLINE void store_n(REAL *p, vec_t v, int64_t n)
{
#if TORSH__VEC_BYTES == 64 && REAL_IS_F64
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), v);
#elif TORSH__VEC_BYTES == 64
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#else
    for (int64_t i = 0; i < n; i++)
        p[i] = v[i];
#endif
}

/* Lanes [lane, lane + n) from p[lane * stride], p[(lane + 1) * stride] …; the others are 0, and no other
 * element's memory is touched, but for those between the first and the last. */
INLINE vec_t load_lanes(const REAL *p, int64_t stride, int64_t lane, int64_t n)
{
#if TORSH__VEC_BYTES == 64
    if (stride == 1) {
        const uint32_t lanes = ((1u << n) - 1) << lane;
#if REAL_IS_F64
        return _mm512_maskz_loadu_pd((__mmask8)lanes, p);
#else
        return _mm512_maskz_loadu_ps((__mmask16)lanes, p);
#endif
    }
    if (stride == 2) { /* both neighbours of each, then every other one */
        const uint64_t lanes = (((uint64_t)1 << (2 * n - 1)) - 1) << (2 * lane);
#if REAL_IS_F64
        const vec_t low = _mm512_maskz_loadu_pd((__mmask8)lanes, p);
        const vec_t high = _mm512_maskz_loadu_pd((__mmask8)(lanes >> W), p + W);
        return __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
#else
        const vec_t low = _mm512_maskz_loadu_ps((__mmask16)lanes, p);
        const vec_t high = _mm512_maskz_loadu_ps((__mmask16)(lanes >> W), p + W);
        return __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#endif
    }
#elif TORSH__VEC_BYTES == 32
    if (stride == 1) {
#if REAL_IS_F64
        const mask_t index = {0, 1, 2, 3};
        return _mm256_maskload_pd(p, (__m256i)((index >= lane) & (index < lane + n)));
#else
        const mask_t index = {0, 1, 2, 3, 4, 5, 6, 7};
        return _mm256_maskload_ps(p, (__m256i)((index >= (int32_t)lane) & (index < (int32_t)(lane + n))));
#endif
    }
#endif
    vec_t v = {0};
    for (int64_t l = lane; l < lane + n; l++)
        v[l] = p[l * stride];
    return v;
}

INLINE vec_t or_v(vec_t a, vec_t b)
{
    return (vec_t)((mask_t)a | (mask_t)b);
}

INLINE vec_t splat(REAL x)
{
#if TORSH__VEC_BYTES == 64 && REAL_IS_F64
    return _mm512_set1_pd(x);
#elif TORSH__VEC_BYTES == 64
    return _mm512_set1_ps(x);
#elif TORSH__VEC_BYTES == 32 && REAL_IS_F64
    return _mm256_set1_pd(x);
#elif TORSH__VEC_BYTES == 32
    return _mm256_set1_ps(x);
#elif REAL_IS_F64
    return (vec_t){x, x};
#else
    return (vec_t){x, x, x, x};
#endif
}

/* a * b + c, rounded once where there is such an instruction */
INLINE vec_t fma_v(vec_t a, vec_t b, vec_t c)
{
#if TORSH__VEC_BYTES == 64 && REAL_IS_F64
    return _mm512_fmadd_pd(a, b, c);
#elif TORSH__VEC_BYTES == 64
    return _mm512_fmadd_ps(a, b, c);
#elif TORSH__VEC_BYTES == 32 && REAL_IS_F64
    return _mm256_fmadd_pd(a, b, c);
#elif TORSH__VEC_BYTES == 32
    return _mm256_fmadd_ps(a, b, c);
#else
    return a * b + c;
#endif
}

/* x < 0 ? 0 : x, so that NaN stays */
INLINE vec_t relu_v(vec_t v)
{
    return (vec_t)((mask_t)v & ~(mask_t)(v < 0));
}

/* The lanes added up: halves, quarters … onto each other. */
INLINE REAL sum_v(vec_t v)
{
#if LANES == 16
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif LANES == 8
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#elif LANES == 4
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2);
#else
    v += __builtin_shufflevector(v, v, 1, 0);
#endif
    return v[0];
}

#endif
