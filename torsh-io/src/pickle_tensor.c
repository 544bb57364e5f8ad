/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Storages and the tensors that look at them. */
#include <inttypes.h>
#include <string.h>
#include <torsh/impl/tensor.h>

#include "unpickler.h"

static torsh_status_t load_storage(torsh__unpickler_t *u, const torsh__global_t *type,
                                   const torsh_value_t *key, int64_t n, torsh_value_t **out)
{
    int64_t bytes;
    if (n < 0 || __builtin_mul_overflow(n, torsh_dtype_bytes(type->dtype), &bytes))
        return torsh__unpickler_fail(u, "has a storage of %" PRId64 " elements", n);
    torsh_value_t *v = torsh__value_new(TORSH__VALUE_STORAGE, 0);
    if (!v)
        return TORSH_ERR_MEMORY;
    v->u.storage.dtype = type->dtype;
    v->u.storage.n = n;
    torsh_status_t status =
        u->reader->read(u->reader->ctx, key->text, key->u.bytes, bytes, &v->u.storage.base);
    if (status == TORSH_OK)
        status = torsh_value_add_pair(u->storages, torsh_value_retain((torsh_value_t *)key),
                                      torsh_value_retain(v));
    if (status != TORSH_OK) {
        torsh_value_release(v);
        return status;
    }
    *out = v;
    return TORSH_OK;
}

/* id: ('storage', type, key, location, elements). The location is ignored: all is loaded to the CPU. */
static torsh_status_t find_storage(torsh__unpickler_t *u, const torsh_value_t *id, torsh_value_t **out)
{
    const torsh_value_t *tag = torsh_value_item(id, 0), *type = torsh_value_item(id, 1),
                        *key = torsh_value_item(id, 2), *n = torsh_value_item(id, 4);
    if (torsh_value_kind(id) != TORSH_VALUE_TUPLE || torsh_value_n(id) != 5 ||
        tag->kind != TORSH_VALUE_STRING || strcmp(tag->text, "storage") != 0 ||
        type->kind != TORSH__VALUE_GLOBAL || key->kind != TORSH_VALUE_STRING || n->kind != TORSH_VALUE_INT ||
        (type->u.global->meaning != TORSH__TYPED_STORAGE &&
         type->u.global->meaning != TORSH__UNTYPED_STORAGE))
        return torsh__unpickler_fail(u, "refers to something outside that is no storage");
    int64_t known = torsh__dict_find(u->storages, key);
    if (known < 0)
        return load_storage(u, type->u.global, key, n->u.i, out);
    torsh_value_t *v = torsh_value_item(u->storages, known);
    if (v->u.storage.dtype != type->u.global->dtype || v->u.storage.n != n->u.i) {
        char shown[TORSH__SHOWN_BYTES];
        return torsh__unpickler_fail(u, "describes storage '%s' in two ways",
                                     torsh__shown(key->text, key->u.bytes, shown));
    }
    *out = torsh_value_retain(v);
    return TORSH_OK;
}

torsh_status_t torsh__unpickler_storage(torsh__unpickler_t *u)
{
    torsh_value_t *id, *storage = NULL;
    TRY(torsh__unpickler_pop(u, &id));
    torsh_status_t status = find_storage(u, id, &storage);
    torsh_value_release(id);
    TRY(status);
    return torsh__unpickler_push(u, storage);
}

static bool read_ints(const torsh_value_t *tuple, int64_t *to)
{
    for (int64_t i = 0; i < torsh_value_n(tuple); i++) {
        const torsh_value_t *v = torsh_value_item(tuple, i);
        if (v->kind != TORSH_VALUE_INT || v->u.i < 0)
            return false;
        to[i] = v->u.i;
    }
    return true;
}

