/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include <torsh/impl/tensor.h>

#include "storage.h"

const torsh__autograd_t *torsh__autograd;
static const torsh_wrapper_vtable_t *wrapper_vtable;

/* ---- life ---- */

torsh_tensor_t *torsh_tensor_retain(const torsh_tensor_t *tensor)
{
    torsh_tensor_t *t = (torsh_tensor_t *)tensor;
    if (!t)
        return NULL;
    TORSH_ASSERT(!t->is_immediate);
    uint32_t before = __atomic_fetch_add(&t->refs, 1u, __ATOMIC_RELAXED);
    if (__builtin_expect(before == (TORSH_HAS_WRAPPER | 1u), 0))
        wrapper_vtable->retain(t->wrapper);
    return t;
}

static void destroy(torsh_tensor_t *t)
{
    if (t->autograd)
        torsh__autograd->release(t);
    if (t->own_version && __atomic_sub_fetch(&t->own_version->refs, 1, __ATOMIC_ACQ_REL) == 0)
        torsh__free(t->own_version);
    if (t->shape != t->dims)
        torsh__free(t->shape);
    torsh__storage_release(t->storage);
    torsh__object_free(TORSH__TENSOR_OBJECT, t);
}

void torsh_tensor_release(torsh_tensor_t *t)
{
    if (!t)
        return;
    uint32_t before = __atomic_fetch_sub(&t->refs, 1u, __ATOMIC_ACQ_REL);
    if (before == 1u)
        destroy(t);
    else if (__builtin_expect(before == (TORSH_HAS_WRAPPER | 2u), 0))
        wrapper_vtable->release(t->wrapper);
}

void torsh_tensor_free(torsh_tensor_t *t)
{
    torsh_tensor_release(t);
}

/* ---- wrappers: see DESIGN §5 ---- */

void torsh_wrapper_register(const torsh_wrapper_vtable_t *vtable)
{
    wrapper_vtable = vtable;
}

void *torsh_tensor_wrapper(const torsh_tensor_t *t)
{
    if (!t)
        return NULL;
    return t->wrapper;
}

void torsh_tensor_set_wrapper(torsh_tensor_t *t, void *wrapper)
{
    if (!t)
        return;
    TORSH_ASSERT(!t->wrapper && wrapper_vtable);
    t->wrapper = wrapper;
    uint32_t before = __atomic_fetch_or(&t->refs, TORSH_HAS_WRAPPER, __ATOMIC_ACQ_REL);
    if (before > 1u) /* others hold it too: they keep the wrapper alive */
        wrapper_vtable->retain(wrapper);
}

void torsh_tensor_drop_wrapper(torsh_tensor_t *t)
{
    if (!t)
        return;
    t->wrapper = NULL;
    __atomic_fetch_and(&t->refs, ~TORSH_HAS_WRAPPER, __ATOMIC_ACQ_REL);
    torsh_tensor_release(t);
}

int64_t torsh_tensor_use_count(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    uint32_t refs = __atomic_load_n(&t->refs, __ATOMIC_ACQUIRE);
    return (int64_t)(refs & ~TORSH_HAS_WRAPPER) - (refs & TORSH_HAS_WRAPPER ? 1 : 0);
}

/* ---- making ---- */

static torsh_status_t set_dims(torsh_tensor_t *t, int ndim)
{
    int64_t *dims = t->dims;
    if (ndim > TORSH_INLINE_DIMS && !(dims = torsh__alloc(2 * (size_t)ndim * sizeof *dims)))
        return TORSH_ERR_MEMORY;
    t->shape = dims;
    t->strides = dims + (ndim > TORSH_INLINE_DIMS ? ndim : TORSH_INLINE_DIMS);
    t->ndim = ndim;
    return TORSH_OK;
}

/* A tensor without storage; shape is set, strides and n are not. */
static torsh_status_t blank(torsh_dtype_t dtype, torsh_device_t device, int ndim, const int64_t *shape,
                            torsh_tensor_t **out)
{
    torsh_tensor_t *t = torsh__object_alloc(TORSH__TENSOR_OBJECT, sizeof *t);
    if (!t)
        return TORSH_ERR_MEMORY;
    memset(t, 0, offsetof(torsh_tensor_t, dims));
    t->refs = 1;
    t->dtype = (int8_t)dtype;
    t->device = device;
    t->storage = NULL;
    t->version = t->own_version = NULL;
    t->autograd = t->wrapper = NULL;
    t->value.kind = TORSH_SCALAR_NONE;
    torsh_status_t status = set_dims(t, ndim);
    if (status != TORSH_OK) {
        torsh__object_free(TORSH__TENSOR_OBJECT, t);
        return status;
    }
    for (int i = 0; i < ndim; i++)
        t->shape[i] = shape[i];
    *out = t;
    return TORSH_OK;
}

