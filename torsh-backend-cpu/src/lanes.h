/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Plain C that becomes vectors: values are kept in arrays of a fixed number of lanes, and loops over all
 * lanes are single vector operations. Files that are included once per type name what they define JOIN(name,
 * S). */
#ifndef TORSH_CPU_LANES_H
#define TORSH_CPU_LANES_H

#define INLINE static inline __attribute__((always_inline))
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* LANES values of one type, two of the widest registers; n a power of two, v is used up. */
#define S f32
#define REAL float
#include "lanes_body.h"
#define S f64
#define REAL double
#include "lanes_body.h"

#endif
