/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Integer products: plain loops whose inner one runs along a row of B, so that the compiler vectorizes it. */
#include "gemm_int.h"

#include <string.h>

#define NAME rows_u8
#define ELEM uint8_t
#define SUM uint32_t
#include "gemm_int_body.h"

#define NAME rows_i8
#define ELEM int8_t
#define SUM uint32_t
#include "gemm_int_body.h"

#define NAME rows_i16
#define ELEM int16_t
#define SUM uint32_t
#include "gemm_int_body.h"

#define NAME rows_i32
#define ELEM int32_t
#define SUM uint32_t
#include "gemm_int_body.h"

#define NAME rows_i64
#define ELEM int64_t
#define SUM uint64_t
#include "gemm_int_body.h"

torsh__gemm_rows_fn torsh__gemm_int_rows(torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_U8:
        return rows_u8;
    case TORSH_I8:
        return rows_i8;
    case TORSH_I16:
        return rows_i16;
    case TORSH_I32:
        return rows_i32;
    case TORSH_I64:
        return rows_i64;
    default:
        return NULL;
    }
}
