/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_ENGINE_H
#define TORSH_ENGINE_H

#include "graph.h"

/* Where the gradient of one node's result is wanted: *to receives a reference; to NULL: the node is a leaf's,
 * and its .grad is added to. */
typedef struct torsh__capture {
    torsh_node_t *node;
    int32_t nr;
    torsh_tensor_t **to;
} torsh__capture_t;

/* Runs backward from the roots: into the .grad of all leaves, or, with captures, into these alone. */
torsh_status_t torsh__engine_run(const edge_t *roots, torsh_tensor_t *const *grads, int n_roots, bool keep,
                                 bool create, const torsh__capture_t *captures, int n_captures);

/* leaf.grad += grad, which it takes over (leaf.c). */
torsh_status_t torsh__accumulate_grad(torsh_tensor_t *leaf, torsh_tensor_t *grad, bool create);

#endif
