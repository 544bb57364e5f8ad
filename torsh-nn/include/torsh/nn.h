/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-nn: modules, their parameters and state, initialisation. Part of the C ABI.
 *
 *     torsh_module_t *model = torsh_sequential_new();
 *     torsh_sequential_add(model, torsh_linear_new(784, 128, true));
 *     torsh_sequential_add(model, torsh_relu_new());
 *     torsh_sequential_add(model, torsh_linear_new(128, 10, true));
 *     torsh_tensor_t *logits = torsh_module_forward(model, images);
 *     torsh_module_free(model);
 *
 * Names, defaults, initial values, state and errors are PyTorch's: the same seed gives the same weights.
 * Parameters are made on the CPU in the default dtype and require grad. Constructors return NULL and leave an
 * error: MEMORY, SHAPE for sizes that are negative or too large, VALUE for numbers that make no sense. X_new
 * takes what is usual, X_new_with_error every argument. One number for a size is height and width both. */
#ifndef TORSH_NN_H
#define TORSH_NN_H

#include <torsh/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counted. A module is used by one thread at a time. */
typedef struct torsh_module torsh_module_t;

TORSH_API torsh_module_t *torsh_module_retain(const torsh_module_t *module);
TORSH_API void torsh_module_release(torsh_module_t *module); /* NULL is fine */
TORSH_API void torsh_module_free(torsh_module_t *module);    /* the same */

/* The caller owns the result. NULL with the operator's error, behind which stands where it happened:
 * "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5) (module 0.1: Linear, input [2, 3] float32)". */
TORSH_API torsh_tensor_t *torsh_module_forward(torsh_module_t *module, const torsh_tensor_t *input);
TORSH_API torsh_tensor_t *torsh_module_forward_with_error(torsh_module_t *module, const torsh_tensor_t *input,
                                                          torsh_error_t **error);
/* Training (dropout drops, batch norm follows its input) or evaluation, for the module and all in it. New
 * ones train. */
TORSH_API torsh_status_t torsh_module_train(torsh_module_t *module, int mode);
TORSH_API bool torsh_module_is_training(const torsh_module_t *module);
/* The class: "Linear", …; lent. */
TORSH_API const char *torsh_module_type(const torsh_module_t *module);

/* ---- what is in it ---- */

/* All parameters (buffers), each once, in PyTorch's order. The module owns the list, which stands until the
 * next call after modules or tensors were added. NULL with an error: NULL, MEMORY. */
TORSH_API torsh_tensor_list_t *torsh_module_parameters(torsh_module_t *module);
TORSH_API torsh_tensor_list_t *torsh_module_buffers(torsh_module_t *module);
/* "0.weight": the name of number i in that list; lent, as long as the list. NULL (and no error) beyond its
 * end. */
TORSH_API const char *torsh_module_parameter_name(torsh_module_t *module, int i);
TORSH_API const char *torsh_module_buffer_name(torsh_module_t *module, int i);
/* A parameter or buffer, and a module, by name ("0.weight", "0.1"). Lent; NULL (and no error) if there is
 * none. */
TORSH_API torsh_tensor_t *torsh_module_tensor(const torsh_module_t *module, const char *name);
TORSH_API torsh_module_t *torsh_module_child(const torsh_module_t *module, const char *name);

/* Forgets the gradients of all parameters. */
TORSH_API torsh_status_t torsh_module_zero_grad(torsh_module_t *module);
/* Moves parameters, gradients and buffers to a device (kind -1: stay) and, where they are floating, to a
 * floating dtype (TORSH_DTYPE_NONE: stay). The tensors remain the same objects. TYPE, DEVICE, MEMORY. */
TORSH_API torsh_status_t torsh_module_to(torsh_module_t *module, torsh_dtype_t dtype, torsh_device_t device,
                                         torsh_error_t **error);

/* PyTorch's state_dict: "0.weight", "0.running_mean" …, on the module's memory, with its "_metadata". The
 * caller frees it. */
TORSH_API torsh_state_t *torsh_module_state(const torsh_module_t *module);
/* Copies a state in, converting dtype and device. VALUE names what is missing or (strict) not expected, SHAPE
 * what has another shape, as PyTorch says it; then nothing has changed. Not strict: takes what is there. */
TORSH_API torsh_status_t torsh_module_load_state(torsh_module_t *module, const torsh_state_t *state,
                                                 int strict, torsh_error_t **error);

/* ---- containers and modules of one's own ---- */

