/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tolist(), and what Python calls to make tensors: tensor(), as_tensor(), Tensor(). */
#include <string.h>

#include "args.h"
#include "convert.h"
#include "data.h"
#include "dtype.h"
#include "errors.h"
#include "numpy.h"
#include "python_ops.h"
#include "tensor_type.h"
#include "to.h"

/* ---- tolist ---- */

static PyObject *element(torsh_dtype_t dtype, const char *at)
{
    union {
        float f32;
        double f64[2];
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        float c64[2];
    } x;
    memcpy(&x, at, (size_t)torsh_dtype_bytes(dtype));
    switch (dtype) {
    case TORSH_F32:
        return PyFloat_FromDouble((double)x.f32);
    case TORSH_F64:
        return PyFloat_FromDouble(x.f64[0]);
    case TORSH_BOOL:
        return PyBool_FromLong(*at);
    case TORSH_U8:
        return PyLong_FromLong(*(const uint8_t *)at);
    case TORSH_I8:
        return PyLong_FromLong(*(const int8_t *)at);
    case TORSH_I16:
        return PyLong_FromLong(x.i16);
    case TORSH_I32:
        return PyLong_FromLong(x.i32);
    case TORSH_U16:
        return PyLong_FromLong(x.u16);
    case TORSH_U32:
        return PyLong_FromUnsignedLong(x.u32);
    case TORSH_U64:
        return PyLong_FromUnsignedLongLong(x.u64);
    case TORSH_C64:
        return PyComplex_FromDoubles((double)x.c64[0], (double)x.c64[1]);
    case TORSH_C128:
        return PyComplex_FromDoubles(x.f64[0], x.f64[1]);
    default:
        return PyLong_FromLongLong(x.i64);
    }
}

static PyObject *nested(const torsh_tensor_t *t, int dim, const char **at)
{
    torsh_dtype_t dtype = torsh_tensor_dtype(t);
    if (dim == torsh_tensor_ndim(t)) {
        PyObject *o = element(dtype, *at);
        *at += torsh_dtype_bytes(dtype);
        return o;
    }
    Py_ssize_t n = (Py_ssize_t)torsh_tensor_shape(t)[dim];
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *item = nested(t, dim + 1, at);
        if (item)
            PyList_SetItem(list, i, item);
        else
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *tolist(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    torsh_dtype_t dtype = torsh_tensor_dtype(torsh__tensor_of(self));
    Py_INCREF(self);
    PyObject *o = self;
    if (dtype == TORSH_F16 || dtype == TORSH_BF16)
        o = torsh__converted(o, TORSH_F32, (torsh_device_t){TORSH_CPU, -1}, false);
    if (!o)
        return NULL;
    const torsh_tensor_t *t = torsh__tensor_of(o);
    size_t bytes = (size_t)torsh_tensor_numel(t) * (size_t)torsh_dtype_bytes(torsh_tensor_dtype(t));
    void *elements = torsh_malloc(bytes ? bytes : 1);
    PyObject *list = NULL;
    if (!elements || torsh_tensor_to_array(t, elements, bytes) != TORSH_OK) {
        torsh__raise_last();
    } else {
        const char *at = elements;
        list = nested(t, 0, &at);
    }
    torsh_free(elements);
    Py_DECREF(o);
    return list;
}

/* ---- bytes: what is pickled ---- */

static PyObject *to_bytes(PyObject *self, PyObject *o)
{
    (void)self;
    if (!torsh__is_tensor(o)) {
        PyErr_SetString(PyExc_TypeError, "_to_bytes() takes a Tensor");
        return NULL;
    }
    const torsh_tensor_t *t = torsh__tensor_of(o);
    Py_ssize_t n = (Py_ssize_t)torsh_tensor_numel(t) * torsh_dtype_bytes(torsh_tensor_dtype(t));
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, n);
    if (bytes && torsh_tensor_to_array(t, PyBytes_AsString(bytes), (size_t)n) != TORSH_OK) {
        Py_DECREF(bytes);
        return torsh__raise_last();
    }
    return bytes;
}

/* _from_bytes(data, shape, dtype) */
static PyObject *from_bytes(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"_from_bytes", 3, 3, {"data", "shape", "dtype"}};
    PyObject *a[3];
    torsh_dtype_t dtype;
    int64_t shape[64], elements = 1;
    char *data;
    Py_ssize_t bytes;
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    if (!PyTuple_Check(a[1]) || PyTuple_Size(a[1]) > 64 || !torsh__to_dtype(a[2], &dtype))
        return torsh__bad_arg(&spec, 1, "a tuple of ints, dtype a torsh.dtype", a[1]);
    int ndim = (int)PyTuple_Size(a[1]);
    if (PyBytes_AsStringAndSize(a[0], &data, &bytes) < 0)
        return NULL;
    for (int i = 0; i < ndim; i++) {
        shape[i] = PyLong_AsLongLong(PyTuple_GetItem(a[1], i));
        if (shape[i] < 0 || __builtin_mul_overflow(elements, shape[i], &elements))
            elements = -1;
    }
    if (PyErr_Occurred())
        return NULL;
    if (elements < 0 || bytes / torsh_dtype_bytes(dtype) != elements) {
        PyErr_SetString(PyExc_ValueError, "_from_bytes(): the data is not as long as shape and dtype say");
        return NULL;
    }
    return torsh__wrap(torsh_tensor_from_array(data, shape, ndim, dtype));
}

/* ---- tensor(), as_tensor() ---- */

/* dtype, device and requires_grad as they were given. */
typedef struct {
    torsh_dtype_t dtype;
    torsh_device_t device;
    bool requires_grad;
} options_t;

