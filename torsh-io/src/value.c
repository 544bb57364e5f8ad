/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "bytes.h"
#include "value.h"

torsh_value_t *torsh__value_new(int kind, size_t text_bytes)
{
    torsh_value_t *v = torsh__calloc(sizeof *v + text_bytes);
    if (v) {
        v->refs = 1;
        v->kind = (uint8_t)kind;
    }
    return v;
}

torsh_value_t *torsh__value_text(int kind, const void *text, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        torsh__fail(TORSH_ERR_MEMORY, "a text of %zu bytes does not fit in memory", bytes);
        return NULL;
    }
    torsh_value_t *v = torsh__value_new(kind, bytes + 1);
    if (v) {
        v->u.bytes = bytes;
        if (bytes)
            memcpy(v->text, text, bytes);
    }
    return v;
}

torsh_value_t *torsh_value_new_none(void)
{
    return torsh__value_new(TORSH_VALUE_NONE, 0);
}

torsh_value_t *torsh_value_new_bool(int value)
{
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_BOOL, 0);
    if (v)
        v->u.b = value != 0;
    return v;
}

torsh_value_t *torsh_value_new_int(int64_t value)
{
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_INT, 0);
    if (v)
        v->u.i = value;
    return v;
}

torsh_value_t *torsh_value_new_float(double value)
{
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_FLOAT, 0);
    if (v)
        v->u.f = value;
    return v;
}

torsh_value_t *torsh_value_new_complex(double real, double imag)
{
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_COMPLEX, 0);
    if (v) {
        v->u.c[0] = real;
        v->u.c[1] = imag;
    }
    return v;
}

torsh_value_t *torsh_value_new_string(const char *text, size_t bytes)
{
    size_t valid = torsh__utf8_valid((const uint8_t *)text, bytes);
    if (valid != bytes) {
        torsh__fail(TORSH_ERR_VALUE, "value: text is not UTF-8 at byte %zu", valid);
        return NULL;
    }
    return torsh__value_text(TORSH_VALUE_STRING, text, bytes);
}

torsh_value_t *torsh_value_new_bytes(const void *data, size_t bytes)
{
    return torsh__value_text(TORSH_VALUE_BYTES, data, bytes);
}

torsh_value_t *torsh_value_new_dtype(torsh_dtype_t dtype)
{
    if (torsh_dtype_bytes(dtype) == 0) {
        torsh__fail(TORSH_ERR_VALUE, "value: %d is no dtype", (int)dtype);
        return NULL;
    }
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_DTYPE, 0);
    if (v)
        v->u.dtype = dtype;
    return v;
}

torsh_value_t *torsh_value_new_device(torsh_device_t device)
{
    if (device.kind < 0 || device.kind >= TORSH_DEVICE_KINDS) {
        torsh__fail(TORSH_ERR_VALUE, "value: %d is no kind of device", (int)device.kind);
        return NULL;
    }
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_DEVICE, 0);
    if (v)
        v->u.device = device;
    return v;
}

torsh_value_t *torsh_value_new_tensor(const torsh_tensor_t *tensor, int requires_grad, int is_parameter)
{
    if (!tensor) {
        if (!torsh__has_error())
            torsh__fail(TORSH_ERR_NULL, "value: the tensor is NULL");
        return NULL;
    }
    torsh_value_t *v = torsh__value_new(TORSH_VALUE_TENSOR, 0);
    if (v) {
        v->u.tensor = torsh_tensor_retain(tensor);
        v->requires_grad = requires_grad != 0;
        v->is_parameter = is_parameter != 0;
    }
    return v;
}

torsh_value_t *torsh_value_new_list(void)
{
    return torsh__value_new(TORSH_VALUE_LIST, 0);
}

static torsh_value_t *new_of_class(int kind, int python_class, bool fits)
{
    if (!fits) {
        torsh__fail(TORSH_ERR_VALUE, "value: %d is no class of a %s", python_class,
                    kind == TORSH_VALUE_DICT ? "dict" : "tuple");
        return NULL;
    }
    torsh_value_t *v = torsh__value_new(kind, 0);
    if (v)
        v->python_class = (uint8_t)python_class;
    return v;
}