static torsh_status_t check_shape(int ndim, const int64_t *shape)
{
    if (ndim < 0 || ndim > TORSH_MAX_DIMS)
        return torsh__fail(TORSH_ERR_SHAPE, "a tensor of %d dimensions was asked for; 0 to %d are possible",
                           ndim, TORSH_MAX_DIMS);
    for (int i = 0; i < ndim; i++)
        if (shape[i] < 0) {
            char text[256];
            return torsh__fail(TORSH_ERR_SHAPE,
                               "Trying to create tensor with negative dimension %" PRId64 ": %s", shape[i],
                               torsh__shape_text(ndim, shape, text, sizeof text));
        }
    return TORSH_OK;
}

/* Elements of storage that shape and strides reach from their offset; -1 on overflow. */
static int64_t extent(int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t last = 0;
    for (int i = 0; i < ndim; i++) {
        int64_t step;
        if (shape[i] == 0)
            return 0;
        if (__builtin_mul_overflow(shape[i] - 1, strides[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return -1;
    }
    return last == INT64_MAX ? -1 : last + 1;
}

static torsh_status_t too_large(int ndim, const int64_t *shape)
{
    char text[256];
    return torsh__fail(TORSH_ERR_MEMORY, "Storage size calculation overflowed with sizes=%s",
                       torsh__shape_text(ndim, shape, text, sizeof text));
}

torsh_status_t torsh__tensor_new(torsh_dtype_t dtype, torsh_device_t device, int ndim, const int64_t *shape,
                                 const int64_t *strides, torsh_tensor_t **out)
{
    torsh_tensor_t *t;
    TRY(check_shape(ndim, shape));
    TRY(blank(dtype, device, ndim, shape, &t));
    torsh_status_t status = TORSH_OK;
    int64_t bytes = 0, n = torsh__contiguous_strides(ndim, shape, t->strides), reach = n;
    if (strides) {
        for (int i = 0; i < ndim; i++)
            t->strides[i] = strides[i];
        reach = extent(ndim, shape, strides);
    }
    t->n = n;
    if (n < 0 || reach < 0 || __builtin_mul_overflow(reach, (int64_t)torsh__dtype_bytes(dtype), &bytes))
        TRY_GOTO(fail, too_large(ndim, shape));
    TRY_GOTO(fail, torsh__storage_new(device, bytes, &t->storage));
    t->version = &t->storage->version;
    *out = t;
    return TORSH_OK;
fail:
    torsh_tensor_release(t);
    return status;
}

torsh_status_t torsh__tensor_alias(const torsh_tensor_t *t, int ndim, const int64_t *shape,
                                   const int64_t *strides, int64_t offset, torsh_tensor_t **out)
{
    torsh_tensor_t *v;
    TRY(blank((torsh_dtype_t)t->dtype, t->device, ndim, shape, &v));
    int64_t room[TORSH_MAX_DIMS];
    v->n = torsh__contiguous_strides(ndim, shape, room);
    if (v->n < 0) { /* expanded beyond what can be counted */
        char text[256];
        torsh_tensor_release(v);
        return torsh__fail(TORSH_ERR_SHAPE, "numel: integer multiplication overflow for shape %s",
                           torsh__shape_text(ndim, shape, text, sizeof text));
    }
    for (int i = 0; i < ndim; i++)
        v->strides[i] = strides[i];
    v->offset = offset;
    v->is_number = t->is_number && ndim == 0;
    v->storage = t->storage;
    __atomic_fetch_add(&v->storage->refs, 1, __ATOMIC_RELAXED);
    v->version = t->version;
    if ((v->own_version = t->own_version))
        __atomic_fetch_add(&v->own_version->refs, 1, __ATOMIC_RELAXED);
    *out = v;
    return TORSH_OK;
}

/* The storage gets room for more bytes; what it held stays. */
static torsh_status_t grow(torsh__storage_t *s, int64_t bytes)
{
    torsh__block_t block = {NULL, 0};
    if (s->foreign)
        return torsh__fail(TORSH_ERR_VALUE, "Trying to resize storage that is not resizable");
    if (s->device.kind != TORSH_META) {
        TRY(torsh__block_alloc(s->device, bytes, &block));
        const torsh_backend_t *b = torsh__backend(s->device.kind);
        torsh_status_t status = s->bytes > 0 ? b->copy(b->current_stream(s->device.index), block.handle, 0,
                                                       s->block.handle, 0, (size_t)s->bytes)
                                             : TORSH_OK;
        if (status != TORSH_OK) {
            torsh__block_free(s->device, block);
            return status;
        }
        torsh__block_free(s->device, s->block);
    }
    s->block = block;
    s->bytes = bytes;
    return TORSH_OK;
}

torsh_status_t torsh__tensor_resize(torsh_tensor_t *t, int ndim, const int64_t *shape, const int64_t *strides)
{
    TRY(check_shape(ndim, shape));
    int64_t room[TORSH_MAX_DIMS], bytes, n = torsh__contiguous_strides(ndim, shape, room), reach = n;
    if (strides)
        reach = extent(ndim, shape, strides);
    if (n < 0 || reach < 0 ||
        __builtin_mul_overflow(reach + t->offset, (int64_t)torsh_dtype_bytes(t->dtype), &bytes))
        return too_large(ndim, shape);
    if (bytes > t->storage->bytes)
        TRY(grow(t->storage, bytes));
    int64_t *old_dims = t->shape == t->dims ? NULL : t->shape;
    TRY(set_dims(t, ndim));
    torsh__free(old_dims);
    for (int i = 0; i < ndim; i++) {
        t->shape[i] = shape[i];
        t->strides[i] = strides ? strides[i] : room[i];
    }
    t->n = n;
    return TORSH_OK;
}

void torsh__number(torsh_tensor_t *t, torsh_scalar_t value)
{
    static const torsh_dtype_t of_kind[] = {TORSH_DTYPE_NONE, TORSH_BOOL, TORSH_I64,
                                            TORSH_U64,        TORSH_F64,  TORSH_C128};
    memset(t, 0, sizeof *t);
    t->refs = 1;
    bool known = value.kind >= 0 && value.kind < (int64_t)(sizeof of_kind / sizeof *of_kind);
    t->dtype = (int8_t)(known ? of_kind[value.kind] : TORSH_DTYPE_NONE);
    t->is_number = t->is_immediate = true;
    t->n = 1;
    t->shape = t->dims;
    t->strides = t->dims + TORSH_INLINE_DIMS;
    t->value = value;
}

torsh_tensor_t *torsh_tensor_from_scalar(torsh_scalar_t value)
{
    torsh_tensor_t number, *t;
    if (value.kind <= TORSH_SCALAR_NONE || value.kind > TORSH_SCALAR_COMPLEX) {
        torsh__fail(TORSH_ERR_VALUE, "tensor_from_scalar: the scalar holds no number");
        return NULL;
    }
    torsh__number(&number, value);
    if (torsh__tensor_new(number.dtype, (torsh_device_t){TORSH_CPU, 0}, 0, NULL, NULL, &t) != TORSH_OK)
        return NULL;
    t->is_number = true;
    torsh__scalar_store(value, t->dtype, t->storage->block.handle);
    return t;
}

/* ---- from the caller's memory ---- */

static torsh_status_t check_from(const char *op, const void *data, const int64_t *shape, int ndim,
                                 torsh_dtype_t dtype)
{
    if (torsh_dtype_bytes(dtype) == 0)
        return torsh__fail(TORSH_ERR_DTYPE, "%s: %d is no dtype", op, (int)dtype);
    if (!shape && ndim > 0)
        return torsh__fail(TORSH_ERR_NULL, "%s: shape is NULL for %d dimensions", op, ndim);
    TRY(check_shape(ndim, shape));
    bool empty = false;
    for (int i = 0; i < ndim; i++)
        empty |= shape[i] == 0;
    if (!data && !empty)
        return torsh__fail(TORSH_ERR_NULL, "%s: data is NULL", op);
    return TORSH_OK;
}

torsh_tensor_t *torsh_tensor_from_array(const void *data, const int64_t *shape, int ndim, torsh_dtype_t dtype)
{
    torsh_tensor_t *t;
    if (check_from("tensor_from_array", data, shape, ndim, dtype) != TORSH_OK ||
        torsh__tensor_new(dtype, (torsh_device_t){TORSH_CPU, 0}, ndim, shape, NULL, &t) != TORSH_OK)
        return NULL;
    if (t->storage->bytes)
        memcpy(t->storage->block.handle, data, (size_t)t->storage->bytes);
    return t;
}

torsh_tensor_t *torsh_tensor_from_blob_strided(void *data, const int64_t *shape, const int64_t *strides,
                                               int ndim, torsh_dtype_t dtype, void (*deleter)(void *),
                                               void *ctx)
{
    torsh_tensor_t *t;
    torsh__storage_t *s;
    const torsh_device_t cpu = {TORSH_CPU, 0};
    if (check_from("tensor_from_blob", data, shape, ndim, dtype) != TORSH_OK ||
        blank(dtype, cpu, ndim, shape, &t) != TORSH_OK)
        return NULL;
    t->n = torsh__contiguous_strides(ndim, shape, t->strides);
    for (int i = 0; strides && i < ndim; i++)
        t->strides[i] = strides[i];
    int64_t reach = extent(ndim, shape, t->strides), bytes;
    for (int i = 0; i < ndim; i++)
        if (t->strides[i] < 0) {
            torsh__fail(TORSH_ERR_VALUE, "tensor_from_blob: stride %d is negative", i);
            torsh_tensor_release(t);
            return NULL;
        }
    if (t->n < 0 || reach < 0 || __builtin_mul_overflow(reach, (int64_t)torsh_dtype_bytes(dtype), &bytes)) {
        too_large(ndim, shape);
        torsh_tensor_release(t);
        return NULL;
    }
    if (!(s = torsh__object_alloc(TORSH__STORAGE_OBJECT, sizeof *s))) {
        torsh_tensor_release(t);
        return NULL;
    }
    *s = (torsh__storage_t){.refs = 1,
                            .device = cpu,
                            .block = {data, bytes},
                            .bytes = bytes,
                            .deleter = deleter,
                            .ctx = ctx,
                            .foreign = true};
    t->storage = s;
    t->version = &s->version;
    return t;
}

torsh_tensor_t *torsh_tensor_from_blob(void *data, const int64_t *shape, int ndim, torsh_dtype_t dtype,
                                       void (*deleter)(void *), void *ctx)
{
    return torsh_tensor_from_blob_strided(data, shape, NULL, ndim, dtype, deleter, ctx);
}

/* ---- another look at the same memory ---- */

torsh_tensor_t *torsh_tensor_data(const torsh_tensor_t *t)
{
    torsh_tensor_t *d;
    if (!t) {
        torsh__fail(TORSH_ERR_NULL, "tensor_data: the tensor is NULL");
        return NULL;
    }
    torsh__version_t *version = torsh__calloc(sizeof *version);
    if (!version)
        return NULL;
    if (torsh__tensor_alias(t, t->ndim, t->shape, t->strides, t->offset, &d) != TORSH_OK) {
        torsh__free(version);
        return NULL;
    }
    if (d->own_version)
        __atomic_fetch_sub(&d->own_version->refs, 1, __ATOMIC_RELAXED); /* t still holds it */
    version->refs = 1;
    version->value = t->version->value;
    d->own_version = version;
    d->version = version;
    return d;
}

torsh_status_t torsh_tensor_set_data(torsh_tensor_t *t, const torsh_tensor_t *other)
{
    if (!t || !other)
        return torsh__fail(TORSH_ERR_NULL, "set_data: %s is NULL", t ? "other" : "the tensor");
    if (other->is_immediate)
        return torsh__fail(TORSH_ERR_VALUE, "set_data: a number has no memory");
    if (other == t)
        return TORSH_OK;
    torsh__version_t *version = NULL;
    if (!t->own_version && !(version = torsh__calloc(sizeof *version)))
        return TORSH_ERR_MEMORY;
    int64_t *old_dims = t->shape == t->dims ? NULL : t->shape;
    torsh_status_t status = set_dims(t, other->ndim);
    if (status != TORSH_OK) {
        torsh__free(version);
        return status;
    }
    torsh__free(old_dims);
    for (int i = 0; i < other->ndim; i++) {
        t->shape[i] = other->shape[i];
        t->strides[i] = other->strides[i];
    }
    if (version) { /* t keeps counting its own changes: who saved it must notice */
        version->refs = 1;
        version->value = t->version->value;
        t->version = t->own_version = version;
    }
    __atomic_fetch_add(&other->storage->refs, 1, __ATOMIC_RELAXED);
    torsh__storage_release(t->storage);
    t->storage = other->storage;
    t->dtype = other->dtype;
    t->device = other->device;
    t->offset = other->offset;
    t->n = other->n;
    return TORSH_OK;
}

/* ---- lists ---- */

torsh_tensor_list_t *torsh__tensor_list_new(int n)
{
    torsh_tensor_list_t *list = torsh__calloc(sizeof *list + (size_t)n * sizeof(torsh_tensor_t *));
    if (list)
        list->n = n;
    return list;
}

int torsh_tensor_list_n(const torsh_tensor_list_t *list)
{
    if (!list)
        return 0;
    return list->n;
}

torsh_tensor_t *torsh_tensor_list_get(const torsh_tensor_list_t *list, int i)
{
    if (!list)
        return NULL;
    return i < 0 || i >= list->n ? NULL : list->tensors[i];
}

void torsh_tensor_list_free(torsh_tensor_list_t *list)
{
    for (int i = 0; list && i < list->n; i++)
        torsh_tensor_release(list->tensors[i]);
    torsh__free(list);
}
