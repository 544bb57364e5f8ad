/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What <torsh/autograd.h> offers on tensors: requires_grad, grad, hooks, detaching. */
#include <string.h>

#include "graph.h"

bool torsh_tensor_requires_grad(const torsh_tensor_t *t)
{
    if (!t)
        return false;
    return torsh__tensor_requires_grad(t);
}

bool torsh_tensor_is_leaf(const torsh_tensor_t *t)
{
    if (!t)
        return false;
    return !torsh_tensor_grad_fn(t);
}

torsh_node_t *torsh_tensor_grad_fn(const torsh_tensor_t *t)
{
    if (!t)
        return NULL;
    bool unread = torsh__has_error();
    if (torsh__refresh_view((torsh_tensor_t *)t) != TORSH_OK && !unread)
        torsh_clear_error();
    const grad_meta_t *meta = torsh__grad_meta_of(t);
    return meta ? meta->node : NULL;
}

int torsh_tensor_output_nr(const torsh_tensor_t *t)
{
    if (!t)
        return 0;
    const grad_meta_t *meta = torsh__grad_meta_of(t);
    return meta ? meta->output_nr : 0;
}

torsh_status_t torsh_tensor_set_requires_grad(torsh_tensor_t *t, int requires_grad)
{
    if (!t)
        return torsh__fail(TORSH_ERR_NULL, "requires_grad: the tensor is NULL");
    if (!torsh_tensor_is_leaf(t)) {
        if (requires_grad)
            return TORSH_OK;
        return torsh__fail(
            TORSH_ERR_STATE,
            "you can only change requires_grad flags of leaf variables. If you want to use a computed "
            "variable "
            "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().");
    }
    if (requires_grad && !torsh_dtype_is_floating((torsh_dtype_t)t->dtype))
        return torsh__fail(TORSH_ERR_DTYPE,
                           "only Tensors of floating point dtype can require gradients, but this one is %s",
                           torsh_dtype_name((torsh_dtype_t)t->dtype));
    if (requires_grad && !torsh__grad_meta(t))
        return TORSH_ERR_MEMORY;
    t->requires_grad = requires_grad != 0;
    return TORSH_OK;
}

torsh_tensor_t *torsh_tensor_grad(const torsh_tensor_t *t)
{
    const grad_meta_t *meta = t ? torsh__grad_meta_of(t) : NULL;
    return meta ? meta->grad : NULL;
}

torsh_status_t torsh_tensor_set_grad(torsh_tensor_t *t, const torsh_tensor_t *grad)
{
    if (!t)
        return torsh__fail(TORSH_ERR_NULL, "set_grad: the tensor is NULL");
    grad_meta_t *meta = torsh__grad_meta_of(t);
    char a[256], b[256];
    if (!grad) {
        torsh_tensor_t *old = meta ? meta->grad : NULL;
        if (meta)
            meta->grad = NULL;
        torsh_tensor_release(old);
        return TORSH_OK;
    }
    if (grad == t)
        return torsh__fail(TORSH_ERR_VALUE, "can't assign Variable as its own grad");
    if (grad->dtype != t->dtype)
        return torsh__fail(
            TORSH_ERR_DTYPE, "assigned grad has data of a different type: %s, but the tensor is %s",
            torsh_dtype_name((torsh_dtype_t)grad->dtype), torsh_dtype_name((torsh_dtype_t)t->dtype));
    if (grad->device.kind != t->device.kind || grad->device.index != t->device.index)
        return torsh__fail(
            TORSH_ERR_DEVICE,
            "assigned grad has data located on a different device: %s, but the tensor is on %s",
            torsh_device_name(grad->device, a), torsh_device_name(t->device, b));
    if (!torsh__same_shape(grad, t))
        return torsh__fail(TORSH_ERR_SHAPE,
                           "assigned grad has data of a different size: %s, but the tensor's is %s",
                           torsh__shape_text(grad->ndim, grad->shape, a, sizeof a),
                           torsh__shape_text(t->ndim, t->shape, b, sizeof b));
    if (!meta && !(meta = torsh__grad_meta(t)))
        return TORSH_ERR_MEMORY;
    torsh_tensor_t *old = meta->grad;
    meta->grad = torsh_tensor_retain(grad);
    torsh_tensor_release(old);
    return TORSH_OK;
}

