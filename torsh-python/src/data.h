/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tensors out of numbers, nested sequences, arrays and other tensors; and lists out of tensors. */
#ifndef TORSH_PYTHON_DATA_H
#define TORSH_PYTHON_DATA_H

#include "py.h"

/* A new Tensor that copies `data`; dtype NONE: as PyTorch infers it. NULL with an exception. */
PyObject *torsh__tensor_from_data(PyObject *data, torsh_dtype_t dtype);

/* Tensor(2, 3), Tensor([1., 2.]): PyTorch's old constructor. */
PyObject *torsh__tensor_tp_new(PyTypeObject *type, PyObject *args, PyObject *keywords);

extern PyMethodDef torsh__data_methods[];
extern PyMethodDef torsh__data_functions[];

#endif
