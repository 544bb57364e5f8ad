/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Backward: nodes in the reverse order of their making, each when all its gradients have come. On the calling
 * thread; iterative; a hook or function may itself call backward (its task is another). */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "graph.h"

/* What a task knows of a node. */
typedef struct state {
    torsh_node_t *node;
    torsh_tensor_t **grads;    /* per result; counted */
    torsh_tensor_t ***capture; /* per result: where torsh_grad wants it, or NULL */
    int32_t waiting;           /* edges from nodes that have not run */
    bool needed;               /* leads to something that is asked for */
} state_t;

typedef struct task {
    state_t *states; /* open addressing, a power of two */
    int64_t n, room;
    torsh_node_t **heap; /* ready nodes, latest first */
    int64_t n_heap, heap_room;
    torsh_node_t **stack;
    int64_t n_stack, stack_room;
    bool keep, create;
} task_t;

/* ---- containers ---- */

static uint64_t hash(const void *p)
{
    return ((uint64_t)(uintptr_t)p >> 4) * 0x9e3779b97f4a7c15u;
}

static state_t *find(const task_t *t, const torsh_node_t *node)
{
    for (uint64_t i = hash(node) >> 20;; i++) {
        state_t *s = &t->states[i & (uint64_t)(t->room - 1)];
        if (s->node == node || !s->node)
            return s;
    }
}

static torsh_status_t grow_states(task_t *t)
{
    state_t *old = t->states;
    int64_t room = t->room;
    t->room = room ? 2 * room : 64;
    if (!(t->states = torsh__calloc((size_t)t->room * sizeof *t->states))) {
        t->states = old;
        t->room = room;
        return TORSH_ERR_MEMORY;
    }
    for (int64_t i = 0; i < room; i++)
        if (old[i].node)
            *find(t, old[i].node) = old[i];
    torsh__free(old);
    return TORSH_OK;
}

/* The state of a node; *fresh says that it is new. Pointers to states hold until the next visit. */
static torsh_status_t visit(task_t *t, torsh_node_t *node, state_t **out, bool *fresh)
{
    if (2 * t->n >= t->room)
        TRY(grow_states(t));
    state_t *s = find(t, node);
    *fresh = !s->node;
    *out = s;
    if (s->node)
        return TORSH_OK;
    if (!(s->grads = torsh__calloc((size_t)node->n_out * (sizeof *s->grads + sizeof *s->capture))))
        return TORSH_ERR_MEMORY;
    s->capture = (torsh_tensor_t ***)(s->grads + node->n_out);
    s->node = torsh_node_retain(node);
    t->n++;
    return TORSH_OK;
}

static torsh_status_t push(torsh_node_t ***list, int64_t *n, int64_t *room, torsh_node_t *node)
{
    if (*n == *room) {
        int64_t more = *room ? 2 * *room : 64;
        torsh_node_t **bigger = torsh__alloc((size_t)more * sizeof *bigger);
        if (!bigger)
            return TORSH_ERR_MEMORY;
        if (*n)
            memcpy(bigger, *list, (size_t)*n * sizeof *bigger);
        torsh__free(*list);
        *list = bigger;
        *room = more;
    }
    (*list)[(*n)++] = node;
    return TORSH_OK;
}

static torsh_status_t heap_push(task_t *t, torsh_node_t *node)
{
    TRY(push(&t->heap, &t->n_heap, &t->heap_room, node));
    int64_t i = t->n_heap - 1;
    for (; i > 0 && t->heap[(i - 1) / 2]->seq < node->seq; i = (i - 1) / 2)
        t->heap[i] = t->heap[(i - 1) / 2];
    t->heap[i] = node;
    return TORSH_OK;
}

static torsh_node_t *heap_pop(task_t *t)
{
    torsh_node_t *top = t->heap[0], *last = t->heap[--t->n_heap];
    int64_t i = 0;
    for (int64_t child; (child = 2 * i + 1) < t->n_heap; i = child) {
        child += child + 1 < t->n_heap && t->heap[child + 1]->seq > t->heap[child]->seq;
        if (last->seq >= t->heap[child]->seq)
            break;
        t->heap[i] = t->heap[child];
    }
    t->heap[i] = last;
    return top;
}

