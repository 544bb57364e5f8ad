/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Derivatives too long for a line of the table: what a formula there calls that is no operator.
 * Written over operators alone, so they are right on every backend and can be differentiated again. */
#ifndef TORSH_FORMULAS_H
#define TORSH_FORMULAS_H

#include <torsh/impl/tensor.h>

#include "vjp.h"

/* x itself until complex dtypes have kernels; formulas name it so that they need no change then. */
static inline const torsh_tensor_t *torsh__d_conj(torsh__scope_t *s, const torsh_tensor_t *x)
{
    (void)s;
    return x;
}

typedef torsh__scope_t sc_t;
typedef const torsh_tensor_t *ct_t;
typedef torsh_tensor_t *t_t;

/* where PyTorch has none either */
t_t torsh__d_not_implemented(sc_t *s, ct_t grad);

/* pointwise */
t_t torsh__d_pow_backward_self(sc_t *s, ct_t grad, ct_t self, ct_t exponent);
t_t torsh__d_pow_backward_exponent(sc_t *s, ct_t grad, ct_t self, ct_t exponent, ct_t result);
t_t torsh__d_div_mode_backward_self(sc_t *s, ct_t grad, ct_t other, int rounding_mode);
t_t torsh__d_div_mode_backward_other(sc_t *s, ct_t grad, ct_t self, ct_t other, int rounding_mode);
t_t torsh__d_extremum_backward(sc_t *s, ct_t grad, ct_t self, ct_t other, int largest);
t_t torsh__d_silu_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t self);
t_t torsh__d_gelu_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t self, int approximate);
t_t torsh__d_to_backward(sc_t *s, ct_t grad, torsh_dtype_t dtype, torsh_device_t device);

/* reductions */
t_t torsh__d_sum_backward(sc_t *s, ct_t grad, torsh_dims_t shape, torsh_dims_t dim, int keepdim);
t_t torsh__d_amax_backward(sc_t *s, ct_t grad, ct_t self, ct_t result, torsh_dims_t dim, int keepdim);
t_t torsh__d_value_selecting_reduction_backward(sc_t *s, ct_t grad, int64_t dim, ct_t indices,
                                                torsh_dims_t shape, int keepdim);

/* views */
t_t torsh__d_as_strided_backward(sc_t *s, ct_t grad, torsh_dims_t shape, torsh_dims_t strides, int64_t offset,
                                 torsh_dims_t size, torsh_dims_t stride, torsh_opt_int_t storage_offset);
t_t torsh__d_permute_backward(sc_t *s, ct_t grad, torsh_dims_t dims);
t_t torsh__d_slice_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, torsh_opt_int_t start,
                            torsh_opt_int_t end, int64_t step);
t_t torsh__d_select_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, int64_t index);
t_t torsh__d_diagonal_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t offset, int64_t dim1,
                               int64_t dim2);

/* indexing */
void torsh__d_cat_backward(sc_t *s, ct_t grad, const torsh__saved_meta_t *metas, int64_t dim, int n,
                           const bool *needs, t_t *out);
t_t torsh__d_index_select_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, ct_t index);
t_t torsh__d_gather_backward(sc_t *s, ct_t grad, torsh_dims_t shape, int64_t dim, ct_t index);
t_t torsh__d_index_backward(sc_t *s, ct_t grad, torsh_dims_t shape, const torsh_tensor_t *const *indices,
                            int n, int64_t first);
t_t torsh__d_index_put_backward_self(sc_t *s, ct_t grad, const torsh_tensor_t *const *indices, int n,
                                     int64_t first, int accumulate);
t_t torsh__d_embedding_backward(sc_t *s, ct_t grad, torsh_dims_t shape, ct_t indices, int64_t padding_idx,
                                int scale_grad_by_freq);

/* nn; functions with `needs` give several gradients: the first is returned */
t_t torsh__d_linear_backward(sc_t *s, ct_t grad, ct_t input, ct_t weight, const bool *needs, t_t *dweight,
                             t_t *dbias);
t_t torsh__d_softmax_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t output, int64_t dim,
                                       const bool *needs, t_t *doutput);
t_t torsh__d_log_softmax_backward_backward(sc_t *s, ct_t grad, ct_t grad_output, ct_t output, int64_t dim,
                                           const bool *needs, t_t *doutput);
t_t torsh__d_layer_norm_backward(sc_t *s, ct_t grad, ct_t input, torsh_dims_t normalized_shape, ct_t mean,
                                 ct_t rstd, ct_t weight, double eps, const bool *needs, t_t *dweight,
                                 t_t *dbias);
t_t torsh__d_batch_norm_backward(sc_t *s, ct_t grad, ct_t input, ct_t weight, ct_t running_mean,
                                 ct_t running_var, ct_t mean, ct_t rstd, int training, double eps,
                                 const bool *needs, t_t *dweight, t_t *dbias);
t_t torsh__d_conv2d_backward(sc_t *s, ct_t grad, ct_t input, ct_t weight, torsh_dims_t stride,
                             torsh_dims_t padding, torsh_dims_t dilation, int64_t groups, const bool *needs,
                             t_t *dweight, t_t *dbias);
t_t torsh__d_max_pool2d_with_indices_backward(sc_t *s, ct_t grad, ct_t indices, torsh_dims_t shape);
t_t torsh__d_adaptive_avg_pool2d_of(sc_t *s, ct_t grad, torsh_dims_t output_shape);
t_t torsh__d_nll_loss_double_backward(sc_t *s, ct_t grad, ct_t target, ct_t weight, int64_t reduction,
                                      int64_t ignore_index, ct_t total_weight);

#endif
