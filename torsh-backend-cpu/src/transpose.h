/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_CPU_TRANSPOSE_H
#define TORSH_CPU_TRANSPOSE_H

#include "convert.h"

/* to[r * to_stride + c] = from[c * from_stride + r], elements of 1, 2, 4 or 8 bytes, strides in elements.
 * past_cache: writes around the cache, for results too large to stay there. */
void CPU_NAME(torsh__cpu_transpose)(void *to, int64_t to_stride, const void *from, int64_t from_stride,
                                    int64_t rows, int64_t columns, int bytes, bool past_cache);
#define cpu_transpose CPU_NAME(torsh__cpu_transpose)

#endif
