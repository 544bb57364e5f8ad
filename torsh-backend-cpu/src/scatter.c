/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_add, scatter_add and _index_put_. What is added to one element is added in the order of the indices:
 * tasks own disjoint parts of the result, cut by shape, and each walks through all indices. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/half.h>
#include <torsh/ops/index_params.h>

#include "lanes.h"
#include "select.h"
#include "strided.h"

/* to[o][at[k]] += alpha * from[o][k] (or = from[o][k]), rows of `inner` elements; tasks take strips of them.
 */
typedef struct rows {
    char *to;
    const char *from;
    const int64_t *at;
    int64_t outer, rows, inner, n_at, strip, bytes;
    torsh_scalar_t alpha;
    int *failed; /* set by a task that got no scratch memory */
} rows_t;

/* src added along index's rows; index is no larger than self and source in any dimension. */
typedef struct scatter {
    const torsh_view_t *self, *index, *source;
    char *to;
    int32_t dim, last;   /* dimensions; both 0 for 0-d tensors */
    int64_t rows, inner; /* of self: along dim, after it */
    int64_t steps, n;    /* rows of index for one position in the dimensions before dim; elements of a row */
    int64_t strip;
    int *failed;
} scatter_t;

/* Where position r of index's dimensions [from, to) lies in v; dimension `without` is left out. */
static int64_t place(const torsh_view_t *index, const torsh_view_t *v, int64_t r, int32_t from, int32_t to,
                     int32_t without)
{
    int64_t at = 0;
    for (int32_t d = to - 1; d > from; d--) {
        if (d != without)
            at += r % index->shape[d] * v->strides[d];
        r /= index->shape[d];
    }
    return to > from && from != without ? at + r * v->strides[from] : at;
}

static double to_double(torsh_scalar_t s)
{
    return s.kind == TORSH_SCALAR_FLOAT ? s.v.f : (double)s.v.i;
}

static int64_t to_int(torsh_scalar_t s)
{
    return s.kind == TORSH_SCALAR_FLOAT ? (int64_t)s.v.f : s.v.i;
}

#define PLUS(a, b) ((a) + (b))
#define ALPHA to_double
#define S f32
#define ELEM float
#define ACC float
#include "scatter_body.h"
#define S f64
#define ELEM double
#define ACC double
#include "scatter_body.h"
/* 16-bit floats: summed up in float in scratch memory, rounded once */
#define S f16
#define ELEM uint16_t
#define ACC float
#define VALUE f32_from_f16
#define LOAD f32_from_f16_block
#define SAVE f16_from_f32_block
#include "scatter_body.h"
#define S bf16
#define ELEM uint16_t
#define ACC float
#define VALUE f32_from_bf16
#define LOAD f32_from_bf16_block
#define SAVE bf16_from_f32_block
#include "scatter_body.h"
#undef ALPHA
#define ALPHA to_int
#define S i64
#define ELEM uint64_t
#define ACC uint64_t
#include "scatter_body.h"
#define S i32
#define ELEM uint32_t
#define ACC uint32_t
#include "scatter_body.h"
#define S u8
#define ELEM uint8_t
#define ACC uint8_t
#include "scatter_body.h"
#undef PLUS
#define PLUS(a, b) (((a) | (b)) != 0)
#define S truth
#define ELEM uint8_t
#define ACC uint8_t
#include "scatter_body.h"

typedef void (*task_fn)(const void *, int64_t, int64_t);

