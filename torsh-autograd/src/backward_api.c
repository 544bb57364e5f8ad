/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh_backward, torsh_grad and functions with a derivative of their own. */
#include <inttypes.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "engine.h"

typedef struct call {
    edge_t *roots;
    torsh_tensor_t **grads;
    int n_roots;
} call_t;

static void call_free(call_t *c)
{
    for (int i = 0; i < c->n_roots; i++) {
        if (c->roots)
            torsh_node_release(c->roots[i].node);
        if (c->grads)
            torsh_tensor_release(c->grads[i]);
    }
    torsh__free(c->roots);
    torsh__free(c->grads);
}

static torsh_status_t root_gradient(int i, const torsh_tensor_t *root, const torsh_tensor_t *given,
                                    torsh_tensor_t **out)
{
    char a[256], b[256];
    if (given) {
        if (!torsh__same_shape(given, root))
            return torsh__fail(
                TORSH_ERR_SHAPE,
                "Mismatch in shape: grad_output[%d] has a shape of %s and output[%d] has a shape of %s.", i,
                torsh__shape_text(given->ndim, given->shape, a, sizeof a), i,
                torsh__shape_text(root->ndim, root->shape, b, sizeof b));
        *out = torsh_tensor_retain(given);
        return TORSH_OK;
    }
    if (root->n != 1)
        return torsh__fail(TORSH_ERR_SHAPE, "grad can be implicitly created only for scalar outputs");
    torsh__scope_t s;
    bool was = torsh_set_grad_enabled(false);
    torsh__scope_open(&s);
    torsh_tensor_t *one =
        op_ones_like(&s, root, TORSH_DTYPE_NONE, -1, (torsh_device_t){-1, -1}, (torsh_opt_int_t){0, 0}, -1);
    torsh_status_t status = s.status;
    if (status == TORSH_OK)
        *out = torsh_tensor_retain(one);
    torsh__scope_close(&s);
    torsh_set_grad_enabled(was);
    return status;
}

static torsh_status_t prepare(call_t *c, const torsh_tensor_t *const *roots, int n_roots,
                              const torsh_tensor_t *const *gradients)
{
    if (n_roots <= 0 || !roots)
        return torsh__fail(TORSH_ERR_VALUE, "backward: there is no tensor to start from");
    c->roots = torsh__calloc((size_t)n_roots * sizeof *c->roots);
    c->grads = torsh__calloc((size_t)n_roots * sizeof *c->grads);
    c->n_roots = n_roots;
    if (!c->roots || !c->grads)
        return TORSH_ERR_MEMORY;
    for (int i = 0; i < n_roots; i++) {
        if (!roots[i])
            return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                      : torsh__fail(TORSH_ERR_NULL, "backward: tensor %d is NULL", i);
        if (!torsh__tensor_requires_grad(roots[i]))
            return torsh__fail(TORSH_ERR_STATE,
                               "element %d of tensors does not require grad and does not have a grad_fn", i);
        TRY(torsh__gradient_edge((torsh_tensor_t *)roots[i], &c->roots[i]));
        TRY(root_gradient(i, roots[i], gradients ? gradients[i] : NULL, &c->grads[i]));
    }
    return TORSH_OK;
}

