/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* _conv2d and its gradients: the operators' arguments in the form of conv.h. */
#include "kernels.h"

#include <torsh/ops/nn_params.h>

#include "conv.h"
#include "range.h"

static void set_window(torsh__conv2d_t *c, const torsh_dims_t *stride, const torsh_dims_t *padding,
                       const torsh_dims_t *dilation)
{
    for (int i = 0; i < 2; i++) {
        c->stride[i] = cpu_pair(stride, i);
        c->padding[i] = cpu_pair(padding, i);
        c->dilation[i] = cpu_pair(dilation, i);
    }
}

static torsh__conv2d_t sizes(torsh_dtype_t dtype, const int64_t *input, const int64_t *weight,
                             const int64_t *output)
{
    return (torsh__conv2d_t){.n = input[0],
                             .ci = input[1],
                             .h = input[2],
                             .w = input[3],
                             .co = weight[0],
                             .kh = weight[2],
                             .kw = weight[3],
                             .ho = output[2],
                             .wo = output[3],
                             .dtype = dtype};
}

static torsh_status_t conv2d(const torsh_call_t *call)
{
    const torsh___conv2d_params_t *p = call->params;
    const torsh_view_t *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2], *y = &call->out[0];
    torsh__conv2d_t c = sizes(call->compute, x->shape, w->shape, y->shape);
    set_window(&c, &p->stride, &p->padding, &p->dilation);
    c.groups = p->groups;
    c.input = cpu_at(x);
    c.weight = cpu_at(w);
    c.bias = bias->ndim >= 0 ? cpu_at(bias) : NULL;
    c.output = cpu_at(y);
    return CPU_NAME(torsh__conv2d)(&c, torsh__cpu_host);
}

static torsh_status_t backward_input(const torsh_call_t *call)
{
    const torsh___conv2d_backward_input_params_t *p = call->params;
    const torsh_view_t *grad = &call->in[0], *w = &call->in[1], *dx = &call->out[0];
    torsh__conv2d_t c = sizes(call->compute, dx->shape, w->shape, grad->shape);
    set_window(&c, &p->stride, &p->padding, &p->dilation);
    c.groups = p->groups;
    c.weight = cpu_at(w);
    return CPU_NAME(torsh__conv2d_backward_input)(&c, cpu_at(grad), cpu_at(dx), torsh__cpu_host);
}

static torsh_status_t backward_weight(const torsh_call_t *call)
{
    const torsh___conv2d_backward_weight_params_t *p = call->params;
    const torsh_view_t *grad = &call->in[0], *x = &call->in[1], *dw = &call->out[0];
    torsh__conv2d_t c = sizes(call->compute, x->shape, dw->shape, grad->shape);
    set_window(&c, &p->stride, &p->padding, &p->dilation);
    c.groups = p->groups;
    c.input = cpu_at(x);
    return CPU_NAME(torsh__conv2d_backward_weight)(&c, cpu_at(grad), cpu_at(dw), torsh__cpu_host);
}

static const torsh_kernel_t kernels[] = {
    CPU_FLOAT(TORSH_OP__CONV2D, 0, conv2d),
    CPU_FLOAT(TORSH_OP__CONV2D_BACKWARD_INPUT, 0, backward_input),
    CPU_FLOAT(TORSH_OP__CONV2D_BACKWARD_WEIGHT, 0, backward_weight),
};
CPU_LIST(conv_kernels);
