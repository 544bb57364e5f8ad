/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Derivatives of pointwise functions, reductions and views. */
#include "formulas.h"

#include <torsh/impl/ops.h>

#define ONE torsh_scalar_i(1)
#define NUM(x) torsh_scalar_f(x)
#define NO_INT ((torsh_opt_int_t){0, 0})

static torsh_dims_t dims(const int64_t *v, int n)
{
    return (torsh_dims_t){v, n, 1};
}

static t_t zeros(sc_t *s, ct_t like, torsh_dims_t shape)
{
    return op_zeros(s, shape, (torsh_dtype_t)like->dtype, -1, like->device, NO_INT);
}

t_t torsh__d_not_implemented(sc_t *s, ct_t grad)
{
    (void)grad;
    scope_fail(s, TORSH_ERR_STATE, "the derivative of this operator is not implemented");
    return torsh__scope_dead();
}

/* ---- pointwise ---- */

static t_t zeros_like(sc_t *s, ct_t x)
{
    return op_zeros_like(s, x, TORSH_DTYPE_NONE, -1, (torsh_device_t){-1, -1}, NO_INT, -1);
}

/* A rounded quotient does not change with its operands. */
t_t torsh__d_div_mode_backward_self(sc_t *s, ct_t grad, ct_t other, int rounding_mode)
{
    return rounding_mode ? zeros_like(s, grad) : op_div(s, grad, other);
}

t_t torsh__d_div_mode_backward_other(sc_t *s, ct_t grad, ct_t self, ct_t other, int rounding_mode)
{
    return rounding_mode ? zeros_like(s, grad)
                         : op_neg(s, op_mul(s, grad, op_div(s, op_div(s, self, other), other)));
}

/* exponent * self^(exponent - 1), and 0 where the exponent is 0 (else 0 * inf for self 0) */
t_t torsh__d_pow_backward_self(sc_t *s, ct_t grad, ct_t self, ct_t exponent)
{
    torsh_scalar_t e;
    if (exponent->is_number && scope_ok(s)) {
        if ((s->status = torsh_tensor_item(exponent, &e)) != TORSH_OK)
            return torsh__scope_dead();
        const double x = e.kind == TORSH_SCALAR_FLOAT ? e.v.f : (double)e.v.i;
        if (x == 0)
            return zeros_like(s, self);
        torsh_scalar_t less = e.kind == TORSH_SCALAR_FLOAT ? NUM(x - 1) : torsh_scalar_i(e.v.i - 1);
        return op_mul(s, grad, op_mul_scalar(s, op_pow_tensor_scalar(s, self, less), e));
    }
    t_t slope = op_mul(s, exponent, op_pow(s, self, op_sub_scalar(s, exponent, ONE, ONE)));
    slope = op_where_scalarself(s, op_eq_scalar(s, exponent, torsh_scalar_i(0)), torsh_scalar_i(0), slope);
    return op_mul(s, grad, slope);
}

/* log(self) * self^exponent, and 0 where self is 0 and exponent >= 0 */
t_t torsh__d_pow_backward_exponent(sc_t *s, ct_t grad, ct_t self, ct_t exponent, ct_t result)
{
    t_t flat = op_logical_and(s, op_eq_scalar(s, self, torsh_scalar_i(0)),
                              op_ge_scalar(s, exponent, torsh_scalar_i(0)));
    t_t slope = op_mul(s, result, op_log(s, self));
    return op_mul(s, grad, op_where_scalarself(s, flat, torsh_scalar_i(0), slope));
}

/* All of it where self wins, half where both are equal. */
t_t torsh__d_extremum_backward(sc_t *s, ct_t grad, ct_t self, ct_t other, int largest)
{
    t_t wins = largest ? op_gt(s, self, other) : op_lt(s, self, other);
    t_t half = op_div_scalar(s, grad, torsh_scalar_i(2));
    t_t shared = op_where_scalarother(s, op_eq(s, self, other), half, torsh_scalar_i(0));
    return op_where(s, wins, grad, shared);
}

/* silu'' : sigma'(x) (2 + x (1 - 2 sigma(x))) */
t_t torsh__d_silu_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t self)
{
    t_t sigma = op_sigmoid(s, self), rest = op_rsub_scalar(s, sigma, ONE, ONE);
    t_t bend = op_add_scalar(s, op_mul(s, self, op_sub(s, rest, sigma, ONE)), torsh_scalar_i(2), ONE);
    return op_mul(s, op_mul(s, grad, grad_output), op_mul(s, op_mul(s, sigma, rest), bend));
}

