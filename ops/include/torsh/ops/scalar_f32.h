// SPDX-License-Identifier: MIT OR Apache-2.0
// float32 exponentials, logarithms, hyperbolic and error functions. Branch-free: a loop around them
// vectorizes.
//
// Method, throughout: reduce the argument, evaluate the small tail of the series in float, where its rounding
// errors hardly count, and add the leading terms to it in double, which costs two conversions and keeps the
// result within 0.6 ulp with or without FMA. exp, exp2, tanh and erf are used the most and get by in float
// alone. Coefficients: weighted minimax fits (Remez exchange in 60-digit arithmetic), rounded one by one from
// the largest term on, the rest refitted after each rounding.
#pragma once
#include <torsh/ops/scalar_base.h>

// ---- exp and its relatives ----

// exp(x) = 2^k * (1 + r + r^2 q(r)), k = round(x / ln2), |r| <= ln2/2 (reduction in two parts after Cody &
// Waite)
T_INLINE float exp_tail_f32(float r)
{
    float q = 1.39220466e-3f;
    q = T_FMA(q, r, 8.3693061e-3f);
    q = T_FMA(q, r, 4.16665822e-2f);
    q = T_FMA(q, r, 1.66665152e-1f);
    q = T_FMA(q, r, 0.5f);
    return q * (r * r);
}

// 2^k p for k in [-252, 254], given k + magic: two factors, so that subnormals round once and overflow is inf
T_INLINE float scale2_f32(float p, float sum)
{
    uint32_t k = f32_bits(sum) - f32_bits(T_MAGIC32) + 256u; // > 0
    uint32_t h = k >> 1;
    return p * f32_from_bits((h - 128u + 127u) << 23) * f32_from_bits((k - h - 128u + 127u) << 23);
}

T_INLINE float exp_f32(float x)
{
    float c = x < -104.0f ? -104.0f : x; // a NaN passes both
    c = c > 89.0f ? 89.0f : c;
    float sum = T_FMA(c, 1.44269504f, T_MAGIC32);
    float k = sum - T_MAGIC32;
    float r = T_FMA(k, -0.693359375f, c);
    r = T_FMA(k, 2.12194440e-4f, r);
    return scale2_f32(1.0f + (r + exp_tail_f32(r)), sum);
}

T_INLINE float exp2_f32(float x)
{
    float c = x < -151.0f ? -151.0f : x;
    c = c > 129.0f ? 129.0f : c;
    float sum = c + T_MAGIC32;
    float r = c - (sum - T_MAGIC32);
    float q = 1.54451322e-4f;
    q = T_FMA(q, r, 1.33916573e-3f);
    q = T_FMA(q, r, 9.61810257e-3f);
    q = T_FMA(q, r, 5.55035807e-2f);
    q = T_FMA(q, r, 2.40226507e-1f);
    q = T_FMA(q, r, 6.93147182e-1f);
    return scale2_f32(T_FMA(q, r, 1.0f), sum);
}

T_INLINE float expm1_f32(float x)
{
    float c = x < -18.0f ? -18.0f : x; // -1 from there on
    c = c > 89.0f ? 89.0f : c;
    float sum = T_FMA(c, 1.44269504f, T_MAGIC32);
    double k = (double)(sum - T_MAGIC32);
    double r = T_FMA64(k, -0.69314718055994531, (double)c);
    double scale = pow2_from_magic64(k + T_MAGIC64);
    float f = (float)r,
          q = 1.96626221e-4f; // one term more than exp's: near 0 the tail is all there is beside r
    q = T_FMA(q, f, 1.39350432e-3f);
    q = T_FMA(q, f, 8.3336439e-3f);
    q = T_FMA(q, f, 4.16664667e-2f);
    q = T_FMA(q, f, 1.66666657e-1f);
    q = T_FMA(q, f, 0.5f);
    double y = (r + (double)(q * (f * f))) * scale + (scale - 1.0);
    return copysignf((float)y, x); // keeps -0
}

// 1 / (1 + exp(-x)), from the side that neither overflows nor cancels
T_INLINE float sigmoid_f32(float x)
{
    float e = exp_f32(-fabsf(x));
    float d = 1.0f + e, lost = e - (d - 1.0f); // the part of e that d has rounded away
    float y = (x < 0.0f ? e : 1.0f) / d;
    return T_FMA(y * lost, T_FMA(d, 0.5f, -1.5f), y); // y (1 - lost/d), with a straight line for 1/d
}

// ---- logarithms ----

// log(1 + f) - (f - f^2/2) for 1 + f in [sqrt(1/2), sqrt(2)]
T_INLINE float log_tail_f32(float f)
{
    float p = -7.86300004e-2f;
    p = T_FMA(p, f, 1.28834441e-1f);
    p = T_FMA(p, f, -1.31281942e-1f);
    p = T_FMA(p, f, 1.41808331e-1f);
    p = T_FMA(p, f, -1.66245744e-1f);
    p = T_FMA(p, f, 2.0002307e-1f);
    p = T_FMA(p, f, -2.50008106e-1f);
    p = T_FMA(p, f, 3.33333164e-1f);
    return f * f * (f * p);
}

