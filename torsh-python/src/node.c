/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "node.h"

#include "gil.h"
#include "tensor_type.h"

typedef struct {
    PyObject_HEAD torsh_node_t *node;
} node_t;

static PyTypeObject *node_type;

PyObject *torsh__node_object(torsh_node_t *node)
{
    if (!node)
        Py_RETURN_NONE;
    node_t *self = PyObject_New(node_t, node_type);
    if (self)
        self->node = torsh_node_retain(node);
    return (PyObject *)self;
}

static torsh_node_t *of(PyObject *self)
{
    return ((node_t *)self)->node;
}

static void node_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    torsh__gil_t was = torsh__gil_enter();
    torsh_node_release(of(self));
    torsh__gil_leave(was);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *name(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyUnicode_FromString(torsh_node_name(of(self)));
}

static PyObject *node_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<%s object at %p>", torsh_node_name(of(self)), (void *)of(self));
}

static PyObject *compare(PyObject *a, PyObject *b, int op)
{
    if (Py_TYPE(b) != node_type || (op != Py_EQ && op != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    return PyBool_FromLong((of(a) == of(b)) == (op == Py_EQ));
}

static Py_hash_t hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)of(self) >> 4);
}

static PyObject *next_functions(PyObject *self, void *ignored)
{
    (void)ignored;
    int n = torsh_node_n_next(of(self));
    PyObject *all = PyTuple_New(n);
    for (int i = 0; all && i < n; i++) {
        int input_nr = 0;
        PyObject *next = torsh__node_object(torsh_node_next(of(self), i, &input_nr));
        PyObject *pair = next ? Py_BuildValue("Ni", next, input_nr) : NULL;
        if (pair)
            PyTuple_SetItem(all, i, pair);
        else
            Py_CLEAR(all);
    }
    return all;
}

static PyObject *variable(PyObject *self, void *ignored)
{
    (void)ignored;
    return torsh__wrap_lent(torsh_node_variable(of(self)));
}

static PyMethodDef methods[] = {
    {"name", name, METH_NOARGS, "The operation's name."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"next_functions", next_functions, NULL,
     "Per input: (the node that its gradient goes to, which result of that).", NULL},
    {"variable", variable, NULL, "The leaf of an accumulating node.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

int torsh__node_init(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "A step of the graph that backward walks."},
        {Py_tp_dealloc, node_dealloc},
        {Py_tp_repr, node_repr},
        {Py_tp_richcompare, compare},
        {Py_tp_hash, hash},
        {Py_tp_methods, methods},
        {Py_tp_getset, getset},
        {0, NULL},
    };
    PyType_Spec spec = {"torsh.autograd.Node", sizeof(node_t), 0, Py_TPFLAGS_DEFAULT, slots};
    node_type = torsh__add_type(module, &spec, NULL);
    return node_type ? 0 : -1;
}
