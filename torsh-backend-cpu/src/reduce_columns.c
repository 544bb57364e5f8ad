/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reductions that keep the dimension contiguous in memory: rows are combined into a row of running values. */
#include "reduce_job.h"

enum {
    COLUMN_BYTES = 8192, /* of running values */
    GROUP = 64,          /* rows combined one after the other; groups, and groups of groups, likewise */
    LEVELS = 3,
    TASK_ELEMENTS = 4 * CPU_REDUCE_GRAIN,
    MAX_CHUNKS = 64
};

/* Running values: level 0 of up to GROUP rows, 1 of up to GROUP of these, 2 of all others. */
typedef struct columns {
    int64_t n;            /* columns */
    int64_t rows[LEVELS]; /* how many are in each level */
    char acc[LEVELS][COLUMN_BYTES] __attribute__((aligned(64)));
} columns_t;

static void add(const cpu_reduce_job_t *j, columns_t *s, int level, const char *p, int64_t rows,
                int64_t stride)
{
    if (rows > 0 && s->rows[level] == 0) {
        memcpy(s->acc[level], p, (size_t)(s->n * j->acc_bytes));
        s->rows[level] = 1;
        p += stride * j->acc_bytes;
        rows--;
    }
    j->op->into(s->acc[level], p, rows, stride, s->n);
    s->rows[level] += rows;
}

/* Hands a full level on to the next. */
static void carry(const cpu_reduce_job_t *j, columns_t *s)
{
    for (int level = 0; level < LEVELS - 1 && s->rows[level] == GROUP; level++) {
        add(j, s, level + 1, s->acc[level], 1, 0);
        s->rows[level] = 0;
    }
}

/* Rows of s->n columns: element (r, i) is at p + r * row_stride + i * stride of the input. */
static void add_rows(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, columns_t *s, const char *p,
                     int64_t rows, int64_t row_stride, int64_t stride)
{
    while (rows > 0) {
        int64_t n = GROUP - s->rows[0] < rows ? GROUP - s->rows[0] : rows;
        if (j->direct && stride == 1) {
            add(j, s, 0, p, n, row_stride);
        } else {
            const char *from = p;
            n = 1;
            if (stride != 1) {
                cpu_gather(w->raw, p, 0, 1, stride, s->n, j->in_bytes);
                from = w->raw;
            }
            add(j, s, 0, cpu_reduce_prepare(j, w, from, s->n), 1, 0);
        }
        carry(j, s);
        p += n * row_stride * j->in_bytes;
        rows -= n;
    }
}

/* All levels into one; where it is. */
static char *total(const cpu_reduce_job_t *j, columns_t *s)
{
    int level = 0;
    while (s->rows[level] == 0)
        level++;
    for (int next = level + 1; next < LEVELS; next++) {
        if (s->rows[next] > 0)
            add(j, s, next, s->acc[level], 1, 0);
        level = s->rows[next] > 0 ? next : level;
    }
    return s->acc[level];
}

static void clear(columns_t *s, int64_t n)
{
    s->n = n;
    for (int level = 0; level < LEVELS; level++)
        s->rows[level] = 0;
}

/* Rows [begin, end) of n columns from p on. */
static char *reduce_block(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, columns_t *s, const char *p,
                          int64_t begin, int64_t end, int64_t n)
{
    const int last = j->n_reduced - 1;
    const int64_t stride = j->kept_in[j->n_kept - 1];
    cpu_cursor_t c;
    clear(s, n);
    cpu_reduce_reduced(j, &c);
    cpu_seek(&c, begin);
    for (int64_t at = begin; at < end;) {
        const int64_t left = c.shape[last] - c.index[last], rows = end - at < left ? end - at : left;
        add_rows(j, w, s, p + c.offset[0] * j->in_bytes, rows, j->reduced_in[last], stride);
        cpu_advance(&c, last, rows);
        at += rows;
    }
    return total(j, s);
}

/* The same where few columns lie densely row after row: many rows are taken as one wide one, whose parts are
 * combined at the end. */