// x = 2^k (1 + f): returns log(1 + f) in double, sets k
T_INLINE double log_parts_f32(float x, float *k)
{
    int subnormal = x < 1.17549435e-38f;
    uint32_t u = f32_bits(subnormal ? x * 8388608.0f : x);
    uint32_t d = u - 0x3f3504f3u + (127u << 23); // bits of sqrt(1/2); biased to stay positive
    uint32_t e = d >> 23;
    float f = f32_from_bits(u - ((e - 127u) << 23)) - 1.0f;
    *k = (float)(int32_t)e - (subnormal ? 150.0f : 127.0f);
    double fd = (double)f;
    return T_FMA64(-0.5 * fd, fd, fd) + (double)log_tail_f32(f);
}

// the values at 0, below it, at inf and NaN
T_INLINE float log_special_f32(float x, float y)
{
    y = x > 0.0f ? y : (x == 0.0f ? -INFINITY : NAN);
    return x == INFINITY ? x : y;
}

// in float alone: k ln2 + f + f^2 R(f), 1 + f in [2/3, 4/3]
T_INLINE float log_f32(float x)
{
    int subnormal = x < 1.17549435e-38f;
    uint32_t u = f32_bits(subnormal ? x * 8388608.0f : x);
    uint32_t e = (u - 0x3f2aaaabu + (127u << 23)) >> 23; // bits of 2/3; biased to stay positive
    float f = f32_from_bits(u - ((e - 127u) << 23)) - 1.0f;
    float k = (float)(int32_t)e - (subnormal ? 150.0f : 127.0f);
    float r = -1.24891743e-1f;
    r = T_FMA(r, f, 1.40605554e-1f);
    r = T_FMA(r, f, -1.22734331e-1f);
    r = T_FMA(r, f, 1.39896587e-1f);
    r = T_FMA(r, f, -1.66744456e-1f);
    r = T_FMA(r, f, 2.00114354e-1f);
    r = T_FMA(r, f, -2.49999195e-1f);
    r = T_FMA(r, f, 3.33331972e-1f);
    r = T_FMA(r, f, -0.5f);
    return log_special_f32(x, T_FMA(k, 0.693147182f, T_FMA(f * f, r, f)));
}

T_INLINE float log2_f32(float x)
{
    float k;
    double l = log_parts_f32(x, &k);
    return log_special_f32(x, (float)T_FMA64(l, 1.4426950408889634, (double)k));
}

T_INLINE float log10_f32(float x)
{
    float k;
    double l = log_parts_f32(x, &k);
    return log_special_f32(x, (float)T_FMA64((double)k, 0.30102999566398120, l * 0.43429448190325183));
}

// k and the interval are chosen by the rounded 1 + x, the reduced argument is taken exactly: f = x/2^k +
// (1/2^k - 1)
T_INLINE float log1p_f32(float x)
{
    uint32_t d = f32_bits(1.0f + x) - 0x3f3504f3u + (127u << 23);
    double k = (double)((int32_t)(d >> 23) - 127);
    double scale = pow2_from_magic64(T_MAGIC64 - k);
    double f = T_FMA64((double)x, scale, scale - 1.0);
    double y = T_FMA64(-0.5 * f, f, f) + (double)log_tail_f32((float)f);
    float r = (float)T_FMA64(k, 0.69314718055994531, y);
    r = x > -1.0f ? r : (x == -1.0f ? -INFINITY : NAN);
    r = x == INFINITY ? x : r;
    return x == 0.0f ? x : r; // keeps -0
}

// ---- hyperbolic ----

// a = k ln2 + r, *s = sinh(r), *c = cosh(r), *p = (2^k + 2^-k)/2, *m = (2^k - 2^-k)/2; a >= 0
T_INLINE void hyperbolic_parts_f32(float a, double *s, double *c, double *p, double *m)
{
    a = a > 91.0f ? 91.0f : a;
    float sum = T_FMA(a, 1.44269504f, T_MAGIC32);
    double k = (double)(sum - T_MAGIC32);
    double r = T_FMA64(k, -0.69314718055994531, (double)a);
    float rf = (float)r, z = rf * rf;
    float sp = T_FMA(T_FMA(1.99740971e-4f, z, 8.33317544e-3f), z, 1.66666672e-1f);
    float cp = T_FMA(T_FMA(1.39354286e-3f, z, 4.16664593e-2f), z, 0.5f);
    *s = r + (double)(sp * z * rf);
    *c = 1.0 + (double)(cp * z);
    double up = pow2_from_magic64(k + (T_MAGIC64 - 1.0)), down = pow2_from_magic64((T_MAGIC64 - 1.0) - k);
    *p = up + down;
    *m = up - down;
}

