/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which way a matrix product goes: integers, tiny, few rows or columns, or the general one. */
#include "gemm.h"

#include "bytes.h"
#include "gemm_block.h"
#include "gemm_half.h"
#include "gemm_int.h"
#include "gemm_tiles.h"

enum {
    TINY_K = 64, /* a panel of so many steps of B lies on the stack */
    TINY_WORK = 64 * 64 * 16,
    TASK_WORK = 1 << 17 /* products of a task at the speed of memory */
};

typedef struct job {
    torsh__gemm_t g;
    const torsh__gemm_ops_t *ops;
    torsh__gemm_rows_fn int_rows;
    void (*dot)(const torsh__gemm_t *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1);
    void (*piece)(const struct job *job, const torsh__gemm_t *item, int64_t from, int64_t to);
    int64_t extent, per; /* of the rows or columns (extent), so many (per) are a piece */
    int64_t chunk;       /* pieces of a task */
} job_t;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void int_piece(const job_t *job, const torsh__gemm_t *g, int64_t from, int64_t to)
{
    job->int_rows(g, from, to);
}

static void dot_rows_piece(const job_t *job, const torsh__gemm_t *g, int64_t from, int64_t to)
{
    job->dot(g, from, to, 0, g->n);
}

static void dot_columns_piece(const job_t *job, const torsh__gemm_t *g, int64_t from, int64_t to)
{
    job->dot(g, 0, g->m, from, to);
}

/* One row of C (m 1, rows of B contiguous) or one column of it (n 1, columns of A contiguous). */
static void axpy_piece(const job_t *job, const torsh__gemm_t *g, int64_t from, int64_t to)
{
    double y[TORSH__AXPY_COLUMNS];
    const int64_t bytes = job->ops->bytes;
    const int row = g->m == 1;
    const char *x = row ? g->a : g->b, *matrix = row ? g->b : g->a;
    job->ops->axpy(to - from, g->k, x, row ? g->a_cs : g->b_rs, matrix + from * bytes,
                   row ? g->b_rs : g->a_cs, y);
    job->ops->finish(g, y, to - from, row ? from : from * g->c_rs, row ? 1 : g->c_rs,
                     row ? from * g->bias_stride : 0, row ? g->bias_stride : 0);
}

/* All of a small product, without scratch memory: no rows of A are copied, and B only where it must be. */
static void tiny_piece(const job_t *job, const torsh__gemm_t *g, int64_t from, int64_t to)
{
    _Alignas(64) char panel[TINY_K * 2 * TORSH__VEC_BYTES];
    const torsh__gemm_ops_t *ops = job->ops;
    const char *b = g->b, *bias = g->bias;
    (void)from, (void)to;
    for (int64_t j = 0; j < g->n; j += ops->nr) {
        torsh__block_t block = {.m = g->m,
                                .n = least(ops->nr, g->n - j),
                                .k = g->k,
                                .a = g->a,
                                .a_rs = g->a_rs,
                                .a_cs = g->a_cs,
                                .b = b + j * g->b_cs * ops->bytes,
                                .b_rs = g->b_rs,
                                .c = (char *)g->c + j * ops->bytes,
                                .c_rs = g->c_rs,
                                .alpha = g->alpha,
                                .beta = g->beta,
                                .column_bias = bias ? bias + j * ops->bytes : NULL,
                                .relu = g->relu,
                                .b_pack = panel};
        if (g->b_cs != 1 || g->b_rs == 0 || block.n < ops->nr) {
            ops->pack_b(block.b, g->b_rs, g->b_cs, g->k, block.n, panel);
            block.b = panel;
            block.b_rs = 0;
        }
        ops->block(&block);
    }
}

