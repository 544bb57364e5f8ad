/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What composites have in common. A composite is a function over other operators in a scope: right on every
 * backend, differentiable by itself; it reads sizes through the tensors, and values only after scope_ok(). */
#ifndef TORSH_COMPOSITES_H
#define TORSH_COMPOSITES_H

#include <torsh/impl/ops.h>

typedef torsh__scope_t sc_t;
typedef const torsh_tensor_t *ct_t; /* lent */
typedef torsh_tensor_t *t_t;        /* the scope's */

static inline torsh_dims_t dims(const int64_t *v, int n)
{
    return (torsh_dims_t){v, n, 1};
}
static inline torsh_dims_t shape_of(ct_t t)
{
    return (torsh_dims_t){t->shape, t->ndim, 1};
}
#define NO_DIMS ((torsh_dims_t){NULL, 0, 0})
#define NO_INT ((torsh_opt_int_t){0, 0})
#define NO_DEVICE ((torsh_device_t){-1, -1})
#define SAME_DTYPE TORSH_DTYPE_NONE
static inline torsh_opt_int_t some(int64_t v)
{
    return (torsh_opt_int_t){v, 1};
}
/* loss reductions, as PyTorch numbers them */
enum { REDUCE_NONE, REDUCE_MEAN, REDUCE_SUM };

static inline torsh_dtype_t dtype_of(ct_t t)
{
    return (torsh_dtype_t)t->dtype;
}
/* A composite that returns an argument unchanged. */
static inline t_t itself(sc_t *s, ct_t t)
{
    return s->status == TORSH_OK ? torsh__scope_keep(s, torsh_tensor_retain(t)) : torsh__scope_dead();
}
static inline t_t converted(sc_t *s, ct_t t, torsh_dtype_t dtype)
{
    return dtype == TORSH_DTYPE_NONE || dtype == dtype_of(t)
               ? (t_t)t
               : op__to_copy(s, t, dtype, -1, NO_DEVICE, NO_INT, 0, -1);
}

/* Of factories: strided and not pinned is all that there is. */
bool torsh__factory_ok(sc_t *s, const char *op, int layout, torsh_opt_int_t pin_memory);
/* empty_like for the factory `op`. */
t_t torsh__like(sc_t *s, const char *op, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                torsh_opt_int_t pin_memory, int memory_format);

#endif
