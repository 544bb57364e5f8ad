/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>

#include "composites.h"

#define ONE torsh_scalar_i(1)

/* ---- softmax: what runs where a backend has no kernel for it ---- */

t_t torsh__composite_softmax_int(sc_t *s, ct_t self, int64_t dim, torsh_dtype_t dtype)
{
    return op__softmax(s, converted(s, self, dtype), dim, 0);
}

t_t torsh__composite_log_softmax_int(sc_t *s, ct_t self, int64_t dim, torsh_dtype_t dtype)
{
    return op__log_softmax(s, converted(s, self, dtype), dim, 0);
}

/* self - max: exp of it does not overflow */
static t_t shifted(sc_t *s, ct_t self, int64_t dim)
{
    return op_sub(s, self, op_amax(s, self, dims(&dim, 1), 1), ONE);
}

t_t torsh__composite__softmax(sc_t *s, ct_t self, int64_t dim, int half_to_float)
{
    (void)half_to_float;
    if (self->n == 0)
        return op_clone(s, self, 0);
    t_t e = op_exp(s, shifted(s, self, dim));
    return op_div(s, e, op_sum_dim(s, e, dims(&dim, 1), 1, SAME_DTYPE));
}

t_t torsh__composite__log_softmax(sc_t *s, ct_t self, int64_t dim, int half_to_float)
{
    (void)half_to_float;
    if (self->n == 0)
        return op_clone(s, self, 0);
    t_t x = shifted(s, self, dim);
    return op_sub(s, x, op_log(s, op_sum_dim(s, op_exp(s, x), dims(&dim, 1), 1, SAME_DTYPE)), ONE);
}

t_t torsh__composite__softmax_backward_data(sc_t *s, ct_t grad_output, ct_t output, int64_t dim,
                                            torsh_dtype_t input_dtype)
{
    t_t weighted = op_mul(s, grad_output, output);
    t_t sum = op_sum_dim(s, weighted, dims(&dim, 1), 1, SAME_DTYPE);
    return converted(s, op_sub(s, weighted, op_mul(s, output, sum), ONE), input_dtype);
}

t_t torsh__composite__log_softmax_backward_data(sc_t *s, ct_t grad_output, ct_t output, int64_t dim,
                                                torsh_dtype_t input_dtype)
{
    t_t sum = op_sum_dim(s, grad_output, dims(&dim, 1), 1, SAME_DTYPE);
    return converted(s, op_sub(s, grad_output, op_mul(s, op_exp(s, output), sum), ONE), input_dtype);
}

/* ---- normalisation ---- */

t_t torsh__composite_layer_norm(sc_t *s, ct_t input, torsh_dims_t normalized_shape, ct_t weight, ct_t bias,
                                double eps, int cudnn_enable)
{
    (void)cudnn_enable;
    return op_native_layer_norm(s, input, normalized_shape, weight, bias, eps, NULL, NULL);
}

/* (x - mean) * rstd * weight + bias; weight and bias may be NULL */
static t_t normalised(sc_t *s, ct_t x, ct_t mean, ct_t rstd, ct_t weight, ct_t bias)
{
    t_t out = op_mul(s, op_sub(s, x, mean, ONE), rstd);
    out = weight ? op_mul(s, out, weight) : out;
    return bias ? op_add(s, out, bias, ONE) : out;
}

static t_t rstd_of(sc_t *s, ct_t var, double eps)
{
    return op_rsqrt(s, op_add_scalar(s, var, torsh_scalar_f(eps), ONE));
}

t_t torsh__composite_native_layer_norm(sc_t *s, ct_t input, torsh_dims_t normalized_shape, ct_t weight,
                                       ct_t bias, double eps, t_t *result1, t_t *result2)
{
    int64_t last[TORSH_MAX_DIMS];
    for (int i = 0; i < normalized_shape.n; i++)
        last[i] = input->ndim - normalized_shape.n + i;
    torsh_dims_t over = dims(last, normalized_shape.n);
    *result1 = op_mean_dim(s, input, over, 1, SAME_DTYPE);
    *result2 = rstd_of(s, op_var(s, input, over, torsh_scalar_i(0), 1), eps);
    return normalised(s, input, *result1, *result2, weight, bias);
}

