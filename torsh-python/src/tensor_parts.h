/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What torsh.Tensor consists of, file by file. */
#ifndef TORSH_PYTHON_TENSOR_PARTS_H
#define TORSH_PYTHON_TENSOR_PARTS_H

#include "autograd.h"
#include "data.h"
#include "dlpack.h"
#include "numpy.h"
#include "python_ops.h"
#include "to.h"

extern PyGetSetDef torsh__tensor_getset[];
extern PyMethodDef torsh__tensor_methods[];
PyObject *torsh__tensor_repr(PyObject *self);

/* All tables of methods, NULL at the end; a later one overrides. */
static PyMethodDef *const torsh__tensor_method_tables[] = {
    torsh__method_defs,   torsh__tensor_methods, torsh__to_methods,       torsh__data_methods,
    torsh__numpy_methods, torsh__dlpack_methods, torsh__autograd_methods, NULL,
};

#endif
