/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* float16 and bfloat16 to float and back (rounded to nearest, ties to even), in runs. */
#ifndef TORSH_BACKEND_CPU_GEMM_HALF_H
#define TORSH_BACKEND_CPU_GEMM_HALF_H

#include "gemm.h"

#define torsh__half_to_float TORSH__PASTE(torsh__half_to_float, ISA)
#define torsh__half_from_float TORSH__PASTE(torsh__half_from_float, ISA)
#define torsh__half_finish TORSH__PASTE(torsh__half_finish, ISA)
#define torsh__half_dot TORSH__PASTE(torsh__half_dot, ISA)

/* n elements, `stride` apart in the 16-bit memory, contiguous as floats; dtype F16 or BF16 */
void torsh__half_to_float(torsh_dtype_t dtype, const uint16_t *from, int64_t stride, int64_t n, float *to);
void torsh__half_from_float(torsh_dtype_t dtype, const float *from, int64_t n, uint16_t *to);

/* C[i][j0 + j] = act(beta C + alpha sum[j] + bias) for n columns, rounded once; changes the sums */
void torsh__half_finish(const torsh__gemm_t *g, float *sum, int64_t i, int64_t j0, int64_t n);

/* rows [i0, i1) and columns [j0, j1) of C, where a_cs and b_rs are 1 */
void torsh__half_dot(const torsh__gemm_t *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1);

#endif
