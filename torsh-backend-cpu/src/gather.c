/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* gather: rows along the last dimension of index, each with its place in self. */
#include "kernels.h"

#include <torsh/ops/index_params.h>

#include "select.h"

typedef struct gather {
    const torsh_view_t *index;
    const char *self;
    char *out;
    int64_t dim, stride,
        last_stride; /* of self: along dim, and along the last dimension (0 if that is dim) */
    const int64_t *self_strides;
    int64_t n;    /* elements of a row */
    int64_t size; /* of self along dim */
    int *failed;
} gather_t;

/* Checks the indices of rows [first, last) just before they are used, while they are on their way through the
 * cache. */
static int check(const gather_t *g, int64_t first, int64_t last)
{
    const int64_t *at = (const int64_t *)cpu_at(g->index) + first * g->n;
    const int bad = torsh__cpu_index_outside(at, (last - first) * g->n, 0, g->size) >= 0;
    if (bad)
        __atomic_store_n(g->failed, 1, __ATOMIC_RELAXED);
    return !bad;
}

/* Where row r of index starts in self, without its coordinate in dim. */
static int64_t row_start(const gather_t *g, int64_t r)
{
    int64_t at = 0;
    for (int32_t d = g->index->ndim - 2; d > 0; d--) {
        if (d != g->dim)
            at += r % g->index->shape[d] * g->self_strides[d];
        r /= g->index->shape[d];
    }
    return g->index->ndim > 1 && g->dim != 0 ? at + r * g->self_strides[0] : at;
}

#define ELEM uint8_t
#define GATHER gather_1
#include "gather_body.h"
#define ELEM uint16_t
#define GATHER gather_2
#include "gather_body.h"
#define ELEM uint32_t
#define GATHER gather_4
#include "gather_body.h"
#define ELEM uint64_t
#define GATHER gather_8
#include "gather_body.h"

torsh_status_t torsh__cpu_run_gather(const torsh_call_t *call)
{
    const torsh__gather_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[1];
    const cpu_along_t a = cpu_along(self, p->dim);
    const int32_t ndim = index->ndim;
    const int64_t dim = p->dim < 0 ? p->dim + ndim : p->dim, *at = (const int64_t *)cpu_at(index);
    int failed = 0;
    if (index->n == 0)
        return TORSH_OK;
    gather_t g = {.index = index,
                  .self = cpu_at(self),
                  .out = cpu_at(&call->out[0]),
                  .dim = dim,
                  .stride = a.inner,
                  .last_stride = dim != ndim - 1,
                  .self_strides = self->strides,
                  .n = ndim > 0 ? index->shape[ndim - 1] : 1,
                  .size = a.n,
                  .failed = &failed};
    if (ndim == 0 || self->ndim == 0)
        g.last_stride = 0;
    const int64_t bytes = cpu_bytes(self->dtype);
    cpu_range(index->n / g.n, cpu_grain(g.n),
              bytes == 1   ? gather_1
              : bytes == 2 ? gather_2
              : bytes == 4 ? gather_4
                           : gather_8,
              &g);
    if (!failed)
        return TORSH_OK;
    return torsh__cpu_out_of_bounds(TORSH_ERR_VALUE, at[torsh__cpu_index_outside(at, index->n, 0, a.n)],
                                    dim < 0 ? 0 : dim, a.n);
}
