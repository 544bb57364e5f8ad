/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "data.h"

#include <string.h>

#include "args.h"
#include "convert.h"
#include "errors.h"
#include "numpy.h"
#include "tensor_type.h"
#include "to.h"

enum { MAX_DIMS = 64 };

/* ---- dtype ---- */

static torsh_dtype_t default_complex(void)
{
    return torsh_get_default_dtype() == TORSH_F64 ? TORSH_C128 : TORSH_C64;
}

/* TORSH_DTYPE_NONE with an exception. */
static torsh_dtype_t infer(PyObject *o)
{
    if (PyFloat_CheckExact(o))
        return torsh_get_default_dtype();
    if (PyBool_Check(o))
        return TORSH_BOOL;
    if (PyLong_Check(o))
        return TORSH_I64;
    if (torsh__is_tensor(o))
        return torsh_tensor_dtype(torsh__tensor_of(o));
    torsh_dtype_t dtype = torsh__dtype_of_numpy(o);
    if (dtype != TORSH_DTYPE_NONE)
        return dtype;
    if (PyFloat_Check(o))
        return torsh_get_default_dtype();
    if (PyComplex_Check(o))
        return default_complex();
    if (PyUnicode_Check(o)) {
        PyErr_SetString(PyExc_TypeError, "new(): invalid data type 'str'");
        return TORSH_DTYPE_NONE;
    }
    if (!PySequence_Check(o)) {
        PyObject *type = torsh__type_name(o);
        PyErr_Format(PyExc_RuntimeError, "Could not infer dtype of %U", type);
        Py_XDECREF(type);
        return TORSH_DTYPE_NONE;
    }
    Py_ssize_t n = PySequence_Size(o);
    if (n == 0)
        return torsh_get_default_dtype();
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(o, i);
        if (item == o)
            PyErr_SetString(PyExc_TypeError, "new(): self-referential lists are incompatible");
        torsh_dtype_t d = !item || item == o ? TORSH_DTYPE_NONE : infer(item);
        Py_XDECREF(item);
        if (d == TORSH_DTYPE_NONE)
            return d;
        if (dtype == TORSH_DTYPE_NONE) {
            dtype = d;
        } else if (dtype != d && (dtype = torsh_promote_types(dtype, d)) == TORSH_DTYPE_NONE) {
            torsh__raise_last();
            return dtype;
        }
    }
    return dtype;
}

/* ---- shape ---- */

/* From the first items; -1 with an exception. */
static int sizes(PyObject *o, int64_t *shape)
{
    int ndim = 0;
    Py_INCREF(o);
    while (PySequence_Check(o)) {
        Py_ssize_t n = PySequence_Size(o);
        if (n < 0 || ndim == MAX_DIMS) {
            PyObject *type = torsh__type_name(o);
            if (n >= 0)
                PyErr_Format(PyExc_ValueError, "too many dimensions '%U'", type);
            Py_XDECREF(type);
            ndim = -1;
            break;
        }
        shape[ndim++] = n;
        PyObject *first = n ? PySequence_GetItem(o, 0) : NULL;
        if (!first && n)
            ndim = -1;
        if (!first)
            break;
        Py_DECREF(o);
        o = first;
    }
    Py_DECREF(o);
    return ndim;
}

/* ---- elements ---- */

/* The few dtypes that elements are gathered in; C converts from there. */
static torsh_dtype_t gathered(torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_BOOL:
    case TORSH_F32:
    case TORSH_U64:
        return dtype;
    case TORSH_F16:
    case TORSH_BF16:
    case TORSH_F64:
        return TORSH_F64;
    case TORSH_C64:
    case TORSH_C128:
        return TORSH_C128;
    default:
        return TORSH_I64;
    }
}

typedef struct {
    torsh_dtype_t dtype, gathered;
    int ndim;
    const int64_t *shape;
    char *at;
} store_t;

static bool out_of_range(const store_t *s)
{
    PyErr_Format(PyExc_RuntimeError, "value cannot be converted to type %s without overflow",
                 torsh_dtype_name(s->dtype));
    return false;
}

/* Negative numbers wrap around in unsigned dtypes, as in PyTorch. */
static bool fits(torsh_dtype_t dtype, int64_t i)
{
    int bits = 8 * torsh_dtype_bytes(dtype);
    if (bits == 64)
        return true;
    bool is_unsigned = dtype == TORSH_U8 || dtype == TORSH_U16 || dtype == TORSH_U32;
    int64_t top = (int64_t)1 << (is_unsigned ? bits : bits - 1);
    return i < top && (is_unsigned ? i > -top : i >= -top);
}

static bool store_int(store_t *s, PyObject *o, const torsh_scalar_t *x)
{
    int64_t i = x->v.i;
    if (x->kind == TORSH_SCALAR_COMPLEX) {
        PyErr_Format(PyExc_RuntimeError, "value cannot be converted to type %s without overflow",
                     torsh_dtype_name(s->dtype));
        return false;
    }
    if (x->kind == TORSH_SCALAR_FLOAT) {
        if (!(x->v.f > -9223372036854775809.0 && x->v.f < 9223372036854775808.0))
            return out_of_range(s);
        i = (int64_t)x->v.f;
    } else if (x->kind == TORSH_SCALAR_UINT && s->gathered != TORSH_U64) {
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
        return false;
    }
    (void)o;
    if (s->gathered != TORSH_U64 && !fits(s->dtype, i))
        return out_of_range(s);
    memcpy(s->at, &i, sizeof i);
    s->at += sizeof i;
    return true;
}

