/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* NumPy's arrays: shared memory both ways. */
#ifndef TORSH_PYTHON_NUMPY_H
#define TORSH_PYTHON_NUMPY_H

#include "py.h"

bool torsh__is_array(PyObject *o);
/* A NumPy scalar as a Python number, a new reference; NULL (no exception) for anything else. */
PyObject *torsh__numpy_number(PyObject *o);
/* A Tensor on the array's memory, which lives as long; NULL with an exception. warn: if the array is
 * read-only. */
PyObject *torsh__from_array(PyObject *array, bool warn);
/* The dtype of an array or NumPy scalar; TORSH_DTYPE_NONE if there is none like it. */
torsh_dtype_t torsh__dtype_of_numpy(PyObject *o);
/* An array on the tensor's memory; method numpy(*, force=False). */
PyObject *torsh__to_array(PyObject *tensor);

extern PyMethodDef torsh__numpy_methods[];
extern PyMethodDef torsh__numpy_functions[];
int torsh__numpy_init(void);

#endif
