/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The optimizer object: parameters, their state by PyTorch's names, and which step it makes. */
#ifndef TORSH_OPTIMIZER_H
#define TORSH_OPTIMIZER_H

#include <torsh/impl/ops.h>
#include <torsh/optim.h>

enum { TORSH__MAX_STATE = 3 };

typedef struct torsh__adam {
    double beta1, beta2, eps, weight_decay;
    int decoupled, amsgrad, maximize;
} torsh__adam_t;

typedef struct torsh__sgd {
    double momentum, dampening, weight_decay;
    int nesterov, maximize;
} torsh__sgd_t;

typedef struct torsh__adadelta {
    double rho, eps, weight_decay;
    int maximize;
} torsh__adadelta_t;

typedef struct torsh__method {
    const char *state[TORSH__MAX_STATE]; /* names; NULL after the last */
    bool counts;                         /* "step" is part of the state */
    torsh_status_t (*step)(torsh_optimizer_t *o);
} torsh__method_t;

struct torsh_optimizer {
    const torsh__method_t *method;
    int n, n_state;                           /* parameters; kinds of state in use */
    torsh_tensor_t **params;                  /* retained */
    const torsh_tensor_t **grads;             /* lent, while a step runs */
    torsh_tensor_t **state[TORSH__MAX_STATE]; /* [kind][parameter], NULL before its first gradient */
    int64_t *steps;                           /* made by each parameter */
    double lr;
    union {
        torsh__adam_t adam;
        torsh__sgd_t sgd;
        torsh__adadelta_t adadelta;
    } how;
};

/* An optimizer without `how`; the params are checked here, the numbers by the caller before. NULL with an
 * error. */
torsh_optimizer_t *torsh__optimizer_new(const torsh__method_t *method, int n_state,
                                        torsh_tensor_t *const *params, int n, double lr);
/* VALUE "Invalid <what>: <x>" unless low <= x (NaN is not). */
torsh_status_t torsh__at_least(const char *what, double x, double low);
/* The end of functions with an error argument. */
static inline torsh_status_t torsh__leave(torsh_status_t status, torsh_error_t **error)
{
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}

#endif
