/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "autograd.h"

#include <stdlib.h>

#include "args.h"
#include "errors.h"
#include "gil.h"
#include "tensor_type.h"

/* ---- garbage ---- */

typedef struct {
    visitproc visit;
    void *arg;
} traversal_t;

/* Every context that we give C is a Python object too. */
static int visit_object(void *object, void *arg)
{
    const traversal_t *traversal = arg;
    return traversal->visit(object, traversal->arg);
}

/* The one reference is the tensor's own. */
static bool unseen(void *wrapper)
{
    return Py_REFCNT((PyObject *)wrapper) == 1;
}

int torsh__autograd_traverse(const torsh_tensor_t *t, visitproc visit, void *arg)
{
    traversal_t traversal = {visit, arg};
    const torsh_visitor_t visitor = {visit_object, visit_object, unseen, &traversal};
    return torsh_tensor_visit(t, &visitor);
}

/* ---- backward ---- */

/* Tensors of a tuple; None becomes NULL. The array is the caller's; NULL with an exception. */
static const torsh_tensor_t **tensors_of(PyObject *tuple, const char *what, bool optional)
{
    Py_ssize_t n = PyTuple_Size(tuple);
    const torsh_tensor_t **all = calloc((size_t)n + 1, sizeof *all);
    if (!all)
        return (void *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *o = PyTuple_GetItem(tuple, i);
        if (optional && o == Py_None)
            continue;
        if (!torsh__is_tensor(o)) {
            PyObject *type = torsh__type_name(o);
            PyErr_Format(PyExc_TypeError, "element %zd of %s tuple is not a Tensor but %U", i, what, type);
            Py_XDECREF(type);
            free(all);
            return NULL;
        }
        all[i] = torsh__tensor_of(o);
    }
    return all;
}

/* _engine(roots, gradients, retain_graph, create_graph, inputs, accumulate, allow_unused): all tuples and
 * bools; inputs None: all leaves. accumulate: into .grad, else the gradients of inputs are the result. */
static PyObject *engine(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {
        "_engine",
        7,
        7,
        {"roots", "gradients", "retain_graph", "create_graph", "inputs", "accumulate", "allow_unused"}};
    PyObject *a[7];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    static const int tuples[] = {0, 1, 4};
    for (int i = 0; i < 3; i++)
        if (!PyTuple_Check(a[tuples[i]]) && !(i == 2 && a[4] == Py_None))
            return torsh__bad_arg(&spec, tuples[i], "tuple", a[tuples[i]]);
    int n_roots = (int)PyTuple_Size(a[0]), n_inputs = a[4] == Py_None ? 0 : (int)PyTuple_Size(a[4]);
    if (PyTuple_Size(a[1]) != n_roots) {
        PyErr_Format(PyExc_RuntimeError, "got %d tensors and %zd gradients", n_roots, PyTuple_Size(a[1]));
        return NULL;
    }
    bool retain = a[2] == Py_True, create = a[3] == Py_True, accumulate = a[5] == Py_True,
         unused = a[6] == Py_True;
    const torsh_tensor_t **roots = tensors_of(a[0], "tensors", false), **inputs = NULL;
    const torsh_tensor_t **gradients = roots ? tensors_of(a[1], "gradients", true) : NULL;
    torsh_tensor_t **results = NULL;
    PyObject *result = NULL;
    if (gradients && n_inputs)
        inputs = tensors_of(a[4], "inputs", false);
    if (!gradients || (n_inputs && !inputs) || !(results = calloc((size_t)n_inputs + 1, sizeof *results))) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        goto done;
    }
    torsh_error_t *error = NULL;
    torsh_status_t status;
    /* backward takes about as long as the operations since the last one did */
    bool long_work = torsh__gil_forward_was_long;
    torsh__gil_release_t release = {0};
    torsh__gil_t was = TORSH__GIL_UNKNOWN;
    if (long_work)
        release = torsh__gil_release();
    else
        was = torsh__gil_enter();
    if (accumulate)
        status =
            torsh_backward_with_error(roots, n_roots, gradients, retain, create, inputs, n_inputs, &error);
    else
        status = torsh_grad_with_error(roots, n_roots, gradients, inputs, n_inputs, retain, create, unused,
                                       results, &error);
    if (long_work)
        torsh__gil_reacquire(&release);
    else
        torsh__gil_leave(was);
    torsh__gil_forward_was_long = long_work && retain;
    if (status != TORSH_OK) {
        torsh__raise(error);
        goto done;
    }
    result = PyTuple_New(accumulate ? 0 : n_inputs);
    for (int i = 0; !accumulate && i < n_inputs; i++) {
        PyObject *g = results[i] ? torsh__wrap(results[i]) : Py_None;
        if (g == Py_None)
            Py_INCREF(g);
        if (result && g)
            PyTuple_SetItem(result, i, g);
        else
            Py_CLEAR(result);
    }
done:
    free(results);
    free(inputs);
    free(gradients);
    free(roots);
    return result;
}

/* ---- modes ---- */

static PyObject *is_grad_enabled(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    return PyBool_FromLong(torsh_is_grad_enabled());
}

