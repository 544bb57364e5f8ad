/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh.dtype, torsh.layout, torsh.memory_format: one object per value; and torsh.device. */
#ifndef TORSH_PYTHON_DTYPE_H
#define TORSH_PYTHON_DTYPE_H

#include "py.h"

/* The object of a dtype, lent; NULL for a value that is no dtype. */
PyObject *torsh__dtype_object(torsh_dtype_t dtype);
/* 0: o is no dtype (nor float, int, bool or complex, which stand for one). */
int torsh__to_dtype(PyObject *o, torsh_dtype_t *dtype);
int torsh__to_layout(PyObject *o, int *layout);
int torsh__to_memory_format(PyObject *o, int *format);
extern PyObject *torsh__strided;
int torsh__dtype_init(PyObject *module);

/* A new torsh.device. */
PyObject *torsh__device_object(torsh_device_t device);
/* A device, its name, or a module that stands for one (torsh.cpu). 0: o is none of these; -1: an exception is
 * set. */
int torsh__to_device(PyObject *o, torsh_device_t *device);
int torsh__device_init(PyObject *module);

#endif
