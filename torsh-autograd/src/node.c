/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph.h"

static uint64_t next_seq;

torsh_node_t *torsh__node_new(node_kind_t kind, int n_in, int n_out)
{
    torsh_node_t *node =
        torsh__calloc(sizeof *node + (size_t)n_in * sizeof(edge_t) + (size_t)n_out * sizeof(result_meta_t));
    if (!node)
        return NULL;
    node->refs = 1;
    node->kind = kind;
    node->n_in = n_in;
    node->n_out = n_out;
    node->edges = (edge_t *)(node + 1);
    node->results = (result_meta_t *)(node->edges + n_in);
    if (kind == NODE_LEAF)
        node->seq = UINT64_MAX;
    else
        torsh__node_number(node);
    return node;
}

void torsh__node_number(torsh_node_t *node)
{
    node->seq = __atomic_add_fetch(&next_seq, 1, __ATOMIC_RELAXED);
}

torsh_node_t *torsh_node_retain(torsh_node_t *node)
{
    if (node)
        __atomic_fetch_add(&node->refs, 1, __ATOMIC_RELAXED);
    return node;
}

static void free_saved(struct torsh_saved **list, int n)
{
    struct torsh_saved *saved = *list;
    *list = NULL;
    for (int i = 0; saved && i < n; i++)
        torsh_tensor_release(saved[i].t);
    torsh__free(saved);
}

void torsh__node_release_saved(torsh_node_t *node)
{
    node->released = true;
    free_saved(&node->saved_in, node->n_in);
    free_saved(&node->saved_out, node->n_out);
    if (node->kind == NODE_FUNCTION && node->function.released)
        node->function.released(node->ctx);
    if (node->inner)
        torsh__node_release_saved(node->inner);
}

