/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stochastic gradient descent with momentum (Sutskever et al. 2013). */
#include "fused.h"
#include "optimizer.h"

typedef torsh___optim_sgd__params_t params_t;

void torsh__sgd_composite(torsh__scope_t *s, const void *params, int64_t fresh, torsh_tensor_t *const *t)
{
    const params_t *p = params;
    torsh_tensor_t *buffer = t[2], *d = p->maximize ? op_neg(s, t[1]) : t[1];
    if (p->weight_decay != 0)
        d = op_add(s, d, t[0], torsh_scalar_f(p->weight_decay));
    if (buffer) {
        double keep = fresh ? 1 : 1 - p->dampening;
        op_add_(s, op_mul_scalar_(s, buffer, torsh_scalar_f(p->momentum)), d, torsh_scalar_f(keep));
        d = p->nesterov ? op_add(s, d, buffer, torsh_scalar_f(p->momentum)) : buffer;
    }
    op_add_(s, t[0], d, torsh_scalar_f(-p->lr));
}

/* fresh: room for n numbers */
static torsh_status_t run(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                          torsh_tensor_t **buffers, int n, int64_t *fresh, const params_t *p)
{
    const bool momentum = p->momentum != 0;
    for (int i = 0; momentum && i < n; i++)
        fresh[i] = buffers[i] == NULL;
    if (momentum)
        TRY(torsh__state_make(params, grads, buffers, n));
    const torsh__fused_t f = {.op = &torsh__record__optim_sgd_,
                              .params = p,
                              .ints = momentum ? fresh : NULL,
                              .n = n,
                              .n_lists = momentum ? 3 : 2,
                              .lists = {params, (torsh_tensor_t *const *)grads, buffers},
                              .composite = torsh__sgd_composite};
    return torsh__fused(&f);
}

static params_t pack(double lr, const torsh__sgd_t *how)
{
    return (params_t){.lr = lr,
                      .momentum = how->momentum,
                      .dampening = how->dampening,
                      .weight_decay = how->weight_decay,
                      .nesterov = how->nesterov != 0,
                      .maximize = how->maximize != 0};
}

torsh_status_t torsh_optim_sgd_step(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                                    torsh_tensor_t **momentum_buffers, int n, double lr, double momentum,
                                    double dampening, double weight_decay, int nesterov, int maximize,
                                    torsh_error_t **error)
{
    enum { FEW = 64 };
    const torsh__sgd_t how = {momentum, dampening, weight_decay, nesterov, maximize};
    const params_t p = pack(lr, &how);
    int64_t few[FEW], *fresh = few, *heap = NULL;
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status = torsh__lists_ok("optim_sgd_step", params, grads,
                                            momentum != 0 ? (void *)momentum_buffers : (void *)params, n);
    if (status == TORSH_OK && n > FEW) {
        fresh = heap = torsh__alloc((size_t)n * sizeof *fresh);
        status = heap ? TORSH_OK : TORSH_ERR_MEMORY;
    }
    if (status == TORSH_OK)
        status = run(params, grads, momentum_buffers, n, fresh, &p);
    torsh__free(heap);
    return torsh__leave(status, error);
}

/* ---- the optimizer ---- */

static torsh_status_t step(torsh_optimizer_t *o)
{
    const params_t p = pack(o->lr, &o->how.sgd);
    return run(o->params, o->grads, o->state[0], o->n, o->steps + o->n, &p);
}

static const torsh__method_t method = {{"momentum_buffer"}, false, step};

static torsh_status_t check(double lr, const torsh__sgd_t *how)
{
    TRY(torsh__at_least("learning rate", lr, 0));
    TRY(torsh__at_least("momentum value", how->momentum, 0));
    TRY(torsh__at_least("weight_decay value", how->weight_decay, 0));
    if (how->nesterov && (how->momentum <= 0 || how->dampening != 0))
        return torsh__fail(TORSH_ERR_VALUE, "Nesterov momentum requires a momentum and zero dampening");
    return TORSH_OK;
}

torsh_optimizer_t *torsh_sgd_new_with_error(torsh_tensor_t *const *params, int n, double lr, double momentum,
                                            double dampening, double weight_decay, int nesterov, int maximize,
                                            torsh_error_t **error)
{
    const torsh__sgd_t how = {momentum, dampening, weight_decay, nesterov, maximize};
    torsh_optimizer_t *o = NULL;
    if (error && *error)
        return NULL;
    if (check(lr, &how) == TORSH_OK && (o = torsh__optimizer_new(&method, momentum != 0, params, n, lr)))
        o->how.sgd = how;
    if (!o && error)
        torsh__error_give(error);
    return o;
}

torsh_optimizer_t *torsh_sgd_new(const torsh_tensor_list_t *params, double lr, double momentum,
                                 double dampening, double weight_decay, int nesterov)
{
    return torsh_sgd_new_with_error(params ? params->tensors : NULL, params ? params->n : 0, lr, momentum,
                                    dampening, weight_decay, nesterov, 0, NULL);
}
