/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Derivatives of neural network operators. */
#include "formulas.h"

#include <torsh/impl/ops.h>

#define ONE torsh_scalar_i(1)
#define NO_INT ((torsh_opt_int_t){0, 0})

static torsh_dims_t dims(const int64_t *v, int n)
{
    return (torsh_dims_t){v, n, 1};
}

static t_t sum_over(sc_t *s, ct_t t, const int64_t *over, int n, int keepdim)
{
    return n ? op_sum_dim(s, t, dims(over, n), keepdim, TORSH_DTYPE_NONE) : (t_t)t;
}

t_t torsh__d_linear_backward(sc_t *s, ct_t grad, ct_t input, ct_t weight, const bool *needs, t_t *dweight,
                             t_t *dbias)
{
    t_t dinput = NULL;
    if (weight->ndim == 1) { /* one output feature that has no dimension */
        t_t column = op_unsqueeze(s, grad, -1);
        if (needs[0])
            dinput = op_mul(s, column, weight);
        if (needs[1])
            *dweight = op_sum_to_size(s, op_mul(s, column, input), dims(weight->shape, 1));
        if (needs[2])
            *dbias = (t_t)grad;
        return dinput;
    }
    const int64_t grad_rows[] = {-1, torsh__size(s, weight, 0)},
                  input_rows[] = {-1, torsh__size(s, weight, 1)};
    bool empty = grad->n == 0 || input->n == 0;
    t_t g = grad->ndim == 2 ? (t_t)grad : empty ? NULL : op_reshape(s, grad, dims(grad_rows, 2));
    t_t x = input->ndim == 2 ? (t_t)input : empty ? NULL : op_reshape(s, input, dims(input_rows, 2));
    if (!g || !x) {
        const torsh_device_t same = {-1, -1};
        dinput = op_zeros_like(s, input, TORSH_DTYPE_NONE, -1, same, NO_INT, -1);
        *dweight = op_zeros_like(s, weight, TORSH_DTYPE_NONE, -1, same, NO_INT, -1);
        if (needs[2])
            *dbias = op_sum_to_size(s, grad, dims(weight->shape, 1));
        return dinput;
    }
    if (needs[0])
        dinput = op_view(s, op_mm(s, g, weight), dims(input->shape, input->ndim));
    if (needs[1])
        *dweight = op_mm(s, op_t(s, g), x);
    if (needs[2])
        *dbias = op_sum_dim(s, g, dims((const int64_t[]){0}, 1), 0, TORSH_DTYPE_NONE);
    return dinput;
}

/* softmax's gradient y (g - sum(g y)), differentiated by g (first) and by y */
t_t torsh__d_softmax_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t output, int64_t dim,
                                       const bool *needs, t_t *doutput)
{
    t_t weighted = op_mul(s, grad, output), total = sum_over(s, weighted, &dim, 1, 1);
    if (needs[1]) {
        t_t inner = sum_over(s, op_mul(s, grad_output, output), &dim, 1, 1);
        *doutput = op_sub(s, op_mul(s, grad, op_sub(s, grad_output, inner, ONE)),
                          op_mul(s, grad_output, total), ONE);
    }
    return needs[0] ? op_sub(s, weighted, op_mul(s, output, total), ONE) : NULL;
}

/* log_softmax's gradient g - exp(y) sum(g), likewise */
t_t torsh__d_log_softmax_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t output, int64_t dim,
                                           const bool *needs, t_t *doutput)
{
    t_t weighted = op_mul(s, grad, op_exp(s, output));
    if (needs[1])
        *doutput = op_neg(s, op_mul(s, weighted, sum_over(s, grad_output, &dim, 1, 1)));
    return needs[0] ? op_sub(s, grad, sum_over(s, weighted, &dim, 1, 1), ONE) : NULL;
}

/* With x^ = (x - mean) rstd and g the gradient of x^: rstd (g - mean(g) - x^ mean(g x^)), over the dims
 * `over` of n values. */
static t_t normalisation_backward(sc_t *s, ct_t g, ct_t x_hat, ct_t rstd, const int64_t *over, int n_over,
                                  double n)
{
    t_t mean_g = op_div_scalar(s, sum_over(s, g, over, n_over, 1), torsh_scalar_f(n));
    t_t mean_gx = op_div_scalar(s, sum_over(s, op_mul(s, g, x_hat), over, n_over, 1), torsh_scalar_f(n));
    t_t centred = op_sub(s, op_sub(s, g, mean_g, ONE), op_mul(s, x_hat, mean_gx), ONE);
    return op_mul(s, centred, rstd);
}

/* Under create_graph the saved statistics will not do: they depend on the input. */
static void statistics(sc_t *s, ct_t input, const int64_t *over, int n, double eps, ct_t *mean, ct_t *rstd)
{
    t_t var = op_var(s, input, dims(over, n), torsh_scalar_i(0), 1);
    *mean = op_mean_dim(s, input, dims(over, n), 1, TORSH_DTYPE_NONE);
    *rstd = op_rsqrt(s, op_add_scalar(s, var, torsh_scalar_f(eps), ONE));
}

