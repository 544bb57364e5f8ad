/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* C's errors as Python exceptions, and back. */
#ifndef TORSH_PYTHON_ERRORS_H
#define TORSH_PYTHON_ERRORS_H

#include "py.h"

/* Raises the error and frees it; an error that Python code raised inside C is raised again as it was. Returns
 * NULL. */
PyObject *torsh__raise(torsh_error_t *error);
/* Raises this thread's C error. */
PyObject *torsh__raise_last(void);
/* None for OK, else raises this thread's C error. */
PyObject *torsh__none_or_raise(torsh_status_t status);
/* In a callback: hands the Python exception that is set to C. */
torsh_status_t torsh__error_from_python(void);

int torsh__errors_init(PyObject *module);

#endif
