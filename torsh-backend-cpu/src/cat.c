/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cat and flip: copies to a part of the result, or with negative strides. */
#include "kernels.h"

#include <torsh/ops/index_params.h>

#include "select.h"
#include "strided.h"

torsh_status_t torsh__cpu_run_cat(const torsh_call_t *call)
{
    const torsh__cat_params_t *p = call->params;
    const torsh_view_t *out = &call->out[0];
    const int64_t dim = p->dim < 0 ? p->dim + out->ndim : p->dim, bytes = cpu_bytes(out->dtype);
    char *to = cpu_at(out);
    for (int32_t i = 0; i < p->n_tensors; i++) {
        const torsh_view_t *in = &call->in[i];
        if (in->n == 0) /* also 1-d ones among tensors of more dimensions */
            continue;
        torsh__cpu_copy_strided(bytes, in->ndim, in->shape, to, out->strides, cpu_at(in), in->strides);
        to += in->shape[dim] * out->strides[dim] * bytes;
    }
    return TORSH_OK;
}

torsh_status_t torsh__cpu_run_flip(const torsh_call_t *call)
{
    const torsh__flip_params_t *p = call->params;
    const torsh_view_t *in = &call->in[0], *out = &call->out[0];
    const int64_t bytes = cpu_bytes(in->dtype);
    const char *from = cpu_at(in);
    int64_t strides[TORSH_MAX_DIMS];
    if (in->n == 0)
        return TORSH_OK;
    for (int32_t d = 0; d < in->ndim; d++)
        strides[d] = in->strides[d];
    for (int32_t i = 0; i < p->dims.n && in->ndim > 0; i++) {
        const int64_t d = p->dims.v[i] < 0 ? p->dims.v[i] + in->ndim : p->dims.v[i];
        strides[d] = -in->strides[d];
        from += (in->shape[d] - 1) * in->strides[d] * bytes;
    }
    torsh__cpu_copy_strided(bytes, in->ndim, in->shape, cpu_at(out), out->strides, from, strides);
    return TORSH_OK;
}
