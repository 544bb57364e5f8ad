/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Code for the four floating dtypes, chosen when it runs. */
#ifndef TORSH_CPU_FLOAT_VALUE_H
#define TORSH_CPU_FLOAT_VALUE_H

#include <torsh/ops/half.h>

#include "cpu.h"

/* name_f32, name_f64, name_f16 or name_bf16 */
#define CPU_CHOOSE_FLOAT(name, dtype)                                                                        \
    ((dtype) == TORSH_F32   ? name##_f32                                                                     \
     : (dtype) == TORSH_F64 ? name##_f64                                                                     \
     : (dtype) == TORSH_F16 ? name##_f16                                                                     \
                            : name##_bf16)

/* Single values, of which there are few: statistics, weights, losses. */
static inline double cpu_float_get(torsh_dtype_t dtype, const void *p, int64_t i)
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

static inline void cpu_float_put(torsh_dtype_t dtype, void *p, int64_t i, double x)
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
