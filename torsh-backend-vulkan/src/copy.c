/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies within the device: any strides, any two dtypes; fills. */
#include <torsh/ops/half.h>

#include "kernels.h"

typedef struct push {
    VkDeviceAddress to, from, table;
    uint32_t n, ndim, s_to, s_from;
    uint32_t base; /* element that the first index reads */
} push_t;

/* Where n-dimensional operands lie, written down for the shader. */
static torsh_status_t place(vk_device_t *d, push_t *p, int ndim, const int64_t *shape, const int64_t *to,
                            const int64_t *from)
{
    p->n = 1;
    for (int k = 0; k < ndim; k++)
        p->n *= (uint32_t)shape[k];
    p->ndim = (uint32_t)ndim;
    p->s_to = ndim ? (uint32_t)to[ndim - 1] : 0;
    p->s_from = ndim ? (uint32_t)from[ndim - 1] : 0;
    if (ndim <= 1)
        return TORSH_OK;
    void *at;
    VK_TRY(torsh__vk_stage(d, 12 * ndim, &at, &p->table, NULL, NULL));
    uint32_t *row = at;
    for (int k = 0; k < ndim; k++, row += 3) {
        row[0] = (uint32_t)shape[k];
        row[1] = (uint32_t)to[k];
        row[2] = (uint32_t)from[k];
    }
    return TORSH_OK;
}

torsh_status_t torsh__vk_copy_strided(vk_device_t *d, int32_t bytes, int ndim, const int64_t *shape,
                                      vk_buffer_t *to, VkDeviceAddress to_address, const int64_t *to_strides,
                                      vk_buffer_t *from, VkDeviceAddress from_address,
                                      const int64_t *from_strides)
{
    push_t p = {.to = to_address, .from = from_address};
    VK_TRY(place(d, &p, ndim, shape, to_strides, from_strides));
    for (int k = 0; k < ndim && p.n; k++)
        if (from_strides[k] < 0) /* indices are counted from the lowest address */
            p.base += (uint32_t)(-from_strides[k] * (shape[k] - 1));
    p.from -= (VkDeviceAddress)p.base * (VkDeviceAddress)bytes;
    vk_launch_t l = {.shader = TORSH__VK_COPY,
                     .n_spec = 1,
                     .spec = {(uint32_t)bytes},
                     .push = &p,
                     .push_bytes = sizeof p,
                     .read = {from},
                     .n_read = 1,
                     .written = {to},
                     .n_written = 1};
    vk_groups(&l, p.n);
    return p.n ? torsh__vk_dispatch(d, &l) : TORSH_OK;
}

static bool can_convert(const vk_device_t *d, torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_C64:
    case TORSH_C128:
        return false;
    case TORSH_F64:
        return d->f64;
    case TORSH_I64:
    case TORSH_U64:
    case TORSH_U32:
        return d->i64;
    default:
        return true;
    }
}

static torsh_status_t convert(vk_device_t *d, const torsh_call_t *call, const torsh_view_t *in)
{
    const torsh_view_t *out = call->out;
    if (in->is_number)
        return torsh__vk_fill(d, out, in->value);
    if (in->dtype == out->dtype && vk_bytes(in->dtype) <= 8)
        return torsh__vk_copy_strided(d, vk_bytes(in->dtype), out->ndim, out->shape, out->handle,
                                      vk_address(out), out->strides, in->handle, vk_address(in), in->strides);
    if (!can_convert(d, in->dtype) || !can_convert(d, out->dtype))
        return torsh__vk_lacks(d, call->op, can_convert(d, in->dtype) ? out->dtype : in->dtype);
    push_t p = {.to = vk_address(out), .from = vk_address(in)};
    VK_TRY(place(d, &p, out->ndim, out->shape, out->strides, in->strides));
    vk_launch_t l = {.shader = d->f64   ? TORSH__VK_CONVERT_F64
                               : d->i64 ? TORSH__VK_CONVERT_I64
                                        : TORSH__VK_CONVERT,
                     .n_spec = 2,
                     .spec = {(uint32_t)in->dtype, (uint32_t)out->dtype},
                     .push = &p,
                     .push_bytes = sizeof p};
    vk_reads(&l, in);
    vk_writes(&l, out);
    vk_groups(&l, out->n);
    return torsh__vk_dispatch(d, &l);
}

torsh_status_t torsh__vk_convert(const torsh_call_t *call, int at)
{
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, convert(d, call, &call->in[at])) : TORSH_ERR_DEVICE;
}

/* The number as it lies in memory. */
static uint64_t in_memory(torsh_scalar_t value, torsh_dtype_t dtype)
{
    if (dtype == TORSH_BOOL)
        return torsh__vk_number(value, VK_F64) << 1 != 0;
    const uint64_t bits =
        torsh__vk_number(value, vk_bytes(dtype) == 8 && dtype != TORSH_F64 ? VK_I64 : vk_class(dtype));
    if (dtype == TORSH_F16 || dtype == TORSH_BF16) {
        float f;
        memcpy(&f, &bits, sizeof f);
        return dtype == TORSH_F16 ? f16_from_f32(f) : bf16_from_f32(f);
    }
    return bits;
}

torsh_status_t torsh__vk_fill(vk_device_t *d, const torsh_view_t *out, torsh_scalar_t value)
{
    void *at;
    VkDeviceAddress from;
    const int64_t nowhere[TORSH_MAX_DIMS] = {0};
    const uint64_t bits = in_memory(value, out->dtype);
    VK_TRY(torsh__vk_stage(d, sizeof bits, &at, &from, NULL, NULL));
    memcpy(at, &bits, sizeof bits);
    return torsh__vk_copy_strided(d, vk_bytes(out->dtype), out->ndim, out->shape, out->handle,
                                  vk_address(out), out->strides, NULL, from, nowhere);
}

torsh_status_t torsh__vk_zero(const torsh_call_t *call)
{
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, torsh__vk_fill(d, call->out, (torsh_scalar_t){TORSH_SCALAR_INT, {.i = 0}}))
             : TORSH_ERR_DEVICE;
}
