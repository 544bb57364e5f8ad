/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "convert.h"

#include <string.h>

#include <torsh/ops/half.h>

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

typedef void (*convert_fn)(void *d, const void *s, int64_t n);

/* the x86 instructions' results, without C's undefined behaviour */
static inline int32_t i32_of_f32(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}

static inline int64_t i64_of_f32(float x)
{
    return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN;
}

static inline int32_t i32_of_f64(double x)
{
    return x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
}

static inline int64_t i64_of_f64(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

#define S u8
#define T uint8_t
#define U8(x) (x)
#define I32(x) (x)
#define I64(x) (x)
#include "convert.inc.h"
#define S i8
#define T int8_t
#define U8(x) (x)
#define I32(x) (x)
#define I64(x) (x)
#include "convert.inc.h"
#define S i16
#define T int16_t
#define U8(x) (x)
#define I32(x) (x)
#define I64(x) (x)
#include "convert.inc.h"
#define S i32
#define T int32_t
#define U8(x) (x)
#define I32(x) (x)
#define I64(x) (x)
#include "convert.inc.h"
#define S i64
#define T int64_t
#define U8(x) (x)
#define I32(x) (x)
#define I64(x) (x)
#include "convert.inc.h"
#define S f32
#define T float
#define U8(x) i32_of_f32(x) /* a float beyond int32 is a multiple of 256 */
#define I32(x) i32_of_f32(x)
#define I64(x) i64_of_f32(x)
#include "convert.inc.h"
#define S f64
#define T double
#define U8(x) i64_of_f64(x)
#define I32(x) i32_of_f64(x)
#define I64(x) i64_of_f64(x)
#include "convert.inc.h"

/* dtype -> place in the tables; bool is read as bytes */
static int slot_of(int dtype)
{
    static const int8_t slots[] = {[TORSH_U8] = 0,  [TORSH_I8] = 1,  [TORSH_I16] = 2, [TORSH_I32] = 3,
                                   [TORSH_I64] = 4, [TORSH_F32] = 5, [TORSH_F64] = 6, [TORSH_BOOL] = 7};
    return slots[dtype];
}

static const convert_fn *const tables[] = {table_u8,  table_i8,  table_i16, table_i32,
                                           table_i64, table_f32, table_f64, table_u8};

static void to_f32(float *d, const void *s, int from, int64_t n)
{
    if (from == TORSH_F16)
        f32_from_f16_block(d, s, n);
    else if (from == TORSH_BF16)
        f32_from_bf16_block(d, s, n);
    else
        tables[slot_of(from)][slot_of(TORSH_F32)](d, s, n);
}

static void from_f32(void *d, int to, const float *s, int64_t n)
{
    if (to == TORSH_F16)
        f16_from_f32_block(d, s, n);
    else if (to == TORSH_BF16)
        bf16_from_f32_block(d, s, n);
    else
        tables[slot_of(TORSH_F32)][slot_of(to)](d, s, n);
}

static bool is_half(int dtype)
{
    return dtype == TORSH_F16 || dtype == TORSH_BF16;
}

void cpu_convert(void *d, int to, const void *s, int from, int64_t n)
{
    enum { PIECE = 256 };
    if (cpu_same_bits(to, from)) {
        memcpy(d, s, (size_t)n * (size_t)cpu_bytes(to));
    } else if (!is_half(from) && !is_half(to)) {
        tables[slot_of(from)][slot_of(to)](d, s, n);
    } else if (to == TORSH_F32) {
        to_f32(d, s, from, n);
    } else if (from == TORSH_F32) {
        from_f32(d, to, s, n);
    } else {
        float piece[PIECE];
        for (int64_t i = 0; i < n; i += PIECE) {
            const int64_t m = n - i < PIECE ? n - i : PIECE;
            to_f32(piece, (const char *)s + i * cpu_bytes(from), from, m);
            from_f32((char *)d + i * cpu_bytes(to), to, piece, m);
        }
    }
}

void cpu_convert_scalar(void *d, int to, const torsh_scalar_t *s)
{
    switch (s->kind) {
    case TORSH_SCALAR_BOOL:
    case TORSH_SCALAR_INT:
        if (to == TORSH_F32) /* as below, without its loops */
            *(float *)d = (float)s->v.i;
        else
            cpu_convert(d, to, &s->v.i, TORSH_I64, 1);
        break;
    case TORSH_SCALAR_UINT:
        if (to == TORSH_F32)
            *(float *)d = (float)s->v.u;
        else if (to == TORSH_F64)
            *(double *)d = (double)s->v.u;
        else
            cpu_convert(d, to, &s->v.u, TORSH_I64, 1);
        break;
    default: /* of a complex number the real part */
        cpu_convert(d, to, &s->v.f, TORSH_F64, 1);
    }
}

/* ---- strided memory ---- */

#define N 1
#include "move.inc.h"
#define N 2
#include "move.inc.h"
#define N 4
#include "move.inc.h"
#define N 8
#include "move.inc.h"
#define N 16
#include "move.inc.h"

void cpu_gather(void *d, const void *s, int64_t row_stride, int64_t rows, int64_t stride, int64_t n,
                int bytes)
{
    switch (bytes) {
    case 1:
        gather_1(d, s, row_stride, rows, stride, n);
        break;
    case 2:
        gather_2(d, s, row_stride, rows, stride, n);
        break;
    case 4:
        gather_4(d, s, row_stride, rows, stride, n);
        break;
    case 8:
        gather_8(d, s, row_stride, rows, stride, n);
        break;
    default:
        gather_16(d, s, row_stride, rows, stride, n);
    }
}

void cpu_scatter(void *d, int64_t row_stride, int64_t rows, int64_t stride, int64_t n, const void *s,
                 int bytes)
{
    switch (bytes) {
    case 1:
        scatter_1(d, row_stride, rows, stride, n, s);
        break;
    case 2:
        scatter_2(d, row_stride, rows, stride, n, s);
        break;
    case 4:
        scatter_4(d, row_stride, rows, stride, n, s);
        break;
    case 8:
        scatter_8(d, row_stride, rows, stride, n, s);
        break;
    default:
        scatter_16(d, row_stride, rows, stride, n, s);
    }
}

void cpu_fill(void *d, const void *value, int64_t n, int bytes)
{
    switch (bytes) {
    case 1:
        memset(d, *(const uint8_t *)value, (size_t)n);
        break;
    case 2:
        fill_2(d, value, n);
        break;
    case 4:
        fill_4(d, value, n);
        break;
    case 8:
        fill_8(d, value, n);
        break;
    default:
        fill_16(d, value, n);
    }
}
