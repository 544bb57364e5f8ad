/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Iteration spaces: how pointwise and reduction kernels see their operands, and the memory order of results.
 */
#ifndef TORSH_ITERATE_H
#define TORSH_ITERATE_H

#include <torsh/impl/tensor.h>

enum { TORSH__MAX_OPERANDS = 8 };

/* All operands walk one shape; innermost dimension last; dimensions that lie behind each other are one. */
typedef struct torsh__space {
    int ndim;
    int64_t n;
    int64_t shape[TORSH_MAX_DIMS];
    int64_t strides[TORSH__MAX_OPERANDS][TORSH_MAX_DIMS]; /* elements */
} torsh__space_t;

/* operands broadcast to `shape`. reduced (or NULL): dimensions that operand 0, the result, does not have
 * (keepdim: has with size 1). */
void torsh__space_build(torsh__space_t *space, int ndim, const int64_t *shape,
                        const torsh_tensor_t *const *operands, int n_operands, const bool *reduced,
                        bool keepdim);

/* Strides of a new result of this shape, in the memory order of the inputs (NULL ones are skipped): PyTorch's
 * TensorIterator::reorder_dimensions. */
void torsh__result_strides(int ndim, const int64_t *shape, const torsh_tensor_t *const *in, int n_in,
                           int64_t *strides);

#endif
