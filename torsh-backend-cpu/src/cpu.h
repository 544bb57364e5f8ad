/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the CPU backend's kernel files share. Files of kernels are compiled once per instruction set: their
 * exported names carry it, CPU_NAME(x) is x_base, x_avx2 or x_avx512. */
#ifndef TORSH_CPU_H
#define TORSH_CPU_H

#include <torsh/backend.h>

#define CPU_CAT_(a, b) a##_##b
#define CPU_CAT(a, b) CPU_CAT_(a, b)
#define CPU_NAME(x) CPU_CAT(x, ISA)

/* What a file of kernels exports: CPU_NAME(torsh__cpu_<file>). */
typedef struct torsh__cpu_list {
    const torsh_kernel_t *kernels;
    int32_t n;
} torsh__cpu_list_t;

/* Threads, scratch memory, errors and random numbers: set when the backend registers. */
extern const torsh_host_t *torsh__cpu_host;

/* Address of an operand's first element. */
static inline char *cpu_at(const torsh_view_t *v)
{
    return (char *)v->handle + v->offset;
}

#endif
