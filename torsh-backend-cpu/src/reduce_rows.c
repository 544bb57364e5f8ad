/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reductions of neighbours in memory: each result on its own, long ones in pairs of ever larger pieces. */
#include "reduce_job.h"

enum {
    LEAF = 4096,     /* elements combined without further pairing */
    SHORT_ROW = 64,  /* shorter ones are gathered into blocks */
    LONG_ROW = 1024, /* shorter ones are combined with one another first, element by element: */
    GROUP = 64       /* up to so many */
};

/* Partial results of 2^k leaves each, as the ones in the binary number of leaves: error grows with the
 * logarithm. */
typedef struct pile {
    uint64_t value[64];
    int height;
    uint64_t leaves;
} pile_t;

static void push(const cpu_reduce_job_t *j, pile_t *p)
{
    p->height++;
    for (uint64_t n = ++p->leaves; n % 2 == 0; n /= 2) {
        p->height--;
        j->op->into(&p->value[p->height - 1], &p->value[p->height], 1, 0, 1);
    }
}

static void collapse(const cpu_reduce_job_t *j, pile_t *p, void *result)
{
    while (p->height > 1) {
        p->height--;
        j->op->into(&p->value[p->height - 1], &p->value[p->height], 1, 0, 1);
    }
    memcpy(result, p->value, (size_t)j->acc_bytes);
}

/* Up to `rows` rows of n elements, `stride` apart. */
static void reduce_short_rows(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, const char *p, int64_t rows,
                              int64_t stride, int64_t n, void *result)
{
    memcpy(w->raw, p, (size_t)(n * j->acc_bytes));
    j->op->into(w->raw, p + stride * j->in_bytes, rows - 1, stride, n);
    j->op->rows(result, w->raw, 1, 0, n, false);
}

/* Elements [begin, end) of the reduced ones, of the result whose first element is at p. */
static void reduce_range(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, const char *p, int64_t begin,
                         int64_t end, void *result)
{
    const int last = j->n_reduced - 1;
    const bool dense = j->n_reduced == 1 && j->reduced_in[0] == 1;
    if (j->direct && dense && end - begin <= LEAF) {
        j->op->rows(result, p + begin * j->in_bytes, 1, 0, end - begin, j->far);
        return;
    }
    const bool rows = j->reduced_in[last] == 1 && (last == 0 || j->reduced_shape[last] >= SHORT_ROW);
    pile_t pile = {.height = 0, .leaves = 0};
    cpu_cursor_t c;
    cpu_reduce_reduced(j, &c);
    cpu_seek(&c, begin);
    for (int64_t at = begin, n; at < end; at += n) {
        const char *from;
        n = j->direct && rows ? LEAF : CPU_REDUCE_BLOCK;
        n = end - at < n ? end - at : n;
        const int64_t row = c.shape[last], left = row - c.index[last];
        if (rows && j->direct && last > 0 && row < LONG_ROW && left == row && end - at >= 2 * row) {
            int64_t group = c.shape[last - 1] - c.index[last - 1];
            group = group < GROUP ? group : GROUP;
            group = group < (end - at) / row ? group : (end - at) / row;
            n = group * row;
            reduce_short_rows(j, w, p + c.offset[0] * j->in_bytes, group, j->reduced_in[last - 1], row,
                              &pile.value[pile.height]);
            push(j, &pile);
            cpu_advance(&c, last - 1, group);
            continue;
        }
        if (rows) {
            n = left < n ? left : n;
            from = p + c.offset[0] * j->in_bytes;
            cpu_advance(&c, last, n);
        } else {
            cpu_move(&c, 0, (char *)p, j->in_bytes, w->raw, n, true);
            from = w->raw;
            cpu_seek(&c, at + n);
        }
        if (!j->direct)
            from = cpu_reduce_prepare(j, w, from, n);
        j->op->rows(&pile.value[pile.height], from, 1, 0, n, j->far && j->direct && rows);
        push(j, &pile);
    }
    collapse(j, &pile, result);
}

