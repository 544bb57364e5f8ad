/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A tensor's place in the graph: its history, its leaf, its views; and the hook that torsh__run calls. */
#include <stdio.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "graph.h"

_Thread_local bool torsh__grad_enabled __attribute__((tls_model("initial-exec"))) = true;

grad_meta_t *torsh__grad_meta(torsh_tensor_t *t)
{
    if (!t->autograd) {
        grad_meta_t *meta = torsh__calloc(sizeof *meta);
        if (meta)
            meta->tensor = t;
        t->autograd = meta;
    }
    return t->autograd;
}

void torsh__forget_retainer(grad_meta_t *meta)
{
    if (!meta->retains_grad || !meta->node)
        return;
    grad_meta_t **at = &meta->node->retainers;
    while (*at && *at != meta)
        at = &(*at)->next_retainer;
    if (*at)
        *at = meta->next_retainer;
    meta->next_retainer = NULL;
}

static void replace_node(grad_meta_t *meta, torsh_node_t *node, int output_nr)
{
    torsh__forget_retainer(meta);
    torsh_node_t *old = meta->node;
    meta->node = torsh_node_retain(node);
    meta->output_nr = output_nr;
    if (meta->retains_grad && node) {
        meta->next_retainer = node->retainers;
        node->retainers = meta;
    }
    torsh_node_release(old);
}

void torsh__clear_history(torsh_tensor_t *t)
{
    grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!meta)
        return;
    replace_node(meta, NULL, 0);
    meta->retains_grad = false;
}

torsh_status_t torsh__set_history(torsh_tensor_t *t, torsh_node_t *node, int output_nr)
{
    grad_meta_t *meta = torsh__grad_meta(t);
    if (!meta)
        return TORSH_ERR_MEMORY;
    replace_node(meta, node, output_nr);
    t->requires_grad = true;
    return TORSH_OK;
}

/* ---- edges ---- */

torsh_status_t torsh__refresh_view(torsh_tensor_t *t)
{
    grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!t->has_view_meta || meta->seen_version == t->version->value || !meta->base->requires_grad)
        return TORSH_OK;
    torsh__scope_t s;
    bool was = torsh__grad_enabled;
    torsh__grad_enabled = true;
    torsh__scope_open(&s);
    torsh_tensor_t *again = torsh__replay(&s, meta->steps, meta->base);
    torsh__grad_enabled = was;
    grad_meta_t *made = scope_ok(&s) ? torsh__grad_meta_of(again) : NULL;
    torsh_status_t status = s.status;
    if (made && made->node) {
        replace_node(meta, made->node, made->output_nr);
        meta->seen_version = t->version->value;
        t->requires_grad = true;
    }
    torsh__scope_close(&s);
    return status;
}

bool torsh__tensor_requires_grad(const torsh_tensor_t *t)
{
    return t->requires_grad || (t->has_view_meta && torsh__grad_meta_of(t)->base->requires_grad &&
                                torsh__grad_meta_of(t)->seen_version != t->version->value);
}

torsh_status_t torsh__gradient_edge(torsh_tensor_t *t, edge_t *edge)
{
    *edge = (edge_t){NULL, 0};
    if (!torsh__tensor_requires_grad(t))
        return TORSH_OK;
    TRY(torsh__refresh_view(t));
    const grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!meta || !meta->node)
        return torsh__leaf_node(t, &edge->node);
    *edge = (edge_t){torsh_node_retain(meta->node), meta->output_nr};
    return TORSH_OK;
}

/* ---- recording ---- */

static bool should_record(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in)
{
    if (!torsh__grad_enabled || !torsh__vjp_table[op->id])
        return false;
    for (int i = 0; i < n_in; i++)
        if (in[i] && torsh__tensor_requires_grad(in[i]))
            return true;
    return false;
}

/* Does a mask over the tensor arguments hold for this slot? Lists take as many slots as they have tensors. */
static bool slot_in(const torsh__op_t *op, const void *params, uint32_t mask, int slot)
{
    int at = 0, t = 0;
    for (int a = 0; a < op->n_args; a++) {
        const torsh__arg_t *arg = &op->args[a];
        if (arg->type > TORSH__ARG_TENSOR_LIST)
            continue;
        at +=
            arg->type == TORSH__ARG_TENSOR_LIST ? *(const int32_t *)((const char *)params + arg->offset) : 1;
        if (slot < at)
            return mask >> t & 1u;
        t++;
    }
    return false;
}

/* self is about to be overwritten: what is kept is a copy with its history. */
static torsh_status_t save_old_self(struct torsh_saved *saved, const torsh_tensor_t *self)
{
    torsh__scope_t s;
    torsh__scope_open(&s);
    torsh_tensor_t *copy = op_clone(&s, self, -1);
    torsh_status_t status = s.status;
    if (status == TORSH_OK)
        status = torsh__saved_set(saved, copy, -1);
    torsh__scope_close(&s);
    return status;
}

