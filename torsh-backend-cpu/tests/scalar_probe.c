// SPDX-License-Identifier: MIT OR Apache-2.0
#include "scalar_probe.h"

#include <torsh/ops/scalar.h>

#ifndef ISA
#define ISA base
#endif
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

#define UNARY(f)                                                                                             \
    static void f##_f32_loop(float *restrict d, const float *restrict s, int64_t n)                          \
    {                                                                                                        \
        for (int64_t i = 0; i < n; i++)                                                                      \
            d[i] = t_##f(s[i]);                                                                              \
    }                                                                                                        \
    static void f##_f64_loop(double *restrict d, const double *restrict s, int64_t n)                        \
    {                                                                                                        \
        for (int64_t i = 0; i < n; i++)                                                                      \
            d[i] = t_##f(s[i]);                                                                              \
    }
#define BINARY(f, type, T)                                                                                   \
    static void f##_##type##_loop(T *restrict d, const T *restrict s, const T *restrict t, int64_t n)        \
    {                                                                                                        \
        for (int64_t i = 0; i < n; i++)                                                                      \
            d[i] = t_##f(s[i], t[i]);                                                                        \
    }
#define FLOATS(f) BINARY(f, f32, float) BINARY(f, f64, double)
#define INTS(f) BINARY(f, i32, int32_t) BINARY(f, i64, int64_t)
PROBE_UNARY(UNARY)
PROBE_BINARY(FLOATS)
PROBE_INT(INTS)

#define FLOAT_ROW(f) {#f, f##_f32_loop, f##_f64_loop},
#define INT_ROW(f) {#f, f##_i32_loop, f##_i64_loop},
static const probe_unary_t unary[] = {PROBE_UNARY(FLOAT_ROW){0, 0, 0}};
static const probe_binary_t binary[] = {PROBE_BINARY(FLOAT_ROW){0, 0, 0}};
static const probe_int_t integer[] = {PROBE_INT(INT_ROW){0, 0, 0}};

static float f32_from_f16_one(uint16_t h)
{
    return f32_from_f16(h);
}
static uint16_t f16_from_f32_one(float f)
{
    return f16_from_f32(f);
}
static float f32_from_bf16_one(uint16_t h)
{
    return f32_from_bf16(h);
}
static uint16_t bf16_from_f32_one(float f)
{
    return bf16_from_f32(f);
}

const probe_t JOIN(probe, ISA) = {
    .isa = TEXT(ISA),
    .unary = unary,
    .binary = binary,
    .integer = integer,
    .f32_from_f16 = f32_from_f16_block,
    .f16_from_f32 = f16_from_f32_block,
    .f32_from_bf16 = f32_from_bf16_block,
    .bf16_from_f32 = bf16_from_f32_block,
    .f32_from_f16_one = f32_from_f16_one,
    .f16_from_f32_one = f16_from_f32_one,
    .f32_from_bf16_one = f32_from_bf16_one,
    .bf16_from_f32_one = bf16_from_f32_one,
};
