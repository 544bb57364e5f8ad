// SPDX-License-Identifier: MIT OR Apache-2.0
// float64 scalar functions. exp, log, tanh, sigmoid and erf are our own, within 2 ulp, branch-free and
// vectorizable, as are sin and cos (scalar_f64_trig.h); the rarely used ones call libm, and a loop around
// those stays scalar. Coefficients: got as described in scalar_f32.h.
#pragma once
#include <torsh/ops/scalar_base.h>

// ---- exponentials ----

// exp(r) - 1 for |r| <= ln2/2
T_INLINE double expm1_reduced_f64(double r)
{
    double q = 2.5117868896583949e-8;
    q = T_FMA64(q, r, 2.7631280356721701e-7);
    q = T_FMA64(q, r, 2.7557216272097863e-6);
    q = T_FMA64(q, r, 2.4801489942232955e-5);
    q = T_FMA64(q, r, 1.9841269917420705e-4);
    q = T_FMA64(q, r, 1.3888888947015822e-3);
    q = T_FMA64(q, r, 8.3333333333071857e-3);
    q = T_FMA64(q, r, 4.1666666666515417e-2);
    q = T_FMA64(q, r, 1.6666666666666699e-1);
    q = T_FMA64(q, r, 5.0000000000000122e-1);
    return r + q * (r * r);
}

// x - k ln2, ln2 in two parts of which the first has 33 bits: k times it is exact (Cody & Waite)
T_INLINE double reduce_ln2_f64(double x, double k)
{
    double r = T_FMA64(k, -0.6931471804855391, x);
    return T_FMA64(k, -7.440617110012397e-11, r);
}

// 2^k p for |k| <= 1100, given k + magic: two factors, so that subnormals round once and overflow is inf
T_INLINE double scale2_f64(double p, double sum)
{
    uint64_t k = f64_bits(sum) - f64_bits(T_MAGIC64) + 2048u; // > 0
    uint64_t h = k >> 1;
    return p * f64_from_bits((h - 1024u + 1023u) << 52) * f64_from_bits((k - h - 1024u + 1023u) << 52);
}

T_INLINE double exp_f64(double x)
{
    double c = clamp_f64(x, 750.0);
    double sum = T_FMA64(c, 1.4426950408889634, T_MAGIC64);
    return scale2_f64(1.0 + expm1_reduced_f64(reduce_ln2_f64(c, sum - T_MAGIC64)), sum);
}

// 1 / (1 + exp(-x)), from the side that neither overflows nor cancels
T_INLINE double sigmoid_f64(double x)
{
    double e = exp_f64(-fabs(x));
    double d = 1.0 + e, lost = e - (d - 1.0); // the part of e that d has rounded away
    double y = (x < 0.0 ? e : 1.0) / d;
    return T_FMA64(y * lost, T_FMA64(d, 0.5, -1.5), y); // y (1 - lost/d), with a straight line for 1/d
}

// x + x^3 P(x^2) up to 0.7, then 1 - 2 / (exp(2x) + 1)
T_INLINE double tanh_f64(double x)
{
    double a = fabs(x), z = x * x;
    double p = 4.8003436397755807e-6;
    p = T_FMA64(p, z, -2.7067558405241501e-5);
    p = T_FMA64(p, z, 8.8124823032745118e-5);
    p = T_FMA64(p, z, -2.3483819579537044e-4);
    p = T_FMA64(p, z, 5.8857877332855048e-4);
    p = T_FMA64(p, z, -1.4554944135344097e-3);
    p = T_FMA64(p, z, 3.5920731049649823e-3);
    p = T_FMA64(p, z, -8.863229575635817e-3);
    p = T_FMA64(p, z, 2.186948812348536e-2);
    p = T_FMA64(p, z, -5.3968253951439005e-2);
    p = T_FMA64(p, z, 1.3333333333298883e-1);
    p = T_FMA64(p, z, -3.3333333333333087e-1);
    double small = T_FMA64(p * z, a, a);
    double c = a > 20.0 ? 20.0 : a;
    double sum = T_FMA64(c, 2.8853900817779268, T_MAGIC64);
    double e = (1.0 + expm1_reduced_f64(reduce_ln2_f64(c + c, sum - T_MAGIC64))) * pow2_from_magic64(sum);
    double large = 1.0 - 2.0 / (e + 1.0);
    return copysign(a < 0.7 ? small : large, x);
}

