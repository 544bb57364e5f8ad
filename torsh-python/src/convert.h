/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Python objects as values of the C ABI. */
#ifndef TORSH_PYTHON_CONVERT_H
#define TORSH_PYTHON_CONVERT_H

#include "parse.h"

/* Fills v from o if o is of that kind. 0: it is not; 1: done; -1: an exception is set (an int too large …).
 */
int torsh__convert(torsh__call_t *call, const torsh__param_t *p, PyObject *o, torsh__value_t *v);
/* A list of ints out of n objects. */
int torsh__convert_dims(torsh__call_t *call, PyObject *const *items, Py_ssize_t n, torsh__value_t *v);
/* Room for n ints or tensors that lives as long as the call; NULL with an exception. */
int64_t *torsh__call_alloc(torsh__call_t *call, Py_ssize_t n);
void torsh__call_free(torsh__call_t *call);

/* The same answers for single values: bool, int, float, complex, NumPy's, 0-d tensors. */
int torsh__to_scalar(PyObject *o, torsh_scalar_t *scalar);
int torsh__to_int(PyObject *o, int64_t *i);
/* Of a Python int: 1, or -1 with PyTorch's ValueError where it is beyond 64 bits. */
int torsh__long_to_int(PyObject *o, int64_t *i);
int torsh__to_double(PyObject *o, double *f);
/* A number as Python has it. */
PyObject *torsh__from_scalar(torsh_scalar_t scalar);

#endif
