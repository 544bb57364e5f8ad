/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Clamping, matrix products, joining, what depends on values. */
#include <inttypes.h>
#include <math.h>

#include "composites.h"

t_t torsh__composite_clamp(sc_t *s, ct_t self, torsh_scalar_t min, torsh_scalar_t max)
{
    if (!min.kind && !max.kind)
        scope_fail(s, TORSH_ERR_VALUE, "clamp: At least one of 'min' or 'max' must not be None");
    t_t out = (t_t)self;
    if (min.kind)
        out = op_clamp_min(s, out, min);
    return max.kind ? op_clamp_max(s, out, max) : out;
}

t_t torsh__composite_clamp_tensor(sc_t *s, ct_t self, ct_t min, ct_t max)
{
    if (!min && !max)
        scope_fail(s, TORSH_ERR_VALUE, "clamp: At least one of 'min' or 'max' must not be None");
    t_t out = (t_t)self;
    if (min)
        out = op_clamp_min_tensor(s, out, min);
    return max ? op_clamp_max_tensor(s, out, max) : out;
}

t_t torsh__composite_round_decimals(sc_t *s, ct_t self, int64_t decimals)
{
    if (decimals == 0)
        return op_round(s, self);
    if (!torsh_dtype_is_floating(dtype_of(self)))
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "round: decimals are for floating dtypes, not for %s",
                   torsh_dtype_name(dtype_of(self)));
    torsh_dtype_t dtype = dtype_of(self); /* 16 bits are rounded once, at the end */
    ct_t x = dtype == TORSH_F16 || dtype == TORSH_BF16 ? converted(s, self, TORSH_F32) : self;
    torsh_scalar_t power = torsh_scalar_f(pow(10, fabs((double)decimals)));
    t_t out = decimals > 0 ? op_div_scalar(s, op_round(s, op_mul_scalar(s, x, power)), power)
                           : op_mul_scalar(s, op_round(s, op_div_scalar(s, x, power)), power);
    return converted(s, out, dtype);
}

t_t torsh__composite_isclose(sc_t *s, ct_t self, ct_t other, double rtol, double atol, int equal_nan)
{
    if (self->dtype != other->dtype)
        scope_fail(s, TORSH_ERR_DTYPE, "%s did not match %s", torsh_dtype_name(dtype_of(self)),
                   torsh_dtype_name(dtype_of(other)));
    if (!(rtol >= 0))
        scope_fail(s, TORSH_ERR_VALUE, "rtol must be greater than or equal to zero, but got %g", rtol);
    if (!(atol >= 0))
        scope_fail(s, TORSH_ERR_VALUE, "atol must be greater than or equal to zero, but got %g", atol);
    t_t close = op_eq(s, self, other);
    if (torsh_dtype_is_floating(dtype_of(self)) && equal_nan)
        close = op_logical_or(s, close, op_logical_and(s, op_isnan(s, self), op_isnan(s, other)));
    if (rtol == 0 && atol == 0)
        return close;
    /* as floating numbers: rtol * other and the difference are none that integers hold */
    ct_t a = self, b = other;
    if (!torsh_dtype_is_floating(dtype_of(self))) {
        a = converted(s, self, torsh_get_default_dtype());
        b = converted(s, other, torsh_get_default_dtype());
    }
    t_t allowed = op_add_scalar(s, op_abs(s, op_mul_scalar(s, b, torsh_scalar_f(rtol))), torsh_scalar_f(atol),
                                torsh_scalar_i(1));
    t_t distance = op_abs(s, op_sub(s, a, b, torsh_scalar_i(1)));
    t_t near = op_logical_and(s, op_isfinite(s, distance), op_le(s, distance, allowed));
    return op_logical_or(s, close, near);
}

/* ---- products ---- */

