/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading a tensor from outside: properties, the address, single values, all values; scalars and dtypes. */
#include <math.h>
#include <string.h>

#include <torsh/impl/tensor.h>
#include <torsh/ops/half.h>

int torsh_tensor_ndim(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    return t->ndim;
}
const int64_t *torsh_tensor_shape(const torsh_tensor_t *t)
{
    if (!t)
        return NULL;
    return t->shape;
}
const int64_t *torsh_tensor_strides(const torsh_tensor_t *t)
{
    if (!t)
        return NULL;
    return t->strides;
}
int64_t torsh_tensor_storage_offset(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    return t->offset;
}
int64_t torsh_tensor_numel(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    return t->n;
}
torsh_dtype_t torsh_tensor_dtype(const torsh_tensor_t *t)
{
    if (!t)
        return TORSH_DTYPE_NONE;
    return (torsh_dtype_t)t->dtype;
}
torsh_device_t torsh_tensor_device(const torsh_tensor_t *t)
{
    if (!t)
        return (torsh_device_t){-1, -1};
    return t->device;
}
bool torsh_tensor_is_contiguous(const torsh_tensor_t *t)
{
    if (!t)
        return false;
    return torsh__is_contiguous(t->ndim, t->shape, t->strides);
}
const void *torsh_tensor_storage(const torsh_tensor_t *t)
{
    if (!t)
        return NULL;
    return t->storage;
}
int64_t torsh_tensor_storage_bytes(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    return t->storage->bytes;
}
uint32_t torsh_tensor_version(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    return __atomic_load_n(&t->version->value, __ATOMIC_RELAXED);
}

void *torsh_tensor_data_ptr(const torsh_tensor_t *t)
{
    if (!t) {
        torsh__fail(TORSH_ERR_NULL, "tensor_data_ptr: the tensor is NULL");
        return NULL;
    }
    if (t->device.kind != TORSH_CPU) {
        char name[24];
        torsh__fail(TORSH_ERR_DEVICE,
                    "tensor_data_ptr: the tensor is on %s; the host reaches cpu tensors alone",
                    torsh_device_name(t->device, name));
        return NULL;
    }
    return (char *)t->storage->block.handle + t->offset * torsh_dtype_bytes(t->dtype);
}

/* ---- scalars ---- */

double torsh__scalar_double(torsh_scalar_t s)
{
    switch (s.kind) {
    case TORSH_SCALAR_FLOAT:
        return s.v.f;
    case TORSH_SCALAR_COMPLEX:
        return s.v.c[0];
    case TORSH_SCALAR_UINT:
        return (double)s.v.u;
    default:
        return (double)s.v.i;
    }
}

int64_t torsh__scalar_int(torsh_scalar_t s)
{
    if (s.kind != TORSH_SCALAR_FLOAT && s.kind != TORSH_SCALAR_COMPLEX)
        return s.v.i;
    double f = torsh__scalar_double(s);
    return f >= -9223372036854775808.0 && f < 9223372036854775808.0 ? (int64_t)f
                                                                    : INT64_MIN; /* as x86 converts */
}

torsh_scalar_t torsh__scalar_cast(torsh_scalar_t s, torsh_dtype_t dtype)
{
    if (dtype == TORSH_BOOL)
        return torsh_scalar_b(s.kind == TORSH_SCALAR_FLOAT || s.kind == TORSH_SCALAR_COMPLEX
                                  ? torsh__scalar_double(s) != 0
                                  : s.v.i != 0);
    return torsh_dtype_is_floating(dtype) ? torsh_scalar_f(torsh__scalar_double(s))
                                          : torsh_scalar_i(torsh__scalar_int(s));
}

void torsh__scalar_store(torsh_scalar_t s, torsh_dtype_t dtype, void *to)
{
#define STORE(T, value)                                                                                      \
    do {                                                                                                     \
        T x_ = (T)(value);                                                                                   \
        memcpy(to, &x_, sizeof x_);                                                                          \
        return;                                                                                              \
    } while (0)
    switch (dtype) {
    case TORSH_U8:
    case TORSH_I8:
        STORE(uint8_t, torsh__scalar_int(s));
    case TORSH_I16:
    case TORSH_U16:
        STORE(uint16_t, torsh__scalar_int(s));
    case TORSH_I32:
    case TORSH_U32:
        STORE(uint32_t, torsh__scalar_int(s));
    case TORSH_I64:
    case TORSH_U64:
        STORE(int64_t, torsh__scalar_int(s));
    case TORSH_F16:
        STORE(uint16_t, f16_from_f32((float)torsh__scalar_double(s)));
    case TORSH_BF16:
        STORE(uint16_t, bf16_from_f32((float)torsh__scalar_double(s)));
    case TORSH_F32:
        STORE(float, torsh__scalar_double(s));
    case TORSH_F64:
        STORE(double, torsh__scalar_double(s));
    case TORSH_BOOL:
        STORE(uint8_t, torsh__scalar_cast(s, TORSH_BOOL).v.i);
    case TORSH_C64: {
        float c[2] = {(float)torsh__scalar_double(s), s.kind == TORSH_SCALAR_COMPLEX ? (float)s.v.c[1] : 0};
        memcpy(to, c, sizeof c);
        return;
    }
    case TORSH_C128: {
        double c[2] = {torsh__scalar_double(s), s.kind == TORSH_SCALAR_COMPLEX ? s.v.c[1] : 0};
        memcpy(to, c, sizeof c);
        return;
    }
    case TORSH_DTYPE_NONE:
        break;
    }
#undef STORE
    TORSH_ASSERT(!"a dtype");
}

