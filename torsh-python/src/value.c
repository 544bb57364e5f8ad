/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "value.h"

#include <torsh/io.h>

#include "args.h"
#include "convert.h"
#include "dtype.h"
#include "errors.h"
#include "gil.h"
#include "size.h"
#include "tensor_type.h"

/* torsh.nn.Parameter, collections.OrderedDict and Counter: what Python hands us at the first call. */
static PyObject *parameter_type, *ordered_dict_type, *counter_type;

/* ---- Python to C ---- */

static torsh_value_t *from_python(PyObject *o);

static torsh_value_t *refuse(PyObject *o)
{
    PyObject *type = torsh__type_name(o);
    PyErr_Format(PyExc_TypeError,
                 "save(): cannot save a %U: only tensors, numbers, strings, bytes, lists, tuples, dicts, "
                 "dtypes and devices",
                 type);
    Py_XDECREF(type);
    return NULL;
}

/* A value whose C call failed; its error becomes Python's. */
static torsh_value_t *made(torsh_value_t *value)
{
    if (!value)
        torsh__raise_last();
    return value;
}

static torsh_value_t *from_sequence(PyObject *o)
{
    bool list = PyList_Check(o);
    int class = PyObject_TypeCheck(o, torsh__size_type) ? TORSH_CLASS_SIZE : TORSH_CLASS_PLAIN;
    torsh_value_t *value = made(list ? torsh_value_new_list() : torsh_value_new_tuple(class));
    Py_ssize_t n = PySequence_Size(o);
    for (Py_ssize_t i = 0; value && i < n; i++) {
        torsh_value_t *item = from_python(list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i));
        if (!item || torsh_value_add(value, item) != TORSH_OK) {
            if (item)
                torsh__raise_last();
            torsh_value_release(value);
            return NULL;
        }
    }
    return value;
}

static bool add_attributes(torsh_value_t *dict, PyObject *o)
{
    PyObject *attributes = PyObject_GetAttrString(o, "__dict__");
    bool ok = attributes;
    if (ok && PyDict_Size(attributes)) {
        torsh_value_t *value = from_python(attributes);
        ok = value && torsh_value_set_attributes(dict, value) == TORSH_OK;
        if (value && !ok)
            torsh__raise_last();
    }
    Py_XDECREF(attributes);
    return ok;
}

static torsh_value_t *from_dict(PyObject *o)
{
    bool ordered = PyObject_TypeCheck(o, (PyTypeObject *)ordered_dict_type);
    int class = ordered                                               ? TORSH_CLASS_ORDERED_DICT
                : PyObject_TypeCheck(o, (PyTypeObject *)counter_type) ? TORSH_CLASS_COUNTER
                                                                      : TORSH_CLASS_PLAIN;
    torsh_value_t *dict = made(torsh_value_new_dict(class));
    PyObject *items = dict ? PyMapping_Items(o) : NULL;
    bool ok = items;
    for (Py_ssize_t i = 0; ok && i < PyList_Size(items); i++) {
        PyObject *pair = PyList_GetItem(items, i);
        torsh_value_t *key = from_python(PyTuple_GetItem(pair, 0));
        torsh_value_t *value = key ? from_python(PyTuple_GetItem(pair, 1)) : NULL;
        if (!value)
            torsh_value_release(key);
        ok = value && torsh_value_add_pair(dict, key, value) == TORSH_OK;
        if (value && !ok)
            torsh__raise_last();
    }
    Py_XDECREF(items);
    if (ok && ordered)
        ok = add_attributes(dict, o);
    if (ok)
        return dict;
    torsh_value_release(dict);
    return NULL;
}

