/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* native_layer_norm, and the list with native_batch_norm. 16-bit floats go through float in scratch memory.
 */
#include "norm.h"

#include <math.h>

#include <torsh/ops/nn_params.h>
#include <torsh/ops/scalar_base.h>

#include "half_block.h"
#include "kernels.h"
#include "lanes.h"
#include "range.h"

enum { SUM_BLOCK = 2048 }; /* so many elements are added up before a double takes the sum */

#define S f32
#define REAL float
#define REAL_FMA T_FMA
#include "norm_body.h"
#define S f64
#define REAL double
#define REAL_FMA T_FMA64
#include "norm_body.h"

typedef struct job {
    torsh_dtype_t dtype, stats_dtype;
    const char *x, *weight, *bias; /* NULL: 1 and 0 */
    char *y, *mean, *rstd;
    int64_t n; /* of a row */
    double eps;
    int *failed;
} job_t;

static void wide_rows(const job_t *j, int64_t first, int64_t last)
{
    for (int64_t r = first; r < last; r++) {
        double mean, rstd;
        if (j->dtype == TORSH_F32) {
            const float *x = (const float *)j->x + r * j->n;
            row_f32(x, (float *)j->y + r * j->n, (const float *)j->weight, (const float *)j->bias, j->n,
                    j->eps, &mean, &rstd);
        } else {
            const double *x = (const double *)j->x + r * j->n;
            row_f64(x, (double *)j->y + r * j->n, (const double *)j->weight, (const double *)j->bias, j->n,
                    j->eps, &mean, &rstd);
        }
        cpu_float_put(j->stats_dtype, j->mean, r, mean);
        cpu_float_put(j->stats_dtype, j->rstd, r, rstd);
    }
}

static void half_rows(const job_t *j, int64_t first, int64_t last)
{
    const int64_t n = j->n;
    float *x = torsh__cpu_host->scratch((size_t)(3 * n + 1) * sizeof *x), *weight = x + n, *bias = weight + n;
    if (!x) {
        *j->failed = 1;
        return;
    }
    if (j->weight)
        cpu_widen(j->dtype, weight, (const uint16_t *)j->weight, n);
    if (j->bias)
        cpu_widen(j->dtype, bias, (const uint16_t *)j->bias, n);
    for (int64_t r = first; r < last; r++) {
        double mean, rstd;
        cpu_widen(j->dtype, x, (const uint16_t *)j->x + r * n, n);
        row_f32(x, x, j->weight ? weight : NULL, j->bias ? bias : NULL, n, j->eps, &mean, &rstd);
        cpu_narrow(j->dtype, (uint16_t *)j->y + r * n, x, n);
        cpu_float_put(j->stats_dtype, j->mean, r, mean);
        cpu_float_put(j->stats_dtype, j->rstd, r, rstd);
    }
}

static void rows(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    if (cpu_bytes(j->dtype) == 2)
        half_rows(j, first, last);
    else
        wide_rows(j, first, last);
}

static torsh_status_t layer_norm(const torsh_call_t *call)
{
    const torsh__native_layer_norm_params_t *p = call->params;
    const torsh_view_t *x = &call->in[0], *weight = &call->in[1], *bias = &call->in[2];
    int failed = 0;
    job_t j = {.dtype = x->dtype,
               .stats_dtype = call->out[1].dtype,
               .x = cpu_at(x),
               .weight = weight->ndim >= 0 ? cpu_at(weight) : NULL,
               .bias = bias->ndim >= 0 ? cpu_at(bias) : NULL,
               .y = cpu_at(&call->out[0]),
               .mean = cpu_at(&call->out[1]),
               .rstd = cpu_at(&call->out[2]),
               .n = 1,
               .eps = p->eps,
               .failed = &failed};
    for (int32_t i = 0; i < p->normalized_shape.n; i++)
        j.n *= p->normalized_shape.v[i];
    cpu_range(call->out[1].n, cpu_grain(2 * j.n), rows, &j);
    return failed ? cpu_no_scratch() : TORSH_OK;
}

static const torsh_kernel_t kernels[] = {
    CPU_FLOAT(TORSH_OP_NATIVE_LAYER_NORM, 0, layer_norm),
    /* with any strides, or the running statistics that it updates might be copies */
    CPU_FLOAT(TORSH_OP_NATIVE_BATCH_NORM, TORSH_ANY_STRIDES, torsh__cpu_run_batch_norm),
};
CPU_LIST(norm);
