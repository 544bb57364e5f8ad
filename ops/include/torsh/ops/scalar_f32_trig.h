// SPDX-License-Identifier: MIT OR Apache-2.0
// float32 trigonometric functions and their inverses, for all finite arguments. Method and coefficients:
// scalar_f32.h.
#pragma once
#include <torsh/ops/scalar_base.h>

// ---- argument reduction ----

// a * c - p without rounding error, where p = a * c rounded and a has at most 24 significant bits
T_INLINE double product_error_f32(double a, double c, double p)
{
#if T_HAS_FMA
    return fma(a, c, -p);
#else
    double high = f64_from_bits(f64_bits(c) & 0xffffffffff000000u); // 29 bits: a * high is exact
    return (a * high - p) + a * (c - high);
#endif
}

// |x| = (2 n + h) half turns: returns |x|/pi as head + *tail, with even integers left out, exact to 2^-59.
// After Payne and Hanek: of the bits of 1/pi only a window matters. What lies above it makes multiples of 2
// with x = m * 2^e, what lies below is too small. Four windows of 107 bits cover all exponents of a float.
T_INLINE double half_turns_f32(double a, double *tail)
{
    double c1 = 0.31830988618379069, c2 = -1.9678676675182486e-17;
    c1 = a < 0x1p50 ? c1 : -2.0598845603958264e-09;
    c2 = a < 0x1p50 ? c2 : 1.4188110088932633e-25;
    c1 = a < 0x1p76 ? c1 : -7.518982790644032e-17;
    c2 = a < 0x1p76 ? c2 : 5.090832193749855e-33;
    c1 = a < 0x1p102 ? c1 : -2.7170920538718753e-25;
    c2 = a < 0x1p102 ? c2 : 1.9429493537593412e-41;
    double p = a * c1; // below 2^49
    *tail = T_FMA64(a, c2, product_error_f32(a, c1, p));
    return p;
}

// sin(pi f) for |f| <= 0.53: a full-double series is as cheap as a float tail
T_INLINE double sin_half_turns_f32(double f)
{
    double z = f * f;
    double p = -0.0069770280650884083;
    p = T_FMA64(p, z, 0.082018722121857374);
    p = T_FMA64(p, z, -0.59924538405771388);
    p = T_FMA64(p, z, 2.5501627231802182);
    p = T_FMA64(p, z, -5.1677127464621719);
    p = T_FMA64(p, z, 3.1415926534478862);
    return f * p;
}

T_INLINE float sin_f32(float x)
{
    double tail, p = half_turns_f32((double)fabsf(x), &tail);
    double sum = p + T_MAGIC64;
    double y = sin_half_turns_f32((p - (sum - T_MAGIC64)) + tail);
    float r = (float)f64_from_bits(f64_bits(y) ^ odd_sign_from_magic64(sum));
    return f32_from_bits(f32_bits(r) ^ (f32_bits(x) & 0x80000000u));
}

// cos(x) = sin(x + pi/2)
T_INLINE float cos_f32(float x)
{
    double tail, p = half_turns_f32((double)fabsf(x), &tail);
    double sum = (p + 0.5) + T_MAGIC64;
    double y = sin_half_turns_f32(((p - (sum - T_MAGIC64)) + 0.5) + tail);
    return (float)f64_from_bits(f64_bits(y) ^ odd_sign_from_magic64(sum));
}