torsh_status_t torsh_tensor_retain_grad(torsh_tensor_t *t)
{
    if (!t)
        return torsh__fail(TORSH_ERR_NULL, "retain_grad: the tensor is NULL");
    if (!torsh__tensor_requires_grad(t))
        return torsh__fail(TORSH_ERR_STATE, "can't retain_grad on Tensor that has requires_grad=False");
    torsh_node_t *node = torsh_tensor_grad_fn(t);
    grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!node || meta->retains_grad)
        return TORSH_OK;
    meta->retains_grad = true;
    meta->next_retainer = node->retainers;
    node->retainers = meta;
    return TORSH_OK;
}

torsh_tensor_t *torsh_tensor_base(const torsh_tensor_t *t)
{
    if (!t)
        return NULL;
    return t->has_view_meta ? torsh__grad_meta_of(t)->base : NULL;
}

torsh_status_t torsh_tensor_detach_(torsh_tensor_t *t)
{
    if (!t)
        return torsh__fail(TORSH_ERR_NULL, "detach_: the tensor is NULL");
    if (t->has_view_meta)
        return torsh__fail(
            TORSH_ERR_STATE,
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel "
            "(DDP) "
            "for training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets.");
    torsh__clear_history(t);
    t->requires_grad = false;
    return TORSH_OK;
}

void torsh_tensor_clear_graph(torsh_tensor_t *t)
{
    if (!t)
        return;
    grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!meta)
        return;
    t->autograd = NULL;
    t->has_view_meta = false;
    if (meta->accumulator) { /* the leaf's node may outlive this: it must not point back at a meta that is
                                gone */
        grad_meta_t *fresh = torsh__grad_meta(t);
        if (fresh)
            fresh->accumulator = meta->accumulator;
    }
    torsh_tensor_t *grad = meta->grad, *base = meta->base;
    torsh__forget_retainer(meta);
    torsh_node_release(meta->node);
    torsh__hooks_free(meta->hooks);
    torsh__step_release(meta->steps);
    torsh__free(meta);
    torsh_tensor_release(grad);
    torsh_tensor_release(base);
}

/* ---- hooks ---- */

static int64_t next_hook;

static torsh_status_t add_hook(torsh_tensor_t *t, torsh_tensor_hook_t run, void *ctx, void (*destroy)(void *),
                               bool after, int64_t *id)
{
    if (!t || !run)
        return torsh__fail(TORSH_ERR_NULL, "register_hook: the tensor or the hook is NULL");
    if (!torsh__tensor_requires_grad(t))
        return torsh__fail(TORSH_ERR_STATE,
                           "cannot register a hook on a tensor that doesn't require gradient");
    torsh_node_t *node = torsh_tensor_grad_fn(t);
    if (after && node)
        return torsh__fail(TORSH_ERR_STATE,
                           "post accumulate grad hooks cannot be registered on non-leaf tensors");
    grad_meta_t *meta = torsh__grad_meta(t);
    hook_t *hook = meta ? torsh__calloc(sizeof *hook) : NULL;
    if (!hook)
        return TORSH_ERR_MEMORY;
    *hook = (hook_t){.id = __atomic_add_fetch(&next_hook, 1, __ATOMIC_RELAXED),
                     .refs = 1,
                     .nr = node ? meta->output_nr : 0,
                     .after = after,
                     .run = run,
                     .ctx = ctx,
                     .destroy = destroy};
    hook_t **at = node ? &node->hooks : &meta->hooks;
    while (*at)
        at = &(*at)->next; /* they run in the order of registration */
    *at = hook;
    if (id)
        *id = hook->id;
    return TORSH_OK;
}

torsh_status_t torsh_tensor_register_hook(torsh_tensor_t *t, torsh_tensor_hook_t hook, void *ctx,
                                          void (*destroy)(void *), int64_t *id)
{
    return add_hook(t, hook, ctx, destroy, false, id);
}

torsh_status_t torsh_tensor_register_post_accumulate_hook(torsh_tensor_t *t, torsh_tensor_hook_t hook,
                                                          void *ctx, void (*destroy)(void *), int64_t *id)
{
    return add_hook(t, hook, ctx, destroy, true, id);
}

static bool remove_from(hook_t **at, int64_t id)
{
    for (; *at; at = &(*at)->next) {
        if ((*at)->id != id)
            continue;
        hook_t *hook = *at;
        *at = hook->next;
        torsh__hook_release(hook);
        return true;
    }
    return false;
}

bool torsh_tensor_remove_hook(torsh_tensor_t *t, int64_t id)
{
    if (!t)
        return false;
    grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!meta || remove_from(&meta->hooks, id))
        return meta != NULL;
    /* written in place since: the hook is at the node that t had then, which its first edge leads to */
    for (torsh_node_t *node = meta->node; node; node = node->n_in ? node->edges[0].node : NULL)
        if (remove_from(&node->hooks, id))
            return true;
    return false;
}
