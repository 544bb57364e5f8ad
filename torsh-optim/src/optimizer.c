/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "optimizer.h"

#include <torsh/autograd.h>

torsh_status_t torsh__at_least(const char *what, double x, double low)
{
    return x >= low ? TORSH_OK : torsh__fail(TORSH_ERR_VALUE, "Invalid %s: %.17g", what, x);
}

static torsh_status_t check_params(torsh_tensor_t *const *params, int n)
{
    if (!params || n < 0)
        return torsh__has_error() ? torsh_error_status(torsh_last_error())
               : params           ? torsh__fail(TORSH_ERR_VALUE, "optimizer: %d parameters", n)
                                  : torsh__fail(TORSH_ERR_NULL, "optimizer: params is NULL");
    if (n == 0)
        return torsh__fail(TORSH_ERR_VALUE, "optimizer got an empty parameter list");
    for (int i = 0; i < n; i++) {
        if (!params[i])
            return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                      : torsh__fail(TORSH_ERR_NULL, "optimizer: parameter %d is NULL", i);
        if (!torsh_tensor_is_leaf(params[i]))
            return torsh__fail(TORSH_ERR_VALUE, "can't optimize a non-leaf Tensor (parameter %d)", i);
        /* once for the life of an optimizer: a few hundred parameters cost some ten microseconds */
        for (int j = 0; j < i; j++)
            if (params[i] == params[j])
                return torsh__fail(
                    TORSH_ERR_VALUE,
                    "some parameters appear more than once in the optimizer's list (%d and %d)", j, i);
    }
    return TORSH_OK;
}

static void *zeros(int n, size_t bytes)
{
    return torsh__calloc((size_t)n * bytes);
}

torsh_optimizer_t *torsh__optimizer_new(const torsh__method_t *method, int n_state,
                                        torsh_tensor_t *const *params, int n, double lr)
{
    if (check_params(params, n) != TORSH_OK)
        return NULL;
    torsh_optimizer_t *o = torsh__calloc(sizeof *o);
    if (!o)
        return NULL;
    o->method = method;
    o->n_state = n_state;
    o->lr = lr;
    bool ok = (o->params = zeros(n, sizeof *o->params)) && (o->grads = zeros(n, sizeof *o->grads)) &&
              (o->steps = zeros(2 * n, sizeof *o->steps)); /* and as many for a step to work with */
    for (int k = 0; ok && k < n_state; k++)
        ok = (o->state[k] = zeros(n, sizeof **o->state)) != NULL;
    if (!ok) {
        torsh_optimizer_free(o);
        return NULL;
    }
    o->n = n;
    for (int i = 0; i < n; i++)
        o->params[i] = torsh__retain(params[i]);
    return o;
}

void torsh_optimizer_free(torsh_optimizer_t *o)
{
    if (!o)
        return;
    for (int i = 0; i < o->n; i++)
        torsh__release(o->params[i]);
    for (int k = 0; k < TORSH__MAX_STATE; k++) {
        for (int i = 0; o->state[k] && i < o->n; i++)
            torsh__release(o->state[k][i]);
        torsh__free(o->state[k]);
    }
    torsh__free(o->params);
    torsh__free(o->grads);
    torsh__free(o->steps);
    torsh__free(o);
}

static torsh_status_t no_optimizer(void)
{
    return torsh__has_error() ? torsh_error_status(torsh_last_error())
                              : torsh__fail(TORSH_ERR_NULL, "optimizer is NULL");
}

torsh_status_t torsh_optimizer_zero_grad(torsh_optimizer_t *o)
{
    if (!o)
        return no_optimizer();
    for (int i = 0; i < o->n; i++)
        if (torsh_tensor_grad(o->params[i]))
            TRY(torsh_tensor_set_grad(o->params[i], NULL));
    return TORSH_OK;
}

torsh_status_t torsh_optimizer_step(torsh_optimizer_t *o)
{
    if (!o)
        return no_optimizer();
    for (int i = 0; i < o->n; i++)
        o->grads[i] = torsh_tensor_grad(o->params[i]);
    return o->method->step(o);
}

torsh_status_t torsh_optimizer_set_lr(torsh_optimizer_t *o, double lr)
{
    if (!o)
        return no_optimizer();
    TRY(torsh__at_least("learning rate", lr, 0));
    o->lr = lr;
    return TORSH_OK;
}

double torsh_optimizer_lr(const torsh_optimizer_t *o)
{
    return o ? o->lr : 0;
}