static torsh_status_t begin(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                            const void *params, int mode, void **out)
{
    const torsh__vjp_entry_t *vjp = torsh__vjp_table[op->id];
    torsh_status_t status = TORSH_OK;
    torsh_node_t *node = torsh__node_new(NODE_OP, n_in, op->n_out);
    if (!node)
        return TORSH_ERR_MEMORY;
    node->op = op;
    node->vjp = vjp;
    for (int i = 0; i < n_in; i++)
        if (in[i] && !in[i]->is_immediate && torsh_dtype_is_floating((torsh_dtype_t)in[i]->dtype))
            TRY_GOTO(fail, torsh__gradient_edge((torsh_tensor_t *)in[i], &node->edges[i]));
    torsh__node_number(node);
    if (!(node->params = torsh__params_copy(op, params)))
        TRY_GOTO(fail, TORSH_ERR_MEMORY);
    if (vjp->save_in) {
        node->saves = true;
        if (!(node->saved_in = torsh__calloc((size_t)n_in * sizeof *node->saved_in)))
            TRY_GOTO(fail, TORSH_ERR_MEMORY);
        for (int i = 0; i < n_in; i++) {
            if (!slot_in(op, params, vjp->save_in, i))
                continue;
            if (mode == TORSH__INPLACE && i == 0)
                TRY_GOTO(fail, save_old_self(&node->saved_in[i], in[i]));
            else
                TRY_GOTO(fail, torsh__saved_set(&node->saved_in[i], in[i], -1));
        }
    }
    if (vjp->meta_in)
        TRY_GOTO(fail, torsh__node_metas(node, in, n_in));
    *out = node;
    return TORSH_OK;
fail:
    torsh_node_release(node);
    return status;
}

static void abandon(void *node)
{
    torsh_node_release(node);
}

static torsh_status_t end(void *ptr, const torsh__op_t *op, torsh_tensor_t *const *out, int n_out, int mode)
{
    torsh_node_t *node = ptr;
    torsh_status_t status = TORSH_OK;
    if (!node)
        return TORSH_OK;
    for (int i = 0; i < n_out; i++) {
        TRY_GOTO(done, torsh__node_result(node, i, out[i]));
        node->results[i].differentiable = (mode == TORSH__INPLACE || !(op->nondifferentiable >> i & 1)) &&
                                          torsh_dtype_is_floating((torsh_dtype_t)out[i]->dtype);
    }
    if (node->vjp->save_out) {
        node->saves = true;
        if (!(node->saved_out = torsh__calloc((size_t)n_out * sizeof *node->saved_out)))
            TRY_GOTO(done, TORSH_ERR_MEMORY);
        for (int i = 0; i < n_out; i++)
            if (node->vjp->save_out >> i & 1)
                TRY_GOTO(done, torsh__saved_set(&node->saved_out[i], out[i], i));
    }
    if (mode == TORSH__INPLACE) {
        status = torsh__rebase_history(out[0], node);
    } else {
        for (int i = 0; i < n_out && status == TORSH_OK; i++)
            if (node->results[i].differentiable)
                status = torsh__set_history(out[i], node, i);
    }
done:
    torsh_node_release(node);
    return status;
}

/* ---- views ---- */

static torsh_status_t viewed(const torsh__op_t *op, const torsh_tensor_t *base, const void *params,
                             torsh_tensor_t *view, int index)
{
    if (op == &torsh__record_detach || !torsh_dtype_is_floating((torsh_dtype_t)base->dtype))
        return TORSH_OK;
    grad_meta_t *meta = torsh__grad_meta(view);
    if (!meta)
        return TORSH_ERR_MEMORY;
    if (index >= 0) { /* one of several, made by the composite's own views */
        meta->multi_view = true;
        return TORSH_OK;
    }
    view_step_t *step = torsh__calloc(sizeof *step);
    if (!step || !(step->params = torsh__params_copy(op, params))) {
        torsh__free(step);
        return TORSH_ERR_MEMORY;
    }
    grad_meta_t *of = base->has_view_meta ? torsh__grad_meta_of(base) : NULL;
    step->refs = 1;
    step->op = op;
    step->prev = of ? torsh__step_retain(of->steps) : NULL;
    meta->steps = step;
    meta->base = torsh_tensor_retain(of ? of->base : base);
    meta->seen_version = view->version->value;
    meta->multi_view = of && of->multi_view;
    meta->without_grad = !torsh__grad_enabled || (of && of->without_grad);
    view->has_view_meta = true;
    return TORSH_OK;
}

