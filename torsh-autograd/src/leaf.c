/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Leaves: where gradients end. Two threads may run backward over graphs that share a leaf, so its node is
 * looked up under one short lock, and its gradient is added to under a lock of its own. */
#include <pthread.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "engine.h"

/* ---- the node of a leaf ---- */

/* Held for a few instructions, and never around what may run other code. */
static pthread_mutex_t nodes_lock = PTHREAD_MUTEX_INITIALIZER;

/* A leaf does not count its node: on another thread it may be about to be freed. */
static torsh_node_t *retain_if_alive(torsh_node_t *node)
{
    int32_t refs = node ? __atomic_load_n(&node->refs, __ATOMIC_RELAXED) : 0;
    while (refs > 0)
        if (__atomic_compare_exchange_n(&node->refs, &refs, refs + 1, true, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return node;
    return NULL;
}

torsh_status_t torsh__leaf_node(torsh_tensor_t *t, torsh_node_t **out)
{
    pthread_mutex_lock(&nodes_lock);
    grad_meta_t *meta = torsh__grad_meta(t); /* a module's parameter has none before its first use */
    *out = meta ? retain_if_alive(meta->accumulator) : NULL;
    pthread_mutex_unlock(&nodes_lock);
    if (!meta)
        return TORSH_ERR_MEMORY;
    if (*out)
        return TORSH_OK;
    torsh_node_t *node = torsh__node_new(NODE_LEAF, 0, 1);
    if (!node)
        return TORSH_ERR_MEMORY;
    torsh_status_t status = torsh__node_result(node, 0, t);
    if (status != TORSH_OK) {
        torsh_node_release(node);
        return status;
    }
    node->variable = torsh_tensor_retain(t);
    pthread_mutex_lock(&nodes_lock);
    *out = retain_if_alive(meta->accumulator); /* another thread was faster */
    if (!*out)
        meta->accumulator = *out = torsh_node_retain(node);
    pthread_mutex_unlock(&nodes_lock);
    torsh_node_release(node);
    return TORSH_OK;
}

void torsh__leaf_node_gone(torsh_node_t *node)
{
    pthread_mutex_lock(&nodes_lock);
    grad_meta_t *meta = torsh__grad_meta_of(node->variable);
    if (meta && meta->accumulator == node)
        meta->accumulator = NULL;
    pthread_mutex_unlock(&nodes_lock);
}

/* ---- its gradient ---- */

enum { LOCKS = 64 };

static pthread_mutex_t *grad_lock(const torsh_tensor_t *leaf)
{
    static pthread_mutex_t locks[LOCKS] = {[0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER};
    return &locks[(uintptr_t)leaf / sizeof *leaf % LOCKS];
}

/* May the gradient itself become .grad? Only if nobody else can see or write its memory, and it lies as the
 * leaf does. */
static bool stealable(const torsh_tensor_t *grad, const torsh_tensor_t *leaf)
{
    return grad->refs == 1 && grad->storage->refs == 1 && !grad->requires_grad && !grad->storage->foreign &&
           grad->dtype == leaf->dtype &&
           (torsh__is_dense(leaf->ndim, leaf->shape, leaf->strides)
                ? memcmp(grad->strides, leaf->strides, (size_t)leaf->ndim * sizeof *leaf->strides) == 0
                : torsh__is_contiguous(grad->ndim, grad->shape, grad->strides));
}

/* The leaf's .grad after `grad` has come: `old` itself where it could be added to in place. */
static torsh_tensor_t *sum_of(torsh__scope_t *s, const torsh_tensor_t *leaf, torsh_tensor_t *old,
                              const torsh_tensor_t *grad, bool create)
{
    if (old)
        return create ? op_add(s, old, grad, torsh_scalar_i(1)) : op_add_(s, old, grad, torsh_scalar_i(1));
    if (create)
        return op_clone(s, grad, -1);
    torsh_tensor_t *empty =
        op_empty_like(s, leaf, TORSH_DTYPE_NONE, -1, leaf->device, (torsh_opt_int_t){0, 0}, -1);
    return op_copy_(s, empty, grad, 0);
}

torsh_status_t torsh__accumulate_grad(torsh_tensor_t *leaf, torsh_tensor_t *grad, bool create)
{
    grad_meta_t *meta = torsh__grad_meta_of(leaf);
    torsh_tensor_t *old = NULL; /* released after the lock: that may run a language's code */
    torsh__scope_t s;
    torsh__scope_open(&s);
    pthread_mutex_lock(grad_lock(leaf));
    if (!meta->grad && !create && stealable(grad, leaf)) {
        meta->grad = grad;
        grad = NULL;
    } else {
        torsh_tensor_t *sum = sum_of(&s, leaf, meta->grad, grad, create);
        if (scope_ok(&s) && sum != meta->grad) {
            old = meta->grad;
            meta->grad = torsh_tensor_retain(sum);
        }
    }
    pthread_mutex_unlock(grad_lock(leaf));
    torsh_status_t status = s.status;
    torsh__scope_close(&s);
    torsh_tensor_release(old);
    torsh_tensor_release(grad);
    return status;
}
