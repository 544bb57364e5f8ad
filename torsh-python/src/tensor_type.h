/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh.Tensor: the Python object of a torsh_tensor_t. There is at most one, and it lives exactly as long as
 * the tensor. */
#ifndef TORSH_PYTHON_TENSOR_TYPE_H
#define TORSH_PYTHON_TENSOR_TYPE_H

#include "py.h"

typedef struct {
    PyObject_HEAD torsh_tensor_t *t; /* owned; NULL only while the object is being torn down */
    PyObject *dict;
    PyObject *weakrefs; /* once they are cleared: the next object to be torn down */
} torsh__tensor_object_t;

extern PyTypeObject *torsh__tensor_type;

static inline bool torsh__is_tensor(PyObject *o)
{
    return Py_TYPE(o) == torsh__tensor_type || PyType_IsSubtype(Py_TYPE(o), torsh__tensor_type);
}

/* The C tensor of a Tensor; lent. */
static inline torsh_tensor_t *torsh__tensor_of(PyObject *o)
{
    return ((torsh__tensor_object_t *)o)->t;
}

/* The one object of t, a new reference. Takes over the caller's reference to t. t NULL: raises this thread's
 * C error. */
PyObject *torsh__wrap(torsh_tensor_t *t);
/* The same for a tensor that C lends; None for NULL. */
PyObject *torsh__wrap_lent(torsh_tensor_t *t);
/* A new object of `type`, a Tensor or a subclass, for a tensor that has none yet. Takes over the reference.
 */
PyObject *torsh__wrap_as(PyTypeObject *type, torsh_tensor_t *t);
/* A tuple of the list's tensors; frees the list. */
PyObject *torsh__wrap_list(torsh_tensor_list_t *list);

int torsh__tensor_init(PyObject *module);

#endif