T_INLINE float sinh_f32(float x)
{
    double s, c, p, m;
    hyperbolic_parts_f32(fabsf(x), &s, &c, &p, &m);
    return copysignf((float)T_FMA64(c, m, s * p), x);
}

T_INLINE float cosh_f32(float x)
{
    double s, c, p, m;
    hyperbolic_parts_f32(fabsf(x), &s, &c, &p, &m);
    return (float)T_FMA64(c, p, s * m);
}

// x + x^3 P(x^2) up to 1, then 1 - 2 / (exp(2x) + 1)
T_INLINE float tanh_f32(float x)
{
    float a = fabsf(x), z = x * x;
    float p = -3.58394725e-4f;
    p = T_FMA(p, z, 2.30122241e-3f);
    p = T_FMA(p, z, -7.94600975e-3f);
    p = T_FMA(p, z, 2.14866754e-2f);
    p = T_FMA(p, z, -5.38798459e-2f);
    p = T_FMA(p, z, 1.33323461e-1f);
    p = T_FMA(p, z, -3.33332956e-1f);
    float small = T_FMA(p * z, a, a);
    float c = a > 10.0f ? 10.0f : a; // exp below needs neither end of its range
    float sum = T_FMA(c, 2.88539008f, T_MAGIC32);
    float k = sum - T_MAGIC32;
    float r = T_FMA(k, -0.693359375f, c + c);
    r = T_FMA(k, 2.12194440e-4f, r);
    float e = (1.0f + (r + exp_tail_f32(r))) * pow2_from_magic32(sum);
    float large = 1.0f - 2.0f / (e + 1.0f);
    return copysignf(a < 1.0f ? small : large, x);
}

// ---- error function ----

// x + x P(x^2) up to 1, then 1 - exp(-Q(x)) with Q a fit of -log(erfc)
T_INLINE float erf_f32(float x)
{
    float a = fabsf(x), z = x * x;
    float p = 7.92037463e-5f;
    p = T_FMA(p, z, -8.03076196e-4f);
    p = T_FMA(p, z, 5.19073382e-3f);
    p = T_FMA(p, z, -2.6855126e-2f);
    p = T_FMA(p, z, 1.12836182e-1f);
    p = T_FMA(p, z, -3.76126289e-1f);
    p = T_FMA(p, z, 1.28379166e-1f);
    float small = T_FMA(p, x, x);
    float c = a > 4.0f ? 4.0f : a;
    float q = 1.3342099e-5f;
    q = T_FMA(q, c, -3.4419063e-4f);
    q = T_FMA(q, c, 3.73058068e-3f);
    q = T_FMA(q, c, -2.39511449e-2f);
    q = T_FMA(q, c, 1.06459834e-1f);
    q = T_FMA(q, c, 6.35014236e-1f);
    q = T_FMA(q, c, 1.12868285f);
    float sum = T_FMA(q * c, -1.44269504f, T_MAGIC32);
    float k = sum - T_MAGIC32;
    float r = T_FMA(-q, c, k * -0.693359375f); // Q = q c is not rounded
    r = T_FMA(k, 2.12194440e-4f, r);
    float e = (1.0f + (r + exp_tail_f32(r))) * pow2_from_magic32(sum);
    return a < 1.0f ? small : copysignf(1.0f - e, x);
}

// exp(-a^2) R(t) / (1 + 2a), t = (a - 3)/(a + 3); a^2 is exact in double
T_INLINE float erfc_f32(float x)
{
    float a = fabsf(x);
    double c = (double)(a > 10.1f ? 10.1f : a), d = T_FMA64(c, 2.0, 1.0), inverse = 1.0 / ((c + 3.0) * d);
    double t = (c - 3.0) * (d * inverse);
    double p = -0.00026850689743399664;
    p = T_FMA64(p, t, -0.00077857372028900342);
    p = T_FMA64(p, t, 0.002001183492301605);
    p = T_FMA64(p, t, 0.002567693607217494);
    p = T_FMA64(p, t, -0.023797126059359842);
    p = T_FMA64(p, t, 0.068295778591431058);
    p = T_FMA64(p, t, -0.11927104642369223);
    p = T_FMA64(p, t, 0.12964640640640115);
    p = T_FMA64(p, t, -0.047562395447371071);
    p = T_FMA64(p, t, -0.13562113895189212);
    p = T_FMA64(p, t, 1.253008059085791);
    double square = -(c * c);
    double sum = T_FMA64(square, 1.4426950408889634, T_MAGIC64);
    double r = T_FMA64(sum - T_MAGIC64, -0.69314718055994531, square);
    double e = (1.0 + (r + (double)exp_tail_f32((float)r))) * pow2_from_magic64(sum);
    double y = e * p * ((c + 3.0) * inverse);
    return (float)(x < 0.0f ? 2.0 - y : y);
}
