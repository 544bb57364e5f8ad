/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Entries of a kernel list for a class of dtypes, as the operator table names them. op: TORSH_OP_X, name and
 * schema. */
#ifndef TORSH_CPU_KERNELS_H
#define TORSH_CPU_KERNELS_H

#include "bytes.h"
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

#endif
