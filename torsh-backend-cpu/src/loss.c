/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* nll_loss_forward and nll_loss_backward. Sums are made in double, by blocks of targets. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/loss_params.h>

#include "float_value.h"
#include "range.h"

enum { NONE = 0, MEAN = 1, BLOCK = 4096 };

typedef struct job {
    torsh_dtype_t dtype;
    const void *self, *weight, *grad; /* weight NULL: all 1 */
    void *out;
    const int64_t *target;
    int64_t n, classes, ignore;
    int32_t each;      /* one loss, or one incoming gradient, for every target */
    double factor;     /* of the gradient, else */
    double (*part)[2]; /* of each block: the sums of losses and of weights */
} job_t;

/* self and target of both operators. A self of one dimension is a batch of one. */
static torsh_status_t start(const torsh_view_t *self, const torsh_view_t *target, const torsh_view_t *weight,
                            int64_t ignore, job_t *j)
{
    *j = (job_t){.dtype = self->dtype,
                 .self = cpu_at(self),
                 .weight = weight->ndim >= 0 ? cpu_at(weight) : NULL,
                 .target = (const int64_t *)cpu_at(target),
                 .n = self->ndim > 1 ? self->shape[0] : 1,
                 .classes = self->ndim ? self->shape[self->ndim - 1] : 1,
                 .ignore = ignore};
    for (int64_t i = 0; i < j->n; i++)
        if (j->target[i] != ignore && (uint64_t)j->target[i] >= (uint64_t)j->classes)
            return torsh__cpu_host->fail(TORSH_ERR_INDEX, "Target %lld is out of bounds.",
                                         (long long)j->target[i]);
    return TORSH_OK;
}

static void forward_blocks(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    for (int64_t b = first; b < last; b++) {
        const int64_t end = cpu_least(j->n, (b + 1) * BLOCK);
        double sum = 0, weights = 0;
        for (int64_t i = b * BLOCK; i < end; i++) {
            const int64_t t = j->target[i];
            double loss = 0;
            if (t != j->ignore) {
                const double w = j->weight ? cpu_float_get(j->dtype, j->weight, t) : 1;
                loss = -w * cpu_float_get(j->dtype, j->self, i * j->classes + t);
                weights += w;
                sum += loss;
            }
            if (j->each)
                cpu_float_put(j->dtype, j->out, i, loss);
        }
        if (!j->each) {
            j->part[b][0] = sum;
            j->part[b][1] = weights;
        }
    }
}

static torsh_status_t forward(const torsh_call_t *call)
{
    const torsh__nll_loss_forward_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0];
    void *out = cpu_at(&call->out[0]), *total_weight = cpu_at(&call->out[1]);
    job_t j;
    torsh_status_t status = start(self, &call->in[1], &call->in[2], p->ignore_index, &j);
    if (status != TORSH_OK)
        return status;
    j.out = out;
    j.each = p->reduction == NONE && self->ndim > 1;
    const int64_t blocks = (j.n + BLOCK - 1) / BLOCK;
    if (!j.each && !(j.part = torsh__cpu_host->scratch((size_t)(blocks + 1) * sizeof *j.part)))
        return cpu_no_scratch();
    cpu_range(blocks, 1, forward_blocks, &j);
    double sum = 0, weights = 0;
    for (int64_t b = 0; b < blocks && !j.each; b++) {
        sum += j.part[b][0];
        weights += j.part[b][1];
    }
    cpu_float_put(j.dtype, total_weight, 0, weights);
    if (!j.each)
        cpu_float_put(j.dtype, out, 0, p->reduction == MEAN ? sum / weights : sum);
    return TORSH_OK;
}

static void backward_rows(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    const int64_t bytes = cpu_bytes(j->dtype) * j->classes;
    memset((char *)j->out + first * bytes, 0, (size_t)((last - first) * bytes));
    for (int64_t i = first; i < last; i++) {
        const int64_t t = j->target[i];
        if (t == j->ignore)
            continue;
        const double grad = j->each ? cpu_float_get(j->dtype, j->grad, i) : j->factor;
        cpu_float_put(j->dtype, j->out, i * j->classes + t,
                      -grad * (j->weight ? cpu_float_get(j->dtype, j->weight, t) : 1));
    }
}

static torsh_status_t backward(const torsh_call_t *call)
{
    const torsh__nll_loss_backward_params_t *p = call->params;
    const torsh_view_t *grad = &call->in[0], *self = &call->in[1];
    job_t j;
    torsh_status_t status = start(self, &call->in[2], &call->in[3], p->ignore_index, &j);
    if (status != TORSH_OK)
        return status;
    j.grad = cpu_at(grad);
    j.out = cpu_at(&call->out[0]);
    j.each = p->reduction == NONE && self->ndim > 1;
    if (!j.each)
        j.factor = cpu_float_get(j.dtype, j.grad, 0);
    if (p->reduction == MEAN)
        j.factor /= cpu_float_get(j.dtype, cpu_at(&call->in[4]), 0);
    cpu_range(j.n, cpu_grain(j.classes), backward_rows, &j);
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {
    CPU_FLOAT(TORSH_OP_NLL_LOSS_FORWARD, 0, forward),
    CPU_FLOAT(TORSH_OP_NLL_LOSS_BACKWARD, 0, backward),
};
CPU_LIST(loss);
