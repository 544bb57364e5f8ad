/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "gemm_half.h"

#include <string.h>

#ifdef __F16C__
#include <immintrin.h>
#endif

static inline float bf16_to_float(uint16_t h)
{
    const uint32_t bits = (uint32_t)h << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint16_t bf16_from_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16 | 0x40) : rounded);
}

#ifdef __F16C__
static inline float f16_to_float(uint16_t h)
{
    return _cvtsh_ss(h);
}

static inline uint16_t f16_from_float(float x)
{
    return (uint16_t)_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT);
}
#else
static inline float f16_to_float(uint16_t h)
{
    /* exponent and fraction moved into place, then the exponent's bias mended by a product, which also makes
     * normal numbers of the subnormal ones */
    uint32_t bits = (uint32_t)(h & 0x7fff) << 13;
    float x;
    memcpy(&x, &bits, sizeof x);
    x *= 0x1p112f;
    memcpy(&bits, &x, sizeof bits);
    if ((h & 0x7c00) == 0x7c00)
        bits |= 0x7f800000;
    bits |= (uint32_t)(h & 0x8000) << 16;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint16_t f16_from_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) /* 65520 and above round to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude <
        0x38800000) { /* below 2^-14: adding 0.5 leaves the subnormal's bits, rounded, at the bottom */
        float small;
        memcpy(&small, &magnitude, sizeof small);
        small += 0.5f;
        memcpy(&bits, &small, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3f000000));
    }
    return (uint16_t)(sign | ((magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13));
}
#endif

void torsh__half_to_float(torsh_dtype_t dtype, const uint16_t *from, int64_t stride, int64_t n, float *to)
{
    int64_t i = 0;
    if (dtype == TORSH_BF16) {
        if (stride == 1)
            for (; i < n; i++)
                to[i] = bf16_to_float(from[i]);
        for (; i < n; i++)
            to[i] = bf16_to_float(from[i * stride]);
        return;
    }
#ifdef __F16C__
    for (; stride == 1 && i + 8 <= n; i += 8)
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
#endif
    for (; i < n; i++)
        to[i] = f16_to_float(from[i * stride]);
}

void torsh__half_from_float(torsh_dtype_t dtype, const float *from, int64_t n, uint16_t *to)
{
    int64_t i = 0;
    if (dtype == TORSH_BF16) {
        for (; i < n; i++)
            to[i] = bf16_from_float(from[i]);
        return;
    }
#ifdef __F16C__
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(to + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#endif
    for (; i < n; i++)
        to[i] = f16_from_float(from[i]);
}

void torsh__half_finish(const torsh__gemm_t *g, float *sum, int64_t i, int64_t j0, int64_t n)
{
    enum { RUN = 64 };
    uint16_t *c = (uint16_t *)g->c + i * g->c_rs + j0;
    float old[RUN];
    for (int64_t j = 0; j < n; j += RUN) {
        const int64_t run = n - j < RUN ? n - j : RUN;
        float *x = sum + j;
        for (int64_t r = 0; r < run; r++)
            x[r] *= (float)g->alpha;
        if (g->beta != 0) {
            torsh__half_to_float(g->dtype, c + j, 1, run, old);
            for (int64_t r = 0; r < run; r++)
                x[r] += (float)g->beta * old[r];
        }
        if (g->bias) {
            torsh__half_to_float(g->dtype, (const uint16_t *)g->bias + (j0 + j) * g->bias_stride,
                                 g->bias_stride, run, old);
            for (int64_t r = 0; r < run; r++)
                x[r] += old[r];
        }
        for (int64_t r = 0; g->relu && r < run; r++)
            x[r] = x[r] < 0 ? 0 : x[r];
        torsh__half_from_float(g->dtype, x, run, c + j);
    }
}
