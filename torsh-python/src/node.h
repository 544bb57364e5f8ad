/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* grad_fn: a step of the graph. */
#ifndef TORSH_PYTHON_NODE_H
#define TORSH_PYTHON_NODE_H

#include "py.h"

/* A new object for a node that C lends; None for NULL. Two objects of one node are equal. */
PyObject *torsh__node_object(torsh_node_t *node);
int torsh__node_init(PyObject *module);

#endif
