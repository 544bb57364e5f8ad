/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inner parts of a matrix product in float. */
#include "gemm_block.h"

#define REAL float
#define REAL_IS_F64 0
#define KC TORSH__GEMM_KC_F32

#include "gemm_vec.h"

#include "gemm_pack_body.h"

#define MULTIPLY_ADD fma_v
#include "gemm_kernel_body.h"

#include "gemm_dot_body.h"

const torsh__gemm_ops_t torsh__gemm_ops_f32 = {
    GEMM_BLOCK_OPS,
    .dot = dot,
    .axpy = axpy,
    .finish = finish_run,
};
