/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several results as one Python object. */
#ifndef TORSH_PYTHON_RESULTS_H
#define TORSH_PYTHON_RESULTS_H

#include "parse.h"

/* A tuple (named where the schema names the results) of `first` and `more`; takes over all n references. */
PyObject *torsh__wrap_results(torsh__results_t *results, torsh_tensor_t *first, torsh_tensor_t **more, int n);

#endif
