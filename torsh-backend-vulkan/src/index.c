/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Operators that move elements by index. What is wrong with an index is found on the device, and reported
 * when the host next waits for it. */
#include "kernels.h"

#include <torsh/ops/index_params.h>
#include <torsh/ops/nn_params.h>

typedef struct along {
    int64_t outer, n, inner;
    int32_t dim;
} along_t;

static along_t along(const torsh_view_t *v, int64_t dim)
{
    along_t a = {1, 1, 1, 0};
    if (v->ndim == 0)
        return a;
    a.dim = (int32_t)(dim < 0 ? dim + v->ndim : dim);
    for (int32_t k = 0; k < v->ndim; k++)
        *(k < a.dim ? &a.outer : k == a.dim ? &a.n : &a.inner) *= v->shape[k];
    return a;
}

/* ---- select ---- */

typedef struct select_push {
    VkDeviceAddress to, from, at, errors;
    uint32_t n, n_at, rows, inner;
} select_push_t;

/* at: int64 indices, or checked positions in the staged block `positions` */
static torsh_status_t select_rows(vk_device_t *d, const torsh_call_t *call, const along_t *a, int64_t n_at,
                                  const torsh_view_t *index, vk_buffer_t *positions, VkDeviceAddress at)
{
    const torsh_view_t *self = &call->in[0], *out = call->out;
    select_push_t p = {vk_address(out),    vk_address(self),  at,
                       d->errors->address, (uint32_t)out->n,  (uint32_t)n_at,
                       (uint32_t)a->n,     (uint32_t)a->inner};
    vk_launch_t l = {.shader = TORSH__VK_SELECT,
                     .n_spec = 2,
                     .spec = {(uint32_t)vk_bytes(self->dtype), positions != NULL},
                     .push = &p,
                     .push_bytes = sizeof p};
    VK_TRY(torsh__vk_check(d, call));
    vk_reads(&l, self);
    l.read[l.n_read++] = positions ? positions : index->handle;
    vk_writes(&l, out);
    vk_groups(&l, out->n);
    return out->n ? torsh__vk_dispatch(d, &l) : TORSH_OK;
}

static torsh_status_t index_select(const torsh_call_t *call)
{
    const torsh__index_select_params_t *params = call->params;
    const torsh_view_t *index = &call->in[1];
    const along_t a = along(&call->in[0], params->dim);
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, select_rows(d, call, &a, index->n, index, NULL, vk_address(index)))
             : TORSH_ERR_DEVICE;
}

static torsh_status_t embedding(const torsh_call_t *call)
{
    const torsh_view_t *index = &call->in[1];
    const along_t a = along(&call->in[0], 0);
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, select_rows(d, call, &a, index->n, index, NULL, vk_address(index)))
             : TORSH_ERR_DEVICE;
}

/* ---- several indices ---- */

typedef struct positions_push {
    VkDeviceAddress to, index, errors;
    uint32_t n, size;
    int32_t dim;
} positions_push_t;

static torsh_status_t positions(vk_device_t *d, const torsh_view_t *index, int32_t n_index,
                                const int64_t *shape, int64_t first, vk_buffer_t **block,
                                VkDeviceAddress *address)
{
    void *host;
    VK_TRY(torsh__vk_stage(d, 4 * index[0].n + 4, &host, address, block, NULL));
    for (int32_t j = 0; j < n_index; j++) {
        positions_push_t p = {*address,
                              vk_address(&index[j]),
                              d->errors->address,
                              (uint32_t)index[j].n,
                              (uint32_t)shape[first + j],
                              (int32_t)(first + j)};
        vk_launch_t l = {
            .shader = TORSH__VK_POSITIONS, .n_spec = 1, .spec = {j == 0}, .push = &p, .push_bytes = sizeof p};
        vk_reads(&l, &index[j]);
        l.written[l.n_written++] = *block;
        vk_groups(&l, index[j].n);
        if (index[j].n)
            VK_TRY(torsh__vk_dispatch(d, &l));
    }
    return TORSH_OK;
}

static along_t indexed(const torsh_view_t *self, int64_t first, int64_t n_indices)
{
    along_t a = {1, 1, 1, (int32_t)first};
    for (int64_t k = 0; k < self->ndim; k++)
        *(k < first ? &a.outer : k < first + n_indices ? &a.n : &a.inner) *= self->shape[k];
    return a;
}

