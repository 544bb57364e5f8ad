/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* linspace: from both ends towards the middle, so that both are hit; in double, rounded once. */
#include "kernels.h"

#include <torsh/ops/create_params.h>
#include <torsh/ops/half.h>

#include "range.h"

typedef struct job {
    void *out;
    torsh_dtype_t dtype;
    double start, end, step;
    int64_t n;
} job_t;

static void values(const void *ctx, int64_t first, int64_t last)
{
    enum { SOME = 256 };
    const job_t *j = ctx;
    double x[SOME];
    for (int64_t i = first; i < last; i += SOME) {
        const int64_t n = cpu_least(SOME, last - i), lower = j->n == 1 ? 1 : j->n / 2;
        for (int64_t k = 0; k < n; k++)
            x[k] = i + k < lower ? j->start + j->step * (double)(i + k)
                                 : j->end - j->step * (double)(j->n - 1 - i - k);
        switch (j->dtype) {
        case TORSH_F32:
            for (int64_t k = 0; k < n; k++)
                ((float *)j->out)[i + k] = (float)x[k];
            break;
        case TORSH_F64:
            for (int64_t k = 0; k < n; k++)
                ((double *)j->out)[i + k] = x[k];
            break;
        case TORSH_F16:
            for (int64_t k = 0; k < n; k++)
                ((uint16_t *)j->out)[i + k] = f16_from_f32((float)x[k]);
            break;
        case TORSH_BF16:
            for (int64_t k = 0; k < n; k++)
                ((uint16_t *)j->out)[i + k] = bf16_from_f32((float)x[k]);
            break;
        case TORSH_I64:
            for (int64_t k = 0; k < n; k++)
                ((int64_t *)j->out)[i + k] = (int64_t)x[k];
            break;
        case TORSH_I32:
            for (int64_t k = 0; k < n; k++)
                ((int32_t *)j->out)[i + k] = (int32_t)x[k];
            break;
        default:
            for (int64_t k = 0; k < n; k++)
                ((uint8_t *)j->out)[i + k] = (uint8_t)(int64_t)x[k];
        }
    }
}

/* An end as a value of the dtype. */
static double as_dtype(torsh_scalar_t s, torsh_dtype_t dtype)
{
    const double x = s.kind == TORSH_SCALAR_FLOAT  ? s.v.f
                     : s.kind == TORSH_SCALAR_UINT ? (double)s.v.u
                                                   : (double)s.v.i;
    switch (dtype) {
    case TORSH_F64:
        return x;
    case TORSH_F32:
        return (float)x;
    case TORSH_F16:
        return f32_from_f16(f16_from_f32((float)x));
    case TORSH_BF16:
        return f32_from_bf16(bf16_from_f32((float)x));
    default:
        return (double)(int64_t)x;
    }
}

static torsh_status_t linspace(const torsh_call_t *call)
{
    const torsh__linspace_params_t *p = call->params;
    job_t j = {.out = cpu_at(&call->out[0]), .dtype = call->out[0].dtype, .n = p->steps};
    if (p->steps < 0)
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "number of steps must be non-negative");
    j.start = as_dtype(p->start, j.dtype);
    j.end = as_dtype(p->end, j.dtype);
    j.step = j.n > 1 ? (j.end - j.start) / (double)(j.n - 1) : 0;
    cpu_range(j.n, cpu_grain(2), values, &j);
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {CPU_NUMBER(TORSH_OP_LINSPACE, 0, linspace)};
CPU_LIST(create);