torsh_value_t *torsh_value_new_tuple(int python_class)
{
    return new_of_class(TORSH_VALUE_TUPLE, python_class,
                        python_class == TORSH_CLASS_PLAIN || python_class == TORSH_CLASS_SIZE);
}

torsh_value_t *torsh_value_new_dict(int python_class)
{
    return new_of_class(TORSH_VALUE_DICT, python_class,
                        python_class >= TORSH_CLASS_PLAIN && python_class <= TORSH_CLASS_COUNTER);
}

torsh_value_t *torsh_value_retain(const torsh_value_t *value)
{
    torsh_value_t *v = (torsh_value_t *)value;
    if (v)
        __atomic_fetch_add(&v->refs, 1, __ATOMIC_RELAXED);
    return v;
}

/* Drops a reference; a value without any joins the list of those to free. */
static void drop(torsh_value_t *v, torsh_value_t **dying)
{
    if (!v || __atomic_fetch_sub(&v->refs, 1, __ATOMIC_ACQ_REL) > 1)
        return;
    v->next = *dying;
    *dying = v;
}

static void drop_row(torsh__values_t *row, torsh_value_t **dying)
{
    for (int64_t i = 0; i < row->n; i++)
        drop(row->v[i], dying);
    torsh__free(row->v);
    *row = (torsh__values_t){0};
}

static void drop_content(torsh_value_t *v, torsh_value_t **dying)
{
    drop_row(&v->u.box.items, dying);
    torsh__dict_forget_index(v);
    drop(v->u.box.attributes, dying);
    v->u.box.attributes = NULL;
}

/* No recursion: a tree may be as deep as memory allows. */
static void free_all(torsh_value_t *dying)
{
    while (dying) {
        torsh_value_t *v = dying;
        dying = v->next;
        if (torsh__is_box(v))
            drop_content(v, &dying);
        else if (v->kind == TORSH_VALUE_TENSOR)
            torsh_tensor_release(v->u.tensor);
        else if (v->kind == TORSH__VALUE_STORAGE)
            torsh_tensor_release(v->u.storage.base);
        torsh__free(v);
    }
}

void torsh_value_release(torsh_value_t *value)
{
    torsh_value_t *dying = NULL;
    drop(value, &dying);
    free_all(dying);
}

void torsh_value_free(torsh_value_t *value)
{
    torsh_value_release(value);
}

void torsh__values_clear(torsh__values_t *row)
{
    torsh_value_t *dying = NULL;
    drop_row(row, &dying);
    free_all(dying);
}

void torsh__value_clear(torsh_value_t *value)
{
    torsh_value_t *dying = NULL;
    drop_content(value, &dying);
    free_all(dying);
}

torsh_status_t torsh__values_push(torsh__values_t *row, torsh_value_t *value)
{
    if (!value)
        return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                  : torsh__fail(TORSH_ERR_NULL, "value: the item is NULL");
    if (row->n == row->capacity) {
        int64_t capacity = row->capacity < 4 ? 4 : row->capacity * 2;
        torsh_value_t **v = torsh__alloc((size_t)capacity * sizeof *v);
        if (!v) {
            torsh_value_release(value);
            return TORSH_ERR_MEMORY;
        }
        if (row->n)
            memcpy(v, row->v, (size_t)row->n * sizeof *v);
        torsh__free(row->v);
        row->v = v;
        row->capacity = capacity;
    }
    row->v[row->n++] = value;
    return TORSH_OK;
}