static void task_free(task_t *t)
{
    for (int64_t i = 0; i < t->room; i++) {
        state_t *s = &t->states[i];
        if (!s->node)
            continue;
        for (int k = 0; k < s->node->n_out; k++)
            torsh_tensor_release(s->grads[k]);
        torsh__free(s->grads);
        torsh_node_release(s->node);
    }
    torsh__free(t->states);
    torsh__free(t->heap);
    torsh__free(t->stack);
}

/* ---- before the run ---- */

/* Counts the edges into every node that can be reached. */
static torsh_status_t discover(task_t *t, const edge_t *roots, int n_roots)
{
    state_t *s;
    bool fresh;
    for (int i = 0; i < n_roots; i++) {
        TRY(visit(t, roots[i].node, &s, &fresh));
        if (fresh)
            TRY(push(&t->stack, &t->n_stack, &t->stack_room, roots[i].node));
    }
    while (t->n_stack) {
        torsh_node_t *node = t->stack[--t->n_stack];
        for (int i = 0; i < node->n_in; i++) {
            torsh_node_t *next = node->edges[i].node;
            if (!next)
                continue;
            TRY(visit(t, next, &s, &fresh));
            s->waiting++;
            if (fresh)
                TRY(push(&t->stack, &t->n_stack, &t->stack_room, next));
        }
    }
    return TORSH_OK;
}

static bool captures(const state_t *s)
{
    for (int k = 0; k < s->node->n_out; k++)
        if (s->capture[k])
            return true;
    return false;
}

static int by_seq(const void *a, const void *b)
{
    uint64_t x = (*(torsh_node_t *const *)a)->seq, y = (*(torsh_node_t *const *)b)->seq;
    return x < y ? -1 : x > y;
}

/* Nodes that lead to a captured gradient; all others need not run. Edges lead from later to earlier nodes, so
 * one pass in the order of their making settles it. */
static torsh_status_t mark_needed(task_t *t)
{
    for (int64_t i = 0; i < t->room; i++)
        if (t->states[i].node)
            TRY(push(&t->stack, &t->n_stack, &t->stack_room, t->states[i].node));
    /* leaves have the highest number but lead nowhere: they go first */
    qsort(t->stack, (size_t)t->n_stack, sizeof *t->stack, by_seq);
    for (int leaves = 1; leaves >= 0; leaves--)
        for (int64_t i = 0; i < t->n_stack; i++) {
            torsh_node_t *node = t->stack[i];
            if ((node->kind == NODE_LEAF) != leaves)
                continue;
            state_t *s = find(t, node);
            s->needed = captures(s);
            for (int k = 0; k < node->n_in && !s->needed; k++)
                s->needed = node->edges[k].node && find(t, node->edges[k].node)->needed;
        }
    t->n_stack = 0;
    return TORSH_OK;
}

/* ---- gradients on their way ---- */

/* Broadcasting is undone here, and the dtype brought back, for every operator at once. */
static torsh_status_t fit(const torsh_node_t *from, const torsh_node_t *to, int nr, torsh_tensor_t **grad)
{
    const result_meta_t *want = &to->results[nr];
    torsh_tensor_t *g = *grad;
    bool same = g->ndim == want->ndim &&
                (g->ndim == 0 || memcmp(g->shape, want->shape, (size_t)g->ndim * sizeof *g->shape) == 0);
    if (same && g->dtype == want->dtype)
        return TORSH_OK;
    torsh__scope_t s;
    torsh__scope_open(&s);
    torsh_tensor_t *r = g;
    if (!same) {
        r = op_sum_to_size(&s, r, (torsh_dims_t){want->shape, want->ndim, 1});
        if (!scope_ok(&s)) {
            char a[256], b[256];
            torsh_clear_error();
            s.status = torsh__fail(
                TORSH_ERR_SHAPE,
                "Function %s returned an invalid gradient - got %s but expected shape compatible with %s",
                torsh_node_name(from), torsh__shape_text(g->ndim, g->shape, a, sizeof a),
                torsh__shape_text(want->ndim, want->shape, b, sizeof b));
        }
    }
    if (scope_ok(&s) && r->dtype != want->dtype)
        r = op_to_dtype(&s, r, want->dtype, 0, 0, -1);
    torsh_status_t status = s.status;
    if (status == TORSH_OK) {
        *grad = torsh_tensor_retain(r);
        torsh_tensor_release(g);
    }
    torsh__scope_close(&s);
    return status;
}

