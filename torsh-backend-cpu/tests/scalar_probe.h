// SPDX-License-Identifier: MIT OR Apache-2.0
// Loops over each scalar function, as kernels have them, for scalar_test.cc and tools/ulp_sweep.c.
// scalar_probe.c is compiled once per instruction set, with -DISA=base, avx2 or avx512.
#pragma once
#include <stdint.h>

// clang-format off
#define PROBE_UNARY(X) \
    X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sin) X(cos) X(tan) X(tanh) X(sinh) X(cosh) \
    X(asin) X(acos) X(atan) X(erf) X(erfc) X(sqrt) X(rsqrt) X(sigmoid) X(floor) X(ceil) X(trunc) X(round) \
    X(abs) X(sign)
#define PROBE_BINARY(X) X(pow) X(atan2) X(hypot) X(fmod) X(remainder) X(div_floor) X(div_trunc)
#define PROBE_INT(X) X(div_floor) X(div_trunc) X(remainder) X(fmod) X(pow)
// clang-format on

typedef struct {
    const char *name;
    void (*f32)(float *, const float *, int64_t);
    void (*f64)(double *, const double *, int64_t);
} probe_unary_t;

typedef struct {
    const char *name;
    void (*f32)(float *, const float *, const float *, int64_t);
    void (*f64)(double *, const double *, const double *, int64_t);
} probe_binary_t;

typedef struct {
    const char *name;
    void (*i32)(int32_t *, const int32_t *, const int32_t *, int64_t);
    void (*i64)(int64_t *, const int64_t *, const int64_t *, int64_t);
} probe_int_t;

typedef struct {
    const char *isa;
    const probe_unary_t *unary; // ends with a NULL name, as the next two
    const probe_binary_t *binary;
    const probe_int_t *integer;
    void (*f32_from_f16)(float *, const uint16_t *, int64_t); // the block functions
    void (*f16_from_f32)(uint16_t *, const float *, int64_t);
    void (*f32_from_bf16)(float *, const uint16_t *, int64_t);
    void (*bf16_from_f32)(uint16_t *, const float *, int64_t);
    float (*f32_from_f16_one)(uint16_t); // the scalar ones
    uint16_t (*f16_from_f32_one)(float);
    float (*f32_from_bf16_one)(uint16_t);
    uint16_t (*bf16_from_f32_one)(float);
} probe_t;

#ifdef __cplusplus
extern "C" {
#endif
// A build may leave variants out.
__attribute__((weak)) extern const probe_t probe_base, probe_avx2, probe_avx512;
#ifdef __cplusplus
}
#endif