t_t torsh__composite_dot(sc_t *s, ct_t self, ct_t tensor)
{
    if (self->ndim != 1 || tensor->ndim != 1)
        scope_fail(s, TORSH_ERR_SHAPE, "1D tensors expected, but got %dD and %dD tensors", self->ndim,
                   tensor->ndim);
    else if (self->n != tensor->n)
        scope_fail(s, TORSH_ERR_SHAPE,
                   "inconsistent tensor size, expected tensor [%" PRId64 "] and src [%" PRId64
                   "] to have the same number of elements, but got %" PRId64 " and %" PRId64
                   " elements respectively",
                   self->n, tensor->n, self->n, tensor->n);
    else if (self->dtype != tensor->dtype)
        scope_fail(s, TORSH_ERR_DTYPE, "dot : expected both vectors to have same dtype, but found %s and %s",
                   torsh_dtype_name(dtype_of(self)), torsh_dtype_name(dtype_of(tensor)));
    t_t product = op_mm(s, op_unsqueeze(s, self, 0), op_unsqueeze(s, tensor, 1));
    return op_view(s, product, (torsh_dims_t){NULL, 0, 1});
}

t_t torsh__composite_mv(sc_t *s, ct_t self, ct_t vec)
{
    if (self->ndim != 2 || vec->ndim != 1)
        scope_fail(s, self->ndim ? TORSH_ERR_SHAPE : TORSH_ERR_INDEX,
                   "vector + matrix @ vector expected, got %d, %d", self->ndim, vec->ndim);
    else if (self->shape[1] != vec->shape[0])
        scope_fail(s, TORSH_ERR_SHAPE,
                   "size mismatch, got input (%" PRId64 "), mat (%" PRId64 "x%" PRId64 "), vec (%" PRId64 ")",
                   self->shape[0], self->shape[0], self->shape[1], vec->shape[0]);
    return op_squeeze_dim(s, op_mm(s, self, op_unsqueeze(s, vec, 1)), 1);
}

/* [..., rows, k] as a batch of matrices with the batch shape given. */
static t_t batched(sc_t *s, ct_t t, const int64_t *batch, int n_batch, int64_t n)
{
    int64_t size[TORSH_MAX_DIMS];
    for (int i = 0; i < n_batch; i++)
        size[i] = batch[i];
    size[n_batch] = torsh__size(s, t, -2);
    size[n_batch + 1] = torsh__size(s, t, -1);
    t_t wide = op_expand(s, t, dims(size, n_batch + 2), 0);
    const int64_t flat[] = {n, size[n_batch], size[n_batch + 1]};
    return op_reshape(s, wide, dims(flat, 3));
}

static t_t broadcast_matmul(sc_t *s, ct_t a, ct_t b)
{
    int64_t batch[TORSH_MAX_DIMS], n = 1;
    int n_batch = 0;
    if (scope_ok(s))
        s->status = torsh__broadcast("matmul", a->ndim - 2, a->shape, &n_batch, batch);
    if (scope_ok(s))
        s->status = torsh__broadcast("matmul", b->ndim - 2, b->shape, &n_batch, batch);
    if (!scope_ok(s))
        return torsh__scope_dead();
    for (int i = 0; i < n_batch; i++)
        n *= batch[i];
    t_t out = op_bmm(s, batched(s, a, batch, n_batch, n), batched(s, b, batch, n_batch, n));
    batch[n_batch] = torsh__size(s, a, -2);
    batch[n_batch + 1] = torsh__size(s, b, -1);
    return op_reshape(s, out, dims(batch, n_batch + 2));
}

/* Many rows times one matrix: one product of all rows. */
static t_t folded_matmul(sc_t *s, ct_t a, ct_t b)
{
    int64_t size[TORSH_MAX_DIMS];
    for (int i = 0; i < a->ndim; i++)
        size[i] = a->shape[i];
    int64_t rows = 1;
    for (int i = 0; i < a->ndim - 1; i++)
        rows *= a->shape[i];
    t_t matrix = op_reshape(s, a, dims((const int64_t[]){rows, size[a->ndim - 1]}, 2));
    t_t out = op_mm(s, matrix, b);
    size[a->ndim - 1] = torsh__size(s, b, 1);
    return op_view(s, out, dims(size, a->ndim));
}

t_t torsh__composite_matmul(sc_t *s, ct_t self, ct_t other)
{
    int m = self->ndim, n = other->ndim;
    if (m == 0 || n == 0) {
        scope_fail(s, TORSH_ERR_SHAPE,
                   "both arguments to matmul need to be at least 1D, but they are %dD and %dD", m, n);
        return torsh__scope_dead();
    }
    if (m == 2 && n == 2)
        return op_mm(s, self, other);
    if (m == 1 && n == 1)
        return op_dot(s, self, other);
    if (m == 2 && n == 1)
        return op_mv(s, self, other);
    if (m == 1) {
        t_t out = torsh__composite_matmul(s, op_unsqueeze(s, self, 0), other);
        return op_squeeze_dim(s, out, -2);
    }
    if (n == 1)
        return op_squeeze_dim(s, torsh__composite_matmul(s, self, op_unsqueeze(s, other, 1)), -1);
    return n == 2 ? folded_matmul(s, self, other) : broadcast_matmul(s, self, other);
}

