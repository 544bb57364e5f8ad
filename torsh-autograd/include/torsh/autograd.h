/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-autograd: gradients. Part of the C ABI. Operators on tensors that require grad record nodes; backward
 * walks them. */
#ifndef TORSH_AUTOGRAD_H
#define TORSH_AUTOGRAD_H

#include <torsh/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- tensors ---- */

TORSH_API bool torsh_tensor_requires_grad(const torsh_tensor_t *t);
/* STATE for a result (no leaf), DTYPE for integers. */
TORSH_API torsh_status_t torsh_tensor_set_requires_grad(torsh_tensor_t *t, int requires_grad);
TORSH_API bool torsh_tensor_is_leaf(const torsh_tensor_t *t);
/* The accumulated gradient, lent; NULL if there is none. */
TORSH_API torsh_tensor_t *torsh_tensor_grad(const torsh_tensor_t *t);
/* grad NULL: clears it. Shape, dtype and device must be t's (SHAPE, DTYPE, DEVICE). */
TORSH_API torsh_status_t torsh_tensor_set_grad(torsh_tensor_t *t, const torsh_tensor_t *grad);
/* Results too keep their gradient from now on; nothing to do for leaves. STATE if t does not require grad. */
TORSH_API torsh_status_t torsh_tensor_retain_grad(torsh_tensor_t *t);
/* The tensor that t is a view of (as autograd sees it), lent, or NULL. */
TORSH_API torsh_tensor_t *torsh_tensor_base(const torsh_tensor_t *t);
/* Cuts t off its history in place. STATE for a view. */
TORSH_API torsh_status_t torsh_tensor_detach_(torsh_tensor_t *t);

/* ---- mode, per thread ---- */

TORSH_API bool torsh_is_grad_enabled(void);
/* Returns what it was. */
TORSH_API bool torsh_set_grad_enabled(bool enabled);

/* ---- backward ---- */

/* Adds d loss / d leaf to the .grad of every leaf. loss has one element. STATE for a graph already freed. */
TORSH_API torsh_status_t torsh_backward(const torsh_tensor_t *loss, int retain_graph);
/* gradients: per root, NULL (one-element roots only) or of the root's shape; may itself be NULL. inputs:
 * accumulate into these alone (n_inputs 0: all leaves). create_graph: the gradients can be differentiated
 * again. */
TORSH_API torsh_status_t torsh_backward_with_error(const torsh_tensor_t *const *roots, int n_roots,
                                                   const torsh_tensor_t *const *gradients, int retain_graph,
                                                   int create_graph, const torsh_tensor_t *const *inputs,
                                                   int n_inputs, torsh_error_t **error);
/* d roots / d inputs into results[n_inputs] (new references), leaving .grad alone. An input that does not
 * take part is an error, or NULL with allow_unused. */
TORSH_API torsh_status_t torsh_grad_with_error(const torsh_tensor_t *const *roots, int n_roots,
                                               const torsh_tensor_t *const *gradients,
                                               const torsh_tensor_t *const *inputs, int n_inputs,
                                               int retain_graph, int create_graph, int allow_unused,
                                               torsh_tensor_t **results, torsh_error_t **error);

/* ---- hooks ---- */

/* Runs when t's gradient has been computed; *replacement (a new reference) takes its place if set.
 * An error goes through with torsh_error_raise. */
typedef torsh_status_t (*torsh_tensor_hook_t)(void *ctx, const torsh_tensor_t *grad,
                                              torsh_tensor_t **replacement);
/* *id names the hook for removal. STATE if t does not require grad. destroy(ctx) runs when the hook goes. */
TORSH_API torsh_status_t torsh_tensor_register_hook(torsh_tensor_t *t, torsh_tensor_hook_t hook, void *ctx,
                                                    void (*destroy)(void *ctx), int64_t *id);
/* The same for leaves, after .grad has been accumulated; hook's `grad` is the leaf itself. */
TORSH_API torsh_status_t torsh_tensor_register_post_accumulate_hook(torsh_tensor_t *t,
                                                                    torsh_tensor_hook_t hook, void *ctx,
                                                                    void (*destroy)(void *ctx), int64_t *id);
