/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The stable ABI of CPython 3.10 and libtorsh, for all files of the extension. */
#ifndef TORSH_PYTHON_PY_H
#define TORSH_PYTHON_PY_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030A0000
#include <Python.h>
#include <structmember.h>
#include <torsh.h>

/* A method or function of the fast calling convention in a PyMethodDef. */
#define TORSH__FAST(f) ((PyCFunction)(void (*)(void))(f))

/* Adds a function table's entries to a module; -1 with an exception. */
int torsh__add_functions(PyObject *module, PyMethodDef *functions);
/* A heap type of torsh._C out of its spec, added to the module; NULL with an exception. Lent to the module.
 */
PyTypeObject *torsh__add_type(PyObject *module, PyType_Spec *spec, PyObject *bases);

#endif