torsh_status_t torsh_value_add(torsh_value_t *value, torsh_value_t *item)
{
    torsh_status_t status;
    if (!value || !item)
        status = torsh__has_error()
                     ? torsh_error_status(torsh_last_error())
                     : torsh__fail(TORSH_ERR_NULL, "value_add: %s is NULL", value ? "item" : "value");
    else if (value->kind != TORSH_VALUE_LIST && value->kind != TORSH_VALUE_TUPLE)
        status = torsh__fail(TORSH_ERR_TYPE, "value_add: to %s; only a list or a tuple takes items",
                             torsh__value_kind_name(value));
    else if (value->python_class == TORSH_CLASS_SIZE && item->kind != TORSH_VALUE_INT)
        status = torsh__fail(TORSH_ERR_TYPE, "value_add: %s to a torch.Size", torsh__value_kind_name(item));
    else
        return torsh__values_push(&value->u.box.items, item);
    torsh_value_release(item);
    return status;
}

int torsh_value_kind(const torsh_value_t *value)
{
    return value ? value->kind : -1;
}

int torsh_value_class(const torsh_value_t *value)
{
    return value ? value->python_class : TORSH_CLASS_PLAIN;
}

bool torsh_value_bool(const torsh_value_t *value)
{
    return torsh_value_kind(value) == TORSH_VALUE_BOOL && value->u.b;
}

int64_t torsh_value_int(const torsh_value_t *value)
{
    return torsh_value_kind(value) == TORSH_VALUE_INT ? value->u.i : 0;
}

double torsh_value_float(const torsh_value_t *value)
{
    return torsh_value_kind(value) == TORSH_VALUE_FLOAT ? value->u.f : 0;
}

void torsh_value_complex(const torsh_value_t *value, double *real, double *imag)
{
    bool is = torsh_value_kind(value) == TORSH_VALUE_COMPLEX;
    if (real)
        *real = is ? value->u.c[0] : 0;
    if (imag)
        *imag = is ? value->u.c[1] : 0;
}

const char *torsh_value_string(const torsh_value_t *value, size_t *bytes)
{
    int kind = torsh_value_kind(value);
    bool is = kind == TORSH_VALUE_STRING || kind == TORSH_VALUE_BYTES;
    if (bytes)
        *bytes = is ? value->u.bytes : 0;
    return is ? value->text : NULL;
}

torsh_dtype_t torsh_value_dtype(const torsh_value_t *value)
{
    return torsh_value_kind(value) == TORSH_VALUE_DTYPE ? value->u.dtype : TORSH_DTYPE_NONE;
}

torsh_device_t torsh_value_device(const torsh_value_t *value)
{
    return torsh_value_kind(value) == TORSH_VALUE_DEVICE ? value->u.device : (torsh_device_t){-1, -1};
}

torsh_tensor_t *torsh_value_tensor(const torsh_value_t *value)
{
    return torsh_value_kind(value) == TORSH_VALUE_TENSOR ? value->u.tensor : NULL;
}

bool torsh_value_requires_grad(const torsh_value_t *value)
{
    return value && value->requires_grad;
}

bool torsh_value_is_parameter(const torsh_value_t *value)
{
    return value && value->is_parameter;
}

int64_t torsh_value_n(const torsh_value_t *value)
{
    if (!value || !torsh__is_box(value))
        return 0;
    return value->kind == TORSH_VALUE_DICT ? value->u.box.items.n / 2 : value->u.box.items.n;
}

torsh_value_t *torsh_value_item(const torsh_value_t *value, int64_t i)
{
    if (i < 0 || i >= torsh_value_n(value))
        return NULL;
    return value->u.box.items.v[value->kind == TORSH_VALUE_DICT ? 2 * i + 1 : i];
}

const char *torsh__value_kind_name(const torsh_value_t *value)
{
    static const char *const names[] = {"None",      "a bool",  "an int",  "a float",  "a string",
                                        "a list",    "a tuple", "a dict",  "a tensor", "bytes",
                                        "a complex", "a dtype", "a device"};
    int kind = torsh_value_kind(value);
    return kind == TORSH__VALUE_GLOBAL    ? "a name"
           : kind == TORSH__VALUE_STORAGE ? "a storage"
           : kind < 0                     ? "nothing"
                                          : names[kind];
}
