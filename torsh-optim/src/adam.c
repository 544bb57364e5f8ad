/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019), AMSGrad (Reddi et al. 2018). */
#include <math.h>

#include "fused.h"
#include "optimizer.h"

typedef torsh___optim_adam__params_t params_t;

void torsh__adam_composite(torsh__scope_t *s, const void *params, int64_t step, torsh_tensor_t *const *t)
{
    const params_t *p = params;
    torsh_tensor_t *average = t[2], *square = t[3], *largest = t[4],
                   *d = p->maximize ? op_neg(s, t[1]) : t[1];
    const double done1 = 1 - pow(p->beta1, (double)step), done2 = 1 - pow(p->beta2, (double)step);
    if (p->weight_decay != 0 && p->decoupled)
        op_mul_scalar_(s, t[0], torsh_scalar_f(1 - p->lr * p->weight_decay));
    else if (p->weight_decay != 0)
        d = op_add(s, d, t[0], torsh_scalar_f(p->weight_decay));
    op_add_(s, op_mul_scalar_(s, average, torsh_scalar_f(p->beta1)), d, torsh_scalar_f(1 - p->beta1));
    op_add_(s, op_mul_scalar_(s, square, torsh_scalar_f(p->beta2)), op_mul(s, d, d),
            torsh_scalar_f(1 - p->beta2));
    if (largest)
        op_copy_(s, largest, op_maximum(s, largest, square), 0);
    torsh_tensor_t *root =
        op_div_scalar(s, op_sqrt(s, largest ? largest : square), torsh_scalar_f(sqrt(done2)));
    torsh_tensor_t *denominator = op_add_scalar(s, root, torsh_scalar_f(p->eps), torsh_scalar_i(1));
    op_add_(s, t[0], op_div(s, average, denominator), torsh_scalar_f(-p->lr / done1));
}

/* numbers: room for n */
static torsh_status_t run(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                          torsh_tensor_t **exp_avgs, torsh_tensor_t **exp_avg_sqs,
                          torsh_tensor_t **max_exp_avg_sqs, int64_t *steps, int n, int64_t *numbers,
                          const params_t *p)
{
    TRY(torsh__state_make(params, grads, exp_avgs, n));
    TRY(torsh__state_make(params, grads, exp_avg_sqs, n));
    if (max_exp_avg_sqs)
        TRY(torsh__state_make(params, grads, max_exp_avg_sqs, n));
    for (int i = 0; i < n; i++) {
        if (grads[i] && steps[i] < 0)
            return torsh__fail(TORSH_ERR_VALUE, "optim_adam_step: steps of tensor %d is negative", i);
        numbers[i] = steps[i] + 1;
    }
    const torsh__fused_t f = {
        .op = &torsh__record__optim_adam_,
        .params = p,
        .ints = numbers,
        .n = n,
        .n_lists = max_exp_avg_sqs ? 5 : 4,
        .lists = {params, (torsh_tensor_t *const *)grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs},
        .composite = torsh__adam_composite};
    TRY(torsh__fused(&f));
    for (int i = 0; i < n; i++)
        if (grads[i])
            steps[i] = numbers[i];
    return TORSH_OK;
}

static params_t pack(double lr, const torsh__adam_t *how)
{
    return (params_t){.lr = lr,
                      .beta1 = how->beta1,
                      .beta2 = how->beta2,
                      .eps = how->eps,
                      .weight_decay = how->weight_decay,
                      .decoupled = how->decoupled != 0,
                      .maximize = how->maximize != 0};
}

torsh_status_t torsh_optim_adam_step(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                                     torsh_tensor_t **exp_avgs, torsh_tensor_t **exp_avg_sqs,
                                     torsh_tensor_t **max_exp_avg_sqs, int64_t *steps, int n, double lr,
                                     double beta1, double beta2, double eps, double weight_decay,
                                     int decoupled, int maximize, torsh_error_t **error)
{
    enum { FEW = 64 };
    const torsh__adam_t how = {beta1, beta2, eps, weight_decay, decoupled, max_exp_avg_sqs != NULL, maximize};
    const params_t p = pack(lr, &how);
    int64_t few[FEW], *numbers = few, *heap = NULL;
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status = torsh__lists_ok("optim_adam_step", params, grads,
                                            exp_avgs && exp_avg_sqs && steps ? (void *)exp_avgs : NULL, n);
    if (status == TORSH_OK && n > FEW) {
        numbers = heap = torsh__alloc((size_t)n * sizeof *numbers);
        status = heap ? TORSH_OK : TORSH_ERR_MEMORY;
    }
    if (status == TORSH_OK)
        status = run(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, n, numbers, &p);
    torsh__free(heap);
    return torsh__leave(status, error);
}

/* ---- the optimizer ---- */

static torsh_status_t step(torsh_optimizer_t *o)
{
    const params_t p = pack(o->lr, &o->how.adam);
    return run(o->params, o->grads, o->state[0], o->state[1], o->how.adam.amsgrad ? o->state[2] : NULL,
               o->steps, o->n, o->steps + o->n, &p);
}

static const torsh__method_t method = {{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, true, step};

static torsh_status_t check(double lr, const torsh__adam_t *how)
{
    TRY(torsh__at_least("learning rate", lr, 0));
    TRY(torsh__at_least("epsilon value", how->eps, 0));
    if (!(how->beta1 >= 0 && how->beta1 < 1))
        return torsh__fail(TORSH_ERR_VALUE, "Invalid beta parameter at index 0: %.17g", how->beta1);
    if (!(how->beta2 >= 0 && how->beta2 < 1))
        return torsh__fail(TORSH_ERR_VALUE, "Invalid beta parameter at index 1: %.17g", how->beta2);
    return torsh__at_least("weight_decay value", how->weight_decay, 0);
}

torsh_optimizer_t *torsh_adam_new_with_error(torsh_tensor_t *const *params, int n, double lr, double beta1,
                                             double beta2, double eps, double weight_decay, int decoupled,
                                             int amsgrad, int maximize, torsh_error_t **error)
{
    const torsh__adam_t how = {beta1, beta2, eps, weight_decay, decoupled, amsgrad, maximize};
    torsh_optimizer_t *o = NULL;
    if (error && *error)
        return NULL;
    if (check(lr, &how) == TORSH_OK && (o = torsh__optimizer_new(&method, amsgrad ? 3 : 2, params, n, lr)))
        o->how.adam = how;
    if (!o && error)
        torsh__error_give(error);
    return o;
}

torsh_optimizer_t *torsh_adam_new(const torsh_tensor_list_t *params, double lr, double beta1, double beta2,
                                  double eps)
{
    return torsh_adam_new_with_error(params ? params->tensors : NULL, params ? params->n : 0, lr, beta1,
                                     beta2, eps, 0, 0, 0, 0, NULL);
}

torsh_optimizer_t *torsh_adamw_new(const torsh_tensor_list_t *params, double lr, double beta1, double beta2,
                                   double eps, double weight_decay)
{
    return torsh_adam_new_with_error(params ? params->tensors : NULL, params ? params->n : 0, lr, beta1,
                                     beta2, eps, weight_decay, 1, 0, 0, NULL);
}
