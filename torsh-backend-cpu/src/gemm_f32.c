/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inner parts of a matrix product in float. */
#include "gemm_block.h"

#define REAL float
#define REAL_IS_F64 0
#define KC TORSH__GEMM_KC_F32

#include "gemm_vec.h"

enum {
    MR = TORSH__GEMM_MR,
    NR = 2 * W,
    A_STRIDE = KC + 64 / (int)sizeof(REAL) /* of copied rows: an odd number of cache lines, so that they fall
                                              into different sets */
};

#include "gemm_pack_body.h"

#define MULTIPLY_ADD fma_v
#include "gemm_kernel_body.h"

#include "gemm_dot_body.h"

const torsh__gemm_ops_t torsh__gemm_ops_f32 = {
    .bytes = sizeof(REAL),
    .mr = MR,
    .nr = NR,
    .kc = KC,
    .a_pack_bytes = MR * A_STRIDE * sizeof(REAL) > 16 * KC * sizeof(REAL) ? MR *A_STRIDE * sizeof(REAL)
                                                                          : 16 * KC * sizeof(REAL),
    .pack_b = pack_b,
    .block = block,
    .dot = dot,
    .axpy = axpy,
    .finish = finish_run,
};
