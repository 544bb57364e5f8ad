/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loop skeletons over contiguous operands, by compute type. The formula is a constant function argument: the
 * compiler inlines it and vectorizes the loop. Generated kernels are one call of these. */
#ifndef TORSH_CPU_LOOPS_H
#define TORSH_CPU_LOOPS_H

#include <stddef.h>

#include <torsh/ops/activation.h>

#include "pointwise.h"
#include "reduce.h"

#define INLINE static inline __attribute__((always_inline))

/* Iterations do not depend on one another, though a result may be the very memory of an operand. */
#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define UNROLL _Pragma("unroll")
#define NO_UNROLL
#pragma clang diagnostic ignored "-Wpass-failed" /* loops around libm calls stay scalar */
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#define UNROLL _Pragma("GCC unroll 16")
#define NO_UNROLL _Pragma("GCC unroll 1") /* short ones too are to be vectorized as loops */
#endif

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

#define S f32
#define T float
#include "loops.inc.h"
#define S f64
#define T double
#include "loops.inc.h"
#define S i64
#define T int64_t
#include "loops.inc.h"
#define S i32
#define T int32_t
#include "loops.inc.h"
#define S u8 /* bool too: bytes that are 0 or 1 */
#define T uint8_t
#include "loops.inc.h"

#endif
