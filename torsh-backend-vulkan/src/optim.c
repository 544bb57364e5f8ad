/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Optimizer steps: one call for all parameters, a dispatch for each. */
#include "kernels.h"

#include <math.h>

#include <torsh/ops/optim_params.h>

enum { SGD, ADAM, ADADELTA };
enum { DECAY = 1, MOMENTUM = 2, NESTEROV = 4, AMSGRAD = 8, FAR = 16 };
enum { MAX_LISTS = 5, MAX_NUMBERS = 8 };

typedef struct push {
    VkDeviceAddress at[MAX_LISTS];
    uint64_t k[MAX_NUMBERS];
    uint32_t n;
} push_t;

/* What one parameter's step is made with. */
typedef struct step {
    int what;
    uint32_t flags;
    double k[MAX_NUMBERS];
} step_t;

static torsh_status_t run_one(vk_device_t *d, const torsh_call_t *call, const step_t *s, int32_t i,
                              int32_t n_tensors)
{
    const int32_t lists = call->n_in / n_tensors;
    const torsh_view_t *self = &call->in[i];
    push_t p = {.n = (uint32_t)self->n};
    vk_launch_t l = {.shader = call->compute == TORSH_F64 ? TORSH__VK_OPTIM_F64 : TORSH__VK_OPTIM_F32,
                     .n_spec = 3,
                     .spec = {(uint32_t)self->dtype, (uint32_t)s->what, s->flags},
                     .push = &p,
                     .push_bytes = sizeof p};
    for (int32_t k = 0; k < lists; k++) {
        const torsh_view_t *v = &call->in[k * n_tensors + i];
        p.at[k] = vk_address(v);
        k == 1 ? vk_reads(&l, v) : vk_writes(&l, v); /* list 1 is the gradients */
    }
    for (int k = 0; k < MAX_NUMBERS; k++)
        p.k[k] =
            torsh__vk_number((torsh_scalar_t){TORSH_SCALAR_FLOAT, {.f = s->k[k]}}, vk_class(call->compute));
    vk_groups(&l, p.n);
    return p.n ? torsh__vk_dispatch(d, &l) : TORSH_OK;
}

typedef void (*make_fn)(const void *params, int32_t i, step_t *s);

static torsh_status_t run(const torsh_call_t *call, int32_t n_tensors, make_fn make)
{
    vk_device_t *d = vk_open(call);
    if (!d)
        return TORSH_ERR_DEVICE;
    torsh_status_t status = torsh__vk_check(d, call);
    for (int32_t i = 0; i < n_tensors && status == TORSH_OK; i++) {
        step_t s = {0};
        make(call->params, i, &s);
        status = run_one(d, call, &s, i, n_tensors);
    }
    return vk_close(d, status);
}

static void make_sgd(const void *params, int32_t i, step_t *s)
{
    const torsh___optim_sgd__params_t *p = params;
    const bool momentum = p->n_momentum_buffers > 0;
    *s = (step_t){SGD,
                  (p->weight_decay != 0 ? DECAY : 0) | (momentum ? MOMENTUM : 0) |
                      (momentum && p->nesterov ? NESTEROV : 0),
                  {p->maximize ? -1 : 1, -p->lr, p->weight_decay, p->momentum,
                   momentum && p->fresh.v[i] ? 1 : 1 - p->dampening}};
}

static torsh_status_t sgd(const torsh_call_t *call)
{
    return run(call, ((const torsh___optim_sgd__params_t *)call->params)->n_self, make_sgd);
}

static void make_adam(const void *params, int32_t i, step_t *s)
{
    const torsh___optim_adam__params_t *p = params;
    const double l2 = p->decoupled ? 0 : p->weight_decay, step = (double)p->steps.v[i];
    *s = (step_t){ADAM,
                  (p->n_max_exp_avg_sqs ? AMSGRAD : 0) | (l2 != 0 ? DECAY : 0) |
                      (1 - p->beta1 < 0.5 ? 0 : FAR),
                  {p->maximize ? -1 : 1, p->decoupled ? 1 - p->lr * p->weight_decay : 1, l2, 1 - p->beta1,
                   p->beta2, p->eps, -(p->lr / (1 - pow(p->beta1, step))), sqrt(1 - pow(p->beta2, step))}};
}

static torsh_status_t adam(const torsh_call_t *call)
{
    return run(call, ((const torsh___optim_adam__params_t *)call->params)->n_self, make_adam);
}

static void make_adadelta(const void *params, int32_t i, step_t *s)
{
    const torsh___optim_adadelta__params_t *p = params;
    (void)i;
    *s = (step_t){ADADELTA,
                  p->weight_decay != 0 ? DECAY : 0,
                  {p->maximize ? -1 : 1, -p->lr, p->weight_decay, p->rho, 1 - p->rho, p->eps}};
}

static torsh_status_t adadelta(const torsh_call_t *call)
{
    return run(call, ((const torsh___optim_adadelta__params_t *)call->params)->n_self, make_adadelta);
}

static const torsh_kernel_t kernels[] = {
    VK_FLOAT(TORSH_OP__OPTIM_SGD_, 0, sgd),
    VK_FLOAT(TORSH_OP__OPTIM_ADAM_, 0, adam),
    VK_FLOAT(TORSH_OP__OPTIM_ADADELTA_, 0, adadelta),
};
VK_LIST(optim);
