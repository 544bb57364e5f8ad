/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* avg_pool2d and _adaptive_avg_pool2d with their gradients; 16-bit floats are summed in float and rounded
 * once. */
#include "pool.h"

#include <torsh/ops/nn_params.h>

#include "float_value.h"
#include "kernels.h"
#include "lanes.h"

typedef struct job {
    torsh__pool_t p; /* p.in is the gradient and p.out its input's in the backward kernels; sizes are the
                        forward ones */
    int64_t divisor; /* of all windows; 0: their sizes */
    int32_t count_padding;
    int *failed;
} job_t;

enum { TILE = 256 };

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Window o of dimension i: [*from, *to) inside the input; returns its size, padding counted or not. */
static int64_t window(const job_t *j, int i, int64_t o, int64_t *from, int64_t *to)
{
    const torsh__pool_t *p = &j->p;
    const int64_t start = o * p->stride[i] - p->padding[i];
    const int64_t end = cpu_least(start + p->kernel[i], p->size[i] + p->padding[i]);
    *from = most(start, 0);
    *to = cpu_least(end, p->size[i]);
    return j->count_padding ? end - start : *to - *from;
}

/* Window o of the ones that share a dimension as evenly as they can. */
typedef struct share {
    int64_t from, to;
} share_t;

static share_t share(const torsh__pool_t *p, int i, int64_t o)
{
    const int64_t n = p->out_size[i], size = p->size[i];
    return (share_t){o / n * size + o % n * size / n, 1 + ((o + 1) * size - 1) / n};
}

/* The windows of both dimensions, so that their divisions are not made anew for each plane: NULL if they are
 * too many. */
static const share_t *shares(const torsh__pool_t *p, share_t *room, int64_t n)
{
    if (p->out_size[0] + p->out_size[1] > n)
        return NULL;
    for (int i = 0; i < 2; i++)
        for (int64_t o = 0; o < p->out_size[i]; o++)
            room[i * p->out_size[0] + o] = share(p, i, o);
    return room;
}

#define BODY "pool_avg_body.h"
#include "each_float.inc.h"

torsh_status_t torsh__cpu_run_avg_pool(const torsh_call_t *call)
{
    const torsh__avg_pool2d_params_t *p = call->params;
    job_t j = {.p = {.in = cpu_at(&call->in[0]), .out = cpu_at(&call->out[0])},
               .divisor = p->divisor_override.given ? p->divisor_override.v : 0,
               .count_padding = p->count_include_pad};
    torsh__pool_planes(&j.p, &call->in[0], &call->out[0]);
    torsh__pool_windows(&j.p, &p->kernel_size, &p->stride, &p->padding, NULL);
    if (p->divisor_override.given && !j.divisor)
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "divisor must be not zero");
    if (call->out[0].n)
        cpu_range(j.p.planes * j.p.out_size[0],
                  cpu_grain(j.p.out_size[1] * (1 + j.p.kernel[0] * j.p.kernel[1] / 4)),
                  CPU_CHOOSE_FLOAT(mean_rows, call->compute), &j);
    return TORSH_OK;
}

/* The gradients: a task does whole planes. */
static torsh_status_t run_planes(const torsh_call_t *call, job_t *j,
                                 void (*task)(const void *, int64_t, int64_t))
{
    int failed = 0;
    j->failed = &failed;
    if (call->out[0].n)
        cpu_range(j->p.planes, cpu_grain(j->p.size[0] * j->p.size[1]), task, j);
    return failed ? cpu_no_scratch() : TORSH_OK;
}

torsh_status_t torsh__cpu_run_avg_pool_backward(const torsh_call_t *call)
{
    const torsh___avg_pool2d_backward_params_t *p = call->params;
    job_t j = {.p = {.in = cpu_at(&call->in[0]), .out = cpu_at(&call->out[0])},
               .divisor = p->divisor_override.given ? p->divisor_override.v : 0,
               .count_padding = p->count_include_pad};
    torsh__pool_planes(&j.p, &call->out[0], &call->in[0]);
    torsh__pool_windows(&j.p, &p->kernel_size, &p->stride, &p->padding, NULL);
    if (p->divisor_override.given && !j.divisor)
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "divisor must be not zero");
    return run_planes(call, &j, CPU_CHOOSE_FLOAT(spread_planes, call->compute));
}

torsh_status_t torsh__cpu_run_adaptive_pool(const torsh_call_t *call)
{
    job_t j = {.p = {.in = cpu_at(&call->in[0]), .out = cpu_at(&call->out[0])}};
    torsh__pool_planes(&j.p, &call->in[0], &call->out[0]);
    if (call->out[0].n)
        cpu_range(j.p.planes, cpu_grain(j.p.size[0] * j.p.size[1] + j.p.out_size[0] * j.p.out_size[1]),
                  CPU_CHOOSE_FLOAT(adaptive_planes, call->compute), &j);
    return TORSH_OK;
}

torsh_status_t torsh__cpu_run_adaptive_pool_backward(const torsh_call_t *call)
{
    job_t j = {.p = {.in = cpu_at(&call->in[0]), .out = cpu_at(&call->out[0])}};
    torsh__pool_planes(&j.p, &call->out[0], &call->in[0]);
    return run_planes(call, &j, CPU_CHOOSE_FLOAT(adaptive_spread_planes, call->compute));
}