/* slot += grad; takes grad over. Writes into what nobody else holds. */
static torsh_status_t accumulate(torsh_tensor_t **slot, torsh_tensor_t *grad, bool create)
{
    if (!*slot) {
        *slot = grad;
        return TORSH_OK;
    }
    torsh__scope_t s;
    torsh__scope_open(&s);
    torsh_tensor_t *a = *slot;
    bool mine = !create && a->refs == 1 && a->storage->refs == 1 && !a->requires_grad;
    torsh_tensor_t *sum =
        mine ? op_add_(&s, a, grad, torsh_scalar_i(1)) : op_add(&s, a, grad, torsh_scalar_i(1));
    torsh_status_t status = s.status;
    if (status == TORSH_OK && sum != a) {
        *slot = torsh_tensor_retain(sum);
        torsh_tensor_release(a);
    }
    torsh__scope_close(&s);
    torsh_tensor_release(grad);
    return status;
}

/* ---- hooks ---- */

static torsh_status_t run_hooks(hook_t *hooks, int nr, bool after, torsh_tensor_t **grad)
{
    for (hook_t *h = hooks; h; h = h->next) {
        if (h->nr != nr || h->after != after || !*grad)
            continue;
        torsh_tensor_t *replacement = NULL;
        TRY(h->run(h->ctx, *grad, &replacement));
        if (!replacement)
            continue;
        if (replacement->ndim != (*grad)->ndim ||
            memcmp(replacement->shape, (*grad)->shape, (size_t)(*grad)->ndim * sizeof *replacement->shape)) {
            torsh_tensor_release(replacement);
            return torsh__fail(TORSH_ERR_SHAPE, "hook has changed the size of value");
        }
        torsh_tensor_release(*grad);
        *grad = replacement;
    }
    return TORSH_OK;
}

/* ---- leaves ---- */

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

/* Takes grad over. */
static torsh_status_t accumulate_leaf(torsh_tensor_t *leaf, torsh_tensor_t *grad, bool create)
{
    grad_meta_t *meta = torsh__grad_meta_of(leaf);
    torsh_status_t status = TORSH_OK;
    if (!meta->grad && !create && stealable(grad, leaf)) {
        meta->grad = grad;
        return TORSH_OK;
    }
    torsh__scope_t s;
    torsh__scope_open(&s);
    torsh_tensor_t *sum;
    if (!meta->grad) {
        sum = create ? op_clone(&s, grad, -1)
                     : op_copy_(&s,
                                op_empty_like(&s, leaf, TORSH_DTYPE_NONE, -1, leaf->device,
                                              (torsh_opt_int_t){0, 0}, -1),
                                grad, 0);
    } else if (create) {
        sum = op_add(&s, meta->grad, grad, torsh_scalar_i(1));
    } else {
        sum = op_add_(&s, meta->grad, grad, torsh_scalar_i(1));
    }
    status = s.status;
    if (status == TORSH_OK && sum != meta->grad) {
        torsh_tensor_t *old = meta->grad;
        meta->grad = torsh_tensor_retain(sum);
        torsh_tensor_release(old);
    }
    torsh__scope_close(&s);
    torsh_tensor_release(grad);
    return status;
}

/* ---- the run ---- */

static torsh_status_t keep_retained(torsh_node_t *node, state_t *s)
{
    for (grad_meta_t *m = node->retainers; m; m = m->next_retainer) {
        torsh_tensor_t *grad = s->grads[m->output_nr];
        if (!grad)
            continue;
        if (!m->grad) {
            m->grad = torsh_tensor_retain(grad);
            continue;
        }
        torsh_tensor_t *sum = torsh_tensor_retain(m->grad);
        torsh_status_t status = accumulate(&sum, torsh_tensor_retain(grad), true);
        if (status != TORSH_OK) {
            torsh_tensor_release(sum);
            return status;
        }
        torsh_tensor_release(m->grad);
        m->grad = sum;
    }
    return TORSH_OK;
}

static torsh_status_t deliver(task_t *t, torsh_node_t *from, int i, torsh_tensor_t *grad)
{
    edge_t *e = &from->edges[i];
    if (!e->node || !grad) {
        torsh_tensor_release(grad);
        return TORSH_OK;
    }
    torsh_status_t status = fit(from, e->node, e->nr, &grad);
    if (status != TORSH_OK) {
        torsh_tensor_release(grad);
        return status;
    }
    return accumulate(&find(t, e->node)->grads[e->nr], grad, t->create);
}

