/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* bfloat16 products on processors that multiply pairs (AVX512_BF16): what the drivers take for one element is
 * two neighbours along k, and k counts pairs. Sums are floats. */
#ifndef TORSH_BACKEND_CPU_GEMM_PAIRS_H
#define TORSH_BACKEND_CPU_GEMM_PAIRS_H

#include "gemm_block.h"

#ifdef __AVX512F__

#define torsh__gemm_ops_pairs TORSH__PASTE(torsh__gemm_ops_pairs, ISA)
#define torsh__pairs_pack_b TORSH__PASTE(torsh__pairs_pack_b, ISA)
#define torsh__pairs_take_a TORSH__PASTE(torsh__pairs_take_a, ISA)
#define torsh__pairs_usable TORSH__PASTE(torsh__pairs_usable, ISA)

/* bytes is that of a pair; has no dot, axpy and finish: the sums are floats, and float's serve */
extern const torsh__gemm_ops_t torsh__gemm_ops_pairs;

bool torsh__pairs_usable(torsh_dtype_t dtype);
/* Pairs [k0, k0 + k) of columns [j0, j0 + n) into panels; `depth` elements of k there are. wide: k * nr
 * floats of room. */
void torsh__pairs_pack_b(const torsh__gemm_t *g, int64_t depth, int64_t k0, int64_t k, int64_t j0, int64_t n,
                         float *wide, void *to);
/* The block's pairs from k0 on of its m rows of A from i0 on, in the order in which they lie. */
void torsh__pairs_take_a(const torsh__gemm_t *g, int64_t depth, int64_t i0, int64_t k0, torsh__block_t *block,
                         float *to);

#endif
#endif
