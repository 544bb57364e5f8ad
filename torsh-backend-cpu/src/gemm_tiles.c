/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The general matrix product: C is cut into tiles, one task each, by shape alone. A task walks along k in
 * steps of kc; B is packed by the task itself, or, where several tiles stand above each other, once for all
 * of them beforehand. */
#include "gemm_tiles.h"

#include <string.h>

#include "gemm_half.h"
#include "gemm_pairs.h"

enum {
    TILE_COLUMNS = 384,      /* kc of them, packed, stay in the second-level cache */
    PACKED_BYTES = 16 << 20, /* B is packed beforehand up to this size */
    TASK_WORK = 1 << 20,     /* products worth a task of its own */
    TASKS = 32,              /* enough of them for any number of threads that helps */
    SLICES = 16,             /* of k, at most */
    SLICE_STEPS = 8          /* times kc: the shortest */
};

typedef struct plan {
    torsh__gemm_t g;
    const torsh_host_t *host;
    const torsh__gemm_ops_t *ops;
    int half;                          /* float16, bfloat16: converted on the way in and out */
    int64_t depth;                     /* k in elements, where g.k counts pairs of them; else 0 */
    int64_t row_panels, column_panels; /* of mr rows, nr columns */
    int64_t row_tiles, column_tiles, item_tiles;
    int64_t item;                                     /* first item of the batch */
    int64_t b_at, convert_at, a_at, c_at, task_bytes; /* offsets in a task's scratch memory; a_pack is at 0 */
    char *packed;                                     /* all of B, or NULL */
    int64_t slices; /* of k, each with sums of its own, since C is too small to be cut further */
    char *slice_sums;
    const void *bias; /* contiguous, in the computing dtype */
    int failed;
} plan_t;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t parts(int64_t n, int64_t of)
{
    return (n + of - 1) / of;
}

static const char *at(const void *base, int64_t index, int64_t bytes)
{
    return (const char *)base + index * bytes;
}

/* k x n elements of B into panels */
static void pack(const plan_t *p, const torsh__gemm_t *g, int64_t k0, int64_t k, int64_t j0, int64_t n,
                 char *scratch, char *to)
{
    const int64_t nr = p->ops->nr;
    if (!p->half) {
        p->ops->pack_b(at(g->b, k0 * g->b_rs + j0 * g->b_cs, p->ops->bytes), g->b_rs, g->b_cs, k, n, to);
        return;
    }
    float *wide = (float *)(scratch + p->convert_at);
#ifdef __AVX512F__
    if (p->depth) {
        torsh__pairs_pack_b(g, p->depth, k0, k, j0, n, wide, to);
        return;
    }
#endif
    for (int64_t j = 0; j < n; j += nr) {
        const int64_t width = least(nr, n - j);
        const uint16_t *b = (const uint16_t *)g->b + k0 * g->b_rs + (j0 + j) * g->b_cs;
        if (g->b_rs == 1)
            for (int64_t c = 0; c < width; c++)
                torsh__half_to_float(g->dtype, b + c * g->b_cs, 1, k, wide + c * k);
        else
            for (int64_t i = 0; i < k; i++)
                torsh__half_to_float(g->dtype, b + i * g->b_rs, g->b_cs, width, wide + i * nr);
        p->ops->pack_b(wide, g->b_rs == 1 ? 1 : nr, g->b_rs == 1 ? k : 1, k, width,
                       to + j * k * (int64_t)sizeof(float));
    }
}

/* rows of a 16-bit A as floats (or pairs), in the order in which they lie */
static void widen_a(const plan_t *p, const torsh__gemm_t *g, int64_t i0, int64_t k0, torsh__block_t *block,
                    float *to)
{
    const uint16_t *a = (const uint16_t *)g->a + i0 * g->a_rs + k0 * g->a_cs;
#ifdef __AVX512F__
    if (p->depth) {
        torsh__pairs_take_a(g, p->depth, i0, k0, block, to);
        return;
    }
#endif
    block->a = to;
    if (g->a_rs == 1 && g->a_cs != 1) {
        block->a_rs = 1;
        block->a_cs = block->m;
        for (int64_t k = 0; k < block->k; k++)
            torsh__half_to_float(g->dtype, a + k * g->a_cs, 1, block->m, to + k * block->m);
        return;
    }
    block->a_rs = p->ops->kc + 16;
    block->a_cs = 1;
    for (int64_t i = 0; i < block->m; i++)
        torsh__half_to_float(g->dtype, a + i * g->a_rs, g->a_cs, block->k, to + i * block->a_rs);
}