t_t torsh__composite_batch_norm(sc_t *s, ct_t input, ct_t weight, ct_t bias, ct_t running_mean,
                                ct_t running_var, int training, double momentum, double eps,
                                int cudnn_enabled)
{
    (void)cudnn_enabled;
    if (input->n == 0) { /* of any shape and dtype, as in PyTorch */
        t_t out = op_clone(s, input, -1);
        out = weight ? op_mul(s, out, op_select(s, weight, 0, 0)) : out;
        return bias ? op_add(s, out, op_select(s, bias, 0, 0), torsh_scalar_i(1)) : out;
    }
    return op_native_batch_norm(s, input, weight, bias, running_mean, running_var, training, momentum, eps,
                                NULL, NULL);
}

/* running = (1 - momentum) * running + momentum * now */
static void follow(sc_t *s, ct_t running, ct_t now, double momentum)
{
    if (running)
        op_add_(s, op_mul_scalar_(s, running, torsh_scalar_f(1 - momentum)), now, torsh_scalar_f(momentum));
}

t_t torsh__composite_native_batch_norm(sc_t *s, ct_t input, ct_t weight, ct_t bias, ct_t running_mean,
                                       ct_t running_var, int training, double momentum, double eps,
                                       t_t *result1, t_t *result2)
{
    int64_t channel[TORSH_MAX_DIMS], others[TORSH_MAX_DIMS], none = 0;
    int n = 0;
    for (int i = 0; i < input->ndim; i++) {
        channel[i] = i == 1 ? -1 : 1;
        if (i != 1)
            others[n++] = i;
    }
    torsh_dims_t along = dims(channel, input->ndim);
    t_t mean, rstd;
    if (training) {
        mean = op_mean_dim(s, input, dims(others, n), 0, SAME_DTYPE);
        t_t var = op_var(s, input, dims(others, n), torsh_scalar_i(0), 0);
        rstd = rstd_of(s, var, eps);
        double m = (double)input->n / (double)torsh__size(s, input, 1);
        follow(s, running_mean, mean, momentum);
        follow(s, running_var, op_mul_scalar(s, var, torsh_scalar_f(m / (m - 1))), momentum);
        *result1 = mean;
        *result2 = rstd;
    } else {
        mean = (t_t)running_mean;
        rstd = rstd_of(s, running_var, eps);
        *result1 = op_empty(s, dims(&none, 1), dtype_of(input), -1, input->device, NO_INT, -1);
        *result2 = op_empty(s, dims(&none, 1), dtype_of(input), -1, input->device, NO_INT, -1);
    }
    return normalised(s, input, op_view(s, mean, along), op_view(s, rstd, along),
                      weight ? op_view(s, weight, along) : NULL, bias ? op_view(s, bias, along) : NULL);
}

/* ---- layers ---- */

t_t torsh__composite_linear(sc_t *s, ct_t input, ct_t weight, ct_t bias)
{
    t_t out = op_matmul(s, input, op_t(s, weight));
    return bias ? op_add(s, out, bias, ONE) : out;
}

t_t torsh__composite_conv2d(sc_t *s, ct_t input, ct_t weight, ct_t bias, torsh_dims_t stride,
                            torsh_dims_t padding, torsh_dims_t dilation, int64_t groups)
{
    if (input->ndim == 3)
        return op_squeeze_dim(
            s, op__conv2d(s, op_unsqueeze(s, input, 0), weight, bias, stride, padding, dilation, groups), 0);
    return op__conv2d(s, input, weight, bias, stride, padding, dilation, groups);
}

t_t torsh__composite_max_pool2d(sc_t *s, ct_t self, torsh_dims_t kernel_size, torsh_dims_t stride,
                                torsh_dims_t padding, torsh_dims_t dilation, int ceil_mode)
{
    return op_max_pool2d_with_indices(s, self, kernel_size, stride, padding, dilation, ceil_mode, NULL);
}

t_t torsh__composite_adaptive_avg_pool2d(sc_t *s, ct_t self, torsh_dims_t output_size)
{
    return op__adaptive_avg_pool2d(s, self, output_size);
}

/* ---- losses ---- */

static t_t reduced(sc_t *s, ct_t loss, int64_t reduction)
{
    switch (reduction) {
    case REDUCE_NONE:
        return (t_t)loss;
    case REDUCE_MEAN:
        return op_mean(s, loss, SAME_DTYPE);
    case REDUCE_SUM:
        return op_sum(s, loss, SAME_DTYPE);
    default:
        scope_fail(s, TORSH_ERR_VALUE, "%" PRId64 " is not a valid value for reduction", reduction);
        return torsh__scope_dead();
    }
}

