/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protocol 2, opcode for opcode what Python's pickler makes of the same objects. */
#include "pickler.h"

#define BATCH 1000 /* items between a mark and its opcode */

static torsh_status_t write_value(torsh__pickler_t *p, const torsh_value_t *v, int depth);

static torsh_status_t write_bytes(torsh__pickler_t *p, const torsh_value_t *v)
{
    torsh__bytes_t text = {0};
    for (size_t i = 0; i < v->u.bytes; i++) {
        uint8_t c = (uint8_t)v->text[i];
        if (c >= 0x80)
            torsh__bytes_add_u8(&text, (uint8_t)(0xc0 | c >> 6));
        torsh__bytes_add_u8(&text, c < 0x80 ? c : (uint8_t)(0x80 | (c & 0x3f)));
    }
    torsh_status_t status = text.status;
    if (status == TORSH_OK)
        status = torsh__pickler_global(p, TORSH__ENCODE, TORSH_DTYPE_NONE);
    if (status == TORSH_OK && text.n > UINT32_MAX)
        status =
            torsh__fail(TORSH_ERR_VALUE, "%zu bytes are too many for a pickle of protocol 2", v->u.bytes);
    if (status == TORSH_OK) {
        torsh__pickler_op(p, 'X');
        torsh__bytes_add_u32(p->out, (uint32_t)text.n);
        torsh__bytes_add(p->out, text.data, text.n);
        torsh__pickler_number(p);
        status = torsh__pickler_literal(p, "latin1");
    }
    torsh__bytes_free(&text);
    TRY(status);
    torsh__pickler_tuple(p, 2);
    torsh__pickler_reduce(p);
    return TORSH_OK;
}

static torsh_status_t write_device(torsh__pickler_t *p, torsh_device_t device)
{
    static const char *const names[TORSH_DEVICE_KINDS] = {"cpu", "cuda", "vulkan", "meta"};
    TRY(torsh__pickler_global(p, TORSH__DEVICE, TORSH_DTYPE_NONE));
    TRY(torsh__pickler_literal(p, names[device.kind]));
    if (device.index >= 0)
        torsh__pickler_int(p, device.index);
    torsh__pickler_tuple(p, device.index >= 0 ? 2 : 1);
    torsh__pickler_reduce(p);
    return TORSH_OK;
}

static torsh_status_t write_items(torsh__pickler_t *p, const torsh__values_t *items, int64_t width, int depth)
{
    for (int64_t from = 0; from < items->n;) {
        int64_t left = items->n - from, n = left < BATCH * width ? left : BATCH * width;
        if (n > width)
            torsh__pickler_op(p, '(');
        for (int64_t i = 0; i < n; i++)
            TRY(write_value(p, items->v[from + i], depth + 1));
        if (width == 1)
            torsh__pickler_op(p, n > width ? 'e' : 'a');
        else
            torsh__pickler_op(p, n > width ? 'u' : 's');
        from += n;
    }
    return TORSH_OK;
}

/* The items of a tuple, of a list and a plain dict come before or after the object's number, as Python has
 * it. */
static torsh_status_t write_tuple(torsh__pickler_t *p, const torsh_value_t *v, int depth)
{
    const torsh__values_t *items = &v->u.box.items;
    bool size = v->python_class == TORSH_CLASS_SIZE;
    if (size)
        TRY(torsh__pickler_global(p, TORSH__SIZE, TORSH_DTYPE_NONE));
    if (items->n > 3)
        torsh__pickler_op(p, '(');
    for (int64_t i = 0; i < items->n; i++)
        TRY(write_value(p, items->v[i], depth + 1));
    if (items->n == 0)
        torsh__pickler_op(p, ')');
    else
        torsh__pickler_tuple(p, items->n > 3 ? 4 : (int)items->n);
    if (size) {
        torsh__pickler_tuple(p, 1);
        torsh__pickler_reduce(p);
    }
    return TORSH_OK;
}

