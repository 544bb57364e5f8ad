/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* a + b.t(): an operand contiguous along another dimension than the result is turned tile by tile, so that
 * every cache line is read once. */
#include "pointwise_job.h"
#include "transpose.h"

enum {
    ROWS = 16,           /* of a tile: a cache line of floats of the turned operand */
    COLUMN_BYTES = 1024, /* of a row of a tile */
    LEAST = 8            /* both dimensions are at least so long */
};

typedef struct tiles {
    cpu_job_t *j;
    int across;              /* the dimension along which turned operands are contiguous */
    unsigned turned, spread; /* bits of operands: to be turned; with one element a row */
    int64_t columns, column_tiles, row_tiles, n, per; /* of a tile; of the space; all tiles; of a task */
    cpu_cursor_t outer;                               /* over the other dimensions */
    int64_t shape[TORSH_MAX_DIMS], strides[CPU_OUT + 1][TORSH_MAX_DIMS];
} tiles_t;

/* A dimension of stride 1 that all operands which are not contiguous along the last one share; -1: there is
 * none. */
static int find_across(tiles_t *t)
{
    const cpu_job_t *j = t->j;
    const int last = j->ndim - 1;
    int across = -1;
    for (int i = 0; i < j->op->n_in; i++) {
        const cpu_operand_t *o = &j->operand[i];
        if (o->how == CPU_CONSTANT)
            continue;
        if (!o->same || o->bytes > 8)
            return -1;
        if (o->strides[last] == 1)
            continue;
        if (o->strides[last] == 0) {
            t->spread |= 1u << i;
            continue;
        }
        t->turned |= 1u << i;
        int d = last - 1;
        while (d >= 0 && (o->strides[d] != 1 || j->shape[d] < LEAST))
            d--;
        if (d < 0 || (across >= 0 && across != d))
            return -1;
        across = d;
    }
    return across;
}

static void lay_out(tiles_t *t)
{
    const cpu_job_t *j = t->j;
    const int last = j->ndim - 1, n_in = j->op->n_in;
    t->columns = cpu_least(COLUMN_BYTES / j->widest, j->shape[last]);
    t->column_tiles = (j->shape[last] + t->columns - 1) / t->columns;
    t->row_tiles = (j->shape[t->across] + ROWS - 1) / ROWS;
    t->n = t->column_tiles * t->row_tiles;
    t->outer.ndim = 0;
    t->outer.n_operands = n_in + 1;
    t->outer.shape = t->shape;
    for (int d = 0; d < last; d++) {
        if (d == t->across)
            continue;
        t->shape[t->outer.ndim] = j->shape[d];
        for (int i = 0; i <= n_in; i++) {
            const cpu_operand_t *o = &j->operand[i < n_in ? i : CPU_OUT];
            t->strides[i][t->outer.ndim] = o->how == CPU_CONSTANT ? 0 : o->strides[d];
        }
        t->outer.ndim++;
        t->n *= j->shape[d];
    }
    for (int i = 0; i <= n_in; i++)
        t->outer.strides[i] = t->strides[i];
    const int64_t per = CPU_GRAIN / (ROWS * t->columns);
    t->per = per > 1 ? per : 1;
}

static void run_tile(const tiles_t *t, cpu_work_t *w, char (*turned)[ROWS * COLUMN_BYTES], int64_t tile)
{
    cpu_job_t *j = t->j;
    const int last = j->ndim - 1, n_in = j->op->n_in;
    const int64_t row = tile % t->row_tiles * ROWS,
                  column = tile / t->row_tiles % t->column_tiles * t->columns;
    cpu_cursor_t c = t->outer;
    cpu_seek(&c, tile / t->row_tiles / t->column_tiles);
    cpu_rows_t s = {.rows = cpu_least(ROWS, j->shape[t->across] - row),
                    .n = cpu_least(t->columns, j->shape[last] - column),
                    .spread = t->spread};
    for (int i = 0; i <= n_in; i++) {
        const int at = i < n_in ? i : CPU_OUT;
        const cpu_operand_t *o = &j->operand[at];
        if (o->how == CPU_CONSTANT)
            continue;
        const int64_t offset = c.offset[i] + row * o->strides[t->across] + column * o->strides[last];
        s.p[at] = o->p + offset * o->bytes;
        s.step[at] = o->strides[t->across] * o->bytes;
        if (at < CPU_OUT && t->turned >> at & 1) {
            cpu_transpose(turned[at], s.n, s.p[at], o->strides[last], s.rows, s.n, o->bytes, false);
            s.p[at] = turned[at];
            s.step[at] = s.n * o->bytes;
        }
    }
    cpu_run_some_rows(j, w, &s);
}

static void run_task(void *context, int64_t i)
{
    const tiles_t *t = context;
    cpu_work_t w;
    char turned[CPU_OUT][ROWS * COLUMN_BYTES] __attribute__((aligned(64)));
    cpu_begin_work(t->j, &w, t->columns);
    for (int64_t tile = i * t->per; tile < cpu_least(t->n, (i + 1) * t->per); tile++)
        run_tile(t, &w, turned, tile);
    if (t->j->past_cache)
        cpu_stream_end();
}

bool cpu_run_tiles(cpu_job_t *j)
{
    const int last = j->ndim - 1;
    const cpu_operand_t *out = &j->operand[CPU_OUT];
    if (last < 1 || j->shape[last] < LEAST || !out->same || out->strides[last] != 1)
        return false;
    tiles_t t = {.j = j};
    t.across = find_across(&t);
    if (t.across < 0)
        return false;
    lay_out(&t);
    const int64_t tasks = (t.n + t.per - 1) / t.per;
    if (tasks == 1)
        run_task(&t, 0);
    else
        torsh__cpu_host->parallel(tasks, run_task, &t);
    return true;
}
