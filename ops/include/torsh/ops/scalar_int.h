// SPDX-License-Identifier: MIT OR Apache-2.0
// Integer division, remainder and power as torch defines them. Two widths serve all dtypes: 8 and 16 bits
// promote to int32 and are truncated on the store, as C and torch both do.
//
// Nothing here traps: dividing by 0 gives an unspecified value. torch raises on it, so a driver asks
// any_zero_i32/_i64 about the divisors first and fails the call ("ZeroDivisionError").
#pragma once
#include <torsh/ops/scalar_base.h>

// ---- int32: quotients through double, which holds them exactly, so that loops vectorize ----

T_INLINE int32_t div_trunc_i32(int32_t a, int32_t b)
{
    int32_t d = b == 0 || b == -1 ? 1 : b;
    int32_t q = (int32_t)((double)a / (double)d);
    return b == -1 ? (int32_t)(0u - (uint32_t)a) : q; // -2^31 / -1 wraps
}

// a - b * quotient, wrapping; in (-|b|, |b|) with the sign of a
T_INLINE int32_t mod_trunc_i32(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b * (uint32_t)div_trunc_i32(a, b));
}

T_INLINE int32_t div_floor_i32(int32_t a, int32_t b)
{
    int32_t q = div_trunc_i32(a, b), m = (int32_t)((uint32_t)a - (uint32_t)b * (uint32_t)q);
    int32_t down = (m != 0) & ((m ^ b) < 0);
    return (int32_t)((uint32_t)q - (uint32_t)down);
}

// Python's sign rule: the result has the sign of b
T_INLINE int32_t remainder_i32(int32_t a, int32_t b)
{
    int32_t m = mod_trunc_i32(a, b);
    return m != 0 && (m ^ b) < 0 ? m + b : m;
}

// C's sign rule: the result has the sign of a
T_INLINE int32_t fmod_i32(int32_t a, int32_t b)
{
    return mod_trunc_i32(a, b);
}

T_INLINE int32_t abs_i32(int32_t a)
{
    return a < 0 ? (int32_t)(0u - (uint32_t)a) : a;
}
T_INLINE int32_t sign_i32(int32_t a)
{
    return (a > 0) - (a < 0);
}

// wraps; a negative exponent gives 0 but for the bases 1 and -1
T_INLINE int32_t pow_i32(int32_t a, int32_t b)
{
    uint32_t r = 1, p = (uint32_t)a;
    for (uint32_t e = (uint32_t)b; e != 0; e >>= 1, p *= p)
        r *= e & 1 ? p : 1u;
    int32_t inverse = a == 1 ? 1 : (a == -1 ? 1 - 2 * (b & 1) : 0);
    return b < 0 ? inverse : (int32_t)r;
}

// ---- int64: one scalar division each (no vector instruction divides them) ----

T_INLINE int64_t div_trunc_i64(int64_t a, int64_t b)
{
    int64_t d = b == 0 || b == -1 ? 1 : b; // neither 0 nor -2^63 / -1 may reach the instruction
    int64_t q = a / d;
    return b == -1 ? (int64_t)(0u - (uint64_t)a) : q;
}

T_INLINE int64_t mod_trunc_i64(int64_t a, int64_t b)
{
    int64_t d = b == 0 || b == -1 ? 1 : b;
    return a % d;
}

T_INLINE int64_t div_floor_i64(int64_t a, int64_t b)
{
    int64_t q = div_trunc_i64(a, b), m = mod_trunc_i64(a, b);
    return (int64_t)((uint64_t)q - (uint64_t)((m != 0) & ((m ^ b) < 0)));
}

T_INLINE int64_t remainder_i64(int64_t a, int64_t b)
{
    int64_t m = mod_trunc_i64(a, b);
    return m != 0 && (m ^ b) < 0 ? m + b : m;
}

T_INLINE int64_t fmod_i64(int64_t a, int64_t b)
{
    return mod_trunc_i64(a, b);
}

T_INLINE int64_t abs_i64(int64_t a)
{
    return a < 0 ? (int64_t)(0u - (uint64_t)a) : a;
}
T_INLINE int64_t sign_i64(int64_t a)
{
    return (a > 0) - (a < 0);
}

T_INLINE int64_t pow_i64(int64_t a, int64_t b)
{
    uint64_t r = 1, p = (uint64_t)a;
    for (uint64_t e = (uint64_t)b; e != 0; e >>= 1, p *= p)
        r *= e & 1 ? p : 1u;
    int64_t inverse = a == 1 ? 1 : (a == -1 ? 1 - 2 * (b & 1) : 0);
    return b < 0 ? inverse : (int64_t)r;
}

// ---- for drivers: is there a zero among n divisors, `stride` elements apart? ----

T_INLINE int any_zero_i32(const int32_t *b, int64_t n, int64_t stride)
{
    int zero = 0;
    for (int64_t i = 0; i < n; i++)
        zero |= b[i * stride] == 0;
    return zero;
}

T_INLINE int any_zero_i64(const int64_t *b, int64_t n, int64_t stride)
{
    int zero = 0;
    for (int64_t i = 0; i < n; i++)
        zero |= b[i * stride] == 0;
    return zero;
}
