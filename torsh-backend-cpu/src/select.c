/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_select and _index, and the list of all kernels that move elements by index. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/index_params.h>

#include "select.h"

int64_t torsh__cpu_index_outside(const int64_t *index, int64_t n, int64_t low, int64_t high)
{
    enum { BLOCK = 1024 };
    const uint64_t size = (uint64_t)(high - low);
    for (int64_t k = 0; k < n; k += BLOCK) {
        const int64_t end = cpu_least(n, k + BLOCK);
        uint64_t bad = 0;
        for (int64_t i = k; i < end; i++)
            bad |= (uint64_t)index[i] - (uint64_t)low >= size;
        for (int64_t i = k; bad; i++)
            if ((uint64_t)index[i] - (uint64_t)low >= size)
                return i;
    }
    return -1;
}

/* ---- rows ---- */

#define ELEM uint8_t
#define COPY copy_1
#include "select_body.h"
#define ELEM uint16_t
#define COPY copy_2
#include "select_body.h"
#define ELEM uint32_t
#define COPY copy_4
#include "select_body.h"
#define ELEM uint64_t
#define COPY copy_8
#include "select_body.h"

static void copy_any(char *restrict to, const char *restrict from, const int64_t *restrict at, int64_t n,
                     int64_t bytes)
{
    for (int64_t k = 0; k < n; k++)
        memcpy(to + k * bytes, from + at[k] * bytes, (size_t)bytes);
}

static void copy_range(const void *ctx, int64_t from, int64_t to)
{
    const torsh__cpu_rows_t *r = ctx;
    while (from < to) { /* rows from .. to of all outer parts, a part at a time */
        const int64_t o = from / r->n_at, k = from % r->n_at, n = cpu_least(to - from, r->n_at - k);
        const char *table = r->from + o * r->rows * r->row_bytes;
        char *d = r->to + from * r->row_bytes;
        switch (r->row_bytes) {
        case 1:
            copy_1(d, table, r->at + k, n);
            break;
        case 2:
            copy_2(d, table, r->at + k, n);
            break;
        case 4:
            copy_4(d, table, r->at + k, n);
            break;
        case 8:
            copy_8(d, table, r->at + k, n);
            break;
        default:
            copy_any(d, table, r->at + k, n, r->row_bytes);
        }
        from += n;
    }
}

void torsh__cpu_copy_rows(const torsh__cpu_rows_t *r)
{
    if (r->row_bytes > 0)
        cpu_range(r->outer * r->n_at, cpu_grain(2 + r->row_bytes / 8), copy_range, r);
}

static torsh_status_t index_select(const torsh_call_t *call)
{
    const torsh__index_select_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0], *index = &call->in[1];
    const cpu_along_t a = cpu_along(self, p->dim);
    const int64_t *at = (const int64_t *)cpu_at(index);
    if (torsh__cpu_index_outside(at, index->n, 0, a.n) >= 0)
        return torsh__cpu_host->fail(TORSH_ERR_INDEX, "index out of range in self");
    torsh__cpu_rows_t rows = {cpu_at(self), cpu_at(&call->out[0]),           at, a.outer, a.n,
                              index->n,     a.inner * cpu_bytes(self->dtype)};
    torsh__cpu_copy_rows(&rows);
    return TORSH_OK;
}

/* ---- _index ---- */

torsh_status_t torsh__cpu_positions(const torsh_view_t *index, int32_t n_index, const int64_t *shape,
                                    int64_t first, int64_t reserve, const int64_t **at)
{
    enum { BLOCK = 1024 };
    const int64_t n = index[0].n;
    for (int32_t j = 0; j < n_index; j++) {
        const int64_t *v = (const int64_t *)cpu_at(&index[j]), size = shape[first + j];
        const int64_t bad = torsh__cpu_index_outside(v, n, -size, size);
        if (bad >= 0)
            return torsh__cpu_out_of_bounds(TORSH_ERR_INDEX, v[bad], first + j, size);
    }
    *at = (const int64_t *)cpu_at(&index[0]);
    if (n_index == 1 && torsh__cpu_index_outside(*at, n, 0, shape[first]) < 0)
        return TORSH_OK;
    char *scratch = torsh__cpu_host->scratch((size_t)(reserve + n * (int64_t)sizeof(int64_t)));
    if (!scratch)
        return cpu_no_scratch();
    int64_t *sum = (int64_t *)(scratch + reserve);
    for (int64_t k = 0; k < n; k += BLOCK) {
        const int64_t end = cpu_least(n, k + BLOCK);
        memset(sum + k, 0, (size_t)(end - k) * sizeof *sum);
        for (int32_t j = 0; j < n_index; j++) {
            const int64_t *v = (const int64_t *)cpu_at(&index[j]), size = shape[first + j];
            for (int64_t i = k; i < end; i++)
                sum[i] = sum[i] * size + v[i] + (v[i] < 0 ? size : 0);
        }
    }
    *at = sum;
    return TORSH_OK;
}

static torsh_status_t index_many(const torsh_call_t *call)
{
    const torsh___index_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0];
    torsh__cpu_rows_t rows = {.from = cpu_at(self),
                              .to = cpu_at(&call->out[0]),
                              .outer = 1,
                              .rows = 1,
                              .n_at = call->in[1].n,
                              .row_bytes = cpu_bytes(self->dtype)};
    for (int64_t d = 0; d < self->ndim; d++)
        *(d < p->first                  ? &rows.outer
          : d < p->first + p->n_indices ? &rows.rows
                                        : &rows.row_bytes) *= self->shape[d];
    torsh_status_t status =
        torsh__cpu_positions(call->in + 1, p->n_indices, self->shape, p->first, 0, &rows.at);
    if (status == TORSH_OK)
        torsh__cpu_copy_rows(&rows);
    return status;
}

static const torsh_kernel_t kernels[] = {
    CPU_ALL(TORSH_OP_CAT, TORSH_ANY_STRIDES, torsh__cpu_run_cat),
    CPU_ALL(TORSH_OP_INDEX_SELECT, 0, index_select),
    CPU_ALL(TORSH_OP__INDEX, 0, index_many),
    CPU_ALL(TORSH_OP_GATHER, 0, torsh__cpu_run_gather),
    CPU_ALL(TORSH_OP_FLIP, TORSH_ANY_STRIDES, torsh__cpu_run_flip),
    CPU_ALL(TORSH_OP_INDEX_ADD, TORSH_OVERWRITES, torsh__cpu_run_index_add),
    CPU_ALL(TORSH_OP_SCATTER_ADD, TORSH_OVERWRITES, torsh__cpu_run_scatter_add),
    CPU_ALL(TORSH_OP__INDEX_PUT_, TORSH_OVERWRITES, torsh__cpu_run_index_put),
};
CPU_LIST(select);
