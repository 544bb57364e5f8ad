/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Blocks of elements: from one dtype to another, between strided memory and contiguous blocks. */
#ifndef TORSH_CPU_CONVERT_H
#define TORSH_CPU_CONVERT_H

#include "bytes.h"
#include "cpu.h"

/* Elements as what they are in memory. */
typedef uint8_t cpu_word_1_t;
typedef uint16_t __attribute__((may_alias)) cpu_word_2_t;
typedef uint32_t __attribute__((may_alias)) cpu_word_4_t;
typedef uint64_t __attribute__((may_alias)) cpu_word_8_t;
typedef struct cpu_word_16 {
    uint64_t half[2];
} __attribute__((may_alias)) cpu_word_16_t;

/* Whether memory of dtype `from` can be read as `to` as it stands. */
static inline bool cpu_same_bits(int to, int from)
{
    return to == from || (to == TORSH_U8 && from == TORSH_BOOL);
}

/* Whether elements of this dtype can be converted; unsigned ones of more than 8 bits and complex ones cannot
 * yet. */
static inline bool cpu_converts(int dtype)
{
    return dtype <= TORSH_F64 || dtype == TORSH_BOOL || dtype == TORSH_BF16;
}

/* d[i] = s[i], n contiguous elements, both dtypes ones that convert. Floats to integers as torch on x86:
 * beyond the range the smallest value, of which narrower integers keep the low bits. To bool: != 0. To 16-bit
 * floats: by way of float. */
void CPU_NAME(torsh__cpu_convert)(void *d, int to, const void *s, int from, int64_t n);

/* One number, exactly once converted. */
void CPU_NAME(torsh__cpu_convert_scalar)(void *d, int to, const torsh_scalar_t *s);

/* `rows` rows of n elements, row_stride and stride apart, to a contiguous block and back. Strides in
 * elements. */
void CPU_NAME(torsh__cpu_gather)(void *d, const void *s, int64_t row_stride, int64_t rows, int64_t stride,
                                 int64_t n, int bytes);
void CPU_NAME(torsh__cpu_scatter)(void *d, int64_t row_stride, int64_t rows, int64_t stride, int64_t n,
                                  const void *s, int bytes);

/* n times the same value */
void CPU_NAME(torsh__cpu_fill)(void *d, const void *value, int64_t n, int bytes);

#define cpu_convert CPU_NAME(torsh__cpu_convert)
#define cpu_convert_scalar CPU_NAME(torsh__cpu_convert_scalar)
#define cpu_gather CPU_NAME(torsh__cpu_gather)
#define cpu_scatter CPU_NAME(torsh__cpu_scatter)
#define cpu_fill CPU_NAME(torsh__cpu_fill)

#endif