static torsh_status_t run_node(task_t *t, torsh_node_t *node, bool capturing)
{
    state_t *s = find(t, node);
    bool any = false, leaf = node->kind == NODE_LEAF;
    hook_t *hooks = leaf ? torsh__grad_meta_of(node->variable)->hooks : node->hooks;
    for (int k = 0; k < node->n_out; k++) {
        TRY(run_hooks(hooks, leaf ? 0 : k, false, &s->grads[k]));
        any |= s->grads[k] != NULL;
    }
    TRY(keep_retained(node, s));
    for (int k = 0; k < node->n_out; k++)
        if (s->capture[k] && s->grads[k])
            *s->capture[k] = torsh_tensor_retain(s->grads[k]);
    if (leaf) {
        torsh_tensor_t *grad = s->grads[0], *variable = node->variable;
        if (!grad || capturing)
            return TORSH_OK;
        s->grads[0] = NULL;
        TRY(accumulate_leaf(variable, grad, t->create));
        return run_hooks(hooks, 0, true, &variable);
    }
    /* a task that only captures stops where nothing further back is asked for */
    bool further = !capturing;
    for (int i = 0; i < node->n_in && !further; i++)
        further = node->edges[i].node && find(t, node->edges[i].node)->needed;
    torsh_tensor_t *few[8] = {NULL}, **dinput = few;
    torsh_status_t status = TORSH_OK;
    if (any && further) {
        if (node->n_in > 8 && !(dinput = torsh__calloc((size_t)node->n_in * sizeof *dinput)))
            return TORSH_ERR_MEMORY;
        status = torsh__node_apply(node, (const torsh_tensor_t *const *)s->grads, dinput);
    }
    for (int k = 0; k < node->n_out; k++) {
        torsh_tensor_release(s->grads[k]);
        s->grads[k] = NULL;
    }
    if (any && further && !t->keep && status == TORSH_OK)
        torsh__node_release_saved(node);
    for (int i = 0; i < node->n_in; i++) {
        if (status == TORSH_OK)
            status = deliver(t, node, i, any && further ? dinput[i] : NULL);
        else if (any && further)
            torsh_tensor_release(dinput[i]);
    }
    if (dinput != few)
        torsh__free(dinput);
    return status;
}

static torsh_status_t release_next(task_t *t, torsh_node_t *node)
{
    for (int i = 0; i < node->n_in; i++) {
        torsh_node_t *next = node->edges[i].node;
        if (next && --find(t, next)->waiting == 0)
            TRY(heap_push(t, next));
    }
    return TORSH_OK;
}

static torsh_status_t run(task_t *t, const edge_t *roots, torsh_tensor_t *const *grads, int n_roots,
                          const torsh__capture_t *captures_wanted, int n_captures)
{
    state_t *s;
    bool fresh;
    TRY(discover(t, roots, n_roots));
    for (int i = 0; i < n_captures; i++) {
        TRY(visit(t, captures_wanted[i].node, &s, &fresh)); /* unreachable ones never run */
        s->capture[captures_wanted[i].nr] = captures_wanted[i].to;
    }
    if (n_captures)
        TRY(mark_needed(t));
    for (int i = 0; i < n_roots; i++)
        TRY(accumulate(&find(t, roots[i].node)->grads[roots[i].nr], torsh_tensor_retain(grads[i]), true));
    for (int i = 0; i < n_roots; i++) {
        s = find(t, roots[i].node);
        bool twice = false;
        for (int k = 0; k < i; k++)
            twice |= roots[k].node == roots[i].node;
        if (s->waiting == 0 && !twice)
            TRY(heap_push(t, roots[i].node));
    }
    while (t->n_heap) {
        torsh_node_t *node = heap_pop(t);
        TRY(run_node(t, node, n_captures > 0));
        TRY(release_next(t, node));
    }
    return TORSH_OK;
}

torsh_status_t torsh__engine_run(const edge_t *roots, torsh_tensor_t *const *grads, int n_roots, bool keep,
                                 bool create, const torsh__capture_t *captures_wanted, int n_captures)
{
    task_t t = {.keep = keep, .create = create};
    bool was = torsh_set_grad_enabled(create);
    torsh_status_t status = run(&t, roots, grads, n_roots, captures_wanted, n_captures);
    torsh_set_grad_enabled(was);
    task_free(&t);
    return status;
}
