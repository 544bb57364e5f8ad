/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Convolutions in which every group has one input channel: a task is one channel of one image, or, for the
 * gradient of the weight, one output channel over all images in their order. */
#include "conv_ops.h"

typedef struct job {
    const torsh__conv2d_t *c;
    const torsh__conv_ops_t *ops;
    const char *grad_output;
    char *grad;
} job_t;

/* Small ones stay on the calling thread. */
static torsh_status_t run(const job_t *job, int64_t tasks, void (*task)(void *, int64_t),
                          const torsh_host_t *host)
{
    const torsh__conv2d_t *c = job->c;
    if (tasks > 1 && c->n * c->co * c->kh * c->kw * c->ho * c->wo > 1 << 17)
        host->parallel(tasks, task, (void *)job);
    else
        for (int64_t i = 0; i < tasks; i++)
            task((void *)job, i);
    return TORSH_OK;
}

static void forward(void *context, int64_t index)
{
    const job_t *job = context;
    const torsh__conv2d_t *c = job->c;
    const int64_t bytes = job->ops->gemm->bytes, co = index % c->co, ci = co / (c->co / c->groups);
    const int64_t w_step[2] = {c->kw, 1};
    torsh__image_t image = torsh__conv_image(c);
    image.data = (const char *)c->input + (index / c->co * c->ci + ci) * c->h * c->w * bytes;
    job->ops->plane(&image, (const char *)c->weight + co * c->kh * c->kw * bytes, w_step,
                    c->bias ? (const char *)c->bias + co * bytes : NULL, 0,
                    (char *)c->output + index * c->ho * c->wo * bytes, c->wo, 1);
}

static void backward_input(void *context, int64_t index)
{
    const job_t *job = context;
    const torsh__conv2d_t *c = job->c;
    const int64_t bytes = job->ops->gemm->bytes, ci = index % c->ci, cog = c->co / c->groups;
    for (int64_t i = 0; i < c->stride[0] && i < c->h; i++)
        for (int64_t j = 0; j < c->stride[1] && j < c->w; j++) {
            const torsh__phase_t r =
                torsh__conv_phase(c->h, c->kh, c->stride[0], c->padding[0], c->dilation[0], i);
            const torsh__phase_t q =
                torsh__conv_phase(c->w, c->kw, c->stride[1], c->padding[1], c->dilation[1], j);
            const int64_t w_step[2] = {r.step * c->kw, q.step};
            for (int64_t m = 0; m < cog; m++) {
                const int64_t co = ci * cog + m;
                const torsh__image_t image = {.data = job->grad_output +
                                                      (index / c->ci * c->co + co) * c->ho * c->wo * bytes,
                                              .h = c->ho,
                                              .w = c->wo,
                                              .taps = {r.n, q.n},
                                              .start = {r.start, q.start},
                                              .step = {r.image_step, q.image_step},
                                              .stride = {1, 1},
                                              .rows = r.positions,
                                              .columns = q.positions};
                job->ops->plane(&image,
                                (const char *)c->weight + ((co * c->kh + r.first) * c->kw + q.first) * bytes,
                                w_step, NULL, m > 0, job->grad + (index * c->h * c->w + i * c->w + j) * bytes,
                                c->stride[0] * c->w, c->stride[1]);
            }
        }
}

static void backward_weight(void *context, int64_t co)
{
    const job_t *job = context;
    const torsh__conv2d_t *c = job->c;
    const int64_t bytes = job->ops->gemm->bytes, ci = co / (c->co / c->groups);
    torsh__image_t image = torsh__conv_image(c);
    for (int64_t item = 0; item < c->n; item++) {
        image.data = (const char *)c->input + (item * c->ci + ci) * c->h * c->w * bytes;
        job->ops->plane_weight(&image, job->grad_output + (item * c->co + co) * c->ho * c->wo * bytes,
                               item > 0, job->grad + co * c->kh * c->kw * bytes);
    }
}

torsh_status_t torsh__depthwise_forward(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                        const torsh_host_t *host)
{
    const job_t job = {.c = c, .ops = ops};
    return run(&job, c->n * c->co, forward, host);
}

torsh_status_t torsh__depthwise_input(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                      const void *grad_output, void *grad_input, const torsh_host_t *host)
{
    const job_t job = {.c = c, .ops = ops, .grad_output = grad_output, .grad = grad_input};
    return run(&job, c->n * c->ci, backward_input, host);
}

torsh_status_t torsh__depthwise_weight(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                       const void *grad_output, void *grad_weight, const torsh_host_t *host)
{
    const job_t job = {.c = c, .ops = ops, .grad_output = grad_output, .grad = grad_weight};
    return run(&job, c->co, backward_weight, host);
}
