/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_BACKEND_CPU_GEMM_INT_H
#define TORSH_BACKEND_CPU_GEMM_INT_H

#include "gemm.h"

#define torsh__gemm_int_rows TORSH__PASTE(torsh__gemm_int_rows, ISA)

/* Rows [i0, i1) of one product (batch is not looked at). */
typedef void (*torsh__gemm_rows_fn)(const torsh__gemm_t *g, int64_t i0, int64_t i1);

/* NULL for a dtype that is not u8, i8, i16, i32 or i64 */
torsh__gemm_rows_fn torsh__gemm_int_rows(torsh_dtype_t dtype);

#endif