static torsh_status_t write_dict(torsh__pickler_t *p, const torsh_value_t *v, int depth,
                                 torsh__memo_key_t key)
{
    const torsh__values_t *items = &v->u.box.items;
    if (v->python_class == TORSH_CLASS_ORDERED_DICT) {
        TRY(torsh__pickler_ordered_dict(p));
        TRY(torsh__memo_put(&p->memo, key, p->n_memo - 1));
        TRY(write_items(p, items, 2, depth));
        if (torsh_value_n(v->u.box.attributes) == 0)
            return TORSH_OK;
        TRY(write_value(p, v->u.box.attributes, depth + 1));
        torsh__pickler_op(p, 'b');
        return TORSH_OK;
    }
    bool counter = v->python_class == TORSH_CLASS_COUNTER;
    if (counter)
        TRY(torsh__pickler_global(p, TORSH__COUNTER, TORSH_DTYPE_NONE));
    torsh__pickler_op(p, '}');
    torsh__pickler_number(p);
    if (!counter)
        TRY(torsh__memo_put(&p->memo, key, p->n_memo - 1));
    TRY(write_items(p, items, 2, depth));
    if (!counter)
        return TORSH_OK;
    torsh__pickler_tuple(p, 1);
    torsh__pickler_reduce(p);
    return torsh__memo_put(&p->memo, key, p->n_memo - 1);
}

/* Values that other places may share. */
static torsh_status_t write_object(torsh__pickler_t *p, const torsh_value_t *v, int depth)
{
    torsh__memo_key_t key = {TORSH__MEMO_VALUE, v, 0};
    if (torsh__pickler_again(p, key))
        return TORSH_OK;
    switch (v->kind) {
    case TORSH_VALUE_DICT:
        return write_dict(p, v, depth, key);
    case TORSH_VALUE_LIST:
        torsh__pickler_op(p, ']');
        TRY(torsh__pickler_remember(p, key));
        return write_items(p, &v->u.box.items, 1, depth);
    case TORSH_VALUE_TUPLE:
        TRY(write_tuple(p, v, depth));
        if (v->u.box.items.n == 0 && v->python_class == TORSH_CLASS_PLAIN)
            return TORSH_OK; /* the empty tuple has no number */
        break;
    case TORSH_VALUE_BYTES:
        TRY(write_bytes(p, v));
        break;
    case TORSH_VALUE_COMPLEX:
        TRY(torsh__pickler_global(p, TORSH__COMPLEX, TORSH_DTYPE_NONE));
        torsh__pickler_float(p, v->u.c[0]);
        torsh__pickler_float(p, v->u.c[1]);
        torsh__pickler_tuple(p, 2);
        torsh__pickler_reduce(p);
        break;
    default:
        TRY(write_device(p, v->u.device));
        break;
    }
    return torsh__memo_put(&p->memo, key, p->n_memo - 1);
}

static torsh_status_t write_value(torsh__pickler_t *p, const torsh_value_t *v, int depth)
{
    TRY(p->out->status);
    if (depth >= TORSH__MAX_DEPTH)
        return torsh__fail(TORSH_ERR_VALUE, "values are nested more than %d deep", TORSH__MAX_DEPTH);
    switch (v->kind) {
    case TORSH_VALUE_NONE:
        torsh__pickler_op(p, 'N');
        return TORSH_OK;
    case TORSH_VALUE_BOOL:
        torsh__pickler_bool(p, v->u.b);
        return TORSH_OK;
    case TORSH_VALUE_INT:
        torsh__pickler_int(p, v->u.i);
        return TORSH_OK;
    case TORSH_VALUE_FLOAT:
        torsh__pickler_float(p, v->u.f);
        return TORSH_OK;
    case TORSH_VALUE_STRING:
        return torsh__pickler_string(p, v->text, v->u.bytes);
    case TORSH_VALUE_DTYPE:
        return torsh__pickler_global(p, TORSH__DTYPE, v->u.dtype);
    case TORSH_VALUE_TENSOR:
        return torsh__pickler_tensor(p, v);
    default:
        return write_object(p, v, depth);
    }
}

torsh_status_t torsh__pickle_write(const torsh_value_t *value, torsh__bytes_t *data, torsh__bytes_t *storages)
{
    torsh__pickler_t p = {.out = data, .storages = storages};
    torsh__pickler_op(&p, 0x80);
    torsh__pickler_op(&p, 2);
    torsh_status_t status = write_value(&p, value, 0);
    torsh__pickler_op(&p, '.');
    torsh__memo_free(&p.memo);
    return status == TORSH_OK ? data->status : status;
}