/* n results from the cursor on. */
static void reduce_results(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, cpu_cursor_t *c, int64_t n,
                           char *results)
{
    const int last = j->n_kept - 1;
    const bool whole = j->direct && j->n_reduced == 1 && j->reduced_in[0] == 1 && j->reduced <= LEAF;
    for (int64_t r = 0, m; r < n; r += m, results += m * j->acc_bytes) {
        const char *p = j->in + c->offset[0] * j->in_bytes;
        m = 1;
        if (whole) {
            m = c->shape[last] - c->index[last];
            m = n - r < m ? n - r : m;
            j->op->rows(results, p, m, j->kept_in[last], j->reduced, j->far);
        } else {
            reduce_range(j, w, p, 0, j->reduced, results);
        }
        cpu_advance(c, last, m);
    }
}

/* Whole results, j->per of them. */
static void run_results(void *context, int64_t i)
{
    const cpu_reduce_job_t *j = context;
    cpu_reduce_work_t w;
    const int64_t begin = i * j->per, end = begin + j->per < j->kept ? begin + j->per : j->kept;
    char results[CPU_REDUCE_BLOCK * 8] __attribute__((aligned(64)));
    cpu_cursor_t c, first;
    cpu_reduce_kept(j, &c);
    cpu_seek(&c, begin);
    for (int64_t at = begin, n; at < end; at += n) {
        n = end - at < CPU_REDUCE_BLOCK ? end - at : CPU_REDUCE_BLOCK;
        first = c;
        reduce_results(j, &w, &c, n, results);
        cpu_reduce_store(j, &first, results, n);
    }
}

/* A piece of one result. */
static void run_piece(void *context, int64_t i)
{
    const cpu_reduce_job_t *j = context;
    cpu_reduce_work_t w;
    const int64_t begin = i % j->chunks * j->per,
                  end = begin + j->per < j->reduced ? begin + j->per : j->reduced;
    cpu_cursor_t c;
    cpu_reduce_kept(j, &c);
    cpu_seek(&c, i / j->chunks);
    reduce_range(j, &w, j->in + c.offset[0] * j->in_bytes, begin, end, j->partial + i * j->acc_bytes);
}

/* The pieces of one result, which lie one after the other. */
static void combine_pieces(const cpu_reduce_job_t *j, int64_t i)
{
    uint64_t result;
    pile_t pile = {.height = 0, .leaves = 0};
    for (int64_t at = 0; at < j->chunks; at += LEAF) {
        const int64_t n = j->chunks - at < LEAF ? j->chunks - at : LEAF;
        j->op->rows(&pile.value[pile.height], j->partial + (i * j->chunks + at) * j->acc_bytes, 1, 0, n,
                    false);
        push(j, &pile);
    }
    collapse(j, &pile, &result);
    cpu_cursor_t c;
    cpu_reduce_kept(j, &c);
    cpu_seek(&c, i);
    cpu_reduce_store(j, &c, (const char *)&result, 1);
}

torsh_status_t CPU_NAME(torsh__cpu_reduce_rows)(cpu_reduce_job_t *j)
{
    if (j->reduced < 2 * CPU_REDUCE_GRAIN) {
        j->per = j->reduced >= CPU_REDUCE_GRAIN ? 1 : CPU_REDUCE_GRAIN / j->reduced;
        const int64_t tasks = (j->kept + j->per - 1) / j->per;
        if (tasks == 1)
            run_results(j, 0);
        else
            torsh__cpu_host->parallel(tasks, run_results, j);
        return TORSH_OK;
    }
    j->per = CPU_REDUCE_GRAIN;
    j->chunks = (j->reduced + j->per - 1) / j->per;
    j->partial = torsh__cpu_host->scratch((size_t)(j->kept * j->chunks * j->acc_bytes));
    if (!j->partial)
        return torsh__cpu_host->fail(TORSH_ERR_MEMORY, "out of memory");
    torsh__cpu_host->parallel(j->kept * j->chunks, run_piece, j);
    for (int64_t i = 0; i < j->kept; i++)
        combine_pieces(j, i);
    return TORSH_OK;
}