/* What a task does: rows [i0, i1) and columns [j0, j1) of one item, over k in [k0, k1). */
typedef struct tile {
    torsh__gemm_t g; /* of the item */
    int64_t slice, i0, i1, j0, j1, k0, k1;
} tile_t;

static tile_t tile_of(const plan_t *p, int64_t index)
{
    const int64_t slice = index % p->slices, tile = index / p->slices % p->item_tiles;
    const int64_t item = p->item + index / p->slices / p->item_tiles;
    const int64_t row = tile % p->row_tiles, column = tile / p->row_tiles;
    const int64_t nr = p->ops->nr, kc = p->ops->kc, steps = parts(p->g.k, kc);
    const int64_t bytes = p->half ? 2 : p->ops->bytes;
    tile_t t = {.g = p->g, .slice = slice};
    t.g.a = at(t.g.a, item * t.g.a_bs, bytes);
    t.g.b = at(t.g.b, item * t.g.b_bs, bytes);
    t.g.c = (char *)t.g.c + item * t.g.c_bs * bytes;
    t.i0 = t.g.m * (p->row_panels * row / p->row_tiles) / p->row_panels;
    t.i1 = t.g.m * (p->row_panels * (row + 1) / p->row_tiles) / p->row_panels;
    t.j0 = p->column_panels * column / p->column_tiles * nr;
    t.j1 = least(t.g.n, p->column_panels * (column + 1) / p->column_tiles * nr);
    t.k0 = steps * slice / p->slices * kc;
    t.k1 = least(t.g.k, steps * (slice + 1) / p->slices * kc);
    return t;
}

/* Where the sums of a tile go: to C, or, when that is not the end of it, to floats of their own. */
static torsh__block_t block_of(const plan_t *p, const tile_t *t, char *scratch)
{
    torsh__block_t block = {.m = t->i1 - t->i0, .n = t->j1 - t->j0, .alpha = 1, .a_pack = scratch};
    if (p->slices > 1) {
        block.c = p->slice_sums + ((t->slice * t->g.m + t->i0) * t->g.n + t->j0) * p->ops->bytes;
        block.c_rs = t->g.n;
    } else if (p->half) {
        block.c = scratch + p->c_at;
        block.c_rs = parts(block.n, p->ops->nr) * p->ops->nr;
    } else {
        block.c = (char *)t->g.c + (t->i0 * t->g.c_rs + t->j0) * p->ops->bytes;
        block.c_rs = t->g.c_rs;
        block.alpha = t->g.alpha;
        block.beta = t->g.beta;
    }
    return block;
}

static void multiply_tile(void *context, int64_t index)
{
    plan_t *p = context;
    const torsh__gemm_ops_t *ops = p->ops;
    char *scratch = p->host->scratch((size_t)p->task_bytes);
    if (!scratch) {
        __atomic_store_n(&p->failed, 1, __ATOMIC_RELAXED);
        return;
    }
    const tile_t t = tile_of(p, index);
    torsh__block_t block = block_of(p, &t, scratch);
    for (int64_t k = t.k0; k == t.k0 || k < t.k1; k += ops->kc) {
        block.k = least(ops->kc, t.k1 - k);
        if (p->packed) {
            block.b = p->packed + (k * p->column_panels * ops->nr + t.j0 * block.k) * ops->bytes;
        } else {
            pack(p, &t.g, k, block.k, t.j0, block.n, scratch, scratch + p->b_at);
            block.b = scratch + p->b_at;
        }
        if (p->half) {
            widen_a(p, &t.g, t.i0, k, &block, (float *)(scratch + p->a_at));
        } else {
            block.a = at(t.g.a, t.i0 * t.g.a_rs + k * t.g.a_cs, ops->bytes);
            block.a_rs = t.g.a_rs;
            block.a_cs = t.g.a_cs;
        }
        if (!p->half && p->slices == 1 && k + ops->kc >= t.g.k) {
            block.column_bias = p->bias ? at(p->bias, t.j0, ops->bytes) : NULL;
            block.relu = t.g.relu;
        }
        ops->block(&block);
        block.beta = 1;
    }
    for (int64_t i = 0; p->half && p->slices == 1 && i < block.m; i++)
        torsh__half_finish(&t.g, (float *)block.c + i * block.c_rs, t.i0 + i, t.j0, block.n);
}

