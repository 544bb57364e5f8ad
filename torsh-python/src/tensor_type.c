/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tensor_type.h"

#include <stdlib.h>

#include "autograd.h"
#include "errors.h"
#include "gil.h"
#include "number.h"
#include "tensor_parts.h"

PyTypeObject *torsh__tensor_type;

/* ---- making ---- */

PyObject *torsh__wrap_as(PyTypeObject *type, torsh_tensor_t *t)
{
    torsh__tensor_object_t *self;
    if (type == torsh__tensor_type) {
        self = PyObject_GC_New(torsh__tensor_object_t, type);
    } else {
        allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
        self = (torsh__tensor_object_t *)alloc(type, 0);
    }
    if (!self) {
        torsh_tensor_release(t);
        return NULL;
    }
    self->t = t;
    self->dict = self->weakrefs = NULL;
    torsh_tensor_set_wrapper(t, self);
    if (type == torsh__tensor_type)
        PyObject_GC_Track((PyObject *)self);
    return (PyObject *)self;
}

PyObject *torsh__wrap(torsh_tensor_t *t)
{
    if (!t)
        return torsh__raise_last();
    PyObject *wrapper = torsh_tensor_wrapper(t);
    if (!wrapper)
        return torsh__wrap_as(torsh__tensor_type, t);
    Py_INCREF(wrapper);
    torsh__gil_t was = torsh__gil_enter();
    torsh_tensor_release(t);
    torsh__gil_leave(was);
    return wrapper;
}

PyObject *torsh__wrap_lent(torsh_tensor_t *t)
{
    if (!t)
        Py_RETURN_NONE;
    PyObject *wrapper = torsh_tensor_wrapper(t);
    if (!wrapper)
        return torsh__wrap_as(torsh__tensor_type, torsh_tensor_retain(t));
    Py_INCREF(wrapper);
    return wrapper;
}

PyObject *torsh__wrap_list(torsh_tensor_list_t *list)
{
    int n = torsh_tensor_list_n(list);
    PyObject *tuple = PyTuple_New(n);
    for (int i = 0; tuple && i < n; i++) {
        PyObject *item = torsh__wrap_lent(torsh_tensor_list_get(list, i));
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SetItem(tuple, i, item);
    }
    torsh__gil_t was = torsh__gil_enter();
    torsh_tensor_list_free(list);
    torsh__gil_leave(was);
    return tuple;
}

/* ---- garbage ---- */

/* The tensor is ours as long as we live, whoever else holds it (he then holds us): so what it alone owns, we
 * own. */
static int tensor_traverse(PyObject *o, visitproc visit, void *arg)
{
    torsh__tensor_object_t *self = (torsh__tensor_object_t *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->dict);
    if (self->t && !torsh__gil_n_released)
        return torsh__autograd_traverse(self->t, visit, arg);
    return 0;
}

static int tensor_clear(PyObject *o)
{
    torsh__tensor_object_t *self = (torsh__tensor_object_t *)o;
    Py_CLEAR(self->dict);
    if (self->t) {
        torsh__gil_t was = torsh__gil_enter();
        torsh_tensor_clear_graph(self->t);
        torsh__gil_leave(was);
    }
    return 0;
}

/* A tensor's end may end others that its graph holds, and so on: no recursion, but a list of what is left to
 * do. */
static _Thread_local torsh__tensor_object_t *doomed;
static _Thread_local bool tearing_down;

static void tensor_dealloc(PyObject *o)
{
    torsh__tensor_object_t *self = (torsh__tensor_object_t *)o;
    PyObject_GC_UnTrack(o);
    if (self->weakrefs)
        PyObject_ClearWeakRefs(o);
    self->weakrefs = (PyObject *)doomed;
    doomed = self;
    if (tearing_down)
        return;
    tearing_down = true;
    while (doomed) {
        self = doomed;
        doomed = (torsh__tensor_object_t *)self->weakrefs;
        PyTypeObject *type = Py_TYPE(self);
        Py_CLEAR(self->dict);
        if (self->t) {
            torsh__gil_t was = torsh__gil_enter();
            torsh_tensor_drop_wrapper(self->t);
            torsh__gil_leave(was);
        }
        PyObject_GC_Del(self);
        Py_DECREF(type);
    }
    tearing_down = false;
}

/* ---- the type ---- */

static Py_hash_t tensor_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)self >> 4);
}

static PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(torsh__tensor_object_t, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(torsh__tensor_object_t, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static int n_methods(const PyMethodDef *defs)
{
    int n = 0;
    while (defs[n].ml_name)
        n++;
    return n;
}

/* One table of all methods: a type takes no more. It lives as long as the type: for ever. */
static PyMethodDef *all_methods(void)
{
    int n = 1;
    for (int i = 0; torsh__tensor_method_tables[i]; i++)
        n += n_methods(torsh__tensor_method_tables[i]);
    PyMethodDef *all = calloc((size_t)n, sizeof *all);
    for (int i = 0, at = 0; all && torsh__tensor_method_tables[i]; i++)
        for (const PyMethodDef *m = torsh__tensor_method_tables[i]; m->ml_name; m++)
            all[at++] = *m;
    return all;
}

int torsh__tensor_init(PyObject *module)
{
    PyType_Slot own[] = {
        {Py_tp_doc, "A tensor: an array that records how it was computed."},
        {Py_tp_new, torsh__tensor_tp_new},
        {Py_tp_dealloc, tensor_dealloc},
        {Py_tp_traverse, tensor_traverse},
        {Py_tp_clear, tensor_clear},
        {Py_tp_hash, tensor_hash},
        {Py_tp_repr, torsh__tensor_repr},
        {Py_tp_members, members},
        {Py_tp_getset, torsh__tensor_getset},
        {Py_tp_methods, all_methods()},
    };
    enum { N_OWN = sizeof own / sizeof *own };
    PyType_Slot slots[N_OWN + TORSH__N_NUMBER_SLOTS + 1] = {{0, NULL}};
    for (int i = 0; i < N_OWN; i++)
        slots[i] = own[i];
    for (int i = 0; i < TORSH__N_NUMBER_SLOTS; i++)
        slots[N_OWN + i] = torsh__number_slots[i];
    PyType_Spec spec = {"torsh.Tensor", sizeof(torsh__tensor_object_t), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    torsh__tensor_type = torsh__add_type(module, &spec, NULL);
    /* messages of Python itself name a type without its module once its name has been set */
    PyObject *name = torsh__tensor_type ? PyUnicode_FromString("Tensor") : NULL;
    int failed = !name || PyObject_SetAttrString((PyObject *)torsh__tensor_type, "__name__", name) < 0;
    Py_XDECREF(name);
    return failed ? -1 : 0;
}
