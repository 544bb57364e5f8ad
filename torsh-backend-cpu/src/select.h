/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kernels that move elements by index, over four files; select.c lists them all. */
#ifndef TORSH_CPU_SELECT_H
#define TORSH_CPU_SELECT_H

#include "cpu.h"
#include "range.h"

#define torsh__cpu_run_cat CPU_NAME(torsh__cpu_run_cat)
#define torsh__cpu_run_flip CPU_NAME(torsh__cpu_run_flip)
#define torsh__cpu_run_gather CPU_NAME(torsh__cpu_run_gather)
#define torsh__cpu_run_index_add CPU_NAME(torsh__cpu_run_index_add)
#define torsh__cpu_run_scatter_add CPU_NAME(torsh__cpu_run_scatter_add)
#define torsh__cpu_run_index_put CPU_NAME(torsh__cpu_run_index_put)
torsh_status_t torsh__cpu_run_cat(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_flip(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_gather(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_index_add(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_scatter_add(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_index_put(const torsh_call_t *call);

/* Rows of one size chosen out of a table: to[o][k] = from[o][at[k]], row_bytes each; at[] has been checked.
 */
typedef struct torsh__cpu_rows {
    const char *from;
    char *to;
    const int64_t *at;
    int64_t outer, rows, n_at, row_bytes; /* from is [outer, rows], to is [outer, n_at] */
} torsh__cpu_rows_t;

#define torsh__cpu_copy_rows CPU_NAME(torsh__cpu_copy_rows)
void torsh__cpu_copy_rows(const torsh__cpu_rows_t *r);

/* The first k with index[k] outside [low, high), or -1. */
#define torsh__cpu_index_outside CPU_NAME(torsh__cpu_index_outside)
int64_t torsh__cpu_index_outside(const int64_t *index, int64_t n, int64_t low, int64_t high);

/* Index tensors index[0] … index[n_index - 1], of n elements each, of dimensions first, first + 1, … of
 * `shape`: in *at (in scratch memory behind `reserve` bytes for tasks, or one index itself) the positions
 * that they name together, counted in rows of these dimensions. Negative indices count from the end. INDEX,
 * with PyTorch's message. */
#define torsh__cpu_positions CPU_NAME(torsh__cpu_positions)
torsh_status_t torsh__cpu_positions(const torsh_view_t *index, int32_t n_index, const int64_t *shape,
                                    int64_t first, int64_t reserve, const int64_t **at);

/* INDEX, but VALUE for gather and scatter: PyTorch raises IndexError and RuntimeError. */
static inline torsh_status_t torsh__cpu_out_of_bounds(torsh_status_t status, int64_t index, int64_t dim,
                                                      int64_t size)
{
    return torsh__cpu_host->fail(status, "index %lld is out of bounds for dimension %lld with size %lld",
                                 (long long)index, (long long)dim, (long long)size);
}

#endif