/* Whether all elements lie in the storage. Nothing here may overflow, whatever the file says. */
static bool fits(int ndim, const int64_t *shape, const int64_t *strides, int64_t offset, int64_t elements)
{
    int64_t n = 1, last = offset, step;
    for (int i = 0; i < ndim; i++)
        if (__builtin_mul_overflow(n, shape[i], &n))
            return false;
    if (n == 0)
        return offset <= elements;
    for (int i = 0; i < ndim; i++)
        if (__builtin_mul_overflow(shape[i] - 1, strides[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return false;
    return last < elements;
}

static torsh_status_t view_storage(torsh__unpickler_t *u, const torsh_value_t *storage, torsh_dtype_t dtype,
                                   const torsh_value_t *args, torsh_tensor_t **out)
{
    const torsh_value_t *offset = torsh_value_item(args, 1), *sizes = torsh_value_item(args, 2),
                        *steps = torsh_value_item(args, 3);
    int64_t shape[TORSH_MAX_DIMS], strides[TORSH_MAX_DIMS];
    if (offset->kind != TORSH_VALUE_INT || offset->u.i < 0 || sizes->kind != TORSH_VALUE_TUPLE ||
        steps->kind != TORSH_VALUE_TUPLE || torsh_value_n(sizes) != torsh_value_n(steps))
        return torsh__unpickler_fail(u, "has a tensor whose offset, sizes or strides are none");
    if (torsh_value_n(sizes) > TORSH_MAX_DIMS)
        return torsh__unpickler_fail(u, "has a tensor of %" PRId64 " dimensions; up to %d are possible",
                                     torsh_value_n(sizes), TORSH_MAX_DIMS);
    int ndim = (int)torsh_value_n(sizes);
    int64_t elements = torsh_tensor_storage_bytes(storage->u.storage.base) / torsh_dtype_bytes(dtype);
    if (!read_ints(sizes, shape) || !read_ints(steps, strides) ||
        !fits(ndim, shape, strides, offset->u.i, elements))
        return torsh__unpickler_fail(
            u, "has a tensor that reaches beyond its storage of %" PRId64 " elements", elements);
    TRY(torsh__unpickler_charge(u, (int64_t)sizeof(torsh_tensor_t) + 16 * ndim));
    TRY(torsh__tensor_alias(storage->u.storage.base, ndim, shape, strides, offset->u.i, out));
    (*out)->dtype = (int8_t)dtype; /* the base is uint8; no one has seen the view yet */
    return TORSH_OK;
}

/* (storage, offset, sizes, strides, requires_grad, hooks[, dtype][, metadata]) */
torsh_status_t torsh__unpickler_tensor(torsh__unpickler_t *u, torsh__meaning_t meaning,
                                       const torsh_value_t *args, torsh_value_t **out)
{
    int64_t n = torsh_value_n(args), given = meaning == TORSH__REBUILD_TENSOR_V3 ? 7 : 6;
    if (n != given && n != given + 1)
        return torsh__unpickler_fail(u, "makes a tensor of %" PRId64 " arguments", n);
    const torsh_value_t *storage = torsh_value_item(args, 0), *requires_grad = torsh_value_item(args, 4),
                        *hooks = torsh_value_item(args, 5), *dtype = torsh_value_item(args, 6),
                        *metadata = torsh_value_item(args, given);
    if (storage->kind != TORSH__VALUE_STORAGE)
        return torsh__unpickler_fail(u, "makes a tensor of %s instead of a storage",
                                     torsh__value_kind_name(storage));
    if (requires_grad->kind != TORSH_VALUE_BOOL || torsh_value_n(hooks) != 0)
        return torsh__unpickler_fail(
            u, "has a tensor with hooks, or that does not say whether it requires a gradient");
    if (torsh_value_n(metadata) != 0)
        return torsh__unpickler_fail(u,
                                     "has a tensor whose conjugation or negation is still to be done; save "
                                     "t.resolve_conj().resolve_neg() instead");
    if (given == 7 && dtype->kind != TORSH_VALUE_DTYPE)
        return torsh__unpickler_fail(u, "has a tensor of an unknown dtype");
    torsh_tensor_t *t;
    TRY(view_storage(u, storage, given == 7 ? dtype->u.dtype : storage->u.storage.dtype, args, &t));
    *out = torsh_value_new_tensor(t, requires_grad->u.b, false);
    torsh_tensor_release(t);
    return *out ? TORSH_OK : TORSH_ERR_MEMORY;
}

/* (data, requires_grad, hooks). The data may stand elsewhere too: the parameter is a tensor of its own on it.
 */
torsh_status_t torsh__unpickler_parameter(torsh__unpickler_t *u, const torsh_value_t *args,
                                          torsh_value_t **out)
{
    const torsh_value_t *data = torsh_value_item(args, 0), *requires_grad = torsh_value_item(args, 1),
                        *hooks = torsh_value_item(args, 2);
    if (torsh_value_n(args) != 3 || data->kind != TORSH_VALUE_TENSOR ||
        requires_grad->kind != TORSH_VALUE_BOOL || torsh_value_n(hooks) != 0)
        return torsh__unpickler_fail(u, "makes a Parameter of something else than a tensor without hooks");
    torsh_tensor_t *of = data->u.tensor, *t;
    TRY(torsh__unpickler_charge(u, (int64_t)sizeof *t + 16 * of->ndim));
    TRY(torsh__tensor_alias(of, of->ndim, of->shape, of->strides, of->offset, &t));
    *out = torsh_value_new_tensor(t, requires_grad->u.b, true);
    torsh_tensor_release(t);
    return *out ? TORSH_OK : TORSH_ERR_MEMORY;
}
