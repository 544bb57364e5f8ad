/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The driver of reductions: any dtypes, strides and reduced dimensions, cut by shape alone. */
#ifndef TORSH_CPU_REDUCE_H
#define TORSH_CPU_REDUCE_H

#include "pointwise.h"

/* One reduction in one compute type: generated from its entry. */
typedef struct torsh__cpu_reduce {
    void (*rows)(void *results, const void *a, int64_t rows, int64_t stride, int64_t n,
                 bool far); /* each row, n > 0, to one; far: a comes from memory, not from a cache */
    void (*into)(void *acc, const void *a, int64_t rows, int64_t stride,
                 int64_t n);                 /* all rows into acc, by columns */
    void (*map)(const torsh__cpu_loop_t *l); /* applied first, or NULL */
    int8_t type, acc; /* dtype of map's operand (without map: as acc), of what is combined */
    int8_t has_identity;
    torsh_scalar_t identity; /* result for no elements; without one that is an error */
} torsh__cpu_reduce_t;

torsh_status_t CPU_NAME(torsh__cpu_reduce)(const torsh_call_t *call, const torsh__cpu_reduce_t *op);

#endif
