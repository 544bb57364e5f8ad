/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* softmax, log_softmax and their gradients in one dispatch each. */
#include "kernels.h"

#include <torsh/ops/nn_params.h>

typedef struct push {
    VkDeviceAddress out, in, result;
    uint32_t rows, n, inner;
} push_t;

enum { LOGARITHM = 1, BACKWARD = 2, SHORT = 64 /* elements of a row that one invocation goes through */ };

static torsh_status_t run(vk_device_t *d, const torsh_call_t *call, int what, int64_t dim)
{
    const torsh_view_t *in = &call->in[0], *result = &call->in[what & BACKWARD ? 1 : 0], *out = call->out;
    push_t p = {
        .out = vk_address(out), .in = vk_address(in), .result = vk_address(result), .n = 1, .inner = 1};
    dim = dim < 0 ? dim + in->ndim : dim;
    for (int64_t k = dim; k >= 0 && k < in->ndim; k++)
        *(k == dim ? &p.n : &p.inner) *= (uint32_t)in->shape[k];
    p.rows = (uint32_t)(in->n / p.n);
    vk_launch_t l = {.shader = call->compute == TORSH_F64 ? TORSH__VK_SOFTMAX_F64 : TORSH__VK_SOFTMAX_F32,
                     .n_spec = 6,
                     .spec = {what & LOGARITHM, (what & BACKWARD) != 0, (uint32_t)out->dtype,
                              (uint32_t)in->dtype, (uint32_t)result->dtype, p.n > SHORT},
                     .push = &p,
                     .push_bytes = sizeof p,
                     .groups = {p.rows < 65535 ? p.rows : 65535, 1, 1}};
    if (p.n <= SHORT)
        l.groups[0] = (l.groups[0] + 63) / 64;
    VK_TRY(torsh__vk_check(d, call));
    vk_reads(&l, in);
    vk_reads(&l, result);
    vk_writes(&l, out);
    return torsh__vk_dispatch(d, &l);
}

static torsh_status_t start(const torsh_call_t *call, int what, int64_t dim)
{
    if (call->out->n == 0)
        return TORSH_OK;
    if (vk_class(call->out->dtype) != vk_class(call->compute))
        return TORSH_DECLINED;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run(d, call, what, dim)) : TORSH_ERR_DEVICE;
}

static torsh_status_t softmax(const torsh_call_t *call)
{
    return start(call, 0, ((const torsh___softmax_params_t *)call->params)->dim);
}

static torsh_status_t log_softmax(const torsh_call_t *call)
{
    return start(call, LOGARITHM, ((const torsh___log_softmax_params_t *)call->params)->dim);
}

static torsh_status_t softmax_backward(const torsh_call_t *call)
{
    return start(call, BACKWARD, ((const torsh___softmax_backward_data_params_t *)call->params)->dim);
}

static torsh_status_t log_softmax_backward(const torsh_call_t *call)
{
    return start(call, BACKWARD | LOGARITHM,
                 ((const torsh___log_softmax_backward_data_params_t *)call->params)->dim);
}

static const torsh_kernel_t kernels[] = {
    VK_FLOAT(TORSH_OP__SOFTMAX, 0, softmax),
    VK_FLOAT(TORSH_OP__LOG_SOFTMAX, 0, log_softmax),
    VK_FLOAT(TORSH_OP__SOFTMAX_BACKWARD_DATA, 0, softmax_backward),
    VK_FLOAT(TORSH_OP__LOG_SOFTMAX_BACKWARD_DATA, 0, log_softmax_backward),
};
VK_LIST(softmax);