t_t torsh__d_layer_norm_backward(sc_t *s, ct_t grad, ct_t input, torsh_dims_t normalized_shape, ct_t mean,
                                 ct_t rstd, ct_t weight, double eps, const bool *needs, t_t *dweight,
                                 t_t *dbias)
{
    int64_t last[TORSH_MAX_DIMS], lead[TORSH_MAX_DIMS];
    int n_last = normalized_shape.n, n_lead = input->ndim - n_last;
    double n = 1;
    for (int i = 0; i < n_last; i++) {
        last[i] = n_lead + i;
        n *= (double)normalized_shape.v[i];
    }
    for (int i = 0; i < n_lead; i++)
        lead[i] = i;
    if (torsh_is_grad_enabled())
        statistics(s, input, last, n_last, eps, &mean, &rstd);
    t_t x_hat = op_mul(s, op_sub(s, input, mean, ONE), rstd);
    if (needs[1])
        *dweight = sum_over(s, op_mul(s, grad, x_hat), lead, n_lead, 0);
    if (needs[2])
        *dbias = sum_over(s, grad, lead, n_lead, 0);
    return needs[0] ? normalisation_backward(s, weight ? op_mul(s, grad, weight) : grad, x_hat, rstd, last,
                                             n_last, n)
                    : NULL;
}

t_t torsh__d_batch_norm_backward(sc_t *s, ct_t grad, ct_t input, ct_t weight, ct_t running_mean,
                                 ct_t running_var, ct_t mean, ct_t rstd, int training, double eps,
                                 const bool *needs, t_t *dweight, t_t *dbias)
{
    int64_t channel[TORSH_MAX_DIMS], others[TORSH_MAX_DIMS];
    int n = 0;
    for (int i = 0; i < input->ndim; i++) {
        channel[i] = i == 1 ? -1 : 1;
        if (i != 1)
            others[n++] = i;
    }
    torsh_dims_t along = dims(channel, input->ndim);
    if (!training) {
        mean = running_mean;
        rstd = op_rsqrt(s, op_add_scalar(s, running_var, torsh_scalar_f(eps), ONE));
    }
    if (training && torsh_is_grad_enabled())
        statistics(s, input, others, n, eps, &mean, &rstd);
    t_t m = op_view(s, mean, along), r = op_view(s, rstd, along),
        x_hat = op_mul(s, op_sub(s, input, m, ONE), r);
    if (needs[1])
        *dweight = sum_over(s, op_mul(s, grad, x_hat), others, n, 0);
    if (needs[2])
        *dbias = sum_over(s, grad, others, n, 0);
    if (!needs[0])
        return NULL;
    t_t g = weight ? op_mul(s, grad, op_view(s, weight, along)) : (t_t)grad;
    int64_t channels = torsh__size(s, input, 1);
    return training ? normalisation_backward(s, g, x_hat, r, others, n,
                                             channels ? (double)(input->n / channels) : 0)
                    : op_mul(s, g, r);
}

t_t torsh__d_conv2d_backward(sc_t *s, ct_t grad, ct_t input, ct_t weight, torsh_dims_t stride,
                             torsh_dims_t padding, torsh_dims_t dilation, int64_t groups, const bool *needs,
                             t_t *dweight, t_t *dbias)
{
    static const int64_t over[] = {0, 2, 3};
    if (needs[1])
        *dweight = op__conv2d_backward_weight(s, grad, input, dims(weight->shape, weight->ndim), stride,
                                              padding, dilation, groups);
    if (needs[2])
        *dbias = sum_over(s, grad, over, 3, 0);
    return needs[0] ? op__conv2d_backward_input(s, grad, weight, dims(input->shape, input->ndim), stride,
                                                padding, dilation, groups)
                    : NULL;
}

/* The indices name places in the (H, W) plane, which is one dimension here. */
t_t torsh__d_max_pool2d_with_indices_backward(sc_t *s, ct_t grad, ct_t indices, torsh_dims_t shape)
{
    int64_t flat_in[TORSH_MAX_DIMS], flat_out[TORSH_MAX_DIMS];
    int n = shape.n - 1;
    for (int i = 0; i < n - 1; i++)
        flat_in[i] = flat_out[i] = shape.v[i];
    flat_in[n - 1] = shape.v[n - 1] * shape.v[n];
    flat_out[n - 1] = torsh__size(s, indices, -1) * torsh__size(s, indices, -2);
    t_t into = op_zeros(s, dims(flat_in, n), (torsh_dtype_t)grad->dtype, -1, grad->device, NO_INT);
    t_t out = op_scatter_add(s, into, -1, op_reshape(s, indices, dims(flat_out, n)),
                             op_reshape(s, grad, dims(flat_out, n)));
    return op_view(s, out, shape);
}

t_t torsh__d_adaptive_avg_pool2d_of(sc_t *s, ct_t grad, torsh_dims_t output_shape)
{
    return op__adaptive_avg_pool2d(s, grad, dims(output_shape.v + output_shape.n - 2, 2));
}

/* nll_loss_backward is linear in grad_output: its derivative is nll_loss itself, of the incoming gradient. */
t_t torsh__d_nll_loss_double_backward(sc_t *s, ct_t grad, ct_t target, ct_t weight, int64_t reduction,
                                      int64_t ignore_index, ct_t total_weight)
{
    (void)total_weight;
    return op_nll_loss_forward(s, grad, target, weight, reduction, ignore_index, NULL);
}
