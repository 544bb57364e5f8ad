/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Cutting a kernel's work into tasks of the pool, by shape alone. */
#ifndef TORSH_CPU_RANGE_H
#define TORSH_CPU_RANGE_H

#include "cpu.h"

enum {
    CPU_TASK_WORK = 1 << 15
}; /* elements of a task at a few per nanosecond: some 10 us, above the pool's overhead */

typedef struct cpu_range {
    void (*body)(const void *ctx, int64_t from, int64_t to);
    const void *ctx;
    int64_t n, grain;
} cpu_range_t;

static inline int64_t cpu_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline void cpu_range_task(void *p, int64_t i)
{
    const cpu_range_t *r = (const cpu_range_t *)p;
    r->body(r->ctx, i * r->grain, cpu_least(r->n, (i + 1) * r->grain));
}

/* Runs body(ctx, from, to) over [0, n) in pieces of `grain`. */
static inline void cpu_range(int64_t n, int64_t grain, void (*body)(const void *, int64_t, int64_t),
                             const void *ctx)
{
    cpu_range_t r = {body, ctx, n, grain < 1 ? 1 : grain};
    int64_t tasks = (n + r.grain - 1) / r.grain;
    if (tasks == 1)
        body(ctx, 0, n);
    else if (tasks > 1)
        torsh__cpu_host->parallel(tasks, cpu_range_task, &r);
}

/* Items of a task when each is `work` elements. */
static inline int64_t cpu_grain(int64_t work)
{
    return 1 + CPU_TASK_WORK / (work < 1 ? 1 : work);
}

static inline torsh_status_t cpu_no_scratch(void)
{
    return torsh__cpu_host->fail(TORSH_ERR_MEMORY, "no scratch memory");
}

/* A tensor seen along one dimension: [outer, n, inner]; of a 0-d one [1, 1, 1]. dim may be negative. */
typedef struct cpu_along {
    int64_t outer, n, inner;
} cpu_along_t;

static inline cpu_along_t cpu_along(const torsh_view_t *v, int64_t dim)
{
    cpu_along_t a = {1, 1, 1};
    if (v->ndim == 0)
        return a;
    if (dim < 0)
        dim += v->ndim;
    for (int32_t d = 0; d < dim; d++)
        a.outer *= v->shape[d];
    a.n = v->shape[dim];
    for (int32_t d = (int32_t)dim + 1; d < v->ndim; d++)
        a.inner *= v->shape[d];
    return a;
}

/* Element i of an int[2] argument: of one number, that number. */
static inline int64_t cpu_pair(const torsh_dims_t *d, int i)
{
    return d->v[d->n > 1 ? i : 0];
}

#endif