/* one row of C from the sums of all slices, added in their order */
static void add_slices(void *context, int64_t i)
{
    enum { RUN = 256 };
    plan_t *p = context;
    const torsh__gemm_t *g = &p->g;
    const torsh__gemm_ops_t *ops = p->half ? &torsh__gemm_ops_f32 : p->ops; /* of the sums */
    const int64_t bytes = ops->bytes;
    const double one64 = 1;
    const float one32 = 1;
    double sum[RUN];
    for (int64_t j = 0; j < g->n; j += RUN) {
        const int64_t n = least(RUN, g->n - j);
        ops->axpy(n, p->slices, bytes == 8 ? (const void *)&one64 : &one32, 0,
                  p->slice_sums + (i * g->n + j) * bytes, g->m * g->n, sum);
        if (p->half)
            torsh__half_finish(g, (float *)sum, i, j, n);
        else
            p->ops->finish(g, sum, n, i * g->c_rs + j, 1, j * g->bias_stride, g->bias_stride);
    }
}

/* one kc x TILE_COLUMNS piece of B */
static void pack_piece(void *context, int64_t index)
{
    plan_t *p = context;
    const torsh__gemm_ops_t *ops = p->ops;
    const int64_t pieces = parts(p->g.n, TILE_COLUMNS);
    const int64_t k0 = index / pieces * ops->kc, j0 = index % pieces * TILE_COLUMNS,
                  k = least(ops->kc, p->g.k - k0);
    torsh__gemm_t g = p->g;
    char *scratch = p->host->scratch((size_t)p->task_bytes);
    if (!scratch) {
        __atomic_store_n(&p->failed, 1, __ATOMIC_RELAXED);
        return;
    }
    g.b = at(g.b, p->item * g.b_bs, p->half ? 2 : ops->bytes);
    pack(p, &g, k0, k, j0, least(TILE_COLUMNS, g.n - j0), scratch,
         p->packed + (k0 * p->column_panels * ops->nr + j0 * k) * ops->bytes);
}

/* How many tiles: about one per TASK_WORK products, at most TASKS unless the cache asks for more. */
static void cut(plan_t *p)
{
    const torsh__gemm_t *g = &p->g;
    const int64_t work = g->m * g->n * (g->k ? g->k : 1);
    const int64_t tasks = least(TASKS, parts(work, TASK_WORK));
    p->row_panels = parts(g->m, p->ops->mr);
    p->column_panels = parts(g->n, p->ops->nr);
    p->column_tiles = parts(g->n, TILE_COLUMNS);
    p->row_tiles = least(parts(p->row_panels, 4), parts(tasks, p->column_tiles));
    if (p->row_tiles * p->column_tiles < tasks)
        p->column_tiles = least(parts(p->column_panels, 2), parts(tasks, p->row_tiles));
    /* without a common copy of B every tile packs its own: they are tall, unless there would be too few */
    if (g->k * p->column_panels * p->ops->nr * p->ops->bytes > PACKED_BYTES || g->batch > 1) {
        const int64_t tall = parts(g->m, 1024), few = parts(least(tasks, 8), g->batch * p->column_tiles);
        p->row_tiles = least(p->row_tiles, tall > few ? tall : few);
    }
    if (p->half) /* bounds the floats that a tile needs */
        p->row_tiles = p->row_tiles > parts(g->m, 512) ? p->row_tiles : parts(g->m, 512);
    p->item_tiles = p->row_tiles * p->column_tiles;
    /* a small C at the end of a long k, as a weight's gradient over a large batch: k is cut, by shape too */
    p->slices = 1;
    if (g->batch == 1 && g->m <= 256 && g->n <= TILE_COLUMNS && g->k >= 2 * SLICE_STEPS * p->ops->kc) {
        p->slices = least(SLICES, g->k / (SLICE_STEPS * p->ops->kc));
        p->row_tiles = p->column_tiles = p->item_tiles = 1;
    }
}