/* false if there is no such hook any more. */
TORSH_API bool torsh_tensor_remove_hook(torsh_tensor_t *t, int64_t id);

/* ---- nodes ---- */

/* A step of the graph; counted. */
typedef struct torsh_node torsh_node_t;
TORSH_API torsh_node_t *torsh_tensor_grad_fn(const torsh_tensor_t *t); /* lent; NULL for leaves */
TORSH_API int torsh_tensor_output_nr(const torsh_tensor_t *t);
TORSH_API torsh_node_t *torsh_node_retain(torsh_node_t *node);
TORSH_API void torsh_node_release(torsh_node_t *node);
TORSH_API const char *torsh_node_name(const torsh_node_t *node); /* "AddBackward", … */
TORSH_API int torsh_node_n_next(const torsh_node_t *node);
/* The node that input i's gradient goes to (lent; NULL if none); *input_nr its result. */
TORSH_API torsh_node_t *torsh_node_next(const torsh_node_t *node, int i, int *input_nr);
/* Node of a leaf: the leaf, lent. */
TORSH_API torsh_tensor_t *torsh_node_variable(const torsh_node_t *node);

/* ---- functions with a derivative of their own ---- */

typedef struct torsh_function {
    const char *name; /* of the node; copied */
    /* grads[n_out] (NULL: undefined) to grad_inputs[n_in] (new references or NULL). Runs with grad mode on
     * only under create_graph. */
    torsh_status_t (*backward)(void *ctx, const torsh_tensor_t *const *grads, int n_out,
                               torsh_tensor_t **grad_inputs, int n_in);
    void (*destroy)(void *ctx);  /* the node goes */
    void (*released)(void *ctx); /* backward without retain_graph is done: saved values may go. May be NULL */
} torsh_function_t;

/* Makes a node that turns gradients of outputs into gradients of inputs, and the history of the outputs
 * (which were computed with grad mode off). An output that is one of the inputs was changed in place if
 * `dirty` says so. Outputs whose bit in nondifferentiable is set get no history. If nothing requires grad,
 * destroy(ctx) runs at once. */
TORSH_API torsh_status_t torsh_function_record(const torsh_function_t *function, void *ctx,
                                               const torsh_tensor_t *const *inputs, int n_in,
                                               torsh_tensor_t *const *outputs, int n_out, const bool *dirty,
                                               const bool *nondifferentiable);
/* A value kept for backward: checked for in-place changes, no reference cycle for outputs (is_output, with
 * their index). */
typedef struct torsh_saved torsh_saved_t;
TORSH_API torsh_saved_t *torsh_saved_new(const torsh_tensor_t *t, int is_output);
/* A new reference; node: the function's own (torsh_tensor_grad_fn of an output), for is_output. STATE if
 * changed. */
TORSH_API torsh_tensor_t *torsh_saved_get(const torsh_saved_t *saved, torsh_node_t *node);
TORSH_API void torsh_saved_free(torsh_saved_t *saved);

/* ---- garbage collectors ---- */

/* For the tracing collector of a language: calls visit on what t alone keeps alive, through its gradient, its
 * base and its graph: tensors' wrappers, contexts of hooks and functions. One call at a time, none while
 * another thread changes graphs. */
typedef struct torsh_visitor {
    int (*wrapper)(void *wrapper, void *arg); /* non-zero stops */
    int (*context)(void *ctx, void *arg);     /* ctx of a hook or function */
    bool (*unseen)(
        void *wrapper); /* does its tensor alone hold it? Then what it keeps alive counts as the holder's */
    void *arg;
} torsh_visitor_t;
TORSH_API int torsh_tensor_visit(const torsh_tensor_t *t, const torsh_visitor_t *visitor);
/* Breaks cycles: drops t's gradient, node and hooks. */
TORSH_API void torsh_tensor_clear_graph(torsh_tensor_t *t);

#ifdef __cplusplus
}
#endif
#endif
