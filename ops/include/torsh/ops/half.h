// SPDX-License-Identifier: MIT OR Apache-2.0
// bfloat16 and float16 as bit patterns in uint16_t: conversions to and from float, one by one and by blocks.
// To float: exact. From float: nearest, ties to even, subnormals included, beyond the range to inf.
// A NaN stays a NaN, becomes quiet and keeps its sign and upper payload bits, as F16C does; so the scalar
// functions, the block functions and all instruction sets agree bit for bit.
#pragma once
#include <torsh/ops/scalar_base.h>
#if defined(__F16C__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

T_INLINE float f32_from_bf16(uint16_t h)
{
    uint32_t u = (uint32_t)h << 16;
    uint32_t quiet = (u & 0x7fffffffu) > 0x7f800000u ? 0x00400000u : 0u;
    return f32_from_bits(u | quiet);
}

T_INLINE uint16_t bf16_from_f32(float f)
{
    uint32_t u = f32_bits(f);
    uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
    uint32_t nan = (u >> 16) | 0x40u;
    return (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

// Normal numbers: move the fields and the bias. Subnormals: put the bits under the exponent of 2^-14 and
// subtract 2^-14.
T_INLINE float f32_from_f16(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, m = (uint32_t)(h & 0x7fffu) << 13;
    uint32_t normal = m + ((127u - 15u) << 23);
    uint32_t small = f32_bits(f32_from_bits(m + ((127u - 14u) << 23)) - 6.103515625e-5f);
    uint32_t special = m | 0x7f800000u | (m > 0x0f800000u ? 0x00400000u : 0u);
    uint32_t u = m < (1u << 23) ? small : normal;
    u = m >= 0x0f800000u ? special : u;
    return f32_from_bits(u | sign);
}

// Normal results: round the fraction to 10 bits in integer arithmetic, whose carry moves the exponent.
// Subnormal results: adding 1/2 aligns the last bit kept with the last bit of a float, so that the addition
// rounds.
T_INLINE uint16_t f16_from_f32(float f)
{
    uint32_t u = f32_bits(f), sign = (u >> 16) & 0x8000u, a = u & 0x7fffffffu;
    uint32_t normal = (a - ((127u - 15u) << 23) + 0xfffu + ((a >> 13) & 1u)) >> 13;
    uint32_t small = f32_bits(f32_from_bits(a) + 0.5f) - f32_bits(0.5f);
    uint32_t h = a < ((127u - 14u) << 23) ? small : normal;
    h = a >= 0x477ff000u ? 0x7c00u : h; // 65520 and above
    uint32_t nan = 0x7e00u | (a >> 13 & 0x3ffu);
    h = a > 0x7f800000u ? nan : h;
    return (uint16_t)(h | sign);
}

// ---- blocks ----

// plain loops: integer operations only, which compilers vectorize well
static inline void f32_from_bf16_block(float *__restrict d, const uint16_t *__restrict s, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        d[i] = f32_from_bf16(s[i]);
}

static inline void bf16_from_f32_block(uint16_t *__restrict d, const float *__restrict s, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        d[i] = bf16_from_f32(s[i]);
}

static inline void f32_from_f16_block(float *__restrict d, const uint16_t *__restrict s, int64_t n)
{
    int64_t i = 0;
#if defined(__AVX512F__)
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(d + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(s + i))));
#elif defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(d + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(s + i))));
#endif
    for (; i < n; i++)
        d[i] = f32_from_f16(s[i]);
}

static inline void f16_from_f32_block(uint16_t *__restrict d, const float *__restrict s, int64_t n)
{
    int64_t i = 0;
#if defined(__AVX512F__)
    for (; i + 16 <= n; i += 16)
        _mm256_storeu_si256((__m256i *)(d + i),
                            _mm512_cvtps_ph(_mm512_loadu_ps(s + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(d + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(s + i), _MM_FROUND_TO_NEAREST_INT));
#endif
    for (; i < n; i++)
        d[i] = f16_from_f32(s[i]);
}