torsh_scalar_t torsh__scalar_load(const void *from, torsh_dtype_t dtype)
{
#define LOAD(T, make)                                                                                        \
    do {                                                                                                     \
        T x_;                                                                                                \
        memcpy(&x_, from, sizeof x_);                                                                        \
        return make(x_);                                                                                     \
    } while (0)
    switch (dtype) {
    case TORSH_U8:
        LOAD(uint8_t, torsh_scalar_i);
    case TORSH_I8:
        LOAD(int8_t, torsh_scalar_i);
    case TORSH_I16:
        LOAD(int16_t, torsh_scalar_i);
    case TORSH_U16:
        LOAD(uint16_t, torsh_scalar_i);
    case TORSH_I32:
        LOAD(int32_t, torsh_scalar_i);
    case TORSH_U32:
        LOAD(uint32_t, torsh_scalar_i);
    case TORSH_I64:
        LOAD(int64_t, torsh_scalar_i);
    case TORSH_U64: {
        torsh_scalar_t s = torsh_scalar_i(0);
        s.kind = TORSH_SCALAR_UINT;
        memcpy(&s.v.u, from, 8);
        return s;
    }
    case TORSH_F16:
    case TORSH_BF16: {
        uint16_t h;
        memcpy(&h, from, 2);
        return torsh_scalar_f(dtype == TORSH_F16 ? f32_from_f16(h) : f32_from_bf16(h));
    }
    case TORSH_F32:
        LOAD(float, torsh_scalar_f);
    case TORSH_F64:
        LOAD(double, torsh_scalar_f);
    case TORSH_BOOL:
        return torsh_scalar_b(*(const uint8_t *)from != 0);
    case TORSH_C64: {
        float c[2];
        memcpy(c, from, sizeof c);
        return torsh_scalar_c(c[0], c[1]);
    }
    case TORSH_C128: {
        double c[2];
        memcpy(c, from, sizeof c);
        return torsh_scalar_c(c[0], c[1]);
    }
    case TORSH_DTYPE_NONE:
        break;
    }
#undef LOAD
    TORSH_ASSERT(!"a dtype");
}

/* ---- values ---- */

torsh_status_t torsh_tensor_item(const torsh_tensor_t *t, torsh_scalar_t *value)
{
    if (!t || !value)
        return torsh__fail(TORSH_ERR_NULL, "item: %s is NULL", t ? "value" : "the tensor");
    if (t->n != 1)
        return torsh__fail(TORSH_ERR_VALUE, "a Tensor with %lld elements cannot be converted to Scalar",
                           (long long)t->n);
    if (t->is_immediate) {
        *value = t->value;
        return TORSH_OK;
    }
    int64_t bytes = torsh_dtype_bytes(t->dtype);
    char element[16];
    if (t->device.kind == TORSH_CPU) {
        memcpy(element, (const char *)t->storage->block.handle + t->offset * bytes, (size_t)bytes);
    } else if (t->device.kind == TORSH_META) {
        return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "Tensor.item() cannot be called on meta tensors");
    } else {
        const torsh_backend_t *b = torsh__backend(t->device.kind);
        TRY(b->copy_to_host(b->current_stream(t->device.index), element, t->storage->block.handle,
                            t->offset * bytes, (size_t)bytes));
    }
    *value = torsh__scalar_load(element, t->dtype);
    return TORSH_OK;
}

torsh_status_t torsh_tensor_to_array(const torsh_tensor_t *t, void *data, size_t bytes)
{
    if (!t || (!data && t->n))
        return torsh__fail(TORSH_ERR_NULL, "tensor_to_array: %s is NULL", t ? "data" : "the tensor");
    size_t need = (size_t)t->n * (size_t)torsh_dtype_bytes(t->dtype);
    if (bytes != need)
        return torsh__fail(TORSH_ERR_SHAPE, "tensor_to_array: %zu bytes given for a tensor of %zu", bytes,
                           need);
    if (!need)
        return TORSH_OK;
    if (t->device.kind == TORSH_META)
        return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "Cannot copy out of meta tensor; no data!");
    torsh_tensor_t *c;
    TRY(torsh__contiguous_as(t, t->dtype, &c));
    int64_t at = c->offset * torsh_dtype_bytes(c->dtype);
    torsh_status_t status = TORSH_OK;
    if (c->device.kind == TORSH_CPU) {
        memcpy(data, (const char *)c->storage->block.handle + at, need);
    } else {
        const torsh_backend_t *b = torsh__backend(c->device.kind);
        status =
            b->copy_to_host(b->current_stream(c->device.index), data, c->storage->block.handle, at, need);
    }
    torsh_tensor_release(c);
    return status;
}
