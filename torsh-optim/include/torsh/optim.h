/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-optim: SGD, Adam, AdamW, Adadelta; one fused call over all parameters. Part of the C ABI.
 *
 *     torsh_optimizer_t *optimizer = torsh_adam_new(torsh_module_parameters(model), 0.001, 0.9, 0.999, 1e-8);
 *     torsh_optimizer_zero_grad(optimizer);
 *     torsh_backward(loss, false);
 *     torsh_optimizer_step(optimizer);
 *     torsh_optimizer_free(optimizer);
 *
 * A step changes parameters in place and is recorded nowhere. Parameters without gradient stay as they are.
 * float32, float64, float16 and bfloat16 (these compute in float), mixed as they come. */
#ifndef TORSH_OPTIM_H
#define TORSH_OPTIM_H

#include <torsh/io.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct torsh_optimizer torsh_optimizer_t;

/* ---- making one -----------------------------------------------------------------------------
 * params: leaves, each once; the optimizer retains them. Numbers as in PyTorch; VALUE for those that make no
 * sense, for no parameters, for one given twice and for results of operators; NULL. */

/* p -= lr * m / (sqrt(v) + eps), m and v being bias-corrected averages of the gradient and its square. */
TORSH_API torsh_optimizer_t *torsh_adam_new(const torsh_tensor_list_t *params, double lr, double beta1,
                                            double beta2, double eps);
/* The same, and p -= lr * weight_decay * p. */
TORSH_API torsh_optimizer_t *torsh_adamw_new(const torsh_tensor_list_t *params, double lr, double beta1,
                                             double beta2, double eps, double weight_decay);
/* p -= lr * b, b = momentum * b + (1 - dampening) * gradient; nesterov looks one step ahead. weight_decay * p
 * is added to the gradient. */
TORSH_API torsh_optimizer_t *torsh_sgd_new(const torsh_tensor_list_t *params, double lr, double momentum,
                                           double dampening, double weight_decay, int nesterov);
/* Steps as long as the average of recent ones, in units of the gradient's average. */
TORSH_API torsh_optimizer_t *torsh_adadelta_new(const torsh_tensor_list_t *params, double lr, double rho,
                                                double eps, double weight_decay);

/* With every argument, over any n tensors. decoupled: AdamW's decay, else weight_decay * p is added to the
 * gradient. amsgrad: divides by the largest v so far. maximize: uphill. */
TORSH_API torsh_optimizer_t *torsh_adam_new_with_error(torsh_tensor_t *const *params, int n, double lr,
                                                       double beta1, double beta2, double eps,
                                                       double weight_decay, int decoupled, int amsgrad,
                                                       int maximize, torsh_error_t **error);
TORSH_API torsh_optimizer_t *torsh_sgd_new_with_error(torsh_tensor_t *const *params, int n, double lr,
                                                      double momentum, double dampening, double weight_decay,
                                                      int nesterov, int maximize, torsh_error_t **error);
TORSH_API torsh_optimizer_t *torsh_adadelta_new_with_error(torsh_tensor_t *const *params, int n, double lr,
                                                           double rho, double eps, double weight_decay,
                                                           int maximize, torsh_error_t **error);
TORSH_API void torsh_optimizer_free(torsh_optimizer_t *optimizer); /* NULL is fine */

/* ---- using it ------------------------------------------------------------------------------- */

/* Forgets the gradients (they are NULL afterwards, as in PyTorch). */
TORSH_API torsh_status_t torsh_optimizer_zero_grad(torsh_optimizer_t *optimizer);
/* One step for all parameters that have a gradient. SHAPE, DTYPE, DEVICE for gradients that do not fit;
 * MEMORY. */
TORSH_API torsh_status_t torsh_optimizer_step(torsh_optimizer_t *optimizer);
/* The learning rate of the next steps; VALUE if negative. 0 for NULL. */
TORSH_API torsh_status_t torsh_optimizer_set_lr(torsh_optimizer_t *optimizer, double lr);
TORSH_API double torsh_optimizer_lr(const torsh_optimizer_t *optimizer);

/* What a later run needs to go on: "lr" (float64) and, by number of the parameter and PyTorch's name,
 * "0.step" (int64), "0.exp_avg", "0.exp_avg_sq", "0.max_exp_avg_sq"; "0.momentum_buffer"; "0.square_avg",
 * "0.acc_delta". Parameters that never had a gradient have none. The tensors share the optimizer's memory.
 * The caller frees it. */
TORSH_API torsh_state_t *torsh_optimizer_state(const torsh_optimizer_t *optimizer);
/* Copies such a state in. VALUE names what is missing or not known, SHAPE what does not fit; then nothing has
 * changed. */
TORSH_API torsh_status_t torsh_optimizer_load_state(torsh_optimizer_t *optimizer, const torsh_state_t *state,
                                                    torsh_error_t **error);

/* ---- single steps for who keeps the state ---------------------------------------------------
 * params[n] are changed; grads[n]: of the same shape, dtype and device, NULL: this parameter stays as it is.
 * State: as the parameter; an entry that is NULL is made when it is first needed and is then the caller's.
 * VALUE for tensors that overlap, NULL, SHAPE, DTYPE, DEVICE, MEMORY; on failure no step was made. */

/* momentum_buffers may be NULL if momentum is 0. */
TORSH_API torsh_status_t torsh_optim_sgd_step(torsh_tensor_t *const *params,
                                              const torsh_tensor_t *const *grads,
                                              torsh_tensor_t **momentum_buffers, int n, double lr,
                                              double momentum, double dampening, double weight_decay,
                                              int nesterov, int maximize, torsh_error_t **error);
/* max_exp_avg_sqs: NULL for no AMSGrad. steps[n]: how many steps each parameter has made; counted up here. */
TORSH_API torsh_status_t torsh_optim_adam_step(torsh_tensor_t *const *params,
                                               const torsh_tensor_t *const *grads, torsh_tensor_t **exp_avgs,
                                               torsh_tensor_t **exp_avg_sqs, torsh_tensor_t **max_exp_avg_sqs,
                                               int64_t *steps, int n, double lr, double beta1, double beta2,
                                               double eps, double weight_decay, int decoupled, int maximize,
                                               torsh_error_t **error);
TORSH_API torsh_status_t torsh_optim_adadelta_step(torsh_tensor_t *const *params,
                                                   const torsh_tensor_t *const *grads,
                                                   torsh_tensor_t **square_avgs, torsh_tensor_t **acc_deltas,
                                                   int n, double lr, double rho, double eps,
                                                   double weight_decay, int maximize, torsh_error_t **error);

#ifdef __cplusplus
}
#endif
#endif
