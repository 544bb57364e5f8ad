// SPDX-License-Identifier: MIT OR Apache-2.0
// The scalar functions that expressions in the operator table call. Each exists by dtype (exp_f32, exp_f64)
// and as t_exp(x), which chooses by its argument's type, so that one expression text serves every dtype.
// Written in the subset that C and CUDA C share; float32 ones are branch-free and call no library.
//
// Compile with -ffp-contract=off -fno-math-errno -fno-trapping-math and without -ffast-math: the reductions
// and the magic-number roundings rely on the order of operations.
#pragma once
#include <torsh/ops/half.h>
#include <torsh/ops/scalar_base.h>
#include <torsh/ops/scalar_f32.h>
#include <torsh/ops/scalar_f32_arith.h>
#include <torsh/ops/scalar_f32_trig.h>
#include <torsh/ops/scalar_f64.h>
#include <torsh/ops/scalar_f64_trig.h>
#include <torsh/ops/scalar_int.h>

#ifdef __cplusplus

#define T_UNARY(name)                                                                                        \
    T_INLINE float t_##name(float x)                                                                         \
    {                                                                                                        \
        return name##_f32(x);                                                                                \
    }                                                                                                        \
    T_INLINE double t_##name(double x)                                                                       \
    {                                                                                                        \
        return name##_f64(x);                                                                                \
    }
#define T_BINARY(name)                                                                                       \
    T_INLINE float t_##name(float x, float y)                                                                \
    {                                                                                                        \
        return name##_f32(x, y);                                                                             \
    }                                                                                                        \
    T_INLINE double t_##name(double x, double y)                                                             \
    {                                                                                                        \
        return name##_f64(x, y);                                                                             \
    }
#define T_UNARY_INT(name)                                                                                    \
    T_INLINE int32_t t_##name(int32_t x)                                                                     \
    {                                                                                                        \
        return name##_i32(x);                                                                                \
    }                                                                                                        \
    T_INLINE int64_t t_##name(int64_t x)                                                                     \
    {                                                                                                        \
        return name##_i64(x);                                                                                \
    }
#define T_BINARY_INT(name)                                                                                   \
    T_INLINE int32_t t_##name(int32_t x, int32_t y)                                                          \
    {                                                                                                        \
        return name##_i32(x, y);                                                                             \
    }                                                                                                        \
    T_INLINE int64_t t_##name(int64_t x, int64_t y)                                                          \
    {                                                                                                        \
        return name##_i64(x, y);                                                                             \
    }

T_UNARY(exp)
T_UNARY(exp2)
T_UNARY(expm1)
T_UNARY(log)
T_UNARY(log2)
T_UNARY(log10)
T_UNARY(log1p)
T_UNARY(sin)
T_UNARY(cos)
T_UNARY(tan)
T_UNARY(tanh)
T_UNARY(sinh)
T_UNARY(cosh)
T_UNARY(asin)
T_UNARY(acos)
T_UNARY(atan)
T_UNARY(erf)
T_UNARY(erfc)
T_UNARY(sqrt)
T_UNARY(rsqrt)
T_UNARY(sigmoid)
T_UNARY(floor)
T_UNARY(ceil)
T_UNARY(trunc)
T_UNARY(round)
T_UNARY(abs)
T_UNARY(sign)
T_BINARY(atan2)
T_BINARY(pow)
T_BINARY(hypot)
T_BINARY(fmod)
T_BINARY(remainder)
T_BINARY(div_floor)
T_BINARY(div_trunc)
T_UNARY_INT(abs)
T_UNARY_INT(sign)
T_BINARY_INT(pow)
T_BINARY_INT(fmod)
T_BINARY_INT(remainder)
T_BINARY_INT(div_floor)
T_BINARY_INT(div_trunc)

#undef T_UNARY
#undef T_BINARY
#undef T_UNARY_INT
#undef T_BINARY_INT

#else

// Chosen by the type of the first argument; of both, after the usual conversions, where there are two.
// Integers narrower than int go the way of int32. `long long` where int64_t is `long` is the same width.
#define T_FLOAT(name, x) _Generic((x), float : name##_f32, double : name##_f64)
#define T_INT(name, x) _Generic((x), int64_t : name##_i64, uint32_t : name##_i64, default : name##_i32)
#define T_ANY(name, x)                                                                                       \
    _Generic((x), float                                                                                      \
             : name##_f32, double                                                                            \
             : name##_f64, int64_t                                                                           \
             : name##_i64, uint32_t                                                                          \
             : name##_i64, default                                                                           \
             : name##_i32)

#define t_exp(x) T_FLOAT(exp, x)(x)
#define t_exp2(x) T_FLOAT(exp2, x)(x)
#define t_expm1(x) T_FLOAT(expm1, x)(x)
#define t_log(x) T_FLOAT(log, x)(x)
#define t_log2(x) T_FLOAT(log2, x)(x)
#define t_log10(x) T_FLOAT(log10, x)(x)
#define t_log1p(x) T_FLOAT(log1p, x)(x)
#define t_sin(x) T_FLOAT(sin, x)(x)
#define t_cos(x) T_FLOAT(cos, x)(x)
#define t_tan(x) T_FLOAT(tan, x)(x)
#define t_tanh(x) T_FLOAT(tanh, x)(x)
#define t_sinh(x) T_FLOAT(sinh, x)(x)
#define t_cosh(x) T_FLOAT(cosh, x)(x)
#define t_asin(x) T_FLOAT(asin, x)(x)
#define t_acos(x) T_FLOAT(acos, x)(x)
#define t_atan(x) T_FLOAT(atan, x)(x)
#define t_atan2(y, x) T_FLOAT(atan2, (y) + (x))(y, x)
#define t_erf(x) T_FLOAT(erf, x)(x)
#define t_erfc(x) T_FLOAT(erfc, x)(x)
#define t_sqrt(x) T_FLOAT(sqrt, x)(x)
#define t_rsqrt(x) T_FLOAT(rsqrt, x)(x)
#define t_sigmoid(x) T_FLOAT(sigmoid, x)(x)
#define t_hypot(x, y) T_FLOAT(hypot, (x) + (y))(x, y)
#define t_floor(x) T_FLOAT(floor, x)(x)
#define t_ceil(x) T_FLOAT(ceil, x)(x)
#define t_trunc(x) T_FLOAT(trunc, x)(x)
#define t_round(x) T_FLOAT(round, x)(x)
#define t_abs(x) T_ANY(abs, x)(x)
#define t_sign(x) T_ANY(sign, x)(x)
#define t_pow(x, y) T_ANY(pow, (x) + (y))(x, y)
#define t_fmod(x, y) T_ANY(fmod, (x) + (y))(x, y)
#define t_remainder(x, y) T_ANY(remainder, (x) + (y))(x, y)
#define t_div_floor(x, y) T_ANY(div_floor, (x) + (y))(x, y)
#define t_div_trunc(x, y) T_ANY(div_trunc, (x) + (y))(x, y)

#endif
