/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a tensor alone keeps alive, for a tracing garbage collector: it subtracts the references that are
 * reported from the counts that it sees, so only what nobody else holds may be reported. That is found by
 * counting down: whose references have all been met is the tensor's alone, and what it refers to is looked at
 * in turn. */
#include "graph.h"

/* Beyond so many objects the rest is taken to be somebody else's: the collector comes often. */
enum { MOST = 1 << 14 };

typedef struct met {
    const void *object;
    int64_t left;     /* references that were not met yet */
    uint32_t walk_id; /* entries of earlier walks are free */
} met_t;

/* Kept from walk to walk: the passes of one collection must see the same, so none may lack memory. A
 * language's lock lets one walk run at a time. */
static met_t *table;
static int64_t room;
static uint32_t walk_id;
static const void **todo; /* `room` of them: what is the tensor's alone, nodes and tensors without wrapper */

typedef struct walk {
    const torsh_visitor_t *visitor;
    int64_t n_met, n_todo;
    int stop; /* what the visitor said */
} walk_t;

static bool make_room(void)
{
    if (table)
        return true;
    enum { ROOM = 2 * MOST };
    table = torsh__calloc(ROOM * sizeof *table);
    todo = torsh__calloc(ROOM * sizeof *todo);
    if (!table || !todo) {
        torsh__free(table);
        torsh__free(todo);
        table = NULL;
        todo = NULL;
        torsh_clear_error();
        return false;
    }
    room = ROOM;
    return true;
}

/* One more of an object's references: true if it was the last one. */
static bool meet(walk_t *w, const void *object, int64_t references)
{
    uint64_t i = ((uint64_t)(uintptr_t)object >> 4) * 0x9e3779b97f4a7c15u >> 20;
    met_t *m;
    for (;; i++) {
        m = &table[i & (uint64_t)(room - 1)];
        if (m->walk_id != walk_id || m->object == object)
            break;
    }
    if (m->walk_id != walk_id) {
        if (w->n_met == MOST)
            return false;
        w->n_met++;
        *m = (met_t){object, references, walk_id};
    }
    return --m->left == 0;
}

/* Tensors and nodes share the list; the lowest bit tells nodes. */
static void meet_node(walk_t *w, const torsh_node_t *node)
{
    if (node && meet(w, node, node->refs))
        todo[w->n_todo++] = (const char *)node + 1;
}

static bool unseen(const walk_t *w, const torsh_tensor_t *t)
{
    return !t->wrapper || (w->visitor->unseen && w->visitor->unseen(t->wrapper));
}

/* A tensor with a wrapper that others can reach is not looked into: the collector asks the wrapper. */
static void meet_tensor(walk_t *w, const torsh_tensor_t *t)
{
    if (!t || w->stop || !meet(w, t, torsh_tensor_use_count(t)))
        return;
    if (unseen(w, t))
        todo[w->n_todo++] = t;
    if (t->wrapper && w->visitor->wrapper)
        w->stop = w->visitor->wrapper(t->wrapper, w->visitor->arg);
}

static void report(walk_t *w, void *ctx)
{
    if (!w->stop && w->visitor->context)
        w->stop = w->visitor->context(ctx, w->visitor->arg);
}

static void look_into_tensor(walk_t *w, const torsh_tensor_t *t)
{
    const grad_meta_t *meta = torsh__grad_meta_of(t);
    if (!meta)
        return;
    meet_tensor(w, meta->grad);
    meet_tensor(w, meta->base);
    meet_node(w, meta->node);
    for (const hook_t *h = meta->hooks; h; h = h->next)
        report(w, h->ctx);
}

static void look_into_node(walk_t *w, const torsh_node_t *node)
{
    for (int i = 0; i < node->n_in; i++) {
        meet_node(w, node->edges[i].node);
        if (node->saved_in)
            meet_tensor(w, node->saved_in[i].t);
    }
    for (int i = 0; i < node->n_out && node->saved_out; i++)
        meet_tensor(w, node->saved_out[i].t);
    meet_tensor(w, node->variable);
    meet_node(w, node->inner);
    for (const hook_t *h = node->hooks; h; h = h->next)
        report(w, h->ctx);
    if (node->kind == NODE_FUNCTION)
        report(w, node->ctx);
}

int torsh_tensor_visit(const torsh_tensor_t *t, const torsh_visitor_t *visitor)
{
    if (!t || !visitor)
        return 0;
    walk_t w = {.visitor = visitor};
    bool held = t->wrapper && torsh_tensor_use_count(t) > 0;
    if (!torsh__grad_meta_of(t) || (held && unseen(&w, t))) /* then its holder answers for it */
        return 0;
    if (!make_room())
        return 0;
    walk_id++;
    look_into_tensor(&w, t);
    while (w.n_todo && !w.stop) {
        const void *next = todo[--w.n_todo];
        if ((uintptr_t)next & 1)
            look_into_node(&w, (const torsh_node_t *)((const char *)next - 1));
        else
            look_into_tensor(&w, next);
    }
    return w.stop;
}