static torsh_status_t run_index(vk_device_t *d, const torsh_call_t *call)
{
    const torsh___index_params_t *params = call->params;
    const torsh_view_t *self = &call->in[0];
    const along_t a = indexed(self, params->first, params->n_indices);
    vk_buffer_t *block;
    VkDeviceAddress at;
    VK_TRY(positions(d, call->in + 1, params->n_indices, self->shape, params->first, &block, &at));
    return select_rows(d, call, &a, call->in[1].n, NULL, block, at);
}

static torsh_status_t index_many(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_index(d, call)) : TORSH_ERR_DEVICE;
}

/* ---- gather ---- */

typedef struct gather_push {
    VkDeviceAddress to, from, at, errors, table;
    uint32_t n, ndim, dim, size;
} gather_push_t;

static torsh_status_t run_gather(vk_device_t *d, const torsh_call_t *call)
{
    const torsh__gather_params_t *params = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[1], *out = call->out;
    const along_t a = along(self, params->dim);
    gather_push_t p = {.to = vk_address(out),
                       .from = vk_address(self),
                       .at = vk_address(index),
                       .errors = d->errors->address,
                       .n = (uint32_t)index->n,
                       .ndim = (uint32_t)(self->ndim ? self->ndim : 1),
                       .dim = (uint32_t)a.dim,
                       .size = (uint32_t)a.n};
    void *at;
    VK_TRY(torsh__vk_check(d, call));
    VK_TRY(torsh__vk_stage(d, 8 * p.ndim, &at, &p.table, NULL, NULL));
    uint32_t *row = at;
    row[0] = (uint32_t)index->n, row[1] = 1; /* 0-d */
    for (int32_t k = 0; k < self->ndim; k++, row += 2) {
        row[0] = index->ndim ? (uint32_t)index->shape[k] : (uint32_t)index->n;
        row[1] = (uint32_t)self->strides[k];
    }
    vk_launch_t l = {.shader = TORSH__VK_GATHER,
                     .n_spec = 1,
                     .spec = {(uint32_t)vk_bytes(self->dtype)},
                     .push = &p,
                     .push_bytes = sizeof p};
    vk_reads(&l, self);
    vk_reads(&l, index);
    vk_writes(&l, out);
    vk_groups(&l, index->n);
    return torsh__vk_dispatch(d, &l);
}

static torsh_status_t gather(const torsh_call_t *call)
{
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_gather(d, call)) : TORSH_ERR_DEVICE;
}

/* ---- scatter ---- */

typedef struct scatter_push {
    VkDeviceAddress to, from, at, errors, table;
    uint64_t alpha;
    uint32_t n, n_at, rows, inner, ndim, dim, error;
} scatter_push_t;

enum { ADD_ROWS, SET_ROWS, ADD_ELEMENTS };

static torsh_status_t copy_self(vk_device_t *d, const torsh_view_t *self, const torsh_view_t *out)
{
    const int64_t unit = 1;
    if (self->n == 0 || vk_address(self) == vk_address(out))
        return TORSH_OK;
    return torsh__vk_copy_strided(d, vk_bytes(self->dtype), 1, &self->n, out->handle, vk_address(out), &unit,
                                  self->handle, vk_address(self), &unit);
}

static torsh_status_t dispatch_scatter(vk_device_t *d, const torsh_call_t *call, scatter_push_t *p, int mode,
                                       const torsh_view_t *from, vk_buffer_t *at, bool is_position)
{
    static const int shaders[] = {TORSH__VK_SCATTER_F32, TORSH__VK_SCATTER_F64, TORSH__VK_SCATTER_I32,
                                  TORSH__VK_SCATTER_I64};
    const torsh_view_t *out = call->out;
    p->to = vk_address(out);
    p->from = vk_address(from);
    p->errors = d->errors->address;
    vk_launch_t l = {.shader = shaders[vk_class(out->dtype)],
                     .n_spec = 3,
                     .spec = {(uint32_t)out->dtype, (uint32_t)mode, is_position},
                     .push = p,
                     .push_bytes = sizeof *p};
    VK_TRY(torsh__vk_check(d, call));
    VK_TRY(copy_self(d, &call->in[0], out));
    vk_reads(&l, from);
    l.read[l.n_read++] = at;
    vk_writes(&l, out);
    vk_groups(&l, 4 * (int64_t)p->n);
    return p->n && p->n_at ? torsh__vk_dispatch(d, &l) : TORSH_OK;
}