static bool store_scalar(store_t *s, PyObject *o)
{
    torsh_scalar_t x;
    int ok = torsh__is_tensor(o) ? -2 : torsh__to_scalar(o, &x);
    if (ok == -2) {
        if (torsh_tensor_numel(torsh__tensor_of(o)) != 1) {
            PyErr_SetString(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
            return false;
        }
        ok = torsh_tensor_item(torsh__tensor_of(o), &x) == TORSH_OK ? 1 : -1;
        if (ok < 0)
            torsh__raise_last();
    }
    if (ok == 0) {
        PyObject *type = torsh__type_name(o);
        PyErr_Format(PyExc_TypeError, "'%U' object cannot be interpreted as %s", type,
                     torsh_dtype_is_floating(s->dtype) ? "a real number" : "an integer");
        Py_XDECREF(type);
    }
    if (ok <= 0)
        return false;
    bool complex = x.kind == TORSH_SCALAR_COMPLEX;
    double real = complex                        ? x.v.c[0]
                  : x.kind == TORSH_SCALAR_FLOAT ? x.v.f
                  : x.kind == TORSH_SCALAR_UINT  ? (double)x.v.u
                                                 : (double)x.v.i;
    double pair[2] = {real, complex ? x.v.c[1] : 0};
    float single = (float)real;
    switch (s->gathered) {
    case TORSH_I64:
    case TORSH_U64:
        return store_int(s, o, &x);
    case TORSH_BOOL:
        *s->at++ = real != 0 || pair[1] != 0;
        return true;
    case TORSH_C128:
        memcpy(s->at, pair, sizeof pair);
        s->at += sizeof pair;
        return true;
    default:
        if (complex) {
            PyErr_SetString(PyExc_TypeError, "must be real number, not complex");
            return false;
        }
        memcpy(s->at, s->gathered == TORSH_F32 ? (void *)&single : (void *)&real,
               s->gathered == TORSH_F32 ? 4 : 8);
        s->at += s->gathered == TORSH_F32 ? 4 : 8;
        return true;
    }
}

static bool store(store_t *s, PyObject *o, int dim)
{
    if (dim == s->ndim)
        return store_scalar(s, o);
    PyObject *items = PySequence_Check(o) ? PySequence_Fast(o, "not a sequence") : NULL;
    if (!items) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "not a sequence");
        return false;
    }
    Py_ssize_t n = PySequence_Size(items);
    bool ok = n == s->shape[dim];
    if (!ok)
        PyErr_Format(PyExc_ValueError, "expected sequence of length %lld at dim %d (got %zd)",
                     (long long)s->shape[dim], dim, n);
    bool list = PyList_Check(items);
    for (Py_ssize_t i = 0; ok && i < n; i++)
        ok = store(s, list ? PyList_GetItem(items, i) : PyTuple_GetItem(items, i), dim + 1);
    Py_DECREF(items);
    return ok;
}

static PyObject *from_sequence(PyObject *data, torsh_dtype_t dtype)
{
    int64_t shape[MAX_DIMS];
    int ndim = sizes(data, shape);
    if (ndim < 0 || (dtype == TORSH_DTYPE_NONE && (dtype = infer(data)) == TORSH_DTYPE_NONE))
        return NULL;
    store_t s = {dtype, gathered(dtype), ndim, shape, NULL};
    int64_t n = 1;
    for (int i = 0; i < ndim; i++)
        n *= shape[i];
    char small[256];
    size_t bytes = (size_t)n * (size_t)torsh_dtype_bytes(s.gathered);
    char *elements = bytes <= sizeof small ? small : torsh_malloc(bytes);
    if (!elements)
        return torsh__raise_last();
    s.at = elements;
    PyObject *t = NULL;
    if (store(&s, data, 0))
        t = torsh__wrap(torsh_tensor_from_array(elements, shape, ndim, s.gathered));
    if (elements != small)
        torsh_free(elements);
    return torsh__converted(t, dtype, (torsh_device_t){-1, -1}, false);
}

PyObject *torsh__tensor_from_data(PyObject *data, torsh_dtype_t dtype)
{
    if (PyUnicode_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "new(): invalid data type 'str'");
        return NULL;
    }
    torsh_device_t same = {-1, -1};
    if (torsh__is_array(data))
        return torsh__converted(torsh__from_array(data, false), dtype, same, true);
    if (!torsh__is_tensor(data))
        return from_sequence(data, dtype);
    torsh_error_t *error = NULL;
    torsh_tensor_t *detached = torsh_detach_with_error(torsh__tensor_of(data), &error);
    return detached ? torsh__converted(torsh__wrap(detached), dtype, same, true) : torsh__raise(error);
}
