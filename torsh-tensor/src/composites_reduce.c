/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "composites.h"

static int64_t count(ct_t self, torsh_dims_t dim)
{
    int64_t n = 1;
    if (!dim.n)
        return self->n;
    for (int i = 0; i < dim.n; i++)
        if (self->ndim)
            n *= self->shape[dim.v[i] < 0 ? dim.v[i] + self->ndim : dim.v[i]];
    return n;
}

/* dims exist and are not repeated: composites that read sizes ask first. */
static bool dims_ok(sc_t *s, const char *op, ct_t self, torsh_dims_t dim)
{
    bool mask[TORSH_MAX_DIMS];
    if (scope_ok(s))
        s->status = torsh__dim_mask(op, dim, self->ndim, mask);
    return scope_ok(s);
}

t_t torsh__composite_sum(sc_t *s, ct_t self, torsh_dtype_t dtype)
{
    return op_sum_dim(s, self, NO_DIMS, 0, dtype);
}

t_t torsh__composite_mean_dim(sc_t *s, ct_t self, torsh_dims_t dim, int keepdim, torsh_dtype_t dtype)
{
    torsh_dtype_t out = dtype == TORSH_DTYPE_NONE ? dtype_of(self) : dtype;
    if (!torsh_dtype_is_floating(out))
        scope_fail(s, TORSH_ERR_DTYPE,
                   "mean(): could not infer output dtype. Input dtype must be either a floating point or "
                   "complex dtype. Got: %s",
                   torsh_dtype_name(out));
    if (!dims_ok(s, "mean", self, dim))
        return torsh__scope_dead();
    t_t sum = op_sum_dim(s, self, dim, keepdim, dtype);
    return op_div_scalar(s, sum, torsh_scalar_i(count(self, dim)));
}

t_t torsh__composite_mean(sc_t *s, ct_t self, torsh_dtype_t dtype)
{
    return torsh__composite_mean_dim(s, self, NO_DIMS, 0, dtype);
}

static void only_floating(sc_t *s, const char *who, ct_t self)
{
    if (!torsh_dtype_is_floating(dtype_of(self)))
        scope_fail(s, TORSH_ERR_DTYPE, "%s only support floating point and complex dtypes", who);
}

t_t torsh__composite_var_correction(sc_t *s, ct_t self, torsh_dims_t dim, torsh_scalar_t correction,
                                    int keepdim)
{
    only_floating(s, "std and var", self);
    if (!dims_ok(s, "var", self, dim))
        return torsh__scope_dead();
    /* two passes: the one-pass formula cancels */
    t_t distance = op_sub(s, self, torsh__composite_mean_dim(s, self, dim, 1, SAME_DTYPE), torsh_scalar_i(1));
    t_t squares = op_sum_dim(s, op_mul(s, distance, distance), dim, keepdim, SAME_DTYPE);
    double n = (double)count(self, dim) - (correction.kind ? torsh__scalar_double(correction) : 1);
    return op_div_scalar(s, squares, torsh_scalar_f(n > 0 ? n : 0));
}

t_t torsh__composite_std_correction(sc_t *s, ct_t self, torsh_dims_t dim, torsh_scalar_t correction,
                                    int keepdim)
{
    return op__sqrt_of_var(s, torsh__composite_var_correction(s, self, dim, correction, keepdim));
}

/* ---- other ways to ask for them ---- */

t_t torsh__composite_var(sc_t *s, ct_t self, int unbiased)
{
    return torsh__composite_var_correction(s, self, NO_DIMS, torsh_scalar_i(unbiased), 0);
}

t_t torsh__composite_var_dim(sc_t *s, ct_t self, torsh_dims_t dim, int unbiased, int keepdim)
{
    return torsh__composite_var_correction(s, self, dim, torsh_scalar_i(unbiased), keepdim);
}

t_t torsh__composite_var_mean_correction(sc_t *s, ct_t self, torsh_dims_t dim, torsh_scalar_t correction,
                                         int keepdim, t_t *mean)
{
    only_floating(s, "var_mean", self);
    t_t out = torsh__composite_var_correction(s, self, dim, correction, keepdim);
    *mean = torsh__composite_mean_dim(s, self, dim, keepdim, SAME_DTYPE);
    return out;
}

t_t torsh__composite_var_mean(sc_t *s, ct_t self, int unbiased, t_t *mean)
{
    return torsh__composite_var_mean_correction(s, self, NO_DIMS, torsh_scalar_i(unbiased), 0, mean);
}