/* Pieces [index * chunk, (index + 1) * chunk) of all items of the batch. */
static void do_chunk(void *context, int64_t index)
{
    const job_t *job = context;
    const int64_t pieces = (job->extent + job->per - 1) / job->per, bytes = cpu_bytes(job->g.dtype);
    const int64_t end = least(pieces * job->g.batch, (index + 1) * job->chunk);
    for (int64_t i = index * job->chunk; i < end; i++) {
        const int64_t item = i / pieces, from = i % pieces * job->per;
        torsh__gemm_t one = job->g;
        one.a = (const char *)one.a + item * one.a_bs * bytes;
        one.b = (const char *)one.b + item * one.b_bs * bytes;
        one.c = (char *)one.c + item * one.c_bs * bytes;
        job->piece(job, &one, from, least(job->extent, from + job->per));
    }
}

/* The way for this product, or piece NULL: the general one. */
static void choose(job_t *job)
{
    const torsh__gemm_t *g = &job->g;
    const int64_t work = g->m * g->n * g->k;
    if (job->int_rows) {
        job->piece = int_piece;
        job->extent = g->m;
        job->per = (1 + TASK_WORK / (32 * (1 + g->n * g->k))) * 32; /* rows share what they read of B */
    } else if (job->ops && work <= TINY_WORK && g->k <= TINY_K && (g->m > 2 || g->b_cs == 1 || g->k < 32) &&
               (!g->bias || g->bias_stride == 1)) {
        job->piece = tiny_piece;
        job->extent = job->per = 1;
    } else if (g->a_cs == 1 && g->b_rs == 1 && (g->m <= 4 || g->n <= 4) && g->k >= 16) {
        const int rows = g->m > g->n;
        job->dot = job->ops ? job->ops->dot : torsh__half_dot;
        job->piece = rows ? dot_rows_piece : dot_columns_piece;
        job->extent = rows ? g->m : g->n;
        job->per = (TASK_WORK / g->k + 4) / 4 * 4;
    } else if (job->ops && ((g->m == 1 && g->b_cs == 1) || (g->n == 1 && g->a_rs == 1))) {
        job->piece = axpy_piece;
        job->extent = g->m == 1 ? g->n : g->m;
        job->per = TORSH__AXPY_COLUMNS;
    }
}

static torsh_status_t run(job_t *job, const torsh_host_t *host)
{
    const int64_t work = job->g.m * job->g.n * job->g.k;
    if (job->g.batch == 1 && job->extent <= job->per) {
        job->piece(job, &job->g, 0, job->extent);
        return TORSH_OK;
    }
    const int64_t pieces = (job->extent + job->per - 1) / job->per, all = pieces * job->g.batch;
    job->chunk = 1 + TASK_WORK / (1 + work / pieces);
    const int64_t tasks = (all + job->chunk - 1) / job->chunk;
    if (tasks > 1)
        host->parallel(tasks, do_chunk, job);
    else
        do_chunk(job, 0);
    return TORSH_OK;
}

torsh_status_t torsh__gemm(const torsh__gemm_t *g, const torsh_host_t *host)
{
    job_t job = {.g = *g, .int_rows = torsh__gemm_int_rows(g->dtype)};
    if (g->m <= 0 || g->n <= 0 || g->batch <= 0)
        return TORSH_OK;
    if (g->dtype == TORSH_F32)
        job.ops = &torsh__gemm_ops_f32;
    else if (g->dtype == TORSH_F64)
        job.ops = &torsh__gemm_ops_f64;
    else if (!job.int_rows && g->dtype != TORSH_F16 && g->dtype != TORSH_BF16)
        return host->fail(TORSH_ERR_NOT_IMPLEMENTED, "matmul: not implemented for dtype %d", (int)g->dtype);
    /* one B for the whole batch: its rows are the rows of one product */
    if (g->batch > 1 && g->b_bs == 0 && g->a_bs == g->m * g->a_rs && g->c_bs == g->m * g->c_rs) {
        job.g.m *= g->batch;
        job.g.batch = 1;
    }
    choose(&job);
    return job.piece ? run(&job, host) : torsh__gemm_tiles(&job.g, host);
}
