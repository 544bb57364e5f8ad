/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* backward, grad, hooks, functions with a derivative of their own. */
#ifndef TORSH_PYTHON_AUTOGRAD_H
#define TORSH_PYTHON_AUTOGRAD_H

#include "py.h"

extern PyMethodDef torsh__autograd_methods[];
extern PyMethodDef torsh__autograd_functions[];

/* tp_traverse through C: what t alone owns there. */
int torsh__autograd_traverse(const torsh_tensor_t *t, visitproc visit, void *arg);

/* function.c: autograd.Function's context and what it saves. */
extern PyMethodDef torsh__function_functions[];
int torsh__function_init(PyObject *module);

#endif
