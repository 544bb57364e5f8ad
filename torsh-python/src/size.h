/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh.Size: a tuple of ints. */
#ifndef TORSH_PYTHON_SIZE_H
#define TORSH_PYTHON_SIZE_H

#include "py.h"

extern PyTypeObject *torsh__size_type;
PyObject *torsh__size_object(int n, const int64_t *sizes);
/* A plain tuple. */
PyObject *torsh__ints(int n, const int64_t *values);
int torsh__size_init(PyObject *module);

#endif
