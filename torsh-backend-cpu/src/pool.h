/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Windows of two-dimensional pooling, for pool.c and pool_avg.c. */
#ifndef TORSH_CPU_POOL_H
#define TORSH_CPU_POOL_H

#include "cpu.h"
#include "range.h"

/* The planes of (N, C, H, W) or (C, H, W), one after the other. [0]: along the height, [1]: along the width.
 */
typedef struct torsh__pool {
    const char *in;
    char *out;
    int64_t *indices;
    int64_t planes, size[2], out_size[2];
    int64_t kernel[2], stride[2], padding[2], dilation[2];
} torsh__pool_t;

/* The outputs [lo, hi) of dimension i whose window element k lies inside the input. */
static inline void torsh__pool_inside(const torsh__pool_t *p, int i, int64_t k, int64_t *lo, int64_t *hi)
{
    const int64_t at = k * p->dilation[i] - p->padding[i], s = p->stride[i]; /* of output 0 */
    *lo = at >= 0 ? 0 : (s - 1 - at) / s;
    *hi = at >= p->size[i] ? 0 : cpu_least(p->out_size[i], (p->size[i] - 1 - at) / s + 1);
}

/* Sizes of the planes of `in` and `out`. */
static inline void torsh__pool_planes(torsh__pool_t *p, const torsh_view_t *in, const torsh_view_t *out)
{
    p->planes = 1;
    for (int32_t d = 0; d < in->ndim - 2; d++)
        p->planes *= in->shape[d];
    for (int i = 0; i < 2; i++) {
        p->size[i] = in->shape[in->ndim - 2 + i];
        p->out_size[i] = out->shape[out->ndim - 2 + i];
    }
}

static inline void torsh__pool_windows(torsh__pool_t *p, const torsh_dims_t *kernel,
                                       const torsh_dims_t *stride, const torsh_dims_t *padding,
                                       const torsh_dims_t *dilation)
{
    for (int i = 0; i < 2; i++) {
        p->kernel[i] = cpu_pair(kernel, i);
        p->stride[i] = stride->n ? cpu_pair(stride, i) : p->kernel[i];
        p->padding[i] = cpu_pair(padding, i);
        p->dilation[i] = dilation ? cpu_pair(dilation, i) : 1;
    }
}

#define torsh__cpu_run_avg_pool CPU_NAME(torsh__cpu_run_avg_pool)
#define torsh__cpu_run_avg_pool_backward CPU_NAME(torsh__cpu_run_avg_pool_backward)
#define torsh__cpu_run_adaptive_pool CPU_NAME(torsh__cpu_run_adaptive_pool)
#define torsh__cpu_run_adaptive_pool_backward CPU_NAME(torsh__cpu_run_adaptive_pool_backward)
torsh_status_t torsh__cpu_run_avg_pool(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_avg_pool_backward(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_adaptive_pool(const torsh_call_t *call);
torsh_status_t torsh__cpu_run_adaptive_pool_backward(const torsh_call_t *call);

#endif
