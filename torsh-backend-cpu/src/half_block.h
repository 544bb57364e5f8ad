/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs of float16 or bfloat16 to float and back, by dtype. */
#ifndef TORSH_CPU_HALF_BLOCK_H
#define TORSH_CPU_HALF_BLOCK_H

#include <torsh/ops/half.h>

#include "cpu.h"

static inline void cpu_widen(torsh_dtype_t dtype, float *to, const uint16_t *from, int64_t n)
{
    if (dtype == TORSH_F16)
        f32_from_f16_block(to, from, n);
    else
        f32_from_bf16_block(to, from, n);
}

static inline void cpu_narrow(torsh_dtype_t dtype, uint16_t *to, const float *from, int64_t n)
{
    if (dtype == TORSH_F16)
        f16_from_f32_block(to, from, n);
    else
        bf16_from_f32_block(to, from, n);
}

#endif