/* Modules one after the other, named "0", "1", … */
TORSH_API torsh_module_t *torsh_sequential_new(void);
/* Takes the module over, also when it fails; NULL after an earlier failure: fails as that. VALUE for a module
 * that would contain itself. To put one module in two places, retain it. */
TORSH_API torsh_status_t torsh_sequential_add(torsh_module_t *sequential, torsh_module_t *module);

/* *output: a new reference. On failure leaves an error, of an operator or by torsh_error_raise. `module` is
 * the one that runs: its parameters are had by torsh_module_tensor, its modules by torsh_module_child and
 * torsh_module_forward. */
typedef torsh_status_t (*torsh_forward_t)(void *ctx, torsh_module_t *module, const torsh_tensor_t *input,
                                          torsh_tensor_t **output);
/* A module out of a function. type: for messages, copied. destroy(ctx) (may be NULL) runs when the module
 * goes, not when this fails. */
TORSH_API torsh_module_t *torsh_module_new(const char *type, torsh_forward_t forward, void *ctx,
                                           void (*destroy)(void *ctx), torsh_error_t **error);
/* Adds to any module under a name without '.', not used so far. Tensors are retained, NULL: the name stands
 * for none; parameters require grad from now on. Modules are taken over, also on failure. VALUE, NULL, DTYPE,
 * MEMORY. */
TORSH_API torsh_status_t torsh_module_add_parameter(torsh_module_t *module, const char *name,
                                                    torsh_tensor_t *tensor);
/* persistent: is part of the state. */
TORSH_API torsh_status_t torsh_module_add_buffer(torsh_module_t *module, const char *name,
                                                 torsh_tensor_t *tensor, int persistent);
TORSH_API torsh_status_t torsh_module_add_module(torsh_module_t *module, const char *name,
                                                 torsh_module_t *child);

/* ---- layers ---- */

/* x @ weight.T + bias; weight [out, in], bias [out]. */
TORSH_API torsh_module_t *torsh_linear_new(int64_t in_features, int64_t out_features, int bias);
TORSH_API torsh_module_t *torsh_linear_new_with_error(int64_t in_features, int64_t out_features, int bias,
                                                      torsh_error_t **error);
/* Filters over (N, C, H, W) or (C, H, W); weight [out, in / groups, kernel], bias [out]. Short form: square,
 * with bias. */
TORSH_API torsh_module_t *torsh_conv2d_new(int64_t in_channels, int64_t out_channels, int64_t kernel_size,
                                           int64_t stride, int64_t padding);
TORSH_API torsh_module_t *torsh_conv2d_new_with_error(int64_t in_channels, int64_t out_channels,
                                                      const int64_t *kernel_size, int n_kernel_size,
                                                      const int64_t *stride, int n_stride,
                                                      const int64_t *padding, int n_padding,
                                                      const int64_t *dilation, int n_dilation, int64_t groups,
                                                      int bias, torsh_error_t **error);
/* Rows of a table: weight [num_embeddings, dim], normally distributed. padding_idx (may be NULL): a row of
 * zeros that receives no gradient. */
TORSH_API torsh_module_t *torsh_embedding_new(int64_t num_embeddings, int64_t embedding_dim);
TORSH_API torsh_module_t *torsh_embedding_new_with_error(int64_t num_embeddings, int64_t embedding_dim,
                                                         const int64_t *padding_idx, torsh_error_t **error);

TORSH_API torsh_module_t *torsh_relu_new(void);
TORSH_API torsh_module_t *torsh_sigmoid_new(void);
TORSH_API torsh_module_t *torsh_tanh_new(void);
TORSH_API torsh_module_t *torsh_silu_new(void);
TORSH_API torsh_module_t *torsh_gelu_new(void);
/* approximate: "none" or "tanh". */
TORSH_API torsh_module_t *torsh_gelu_new_with_error(const char *approximate, torsh_error_t **error);
TORSH_API torsh_module_t *torsh_leaky_relu_new(double negative_slope);
TORSH_API torsh_module_t *torsh_softmax_new(int64_t dim);
/* Dimensions 1 to the last become one. */
TORSH_API torsh_module_t *torsh_flatten_new(void);
TORSH_API torsh_module_t *torsh_flatten_new_with_error(int64_t start_dim, int64_t end_dim,
                                                       torsh_error_t **error);
/* In training zeroes each element with probability p. */
TORSH_API torsh_module_t *torsh_dropout_new(double p);

