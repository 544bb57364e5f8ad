/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The gradient of a convolution's weight, transposed: rows are (channel, tap), columns output channels, and
 * the sum runs over positions. So the image is only copied along its lines, and the short side, grad_output,
 * is what is transposed. Tasks own some images each; their sums are added at the end, in the order of the
 * images. */
#include <string.h>

#include "conv_ops.h"

enum {
    PARTS = 16,             /* at most so many sums of the whole gradient */
    PARTS_BYTES = 16 << 20, /* in at most so much memory */
    TASKS = 32,
    TASK_WORK = 1 << 20
};

typedef struct plan {
    torsh__conv2d_t c;
    const torsh__conv_ops_t *ops;
    const torsh_host_t *host;
    torsh__image_t image;
    int64_t rows, columns, positions; /* of one group's gradient; summed over */
    int64_t k_step, a_rs, row_panels, row_tiles, parts;
    int64_t panels_at, task_bytes;
    const char *grad_output;
    char *sums, *grad_weight;
    int failed;
} plan_t;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t parts_of(int64_t n, int64_t of)
{
    return (n + of - 1) / of;
}

/* some rows of one group's gradient, summed over one part of the images */
static void sum_images(void *context, int64_t index)
{
    plan_t *p = context;
    const torsh__conv2d_t *c = &p->c;
    const torsh__gemm_ops_t *gemm = p->ops->gemm;
    const int64_t tile = index % p->row_tiles, part = index / p->row_tiles % p->parts;
    const int64_t group = index / p->row_tiles / p->parts, bytes = gemm->bytes;
    char *scratch = p->host->scratch((size_t)p->task_bytes);
    if (!scratch) {
        __atomic_store_n(&p->failed, 1, __ATOMIC_RELAXED);
        return;
    }
    char *sums = p->sums + (part * c->groups + group) * p->rows * p->columns * bytes;
    torsh__block_t block = {.n = p->columns,
                            .a = scratch,
                            .a_cs = 1,
                            .b = scratch + p->panels_at,
                            .c_rs = p->columns,
                            .alpha = 1};
    for (int64_t item = c->n * part / p->parts; item < c->n * (part + 1) / p->parts; item++) {
        torsh__image_t image = p->image;
        image.data =
            (const char *)image.data + (item * c->ci + group * (c->ci / c->groups)) * c->h * c->w * bytes;
        const char *grad = p->grad_output + (item * c->co + group * p->columns) * p->positions * bytes;
        for (int64_t q = 0; q < p->positions; q += p->k_step) {
            block.k = least(p->k_step, p->positions - q);
            block.a_rs = p->a_rs;
            gemm->pack_b(grad + q * bytes, 1, p->positions, block.k, block.n, scratch + p->panels_at);
            for (int64_t r = p->row_panels * tile / p->row_tiles;
                 r < p->row_panels * (tile + 1) / p->row_tiles; r++) {
                const int64_t i = p->rows * r / p->row_panels;
                block.m = p->rows * (r + 1) / p->row_panels - i;
                block.c = sums + i * p->columns * bytes;
                p->ops->rows(&image, i, block.m, q, block.k, scratch, block.a_rs);
                gemm->block(&block);
            }
            block.beta = 1;
        }
    }
}

static void add_parts(void *context, int64_t index)
{
    plan_t *p = context;
    const int64_t group = index / p->row_panels, r = index % p->row_panels;
    const int64_t elements = p->rows * p->columns, bytes = p->ops->gemm->bytes;
    p->ops->sum_parts(p->sums + group * elements * bytes, p->parts, p->c.groups * elements,
                      p->rows * r / p->row_panels, p->rows * (r + 1) / p->row_panels, p->rows, p->columns,
                      p->grad_weight + group * elements * bytes);
}

torsh_status_t torsh__conv_weight(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                  const void *grad_output, void *grad_weight, const torsh_host_t *host)
{
    const torsh__gemm_ops_t *gemm = ops->gemm;
    plan_t p = {.c = *c,
                .ops = ops,
                .host = host,
                .image = torsh__conv_image(c),
                .grad_output = grad_output,
                .grad_weight = grad_weight,
                .rows = c->ci / c->groups * c->kh * c->kw,
                .columns = c->co / c->groups,
                .positions = c->ho * c->wo};
    const int64_t elements = c->groups * p.rows * p.columns;
    if (elements == 0)
        return TORSH_OK;
    if (c->n == 0 || p.positions == 0) {
        memset(grad_weight, 0, (size_t)(elements * gemm->bytes));
        return TORSH_OK;
    }
    p.k_step = parts_of(p.positions, parts_of(p.positions, gemm->kc));
    const int64_t line = 64 / gemm->bytes;
    p.a_rs =
        (parts_of(p.k_step, line) | 1) * line; /* an odd number of cache lines: different sets of the cache */
    p.row_panels = parts_of(p.rows, gemm->mr);
    const int64_t work = elements * c->n * p.positions, tasks = least(TASKS, parts_of(work, TASK_WORK));
    p.parts = least(least(c->n, PARTS), parts_of(PARTS_BYTES, elements * gemm->bytes));
    p.parts = least(p.parts, tasks);
    p.row_tiles = least(parts_of(p.row_panels, 4), parts_of(tasks, p.parts * c->groups));
    p.panels_at = gemm->mr * p.a_rs * gemm->bytes;
    p.task_bytes = p.panels_at + p.k_step * parts_of(p.columns, gemm->nr) * gemm->nr * gemm->bytes;
    char *scratch = host->scratch((size_t)(p.task_bytes + p.parts * elements * gemm->bytes));
    if (!scratch)
        return host->fail(TORSH_ERR_MEMORY, "conv2d: no scratch memory");
    p.sums = scratch + p.task_bytes; /* behind what tasks on this thread use */
    const int64_t pieces = c->groups * p.parts * p.row_tiles;
    if (pieces > 1 && work > TASK_WORK / 4)
        host->parallel(pieces, sum_images, &p);
    else
        for (int64_t i = 0; i < pieces; i++)
            sum_images(&p, i);
    if (elements * p.parts > 1 << 16)
        host->parallel(c->groups * p.row_panels, add_parts, &p);
    else
        for (int64_t i = 0; i < c->groups * p.row_panels; i++)
            add_parts(&p, i);
    return p.failed ? host->fail(TORSH_ERR_MEMORY, "conv2d: no scratch memory") : TORSH_OK;
}
