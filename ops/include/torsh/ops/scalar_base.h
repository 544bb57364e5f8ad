// SPDX-License-Identifier: MIT OR Apache-2.0
// What all scalar functions are made of: inlining, explicit FMA, bit casts, round-to-integer, exact
// splitting.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define T_INLINE static __device__ __forceinline__
#else
#define T_INLINE static inline __attribute__((always_inline))
#endif

// Kernels are built with -ffp-contract=off, so the compiler fuses nothing: FMA is written where it is wanted.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__CUDACC__)
#define T_HAS_FMA 1
#define T_FMA(a, b, c) fmaf(a, b, c)
#define T_FMA64(a, b, c) fma(a, b, c)
#else
#define T_HAS_FMA 0
#define T_FMA(a, b, c) ((a) * (b) + (c))
#define T_FMA64(a, b, c) ((a) * (b) + (c))
#endif

T_INLINE float f32_from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}
T_INLINE uint32_t f32_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}
T_INLINE double f64_from_bits(uint64_t u)
{
    double f;
    memcpy(&f, &u, sizeof f);
    return f;
}
T_INLINE uint64_t f64_bits(double f)
{
    uint64_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

// Adding 1.5 * 2^(p-1) pushes the fraction out: the sum's low bits are the integer nearest to x (half to
// even), and subtracting it again gives that integer as a float. Valid for |x| < 2^22 and 2^51.
#define T_MAGIC32 12582912.0f
#define T_MAGIC64 6755399441055744.0

// 2^k from the sum k + magic (its low bits), without a conversion: k in [-126, 127] and [-1022, 1023]
T_INLINE float pow2_from_magic32(float sum)
{
    return f32_from_bits((f32_bits(sum) + 127u) << 23);
}
T_INLINE double pow2_from_magic64(double sum)
{
    return f64_from_bits((f64_bits(sum) + 1023u) << 52);
}
// the low bit of that integer moved to the sign: flips a sign where the integer is odd
T_INLINE uint64_t odd_sign_from_magic64(double sum)
{
    return f64_bits(sum) << 63;
}

// x within [-limit, limit], NaN stays NaN. One select whose arms both vary: out of two conditional constants
// GCC 12 makes control flow (jump threading and partial redundancies), which its vectorizer then refuses.
T_INLINE double clamp_f64(double x, double limit)
{
    double end = f64_from_bits((f64_bits(x) & 0x8000000000000000u) | f64_bits(limit));
    return fabs(x) > limit ? end : x;
}