void torsh__hook_release(hook_t *hook)
{
    if (__atomic_sub_fetch(&hook->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (hook->destroy)
        hook->destroy(hook->ctx);
    torsh__free(hook);
}

void torsh__hooks_free(hook_t *hook)
{
    while (hook) {
        hook_t *next = hook->next;
        torsh__hook_release(hook);
        hook = next;
    }
}

/* Everything that a node owns. Nodes that die with it are only put on the list of the dead: a chain of any
 * length is freed without recursion. */
static void dispose(torsh_node_t *node)
{
    if (node->variable)
        torsh__leaf_node_gone(node);
    for (grad_meta_t *m = node->retainers; m; m = m->next_retainer)
        TORSH_ASSERT(!"a result that keeps its gradient holds its node");
    free_saved(&node->saved_in, node->n_in);
    free_saved(&node->saved_out, node->n_out);
    for (int i = 0; i < node->n_in; i++)
        torsh_node_release(node->edges[i].node);
    for (int i = 0; i < node->n_out; i++)
        torsh__free(node->results[i].shape);
    torsh__hooks_free(node->hooks);
    if (node->kind == NODE_FUNCTION && node->function.destroy)
        node->function.destroy(node->ctx);
    torsh_node_release(node->inner);
    torsh__step_release(node->steps);
    torsh__free(node->base_strides);
    torsh__free(node->metas);
    torsh__free(node->params);
    torsh__free(node->name);
    torsh__free(node->list);
    torsh_tensor_release(node->variable);
    torsh__free(node);
}

void torsh_node_release(torsh_node_t *node)
{
    static _Thread_local torsh_node_t *dead;
    static _Thread_local bool draining;
    if (!node || __atomic_sub_fetch(&node->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    node->next_dead = dead;
    dead = node;
    if (draining)
        return;
    draining = true;
    while (dead) {
        torsh_node_t *next = dead;
        dead = next->next_dead;
        dispose(next);
    }
    draining = false;
}

/* ---- what nodes keep ---- */

torsh_status_t torsh__node_result(torsh_node_t *node, int i, const torsh_tensor_t *t)
{
    result_meta_t *r = &node->results[i];
    r->dtype = (torsh_dtype_t)t->dtype;
    r->device = t->device;
    r->ndim = t->ndim;
    r->differentiable = true;
    if (t->ndim) {
        if (!(r->shape = torsh__alloc((size_t)t->ndim * sizeof *r->shape)))
            return TORSH_ERR_MEMORY;
        memcpy(r->shape, t->shape, (size_t)t->ndim * sizeof *r->shape);
    }
    return TORSH_OK;
}

torsh_status_t torsh__node_metas(torsh_node_t *node, const torsh_tensor_t *const *in, int n_in)
{
    size_t dims = 0;
    for (int i = 0; i < n_in; i++)
        dims += in[i] ? 2 * (size_t)in[i]->ndim : 0;
    torsh__saved_meta_t *m = torsh__alloc((size_t)n_in * sizeof *m + dims * sizeof(int64_t));
    if (!m)
        return TORSH_ERR_MEMORY;
    node->metas = m;
    int64_t *at = (int64_t *)(m + n_in);
    for (int i = 0; i < n_in; i++, m++) {
        const torsh_tensor_t *t = in[i];
        if (!t) {
            memset(m, 0, sizeof *m);
            continue;
        }
        *m = (torsh__saved_meta_t){(torsh_dtype_t)t->dtype, t->device, t->offset, t->ndim, at, at + t->ndim};
        memcpy(at, t->shape, (size_t)t->ndim * sizeof *at);
        memcpy(at + t->ndim, t->strides, (size_t)t->ndim * sizeof *at);
        at += 2 * t->ndim;
    }
    return TORSH_OK;
}

torsh_status_t torsh__saved_set(struct torsh_saved *saved, const torsh_tensor_t *t, int output_nr)
{
    saved->output_nr = output_nr;
    if (!t)
        return TORSH_OK;
    if (t->is_immediate) {
        if (!(saved->t = torsh_tensor_from_scalar(t->value)))
            return TORSH_ERR_MEMORY;
    } else if (output_nr >= 0) {
        TRY(torsh__tensor_alias(t, t->ndim, t->shape, t->strides, t->offset, &saved->t));
    } else {
        saved->t = torsh_tensor_retain(t);
    }
    saved->version = saved->t->version->value;
    return TORSH_OK;
}

/* PyTorch's messages name tensors by their old types. */
static const char *legacy_name(torsh_dtype_t dtype)
{
    return dtype == TORSH_F32   ? "Float"
           : dtype == TORSH_F64 ? "Double"
           : dtype == TORSH_F16 ? "Half"
                                : "BFloat16";
}

torsh_status_t torsh__saved_unpack(const struct torsh_saved *saved, torsh_node_t *node, torsh_tensor_t **out)
{
    torsh_tensor_t *t = saved->t;
    *out = NULL;
    if (!t)
        return TORSH_OK;
    if (t->version->value != saved->version) {
        char shape[256];
        const char *by = t->version->changed_by;
        const grad_meta_t *meta = torsh__grad_meta_of(t);
        const torsh_node_t *maker = saved->output_nr >= 0 ? node : meta ? meta->node : NULL;
        char output[160] = "";
        if (maker) {
            const char *name = torsh_node_name(maker), *tail = strstr(name, "Backward0");
            snprintf(output, sizeof output, ", which is output %d of %.*s,",
                     saved->output_nr >= 0 ? saved->output_nr : meta->output_nr,
                     tail ? (int)(tail - name) : (int)strlen(name), name);
        }
        return torsh__fail(
            TORSH_ERR_STATE,
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            "[torsh.%sTensor %s]%s is at version %" PRIu32 "; expected version %" PRIu32
            " instead. It was changed by %s after %s had saved it.",
            legacy_name((torsh_dtype_t)t->dtype), torsh__shape_text(t->ndim, t->shape, shape, sizeof shape),
            output, t->version->value, saved->version, by ? by : "an operation outside the operators",
            node ? torsh_node_name(node) : "a function");
    }
    if (saved->output_nr < 0 || !node) {
        *out = torsh_tensor_retain(t);
        return TORSH_OK;
    }
    TRY(torsh__tensor_alias(t, t->ndim, t->shape, t->strides, t->offset, out));
    torsh_status_t status = node->results[saved->output_nr].differentiable
                                ? torsh__set_history(*out, node, saved->output_nr)
                                : TORSH_OK;
    if (status != TORSH_OK) {
        torsh_tensor_release(*out);
        *out = NULL;
    }
    return status;
}

torsh_saved_t *torsh_saved_new(const torsh_tensor_t *t, int is_output)
{
    torsh_saved_t *saved = torsh__calloc(sizeof *saved);
    if (saved && torsh__saved_set(saved, t, is_output > 0 ? is_output - 1 : -1) != TORSH_OK) {
        torsh__free(saved);
        return NULL;
    }
    return saved;
}

torsh_tensor_t *torsh_saved_get(const torsh_saved_t *saved, torsh_node_t *node)
{
    if (!saved) {
        torsh__fail(TORSH_ERR_NULL, "saved_get: saved is NULL");
        return NULL;
    }
    torsh_tensor_t *t = NULL;
    return torsh__saved_unpack(saved, node, &t) == TORSH_OK ? t : NULL;
}

void torsh_saved_free(torsh_saved_t *saved)
{
    if (saved)
        torsh_tensor_release(saved->t);
    torsh__free(saved);
}

/* ---- view steps ---- */

view_step_t *torsh__step_retain(view_step_t *step)
{
    if (step)
        __atomic_fetch_add(&step->refs, 1, __ATOMIC_RELAXED);
    return step;
}

void torsh__step_release(view_step_t *step)
{
    while (step && __atomic_sub_fetch(&step->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        view_step_t *prev = step->prev;
        torsh__free(step->params);
        torsh__free(step);
        step = prev;
    }
}

torsh_tensor_t *torsh__replay(torsh__scope_t *s, view_step_t *step, const torsh_tensor_t *t)
{
    view_step_t *order[256];
    int n = 0;
    for (; step; step = step->prev) {
        if (n == 256) {
            scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "writing through a view of more than 256 steps");
            return torsh__scope_dead();
        }
        order[n++] = step;
    }
    while (n--) {
        const torsh_tensor_t *in[] = {t};
        t = torsh__scope_run(s, order[n]->op, in, 1, order[n]->params, NULL, TORSH__NEW);
    }
    return (torsh_tensor_t *)t;
}

/* ---- reading the graph ---- */

/* "add.Tensor" -> "AddBackward", as PyTorch names nodes */
static void make_name(const torsh_node_t *node, char *text, size_t bytes)
{
    size_t n = 0;
    bool upper = true;
    for (const char *c = node->op->name; *c && *c != '.' && n + 10 < bytes; c++) {
        if (*c == '_') {
            upper = true;
            continue;
        }
        text[n++] = (char)(upper && *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        upper = false;
    }
    snprintf(text + n, bytes - n, "Backward0");
}

const char *torsh_node_name(const torsh_node_t *node)
{
    if (!node)
        return NULL;
    if (node->kind == NODE_LEAF)
        return "AccumulateGrad";
    if (node->kind == NODE_COPY_SLICES)
        return "CopySlices";
    if (!node->name && node->op) {
        char text[128];
        make_name(node, text, sizeof text);
        torsh_node_t *n = (torsh_node_t *)node; /* made on first use */
        if ((n->name = torsh__alloc(strlen(text) + 1)))
            strcpy(n->name, text);
    }
    return node->name ? node->name : "Function";
}

int torsh_node_n_next(const torsh_node_t *node)
{
    if (!node)
        return 0;
    return node->n_in;
}

torsh_node_t *torsh_node_next(const torsh_node_t *node, int i, int *input_nr)
{
    if (!node)
        return NULL;
    if (i < 0 || i >= node->n_in)
        return NULL;
    if (input_nr)
        *input_nr = node->edges[i].nr;
    return node->edges[i].node;
}

torsh_tensor_t *torsh_node_variable(const torsh_node_t *node)
{
    if (!node)
        return NULL;
    return node->variable;
}