#define CHOOSE(name, dtype)                                                                                  \
    ((dtype) == TORSH_F32    ? name##_f32                                                                    \
     : (dtype) == TORSH_F64  ? name##_f64                                                                    \
     : (dtype) == TORSH_F16  ? name##_f16                                                                    \
     : (dtype) == TORSH_BF16 ? name##_bf16                                                                   \
     : (dtype) == TORSH_I64  ? name##_i64                                                                    \
     : (dtype) == TORSH_I32  ? name##_i32                                                                    \
     : (dtype) == TORSH_U8   ? name##_u8                                                                     \
                             : name##_truth)

static int is_half(torsh_dtype_t dtype)
{
    return dtype == TORSH_F16 || dtype == TORSH_BF16;
}

/* Strips of a row: enough of them for the pool where there are few outer positions, at least two cache lines
 * each. */
static int64_t strip_of(int64_t outer, int64_t inner, int64_t bytes)
{
    enum { PARTS = 8 };
    const int64_t lines = 128 / bytes, parts = outer >= PARTS ? 1 : PARTS / outer;
    const int64_t strip = (inner / parts + lines - 1) / lines * lines;
    return strip < lines ? lines : strip;
}

static void run_rows(const rows_t *r, task_fn task)
{
    const int64_t strips = (r->inner + r->strip - 1) / r->strip;
    cpu_range(r->outer * strips, cpu_grain(r->n_at * (8 + r->strip)), task, r);
}

static torsh_status_t add_rows(rows_t *r, torsh_dtype_t dtype)
{
    int failed = 0;
    if (r->outer * r->rows * r->inner == 0 || r->n_at == 0)
        return TORSH_OK;
    r->failed = &failed;
    r->strip = strip_of(r->outer, r->inner, cpu_bytes(dtype));
    run_rows(r, CHOOSE(add_task, dtype));
    return failed ? cpu_no_scratch() : TORSH_OK;
}

static void copy_self(const torsh_view_t *self, const torsh_view_t *out)
{
    const int64_t one = 1;
    if (cpu_at(self) != cpu_at(out))
        torsh__cpu_copy_strided(cpu_bytes(self->dtype), 1, &self->n, cpu_at(out), &one, cpu_at(self), &one);
}

torsh_status_t torsh__cpu_run_index_add(const torsh_call_t *call)
{
    const torsh__index_add_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[1], *source = &call->in[2],
                       *out = &call->out[0];
    const cpu_along_t a = cpu_along(self, p->dim);
    const int64_t *at = (const int64_t *)cpu_at(index), bad = torsh__cpu_index_outside(at, index->n, 0, a.n);
    if (bad >= 0)
        return torsh__cpu_out_of_bounds(TORSH_ERR_INDEX, at[bad],
                                        p->dim < 0 ? p->dim + (self->ndim ? self->ndim : 1) : p->dim, a.n);
    copy_self(self, out);
    rows_t rows = {.to = cpu_at(out),
                   .from = cpu_at(source),
                   .at = at,
                   .outer = a.outer,
                   .rows = a.n,
                   .inner = a.inner,
                   .n_at = index->n,
                   .alpha = p->alpha};
    return add_rows(&rows, self->dtype);
}

torsh_status_t torsh__cpu_run_scatter_add(const torsh_call_t *call)
{
    const torsh__scatter_add_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[1], *source = &call->in[2],
                       *out = &call->out[0];
    const cpu_along_t a = cpu_along(self, p->dim);
    const int64_t *at = (const int64_t *)cpu_at(index), bad = torsh__cpu_index_outside(at, index->n, 0, a.n);
    const int32_t last = index->ndim ? index->ndim - 1 : 0;
    const int32_t dim = !index->ndim ? 0 : (int32_t)(p->dim < 0 ? p->dim + index->ndim : p->dim);
    int failed = 0;
    if (bad >= 0)
        return torsh__cpu_out_of_bounds(TORSH_ERR_VALUE, at[bad], dim, a.n);
    copy_self(self, out);
    if (index->n == 0)
        return TORSH_OK;
    const cpu_along_t i = cpu_along(index, p->dim);
    scatter_t s = {.self = self,
                   .index = index,
                   .source = source,
                   .to = cpu_at(out),
                   .dim = dim,
                   .last = last,
                   .rows = a.n,
                   .inner = a.inner,
                   .n = index->ndim ? index->shape[last] : 1,
                   .failed = &failed};
    s.steps = index->n / i.outer / s.n;
    s.strip = dim == last || is_half(self->dtype) ? s.n : strip_of(i.outer, s.n, cpu_bytes(self->dtype));
    cpu_range(i.outer * ((s.n + s.strip - 1) / s.strip), cpu_grain(s.steps * (8 + s.strip)),
              CHOOSE(scatter_task, self->dtype), &s);
    return failed ? cpu_no_scratch() : TORSH_OK;
}

/* ---- _index_put_ ---- */

static void put_task(const void *ctx, int64_t first, int64_t last)
{
    const rows_t *p = ctx;
    const int64_t strips = (p->inner + p->strip - 1) / p->strip, row = p->inner * p->bytes;
    for (int64_t i = first; i < last; i++) {
        const int64_t o = i / strips, c = i % strips * p->strip;
        const size_t bytes = (size_t)(cpu_least(p->strip, p->inner - c) * p->bytes);
        char *to = p->to + o * p->rows * row + c * p->bytes;
        const char *from = p->from + o * p->n_at * row + c * p->bytes;
        for (int64_t k = 0; k < p->n_at; k++) /* in order: of equal indices the last one stays */
            memcpy(to + p->at[k] * row, from + k * row, bytes);
    }
}

torsh_status_t torsh__cpu_run_index_put(const torsh_call_t *call)
{
    const torsh___index_put__params_t *p = call->params;
    const torsh_view_t *self = &call->in[0], *values = &call->in[1], *index = &call->in[2],
                       *out = &call->out[0];
    rows_t r = {.to = cpu_at(out),
                .from = cpu_at(values),
                .outer = 1,
                .rows = 1,
                .inner = 1,
                .n_at = index[0].n,
                .bytes = cpu_bytes(self->dtype),
                .alpha = torsh_scalar_i(1)};
    for (int64_t d = 0; d < self->ndim; d++)
        *(d < p->first ? &r.outer : d < p->first + p->n_indices ? &r.rows : &r.inner) *= self->shape[d];
    const int64_t strip = r.outer ? strip_of(r.outer, r.inner, r.bytes) : 0;
    /* tasks of 16-bit sums take scratch memory, too: a float for each element of a strip */
    const int64_t reserve = p->accumulate && is_half(self->dtype) ? (r.rows * strip * 4 + 63) / 64 * 64 : 0;
    torsh_status_t status = torsh__cpu_positions(index, p->n_indices, self->shape, p->first, reserve, &r.at);
    if (status != TORSH_OK)
        return status;
    copy_self(self, out);
    if (p->accumulate)
        return add_rows(&r, self->dtype);
    if (r.outer * r.rows * r.inner == 0 || r.n_at == 0)
        return TORSH_OK;
    r.strip = strip;
    run_rows(&r, put_task);
    return TORSH_OK;
}
