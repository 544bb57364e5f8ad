/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "size.h"

#include "args.h"

PyTypeObject *torsh__size_type;

static bool fill(PyObject *tuple, int n, const int64_t *values)
{
    for (int i = 0; i < n; i++) {
        PyObject *v = PyLong_FromLongLong(values[i]);
        if (!v)
            return false;
        PyTuple_SetItem(tuple, i, v);
    }
    return true;
}

PyObject *torsh__size_object(int n, const int64_t *sizes)
{
    PyObject *size = PyType_GenericAlloc(torsh__size_type, n);
    if (size && !fill(size, n, sizes))
        Py_CLEAR(size);
    return size;
}

PyObject *torsh__ints(int n, const int64_t *values)
{
    PyObject *tuple = PyTuple_New(n);
    if (tuple && !fill(tuple, n, values))
        Py_CLEAR(tuple);
    return tuple;
}

/* A Size of the same items, if they are all ints. Takes over `tuple`. */
static PyObject *from_tuple(PyObject *tuple)
{
    Py_ssize_t n = tuple ? PyTuple_Size(tuple) : 0;
    PyObject *size = tuple ? PyType_GenericAlloc(torsh__size_type, n) : NULL;
    for (Py_ssize_t i = 0; size && i < n; i++) {
        PyObject *index = PyNumber_Index(PyTuple_GetItem(tuple, i));
        if (!index) {
            PyObject *type = torsh__type_name(PyTuple_GetItem(tuple, i));
            PyErr_Format(PyExc_TypeError, "torsh.Size() takes an iterable of 'int' (item %zd is '%U')", i,
                         type);
            Py_XDECREF(type);
            Py_CLEAR(size);
        } else {
            PyTuple_SetItem(size, i, index);
        }
    }
    Py_XDECREF(tuple);
    return size;
}

static PyObject *size_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)type;
    static char *names[] = {"sizes", NULL};
    PyObject *items = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:Size", names, &items))
        return NULL;
    return from_tuple(items ? PySequence_Tuple(items) : PyTuple_New(0));
}

static PyObject *size_repr(PyObject *self)
{
    PyObject *list = PySequence_List(self);
    PyObject *text = list ? PyUnicode_FromFormat("torsh.Size(%R)", list) : NULL;
    Py_XDECREF(list);
    return text;
}

static PyObject *size_numel(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    int64_t n = 1;
    for (Py_ssize_t i = 0; i < PyTuple_Size(self); i++)
        n *= PyLong_AsLongLong(PyTuple_GetItem(self, i));
    return PyLong_FromLongLong(n);
}

static PyObject *size_reduce(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    PyObject *tuple = PyTuple_GetSlice(self, 0, PyTuple_Size(self));
    return tuple ? Py_BuildValue("O(N)", (PyObject *)torsh__size_type, tuple) : NULL;
}

/* tuple's own operation, then a Size again. */
static PyObject *size_concat(PyObject *a, PyObject *b)
{
    if (!PyTuple_Check(b)) {
        PyErr_Format(PyExc_TypeError, "can only concatenate tuple (not %R) to torsh.Size",
                     (PyObject *)Py_TYPE(b));
        return NULL;
    }
    binaryfunc concat = (binaryfunc)PyType_GetSlot(&PyTuple_Type, Py_sq_concat);
    PyObject *tuple = concat(a, b);
    for (Py_ssize_t i = 0; tuple && i < PyTuple_Size(tuple); i++)
        if (!PyLong_Check(PyTuple_GetItem(tuple, i)))
            return tuple;
    return from_tuple(tuple);
}

static PyObject *size_repeat(PyObject *a, Py_ssize_t n)
{
    ssizeargfunc repeat = (ssizeargfunc)PyType_GetSlot(&PyTuple_Type, Py_sq_repeat);
    return from_tuple(repeat(a, n));
}

static PyObject *size_subscript(PyObject *self, PyObject *key)
{
    binaryfunc subscript = (binaryfunc)PyType_GetSlot(&PyTuple_Type, Py_mp_subscript);
    PyObject *item = subscript(self, key);
    return item && PyTuple_Check(item) ? from_tuple(item) : item;
}

static PyMethodDef methods[] = {
    {"numel", size_numel, METH_NOARGS, "How many elements a tensor of this size has."},
    {"__reduce__", size_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int torsh__size_init(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "Size(iterable): a tensor's sizes; a tuple of ints."},
        {Py_tp_new, size_new},
        {Py_tp_repr, size_repr},
        {Py_tp_methods, methods},
        {Py_sq_concat, size_concat},
        {Py_sq_repeat, size_repeat},
        {Py_mp_subscript, size_subscript},
        {0, NULL},
    };
    PyType_Spec spec = {"torsh.Size", 0, 0, Py_TPFLAGS_DEFAULT, slots};
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PyTuple_Type);
    torsh__size_type = bases ? torsh__add_type(module, &spec, bases) : NULL;
    Py_XDECREF(bases);
    return torsh__size_type ? 0 : -1;
}
