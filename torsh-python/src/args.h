/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arguments of the functions that are written by hand: names to places, nothing more. */
#ifndef TORSH_PYTHON_ARGS_H
#define TORSH_PYTHON_ARGS_H

#include "py.h"

enum { TORSH__MAX_ARGS = 12 };

typedef struct {
    const char *function;
    int n_required, n_positional;
    const char *names[TORSH__MAX_ARGS]; /* NULL ends them; those after n_positional are keywords only */
} torsh__args_t;

/* out[i]: the argument (lent), NULL where it is not given. False with a TypeError. */
bool torsh__args(const torsh__args_t *spec, PyObject *const *args, Py_ssize_t n, PyObject *keywords,
                 PyObject **out);
/* TypeError: "f(): argument 'dim' must be int, not str". Returns NULL. */
PyObject *torsh__bad_arg(const torsh__args_t *spec, int i, const char *expected, PyObject *got);
/* "Tensor", "str" … of an object; a new reference. */
PyObject *torsh__type_name(PyObject *o);

#endif
