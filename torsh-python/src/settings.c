/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "settings.h"

#include "dtype.h"
#include "errors.h"

static PyObject *get_default_dtype(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    PyObject *dtype = torsh__dtype_object(torsh_get_default_dtype());
    Py_INCREF(dtype);
    return dtype;
}

static PyObject *set_default_dtype(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_dtype_t dtype;
    if (!torsh__to_dtype(o, &dtype) || !torsh_dtype_is_floating(dtype)) {
        PyErr_SetString(PyExc_TypeError, "only floating-point types are supported as the default type");
        return NULL;
    }
    return torsh__none_or_raise(torsh_set_default_dtype(dtype));
}

static PyObject *get_num_threads(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    return PyLong_FromLong(torsh_get_num_threads());
}

static PyObject *set_num_threads(PyObject *self, PyObject *o)
{
    (void)self;
    int overflow;
    long n = PyLong_Check(o) ? PyLong_AsLongAndOverflow(o, &overflow) : 0;
    if (!PyLong_Check(o) || PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, "set_num_threads expects an int");
        return NULL;
    }
    return torsh__none_or_raise(torsh_set_num_threads(n > 4096 || overflow ? 4096 : n < 0 ? 0 : (int)n));
}

static PyObject *promote_types(PyObject *self, PyObject *pair)
{
    (void)self;
    torsh_dtype_t a, b, result;
    if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2 || !torsh__to_dtype(PyTuple_GetItem(pair, 0), &a) ||
        !torsh__to_dtype(PyTuple_GetItem(pair, 1), &b)) {
        PyErr_SetString(PyExc_TypeError, "promote_types(): takes two torsh.dtype");
        return NULL;
    }
    if ((result = torsh_promote_types(a, b)) == TORSH_DTYPE_NONE)
        return torsh__raise_last();
    PyObject *dtype = torsh__dtype_object(result);
    Py_INCREF(dtype);
    return dtype;
}

/* ---- printing ---- */

/* (precision, edgeitems, linewidth, sci_mode, threshold) */
static PyObject *get_print_options(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    torsh_print_options_t o = torsh_get_print_options();
    return Py_BuildValue("iiiiL", o.precision, o.edgeitems, o.linewidth, o.sci_mode, (long long)o.threshold);
}

static PyObject *set_print_options(PyObject *self, PyObject *tuple)
{
    (void)self;
    torsh_print_options_t o;
    long long threshold;
    if (!PyArg_ParseTuple(tuple, "iiiiL", &o.precision, &o.edgeitems, &o.linewidth, &o.sci_mode, &threshold))
        return NULL;
    o.threshold = threshold;
    return torsh__none_or_raise(torsh_set_print_options(o));
}

/* ---- backends ---- */

static PyObject *list_backends(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    const char *names[64];
    int n = torsh_list_backends(names, 64);
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < n && i < 64; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (!name || PyList_Append(list, name) < 0)
            Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

static PyObject *set_backend(PyObject *self, PyObject *o)
{
    (void)self;
    const char *name = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, NULL) : NULL;
    if (!name) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "set_backend(): argument 'name' must be str");
        return NULL;
    }
    return torsh__none_or_raise(torsh_set_backend(name));
}

static PyObject *get_backend(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_device_t device;
    int ok = torsh__to_device(o, &device);
    if (ok == 0)
        PyErr_SetString(PyExc_TypeError, "get_backend(): argument 'device' must be torsh.device");
    if (ok <= 0)
        return NULL;
    const char *name = torsh_get_backend(device.kind);
    if (!name)
        Py_RETURN_NONE;
    return PyUnicode_FromString(name);
}

PyMethodDef torsh__settings_functions[] = {
    {"get_default_dtype", get_default_dtype, METH_NOARGS,
     "The dtype of floating results that nothing else decides."},
    {"set_default_dtype", set_default_dtype, METH_O, "set_default_dtype(dtype)"},
    {"get_num_threads", get_num_threads, METH_NOARGS, "Threads that kernels use."},
    {"set_num_threads", set_num_threads, METH_O, "set_num_threads(n)"},
    {"list_backends", list_backends, METH_NOARGS, "The names of all sets of kernels."},
    {"set_backend", set_backend, METH_O,
     "set_backend(name)\nUses these kernels first for their kind of device."},
    {"_get_backend", get_backend, METH_O, NULL},
    {"_get_print_options", get_print_options, METH_NOARGS, NULL},
    {"_set_print_options", set_print_options, METH_O, NULL},
    {"_promote_types", promote_types, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
