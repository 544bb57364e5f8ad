/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The attributes of a Tensor. */
#include <limits.h>

#include "args.h"
#include "dtype.h"
#include "errors.h"
#include "gil.h"
#include "node.h"
#include "size.h"
#include "tensor_parts.h"
#include "tensor_type.h"

static PyObject *get_shape(PyObject *self, void *ignored)
{
    (void)ignored;
    const torsh_tensor_t *t = torsh__tensor_of(self);
    return torsh__size_object(torsh_tensor_ndim(t), torsh_tensor_shape(t));
}

static PyObject *get_ndim(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyLong_FromLong(torsh_tensor_ndim(torsh__tensor_of(self)));
}

static PyObject *get_dtype(PyObject *self, void *ignored)
{
    (void)ignored;
    PyObject *dtype = torsh__dtype_object(torsh_tensor_dtype(torsh__tensor_of(self)));
    Py_INCREF(dtype);
    return dtype;
}

static PyObject *get_device(PyObject *self, void *ignored)
{
    (void)ignored;
    torsh_device_t device = torsh_tensor_device(torsh__tensor_of(self));
    if (device.kind == TORSH_CPU)
        device.index = -1;
    return torsh__device_object(device);
}

static PyObject *get_layout(PyObject *self, void *ignored)
{
    (void)self, (void)ignored;
    Py_INCREF(torsh__strided);
    return torsh__strided;
}

/* kind: of the device that the attribute asks about */
static PyObject *get_is_device(PyObject *self, void *kind)
{
    return PyBool_FromLong(torsh_tensor_device(torsh__tensor_of(self)).kind == (intptr_t)kind);
}

static PyObject *get_itemsize(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyLong_FromLong(torsh_dtype_bytes(torsh_tensor_dtype(torsh__tensor_of(self))));
}

static PyObject *get_nbytes(PyObject *self, void *ignored)
{
    (void)ignored;
    const torsh_tensor_t *t = torsh__tensor_of(self);
    return PyLong_FromLongLong(torsh_tensor_numel(t) * torsh_dtype_bytes(torsh_tensor_dtype(t)));
}

static PyObject *get_version(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyLong_FromUnsignedLong(torsh_tensor_version(torsh__tensor_of(self)));
}

/* The kernels in use for its device. */
static PyObject *get_backend(PyObject *self, void *ignored)
{
    (void)ignored;
    const char *name = torsh_get_backend(torsh_tensor_device(torsh__tensor_of(self)).kind);
    if (!name)
        Py_RETURN_NONE;
    return PyUnicode_FromString(name);
}

/* ---- views ---- */

static PyObject *viewed(torsh_tensor_t *view, torsh_error_t *error)
{
    return view ? torsh__wrap(view) : torsh__raise(error);
}

static PyObject *get_T(PyObject *self, void *ignored)
{
    (void)ignored;
    torsh_error_t *error = NULL;
    torsh_tensor_t *view = torsh_numpy_T_with_error(torsh__tensor_of(self), &error);
    return viewed(view, error);
}

/* The last two dimensions swapped; at_most: of the dimensions that `name` takes. */
static PyObject *swapped(PyObject *self, const char *name, int at_most, const char *takes)
{
    const torsh_tensor_t *t = torsh__tensor_of(self);
    int ndim = torsh_tensor_ndim(t);
    torsh_error_t *error = NULL;
    if (ndim == 0) { /* PyTorch's legacy */
        Py_INCREF(self);
        return self;
    }
    if (ndim == 1 || ndim > at_most) {
        PyErr_Format(PyExc_RuntimeError, "tensor.%s is only supported on %s. Got %d-D tensor.", name, takes,
                     ndim);
        return NULL;
    }
    torsh_tensor_t *view = torsh_transpose_with_error(t, -2, -1, &error);
    return viewed(view, error);
}

static const char matrices[] = "matrices or batches of matrices";

static PyObject *get_mT(PyObject *self, void *ignored)
{
    (void)ignored;
    return swapped(self, "mT", INT_MAX, matrices);
}

/* Conjugated, were there complex arithmetic. */
static PyObject *adjoint(PyObject *self, const char *name, int at_most, const char *takes)
{
    torsh_dtype_t dtype = torsh_tensor_dtype(torsh__tensor_of(self));
    if (dtype != TORSH_C64 && dtype != TORSH_C128)
        return swapped(self, name, at_most, takes);
    PyErr_Format(PyExc_NotImplementedError, "tensor.%s of complex tensors is not there", name);
    return NULL;
}

static PyObject *get_mH(PyObject *self, void *ignored)
{
    (void)ignored;
    return adjoint(self, "mH", INT_MAX, matrices);
}

static PyObject *get_H(PyObject *self, void *ignored)
{
    (void)ignored;
    return adjoint(self, "H", 2, "matrices (2-D tensors)");
}

/* ---- autograd ---- */

static PyObject *get_requires_grad(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyBool_FromLong(torsh_tensor_requires_grad(torsh__tensor_of(self)));
}

