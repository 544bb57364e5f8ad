/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One node run backward: from gradients of its results to gradients of its inputs. */
#include <torsh/impl/ops.h>

#include "graph.h"

/* ---- what formulas ask for ---- */

const torsh_tensor_t *torsh__vjp_grad(torsh__vjp_t *v, int i)
{
    if (v->grads[i] || v->scope->status != TORSH_OK)
        return v->grads[i] ? v->grads[i] : torsh__scope_dead();
    const result_meta_t *r = &v->node->results[i];
    return op_zeros(v->scope, (torsh_dims_t){r->shape, r->ndim, 1}, r->dtype, -1, r->device,
                    (torsh_opt_int_t){0, 0});
}

static const torsh_tensor_t *unpack(torsh__vjp_t *v, const struct torsh_saved *saved)
{
    torsh_tensor_t *t = NULL;
    if (v->scope->status == TORSH_OK)
        v->scope->status = torsh__saved_unpack(saved, v->node, &t);
    if (v->scope->status != TORSH_OK)
        return torsh__scope_dead();
    return t ? torsh__scope_keep(v->scope, t) : NULL;
}

const torsh_tensor_t *torsh__vjp_input(torsh__vjp_t *v, int slot)
{
    return unpack(v, &v->node->saved_in[slot]);
}

const torsh_tensor_t *torsh__vjp_result(torsh__vjp_t *v, int i)
{
    return unpack(v, &v->node->saved_out[i]);
}

const torsh_tensor_t *const *torsh__vjp_inputs(torsh__vjp_t *v, int slot)
{
    torsh_node_t *node = v->node;
    if (!node->list && !(node->list = torsh__calloc((size_t)node->n_in * sizeof *node->list))) {
        v->scope->status = scope_ok(v->scope) ? TORSH_ERR_MEMORY : v->scope->status;
        return NULL;
    }
    for (int i = slot; i < node->n_in; i++)
        node->list[i] = unpack(v, &node->saved_in[i]);
    return node->list + slot;
}

const torsh__saved_meta_t *torsh__vjp_meta(torsh__vjp_t *v, int slot)
{
    return &v->node->metas[slot];
}

/* ---- applying ---- */

static torsh_status_t released(const torsh_node_t *node)
{
    return torsh__fail(
        TORSH_ERR_STATE,
        "Trying to backward through the graph a second time (or directly access saved tensors after they "
        "have already been freed). Saved intermediate values of the graph are freed when you call "
        ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph "
        "a second time or if you need to access saved tensors after calling backward. (%s)",
        torsh_node_name(node));
}

static torsh_status_t apply_op(torsh_node_t *node, const torsh_tensor_t *const *grads, torsh_tensor_t **out)
{
    enum { FEW = 16 };
    bool few_needs[FEW], *needs = few_needs;
    void *room = NULL;
    if (node->n_in > FEW && !(needs = room = torsh__alloc((size_t)node->n_in * sizeof *needs)))
        return TORSH_ERR_MEMORY;
    for (int i = 0; i < node->n_in; i++) {
        needs[i] = node->edges[i].node != NULL;
        out[i] = NULL;
    }
    torsh__scope_t scope;
    torsh__scope_open(&scope);
    torsh__vjp_t v = {&scope, node, node->params, grads, needs, out};
    torsh_status_t status = node->vjp->fn(&v);
    for (int i = 0; i < node->n_in; i++)
        out[i] = status == TORSH_OK && out[i] && needs[i] ? torsh_tensor_retain(out[i]) : NULL;
    torsh__scope_close(&scope);
    torsh__free(room);
    return status;
}

/* The gradient of the base: the written part goes through what was done to it, the rest passes. */
static torsh_status_t apply_copy_slices(torsh_node_t *node, const torsh_tensor_t *const *grads,
                                        torsh_tensor_t **out)
{
    torsh_node_t *inner = node->inner;
    const result_meta_t *r = &node->results[0];
    torsh__scope_t s;
    torsh__scope_open(&s);
    torsh_tensor_t *whole = op_empty_strided(
        &s, (torsh_dims_t){r->shape, r->ndim, 1}, (torsh_dims_t){node->base_strides, r->ndim, 1},
        (torsh_dtype_t)grads[0]->dtype, -1, grads[0]->device, (torsh_opt_int_t){0, 0});
    op_copy_(&s, whole, grads[0], 0);
    torsh_tensor_t *part = torsh__replay(&s, node->steps, whole);
    const torsh_tensor_t *part_grad[] = {op_clone(&s, part, 0)};
    torsh_tensor_t **dinput = scope_ok(&s) ? torsh__calloc((size_t)(inner->n_in + 1) * sizeof *dinput) : NULL;
    if (scope_ok(&s))
        s.status = dinput ? torsh__node_apply(inner, part_grad, dinput) : TORSH_ERR_MEMORY;
    if (scope_ok(&s)) {
        if (dinput[0]) {
            torsh_tensor_t *first = torsh__scope_keep(&s, dinput[0]);
            dinput[0] = NULL;
            op_copy_(&s, part, first, 0);
        } else {
            op_zero_(&s, part);
        }
    }
    for (int i = 1; i < inner->n_in && dinput; i++) {
        if (scope_ok(&s) && node->edges[i].node)
            out[i] = dinput[i];
        else
            torsh_tensor_release(dinput[i]);
    }
    if (scope_ok(&s) && node->edges[0].node)
        out[0] = torsh_tensor_retain(whole);
    torsh__free(dinput);
    torsh_status_t status = s.status;
    torsh__scope_close(&s);
    return status;
}

torsh_status_t torsh__node_apply(torsh_node_t *node, const torsh_tensor_t *const *grads, torsh_tensor_t **out)
{
    if (node->released && (node->saves || node->kind == NODE_FUNCTION))
        return released(node);
    switch (node->kind) {
    case NODE_OP:
        return apply_op(node, grads, out);
    case NODE_COPY_SLICES:
        return apply_copy_slices(node, grads, out);
    case NODE_FUNCTION:
        return node->function.backward(node->ctx, grads, node->n_out, out, node->n_in);
    case NODE_LEAF:
        break;
    }
    TORSH_ASSERT(!"a node that is applied");
}
