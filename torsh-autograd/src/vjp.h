/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a derivative formula sees. The generated *_vjp.c are made of these and of scope functions. */
#ifndef TORSH_VJP_H
#define TORSH_VJP_H

#include <torsh/impl/autograd.h>

/* Of an input: what formulas write as x.shape, x.dtype … */
typedef struct torsh__saved_meta {
    torsh_dtype_t dtype;
    torsh_device_t device;
    int64_t offset;
    int32_t ndim;
    const int64_t *shape, *strides;
} torsh__saved_meta_t;

typedef struct torsh__vjp {
    torsh__scope_t *scope;
    torsh_node_t *node;
    const void *params;
    const torsh_tensor_t *const *grads; /* of the results; NULL: undefined */
    const bool *needs;                  /* per input */
    torsh_tensor_t **dinput;            /* per input; lent by the scope; NULL: undefined */
} torsh__vjp_t;

typedef struct torsh__vjp_entry {
    torsh_status_t (*fn)(torsh__vjp_t *v);
    uint32_t save_in, save_out, meta_in; /* bit i: tensor argument (result) i */
} torsh__vjp_entry_t;

extern const torsh__vjp_entry_t *const torsh__vjp_table[];

/* The gradient of result i; zeros of its shape if it is undefined. */
const torsh_tensor_t *torsh__vjp_grad(torsh__vjp_t *v, int i);
/* A saved input or result; checked for changes since. */
const torsh_tensor_t *torsh__vjp_input(torsh__vjp_t *v, int slot);
const torsh_tensor_t *const *torsh__vjp_inputs(torsh__vjp_t *v, int slot);
const torsh_tensor_t *torsh__vjp_result(torsh__vjp_t *v, int i);
const torsh__saved_meta_t *torsh__vjp_meta(torsh__vjp_t *v, int slot);

static inline torsh_dims_t torsh__vjp_shape(torsh__vjp_t *v, int slot)
{
    const torsh__saved_meta_t *m = torsh__vjp_meta(v, slot);
    return (torsh_dims_t){m->shape, m->ndim, 1};
}
static inline torsh_dims_t torsh__vjp_strides(torsh__vjp_t *v, int slot)
{
    const torsh__saved_meta_t *m = torsh__vjp_meta(v, slot);
    return (torsh_dims_t){m->strides, m->ndim, 1};
}
static inline int64_t torsh__vjp_offset(torsh__vjp_t *v, int slot)
{
    return torsh__vjp_meta(v, slot)->offset;
}
static inline torsh_dtype_t torsh__vjp_dtype(torsh__vjp_t *v, int slot)
{
    return torsh__vjp_meta(v, slot)->dtype;
}
static inline torsh_device_t torsh__vjp_device(torsh__vjp_t *v, int slot)
{
    return torsh__vjp_meta(v, slot)->device;
}

#endif
