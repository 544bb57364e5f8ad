/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The graph: nodes, their edges and what they keep; what autograd knows of a tensor. */
#ifndef TORSH_GRAPH_H
#define TORSH_GRAPH_H

#include <torsh/impl/autograd.h>

#include "vjp.h"

typedef enum { NODE_OP, NODE_LEAF, NODE_FUNCTION, NODE_COPY_SLICES } node_kind_t;

typedef struct edge {
    torsh_node_t *node; /* counted; NULL: no gradient wanted */
    int32_t nr;         /* which of its results */
} edge_t;

/* A value kept for backward. */
struct torsh_saved {
    torsh_tensor_t *t; /* counted */
    uint32_t version;
    int32_t
        output_nr; /* of a result of the node itself: kept without history, which would be a cycle; else -1 */
};

/* What gradients of a result must look like. */
typedef struct result_meta {
    torsh_dtype_t dtype;
    torsh_device_t device;
    int32_t ndim;
    int64_t *shape;
    bool differentiable;
} result_meta_t;

typedef struct hook {
    struct hook *next;
    int64_t id;   /* later hooks have greater ones */
    int32_t refs; /* the list's, and one while it runs */
    int32_t nr;   /* result of the node whose gradient it sees */
    bool after;   /* leaves: after accumulation */
    torsh_tensor_hook_t run;
    void *ctx;
    void (*destroy)(void *ctx);
} hook_t;

/* How a view came from its base, newest step first. */
typedef struct view_step {
    int32_t refs;
    const torsh__op_t *op;
    void *params;
    struct view_step *prev;
} view_step_t;

struct torsh_node {
    int32_t refs;
    node_kind_t kind;
    uint64_t seq; /* greater than those of the nodes that its edges lead to; the greatest runs first */
    const torsh__op_t *op;
    const torsh__vjp_entry_t *vjp;
    void *params;
    char *name;                  /* made on first use */
    const torsh_tensor_t **list; /* a list of saved inputs, as its formula sees it */
    bool released;               /* saved values are gone: backward ran without retain_graph */
    bool saves;                  /* there were saved values */
    int32_t n_in, n_out;
    edge_t *edges; /* per input */
    struct torsh_saved *saved_in, *saved_out;
    torsh__saved_meta_t *metas; /* per input, where a formula asks for them */
    result_meta_t *results;
    hook_t *hooks;
    struct torsh__grad_meta *retainers; /* results that keep their gradient */
    torsh_node_t *next_dead;            /* while it is being destroyed */
    torsh_tensor_t *variable;           /* LEAF, counted */
    torsh_function_t function;          /* FUNCTION */
    void *ctx;
    torsh_node_t *inner; /* COPY_SLICES: what was done to the slice */
    view_step_t *steps;
    int64_t *base_strides;
};

/* A tensor's `autograd`. */
typedef struct torsh__grad_meta {
    torsh_tensor_t *tensor; /* whose it is; not counted */
    torsh_tensor_t *grad;
    torsh_node_t *node; /* history, counted; NULL: leaf */
    int32_t output_nr;
    torsh_node_t *accumulator; /* of a leaf; not counted: it holds the leaf */
    hook_t *hooks;             /* of a leaf */
    bool retains_grad;
    struct torsh__grad_meta *next_retainer;
    torsh_tensor_t *base; /* of a view, counted */
    view_step_t *steps;
    uint32_t seen_version; /* of the base when `node` was made */
    bool multi_view;       /* one of several views made at once */
    bool without_grad;     /* made while grad mode was off */
} grad_meta_t;

/* ---- nodes (node.c) ---- */

torsh_node_t *torsh__node_new(node_kind_t kind, int n_in, int n_out);
/* To be called once the edges are there: finding them may have made nodes. */
void torsh__node_number(torsh_node_t *node);
/* Drops saved values; later unpacking fails. */
void torsh__node_release_saved(torsh_node_t *node);
torsh_status_t torsh__node_result(torsh_node_t *node, int i, const torsh_tensor_t *t);
/* Keeps shape, strides, dtype of all inputs. */
torsh_status_t torsh__node_metas(torsh_node_t *node, const torsh_tensor_t *const *in, int n_in);
void torsh__hook_release(hook_t *hook);
void torsh__hooks_free(hook_t *hooks);
torsh_status_t torsh__saved_set(struct torsh_saved *saved, const torsh_tensor_t *t, int output_nr);
torsh_status_t torsh__saved_unpack(const struct torsh_saved *saved, torsh_node_t *node, torsh_tensor_t **out);
view_step_t *torsh__step_retain(view_step_t *step);
void torsh__step_release(view_step_t *step);
/* Applies the steps to t in scope s, oldest first. */
torsh_tensor_t *torsh__replay(torsh__scope_t *s, view_step_t *step, const torsh_tensor_t *t);

/* ---- tensors (history.c) ---- */

grad_meta_t *torsh__grad_meta(torsh_tensor_t *t); /* makes it; NULL with an error */
static inline grad_meta_t *torsh__grad_meta_of(const torsh_tensor_t *t)
{
    return (grad_meta_t *)t->autograd;
}
/* Where t's gradient goes: its node, or the accumulator of a leaf. Counted; node NULL if t requires none. */
torsh_status_t torsh__gradient_edge(torsh_tensor_t *t, edge_t *edge);
/* A view whose base was written since gets its node anew. */
torsh_status_t torsh__refresh_view(torsh_tensor_t *t);
/* node becomes the history of t, or, through a view, of its base. */
torsh_status_t torsh__set_history(torsh_tensor_t *t, torsh_node_t *node, int output_nr);
torsh_status_t torsh__rebase_history(torsh_tensor_t *t, torsh_node_t *node);
/* t becomes a leaf; its .grad and hooks stay. */
void torsh__clear_history(torsh_tensor_t *t);
/* Its node no longer keeps its gradient. */
void torsh__forget_retainer(grad_meta_t *meta);
/* May t be written in place by `name` while that is recorded? STATE otherwise. */
torsh_status_t torsh__check_inplace(const char *name, const torsh_tensor_t *t);
bool torsh__tensor_requires_grad(const torsh_tensor_t *t);

/* ---- leaves (leaf.c; what backward adds to them: engine.h) ---- */

/* The node of a leaf, counted; made if there is none. */
torsh_status_t torsh__leaf_node(torsh_tensor_t *t, torsh_node_t **out);
/* It dies: the leaf forgets it. */
void torsh__leaf_node_gone(torsh_node_t *node);

/* ---- applying (apply.c) ---- */

/* Gradients of the results to gradients of the inputs (new references or NULL). */
torsh_status_t torsh__node_apply(torsh_node_t *node, const torsh_tensor_t *const *grads,
                                 torsh_tensor_t **out);

extern _Thread_local bool torsh__grad_enabled __attribute__((tls_model("initial-exec")));

#endif
