/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The steps of torsh__run that have files of their own. */
#ifndef TORSH_RUN_H
#define TORSH_RUN_H

#include <torsh/impl/tensor.h>

/* Everything that is decided about one call, in the order in which it is decided. */
typedef struct torsh__plan {
    const torsh__op_t *op;
    const torsh_tensor_t *const *in;
    int n_in;
    const void *params;
    int mode;
    torsh_device_t device;
    torsh_dtype_t compute;
    const torsh__kernel_slot_t *kernels; /* once torsh__has_kernel was asked */
    torsh__meta_t meta[TORSH_MAX_OUT];
    const torsh_tensor_t *self; /* INPLACE: what is written */
    bool alike; /* a pointwise operator's tensors are contiguous, of one shape, on one device; numbers among
                   them */
} torsh__plan_t;

/* dtype spec (in_dtype) of input slot i */
int torsh__slot_dtype(const torsh__op_t *op, const void *params, int i);
/* The error that `to` cannot hold results of dtype `from`. */
torsh_status_t torsh__cannot_cast(const torsh__op_t *op, torsh_dtype_t from, torsh_dtype_t to);
/* The error that several indices of t, which is to be written, name one element; or OK. */
torsh_status_t torsh__refuse_overlapping(const torsh__op_t *op, const torsh_tensor_t *t);
/* in-place and out= rules: shapes, castability, overlap. out[] for OUT */
torsh_status_t torsh__check_written(const torsh__plan_t *plan, torsh_tensor_t *const *out);
/* Prepares the operands and calls one of plan->kernels. out[] are allocated. DECLINED: no kernel took it. */
torsh_status_t torsh__launch(const torsh__plan_t *plan, torsh_tensor_t *const *out);
/* Finds plan->kernels; is there any? */
bool torsh__has_kernel(torsh__plan_t *plan);
/* The error for an operator without kernel. */
torsh_status_t torsh__no_kernel(const torsh__plan_t *plan);
/* Results without a kernel on their device, into out[], which are allocated: by the CPU if
 * TORSH_FALLBACK=cpu, else the error above. */
torsh_status_t torsh__fallback(const torsh__plan_t *plan, torsh_tensor_t *const *out);
/* Reads which dimensions a reduction's params name. */
torsh_status_t torsh__reduced_dims(const torsh__op_t *op, const void *params, int ndim, bool *mask,
                                   bool *keepdim);

#endif
