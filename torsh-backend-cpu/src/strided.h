/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies between tensors of one shape and any strides (0 and negative too, in `from`), by element size. */
#ifndef TORSH_CPU_STRIDED_H
#define TORSH_CPU_STRIDED_H

#include "cpu.h"

#define torsh__cpu_copy_strided CPU_NAME(torsh__cpu_copy_strided)
/* strides in elements of 1, 2, 4 or 8 bytes; the memory does not overlap */
void torsh__cpu_copy_strided(int64_t bytes, int32_t ndim, const int64_t *shape, char *to,
                             const int64_t *to_strides, const char *from, const int64_t *from_strides);

#endif