static torsh_status_t index_add(const torsh_call_t *call)
{
    const torsh__index_add_params_t *params = call->params;
    const torsh_view_t *index = &call->in[1];
    const along_t a = along(&call->in[0], params->dim);
    scatter_push_t p = {.at = vk_address(index),
                        .alpha = torsh__vk_number(params->alpha, vk_class(call->compute)),
                        .n = (uint32_t)(a.outer * a.inner),
                        .n_at = (uint32_t)index->n,
                        .rows = (uint32_t)a.n,
                        .inner = (uint32_t)a.inner,
                        .dim = (uint32_t)a.dim,
                        .error = VK_ERROR_INDEX};
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, dispatch_scatter(d, call, &p, ADD_ROWS, &call->in[2], index->handle, false))
             : TORSH_ERR_DEVICE;
}

static torsh_status_t run_index_put(vk_device_t *d, const torsh_call_t *call)
{
    const torsh___index_put__params_t *params = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[2];
    const along_t a = indexed(self, params->first, params->n_indices);
    vk_buffer_t *block;
    scatter_push_t p = {
        .alpha = torsh__vk_number((torsh_scalar_t){TORSH_SCALAR_INT, {.i = 1}}, vk_class(call->compute)),
        .n = (uint32_t)(a.outer * a.inner),
        .n_at = (uint32_t)index->n,
        .rows = (uint32_t)a.n,
        .inner = (uint32_t)a.inner};
    VK_TRY(positions(d, index, params->n_indices, self->shape, params->first, &block, &p.at));
    return dispatch_scatter(d, call, &p, params->accumulate ? ADD_ROWS : SET_ROWS, &call->in[1], block, true);
}

static torsh_status_t index_put(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_index_put(d, call)) : TORSH_ERR_DEVICE;
}

static torsh_status_t run_scatter_add(vk_device_t *d, const torsh_call_t *call)
{
    const torsh__scatter_add_params_t *params = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[1], *source = &call->in[2];
    const along_t a = along(self, params->dim), i = along(index, params->dim);
    const int32_t ndim = index->ndim ? index->ndim : 1;
    scatter_push_t p = {.at = vk_address(index),
                        .n = (uint32_t)(i.outer * i.inner),
                        .n_at = (uint32_t)i.n,
                        .rows = (uint32_t)a.n,
                        .ndim = (uint32_t)ndim,
                        .dim = (uint32_t)i.dim,
                        .error = VK_ERROR_VALUE_INDEX};
    void *at;
    VK_TRY(torsh__vk_stage(d, 16 * ndim, &at, &p.table, NULL, NULL));
    uint32_t *row = at;
    row[0] = (uint32_t)index->n, row[1] = row[2] = row[3] = 1; /* 0-d */
    for (int32_t k = 0; k < index->ndim; k++, row += 4) {
        row[0] = (uint32_t)index->shape[k];
        row[1] = self->ndim ? (uint32_t)self->strides[k] : 1;
        row[2] = source->ndim ? (uint32_t)source->strides[k] : 1;
        row[3] = (uint32_t)index->strides[k];
    }
    return dispatch_scatter(d, call, &p, ADD_ELEMENTS, source, index->handle, false);
}

static torsh_status_t scatter_add(const torsh_call_t *call)
{
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run_scatter_add(d, call)) : TORSH_ERR_DEVICE;
}

static const torsh_kernel_t kernels[] = {
    VK_ALL(TORSH_OP_INDEX_SELECT, 0, index_select),
    VK_ALL(TORSH_OP_EMBEDDING, 0, embedding),
    VK_ALL(TORSH_OP__INDEX, 0, index_many),
    VK_ALL(TORSH_OP_GATHER, 0, gather),
    VK_ALL(TORSH_OP_INDEX_ADD, TORSH_OVERWRITES, index_add),
    VK_ALL(TORSH_OP__INDEX_PUT_, TORSH_OVERWRITES, index_put),
    VK_ALL(TORSH_OP_SCATTER_ADD, TORSH_OVERWRITES, scatter_add),
};
VK_LIST(index);
