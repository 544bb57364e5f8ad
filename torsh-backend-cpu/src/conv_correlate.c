/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Correlation as a matrix product whose second operand is made piece by piece from the image: a task owns a
 * tile of the output and packs the panels it needs, so that the column matrix never exists as a whole. */
#include <string.h>

#include "conv_ops.h"

enum {
    TILE_COLUMNS = 384,
    PACKED_BYTES =
        16 << 20, /* the whole matrix is made beforehand up to this size, where several tiles need it */
    TASK_WORK = 1 << 20,
    TASKS = 32
};

typedef struct plan {
    torsh__correlation_t c;
    const torsh_host_t *host;
    int64_t positions, k_step, work, tiles;
    int64_t width, copies; /* columns of one product, and how many products */
    int64_t row_panels, column_panels, row_tiles, column_tiles;
    int64_t panels_at, sums_at, task_bytes, packed_bytes; /* offsets in scratch memory, and sizes */
    char *packed;
    int scatter;  /* a product's columns do not lie one after the other in the output … */
    int in_order; /* … but those of one image do */
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

/* columns [q0, q0 + n) of the sums to their places */
static void scatter(const plan_t *p, const char *sums, int64_t sums_rs, int64_t m, int64_t q0, int64_t n,
                    char *out)
{
    const torsh__correlation_t *c = &p->c;
    const int64_t columns = c->image.columns, bytes = c->ops->gemm->bytes;
    for (int64_t q = 0; q < n;) {
        const int64_t item = (q0 + q) / p->positions, position = (q0 + q) % p->positions;
        const int64_t i = position / columns, j = position % columns;
        const int64_t run = least(n - q, p->in_order ? p->positions - position : columns - j);
        char *to = out + (item * c->out_bs + i * c->out_rs + j * c->out_cs) * bytes;
        for (int64_t r = 0; r < m; r++, to += c->out_ms * bytes) {
            const char *from = sums + (r * sums_rs + q) * bytes;
            if (p->in_order)
                memcpy(to, from, (size_t)(run * bytes));
            else if (bytes == 4)
                for (int64_t l = 0; l < run; l++)
                    ((float *)to)[l * c->out_cs] = ((const float *)from)[l];
            else
                for (int64_t l = 0; l < run; l++)
                    ((double *)to)[l * c->out_cs] = ((const double *)from)[l];
        }
        q += run;
    }
}

static void correlate_tile(void *context, int64_t index)
{
    plan_t *p = context;
    const torsh__correlation_t *c = &p->c;
    const torsh__gemm_ops_t *gemm = c->ops->gemm;
    const int64_t row = index % p->row_tiles, column = index / p->row_tiles % p->column_tiles;
    const int64_t group = index / p->row_tiles / p->column_tiles % c->groups;
    const int64_t item = index / p->row_tiles / p->column_tiles / c->groups, bytes = gemm->bytes;
    char *scratch = p->host->scratch((size_t)p->task_bytes);
    if (!scratch) {
        __atomic_store_n(&p->failed, 1, __ATOMIC_RELAXED);
        return;
    }
    const int64_t i0 = c->m * (p->row_panels * row / p->row_tiles) / p->row_panels;
    const int64_t i1 = c->m * (p->row_panels * (row + 1) / p->row_tiles) / p->row_panels;
    const int64_t q0 = p->column_panels * column / p->column_tiles * gemm->nr;
    const int64_t q1 = least(p->width, p->column_panels * (column + 1) / p->column_tiles * gemm->nr);

    torsh__image_t image = c->image;
    image.data = (const char *)image.data + (item * image.item_stride + group * c->image_gs) * bytes;
    char *out = (char *)c->out + (item * c->out_bs + group * c->out_gs + i0 * c->out_ms) * bytes;
    torsh__block_t block = {.m = i1 - i0,
                            .n = q1 - q0,
                            .c = p->scatter ? scratch + p->sums_at : out + q0 * bytes,
                            .a_rs = c->k,
                            .a_cs = 1,
                            .b = scratch + p->panels_at,
                            .alpha = 1,
                            .a_pack = scratch,
                            .c_rs = p->scatter ? parts(q1 - q0, gemm->nr) * gemm->nr : c->out_ms};
    for (int64_t k0 = 0; k0 == 0 || k0 < c->k; k0 += p->k_step) {
        block.k = least(p->k_step, c->k - k0);
        if (p->packed)
            block.b = p->packed + ((group * c->k + k0) * p->column_panels * gemm->nr + q0 * block.k) * bytes;
        else
            c->ops->panels(&image, k0, block.k, q0, block.n, scratch + p->panels_at);
        block.a = (const char *)c->weight + ((group * c->m + i0) * c->k + k0) * bytes;
        if (c->bias && k0 + p->k_step >= c->k)
            block.row_bias = (const char *)c->bias + (group * c->m + i0) * bytes;
        gemm->block(&block);
        block.beta = 1;
    }
    if (p->scatter)
        scatter(p, block.c, block.c_rs, block.m, q0, block.n, out);
}

/* the panels of one k_step and column tile, for all row tiles */
static void pack_piece(void *context, int64_t index)
{
    plan_t *p = context;
    const torsh__correlation_t *c = &p->c;
    const torsh__gemm_ops_t *gemm = c->ops->gemm;
    const int64_t steps = parts(c->k, p->k_step), k0 = index % steps * p->k_step,
                  k = least(p->k_step, c->k - k0);
    const int64_t column = index / steps % p->column_tiles, group = index / steps / p->column_tiles;
    const int64_t q0 = p->column_panels * column / p->column_tiles * gemm->nr;
    const int64_t q1 = least(p->width, p->column_panels * (column + 1) / p->column_tiles * gemm->nr);
    torsh__image_t image = c->image;
    image.data = (const char *)image.data + group * c->image_gs * gemm->bytes;
    c->ops->panels(&image, k0, k, q0, q1 - q0,
                   p->packed + ((group * c->k + k0) * p->column_panels * gemm->nr + q0 * k) * gemm->bytes);
}

/* How the output is cut, and where things lie in a task's scratch memory. */
static plan_t plan_of(const torsh__correlation_t *c)
{
    const torsh__gemm_ops_t *gemm = c->ops->gemm;
    plan_t p = {.c = *c, .positions = c->image.rows * c->image.columns, .copies = c->items * c->groups};
    torsh__image_t *image = &p.c.image;
    if (p.copies == 0 || c->m == 0 || p.positions == 0)
        return p;
    p.in_order = c->out_cs == 1 && c->out_rs == image->columns;
    p.width = p.positions;
    /* small images are one long row of positions, or the last panel of each would be mostly empty */
    if (c->items > 1 && (p.positions < 256 || parts(p.positions, gemm->nr) * gemm->nr > 1.05 * p.positions)) {
        p.width *= c->items;
        p.copies = c->groups;
    }
    p.scatter = !p.in_order || p.width != p.positions;
    /* 1 x 1 without padding: the image has one row, and all runs are long */
    if (p.in_order && image->taps[0] * image->taps[1] == 1 && image->start[0] == 0 && image->start[1] == 0 &&
        image->stride[0] == 1 && image->stride[1] == 1 && image->w == image->columns &&
        image->h == image->rows) {
        image->h = image->rows = 1;
        image->w = image->columns = p.positions;
    }
    p.k_step = c->k ? parts(c->k, parts(c->k, gemm->kc)) : 1;
    p.row_panels = parts(c->m, gemm->mr);
    p.column_panels = parts(p.width, gemm->nr);
    p.column_tiles = parts(p.width, TILE_COLUMNS);
    /* tiles are tall, since each packs its own panels, unless there would be too few; sums to scatter are
     * bounded */
    p.work = c->items * c->groups * c->m * c->k * p.positions;
    const int64_t tasks = least(TASKS, parts(p.work + 1, TASK_WORK));
    p.row_tiles = least(parts(p.row_panels, 2), parts(tasks, p.copies * p.column_tiles));
    if (p.scatter && p.row_tiles < parts(c->m, 256))
        p.row_tiles = parts(c->m, 256);
    p.tiles = p.copies * p.row_tiles * p.column_tiles;
    const int64_t columns = parts(p.column_panels, p.column_tiles) * gemm->nr;
    const int64_t packed = c->groups * c->k * p.column_panels * gemm->nr * gemm->bytes;
    p.packed_bytes = p.copies == c->groups && p.row_tiles > 1 && packed <= PACKED_BYTES ? packed : 0;
    p.panels_at = parts(gemm->a_pack_bytes, 64) * 64;
    p.sums_at = p.panels_at + (p.packed_bytes ? 0 : p.k_step * columns * gemm->bytes);
    p.task_bytes =
        p.sums_at + (p.scatter ? (parts(c->m, p.row_tiles) + gemm->mr) * columns * gemm->bytes : 0);
    return p;
}

int64_t torsh__correlate_bytes(const torsh__correlation_t *c)
{
    const plan_t p = plan_of(c);
    return p.task_bytes + p.packed_bytes;
}

torsh_status_t torsh__correlate(const torsh__correlation_t *c, const torsh_host_t *host)
{
    plan_t p = plan_of(c);
    p.host = host;
    if (p.packed_bytes) { /* behind what tasks on this thread use */
        char *scratch = host->scratch((size_t)(p.task_bytes + p.packed_bytes));
        if (!scratch)
            return host->fail(TORSH_ERR_MEMORY, "conv2d: no scratch memory");
        p.packed = scratch + p.task_bytes;
        host->parallel(parts(c->k, p.k_step) * p.column_tiles * c->groups, pack_piece, &p);
    }
    if (p.tiles > 1 && p.work > TASK_WORK / 4)
        host->parallel(p.tiles, correlate_tile, &p);
    else
        for (int64_t i = 0; i < p.tiles; i++)
            correlate_tile(&p, i);
    return p.failed ? host->fail(TORSH_ERR_MEMORY, "conv2d: no scratch memory") : TORSH_OK;
}