/* Over (N, C) or (N, C, L), and over (N, C, H, W). eps 1e-5, momentum 0.1, affine, with running statistics.
 */
TORSH_API torsh_module_t *torsh_batch_norm1d_new(int64_t num_features);
TORSH_API torsh_module_t *torsh_batch_norm2d_new(int64_t num_features);
/* dims: 1 or 2. momentum NULL: the running statistics are averages over all batches. */
TORSH_API torsh_module_t *torsh_batch_norm_new_with_error(int dims, int64_t num_features, double eps,
                                                          const double *momentum, int affine,
                                                          int track_running_stats, torsh_error_t **error);
/* Over the last n dimensions, whose sizes are given. eps 1e-5, with weight and bias. */
TORSH_API torsh_module_t *torsh_layer_norm_new(const int64_t *normalized_shape, int n);
TORSH_API torsh_module_t *torsh_layer_norm_new_with_error(const int64_t *normalized_shape, int n, double eps,
                                                          int elementwise_affine, int bias,
                                                          torsh_error_t **error);

TORSH_API torsh_module_t *torsh_max_pool2d_new(int64_t kernel_size, int64_t stride, int64_t padding);
/* n_stride 0: as kernel_size. */
TORSH_API torsh_module_t *torsh_max_pool2d_new_with_error(const int64_t *kernel_size, int n_kernel_size,
                                                          const int64_t *stride, int n_stride,
                                                          const int64_t *padding, int n_padding,
                                                          const int64_t *dilation, int n_dilation,
                                                          int ceil_mode, torsh_error_t **error);
TORSH_API torsh_module_t *torsh_avg_pool2d_new(int64_t kernel_size, int64_t stride, int64_t padding);
TORSH_API torsh_module_t *torsh_avg_pool2d_new_with_error(const int64_t *kernel_size, int n_kernel_size,
                                                          const int64_t *stride, int n_stride,
                                                          const int64_t *padding, int n_padding,
                                                          int ceil_mode, int count_include_pad,
                                                          const int64_t *divisor_override,
                                                          torsh_error_t **error);
TORSH_API torsh_module_t *torsh_adaptive_avg_pool2d_new(int64_t height, int64_t width);

/* ---- initialisation: torch.nn.init ----------------------------------------------------------
 * Fills t in place, unrecorded. generator NULL: the default one. Fans need two dimensions (VALUE). mode:
 * "fan_in" (also NULL) or "fan_out"; nonlinearity: "leaky_relu" (also NULL; slope a), "relu", "tanh", "selu",
 * "linear", "sigmoid", "conv2d" … */

TORSH_API torsh_status_t torsh_init_uniform_(torsh_tensor_t *t, double a, double b,
                                             torsh_generator_t *generator, torsh_error_t **error);
TORSH_API torsh_status_t torsh_init_normal_(torsh_tensor_t *t, double mean, double std,
                                            torsh_generator_t *generator, torsh_error_t **error);
TORSH_API torsh_status_t torsh_init_constant_(torsh_tensor_t *t, double value, torsh_error_t **error);
/* Glorot and Bengio 2010 */
TORSH_API torsh_status_t torsh_init_xavier_uniform_(torsh_tensor_t *t, double gain,
                                                    torsh_generator_t *generator, torsh_error_t **error);
TORSH_API torsh_status_t torsh_init_xavier_normal_(torsh_tensor_t *t, double gain,
                                                   torsh_generator_t *generator, torsh_error_t **error);
/* He et al. 2015 */
TORSH_API torsh_status_t torsh_init_kaiming_uniform_(torsh_tensor_t *t, double a, const char *mode,
                                                     const char *nonlinearity, torsh_generator_t *generator,
                                                     torsh_error_t **error);
TORSH_API torsh_status_t torsh_init_kaiming_normal_(torsh_tensor_t *t, double a, const char *mode,
                                                    const char *nonlinearity, torsh_generator_t *generator,
                                                    torsh_error_t **error);
/* The factor that keeps variances through a nonlinearity; NaN with a VALUE error for an unknown one. */
TORSH_API double torsh_init_calculate_gain(const char *nonlinearity, double a, torsh_error_t **error);
/* What Linear and Conv2d begin with: weight, then bias (may be NULL), both uniform up to 1 / sqrt(fan_in). */
TORSH_API torsh_status_t torsh_init_linear_(torsh_tensor_t *weight, torsh_tensor_t *bias,
                                            torsh_generator_t *generator, torsh_error_t **error);

#ifdef __cplusplus
}
#endif
#endif
