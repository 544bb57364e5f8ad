/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* nll_loss_forward and nll_loss_backward. */
#include "kernels.h"

#include <torsh/ops/loss_params.h>

typedef struct push {
    VkDeviceAddress self, target, weight, out, total, grad, errors;
    uint32_t n, classes;
    int32_t ignore;
} push_t;

enum { SUM, EACH, GRADIENT };

static torsh_status_t run(vk_device_t *d, const torsh_call_t *call, int mode, int64_t reduction,
                          const torsh_view_t *self, const torsh_view_t *target, const torsh_view_t *weight,
                          const torsh_view_t *total, const torsh_view_t *grad, int64_t ignore)
{
    const bool weighted = weight->ndim >= 0;
    push_t p = {.self = vk_address(self),
                .target = vk_address(target),
                .weight = weighted ? vk_address(weight) : 0,
                .out = vk_address(call->out),
                .total = vk_address(total),
                .grad = grad ? vk_address(grad) : 0,
                .errors = d->errors->address,
                .n = self->ndim > 1 ? (uint32_t)self->shape[0] : 1,
                .classes = self->ndim ? (uint32_t)self->shape[self->ndim - 1] : 1,
                .ignore = ignore >= INT32_MIN && ignore <= INT32_MAX ? (int32_t)ignore : INT32_MIN};
    vk_launch_t l = {.shader = call->compute == TORSH_F64 ? TORSH__VK_LOSS_F64 : TORSH__VK_LOSS_F32,
                     .n_spec = 4,
                     .spec = {(uint32_t)self->dtype, (uint32_t)mode, (uint32_t)reduction, weighted},
                     .push = &p,
                     .push_bytes = sizeof p,
                     .groups = {1, 1, 1}};
    VK_TRY(torsh__vk_check(d, call));
    vk_reads(&l, self);
    vk_reads(&l, target);
    if (weighted)
        vk_reads(&l, weight);
    if (mode == GRADIENT) {
        vk_reads(&l, grad);
        vk_reads(&l, total);
    } else {
        vk_writes(&l, total);
    }
    vk_writes(&l, call->out);
    if (mode != SUM)
        vk_groups(&l, 4 * (mode == EACH ? (int64_t)p.n : self->n));
    return torsh__vk_dispatch(d, &l);
}

static torsh_status_t forward(const torsh_call_t *call)
{
    const torsh__nll_loss_forward_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0];
    const bool each = p->reduction == 0 && self->ndim > 1;
    vk_device_t *d = vk_open(call);
    if (!d)
        return TORSH_ERR_DEVICE;
    if (each && self->shape[0] == 0)
        return vk_close(d, torsh__vk_fill(d, &call->out[1], (torsh_scalar_t){TORSH_SCALAR_INT, {.i = 0}}));
    return vk_close(d, run(d, call, each ? EACH : SUM, p->reduction, self, &call->in[1], &call->in[2],
                           &call->out[1], NULL, p->ignore_index));
}

static torsh_status_t backward(const torsh_call_t *call)
{
    const torsh__nll_loss_backward_params_t *p = call->params;
    const torsh_view_t *self = &call->in[1];
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run(d, call, GRADIENT, p->reduction, self, &call->in[2], &call->in[3],
                               &call->in[4], &call->in[0], p->ignore_index))
             : TORSH_ERR_DEVICE;
}

static const torsh_kernel_t kernels[] = {
    VK_FLOAT(TORSH_OP_NLL_LOSS_FORWARD, 0, forward),
    VK_FLOAT(TORSH_OP_NLL_LOSS_BACKWARD, 0, backward),
};
VK_LIST(loss);