/* Into results[], which are set in any case; accumulate: those of leaves into their .grad instead. */
static torsh_status_t gradients_of(const torsh_tensor_t *const *roots, int n_roots,
                                   const torsh_tensor_t *const *gradients,
                                   const torsh_tensor_t *const *inputs, int n_inputs, bool keep, bool create,
                                   bool unused, bool accumulate, torsh_tensor_t **results)
{
    call_t c = {NULL, NULL, 0};
    memset(results, 0, (size_t)n_inputs * sizeof *results);
    edge_t *edges = torsh__calloc((size_t)n_inputs * sizeof *edges);
    torsh__capture_t *captures = torsh__calloc((size_t)n_inputs * sizeof *captures);
    torsh_status_t status = edges && captures ? prepare(&c, roots, n_roots, gradients) : TORSH_ERR_MEMORY;
    for (int i = 0; i < n_inputs && status == TORSH_OK; i++) {
        if (!inputs[i])
            status = torsh__fail(TORSH_ERR_NULL, "grad: input %d is NULL", i);
        else if (!torsh__tensor_requires_grad(inputs[i]))
            status = torsh__fail(TORSH_ERR_STATE,
                                 "One of the differentiated Tensors does not require grad (input %d)", i);
        else
            status = torsh__gradient_edge((torsh_tensor_t *)inputs[i], &edges[i]);
        if (status != TORSH_OK)
            break;
        bool into_grad = accumulate && edges[i].node->kind == NODE_LEAF;
        captures[i] = (torsh__capture_t){edges[i].node, edges[i].nr, into_grad ? NULL : &results[i]};
    }
    if (status == TORSH_OK)
        status = torsh__engine_run(c.roots, c.grads, n_roots, keep, create, captures, n_inputs);
    for (int i = 0; i < n_inputs && status == TORSH_OK; i++) {
        for (int k = n_inputs - 1; k > i && !results[i]; k--) /* asked for twice: the last one was served */
            if (edges[k].node == edges[i].node && edges[k].nr == edges[i].nr)
                results[i] = torsh_tensor_retain(results[k]);
        if (!results[i] && !unused)
            status = torsh__fail(
                TORSH_ERR_STATE,
                "The differentiated Tensor at index %d appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior.",
                i);
    }
    for (int i = 0; i < n_inputs; i++) {
        if (edges)
            torsh_node_release(edges[i].node);
        if (status != TORSH_OK) {
            torsh_tensor_release(results[i]);
            results[i] = NULL;
        }
    }
    torsh__free(edges);
    torsh__free(captures);
    call_free(&c);
    return status;
}

/* backward(inputs=…): the gradients of these tensors alone, added to their .grad. */
static torsh_status_t backward_into(const torsh_tensor_t *const *roots, int n_roots,
                                    const torsh_tensor_t *const *gradients, bool keep, bool create,
                                    const torsh_tensor_t *const *inputs, int n_inputs)
{
    torsh_tensor_t **results = torsh__calloc((size_t)n_inputs * sizeof *results);
    if (!results)
        return TORSH_ERR_MEMORY;
    torsh_status_t status =
        gradients_of(roots, n_roots, gradients, inputs, n_inputs, keep, create, true, true, results);
    for (int i = 0; i < n_inputs; i++) {
        torsh_tensor_t *t = (torsh_tensor_t *)inputs[i];
        if (status == TORSH_OK && results[i]) { /* no leaf */
            torsh__scope_t s;
            bool was = torsh_set_grad_enabled(create);
            torsh__scope_open(&s);
            torsh_tensor_t *old = torsh_tensor_grad(t),
                           *sum = old ? op_add(&s, old, results[i], torsh_scalar_i(1)) : results[i];
            status = s.status == TORSH_OK ? torsh_tensor_set_grad(t, sum) : s.status;
            torsh__scope_close(&s);
            torsh_set_grad_enabled(was);
        }
        torsh_tensor_release(results[i]);
    }
    torsh__free(results);
    return status;
}

static torsh_status_t finish(torsh_status_t status, torsh_error_t **error)
{
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}

torsh_status_t torsh_backward_with_error(const torsh_tensor_t *const *roots, int n_roots,
                                         const torsh_tensor_t *const *gradients, int retain_graph,
                                         int create_graph, const torsh_tensor_t *const *inputs, int n_inputs,
                                         torsh_error_t **error)
{
    if (error && *error)
        return torsh_error_status(*error);
    bool keep = retain_graph || create_graph;
    if (n_inputs > 0)
        return finish(backward_into(roots, n_roots, gradients, keep, create_graph, inputs, n_inputs), error);
    call_t c = {NULL, NULL, 0};
    torsh_status_t status = prepare(&c, roots, n_roots, gradients);
    if (status == TORSH_OK)
        status = torsh__engine_run(c.roots, c.grads, n_roots, keep, create_graph, NULL, 0);
    call_free(&c);
    return finish(status, error);
}