t_t torsh__composite_mse_loss(sc_t *s, ct_t self, ct_t target, int64_t reduction)
{
    t_t distance = op_sub(s, self, target, ONE);
    return reduced(s, op_mul(s, distance, distance), reduction);
}

/* max(x, 0) - x * target + log(1 + exp(-|x|)), whose terms neither overflow nor cancel */
t_t torsh__composite_binary_cross_entropy_with_logits(sc_t *s, ct_t self, ct_t target, ct_t weight,
                                                      ct_t pos_weight, int64_t reduction)
{
    t_t softplus = op_add(s, op_log1p(s, op_exp(s, op_neg(s, op_abs(s, self)))),
                          op_clamp_min(s, op_neg(s, self), torsh_scalar_i(0)), ONE);
    t_t off = op_mul(s, op_rsub_scalar(s, target, ONE, ONE), self);
    if (pos_weight) {
        t_t scale = op_add_scalar(s, op_mul(s, op_sub_scalar(s, pos_weight, ONE, ONE), target), ONE, ONE);
        softplus = op_mul(s, scale, softplus);
    }
    t_t loss = op_add(s, off, softplus, ONE);
    return reduced(s, weight ? op_mul(s, loss, weight) : loss, reduction);
}

t_t torsh__composite_nll_loss_nd(sc_t *s, ct_t self, ct_t target, ct_t weight, int64_t reduction,
                                 int64_t ignore_index)
{
    if (self->ndim <= 2)
        return op_nll_loss_forward(s, self, target, weight, reduction, ignore_index, NULL);
    /* (N, C, d1, …) with (N, d1, …): every place is a sample */
    if (target->ndim != self->ndim - 1)
        scope_fail(s, TORSH_ERR_SHAPE, "Expected target to have %d dimensions, but got %d", self->ndim - 1,
                   target->ndim);
    for (int i = 0; scope_ok(s) && i < target->ndim; i++)
        if (target->shape[i] != self->shape[i + (i > 0)])
            scope_fail(s, TORSH_ERR_SHAPE,
                       "nll_loss: the target's dimension %d has size %" PRId64 ", the input's %" PRId64, i,
                       target->shape[i], self->shape[i + (i > 0)]);
    if (!scope_ok(s))
        return torsh__scope_dead();
    int64_t order[TORSH_MAX_DIMS] = {0}, all = -1;
    for (int i = 1; i < self->ndim - 1; i++)
        order[i] = i + 1;
    order[self->ndim - 1] = 1;
    t_t rows = op_reshape(s, op_permute(s, self, dims(order, self->ndim)),
                          dims((const int64_t[]){-1, self->shape[1]}, 2));
    t_t loss = op_nll_loss_forward(s, rows, op_reshape(s, target, dims(&all, 1)), weight, reduction,
                                   ignore_index, NULL);
    return reduction == REDUCE_NONE ? op_view(s, loss, shape_of(target)) : loss;
}

/* What is asked of the arguments besides the target if that holds probabilities. */
static bool soft_arguments_fit(sc_t *s, int64_t classes, ct_t weight, int64_t reduction, int64_t ignore_index)
{
    if (ignore_index >= 0)
        scope_fail(s, TORSH_ERR_VALUE, "ignore_index is not supported for floating point target");
    if (reduction < REDUCE_NONE || reduction > REDUCE_SUM)
        scope_fail(s, TORSH_ERR_VALUE, "Invalid reduction type encountered in cross_entropy: %" PRId64,
                   reduction);
    if (weight && (weight->ndim != 1 || weight->n != classes)) {
        char text[256];
        scope_fail(s, TORSH_ERR_SHAPE,
                   "cross_entropy: weight tensor should be defined either for all %" PRId64
                   " classes or no classes but got weight tensor of shape: %s",
                   classes, torsh__shape_text(weight->ndim, weight->shape, text, sizeof text));
    }
    return scope_ok(s);
}

