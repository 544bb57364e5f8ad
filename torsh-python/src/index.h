/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* t[...] and t[...] = value. */
#ifndef TORSH_PYTHON_INDEX_H
#define TORSH_PYTHON_INDEX_H

#include "py.h"

PyObject *torsh__index_get(PyObject *self, PyObject *key);
int torsh__index_set(PyObject *self, PyObject *key, PyObject *value);

#endif