torsh_status_t torsh_backward(const torsh_tensor_t *loss, int retain_graph)
{
    return torsh_backward_with_error(&loss, 1, NULL, retain_graph, 0, NULL, 0, NULL);
}

torsh_status_t torsh_grad_with_error(const torsh_tensor_t *const *roots, int n_roots,
                                     const torsh_tensor_t *const *gradients,
                                     const torsh_tensor_t *const *inputs, int n_inputs, int retain_graph,
                                     int create_graph, int allow_unused, torsh_tensor_t **results,
                                     torsh_error_t **error)
{
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status =
        n_inputs > 0 && inputs && results
            ? gradients_of(roots, n_roots, gradients, inputs, n_inputs, retain_graph || create_graph,
                           create_graph, allow_unused, false, results)
            : torsh__fail(TORSH_ERR_VALUE, "grad requires non-empty inputs.");
    return finish(status, error);
}

/* ---- functions ---- */

static torsh_status_t check_function(const torsh_function_t *function, const torsh_tensor_t *const *inputs,
                                     int n_in, torsh_tensor_t *const *outputs, int n_out)
{
    const char *missing = !function                              ? "function"
                          : !function->name                      ? "function->name"
                          : !function->backward                  ? "function->backward"
                          : n_in < 0 || (n_in > 0 && !inputs)    ? "inputs"
                          : n_out < 0 || (n_out > 0 && !outputs) ? "outputs"
                                                                 : NULL;
    for (int i = 0; i < n_out && !missing; i++)
        missing = outputs[i] ? NULL : "an output";
    return missing ? torsh__fail(TORSH_ERR_NULL, "function_record: %s is NULL", missing) : TORSH_OK;
}

torsh_status_t torsh_function_record(const torsh_function_t *function, void *ctx,
                                     const torsh_tensor_t *const *inputs, int n_in,
                                     torsh_tensor_t *const *outputs, int n_out, const bool *dirty,
                                     const bool *nondifferentiable)
{
    if (!function || !function->backward)
        return torsh__fail(TORSH_ERR_NULL, "function_record: there is no function, or it has no backward");
    bool wanted = false;
    torsh_status_t status = check_function(function, inputs, n_in, outputs, n_out);
    for (int i = 0; i < n_in && status == TORSH_OK; i++)
        wanted |= torsh__grad_enabled && inputs[i] && torsh__tensor_requires_grad(inputs[i]);
    for (int i = 0; i < n_out && wanted && status == TORSH_OK; i++)
        if (dirty && dirty[i])
            status = torsh__check_inplace(function->name, outputs[i]);
    torsh_node_t *node = wanted && status == TORSH_OK ? torsh__node_new(NODE_FUNCTION, n_in, n_out) : NULL;
    if (!node) {
        if (function && function->destroy)
            function->destroy(ctx);
        return wanted && status == TORSH_OK ? TORSH_ERR_MEMORY : status;
    }
    node->function = *function;
    node->ctx = ctx; /* from here on the node destroys it */
    if (!(node->name = torsh__alloc(strlen(function->name) + 1)))
        TRY_GOTO(done, TORSH_ERR_MEMORY);
    strcpy(node->name, function->name);
    node->function.name = node->name;
    for (int i = 0; i < n_in; i++)
        if (inputs[i])
            TRY_GOTO(done, torsh__gradient_edge((torsh_tensor_t *)inputs[i], &node->edges[i]));
    torsh__node_number(node);
    for (int i = 0; i < n_out; i++) {
        TRY_GOTO(done, torsh__node_result(node, i, outputs[i]));
        bool has = torsh_dtype_is_floating((torsh_dtype_t)outputs[i]->dtype) &&
                   !(nondifferentiable && nondifferentiable[i]);
        node->results[i].differentiable = has;
        if (!has)
            continue;
        if (dirty && dirty[i])
            torsh__changed_by(outputs[i], "a custom function"); /* a name that outlives the node */
        TRY_GOTO(done, dirty && dirty[i] && n_out == 1 ? torsh__rebase_history(outputs[i], node)
                                                       : torsh__set_history(outputs[i], node, i));
    }
done:
    torsh_node_release(node);
    return status;
}
