/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One call over lists of tensors that are changed in place, for operators of ops/optim.toml. It stands beside
 * torsh__run: nothing is allocated for results, promoted, broadcast or recorded. */
#ifndef TORSH_OPTIM_FUSED_H
#define TORSH_OPTIM_FUSED_H

#include <torsh/impl/tensor.h>

enum { TORSH__MAX_LISTS = 5, TORSH__GRADS = 1 };

typedef struct torsh__fused {
    const torsh__op_t *op;
    const void *params;  /* the operator's struct; counts and `ints` are filled in here */
    const int64_t *ints; /* its int[]: one for each tensor. NULL if it has none */
    int n;               /* tensors of each list */
    int n_lists;         /* lists that are there; the operator's further ones are empty */
    /* parameters, gradients (only read; NULL: this one is left out), then the state */
    torsh_tensor_t *const *lists[TORSH__MAX_LISTS];
    /* What stands in for a missing kernel: the step of one tensor out of other operators, grad mode off. */
    void (*composite)(torsh__scope_t *s, const void *params, int64_t number, torsh_tensor_t *const *t);
} torsh__fused_t;

/* Those of sgd.c, adam.c, adadelta.c. t: the tensors of one index, NULL for lists that are not there. */
void torsh__sgd_composite(torsh__scope_t *s, const void *params, int64_t fresh, torsh_tensor_t *const *t);
void torsh__adam_composite(torsh__scope_t *s, const void *params, int64_t step, torsh_tensor_t *const *t);
void torsh__adadelta_composite(torsh__scope_t *s, const void *params, int64_t number,
                               torsh_tensor_t *const *t);

/* Checks, then runs the kernels, one launch for all tensors of a dtype and device. Versions of what was
 * written go up. */
torsh_status_t torsh__fused(const torsh__fused_t *f);

/* Makes the state that is missing beside gradients: zeros in the parameter's layout. */
torsh_status_t torsh__state_make(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                                 torsh_tensor_t **state, int n);

/* The NULL rules of a step's lists; `name` is the operator's for messages. */
torsh_status_t torsh__lists_ok(const char *name, const void *params, const void *grads, const void *state,
                               int n);

#endif
