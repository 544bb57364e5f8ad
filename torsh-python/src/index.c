/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "index.h"

#include "args.h"
#include "convert.h"
#include "data.h"
#include "errors.h"
#include "gil.h"
#include "numpy.h"
#include "tensor_type.h"

enum { MAX_ITEMS = 96, LONG_WORK = 1 << 16 };

/* A key as C takes it; `held` are tensors made for lists and arrays in it. */
typedef struct {
    torsh_index_t items[MAX_ITEMS];
    int n, n_held;
    bool tensors;
    PyObject *held[MAX_ITEMS];
} index_key_t;

static void release(index_key_t *key)
{
    for (int i = 0; i < key->n_held; i++)
        Py_DECREF(key->held[i]);
}

static bool hold(index_key_t *key, torsh_index_t *item, PyObject *tensor)
{
    if (!tensor)
        return false;
    key->held[key->n_held++] = tensor;
    item->kind = TORSH_INDEX_TENSOR;
    item->tensor = torsh__tensor_of(tensor);
    key->tensors = true;
    return true;
}

static bool from_number(torsh_index_t *item, PyObject *o)
{
    PyObject *index = PyNumber_Index(o);
    if (!index) {
        PyErr_Clear();
        PyObject *name = torsh__type_name(o);
        PyErr_Format(
            PyExc_IndexError,
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
            "indices (got %U)",
            name);
        Py_XDECREF(name);
        return false;
    }
    item->kind = TORSH_INDEX_INT;
    int ok = torsh__long_to_int(index, &item->start);
    Py_DECREF(index);
    return ok > 0;
}

static bool add(index_key_t *key, PyObject *o)
{
    if (key->n == MAX_ITEMS) {
        PyErr_SetString(PyExc_IndexError, "too many indices for tensor");
        return false;
    }
    torsh_index_t *item = &key->items[key->n++];
    *item = (torsh_index_t){.kind = TORSH_INDEX_NONE};
    if (PyBool_Check(o)) {
        item->kind = TORSH_INDEX_BOOL;
        item->start = o == Py_True;
        return true;
    }
    if (PyLong_Check(o)) {
        item->kind = TORSH_INDEX_INT;
        return torsh__long_to_int(o, &item->start) > 0;
    }
    if (PySlice_Check(o)) {
        Py_ssize_t start, stop, step;
        if (PySlice_Unpack(o, &start, &stop, &step) < 0)
            return false;
        item->kind = TORSH_INDEX_SLICE;
        item->start = start;
        item->stop = stop;
        item->step = step;
        return true;
    }
    if (o == Py_None)
        return true;
    if (o == Py_Ellipsis) {
        item->kind = TORSH_INDEX_ELLIPSIS;
        return true;
    }
    if (torsh__is_tensor(o)) {
        Py_INCREF(o);
        return hold(key, item, o);
    }
    if (torsh__is_array(o))
        return hold(key, item, torsh__from_array(o, false));
    if (PySequence_Check(o)) {
        Py_ssize_t n = PySequence_Size(o);
        return n >= 0 && hold(key, item, torsh__tensor_from_data(o, n ? TORSH_DTYPE_NONE : TORSH_I64));
    }
    return from_number(item, o);
}

/* NumPy's old rule, which PyTorch keeps: a short list that holds more than numbers means a tuple. */
static bool is_tuple(PyObject *o)
{
    if (PyTuple_Check(o))
        return true;
    if (torsh__is_tensor(o) || torsh__is_array(o) || !PySequence_Check(o))
        return false;
    Py_ssize_t n = PySequence_Size(o);
    bool found = false;
    for (Py_ssize_t i = 0; i < n && n < 32 && !found; i++) {
        PyObject *item = PySequence_GetItem(o, i);
        found = item && (item == Py_None || item == Py_Ellipsis || torsh__is_tensor(item) ||
                         PySequence_Check(item) || PySlice_Check(item));
        Py_XDECREF(item);
    }
    PyErr_Clear();
    return found;
}

static bool parse(index_key_t *key, PyObject *o)
{
    key->n = key->n_held = 0;
    key->tensors = false;
    if (PyLong_Check(o) || !is_tuple(o))
        return add(key, o);
    PyObject *items = PySequence_Tuple(o);
    Py_ssize_t n = items ? PyTuple_Size(items) : 0;
    bool ok = items;
    for (Py_ssize_t i = 0; ok && i < n; i++)
        ok = add(key, PyTuple_GetItem(items, i));
    Py_XDECREF(items);
    return ok;
}

static bool is_long(const index_key_t *key, const torsh_tensor_t *t)
{
    return key->tensors && torsh_tensor_numel(t) > LONG_WORK;
}

PyObject *torsh__index_get(PyObject *self, PyObject *o)
{
    index_key_t key;
    if (!parse(&key, o)) {
        release(&key);
        return NULL;
    }
    torsh_tensor_t *t = torsh__tensor_of(self), *result;
    torsh_error_t *error = NULL;
    if (is_long(&key, t)) {
        torsh__gil_release_t unlocked = torsh__gil_release();
        result = torsh_index_get(t, key.items, key.n, &error);
        torsh__gil_reacquire(&unlocked);
    } else {
        torsh__gil_t was = torsh__gil_enter();
        result = torsh_index_get(t, key.items, key.n, &error);
        torsh__gil_leave(was);
    }
    release(&key);
    return result ? torsh__wrap(result) : torsh__raise(error);
}

/* What is assigned, as a new reference to a C tensor. */
static torsh_tensor_t *assigned(PyObject *self, PyObject *value)
{
    if (torsh__is_tensor(value))
        return torsh_tensor_retain(torsh__tensor_of(value));
    torsh_scalar_t scalar;
    int ok = torsh__to_scalar(value, &scalar);
    torsh_tensor_t *t = ok > 0 ? torsh_tensor_from_scalar(scalar) : NULL;
    if (ok > 0 && !t)
        torsh__raise_last();
    if (ok == 0) {
        PyObject *from = torsh__type_name(value);
        PyObject *to = PyObject_CallMethod(self, "type", NULL);
        if (from && to)
            PyErr_Format(PyExc_TypeError, "can't assign a %U to a %U", from, to);
        Py_XDECREF(to);
        Py_XDECREF(from);
    }
    return t;
}

int torsh__index_set(PyObject *self, PyObject *o, PyObject *value)
{
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "Tensor does not support deleting items");
        return -1;
    }
    index_key_t key;
    torsh_tensor_t *src = parse(&key, o) ? assigned(self, value) : NULL;
    if (!src) {
        release(&key);
        return -1;
    }
    torsh_tensor_t *t = torsh__tensor_of(self);
    torsh_error_t *error = NULL;
    torsh_status_t status;
    if (is_long(&key, t)) {
        torsh__gil_release_t unlocked = torsh__gil_release();
        status = torsh_index_set(t, key.items, key.n, src, &error);
        torsh__gil_reacquire(&unlocked);
    } else {
        torsh__gil_t was = torsh__gil_enter();
        status = torsh_index_set(t, key.items, key.n, src, &error);
        torsh__gil_leave(was);
    }
    torsh_tensor_release(src);
    release(&key);
    if (status != TORSH_OK)
        torsh__raise(error);
    return status == TORSH_OK ? 0 : -1;
}