static torsh_value_t *from_number(PyObject *o)
{
    if (PyBool_Check(o))
        return made(torsh_value_new_bool(o == Py_True));
    if (PyFloat_Check(o))
        return made(torsh_value_new_float(PyFloat_AsDouble(o)));
    if (PyComplex_Check(o))
        return made(torsh_value_new_complex(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
    long long i = PyLong_AsLongLong(o);
    return i == -1 && PyErr_Occurred() ? NULL : made(torsh_value_new_int(i));
}

static torsh_value_t *from_text(PyObject *o)
{
    Py_ssize_t n;
    if (PyBytes_Check(o)) {
        char *data;
        return PyBytes_AsStringAndSize(o, &data, &n) < 0 ? NULL
                                                         : made(torsh_value_new_bytes(data, (size_t)n));
    }
    const char *text = PyUnicode_AsUTF8AndSize(o, &n);
    return text ? made(torsh_value_new_string(text, (size_t)n)) : NULL;
}

static torsh_value_t *from_leaf(PyObject *o)
{
    torsh_dtype_t dtype;
    torsh_device_t device;
    if (o == Py_None)
        return made(torsh_value_new_none());
    if (torsh__is_tensor(o)) {
        torsh_tensor_t *t = torsh__tensor_of(o);
        return made(torsh_value_new_tensor(t, torsh_tensor_requires_grad(t),
                                           PyObject_TypeCheck(o, (PyTypeObject *)parameter_type)));
    }
    if (PyLong_Check(o) || PyFloat_Check(o) || PyComplex_Check(o))
        return from_number(o);
    if (PyUnicode_Check(o) || PyBytes_Check(o))
        return from_text(o);
    if (!PyType_Check(o) && torsh__to_dtype(o, &dtype))
        return made(torsh_value_new_dtype(dtype));
    if (!PyModule_Check(o) && torsh__to_device(o, &device) > 0)
        return made(torsh_value_new_device(device));
    return refuse(o);
}

static torsh_value_t *from_python(PyObject *o)
{
    if (!PyList_Check(o) && !PyTuple_Check(o) && !PyDict_Check(o))
        return from_leaf(o);
    if (Py_EnterRecursiveCall(" while saving an object"))
        return NULL;
    torsh_value_t *value = PyDict_Check(o) ? from_dict(o) : from_sequence(o);
    Py_LeaveRecursiveCall();
    return value;
}

/* ---- C to Python ---- */

static PyObject *to_python(const torsh_value_t *value);

static PyObject *to_sequence(const torsh_value_t *value)
{
    Py_ssize_t n = (Py_ssize_t)torsh_value_n(value);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *item = to_python(torsh_value_item(value, i));
        if (item)
            PyList_SetItem(list, i, item);
        else
            Py_CLEAR(list);
    }
    if (!list || torsh_value_kind(value) == TORSH_VALUE_LIST)
        return list;
    PyObject *type = torsh_value_class(value) == TORSH_CLASS_SIZE ? (PyObject *)torsh__size_type
                                                                  : (PyObject *)&PyTuple_Type;
    PyObject *tuple = PyObject_CallFunctionObjArgs(type, list, NULL);
    Py_DECREF(list);
    return tuple;
}

static PyObject *to_dict(const torsh_value_t *value)
{
    int class = torsh_value_class(value);
    PyObject *dict =
        class == TORSH_CLASS_PLAIN
            ? PyDict_New()
            : PyObject_CallObject(class == TORSH_CLASS_COUNTER ? counter_type : ordered_dict_type, NULL);
    bool ok = dict;
    for (int64_t i = 0; ok && i < torsh_value_n(value); i++) {
        PyObject *key = to_python(torsh_value_key(value, i));
        PyObject *item = key ? to_python(torsh_value_item(value, i)) : NULL;
        ok = item && PyObject_SetItem(dict, key, item) == 0;
        Py_XDECREF(item);
        Py_XDECREF(key);
    }
    const torsh_value_t *attributes = torsh_value_attributes(value);
    for (int64_t i = 0; ok && attributes && i < torsh_value_n(attributes); i++) {
        PyObject *name = to_python(torsh_value_key(attributes, i));
        PyObject *item = name ? to_python(torsh_value_item(attributes, i)) : NULL;
        ok = item && PyObject_SetAttr(dict, name, item) == 0;
        Py_XDECREF(item);
        Py_XDECREF(name);
    }
    if (!ok)
        Py_CLEAR(dict);
    return dict;
}

static PyObject *to_tensor(const torsh_value_t *value)
{
    torsh_tensor_t *t = torsh_value_tensor(value);
    bool requires_grad = torsh_value_requires_grad(value);
    PyObject *tensor = torsh__wrap_lent(t);
    if (!tensor)
        return NULL;
    if (torsh_value_is_parameter(value)) {
        PyObject *parameter =
            PyObject_CallFunctionObjArgs(parameter_type, tensor, requires_grad ? Py_True : Py_False, NULL);
        Py_DECREF(tensor);
        return parameter;
    }
    if (requires_grad && torsh_tensor_set_requires_grad(t, true) != TORSH_OK) {
        Py_DECREF(tensor);
        return torsh__raise_last();
    }
    return tensor;
}

static PyObject *to_python(const torsh_value_t *value)
{
    size_t bytes;
    const char *text;
    double real, imag;
    PyObject *dtype;
    switch (torsh_value_kind(value)) {
    case TORSH_VALUE_BOOL:
        return PyBool_FromLong(torsh_value_bool(value));
    case TORSH_VALUE_INT:
        return PyLong_FromLongLong(torsh_value_int(value));
    case TORSH_VALUE_FLOAT:
        return PyFloat_FromDouble(torsh_value_float(value));
    case TORSH_VALUE_COMPLEX:
        torsh_value_complex(value, &real, &imag);
        return PyComplex_FromDoubles(real, imag);
    case TORSH_VALUE_STRING:
        text = torsh_value_string(value, &bytes);
        return PyUnicode_FromStringAndSize(text, (Py_ssize_t)bytes);
    case TORSH_VALUE_BYTES:
        text = torsh_value_string(value, &bytes);
        return PyBytes_FromStringAndSize(text, (Py_ssize_t)bytes);
    case TORSH_VALUE_LIST:
    case TORSH_VALUE_TUPLE:
        return to_sequence(value);
    case TORSH_VALUE_DICT:
        return to_dict(value);
    case TORSH_VALUE_TENSOR:
        return to_tensor(value);
    case TORSH_VALUE_DTYPE:
        dtype = torsh__dtype_object(torsh_value_dtype(value));
        Py_INCREF(dtype);
        return dtype;
    case TORSH_VALUE_DEVICE:
        return torsh__device_object(torsh_value_device(value));
    default:
        Py_RETURN_NONE;
    }
}

/* ---- functions ---- */

/* _io_types(Parameter, OrderedDict, Counter) */
static PyObject *io_types(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"_io_types", 3, 3, {"parameter", "ordered_dict", "counter"}};
    PyObject *a[3];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    for (int i = 0; i < 3; i++)
        Py_INCREF(a[i]); /* for ever */
    parameter_type = a[0];
    ordered_dict_type = a[1];
    counter_type = a[2];
    Py_RETURN_NONE;
}

