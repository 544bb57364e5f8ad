/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies, conversions and fills: pointwise operators without a formula. */
#include <string.h>

#include "convert.h"
#include "pointwise.h"
#include "space.h"
#include "stream.h"
#include "transpose.h"

enum { TILE = 256 /* rows of a transposed piece */ };

typedef struct transpose {
    char *to;
    const char *from;
    cpu_cursor_t outer;             /* over the dimensions other than the two */
    int64_t rows, columns;          /* to is contiguous along columns, from along rows */
    int64_t to_stride, from_stride; /* of to from one row to the next, of from from one column to the next */
    int64_t outer_shape[TORSH_MAX_DIMS], strides[2][TORSH_MAX_DIMS];
    int bytes;
    bool past_cache;
} transpose_t;

static void run_tile(void *context, int64_t i)
{
    const transpose_t *t = context;
    const int64_t tiles = (t->rows + TILE - 1) / TILE, row = i % tiles * TILE;
    const int64_t rows = t->rows - row < TILE ? t->rows - row : TILE;
    cpu_cursor_t c = t->outer;
    cpu_seek(&c, i / tiles);
    cpu_transpose(t->to + (c.offset[0] + row * t->to_stride) * t->bytes, t->to_stride,
                  t->from + (c.offset[1] + row) * t->bytes, t->from_stride, rows, t->columns, t->bytes,
                  t->past_cache);
    if (t->past_cache)
        cpu_stream_end();
}

/* A copy whose operands are contiguous along different dimensions goes by tiles; false: it is not one. */
static bool copy_transposed(const torsh_view_t *out, const torsh_view_t *in)
{
    const int last = out->ndim - 1;
    if (last < 1 || out->strides[last] != 1 || in->strides[last] == 1 || out->shape[last] < 8 ||
        cpu_bytes(out->dtype) > 8)
        return false;
    int other = 0;
    while (other < last && (in->strides[other] != 1 || out->shape[other] < 8))
        other++;
    if (other == last)
        return false;
    transpose_t t = {.to = cpu_at(out),
                     .from = cpu_at(in),
                     .rows = out->shape[other],
                     .columns = out->shape[last],
                     .to_stride = out->strides[other],
                     .from_stride = in->strides[last],
                     .bytes = cpu_bytes(out->dtype)};
    int64_t n_outer = 1;
    for (int d = 0; d < last; d++) {
        if (d == other)
            continue;
        t.outer_shape[t.outer.ndim] = out->shape[d];
        t.strides[0][t.outer.ndim] = out->strides[d];
        t.strides[1][t.outer.ndim++] = in->strides[d];
        n_outer *= out->shape[d];
    }
    t.outer.n_operands = 2;
    t.outer.shape = t.outer_shape;
    t.outer.strides[0] = t.strides[0];
    t.outer.strides[1] = t.strides[1];
    t.past_cache = out->n * t.bytes >= CPU_STREAM_BYTES;
    const int64_t n = n_outer * ((t.rows + TILE - 1) / TILE);
    if (out->n <= TILE * TILE)
        for (int64_t i = 0; i < n; i++)
            run_tile(&t, i);
    else
        torsh__cpu_host->parallel(n, run_tile, &t);
    return true;
}

static torsh_status_t copy(const torsh_call_t *call, int at)
{
    const int dtype = call->out->dtype;
    const torsh__cpu_pointwise_t op = {
        .type = (int8_t)dtype, .result = (int8_t)dtype, .n_in = 1, .at = {(int8_t)at}, .in = {(int8_t)dtype}};
    return CPU_NAME(torsh__cpu_pointwise)(call, &op);
}

torsh_status_t CPU_NAME(torsh__cpu_copy)(const torsh_call_t *call, int at)
{
    const torsh_view_t *out = call->out, *in = &call->in[at];
    if (in->is_number ? !cpu_converts(out->dtype)
                      : out->dtype != in->dtype && !(cpu_converts(out->dtype) && cpu_converts(in->dtype)))
        return torsh__cpu_host->fail(TORSH_ERR_NOT_IMPLEMENTED, "%s: no conversion to %s", call->op,
                                     torsh_dtype_name(out->dtype));
    if (!in->is_number && cpu_same_bits(out->dtype, in->dtype) && copy_transposed(out, in))
        return TORSH_OK;
    return copy(call, at);
}

torsh_status_t CPU_NAME(torsh__cpu_zero)(const torsh_call_t *call)
{
    const torsh_view_t zero = {.is_number = true, .value = torsh_scalar_i(0)};
    torsh_call_t c = *call;
    c.in = &zero;
    return copy(&c, 0);
}