/* gelu'': none: phi(x) (2 - x^2); tanh: by its inner function u */
t_t torsh__d_gelu_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t self, int approximate)
{
    t_t square = op_mul(s, self, self), second;
    if (approximate == 0) {
        t_t density =
            op_mul_scalar(s, op_exp(s, op_mul_scalar(s, square, NUM(-0.5))), NUM(0.3989422804014327));
        second = op_mul(s, density, op_rsub_scalar(s, square, torsh_scalar_i(2), ONE));
    } else {
        const double b = 0.7978845608028654, k = 0.044715;
        t_t u = op_mul_scalar(
            s, op_mul(s, self, op_add_scalar(s, op_mul_scalar(s, square, NUM(k)), ONE, ONE)), NUM(b));
        t_t t = op_tanh(s, u), bell = op_rsub_scalar(s, op_mul(s, t, t), ONE, ONE); /* 1 - tanh^2 */
        t_t du = op_mul_scalar(s, op_add_scalar(s, op_mul_scalar(s, square, NUM(3 * k)), ONE, ONE), NUM(b));
        t_t ddu = op_mul_scalar(s, self, NUM(6 * k * b));
        /* d2/dx2 of x/2 (1 + t): bell du + x/2 bell (ddu - 2 t du^2) */
        t_t curve = op_sub(s, ddu, op_mul_scalar(s, op_mul(s, t, op_mul(s, du, du)), torsh_scalar_i(2)), ONE);
        second = op_mul(s, bell, op_add(s, du, op_mul_scalar(s, op_mul(s, self, curve), NUM(0.5)), ONE));
    }
    return op_mul(s, op_mul(s, grad, grad_output), second);
}

t_t torsh__d_to_backward(sc_t *s, ct_t grad, torsh_dtype_t dtype, torsh_device_t device)
{
    return op_to_device(s, grad, device, dtype, 0, 0, -1);
}

/* ---- reductions ---- */

/* The reduced dimensions back as size 1. */
static t_t with_dims(sc_t *s, ct_t t, torsh_dims_t shape, torsh_dims_t dim, int keepdim)
{
    bool mask[TORSH_MAX_DIMS];
    int64_t wide[TORSH_MAX_DIMS];
    if (keepdim || shape.n == 0)
        return (t_t)t;
    if (scope_ok(s))
        s->status = torsh__dim_mask("backward", dim, shape.n, mask);
    if (!scope_ok(s))
        return torsh__scope_dead();
    for (int i = 0; i < shape.n; i++)
        wide[i] = mask[i] ? 1 : shape.v[i];
    return op_reshape(s, t, dims(wide, shape.n));
}

t_t torsh__d_sum_backward(sc_t *s, ct_t grad, torsh_dims_t shape, torsh_dims_t dim, int keepdim)
{
    return op_expand(s, with_dims(s, grad, shape, dim, keepdim), shape, 0);
}

/* Equal extremes share the gradient. */
t_t torsh__d_amax_backward(sc_t *s, ct_t grad, ct_t self, ct_t result, torsh_dims_t dim, int keepdim)
{
    torsh_dims_t shape = dims(self->shape, self->ndim);
    t_t here = op_eq(s, self, with_dims(s, result, shape, dim, keepdim));
    t_t n = op_sum_dim(s, here, dim, 1, TORSH_I64);
    t_t share = op_div(s, with_dims(s, grad, shape, dim, keepdim), n);
    return op_where_scalarother(s, here, share, torsh_scalar_i(0));
}

t_t torsh__d_value_selecting_reduction_backward(sc_t *s, ct_t grad, int64_t dim, ct_t indices,
                                                torsh_dims_t shape, int keepdim)
{
    t_t into = zeros(s, grad, shape);
    if (!keepdim && shape.n > 0) {
        grad = op_unsqueeze(s, grad, dim);
        indices = op_unsqueeze(s, indices, dim);
    }
    return op_scatter_add(s, into, dim, indices, grad);
}

/* ---- views ---- */

/* As PyTorch's: gradients add up in a stretch of memory as large as both geometries reach; elements that self
 * shows several times share what came. */
t_t torsh__d_as_strided_backward(sc_t *s, ct_t grad, torsh_dims_t shape, torsh_dims_t strides, int64_t offset,
                                 torsh_dims_t size, torsh_dims_t stride, torsh_opt_int_t storage_offset)
{
    int64_t first = storage_offset.given ? storage_offset.v : offset, base = first < offset ? first : offset;
    int64_t reach = 1, out_last = first - base, in_last = offset - base, n_out = 1, n_in = 1;
    for (int i = 0; i < size.n; i++) {
        out_last += (size.v[i] - 1) * stride.v[i];
        n_out *= size.v[i];
    }
    for (int i = 0; i < shape.n; i++) {
        in_last += (shape.v[i] - 1) * strides.v[i];
        n_in *= shape.v[i];
    }
    if (n_out == 0 || n_in == 0)
        return zeros(s, grad, shape);
    reach += out_last > in_last ? out_last : in_last;
    const int64_t flat = -1;
    t_t memory = zeros(s, grad, dims(&reach, 1));
    t_t places = op_arange(s, torsh_scalar_i(reach), TORSH_I64, -1, grad->device, NO_INT);
    t_t where_out = op_as_strided(s, places, size, stride, (torsh_opt_int_t){first - base, 1});
    memory = op_index_add(s, memory, 0, op_reshape(s, where_out, dims(&flat, 1)),
                          op_reshape(s, grad, dims(&flat, 1)), ONE);
    t_t where_in = op_reshape(
        s, op_as_strided(s, places, shape, strides, (torsh_opt_int_t){offset - base, 1}), dims(&flat, 1));
    t_t counts = op_index_add(
        s, zeros(s, grad, dims(&reach, 1)), 0, where_in,
        op_full(s, dims(&n_in, 1), ONE, (torsh_dtype_t)grad->dtype, -1, grad->device, NO_INT), ONE);
    memory = op_div(s, memory, op_clamp_min(s, counts, ONE));
    return op_reshape(s, op_index_select(s, memory, 0, where_in), shape);
}

