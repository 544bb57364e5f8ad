/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Methods of a Tensor that no entry of the operator table stands for. */
#include "args.h"
#include "convert.h"
#include "dtype.h"
#include "errors.h"
#include "size.h"
#include "tensor_parts.h"
#include "tensor_type.h"

static PyObject *item(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    torsh_scalar_t scalar;
    if (torsh_tensor_item(torsh__tensor_of(self), &scalar) != TORSH_OK)
        return torsh__raise_last();
    return torsh__from_scalar(scalar);
}

static PyObject *dim(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyLong_FromLong(torsh_tensor_ndim(torsh__tensor_of(self)));
}

static PyObject *numel(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyLong_FromLongLong(torsh_tensor_numel(torsh__tensor_of(self)));
}

/* The value of `values` at the given dimension; o NULL or None: all of them. */
static PyObject *of_dim(const torsh__args_t *spec, const torsh_tensor_t *t, const int64_t *values,
                        PyObject *o, bool size)
{
    int ndim = torsh_tensor_ndim(t);
    if (!o || o == Py_None)
        return size ? torsh__size_object(ndim, values) : torsh__ints(ndim, values);
    int64_t d;
    int ok = torsh__to_int(o, &d);
    if (ok <= 0)
        return ok < 0 ? NULL : torsh__bad_arg(spec, 0, "int", o);
    if (d < -ndim || d >= ndim) {
        if (ndim == 0)
            PyErr_SetString(PyExc_IndexError, "Dimension specified as 0 but tensor has no dimensions");
        else
            PyErr_Format(PyExc_IndexError,
                         "Dimension out of range (expected to be in range of [%d, %d], but got %lld)", -ndim,
                         ndim - 1, (long long)d);
        return NULL;
    }
    return PyLong_FromLongLong(values[d < 0 ? d + ndim : d]);
}

static PyObject *size(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"size", 0, 1, {"dim"}};
    PyObject *d;
    const torsh_tensor_t *t = torsh__tensor_of(self);
    return torsh__args(&spec, args, n, keywords, &d) ? of_dim(&spec, t, torsh_tensor_shape(t), d, true)
                                                     : NULL;
}

static PyObject *stride(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"stride", 0, 1, {"dim"}};
    PyObject *d;
    const torsh_tensor_t *t = torsh__tensor_of(self);
    return torsh__args(&spec, args, n, keywords, &d) ? of_dim(&spec, t, torsh_tensor_strides(t), d, false)
                                                     : NULL;
}

static PyObject *storage_offset(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyLong_FromLongLong(torsh_tensor_storage_offset(torsh__tensor_of(self)));
}

static PyObject *is_contiguous(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"is_contiguous", 0, 0, {"memory_format"}};
    PyObject *o;
    int format = 0;
    if (!torsh__args(&spec, args, n, keywords, &o))
        return NULL;
    if (o && !torsh__to_memory_format(o, &format))
        return torsh__bad_arg(&spec, 0, "torsh.memory_format", o);
    if (format) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "is_contiguous(): only memory_format=torsh.contiguous_format");
        return NULL;
    }
    return PyBool_FromLong(torsh_tensor_is_contiguous(torsh__tensor_of(self)));
}

static PyObject *data_ptr(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    void *data = torsh_tensor_data_ptr(torsh__tensor_of(self));
    if (!data && torsh_last_error())
        return torsh__raise_last();
    return PyLong_FromVoidPtr(data);
}

static PyObject *element_size(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyLong_FromLong(torsh_dtype_bytes(torsh_tensor_dtype(torsh__tensor_of(self))));
}

static PyObject *is_floating_point(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyBool_FromLong(torsh_dtype_is_floating(torsh_tensor_dtype(torsh__tensor_of(self))));
}

static PyObject *is_complex(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    torsh_dtype_t dtype = torsh_tensor_dtype(torsh__tensor_of(self));
    return PyBool_FromLong(dtype == TORSH_C64 || dtype == TORSH_C128);
}

PyObject *torsh__tensor_repr(PyObject *self)
{
    char *text = torsh_tensor_to_string(torsh__tensor_of(self));
    if (!text)
        return torsh__raise_last();
    PyObject *o = PyUnicode_FromString(text);
    torsh_free(text);
    return o;
}

/* f"{t:.3f}" of one number is that number's. */
static PyObject *format(PyObject *self, PyObject *spec)
{
    const torsh_tensor_t *t = torsh__tensor_of(self);
    PyObject *value = torsh_tensor_ndim(t) == 0 && torsh_tensor_device(t).kind != TORSH_META
                          ? item(self, NULL)
                          : PyObject_Str(self);
    PyObject *text = value ? PyObject_Format(value, spec) : NULL;
    Py_XDECREF(value);
    return text;
}

/* _make_subclass(cls, data, requires_grad=False): data's memory as another class. */
static PyObject *make_subclass(PyObject *ignored, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)ignored;
    static const torsh__args_t spec = {"_make_subclass", 2, 3, {"cls", "data", "requires_grad"}};
    PyObject *a[3];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    if (!PyType_Check(a[0]) || !PyType_IsSubtype((PyTypeObject *)a[0], torsh__tensor_type))
        return torsh__bad_arg(&spec, 0, "a subclass of Tensor", a[0]);
    if (!torsh__is_tensor(a[1]))
        return torsh__bad_arg(&spec, 1, "Tensor", a[1]);
    torsh_tensor_t *t = torsh_tensor_data(torsh__tensor_of(a[1]));
    if (!t || (a[2] == Py_True && torsh_tensor_set_requires_grad(t, true) != TORSH_OK)) {
        torsh_tensor_release(t);
        return torsh__raise_last();
    }
    return torsh__wrap_as((PyTypeObject *)a[0], t);
}

PyMethodDef torsh__tensor_methods[] = {
    {"item", item, METH_NOARGS, "The only element as a Python number."},
    {"dim", dim, METH_NOARGS, "How many dimensions."},
    {"ndimension", dim, METH_NOARGS, "How many dimensions."},
    {"numel", numel, METH_NOARGS, "How many elements."},
    {"nelement", numel, METH_NOARGS, "How many elements."},
    {"size", TORSH__FAST(size), METH_FASTCALL | METH_KEYWORDS, "size(dim=None)\nThe sizes, or one of them."},
    {"stride", TORSH__FAST(stride), METH_FASTCALL | METH_KEYWORDS,
     "stride(dim=None)\nHow many elements apart neighbours are."},
    {"storage_offset", storage_offset, METH_NOARGS, "Where in its memory it starts, in elements."},
    {"is_contiguous", TORSH__FAST(is_contiguous), METH_FASTCALL | METH_KEYWORDS,
     "Whether it lies row by row."},
    {"data_ptr", data_ptr, METH_NOARGS, "The address of the first element."},
    {"element_size", element_size, METH_NOARGS, "Bytes of one element."},
    {"is_floating_point", is_floating_point, METH_NOARGS, NULL},
    {"is_complex", is_complex, METH_NOARGS, NULL},
    {"__format__", format, METH_O, NULL},
    {"_make_subclass", TORSH__FAST(make_subclass), METH_FASTCALL | METH_KEYWORDS | METH_STATIC, NULL},
    {NULL, NULL, 0, NULL},
};
