/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inner parts of a matrix product in double. */
#include "gemm_block.h"

#define REAL double
#define REAL_IS_F64 1
#define KC TORSH__GEMM_KC_F64

#include "gemm_vec.h"

#include "gemm_pack_body.h"

#define MULTIPLY_ADD fma_v
#include "gemm_kernel_body.h"

#include "gemm_dot_body.h"

const torsh__gemm_ops_t torsh__gemm_ops_f64 = {
    GEMM_BLOCK_OPS,
    .dot = dot,
    .axpy = axpy,
    .finish = finish_run,
};
