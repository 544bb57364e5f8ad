/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* autograd.Function: the context that C's node owns, and the values that it saves. The rest is Python. */
#include <stdlib.h>

#include "args.h"
#include "autograd.h"
#include "errors.h"
#include "gil.h"
#include "tensor_type.h"

/* ---- saved values ---- */

typedef struct {
    PyObject_HEAD torsh_saved_t *saved;
} saved_t;

static PyTypeObject *saved_type;

static void saved_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    torsh__gil_t was = torsh__gil_enter();
    torsh_saved_free(((saved_t *)self)->saved);
    torsh__gil_leave(was);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* _save(tensor, is_output) */
static PyObject *save(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"save_for_backward", 2, 2, {"tensor", "is_output"}};
    PyObject *a[2];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    if (!torsh__is_tensor(a[0]))
        return torsh__bad_arg(&spec, 0, "Tensor", a[0]);
    torsh_saved_t *saved = torsh_saved_new(torsh__tensor_of(a[0]), a[1] == Py_True);
    if (!saved)
        return torsh__raise_last();
    saved_t *o = PyObject_New(saved_t, saved_type);
    if (o)
        o->saved = saved;
    else
        torsh_saved_free(saved);
    return (PyObject *)o;
}

/* ---- contexts ---- */

typedef struct {
    PyObject_HEAD torsh_node_t *node; /* owns us; NULL before it is made and once it is gone */
} context_t;

static PyTypeObject *context_type;

static void context_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* _unpack(saved) */
static PyObject *unpack(PyObject *self, PyObject *o)
{
    if (Py_TYPE(o) != saved_type) {
        PyErr_SetString(PyExc_TypeError, "_unpack() takes what _save() returned");
        return NULL;
    }
    return torsh__wrap(torsh_saved_get(((saved_t *)o)->saved, ((context_t *)self)->node));
}

static torsh_status_t run_backward(void *ctx, const torsh_tensor_t *const *grads, int n_out,
                                   torsh_tensor_t **grad_inputs, int n_in)
{
    torsh__gil_callback_t callback = torsh__gil_callback();
    PyObject *given = PyTuple_New(n_out);
    for (int i = 0; given && i < n_out; i++) {
        PyObject *grad = torsh__wrap_lent((torsh_tensor_t *)grads[i]);
        if (grad)
            PyTuple_SetItem(given, i, grad);
        else
            Py_CLEAR(given);
    }
    /* returns a tuple of n_in tensors and Nones */
    PyObject *result = given ? PyObject_CallMethod(ctx, "_run_backward", "Oi", given, n_in) : NULL;
    torsh_status_t status = result ? TORSH_OK : torsh__error_from_python();
    for (int i = 0; result && i < n_in; i++) {
        PyObject *grad = PyTuple_GetItem(result, i);
        grad_inputs[i] = grad == Py_None ? NULL : torsh_tensor_retain(torsh__tensor_of(grad));
    }
    Py_XDECREF(result);
    Py_XDECREF(given);
    torsh__gil_callback_end(&callback);
    return status;
}

static void run_released(void *ctx)
{
    torsh__gil_callback_t callback = torsh__gil_callback();
    PyObject *result = PyObject_CallMethod(ctx, "_release", NULL);
    if (!result)
        PyErr_WriteUnraisable(ctx);
    Py_XDECREF(result);
    torsh__gil_callback_end(&callback);
}

static void run_destroy(void *ctx)
{
    ((context_t *)ctx)->node = NULL;
    torsh__decref(ctx);
}

static bool gather(PyObject *tuple, const torsh_tensor_t **all, int n)
{
    for (int i = 0; i < n; i++) {
        PyObject *o = PyTuple_GetItem(tuple, i);
        if (!torsh__is_tensor(o)) {
            PyErr_SetString(PyExc_TypeError, "expected a tuple of Tensors");
            return false;
        }
        all[i] = torsh__tensor_of(o);
    }
    return true;
}

/* _record(name, ctx, inputs, outputs, dirty, nondifferentiable): a node over tuples of tensors and bools. */
static PyObject *record(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {
        "_record", 6, 6, {"name", "ctx", "inputs", "outputs", "dirty", "nondifferentiable"}};
    PyObject *a[6];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    const char *name = PyUnicode_AsUTF8AndSize(a[0], NULL);
    int n_in = (int)PyTuple_Size(a[2]), n_out = (int)PyTuple_Size(a[3]);
    if (!name || n_in < 0 || n_out < 0 || PyTuple_Size(a[4]) != n_out || PyTuple_Size(a[5]) != n_out)
        return PyErr_Occurred() ? NULL : torsh__bad_arg(&spec, 4, "as long as outputs", a[4]);
    if (!PyObject_TypeCheck(a[1], context_type))
        return torsh__bad_arg(&spec, 1, "FunctionContext", a[1]);
    const torsh_tensor_t **tensors = calloc((size_t)(n_in + n_out) + 1, sizeof *tensors);
    bool *flags = calloc(2 * (size_t)n_out + 1, sizeof *flags);
    PyObject *result = NULL;
    if (!tensors || !flags) {
        PyErr_NoMemory();
        goto done;
    }
    if (!gather(a[2], tensors, n_in) || !gather(a[3], tensors + n_in, n_out))
        goto done;
    for (int i = 0; i < n_out; i++) {
        flags[i] = PyTuple_GetItem(a[4], i) == Py_True;
        flags[n_out + i] = PyTuple_GetItem(a[5], i) == Py_True;
    }
    static const torsh_function_t callbacks = {NULL, run_backward, run_destroy, run_released};
    torsh_function_t function = callbacks;
    function.name = name;
    torsh_tensor_t *const *outputs = (torsh_tensor_t *const *)(tensors + n_in);
    context_t *context = (context_t *)a[1];
    Py_INCREF(context);
    torsh__gil_t was = torsh__gil_enter();
    torsh_status_t status =
        torsh_function_record(&function, context, tensors, n_in, outputs, n_out, flags, flags + n_out);
    torsh__gil_leave(was);
    for (int i = 0; status == TORSH_OK && i < n_out && !context->node; i++)
        if (!flags[n_out + i])
            context->node = torsh_tensor_grad_fn(outputs[i]);
    result = torsh__none_or_raise(status);
done:
    free(flags);
    free(tensors);
    return result;
}

PyMethodDef torsh__function_functions[] = {
    {"_save", TORSH__FAST(save), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"_record", TORSH__FAST(record), METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef context_methods[] = {
    {"_unpack", unpack, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int torsh__function_init(PyObject *module)
{
    PyType_Slot saved_slots[] = {{Py_tp_dealloc, saved_dealloc}, {0, NULL}};
    PyType_Spec saved_spec = {"torsh._C.SavedTensor", sizeof(saved_t), 0, Py_TPFLAGS_DEFAULT, saved_slots};
    PyType_Slot context_slots[] = {
        {Py_tp_dealloc, context_dealloc}, {Py_tp_methods, context_methods}, {0, NULL}};
    PyType_Spec context_spec = {"torsh._C.FunctionContext", sizeof(context_t), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, context_slots};
    saved_type = torsh__add_type(module, &saved_spec, NULL);
    context_type = torsh__add_type(module, &context_spec, NULL);
    return saved_type && context_type ? 0 : -1;
}
