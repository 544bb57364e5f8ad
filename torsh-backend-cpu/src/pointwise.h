/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The driver of pointwise kernels: from a call with any dtypes and strides to loops over contiguous blocks.
 */
#ifndef TORSH_CPU_POINTWISE_H
#define TORSH_CPU_POINTWISE_H

#include "cpu.h"

enum {
    TORSH__CPU_MAX_PARAMS = 4, /* of each kind: numbers, others */
    TORSH__CPU_MAX_OPERANDS = 4
};

/* What a loop works on: n elements, contiguous, all in the types that the formula takes. */
typedef struct torsh__cpu_loop {
    void *d;
    const void *s[TORSH__CPU_MAX_OPERANDS];
    int64_t n;
    int64_t index; /* of the first element in the iteration space */
    const void *k; /* k_<type>_t: the parameters */
} torsh__cpu_loop_t;

/* How a field of the params struct becomes a parameter: TORSH__CPU_SCALAR and _FLOAT go to v, the others to
 * i. */
enum { TORSH__CPU_SCALAR, TORSH__CPU_FLOAT, TORSH__CPU_INT, TORSH__CPU_INT32 };

typedef struct torsh__cpu_param {
    int16_t kind, offset;
} torsh__cpu_param_t;

/* What the values of one operand must be checked for. */
enum {
    TORSH__CPU_NO_CHECK,
    TORSH__CPU_DIVISOR /* not 0 */,
    TORSH__CPU_EXPONENT /* a number: not negative */
};

/* One operator in one compute type: generated from its entry. */
typedef struct torsh__cpu_pointwise {
    void (*loop)(const torsh__cpu_loop_t *l);
    int8_t type, result;                /* dtype of the formula's numbers and of its result */
    int8_t n_in;                        /* operands that it reads: */
    int8_t at[TORSH__CPU_MAX_OPERANDS]; /* - where they stand in the call */
    int8_t in[TORSH__CPU_MAX_OPERANDS]; /* - their dtypes */
    int8_t check, checked;              /* what is checked of which operand */
    int8_t n_params;
    const torsh__cpu_param_t *params;
} torsh__cpu_pointwise_t;

torsh_status_t CPU_NAME(torsh__cpu_pointwise)(const torsh_call_t *call, const torsh__cpu_pointwise_t *op);

/* A shorter way where an operand is a certain number: x ** 2. */
typedef struct torsh__cpu_when {
    double number;
    const torsh__cpu_pointwise_t *op;
} torsh__cpu_when_t;

/* The first of `when` whose number the call's operand number `at` is, else op. */
torsh_status_t CPU_NAME(torsh__cpu_pointwise_when)(const torsh_call_t *call, const torsh__cpu_pointwise_t *op,
                                                   int at, const torsh__cpu_when_t *when, int n);

/* out = the call's operand number `at`, converted. */
torsh_status_t CPU_NAME(torsh__cpu_copy)(const torsh_call_t *call, int at);
/* out = 0 */
torsh_status_t CPU_NAME(torsh__cpu_zero)(const torsh_call_t *call);

#endif
