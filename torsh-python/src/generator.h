/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh.Generator. */
#ifndef TORSH_PYTHON_GENERATOR_H
#define TORSH_PYTHON_GENERATOR_H

#include "py.h"

/* 0: o is no Generator. */
int torsh__to_generator(PyObject *o, torsh_generator_t **generator);
/* Also adds default_generator. */
int torsh__generator_init(PyObject *module);

#endif