torsh_status_t torsh__check_inplace(const char *name, const torsh_tensor_t *self)
{
    const grad_meta_t *meta = torsh__grad_meta_of(self);
    if (self->has_view_meta) {
        const grad_meta_t *base = torsh__grad_meta_of(meta->base);
        if (meta->multi_view)
            return torsh__fail(
                TORSH_ERR_STATE,
                "%s: the output of a function that returns multiple views is being modified inplace. Such "
                "functions do not allow the output views to be modified inplace. You should replace the "
                "inplace operation by an out-of-place one.",
                name);
        if (meta->without_grad)
            return torsh__fail(
                TORSH_ERR_STATE,
                "%s: A view was created in no_grad mode and is being modified inplace with grad mode "
                "enabled. "
                "This view was created inside a no_grad block, so you should either move both the view and "
                "the inplace either both inside the no_grad block or both outside.",
                name);
        if (meta->base->requires_grad && !(base && base->node))
            return torsh__fail(
                TORSH_ERR_STATE,
                "a view of a leaf Variable that requires grad is being used in an in-place operation. (%s)",
                name);
        return TORSH_OK;
    }
    if (self->requires_grad && !(meta && meta->node))
        return torsh__fail(TORSH_ERR_STATE,
                           "a leaf Variable that requires grad is being used in an in-place operation. (%s)",
                           name);
    return TORSH_OK;
}

static torsh_status_t check_inplace(const torsh__op_t *op, const torsh_tensor_t *self, bool recording)
{
    bool matters = torsh__grad_enabled && (recording || torsh__tensor_requires_grad(self));
    return matters ? torsh__check_inplace(op->name, self) : TORSH_OK;
}

static bool recording(const torsh_tensor_t *t)
{
    return torsh__grad_enabled && torsh__tensor_requires_grad(t);
}

/* The base of a written view: its new history takes the gradient of the written part through `node`, and
 * passes the rest on to its old history. */
static torsh_status_t copy_slices(torsh_tensor_t *base, view_step_t *steps, torsh_node_t *node)
{
    torsh_status_t status = TORSH_OK;
    torsh_node_t *slices = torsh__node_new(NODE_COPY_SLICES, node->n_in ? node->n_in : 1, 1);
    if (!slices)
        return TORSH_ERR_MEMORY;
    TRY_GOTO(done, torsh__node_result(slices, 0, base));
    TRY_GOTO(done, torsh__gradient_edge(base, &slices->edges[0]));
    for (int i = 1; i < node->n_in; i++)
        slices->edges[i] = (edge_t){torsh_node_retain(node->edges[i].node), node->edges[i].nr};
    torsh__node_number(slices);
    slices->inner = torsh_node_retain(node);
    slices->saves = node->saves;
    slices->steps = torsh__step_retain(steps);
    if (base->ndim) {
        if (!(slices->base_strides = torsh__alloc((size_t)base->ndim * sizeof(int64_t))))
            TRY_GOTO(done, TORSH_ERR_MEMORY);
        memcpy(slices->base_strides, base->strides, (size_t)base->ndim * sizeof(int64_t));
    }
    status = torsh__set_history(base, slices, 0);
done:
    torsh_node_release(slices);
    return status;
}

torsh_status_t torsh__rebase_history(torsh_tensor_t *t, torsh_node_t *node)
{
    if (!t->has_view_meta)
        return torsh__set_history(t, node, 0);
    grad_meta_t *meta = torsh__grad_meta_of(t);
    TRY(copy_slices(meta->base, meta->steps, node));
    meta->seen_version = t->version->value - 1; /* its own node is out of date */
    return torsh__refresh_view(t);
}

static void release(torsh_tensor_t *t)
{
    grad_meta_t *meta = torsh__grad_meta_of(t);
    t->autograd = NULL;
    torsh__forget_retainer(meta);
    torsh_tensor_release(meta->grad);
    torsh_node_release(meta->node);
    torsh__hooks_free(meta->hooks);
    torsh_tensor_release(meta->base);
    torsh__step_release(meta->steps);
    torsh__free(meta);
}

static const char *describe(const torsh_tensor_t *t, char *text, size_t bytes)
{
    const torsh_node_t *node = torsh_tensor_grad_fn(t);
    if (node)
        snprintf(text, bytes, "grad_fn=<%s>", torsh_node_name(node));
    else if (t->requires_grad)
        snprintf(text, bytes, "requires_grad=True");
    else
        return NULL;
    return text;
}

bool torsh_is_grad_enabled(void)
{
    return torsh__grad_enabled;
}

bool torsh_set_grad_enabled(bool enabled)
{
    bool was = torsh__grad_enabled;
    torsh__grad_enabled = enabled;
    return was;
}

static torsh_tensor_t *clone_of(torsh__scope_t *s, const torsh_tensor_t *t)
{
    return op_clone(s, t, -1);
}

void torsh__autograd_register(void)
{
    static const torsh__autograd_t hook = {.should_record = should_record,
                                           .begin = begin,
                                           .end = end,
                                           .abandon = abandon,
                                           .viewed = viewed,
                                           .check_inplace = check_inplace,
                                           .release = release,
                                           .recording = recording,
                                           .describe = describe,
                                           .clone = clone_of,
                                           .set_enabled = torsh_set_grad_enabled};
    torsh__autograd = &hook;
}