static int64_t aligned(int64_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Offsets in scratch memory: what each task needs, and behind it what all share. */
static int64_t lay_out(plan_t *p, int share)
{
    const torsh__gemm_ops_t *ops = p->ops;
    const int64_t rows = parts(p->g.m, p->row_tiles) + ops->mr, k = least(ops->kc, p->g.k);
    const int64_t columns = parts(p->column_panels, p->column_tiles) * ops->nr;
    p->b_at = aligned(ops->a_pack_bytes);
    p->convert_at = p->b_at + (share ? 0 : aligned(k * columns * ops->bytes));
    p->a_at = p->convert_at + (p->half ? aligned(k * ops->nr * 4) : 0);
    p->c_at = p->a_at + (p->half ? aligned(rows * (ops->kc + 16) * 4) : 0);
    p->task_bytes = p->c_at + (p->half ? aligned(rows * columns * 4) : 0);
    return p->task_bytes;
}

static void run(plan_t *p, int64_t tasks, void (*task)(void *, int64_t))
{
    if (tasks > 1 && p->g.m * p->g.n * p->g.k * (tasks > p->item_tiles ? p->g.batch : 1) > TASK_WORK / 2) {
        p->host->parallel(tasks, task, p);
        return;
    }
    for (int64_t i = 0; i < tasks; i++)
        task(p, i);
}

/* A bias that the microkernel cannot read as it lies. */
static const void *gather_bias(const torsh__gemm_t *g, int64_t bytes, char *to)
{
    for (int64_t j = 0; j < g->n; j++)
        memcpy(to + j * bytes, at(g->bias, j * g->bias_stride, bytes), (size_t)bytes);
    return to;
}

torsh_status_t torsh__gemm_tiles(const torsh__gemm_t *g, const torsh_host_t *host)
{
    plan_t p = {.g = *g, .host = host, .half = g->dtype == TORSH_F16 || g->dtype == TORSH_BF16};
    p.ops = g->dtype == TORSH_F64 ? &torsh__gemm_ops_f64 : &torsh__gemm_ops_f32;
#ifdef __AVX512F__
    if (torsh__pairs_usable(g->dtype)) {
        p.ops = &torsh__gemm_ops_pairs;
        p.depth = g->k;
        p.g.k = parts(g->k, 2);
    }
#endif
    cut(&p);
    const int64_t bytes = p.ops->bytes, b_bytes = p.g.k * p.column_panels * p.ops->nr * bytes;
    const int share = p.row_tiles > 1 && (g->batch == 1 || p.item_tiles >= 4) && b_bytes <= PACKED_BYTES;
    const int64_t packed_bytes = share ? aligned(b_bytes) : 0;
    const int64_t bias_bytes = g->bias && !p.half && g->bias_stride != 1 ? aligned(g->n * bytes) : 0;
    const int64_t slice_bytes = p.slices > 1 ? p.slices * g->m * g->n * bytes : 0;
    const int64_t own = lay_out(&p, share);
    /* a thread has one block of scratch memory, which tasks that run on this thread use too: what is shared
     * lies behind what they ask for */
    char *shared = host->scratch((size_t)(own + packed_bytes + bias_bytes + slice_bytes));
    if (!shared)
        return host->fail(TORSH_ERR_MEMORY, "matmul: no scratch memory");
    shared += own;
    p.packed = share ? shared : NULL;
    p.bias = bias_bytes ? gather_bias(g, bytes, shared + packed_bytes) : g->bias;
    p.slice_sums = shared + packed_bytes + bias_bytes;
    if (p.slices > 1) {
        host->parallel(p.slices, multiply_tile, &p);
        run(&p, g->m, add_slices);
    } else if (!share) {
        run(&p, g->batch * p.item_tiles, multiply_tile);
    } else {
        for (p.item = 0; p.item < g->batch; p.item++) {
            run(&p, parts(p.g.k, p.ops->kc) * parts(g->n, TILE_COLUMNS), pack_piece);
            run(&p, p.item_tiles, multiply_tile);
        }
    }
    return p.failed ? host->fail(TORSH_ERR_MEMORY, "matmul: no scratch memory") : TORSH_OK;
}
