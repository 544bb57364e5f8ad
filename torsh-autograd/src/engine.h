/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_ENGINE_H
#define TORSH_ENGINE_H

#include "graph.h"

/* Where the gradient of one node's result is wanted: *to receives a reference. */
typedef struct torsh__capture {
    torsh_node_t *node;
    int32_t nr;
    torsh_tensor_t **to;
} torsh__capture_t;

/* Runs backward from the roots. With captures nothing is accumulated into leaves, only *to is filled. */
torsh_status_t torsh__engine_run(const edge_t *roots, torsh_tensor_t *const *grads, int n_roots, bool keep,
                                 bool create, const torsh__capture_t *captures, int n_captures);

#endif
