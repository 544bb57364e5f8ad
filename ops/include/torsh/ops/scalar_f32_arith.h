// SPDX-License-Identifier: MIT OR Apache-2.0
// float32 roots, powers, rounding and division. Method and coefficients: scalar_f32.h.
#pragma once
#include <torsh/ops/scalar_base.h>

// ---- roots and powers ----

T_INLINE float sqrt_f32(float x)
{
    return sqrtf(x);
}
T_INLINE float rsqrt_f32(float x)
{
    return 1.0f / sqrtf(x);
}
T_INLINE float abs_f32(float x)
{
    return fabsf(x);
}

// torch: 0 for 0 and for NaN
T_INLINE float sign_f32(float x)
{
    return (float)((x > 0.0f) - (x < 0.0f));
}

T_INLINE float hypot_f32(float x, float y)
{
    float r = (float)sqrt((double)x * (double)x + (double)y * (double)y); // both squares are exact
    r = fabsf(x) == INFINITY ? INFINITY : r;
    return fabsf(y) == INFINITY ? INFINITY : r;
}

// log2(a) of a double: k + log2(m), m in [sqrt(1/2), sqrt(2)], by the series of atanh((m - 1)/(m + 1)); 2^-43
T_INLINE double log2_f64_for_pow(double a)
{
    uint64_t d = f64_bits(a) - 0x3fe6a09e667f3bcdu + (1023ull << 52);
    double k = f64_from_bits((d >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
    double m = f64_from_bits(f64_bits(a) - ((d >> 52) << 52) + (1023ull << 52));
    double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = 0.28293004134431127;
    p = T_FMA64(p, z, 0.31990365071356086);
    p = T_FMA64(p, z, 0.41220930112592302);
    p = T_FMA64(p, z, 0.57707794189427553);
    p = T_FMA64(p, z, 0.96179669411491786);
    p = T_FMA64(p, z, 2.8853900817778491);
    return T_FMA64(p, s, k);
}

// 2^(y log2|x|), then C's rules for signs, zeros, infinities and NaN, all in double
T_INLINE float pow_f32(float xf, float yf)
{
    double x = (double)xf, y = (double)yf, a = fabs(x);
    double l = log2_f64_for_pow(a);
    l = a == 0.0 ? -INFINITY : l;
    l = a < INFINITY ? l : a;                               // inf and NaN
    double z = clamp_f64(clamp_f64(y, 0x1p128) * l, 160.0); // finite y: 1^inf is 1
    double sum = z + T_MAGIC64, r = z - (sum - T_MAGIC64);
    double p = 0.00015345828475698772;
    p = T_FMA64(p, r, 0.00133999587482903);
    p = T_FMA64(p, r, 0.0096184891191949257);
    p = T_FMA64(p, r, 0.055503287086846168);
    p = T_FMA64(p, r, 0.24022646886689819);
    p = T_FMA64(p, r, 0.69314720576868627);
    p = T_FMA64(p, r, 1.0000000005553014);
    p *= pow2_from_magic64(sum);
    double c = clamp_f64(fabs(y), 0x1p25), n = c + T_MAGIC64; // from 2^24 on all floats are even integers
    double fraction = c - (n - T_MAGIC64);
    double odd = f64_from_bits(f64_bits(p) | (f64_bits(x) & odd_sign_from_magic64(n)));
    double root = a < INFINITY ? NAN : p;
    root = x < 0.0 ? root : p;
    p = fraction == 0.0 ? odd : root;
    p = x == 1.0 ? 1.0 : p;
    return (float)(y == 0.0 ? 1.0 : p);
}

// ---- rounding and division ----

#if defined(__SSE4_1__) || !defined(__x86_64__)
T_INLINE float round_f32(float x)
{
    return rintf(x);
} // half to even, as torch.round
T_INLINE float floor_f32(float x)
{
    return floorf(x);
}
T_INLINE float ceil_f32(float x)
{
    return ceilf(x);
}
T_INLINE float trunc_f32(float x)
{
    return truncf(x);
}
#else
// SSE2 has no rounding instruction: 2^23 added and subtracted rounds, and from 2^23 on every float is an
// integer
T_INLINE float round_f32(float x)
{
    float a = fabsf(x), r = (a + 8388608.0f) - 8388608.0f;
    return copysignf(a < 8388608.0f ? r : a, x);
}
T_INLINE float floor_f32(float x)
{
    float r = round_f32(x);
    return r > x ? r - 1.0f : r;
}
T_INLINE float ceil_f32(float x)
{
    float r = round_f32(x);
    return copysignf(r < x ? r + 1.0f : r, x);
}
T_INLINE float trunc_f32(float x)
{
    float a = fabsf(x), r = round_f32(a);
    return copysignf(r > a ? r - 1.0f : r, x);
}
#endif

// r - q d for the integer q nearest to r / d: exact while |q| < 2^29, as d has 24 bits
T_INLINE double fmod_step_f32(double r, double d, double inverse)
{
    double q = (r * inverse + T_MAGIC64) - T_MAGIC64;
    return T_FMA64(-q, d, r);
}

// exact, as C's: the quotient of two floats has up to 277 bits, taken 29 at a time
T_INLINE float fmod_f32(float x, float y)
{
    double d = (double)fabsf(y), inverse = 1.0 / d, r = (double)fabsf(x);
    r = fmod_step_f32(r, d * 0x1p261, inverse * 0x1p-261);
    r = fmod_step_f32(r, d * 0x1p232, inverse * 0x1p-232);
    r = fmod_step_f32(r, d * 0x1p203, inverse * 0x1p-203);
    r = fmod_step_f32(r, d * 0x1p174, inverse * 0x1p-174);
    r = fmod_step_f32(r, d * 0x1p145, inverse * 0x1p-145);
    r = fmod_step_f32(r, d * 0x1p116, inverse * 0x1p-116);
    r = fmod_step_f32(r, d * 0x1p87, inverse * 0x1p-87);
    r = fmod_step_f32(r, d * 0x1p58, inverse * 0x1p-58);
    r = fmod_step_f32(r, d * 0x1p29, inverse * 0x1p-29);
    r = fmod_step_f32(r, d, inverse);
    r = r < 0.0 ? r + d : r;
    float m = copysignf((float)r, x);
    return fabsf(y) == INFINITY && fabsf(x) < INFINITY ? x : m;
}

// Python's and torch's: the sign of y
T_INLINE float remainder_f32(float x, float y)
{
    float m = fmod_f32(x, y);
    float shifted = m + y;
    return m != 0.0f && (m < 0.0f) != (y < 0.0f) ? shifted : m;
}

// torch.div(rounding_mode=...): the quotient is rounded once and then to an integer
T_INLINE float div_trunc_f32(float x, float y)
{
    return trunc_f32(x / y);
}

// floor of the exact quotient, built from the remainder as Python and torch do; x / 0 stays inf or NaN
T_INLINE float div_floor_f32(float x, float y)
{
    float m = fmod_f32(x, y);
    float q = (x - m) / y;
    q = m != 0.0f && (m < 0.0f) != (y < 0.0f) ? q - 1.0f : q;
    float f = floor_f32(q);
    f = q - f > 0.5f ? f + 1.0f : f;
    float quotient = x / y;
    f = q == 0.0f ? copysignf(0.0f, quotient) : f;
    return y == 0.0f ? quotient : f;
}
