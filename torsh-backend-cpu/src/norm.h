/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What norm.c and batch_norm.c share. */
#ifndef TORSH_CPU_NORM_H
#define TORSH_CPU_NORM_H

#include <torsh/ops/half.h>

#include "cpu.h"

#define torsh__cpu_run_batch_norm CPU_NAME(torsh__cpu_run_batch_norm)
torsh_status_t torsh__cpu_run_batch_norm(const torsh_call_t *call);

/* Single values of a floating dtype: statistics, one a row or a channel. */
static inline double torsh__norm_get(torsh_dtype_t dtype, const void *p, int64_t i)
{
    switch (dtype) {
    case TORSH_F32:
        return ((const float *)p)[i];
    case TORSH_F64:
        return ((const double *)p)[i];
    case TORSH_F16:
        return f32_from_f16(((const uint16_t *)p)[i]);
    default:
        return f32_from_bf16(((const uint16_t *)p)[i]);
    }
}

static inline void torsh__norm_put(torsh_dtype_t dtype, void *p, int64_t i, double x)
{
    switch (dtype) {
    case TORSH_F32:
        ((float *)p)[i] = (float)x;
        break;
    case TORSH_F64:
        ((double *)p)[i] = x;
        break;
    case TORSH_F16:
        ((uint16_t *)p)[i] = f16_from_f32((float)x);
        break;
    default:
        ((uint16_t *)p)[i] = bf16_from_f32((float)x);
    }
}

#endif