t_t torsh__composite_var_mean_dim(sc_t *s, ct_t self, torsh_dims_t dim, int unbiased, int keepdim, t_t *mean)
{
    return torsh__composite_var_mean_correction(s, self, dim, torsh_scalar_i(unbiased), keepdim, mean);
}

t_t torsh__composite_std(sc_t *s, ct_t self, int unbiased)
{
    return torsh__composite_std_correction(s, self, NO_DIMS, torsh_scalar_i(unbiased), 0);
}

t_t torsh__composite_std_dim(sc_t *s, ct_t self, torsh_dims_t dim, int unbiased, int keepdim)
{
    return torsh__composite_std_correction(s, self, dim, torsh_scalar_i(unbiased), keepdim);
}

t_t torsh__composite_std_mean_correction(sc_t *s, ct_t self, torsh_dims_t dim, torsh_scalar_t correction,
                                         int keepdim, t_t *mean)
{
    only_floating(s, "std_mean", self);
    t_t out = torsh__composite_std_correction(s, self, dim, correction, keepdim);
    *mean = torsh__composite_mean_dim(s, self, dim, keepdim, SAME_DTYPE);
    return out;
}

t_t torsh__composite_std_mean(sc_t *s, ct_t self, int unbiased, t_t *mean)
{
    return torsh__composite_std_mean_correction(s, self, NO_DIMS, torsh_scalar_i(unbiased), 0, mean);
}

t_t torsh__composite_std_mean_dim(sc_t *s, ct_t self, torsh_dims_t dim, int unbiased, int keepdim, t_t *mean)
{
    return torsh__composite_std_mean_correction(s, self, dim, torsh_scalar_i(unbiased), keepdim, mean);
}

/* ---- extremes ---- */

static t_t extremum(sc_t *s, ct_t self, bool largest)
{
    if (self->n == 0)
        scope_fail(s, TORSH_ERR_VALUE,
                   "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                   "reduction dim with the "
                   "'dim' argument.",
                   largest ? "max" : "min");
    return largest ? op_amax(s, self, NO_DIMS, 0) : op_amin(s, self, NO_DIMS, 0);
}

t_t torsh__composite_max(sc_t *s, ct_t self)
{
    return extremum(s, self, true);
}

t_t torsh__composite_min(sc_t *s, ct_t self)
{
    return extremum(s, self, false);
}

t_t torsh__composite_max_other(sc_t *s, ct_t self, ct_t other)
{
    return op_maximum(s, self, other);
}

t_t torsh__composite_min_other(sc_t *s, ct_t self, ct_t other)
{
    return op_minimum(s, self, other);
}

static t_t arg_extremum(sc_t *s, ct_t self, torsh_opt_int_t dim, int keepdim, bool largest)
{
    t_t indices = torsh__scope_dead();
    ct_t t = self;
    if (dtype_of(self) == TORSH_BOOL)
        scope_fail(s, TORSH_ERR_DTYPE, "%s(): does not support bool input", largest ? "argmax" : "argmin");
    if (!dim.given) {
        if (self->n == 0)
            scope_fail(s, TORSH_ERR_INDEX,
                       "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                       "reduction dim with "
                       "the 'dim' argument.",
                       largest ? "argmax" : "argmin");
        t = op_reshape(s, self, dims((const int64_t[]){-1}, 1));
    }
    if (largest)
        op_max_dim(s, t, dim.given ? dim.v : 0, dim.given && keepdim, &indices);
    else
        op_min_dim(s, t, dim.given ? dim.v : 0, dim.given && keepdim, &indices);
    if (dim.given || !keepdim)
        return indices;
    int64_t ones[TORSH_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++)
        ones[i] = 1;
    return op_view(s, indices, dims(ones, self->ndim));
}

t_t torsh__composite_argmax(sc_t *s, ct_t self, torsh_opt_int_t dim, int keepdim)
{
    return arg_extremum(s, self, dim, keepdim, true);
}

t_t torsh__composite_argmin(sc_t *s, ct_t self, torsh_opt_int_t dim, int keepdim)
{
    return arg_extremum(s, self, dim, keepdim, false);
}

t_t torsh__composite_any(sc_t *s, ct_t self)
{
    return op_any_dims(s, self, NO_DIMS, 0);
}

t_t torsh__composite_all(sc_t *s, ct_t self)
{
    return op_all_dims(s, self, NO_DIMS, 0);
}

t_t torsh__composite_any_dim(sc_t *s, ct_t self, int64_t dim, int keepdim)
{
    return op_any_dims(s, self, dims(&dim, 1), keepdim);
}

t_t torsh__composite_all_dim(sc_t *s, ct_t self, int64_t dim, int keepdim)
{
    return op_all_dims(s, self, dims(&dim, 1), keepdim);
}