// quarter turns: tan(r) where their number is even, -1/tan(r) where it is odd
T_INLINE float tan_f32(float x)
{
    double tail, p = half_turns_f32((double)fabsf(x), &tail);
    double f = p - ((p + T_MAGIC64) - T_MAGIC64), g = f + tail;
    double quarter = ((g + g) + T_MAGIC64) - T_MAGIC64; // -1, 0 or 1
    // not g - quarter/2: near a pole the rounding of g counts
    double r = ((f - 0.5 * quarter) + tail) * 3.1415926535897931;
    double rr = r * r;
    float z = (float)rr;
    float t = 4.4624554e-3f;
    t = T_FMA(t, z, -8.55287362e-5f);
    t = T_FMA(t, z, 1.09741343e-2f);
    t = T_FMA(t, z, 2.12288238e-2f);
    t = T_FMA(t, z, 5.40702045e-2f);
    t = T_FMA(t, z, 1.33325741e-1f);
    t = T_FMA(t, z, 3.33333522e-1f);
    double y = T_FMA64(r * rr, (double)t, r);
    double inverse = -1.0 / y;
    float d = (float)(quarter == 0.0 ? y : inverse);
    return f32_from_bits(f32_bits(d) ^ (f32_bits(x) & 0x80000000u));
}

// ---- inverses ----

// asin(q) - q for 0 <= q <= 1/2, z = q^2
T_INLINE float asin_tail_f32(float q, float z)
{
    float p = 3.76731269e-2f;
    p = T_FMA(p, z, 1.43291894e-2f);
    p = T_FMA(p, z, 3.18360552e-2f);
    p = T_FMA(p, z, 4.45136353e-2f);
    p = T_FMA(p, z, 7.50052109e-2f);
    p = T_FMA(p, z, 1.66666597e-1f);
    return p * z * q;
}

// asin(a) for a <= 1/2, asin(sqrt((1 - a)/2)) above (there acos(a) is twice that); NaN above 1
T_INLINE double asin_half_f32(float a)
{
    float z = a > 0.5f ? 0.5f * (1.0f - a) : a * a;
    double root = sqrt((double)z);
    double q = a > 0.5f ? root : (double)a;
    return q + (double)asin_tail_f32((float)q, z);
}

T_INLINE float asin_f32(float x)
{
    float a = fabsf(x);
    double h = asin_half_f32(a);
    double y = a > 0.5f ? 1.5707963267948966 - 2.0 * h : h;
    return copysignf((float)y, x);
}

T_INLINE float acos_f32(float x)
{
    float a = fabsf(x);
    double h = asin_half_f32(a);
    double small = 1.5707963267948966 - (x < 0.0f ? -h : h);
    double large = x < 0.0f ? 3.1415926535897931 - 2.0 * h : 2.0 * h;
    return (float)(a > 0.5f ? large : small);
}

// atan(q) for 0 <= q <= 1
T_INLINE double atan_unit_f32(double q)
{
    double qq = q * q;
    float z = (float)qq;
    float p = -1.78281218e-3f;
    p = T_FMA(p, z, 1.08686602e-2f);
    p = T_FMA(p, z, -3.10969613e-2f);
    p = T_FMA(p, z, 5.78813814e-2f);
    p = T_FMA(p, z, -8.39930624e-2f);
    p = T_FMA(p, z, 1.09508805e-1f);
    p = T_FMA(p, z, -1.42640159e-1f);
    p = T_FMA(p, z, 1.99985296e-1f);
    p = T_FMA(p, z, -3.33332986e-1f);
    return T_FMA64(q * qq, (double)p, q);
}

T_INLINE float atan_f32(float x)
{
    double a = (double)fabsf(x), inverse = 1.0 / a;
    double t = atan_unit_f32(a > 1.0 ? inverse : a);
    double y = a > 1.0 ? 1.5707963267948966 - t : t;
    return copysignf((float)y, x);
}

T_INLINE float atan2_f32(float y, float x)
{
    double ay = (double)fabsf(y), ax = (double)fabsf(x);
    double low = ay < ax ? ay : ax, high = ay < ax ? ax : ay;
    double q = low / high;
    q = low == high ? 1.0 : q; // both infinite
    q = high == 0.0 ? low : q; // 0/0; low may still be NaN
    double t = atan_unit_f32(q);
    t = ay > ax ? 1.5707963267948966 - t : t;
    double far = 3.1415926535897931 - t;
    t = f32_bits(x) >> 31 ? far : t; // -0 counts as negative
    return copysignf((float)t, y);
}
