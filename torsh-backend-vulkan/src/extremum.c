/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* max.dim and min.dim. */
#include "kernels.h"

#include <torsh/ops/reduce_params.h>

typedef struct push {
    VkDeviceAddress from, values, indices;
    uint32_t n, rows, inner;
} push_t;

static torsh_status_t run(vk_device_t *d, const torsh_call_t *call, int64_t dim, bool largest)
{
    static const int shaders[] = {TORSH__VK_EXTREMUM_F32, TORSH__VK_EXTREMUM_F64, TORSH__VK_EXTREMUM_I32,
                                  TORSH__VK_EXTREMUM_I64};
    const torsh_view_t *self = &call->in[0];
    push_t p = {.from = vk_address(self),
                .values = vk_address(&call->out[0]),
                .indices = vk_address(&call->out[1]),
                .n = (uint32_t)call->out[0].n,
                .rows = 1,
                .inner = 1};
    dim = dim < 0 ? dim + self->ndim : dim;
    for (int64_t k = dim; k >= 0 && k < self->ndim; k++)
        *(k == dim ? &p.rows : &p.inner) *= (uint32_t)self->shape[k];
    vk_launch_t l = {.shader = shaders[vk_class(self->dtype)],
                     .n_spec = 2,
                     .spec = {(uint32_t)self->dtype, largest},
                     .push = &p,
                     .push_bytes = sizeof p};
    VK_TRY(torsh__vk_check(d, call));
    vk_reads(&l, self);
    vk_writes(&l, &call->out[0]);
    vk_writes(&l, &call->out[1]);
    vk_groups(&l, 4 * (int64_t)p.n);
    return p.n ? torsh__vk_dispatch(d, &l) : TORSH_OK;
}

static torsh_status_t max_dim(const torsh_call_t *call)
{
    const torsh__max_dim_params_t *p = call->params;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run(d, call, p->dim, true)) : TORSH_ERR_DEVICE;
}

static torsh_status_t min_dim(const torsh_call_t *call)
{
    const torsh__min_dim_params_t *p = call->params;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run(d, call, p->dim, false)) : TORSH_ERR_DEVICE;
}

static const torsh_kernel_t kernels[] = {VK_ALL(TORSH_OP_MAX_DIM, 0, max_dim),
                                         VK_ALL(TORSH_OP_MIN_DIM, 0, min_dim)};
VK_LIST(extremum);
