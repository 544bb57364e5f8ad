/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "dtype.h"

#include "errors.h"

typedef struct {
    PyObject_HEAD int value;
    const char *name;
} constant_t;

static PyTypeObject *dtype_type, *layout_type, *format_type;
PyObject *torsh__strided;

#define N_DTYPES (TORSH_U64 + 1)
static PyObject *dtypes[N_DTYPES];

static PyObject *constant_repr(PyObject *self)
{
    return PyUnicode_FromFormat("torsh.%s", ((constant_t *)self)->name);
}

/* Pickled and copied by name: there is one object per value. */
static PyObject *constant_reduce(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyUnicode_FromString(((constant_t *)self)->name);
}

static void constant_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *no_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)args, (void)keywords;
    PyErr_Format(PyExc_TypeError, "cannot create %R instances", (PyObject *)type);
    return NULL;
}

static torsh_dtype_t value_of(PyObject *self)
{
    return (torsh_dtype_t)((constant_t *)self)->value;
}

static PyObject *dtype_itemsize(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyLong_FromLong(torsh_dtype_bytes(value_of(self)));
}

static PyObject *dtype_is_floating_point(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyBool_FromLong(torsh_dtype_is_floating(value_of(self)));
}

static PyObject *dtype_is_complex(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyBool_FromLong(value_of(self) == TORSH_C64 || value_of(self) == TORSH_C128);
}

static PyObject *dtype_is_signed(PyObject *self, void *ignored)
{
    (void)ignored;
    torsh_dtype_t d = value_of(self);
    return PyBool_FromLong(
        !(d == TORSH_U8 || d == TORSH_U16 || d == TORSH_U32 || d == TORSH_U64 || d == TORSH_BOOL));
}

static PyGetSetDef dtype_getset[] = {
    {"itemsize", dtype_itemsize, NULL, "Bytes of one element.", NULL},
    {"is_floating_point", dtype_is_floating_point, NULL, NULL, NULL},
    {"is_complex", dtype_is_complex, NULL, NULL, NULL},
    {"is_signed", dtype_is_signed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef constant_methods[] = {
    {"__reduce__", constant_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject *new_type(PyObject *module, const char *name, const char *doc, PyGetSetDef *getset)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)doc},
        {Py_tp_new, no_new},
        {Py_tp_dealloc, constant_dealloc},
        {Py_tp_repr, constant_repr},
        {Py_tp_methods, constant_methods},
        {getset ? Py_tp_getset : 0, getset},
        {0, NULL},
    };
    PyType_Spec spec = {name, sizeof(constant_t), 0, Py_TPFLAGS_DEFAULT, slots};
    return torsh__add_type(module, &spec, NULL);
}

static PyObject *add_constant(PyObject *module, PyTypeObject *type, int value, const char *name)
{
    constant_t *c = PyObject_New(constant_t, type);
    if (!c)
        return NULL;
    c->value = value;
    c->name = name;
    return PyModule_AddObjectRef(module, name, (PyObject *)c) < 0 ? NULL : (PyObject *)c;
}

PyObject *torsh__dtype_object(torsh_dtype_t dtype)
{
    return dtype >= 0 && dtype < N_DTYPES ? dtypes[dtype] : NULL;
}

int torsh__to_dtype(PyObject *o, torsh_dtype_t *dtype)
{
    if (Py_TYPE(o) == dtype_type)
        *dtype = value_of(o);
    else if (o == (PyObject *)&PyFloat_Type)
        *dtype = TORSH_F64;
    else if (o == (PyObject *)&PyLong_Type)
        *dtype = TORSH_I64;
    else if (o == (PyObject *)&PyBool_Type)
        *dtype = TORSH_BOOL;
    else if (o == (PyObject *)&PyComplex_Type)
        *dtype = TORSH_C128;
    else
        return 0;
    return 1;
}

int torsh__to_layout(PyObject *o, int *layout)
{
    if (Py_TYPE(o) != layout_type)
        return 0;
    *layout = ((constant_t *)o)->value;
    return 1;
}

int torsh__to_memory_format(PyObject *o, int *format)
{
    if (Py_TYPE(o) != format_type)
        return 0;
    *format = ((constant_t *)o)->value;
    return 1;
}

static const struct {
    const char *name;
    torsh_dtype_t dtype;
} dtype_aliases[] = {
    {"float", TORSH_F32}, {"double", TORSH_F64}, {"half", TORSH_F16},   {"short", TORSH_I16},
    {"int", TORSH_I32},   {"long", TORSH_I64},   {"cfloat", TORSH_C64}, {"cdouble", TORSH_C128},
};

int torsh__dtype_init(PyObject *module)
{
    dtype_type = new_type(module, "torsh.dtype", "What the elements of a tensor are.", dtype_getset);
    layout_type = new_type(module, "torsh.layout", "How a tensor lies in memory.", NULL);
    format_type =
        new_type(module, "torsh.memory_format", "The order of a tensor's dimensions in memory.", NULL);
    if (!dtype_type || !layout_type || !format_type)
        return -1;
#define X(id, value, bytes, text)                                                                            \
    if (!(dtypes[value] = add_constant(module, dtype_type, value, text)))                                    \
        return -1;
    TORSH_DTYPE_LIST(X)
#undef X
    for (size_t i = 0; i < sizeof dtype_aliases / sizeof *dtype_aliases; i++)
        if (PyModule_AddObjectRef(module, dtype_aliases[i].name, dtypes[dtype_aliases[i].dtype]) < 0)
            return -1;
    torsh__strided = add_constant(module, layout_type, 0, "strided");
    static const char *const formats[] = {"contiguous_format", "preserve_format", "channels_last"};
    for (int i = 0; i < 3; i++)
        if (!add_constant(module, format_type, i, formats[i]))
            return -1;
    return torsh__strided ? 0 : -1;
}