/* Returns what it was. */
static PyObject *set_grad_enabled(PyObject *self, PyObject *enabled)
{
    (void)self;
    if (!PyBool_Check(enabled)) {
        PyErr_SetString(PyExc_TypeError, "set_grad_enabled(): argument 'mode' must be bool");
        return NULL;
    }
    return PyBool_FromLong(torsh_set_grad_enabled(enabled == Py_True));
}

/* ---- hooks ---- */

static torsh_status_t call_hook(void *ctx, const torsh_tensor_t *grad, torsh_tensor_t **replacement)
{
    torsh__gil_callback_t callback = torsh__gil_callback();
    torsh_status_t status = TORSH_OK;
    PyObject *o = torsh__wrap_lent((torsh_tensor_t *)grad);
    PyObject *result = o ? PyObject_CallFunctionObjArgs((PyObject *)ctx, o, NULL) : NULL;
    if (result && result != Py_None && !torsh__is_tensor(result)) {
        PyObject *type = torsh__type_name(result);
        PyErr_Format(PyExc_TypeError, "hook must return None or a Tensor, not %U", type);
        Py_XDECREF(type);
        Py_CLEAR(result);
    }
    if (!result)
        status = torsh__error_from_python();
    else if (result != Py_None && replacement)
        *replacement = torsh_tensor_retain(torsh__tensor_of(result));
    Py_XDECREF(result);
    Py_XDECREF(o);
    torsh__gil_callback_end(&callback);
    return status;
}

typedef torsh_status_t (*register_hook_t)(torsh_tensor_t *, torsh_tensor_hook_t, void *, void (*)(void *),
                                          int64_t *);

static PyObject *register_with(register_hook_t how, PyObject *self, PyObject *hook)
{
    if (!PyCallable_Check(hook)) {
        PyErr_SetString(PyExc_TypeError, "a hook must be callable");
        return NULL;
    }
    int64_t id;
    Py_INCREF(hook);
    if (how(torsh__tensor_of(self), call_hook, hook, torsh__decref, &id) == TORSH_OK)
        return PyLong_FromLongLong(id);
    Py_DECREF(hook);
    return torsh__raise_last();
}

static PyObject *register_hook(PyObject *self, PyObject *hook)
{
    return register_with(torsh_tensor_register_hook, self, hook);
}

static PyObject *register_post_accumulate_grad_hook(PyObject *self, PyObject *hook)
{
    return register_with(torsh_tensor_register_post_accumulate_hook, self, hook);
}

static PyObject *remove_hook(PyObject *self, PyObject *id)
{
    int64_t i = PyLong_AsLongLong(id);
    if (i == -1 && PyErr_Occurred())
        return NULL;
    torsh__gil_t was = torsh__gil_enter();
    bool found = torsh_tensor_remove_hook(torsh__tensor_of(self), i);
    torsh__gil_leave(was);
    return PyBool_FromLong(found);
}

/* ---- tensors ---- */

static PyObject *requires_grad_(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"requires_grad_", 0, 1, {"requires_grad"}};
    PyObject *on;
    if (!torsh__args(&spec, args, n, keywords, &on))
        return NULL;
    if (on && !PyBool_Check(on))
        return torsh__bad_arg(&spec, 0, "bool", on);
    if (torsh_tensor_set_requires_grad(torsh__tensor_of(self), on != Py_False) != TORSH_OK)
        return torsh__raise_last();
    Py_INCREF(self);
    return self;
}

static PyObject *retain_grad(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return torsh__none_or_raise(torsh_tensor_retain_grad(torsh__tensor_of(self)));
}

static PyObject *detach_(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    torsh__gil_t was = torsh__gil_enter();
    torsh_status_t status = torsh_tensor_detach_(torsh__tensor_of(self));
    torsh__gil_leave(was);
    if (status != TORSH_OK)
        return torsh__raise_last();
    Py_INCREF(self);
    return self;
}

static PyObject *zero_grad(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    torsh__gil_t was = torsh__gil_enter();
    torsh_status_t status = torsh_tensor_set_grad(torsh__tensor_of(self), NULL);
    torsh__gil_leave(was);
    return torsh__none_or_raise(status);
}

PyMethodDef torsh__autograd_methods[] = {
    {"requires_grad_", TORSH__FAST(requires_grad_), METH_FASTCALL | METH_KEYWORDS,
     "requires_grad_(requires_grad=True)\nSets requires_grad; returns self."},
    {"retain_grad", retain_grad, METH_NOARGS, "Results too keep their gradient from now on."},
    {"detach_", detach_, METH_NOARGS, "Cuts it off its history."},
    {"zero_grad", zero_grad, METH_NOARGS, "Forgets the gradient."},
    {"_register_hook", register_hook, METH_O, NULL},
    {"_register_post_accumulate_grad_hook", register_post_accumulate_grad_hook, METH_O, NULL},
    {"_remove_hook", remove_hook, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

PyMethodDef torsh__autograd_functions[] = {
    {"_engine", TORSH__FAST(engine), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"is_grad_enabled", is_grad_enabled, METH_NOARGS, "Whether operations are recorded on this thread."},
    {"_set_grad_enabled", set_grad_enabled, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
