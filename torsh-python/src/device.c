/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "dtype.h"

#include <string.h>

#include "errors.h"

typedef struct {
    PyObject_HEAD torsh_device_t device;
} device_t;

static PyTypeObject *device_type;

PyObject *torsh__device_object(torsh_device_t device)
{
    device_t *d = PyObject_New(device_t, device_type);
    if (d)
        d->device = device;
    return (PyObject *)d;
}

static int parse(PyObject *text, torsh_device_t *device)
{
    const char *name = PyUnicode_AsUTF8AndSize(text, NULL);
    if (!name)
        return -1;
    if (torsh_device_parse(name, device) == TORSH_OK)
        return 1;
    torsh__raise_last();
    return -1;
}

int torsh__to_device(PyObject *o, torsh_device_t *device)
{
    if (Py_TYPE(o) == device_type) {
        *device = ((device_t *)o)->device;
        return 1;
    }
    if (PyUnicode_Check(o))
        return parse(o, device);
    if (!PyModule_Check(o))
        return 0;
    PyObject *name = PyObject_GetAttrString(o, "__device__");
    if (!name) {
        PyErr_Clear();
        return 0;
    }
    int ok = parse(name, device);
    Py_DECREF(name);
    return ok;
}

static PyObject *device_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)type;
    static char *names[] = {"type", "index", NULL};
    PyObject *what, *index = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|O:device", names, &what, &index))
        return NULL;
    torsh_device_t device;
    int ok = torsh__to_device(what, &device);
    if (ok == 0)
        PyErr_Format(PyExc_TypeError, "device(): argument 'type' (position 1) must be str, not %R",
                     (PyObject *)Py_TYPE(what));
    if (ok <= 0)
        return NULL;
    if (index != Py_None) {
        long i = PyLong_AsLong(index);
        if (i == -1 && PyErr_Occurred())
            return NULL;
        if (device.index >= 0 || i < 0) {
            PyErr_SetString(PyExc_RuntimeError, "device(): the index is given once, and is not negative");
            return NULL;
        }
        device.index = (int32_t)i;
    }
    return torsh__device_object(device);
}

static void device_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static const char *kind_name(const device_t *d, char *text)
{
    return torsh_device_name((torsh_device_t){d->device.kind, -1}, text);
}

static PyObject *device_repr(PyObject *self)
{
    const device_t *d = (device_t *)self;
    char text[24];
    kind_name(d, text);
    if (d->device.index < 0)
        return PyUnicode_FromFormat("device(type='%s')", text);
    return PyUnicode_FromFormat("device(type='%s', index=%d)", text, (int)d->device.index);
}

static PyObject *device_str(PyObject *self)
{
    char text[24];
    return PyUnicode_FromString(torsh_device_name(((device_t *)self)->device, text));
}

static PyObject *device_compare(PyObject *a, PyObject *b, int op)
{
    if (Py_TYPE(b) != device_type || (op != Py_EQ && op != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    torsh_device_t x = ((device_t *)a)->device, y = ((device_t *)b)->device;
    return PyBool_FromLong((x.kind == y.kind && x.index == y.index) == (op == Py_EQ));
}

static Py_hash_t device_hash(PyObject *self)
{
    torsh_device_t d = ((device_t *)self)->device;
    return d.kind * 1024 + d.index + 2;
}

static PyObject *device_get_type(PyObject *self, void *ignored)
{
    (void)ignored;
    char text[24];
    return PyUnicode_FromString(kind_name((device_t *)self, text));
}

static PyObject *device_get_index(PyObject *self, void *ignored)
{
    (void)ignored;
    int32_t index = ((device_t *)self)->device.index;
    if (index < 0)
        Py_RETURN_NONE;
    return PyLong_FromLong(index);
}

static PyObject *device_reduce(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    PyObject *text = device_str(self);
    return text ? Py_BuildValue("O(N)", (PyObject *)device_type, text) : NULL;
}

static PyGetSetDef getset[] = {
    {"type", device_get_type, NULL, NULL, NULL},
    {"index", device_get_index, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"__reduce__", device_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int torsh__device_init(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "device(type, index=None): where a tensor's memory is: 'cpu', 'cuda:1' …"},
        {Py_tp_new, device_new},
        {Py_tp_dealloc, device_dealloc},
        {Py_tp_repr, device_repr},
        {Py_tp_str, device_str},
        {Py_tp_richcompare, device_compare},
        {Py_tp_hash, device_hash},
        {Py_tp_getset, getset},
        {Py_tp_methods, methods},
        {0, NULL},
    };
    PyType_Spec spec = {"torsh.device", sizeof(device_t), 0, Py_TPFLAGS_DEFAULT, slots};
    device_type = torsh__add_type(module, &spec, NULL);
    return device_type ? 0 : -1;
}