static int set_requires_grad(PyObject *self, PyObject *value, void *ignored)
{
    (void)ignored;
    if (!value || !PyBool_Check(value)) {
        PyErr_SetString(PyExc_RuntimeError, "requires_grad must be a bool");
        return -1;
    }
    if (torsh_tensor_set_requires_grad(torsh__tensor_of(self), value == Py_True) == TORSH_OK)
        return 0;
    torsh__raise_last();
    return -1;
}

static PyObject *get_is_leaf(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyBool_FromLong(torsh_tensor_is_leaf(torsh__tensor_of(self)));
}

static PyObject *get_grad(PyObject *self, void *ignored)
{
    (void)ignored;
    return torsh__wrap_lent(torsh_tensor_grad(torsh__tensor_of(self)));
}

static int set_grad(PyObject *self, PyObject *value, void *ignored)
{
    (void)ignored;
    if (value && value != Py_None && !torsh__is_tensor(value)) {
        PyObject *type = torsh__type_name(value);
        PyErr_Format(PyExc_TypeError, "assigned grad expected to be a Tensor or None but got grad of type %U",
                     type);
        Py_XDECREF(type);
        return -1;
    }
    torsh__gil_t was = torsh__gil_enter();
    torsh_status_t status = torsh_tensor_set_grad(torsh__tensor_of(self),
                                                  value && value != Py_None ? torsh__tensor_of(value) : NULL);
    torsh__gil_leave(was);
    if (status == TORSH_OK)
        return 0;
    torsh__raise_last();
    return -1;
}

static PyObject *get_grad_fn(PyObject *self, void *ignored)
{
    (void)ignored;
    return torsh__node_object(torsh_tensor_grad_fn(torsh__tensor_of(self)));
}

static PyObject *get_output_nr(PyObject *self, void *ignored)
{
    (void)ignored;
    return PyLong_FromLong(torsh_tensor_output_nr(torsh__tensor_of(self)));
}

static PyObject *get_base(PyObject *self, void *ignored)
{
    (void)ignored;
    return torsh__wrap_lent(torsh_tensor_base(torsh__tensor_of(self)));
}

static PyObject *get_data(PyObject *self, void *ignored)
{
    (void)ignored;
    return torsh__wrap(torsh_tensor_data(torsh__tensor_of(self)));
}

static int set_data(PyObject *self, PyObject *value, void *ignored)
{
    (void)ignored;
    if (!value || !torsh__is_tensor(value)) {
        PyErr_SetString(PyExc_TypeError, "Variable data has to be a tensor");
        return -1;
    }
    if (torsh_tensor_set_data(torsh__tensor_of(self), torsh__tensor_of(value)) == TORSH_OK)
        return 0;
    torsh__raise_last();
    return -1;
}

PyGetSetDef torsh__tensor_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {"shape", get_shape, NULL, "The sizes.", NULL},
    {"ndim", get_ndim, NULL, "How many dimensions.", NULL},
    {"dtype", get_dtype, NULL, "What the elements are.", NULL},
    {"device", get_device, NULL, "Where the memory is.", NULL},
    {"backend", get_backend, NULL, "The name of the kernels in use for its device.", NULL},
    {"layout", get_layout, NULL, NULL, NULL},
    {"is_cpu", get_is_device, NULL, NULL, (void *)(intptr_t)TORSH_CPU},
    {"is_cuda", get_is_device, NULL, NULL, (void *)(intptr_t)TORSH_CUDA},
    {"is_vulkan", get_is_device, NULL, NULL, (void *)(intptr_t)TORSH_VULKAN},
    {"is_meta", get_is_device, NULL, NULL, (void *)(intptr_t)TORSH_META},
    {"itemsize", get_itemsize, NULL, "Bytes of one element.", NULL},
    {"nbytes", get_nbytes, NULL, "Bytes of all elements.", NULL},
    {"_version", get_version, NULL, "How often the values were changed in place.", NULL},
    {"T", get_T, NULL, "A view with the dimensions in reverse order.", NULL},
    {"mT", get_mT, NULL, "A view with the last two dimensions swapped.", NULL},
    {"mH", get_mH, NULL, "A view of the matrices' adjoints: the last two dimensions swapped.", NULL},
    {"H", get_H, NULL, "A view of the matrix's adjoint: its dimensions swapped.", NULL},
    {"requires_grad", get_requires_grad, set_requires_grad, "Whether operations on it are recorded.", NULL},
    {"is_leaf", get_is_leaf, NULL, "Whether it is no result of a recorded operation.", NULL},
    {"grad", get_grad, set_grad, "The accumulated gradient, or None.", NULL},
    {"grad_fn", get_grad_fn, NULL, "The recorded operation that it comes from, or None.", NULL},
    {"output_nr", get_output_nr, NULL, "Which of grad_fn's results it is.", NULL},
    {"_base", get_base, NULL, "The tensor that it is a view of, or None.", NULL},
    {"data", get_data, set_data, "The same memory without history.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