/* _save(object, path): bytes if path is None. */
static PyObject *save(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"save", 2, 2, {"obj", "path"}};
    PyObject *a[2];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    const char *path = a[1] == Py_None ? NULL : PyUnicode_AsUTF8AndSize(a[1], NULL);
    torsh_value_t *value = path || a[1] == Py_None ? from_python(a[0]) : NULL;
    if (!value)
        return NULL;
    torsh_error_t *error = NULL;
    void *data = NULL;
    size_t bytes = 0;
    torsh__gil_release_t release = torsh__gil_release();
    torsh_status_t status =
        path ? torsh_value_save(value, path, &error) : torsh_value_save_buffer(value, &data, &bytes, &error);
    torsh__gil_reacquire(&release);
    torsh_value_release(value);
    if (status != TORSH_OK)
        return torsh__raise(error);
    if (path)
        Py_RETURN_NONE;
    PyObject *result = PyBytes_FromStringAndSize(data, (Py_ssize_t)bytes);
    torsh_free(data);
    return result;
}

/* _load(path or bytes) */
static PyObject *load(PyObject *self, PyObject *o)
{
    (void)self;
    char *data = NULL;
    Py_ssize_t bytes = 0;
    const char *path = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, NULL) : NULL;
    if (!path && (PyErr_Occurred() || PyBytes_AsStringAndSize(o, &data, &bytes) < 0))
        return NULL;
    torsh_error_t *error = NULL;
    torsh__gil_release_t release = torsh__gil_release();
    torsh_value_t *value =
        path ? torsh_value_load(path, &error) : torsh_value_load_buffer(data, (size_t)bytes, &error);
    torsh__gil_reacquire(&release);
    if (!value)
        return torsh__raise(error);
    PyObject *result = to_python(value);
    torsh_value_release(value);
    return result;
}

PyMethodDef torsh__value_functions[] = {
    {"_io_types", TORSH__FAST(io_types), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"_save_value", TORSH__FAST(save), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"_load_value", load, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