/* Against probabilities: -sum(weight * target * log p) over the classes, the mean over all samples. */
static t_t soft_cross_entropy(sc_t *s, ct_t log_p, ct_t target, ct_t weight, int64_t reduction,
                              double label_smoothing, int64_t dim)
{
    if (label_smoothing > 0) {
        double n = (double)torsh__size(s, log_p, dim);
        target = op_add_scalar(s, op_mul_scalar(s, target, torsh_scalar_f(1 - label_smoothing)),
                               torsh_scalar_f(label_smoothing / n), ONE);
    }
    t_t terms = op_mul(s, log_p, target);
    if (weight) {
        int64_t along[TORSH_MAX_DIMS];
        for (int i = 0; i < log_p->ndim; i++)
            along[i] = i == dim ? -1 : 1;
        terms = op_mul(s, terms, op_view(s, weight, dims(along, log_p->ndim)));
    }
    t_t loss = op_neg(s, reduction == REDUCE_NONE ? op_sum_dim(s, terms, dims(&dim, 1), 0, SAME_DTYPE)
                                                  : op_sum(s, terms, SAME_DTYPE));
    int64_t classes = torsh__size(s, log_p, dim);
    return reduction == REDUCE_MEAN ? op_div_scalar(s, loss, torsh_scalar_i(classes ? log_p->n / classes : 0))
                                    : loss;
}

/* Szegedy et al. 2016: part of every target is spread over all classes. */
static t_t smoothed(sc_t *s, ct_t log_p, ct_t target, ct_t weight, int64_t reduction, int64_t ignore_index,
                    double label_smoothing, int64_t dim)
{
    t_t nll = op_nll_loss(s, log_p, target, weight, reduction, ignore_index);
    ct_t weighted = log_p;
    if (weight) {
        int64_t along[TORSH_MAX_DIMS];
        for (int i = 0; i < log_p->ndim; i++)
            along[i] = i == dim ? -1 : 1;
        weighted = op_mul(s, log_p, op_view(s, weight, dims(along, log_p->ndim)));
    }
    t_t ignored = op_eq_scalar(s, target, torsh_scalar_i(ignore_index));
    t_t smooth = op_masked_fill_scalar(s, op_neg(s, op_sum_dim(s, weighted, dims(&dim, 1), 0, SAME_DTYPE)),
                                       ignored, torsh_scalar_i(0));
    if (reduction != REDUCE_NONE)
        smooth = op_sum(s, smooth, SAME_DTYPE);
    if (reduction == REDUCE_MEAN) {
        t_t kept = op_logical_not(s, ignored), total;
        if (weight) {
            const int64_t flat = -1;
            t_t named = op_reshape(s, op_masked_select(s, target, kept), dims(&flat, 1));
            total = op_sum(s, op_index_select(s, weight, 0, named), SAME_DTYPE);
        } else {
            total = op_sum(s, kept, SAME_DTYPE);
        }
        smooth = op_div(s, smooth, total);
    }
    double n = (double)torsh__size(s, log_p, dim);
    return op_add(s, op_mul_scalar(s, nll, torsh_scalar_f(1 - label_smoothing)), smooth,
                  torsh_scalar_f(label_smoothing / n));
}

t_t torsh__composite_cross_entropy_loss(sc_t *s, ct_t self, ct_t target, ct_t weight, int64_t reduction,
                                        int64_t ignore_index, double label_smoothing)
{
    int64_t dim = self->ndim == 1 ? 0 : 1;
    if (!(label_smoothing >= 0 && label_smoothing <= 1))
        scope_fail(s, TORSH_ERR_VALUE, "label_smoothing must be between 0.0 and 1.0. Got: %g",
                   label_smoothing);
    if (self->ndim == 0 && target->ndim == 0 && !torsh_dtype_is_floating(dtype_of(target)))
        scope_fail(s, TORSH_ERR_DTYPE,
                   "Expected floating point type for target with class probabilities, got %s",
                   torsh_dtype_name(dtype_of(target)));
    else if (self->ndim == 0)
        scope_fail(s, TORSH_ERR_INDEX, "cross_entropy: the input must have at least 1 dimension");
    if (!scope_ok(s))
        return torsh__scope_dead();
    t_t log_p = op_log_softmax(s, self, dim, SAME_DTYPE);
    bool same_shape = target->ndim == self->ndim;
    for (int i = 0; same_shape && i < self->ndim; i++)
        same_shape = target->shape[i] == self->shape[i];
    if (same_shape && torsh_dtype_is_floating(dtype_of(target)))
        return soft_arguments_fit(s, self->shape[dim], weight, reduction, ignore_index)
                   ? soft_cross_entropy(s, log_p, target, weight, reduction, label_smoothing, dim)
                   : torsh__scope_dead();
    if (label_smoothing > 0)
        return smoothed(s, log_p, target, weight, reduction, ignore_index, label_smoothing, dim);
    return op_nll_loss(s, log_p, target, weight, reduction, ignore_index);
}
