/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cat, flip, and where elements are not zero. */
#include "kernels.h"

#include <torsh/ops/index_params.h>

static torsh_status_t run_cat(vk_device_t *d, const torsh_call_t *call)
{
    const torsh__cat_params_t *p = call->params;
    const torsh_view_t *out = &call->out[0];
    const int64_t dim = p->dim < 0 ? p->dim + out->ndim : p->dim;
    const int32_t bytes = vk_bytes(out->dtype);
    VkDeviceAddress to = vk_address(out);
    VK_TRY(torsh__vk_check(d, call));
    for (int32_t i = 0; i < p->n_tensors; i++) {
        const torsh_view_t *in = &call->in[i];
        if (in->n == 0) /* also 1-d ones among tensors of more dimensions */
            continue;
        VK_TRY(torsh__vk_copy_strided(d, bytes, in->ndim, in->shape, out->handle, to, out->strides,
                                      in->handle, vk_address(in), in->strides));
        to += (VkDeviceAddress)(in->shape[dim] * out->strides[dim] * bytes);
    }
    return TORSH_OK;
}

static torsh_status_t cat(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_cat(d, call)) : TORSH_ERR_DEVICE;
}

static torsh_status_t run_flip(vk_device_t *d, const torsh_call_t *call)
{
    const torsh__flip_params_t *p = call->params;
    const torsh_view_t *in = &call->in[0], *out = &call->out[0];
    const int32_t bytes = vk_bytes(in->dtype);
    VkDeviceAddress from = vk_address(in);
    int64_t strides[TORSH_MAX_DIMS];
    VK_TRY(torsh__vk_check(d, call));
    if (in->n == 0)
        return TORSH_OK;
    for (int32_t k = 0; k < in->ndim; k++)
        strides[k] = in->strides[k];
    for (int32_t i = 0; i < p->dims.n && in->ndim > 0; i++) {
        const int64_t k = p->dims.v[i] < 0 ? p->dims.v[i] + in->ndim : p->dims.v[i];
        strides[k] = -in->strides[k];
        from += (VkDeviceAddress)((in->shape[k] - 1) * in->strides[k] * bytes);
    }
    return torsh__vk_copy_strided(d, bytes, in->ndim, in->shape, out->handle, vk_address(out), out->strides,
                                  in->handle, from, strides);
}

static torsh_status_t flip(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_flip(d, call)) : TORSH_ERR_DEVICE;
}

/* ---- nonzero ---- */

typedef struct push {
    VkDeviceAddress from, to, table;
    uint32_t n, ndim;
} push_t;

static torsh_status_t run_nonzero(vk_device_t *d, const torsh_call_t *call, bool fill)
{
    static const int shaders[] = {TORSH__VK_NONZERO_F32, TORSH__VK_NONZERO_F64, TORSH__VK_NONZERO_I32,
                                  TORSH__VK_NONZERO_I64};
    const torsh_view_t *self = &call->in[0], *out = &call->out[0];
    push_t p = {.from = vk_address(self),
                .to = vk_address(out),
                .n = (uint32_t)self->n,
                .ndim = (uint32_t)self->ndim};
    void *at;
    VK_TRY(torsh__vk_check(d, call));
    VK_TRY(torsh__vk_stage(d, 4 * (self->ndim + 1), &at, &p.table, NULL, NULL));
    for (int32_t k = 0; k < self->ndim; k++)
        ((uint32_t *)at)[k] = (uint32_t)self->shape[k];
    vk_launch_t l = {.shader = shaders[vk_class(self->dtype)],
                     .n_spec = 2,
                     .spec = {(uint32_t)self->dtype, fill},
                     .push = &p,
                     .push_bytes = sizeof p,
                     .groups = {1, 1, 1}};
    vk_reads(&l, self);
    vk_writes(&l, out);
    return out->n ? torsh__vk_dispatch(d, &l) : TORSH_OK;
}

static torsh_status_t count_nonzero(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_nonzero(d, call, false)) : TORSH_ERR_DEVICE;
}

static torsh_status_t nonzero(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_nonzero(d, call, true)) : TORSH_ERR_DEVICE;
}

static const torsh_kernel_t kernels[] = {
    VK_ALL(TORSH_OP_CAT, TORSH_ANY_STRIDES, cat),
    VK_ALL(TORSH_OP_FLIP, TORSH_ANY_STRIDES, flip),
    VK_ALL(TORSH_OP__COUNT_NONZERO, 0, count_nonzero),
    VK_ALL(TORSH_OP__NONZERO, 0, nonzero),
};
VK_LIST(move);
