/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Adadelta (Zeiler 2012). */
#include "fused.h"
#include "optimizer.h"

typedef torsh___optim_adadelta__params_t params_t;

static torsh_tensor_t *root(torsh__scope_t *s, const torsh_tensor_t *t, double eps)
{
    return op_sqrt(s, op_add_scalar(s, t, torsh_scalar_f(eps), torsh_scalar_i(1)));
}

/* running = rho * running + (1 - rho) * x * x */
static void follow(torsh__scope_t *s, const torsh_tensor_t *running, const torsh_tensor_t *x, double rho)
{
    op_add_(s, op_mul_scalar_(s, running, torsh_scalar_f(rho)), op_mul(s, x, x), torsh_scalar_f(1 - rho));
}

void torsh__adadelta_composite(torsh__scope_t *s, const void *params, int64_t number,
                               torsh_tensor_t *const *t)
{
    const params_t *p = params;
    torsh_tensor_t *squares = t[2], *deltas = t[3], *d = p->maximize ? op_neg(s, t[1]) : t[1];
    (void)number;
    if (p->weight_decay != 0)
        d = op_add(s, d, t[0], torsh_scalar_f(p->weight_decay));
    follow(s, squares, d, p->rho);
    torsh_tensor_t *delta = op_mul(s, op_div(s, root(s, deltas, p->eps), root(s, squares, p->eps)), d);
    follow(s, deltas, delta, p->rho);
    op_add_(s, t[0], delta, torsh_scalar_f(-p->lr));
}

static torsh_status_t run(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                          torsh_tensor_t **square_avgs, torsh_tensor_t **acc_deltas, int n, double lr,
                          const torsh__adadelta_t *how)
{
    const params_t p = {.lr = lr,
                        .rho = how->rho,
                        .eps = how->eps,
                        .weight_decay = how->weight_decay,
                        .maximize = how->maximize != 0};
    TRY(torsh__state_make(params, grads, square_avgs, n));
    TRY(torsh__state_make(params, grads, acc_deltas, n));
    const torsh__fused_t f = {.op = &torsh__record__optim_adadelta_,
                              .params = &p,
                              .n = n,
                              .n_lists = 4,
                              .lists = {params, (torsh_tensor_t *const *)grads, square_avgs, acc_deltas},
                              .composite = torsh__adadelta_composite};
    return torsh__fused(&f);
}

torsh_status_t torsh_optim_adadelta_step(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                                         torsh_tensor_t **square_avgs, torsh_tensor_t **acc_deltas, int n,
                                         double lr, double rho, double eps, double weight_decay, int maximize,
                                         torsh_error_t **error)
{
    const torsh__adadelta_t how = {rho, eps, weight_decay, maximize};
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status =
        torsh__lists_ok("optim_adadelta_step", params, grads, acc_deltas ? (void *)square_avgs : NULL, n);
    if (status == TORSH_OK)
        status = run(params, grads, square_avgs, acc_deltas, n, lr, &how);
    return torsh__leave(status, error);
}

/* ---- the optimizer ---- */

static torsh_status_t step(torsh_optimizer_t *o)
{
    TRY(run(o->params, o->grads, o->state[0], o->state[1], o->n, o->lr, &o->how.adadelta));
    for (int i = 0; i < o->n; i++)
        o->steps[i] += o->grads[i] != NULL;
    return TORSH_OK;
}

static const torsh__method_t method = {{"square_avg", "acc_delta"}, true, step};

static torsh_status_t check(double lr, const torsh__adadelta_t *how)
{
    TRY(torsh__at_least("learning rate", lr, 0));
    if (!(how->rho >= 0 && how->rho <= 1))
        return torsh__fail(TORSH_ERR_VALUE, "Invalid rho value: %.17g", how->rho);
    TRY(torsh__at_least("epsilon value", how->eps, 0));
    return torsh__at_least("weight_decay value", how->weight_decay, 0);
}

torsh_optimizer_t *torsh_adadelta_new_with_error(torsh_tensor_t *const *params, int n, double lr, double rho,
                                                 double eps, double weight_decay, int maximize,
                                                 torsh_error_t **error)
{
    const torsh__adadelta_t how = {rho, eps, weight_decay, maximize};
    torsh_optimizer_t *o = NULL;
    if (error && *error)
        return NULL;
    if (check(lr, &how) == TORSH_OK && (o = torsh__optimizer_new(&method, 2, params, n, lr)))
        o->how.adadelta = how;
    if (!o && error)
        torsh__error_give(error);
    return o;
}

torsh_optimizer_t *torsh_adadelta_new(const torsh_tensor_list_t *params, double lr, double rho, double eps,
                                      double weight_decay)
{
    return torsh_adadelta_new_with_error(params ? params->tensors : NULL, params ? params->n : 0, lr, rho,
                                         eps, weight_decay, 0, NULL);
}