t_t torsh__d_permute_backward(sc_t *s, ct_t grad, torsh_dims_t order)
{
    int64_t back[TORSH_MAX_DIMS];
    for (int i = 0; i < order.n; i++)
        back[order.v[i] < 0 ? order.v[i] + order.n : order.v[i]] = i;
    return op_permute(s, grad, dims(back, order.n));
}

/* Zeros of the input's shape with the gradient written into a view of them. */
t_t torsh__d_slice_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, torsh_opt_int_t start,
                            torsh_opt_int_t end, int64_t step)
{
    t_t out = zeros(s, grad, shape);
    op_copy_(s, op_slice(s, out, dim, start, end, step), grad, 0);
    return out;
}

t_t torsh__d_select_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, int64_t index)
{
    t_t out = zeros(s, grad, shape);
    op_copy_(s, op_select(s, out, dim, index), grad, 0);
    return out;
}

t_t torsh__d_diagonal_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t offset, int64_t dim1,
                               int64_t dim2)
{
    t_t out = zeros(s, grad, shape);
    op_copy_(s, op_diagonal(s, out, offset, dim1, dim2), grad, 0);
    return out;
}

/* ---- indexing ---- */

void torsh__d_cat_backward(sc_t *s, ct_t grad, const torsh__saved_meta_t *metas, int64_t dim, int n,
                           const bool *needs, t_t *out)
{
    int64_t d = dim < 0 ? dim + grad->ndim : dim, at = 0;
    for (int i = 0; i < n; i++) {
        if (metas[i].ndim == 1 && metas[i].shape[0] == 0) { /* was skipped */
            if (needs[i])
                out[i] = zeros(s, grad, dims(metas[i].shape, 1));
            continue;
        }
        int64_t length = metas[i].shape[d];
        if (needs[i])
            out[i] = op_narrow(s, grad, d, at, length);
        at += length;
    }
}

t_t torsh__d_index_select_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, ct_t index)
{
    if (shape.n == 0)
        return op_reshape(s, op_sum(s, grad, TORSH_DTYPE_NONE), shape);
    return op_index_add(s, zeros(s, grad, shape), dim, index, grad, ONE);
}

t_t torsh__d_gather_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, ct_t index)
{
    return op_scatter_add(s, zeros(s, grad, shape), dim, index, grad);
}

t_t torsh__d_index_backward(sc_t *s, ct_t grad, torsh_dims_t shape, const torsh_tensor_t *const *indices,
                            int n, int64_t first)
{
    return op__index_put_(s, zeros(s, grad, shape), grad, indices, n, first, 1);
}

/* What was overwritten gets none. */
t_t torsh__d_index_put_backward_self(sc_t *s, ct_t grad, const torsh_tensor_t *const *indices, int n,
                                     int64_t first, int accumulate)
{
    if (accumulate)
        return (t_t)grad;
    t_t holes = zeros_like(s, op__index(s, grad, indices, n, first));
    return op__index_put_(s, op_clone(s, grad, 0), holes, indices, n, first, 0);
}

t_t torsh__d_embedding_backward(sc_t *s, ct_t grad, torsh_dims_t shape, ct_t indices, int64_t padding_idx,
                                int scale_grad_by_freq)
{
    const int64_t flat = -1, rows[] = {-1, shape.v[1]};
    t_t index = op_reshape(s, indices, dims(&flat, 1)), g = op_reshape(s, grad, dims(rows, 2));
    if (padding_idx >= 0)
        g = op_masked_fill_scalar(
            s, g, op_unsqueeze(s, op_eq_scalar(s, index, torsh_scalar_i(padding_idx)), 1), torsh_scalar_i(0));
    if (scale_grad_by_freq) {
        t_t ones =
            op_ones_like(s, index, (torsh_dtype_t)grad->dtype, -1, (torsh_device_t){-1, -1}, NO_INT, -1);
        t_t counts = op_index_add(s, zeros(s, grad, dims(shape.v, 1)), 0, index, ones, ONE);
        g = op_div(s, g, op_unsqueeze(s, op_index_select(s, counts, 0, index), 1));
    }
    return op_index_add(s, zeros(s, grad, shape), 0, index, g, ONE);
}
