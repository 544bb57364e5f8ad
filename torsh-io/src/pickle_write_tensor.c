/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "pickler.h"

/* The types that came after PyTorch's typed storages. */
static bool is_new_dtype(torsh_dtype_t dtype)
{
    return dtype == TORSH_U16 || dtype == TORSH_U32 || dtype == TORSH_U64;
}

/* Number of the tensor's storage, which is listed when it is new. */
static torsh_status_t number_storage(torsh__pickler_t *p, const torsh_tensor_t *t, int64_t *number)
{
    torsh_dtype_t dtype = torsh_tensor_dtype(t), stored = is_new_dtype(dtype) ? TORSH_U8 : dtype;
    torsh__memo_key_t key = {TORSH__MEMO_STORAGE, torsh_tensor_storage(t), 0};
    *number = torsh__memo_find(&p->memo, key);
    if (*number >= 0) {
        const torsh__stored_t *first = (const torsh__stored_t *)p->storages->data + *number;
        if (first->dtype != stored || is_new_dtype(torsh_tensor_dtype(first->tensor)) != is_new_dtype(dtype))
            return torsh__fail(
                TORSH_ERR_VALUE,
                "Cannot save multiple tensors or storages that view the same data as different types: "
                "%s and %s; clone one of them",
                torsh_dtype_name(torsh_tensor_dtype(first->tensor)), torsh_dtype_name(dtype));
        return TORSH_OK;
    }
    if (torsh_tensor_device(t).kind == TORSH_META)
        return torsh__fail(TORSH_ERR_VALUE, "a tensor on the meta device has no values to write");
    torsh__stored_t entry = {t, stored};
    *number = (int64_t)(p->storages->n / sizeof entry);
    torsh__bytes_add(p->storages, &entry, sizeof entry);
    TRY(p->storages->status);
    return torsh__memo_put(&p->memo, key, (uint32_t)*number);
}

/* ('storage', type, key, 'cpu', elements), then what makes a storage of it */
static torsh_status_t write_storage(torsh__pickler_t *p, const torsh_tensor_t *t)
{
    int64_t number, bytes = torsh_tensor_storage_bytes(t);
    torsh_dtype_t dtype = torsh_tensor_dtype(t);
    char key[24];
    TRY(number_storage(p, t, &number));
    int n = snprintf(key, sizeof key, "%" PRId64, number);
    torsh__pickler_op(p, '(');
    TRY(torsh__pickler_literal(p, "storage"));
    TRY(is_new_dtype(dtype) ? torsh__pickler_global(p, TORSH__UNTYPED_STORAGE, TORSH_U8)
                            : torsh__pickler_global(p, TORSH__TYPED_STORAGE, dtype));
    TRY(torsh__pickler_text(
        p, (torsh__memo_key_t){TORSH__MEMO_STORAGE_KEY, (const void *)(uintptr_t)(number + 1), 0}, key,
        (size_t)n));
    TRY(torsh__pickler_literal(p, "cpu"));
    torsh__pickler_int(p, is_new_dtype(dtype) ? bytes : bytes / torsh_dtype_bytes(dtype));
    torsh__pickler_tuple(p, 5);
    torsh__pickler_op(p, 'Q');
    return TORSH_OK;
}

static torsh_status_t write_plain_tensor(torsh__pickler_t *p, const torsh_tensor_t *t, bool requires_grad)
{
    torsh_dtype_t dtype = torsh_tensor_dtype(t);
    bool is_new = is_new_dtype(dtype);
    TRY(torsh__pickler_global(p, is_new ? TORSH__REBUILD_TENSOR_V3 : TORSH__REBUILD_TENSOR_V2,
                              TORSH_DTYPE_NONE));
    torsh__pickler_op(p, '(');
    TRY(write_storage(p, t));
    torsh__pickler_int(p, torsh_tensor_storage_offset(t));
    torsh__pickler_ints(p, torsh_tensor_shape(t), torsh_tensor_ndim(t));
    torsh__pickler_ints(p, torsh_tensor_strides(t), torsh_tensor_ndim(t));
    torsh__pickler_bool(p, requires_grad);
    TRY(torsh__pickler_ordered_dict(p));
    if (is_new)
        TRY(torsh__pickler_global(p, TORSH__DTYPE, dtype));
    torsh__pickler_tuple(p, 6);
    torsh__pickler_reduce(p);
    return TORSH_OK;
}

torsh_status_t torsh__pickler_tensor(torsh__pickler_t *p, const torsh_value_t *v)
{
    torsh__memo_key_t key = {TORSH__MEMO_TENSOR + v->requires_grad + 2 * v->is_parameter, v->u.tensor, 0};
    if (torsh__pickler_again(p, key))
        return TORSH_OK;
    if (v->is_parameter) {
        TRY(torsh__pickler_global(p, TORSH__REBUILD_PARAMETER, TORSH_DTYPE_NONE));
        TRY(write_plain_tensor(p, v->u.tensor, false));
        torsh__pickler_bool(p, v->requires_grad);
        TRY(torsh__pickler_ordered_dict(p));
        torsh__pickler_tuple(p, 3);
        torsh__pickler_reduce(p);
    } else {
        TRY(write_plain_tensor(p, v->u.tensor, v->requires_grad));
    }
    return torsh__memo_put(&p->memo, key, p->n_memo - 1);
}