/* ---- joining ---- */

t_t torsh__composite_stack(sc_t *s, const torsh_tensor_t *const *tensors, int n_tensors, int64_t dim)
{
    if (n_tensors == 0) {
        scope_fail(s, TORSH_ERR_VALUE, "stack expects a non-empty TensorList");
        return torsh__scope_dead();
    }
    char a[256], b[256];
    int64_t d = 0;
    for (int i = 1; i < n_tensors; i++) {
        bool same = tensors[i]->ndim == tensors[0]->ndim;
        for (int k = 0; same && k < tensors[0]->ndim; k++)
            same = tensors[i]->shape[k] == tensors[0]->shape[k];
        if (!same)
            scope_fail(s, TORSH_ERR_SHAPE,
                       "stack expects each tensor to be equal size, but got %s at entry 0 and %s at entry %d",
                       torsh__shape_text(tensors[0]->ndim, tensors[0]->shape, a, sizeof a),
                       torsh__shape_text(tensors[i]->ndim, tensors[i]->shape, b, sizeof b), i);
    }
    if (scope_ok(s))
        s->status = torsh__wrap_dim(dim, tensors[0]->ndim + 1, &d);
    const torsh_tensor_t **wide = torsh__alloc((size_t)n_tensors * sizeof *wide);
    if (!wide && scope_ok(s))
        s->status = TORSH_ERR_MEMORY;
    for (int i = 0; wide && i < n_tensors; i++)
        wide[i] = op_unsqueeze(s, tensors[i], d);
    t_t out = scope_ok(s) ? op_cat(s, wide, n_tensors, d) : torsh__scope_dead();
    torsh__free(wide);
    return out;
}

/* ---- what depends on values: count, then fill ---- */

t_t torsh__composite_nonzero(sc_t *s, ct_t self)
{
    torsh_scalar_t n = torsh_scalar_i(0);
    t_t counted = op__count_nonzero(s, self);
    if (scope_ok(s))
        s->status = torsh_tensor_item(counted, &n);
    t_t rows = op__nonzero(s, self, n.v.i);
    if (self->ndim == 1) /* PyTorch's is column-major, in the strides of one column, too */
        return op_as_strided(s, rows, shape_of(rows), dims((const int64_t[]){1, n.v.i}, 2), NO_INT);
    return op_t(s, op_contiguous(s, op_t(s, rows), 0));
}

torsh_tensor_list_t *torsh__composite_nonzero_numpy(sc_t *s, ct_t self)
{
    ct_t t = self->ndim ? self : op_unsqueeze(s, self, 0);
    return torsh__composite_unbind_int(s, op_nonzero(s, t), 1);
}

torsh_tensor_list_t *torsh__composite_where(sc_t *s, ct_t condition)
{
    return torsh__composite_nonzero_numpy(s, condition);
}

t_t torsh__composite_masked_select(sc_t *s, ct_t self, ct_t mask)
{
    int64_t shape[TORSH_MAX_DIMS];
    int ndim = 0;
    if (mask->dtype != TORSH_BOOL)
        scope_fail(s, TORSH_ERR_DTYPE, "masked_select: expected BoolTensor for mask");
    if (scope_ok(s))
        s->status = torsh__broadcast("masked_select", self->ndim, self->shape, &ndim, shape);
    if (scope_ok(s))
        s->status = torsh__broadcast("masked_select", mask->ndim, mask->shape, &ndim, shape);
    if (!scope_ok(s))
        return torsh__scope_dead();
    const int64_t flat = -1;
    t_t values = op_reshape(s, op_expand(s, self, dims(shape, ndim), 0), dims(&flat, 1));
    t_t where = op_nonzero(s, op_reshape(s, op_expand(s, mask, dims(shape, ndim), 0), dims(&flat, 1)));
    return op_index_select(s, values, 0, op_view(s, where, dims(&flat, 1)));
}
