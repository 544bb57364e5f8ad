/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Entries of a kernel list for a class of dtypes, as the operator table names them. op: TORSH_OP_X, name and
 * schema. */
#ifndef TORSH_CPU_KERNELS_H
#define TORSH_CPU_KERNELS_H

#include "cpu.h"

/* clang-format off */
#define CPU_FLOAT(op, flags, run) \
    {op, TORSH_F32, flags, run}, {op, TORSH_F64, flags, run}, {op, TORSH_F16, flags, run}, {op, TORSH_BF16, flags, run}
#define CPU_NUMBER(op, flags, run) \
    {op, TORSH_F32, flags, run}, {op, TORSH_F64, flags, run}, {op, TORSH_F16, flags, run}, \
    {op, TORSH_BF16, flags, run}, {op, TORSH_I64, flags, run}, {op, TORSH_I32, flags, run}, {op, TORSH_U8, flags, run}
#define CPU_ALL(op, flags, run) \
    {op, TORSH_F32, flags, run}, {op, TORSH_F64, flags, run}, {op, TORSH_F16, flags, run}, \
    {op, TORSH_BF16, flags, run}, {op, TORSH_I64, flags, run}, {op, TORSH_I32, flags, run}, {op, TORSH_U8, flags, run}, \
    {op, TORSH_BOOL, flags, run}
/* clang-format on */

/* Defines what the file exports out of its array `kernels`. */
#define CPU_LIST(file)                                                                                       \
    const torsh__cpu_list_t CPU_NAME(torsh__cpu_##file) = {kernels, sizeof kernels / sizeof *kernels}

/* Bytes of an element of the dtypes that have kernels. */
static inline int64_t cpu_bytes(torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_U8:
    case TORSH_BOOL:
        return 1;
    case TORSH_F16:
    case TORSH_BF16:
        return 2;
    case TORSH_I32:
    case TORSH_F32:
        return 4;
    default:
        return 8;
    }
}

#endif