// ---- logarithm ----

// x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)]; with s = f/(2 + f): log(1 + f) = 2 atanh(s), written as
// f - (f^2/2 - s (f^2/2 + R(s^2))) so that all but f is small
T_INLINE double log_f64(double x)
{
    double shift = x < 0x1p-1022 ? 54.0 : 0.0;
    double n = x < 0x1p-1022 ? x * 0x1p54 : x;
    uint64_t d =
        f64_bits(n) - 0x3fe6a09e667f3bcdu + (1023ull << 52); // bits of sqrt(1/2); biased to stay positive
    double k = f64_from_bits((d >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0) - shift;
    double f = f64_from_bits(f64_bits(n) - ((d >> 52) << 52) + (1023ull << 52)) - 1.0;
    double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
    double r = 1.4795949685301335e-1;
    r = T_FMA64(r, z, 1.5314050554099023e-1);
    r = T_FMA64(r, z, 1.8183564326251167e-1);
    r = T_FMA64(r, z, 2.2222198573170118e-1);
    r = T_FMA64(r, z, 2.8571428742388011e-1);
    r = T_FMA64(r, z, 3.9999999999414676e-1);
    r = T_FMA64(r, z, 6.666666666666734e-1);
    double tail = T_FMA64(s, T_FMA64(r, z, half), k * 7.440617110012397e-11);
    double y = T_FMA64(k, 0.6931471804855391, f - (half - tail));
    double special = x == 0.0 ? -INFINITY : NAN;
    y = x > 0.0 ? y : special;
    return x == INFINITY ? x : y;
}

// ---- error function ----

// x + x P(x^2) up to 1, then 1 - exp(-Q(x)) with Q a fit of -log(erfc)
T_INLINE double erf_f64(double x)
{
    double a = fabs(x), z = x * x;
    double p = -7.7794633169435828e-10;
    p = T_FMA64(p, z, 1.3710977425380673e-8);
    p = T_FMA64(p, z, -1.62063130155675e-7);
    p = T_FMA64(p, z, 1.6447131465595101e-6);
    p = T_FMA64(p, z, -1.4924712292605952e-5);
    p = T_FMA64(p, z, 1.2055293576359272e-4);
    p = T_FMA64(p, z, -8.5483259292943637e-4);
    p = T_FMA64(p, z, 5.2239776061180068e-3);
    p = T_FMA64(p, z, -2.6866170643111406e-2);
    p = T_FMA64(p, z, 1.1283791670944185e-1);
    p = T_FMA64(p, z, -3.7612638903183521e-1);
    p = T_FMA64(p, z, 1.2837916709551256e-1);
    double small = T_FMA64(p, x, x);
    double c = a > 5.95 ? 5.95 : a;
    double q = 8.5884134841720409e-12;
    q = T_FMA64(q, c, -3.4489961597135029e-10);
    q = T_FMA64(q, c, 6.4316561618334404e-9);
    q = T_FMA64(q, c, -7.3775763994364534e-8);
    q = T_FMA64(q, c, 5.7990160787341723e-7);
    q = T_FMA64(q, c, -3.2776687435721121e-6);
    q = T_FMA64(q, c, 1.3450856679807695e-5);
    q = T_FMA64(q, c, -3.8333871956438023e-5);
    q = T_FMA64(q, c, 5.9684893778202639e-5);
    q = T_FMA64(q, c, 5.6089490660667008e-5);
    q = T_FMA64(q, c, -6.4595142438539995e-4);
    q = T_FMA64(q, c, 1.7615766183876485e-3);
    q = T_FMA64(q, c, -2.626242312654452e-4);
    q = T_FMA64(q, c, -1.9097790666578272e-2);
    q = T_FMA64(q, c, 1.0276075182175876e-1);
    q = T_FMA64(q, c, 6.3662255534790502e-1);
    q = T_FMA64(q, c, 1.1283788665458183);
    double sum = T_FMA64(q * c, -1.4426950408889634, T_MAGIC64);
    double k = sum - T_MAGIC64;
    double r = T_FMA64(-q, c, k * -0.6931471804855391); // Q = q c is not rounded
    r = T_FMA64(k, -7.440617110012397e-11, r);
    double e = (1.0 + expm1_reduced_f64(r)) * pow2_from_magic64(sum);
    return a < 1.0 ? small : copysign(1.0 - e, x);
}

// ---- the rest ----

T_INLINE double exp2_f64(double x)
{
    return exp2(x);
}
T_INLINE double expm1_f64(double x)
{
    return expm1(x);
}
T_INLINE double log2_f64(double x)
{
    return log2(x);
}
T_INLINE double log10_f64(double x)
{
    return log10(x);
}
T_INLINE double log1p_f64(double x)
{
    return log1p(x);
}
T_INLINE double tan_f64(double x)
{
    return tan(x);
}
T_INLINE double sinh_f64(double x)
{
    return sinh(x);
}
T_INLINE double cosh_f64(double x)
{
    return cosh(x);
}
T_INLINE double asin_f64(double x)
{
    return asin(x);
}
T_INLINE double acos_f64(double x)
{
    return acos(x);
}
T_INLINE double atan_f64(double x)
{
    return atan(x);
}
T_INLINE double atan2_f64(double y, double x)
{
    return atan2(y, x);
}
T_INLINE double erfc_f64(double x)
{
    return erfc(x);
}
T_INLINE double pow_f64(double x, double y)
{
    return pow(x, y);
}
T_INLINE double hypot_f64(double x, double y)
{
    return hypot(x, y);
}
T_INLINE double fmod_f64(double x, double y)
{
    return fmod(x, y);
}

T_INLINE double sqrt_f64(double x)
{
    return sqrt(x);
}
T_INLINE double rsqrt_f64(double x)
{
    return 1.0 / sqrt(x);
}
T_INLINE double abs_f64(double x)
{
    return fabs(x);
}

// torch: 0 for 0 and for NaN
T_INLINE double sign_f64(double x)
{
    return (double)((x > 0.0) - (x < 0.0));
}

#if defined(__SSE4_1__) || !defined(__x86_64__)
T_INLINE double round_f64(double x)
{
    return rint(x);
} // half to even, as torch.round
T_INLINE double floor_f64(double x)
{
    return floor(x);
}
T_INLINE double ceil_f64(double x)
{
    return ceil(x);
}
T_INLINE double trunc_f64(double x)
{
    return trunc(x);
}
#else
// as in scalar_f32.h
T_INLINE double round_f64(double x)
{
    double a = fabs(x), r = (a + 0x1p52) - 0x1p52;
    return copysign(a < 0x1p52 ? r : a, x);
}
T_INLINE double floor_f64(double x)
{
    double r = round_f64(x);
    return r > x ? r - 1.0 : r;
}
T_INLINE double ceil_f64(double x)
{
    double r = round_f64(x);
    return copysign(r < x ? r + 1.0 : r, x);
}
T_INLINE double trunc_f64(double x)
{
    double a = fabs(x), r = round_f64(a);
    return copysign(r > a ? r - 1.0 : r, x);
}
#endif

// Python's and torch's: the sign of y
T_INLINE double remainder_f64(double x, double y)
{
    double m = fmod_f64(x, y);
    double shifted = m + y;
    return m != 0.0 && (m < 0.0) != (y < 0.0) ? shifted : m;
}

// as in scalar_f32.h
T_INLINE double div_trunc_f64(double x, double y)
{
    return trunc_f64(x / y);
}
T_INLINE double div_floor_f64(double x, double y)
{
    double m = fmod_f64(x, y);
    double q = (x - m) / y;
    q = m != 0.0 && (m < 0.0) != (y < 0.0) ? q - 1.0 : q;
    double f = floor_f64(q);
    f = q - f > 0.5 ? f + 1.0 : f;
    double quotient = x / y;
    f = q == 0.0 ? copysign(0.0, quotient) : f;
    return y == 0.0 ? quotient : f;
}
