/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The gradient of a convolution's input. Input positions that leave the same remainder by the stride are
 * reached by the same taps: for each such phase the gradient is a correlation of stride 1 of grad_output with
 * those taps, so that nothing is multiplied by zeros in between. */
#include <string.h>

#include "conv_ops.h"

enum { CHANNELS = 32 };

typedef struct weights {
    const torsh__conv2d_t *c;
    const torsh__phase_t *phase; /* of rows, of columns */
    int64_t bytes;
    char *to;
} weights_t;

/* CHANNELS input channels: to[ci][co of the group][taps of the phase]. Several at a time, since the taps of
 * one alone are a short read. */
static void turn_weights(void *context, int64_t index)
{
    const weights_t *w = context;
    const torsh__conv2d_t *c = w->c;
    const torsh__phase_t *rows = &w->phase[0], *columns = &w->phase[1];
    const int64_t cig = c->ci / c->groups, cog = c->co / c->groups, taps = rows->n * columns->n;
    const int64_t end = (index + 1) * CHANNELS < c->ci ? (index + 1) * CHANNELS : c->ci;
    for (int64_t co = 0; co < cog; co++)
        for (int64_t ci = index * CHANNELS; ci < end; ci++) {
            const int64_t kernel = ((ci / cig * cog + co) * cig + ci % cig) * c->kh * c->kw;
            int64_t to = (ci * cog + co) * taps;
            if (taps == c->kh * c->kw) {
                memcpy(w->to + to * w->bytes, (const char *)c->weight + kernel * w->bytes,
                       (size_t)(taps * w->bytes));
                continue;
            }
            for (int64_t a = 0; a < rows->n; a++) {
                const int64_t from = kernel + (rows->first + a * rows->step) * c->kw + columns->first;
                if (w->bytes == 4)
                    for (int64_t b = 0; b < columns->n; b++)
                        ((float *)w->to)[to++] = ((const float *)c->weight)[from + b * columns->step];
                else
                    for (int64_t b = 0; b < columns->n; b++)
                        ((double *)w->to)[to++] = ((const double *)c->weight)[from + b * columns->step];
            }
        }
}

torsh_status_t torsh__conv_input(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                 const void *grad_output, void *grad_input, const torsh_host_t *host)
{
    const int64_t cig = c->ci / c->groups, cog = c->co / c->groups, bytes = ops->gemm->bytes;
    for (int64_t i = 0; i < c->stride[0] && i < c->h; i++)
        for (int64_t j = 0; j < c->stride[1] && j < c->w; j++) {
            const torsh__phase_t phase[2] = {
                torsh__conv_phase(c->h, c->kh, c->stride[0], c->padding[0], c->dilation[0], i),
                torsh__conv_phase(c->w, c->kw, c->stride[1], c->padding[1], c->dilation[1], j)};
            const int64_t taps = phase[0].n * phase[1].n;
            torsh__correlation_t correlation = {.ops = ops,
                                                .image = {.data = grad_output,
                                                          .item_stride = c->co * c->ho * c->wo,
                                                          .h = c->ho,
                                                          .w = c->wo,
                                                          .taps = {phase[0].n, phase[1].n},
                                                          .start = {phase[0].start, phase[1].start},
                                                          .step = {phase[0].image_step, phase[1].image_step},
                                                          .stride = {1, 1},
                                                          .rows = phase[0].positions,
                                                          .columns = phase[1].positions},
                                                .items = c->n,
                                                .groups = c->groups,
                                                .m = cig,
                                                .k = cog * taps,
                                                .image_gs = cog * c->ho * c->wo,
                                                .out = (char *)grad_input + (i * c->w + j) * bytes,
                                                .out_bs = c->ci * c->h * c->w,
                                                .out_gs = cig * c->h * c->w,
                                                .out_ms = c->h * c->w,
                                                .out_rs = c->stride[0] * c->w,
                                                .out_cs = c->stride[1]};
            const int64_t own = torsh__correlate_bytes(&correlation), elements = c->ci * cog * taps;
            char *scratch = host->scratch((size_t)(own + elements * bytes));
            if (!scratch)
                return host->fail(TORSH_ERR_MEMORY, "conv2d: no scratch memory");
            weights_t weights = {.c = c, .phase = phase, .bytes = bytes, .to = scratch + own};
            const int64_t tasks = (c->ci + CHANNELS - 1) / CHANNELS;
            if (elements > 1 << 16)
                host->parallel(tasks, turn_weights, &weights);
            else
                for (int64_t task = 0; task < tasks; task++)
                    turn_weights(&weights, task);
            correlation.weight = weights.to;
            const torsh_status_t status = torsh__correlate(&correlation, host);
            if (status != TORSH_OK)
                return status;
        }
    return TORSH_OK;
}