static bool parse_options(const torsh__args_t *spec, PyObject **a, options_t *options)
{
    *options = (options_t){TORSH_DTYPE_NONE, {-1, -1}, false};
    if (a[1] && a[1] != Py_None && !torsh__to_dtype(a[1], &options->dtype))
        return torsh__bad_arg(spec, 1, "torsh.dtype", a[1]);
    int ok = a[2] && a[2] != Py_None ? torsh__to_device(a[2], &options->device) : 1;
    if (ok <= 0)
        return ok < 0 ? false : torsh__bad_arg(spec, 2, "torsh.device", a[2]);
    if (a[3] && !PyBool_Check(a[3]))
        return torsh__bad_arg(spec, 3, "bool", a[3]);
    options->requires_grad = a[3] == Py_True;
    return true;
}

static PyObject *finish(PyObject *t, const options_t *options)
{
    if (t && (options->device.kind >= 0 || options->dtype != TORSH_DTYPE_NONE))
        t = torsh__converted(t, options->dtype, options->device, false);
    if (t && options->requires_grad &&
        torsh_tensor_set_requires_grad(torsh__tensor_of(t), true) != TORSH_OK) {
        Py_DECREF(t);
        return torsh__raise_last();
    }
    return t;
}

static PyObject *tensor(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {
        "tensor", 1, 1, {"data", "dtype", "device", "requires_grad", "pin_memory"}};
    PyObject *a[5];
    options_t options;
    if (!torsh__args(&spec, args, n, keywords, a) || !parse_options(&spec, a, &options))
        return NULL;
    if (torsh__is_tensor(a[0]) &&
        PyErr_WarnEx(
            PyExc_UserWarning,
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torsh.tensor(sourceTensor).",
            1) < 0)
        return NULL;
    return finish(torsh__tensor_from_data(a[0], options.dtype), &options);
}

static PyObject *as_tensor(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"as_tensor", 1, 3, {"data", "dtype", "device"}};
    PyObject *a[4] = {NULL};
    options_t options;
    if (!torsh__args(&spec, args, n, keywords, a) || !parse_options(&spec, a, &options))
        return NULL;
    PyObject *t;
    if (torsh__is_tensor(a[0])) {
        Py_INCREF(a[0]);
        t = a[0];
    } else {
        t = torsh__is_array(a[0]) ? torsh__from_array(a[0], true)
                                  : torsh__tensor_from_data(a[0], options.dtype);
    }
    return finish(t, &options);
}

/* ---- Tensor() ---- */

static torsh_tensor_t *empty(PyObject *const *sizes, Py_ssize_t n)
{
    torsh__call_t call = {.heap = NULL};
    torsh__value_t v;
    torsh_error_t *error = NULL;
    torsh_tensor_t *t = NULL;
    int ok = torsh__convert_dims(&call, sizes, n, &v);
    if (ok == 0)
        PyErr_SetString(PyExc_TypeError, "Tensor() takes sizes, a sequence, an array or a tensor");
    if (ok > 0 && !(t = torsh_empty_with_error(v.dims.v, v.dims.n, TORSH_DTYPE_NONE, -1,
                                               (torsh_device_t){-1, -1}, NULL, -1, &error)))
        torsh__raise(error);
    torsh__call_free(&call);
    return t;
}

PyObject *torsh__tensor_tp_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    if (keywords && PyDict_Size(keywords)) {
        PyErr_SetString(PyExc_TypeError, "Tensor() takes no keyword arguments");
        return NULL;
    }
    Py_ssize_t n = PyTuple_Size(args);
    PyObject *first = n ? PyTuple_GetItem(args, 0) : NULL;
    torsh_tensor_t *t;
    int64_t ignored;
    if (n == 0 || torsh__to_int(first, &ignored) > 0) {
        PyObject *zero = n ? NULL : PyLong_FromLong(0);
        PyObject *sizes[64];
        for (Py_ssize_t i = 0; i < n && i < 64; i++)
            sizes[i] = PyTuple_GetItem(args, i);
        t = n ? empty(sizes, n < 64 ? n : 64) : empty(&zero, 1);
        Py_XDECREF(zero);
        return t ? torsh__wrap_as(type, t) : NULL;
    }
    if (n > 1 || PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, "Tensor() takes sizes, a sequence, an array or a tensor");
        return NULL;
    }
    PyObject *o = torsh__is_tensor(first) ? first : torsh__tensor_from_data(first, torsh_get_default_dtype());
    if (!o)
        return NULL;
    if (torsh_tensor_dtype(torsh__tensor_of(o)) != torsh_get_default_dtype()) {
        PyErr_Format(PyExc_TypeError, "expected %s (got %s)", torsh_dtype_name(torsh_get_default_dtype()),
                     torsh_dtype_name(torsh_tensor_dtype(torsh__tensor_of(o))));
        return NULL;
    }
    torsh_error_t *error = NULL;
    t = torsh_detach_with_error(torsh__tensor_of(o), &error);
    if (o != first)
        Py_DECREF(o);
    return t ? torsh__wrap_as(type, t) : torsh__raise(error);
}

PyMethodDef torsh__data_methods[] = {
    {"tolist", tolist, METH_NOARGS, "The elements as nested lists of numbers."},
    {NULL, NULL, 0, NULL},
};

PyMethodDef torsh__data_functions[] = {
    {"tensor", TORSH__FAST(tensor), METH_FASTCALL | METH_KEYWORDS,
     "tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False)\nA tensor that copies "
     "data."},
    {"as_tensor", TORSH__FAST(as_tensor), METH_FASTCALL | METH_KEYWORDS,
     "as_tensor(data, dtype=None, device=None)\nA tensor that shares data's memory where it can."},
    {"_to_bytes", to_bytes, METH_O, NULL},
    {"_from_bytes", TORSH__FAST(from_bytes), METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};