static char *reduce_narrow(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, columns_t *s, const char *p,
                           int64_t begin, int64_t end, int64_t n, int64_t widest)
{
    int64_t fold = widest / n < end - begin ? widest / n : end - begin;
    const int64_t wide_rows = (end - begin) / fold, wide = fold * n, rest = (end - begin) % fold;
    p += begin * n * j->in_bytes;
    clear(s, wide);
    add_rows(j, w, s, p, wide_rows, wide, 1);
    char *acc = total(j, s);
    if (rest > 0) { /* into the first parts */
        const char *from = p + wide_rows * wide * j->in_bytes;
        j->op->into(acc, j->direct ? from : cpu_reduce_prepare(j, w, from, rest * n), 1, 0, rest * n);
    }
    while (fold > 1) {
        const int64_t half = fold / 2;
        fold -= half;
        j->op->into(acc, acc + fold * n * j->acc_bytes, 1, 0, half * n);
    }
    return acc;
}

/* Task i: a block of columns, of it a chunk of rows. */
static void run_block(void *context, int64_t i)
{
    const cpu_reduce_job_t *j = context;
    cpu_reduce_work_t w;
    columns_t s;
    const int last = j->n_kept - 1;
    const int64_t columns = j->kept_shape[last], stride = j->kept_in[last];
    const int64_t widest = j->direct && stride == 1 ? COLUMN_BYTES / j->acc_bytes : CPU_REDUCE_BLOCK;
    const int64_t blocks = (columns + widest - 1) / widest, block = i / j->chunks;
    const int64_t begin = i % j->chunks * j->per,
                  end = begin + j->per < j->reduced ? begin + j->per : j->reduced;
    const int64_t column = block % blocks * widest, n = columns - column < widest ? columns - column : widest;
    const int64_t at = block / blocks * columns + column;
    cpu_cursor_t c;
    cpu_reduce_kept(j, &c);
    cpu_seek(&c, at);
    const char *p = j->in + c.offset[0] * j->in_bytes;
    const bool narrow =
        j->n_reduced == 1 && stride == 1 && j->reduced_in[0] == columns && 2 * columns <= widest;
    const char *acc = narrow ? reduce_narrow(j, &w, &s, p, begin, end, n, widest)
                             : reduce_block(j, &w, &s, p, begin, end, n);
    if (j->chunks == 1)
        cpu_reduce_store(j, &c, acc, n);
    else
        memcpy(j->partial + (i % j->chunks * j->kept + at) * j->acc_bytes, acc, (size_t)(n * j->acc_bytes));
}

/* Combines the chunks of the results from i * CPU_REDUCE_BLOCK on. */
static void combine_chunks(void *context, int64_t i)
{
    const cpu_reduce_job_t *j = context;
    const int64_t at = i * CPU_REDUCE_BLOCK,
                  n = j->kept - at < CPU_REDUCE_BLOCK ? j->kept - at : CPU_REDUCE_BLOCK;
    char *first = j->partial + at * j->acc_bytes;
    j->op->into(first, first + j->kept * j->acc_bytes, j->chunks - 1, j->kept, n);
    cpu_cursor_t c;
    cpu_reduce_kept(j, &c);
    cpu_seek(&c, at);
    cpu_reduce_store(j, &c, first, n);
}

torsh_status_t CPU_NAME(torsh__cpu_reduce_columns)(cpu_reduce_job_t *j)
{
    const int last = j->n_kept - 1;
    const int64_t columns = j->kept_shape[last];
    const int64_t widest =
        j->direct && j->kept_in[last] == 1 ? COLUMN_BYTES / j->acc_bytes : CPU_REDUCE_BLOCK;
    const int64_t blocks = j->kept / columns * ((columns + widest - 1) / widest);
    const int64_t width = columns < widest ? columns : widest;
    j->chunks = 1;
    j->per = j->reduced;
    if (blocks < MAX_CHUNKS && j->reduced * width > 2 * TASK_ELEMENTS) {
        const int64_t least = (j->reduced + MAX_CHUNKS - 1) / MAX_CHUNKS;
        j->per = TASK_ELEMENTS / width > least ? TASK_ELEMENTS / width : least;
        j->chunks = (j->reduced + j->per - 1) / j->per;
        j->partial = torsh__cpu_host->scratch((size_t)(j->chunks * j->kept * j->acc_bytes));
        if (!j->partial)
            return torsh__cpu_host->fail(TORSH_ERR_MEMORY, "out of memory");
    }
    if (blocks * j->chunks == 1)
        run_block(j, 0);
    else
        torsh__cpu_host->parallel(blocks * j->chunks, run_block, j);
    if (j->chunks > 1)
        torsh__cpu_host->parallel((j->kept + CPU_REDUCE_BLOCK - 1) / CPU_REDUCE_BLOCK, combine_chunks, j);
    return TORSH_OK;
}
