/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Numbers on their way to shaders, and whether a device takes a call at all. */
#include "kernels.h"

static double as_double(torsh_scalar_t s)
{
    return s.kind == TORSH_SCALAR_FLOAT     ? s.v.f
           : s.kind == TORSH_SCALAR_COMPLEX ? s.v.c[0]
           : s.kind == TORSH_SCALAR_UINT    ? (double)s.v.u
                                            : (double)s.v.i;
}

static int64_t as_int(torsh_scalar_t s)
{
    if (s.kind != TORSH_SCALAR_FLOAT && s.kind != TORSH_SCALAR_COMPLEX)
        return s.v.i;
    const double f = as_double(s);
    return f >= -9223372036854775808.0 && f < 9223372036854775808.0 ? (int64_t)f : INT64_MIN;
}

uint64_t torsh__vk_number(torsh_scalar_t value, int class)
{
    uint64_t bits = 0;
    const double f = as_double(value);
    const float narrow = (float)f;
    const int64_t i = as_int(value);
    if (class == VK_F32)
        memcpy(&bits, &narrow, sizeof narrow);
    else if (class == VK_F64)
        memcpy(&bits, &f, sizeof f);
    else
        bits = class == VK_I32 ? (uint32_t)i : (uint64_t)i;
    return bits;
}

uint64_t torsh__vk_operand(torsh_scalar_t value, torsh_dtype_t compute)
{
    if (compute == TORSH_BOOL)
        return torsh__vk_number(value, VK_F64) << 1 != 0; /* -0 is no truth either */
    const uint64_t bits = torsh__vk_number(value, vk_class(compute));
    return compute == TORSH_U8 ? bits & 0xff : bits;
}

static const char *name_of(torsh_dtype_t dtype)
{
    switch (dtype) {
#define X(name, value, bytes, text)                                                                          \
    case TORSH_##name:                                                                                       \
        return text;
        TORSH_DTYPE_LIST(X)
#undef X
    default:
        return "none";
    }
}

torsh_status_t torsh__vk_lacks(const vk_device_t *d, const char *op, torsh_dtype_t dtype)
{
    return torsh__vk_host->fail(
        TORSH_ERR_NOT_IMPLEMENTED, "\"%s\" not implemented for '%s' on vulkan:%d: %s lacks %s", op,
        name_of(dtype), (int)(d - torsh__vk_devices), d->properties.name, name_of(dtype));
}

torsh_status_t torsh__vk_check(const vk_device_t *d, const torsh_call_t *call)
{
    const int class = vk_class(call->compute);
    if ((class == VK_F64 && !d->f64) || (class == VK_I64 && !d->i64))
        return torsh__vk_lacks(d, call->op, call->compute);
    for (int i = 0; i < call->n_in + call->n_out; i++) {
        const torsh_view_t *v = i < call->n_in ? &call->in[i] : &call->out[i - call->n_in];
        int64_t reach = v->n;
        for (int k = 0; k < v->ndim && v->n > 0; k++)
            reach += (v->shape[k] - 1) * v->strides[k];
        if (v->ndim >= 0 && (v->n >= INT32_MAX || reach >= UINT32_MAX))
            return torsh__vk_host->fail(TORSH_ERR_NOT_IMPLEMENTED,
                                        "%s: vulkan's kernels take tensors of less than 2^31 elements",
                                        call->op);
    }
    return TORSH_OK;
}
