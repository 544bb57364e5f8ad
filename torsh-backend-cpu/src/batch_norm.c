/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* native_batch_norm: a task does one channel after the other, or strips of channels where these lie side by
 * side. */
#include <math.h>

#include <torsh/ops/nn_params.h>

#include "kernels.h"
#include "lanes.h"
#include "norm.h"
#include "range.h"

enum {
    STRIP = 64, /* channels of a strip */
    RUN = 1024, /* so many values of a channel are added up before a double takes the sum */
    ROWS = 64   /* rows of a strip, likewise */
};

typedef struct job {
    const torsh_view_t *in;  /* input, weight, bias, running_mean, running_var */
    const torsh_view_t *out; /* output, mean, rstd */
    int64_t size[TORSH_MAX_DIMS], x[TORSH_MAX_DIMS],
        y[TORSH_MAX_DIMS]; /* all dimensions but the channels', merged */
    int dims;
    int64_t channels, n; /* values of each */
    int32_t training;
    double momentum, eps;
} job_t;

/* Every dimension but 1, where input and output can be walked through together; at least one. */
static void merge(job_t *j)
{
    const torsh_view_t *x = &j->in[0], *y = &j->out[0];
    j->n = 1;
    for (int32_t d = 0; d < x->ndim; d++) {
        const int64_t n = x->shape[d], a = x->strides[d], b = y->strides[d];
        const int k = j->dims - 1;
        if (d == 1 || n == 1)
            continue;
        j->n *= n;
        const int joins = k >= 0 && j->x[k] == n * a && j->y[k] == n * b, at = joins ? k : j->dims++;
        j->size[at] = joins ? j->size[at] * n : n;
        j->x[at] = a;
        j->y[at] = b;
    }
    if (!j->dims)
        j->size[0] = j->x[0] = j->y[0] = j->dims = 1;
}

/* Offset of position r in the first `dims` dimensions. */
static int64_t place(const job_t *j, const int64_t *strides, int dims, int64_t r)
{
    int64_t at = 0;
    for (int d = dims - 1; d > 0; d--) {
        at += r % j->size[d] * strides[d];
        r /= j->size[d];
    }
    return dims > 0 ? at + r * strides[0] : 0;
}

/* Value c of operand i, or `none` where it was not given. */
static double value(const job_t *j, int i, int64_t c, double none)
{
    const torsh_view_t *v = &j->in[i];
    return v->ndim < 0 ? none : cpu_float_get(v->dtype, cpu_at(v), c * v->strides[0]);
}

static void follow(const job_t *j, int i, int64_t c, double x)
{
    const torsh_view_t *v = &j->in[i];
    if (v->ndim >= 0)
        cpu_float_put(v->dtype, cpu_at(v), c * v->strides[0],
                      (1 - j->momentum) * value(j, i, c, 0) + j->momentum * x);
}

/* How channel c is normalised: y = (x - mean) * scale + shift, where the mean's own error is part of the
 * shift. */
typedef struct affine {
    double mean, scale, shift;
} affine_t;

static affine_t affine_of(const job_t *j, int64_t c, double mean, double error, double rstd)
{
    const double scale = rstd * value(j, 1, c, 1);
    return (affine_t){mean, scale, value(j, 2, c, 0) - error * scale};
}

/* Out of the sums of distances from `mean` and of their squares. Writes the channel's statistics. */
static affine_t finish_training(const job_t *j, int64_t c, double mean, double first, double second)
{
    const double n = (double)j->n, error = first / n, square = second / n - error * error;
    const double var = square < 0 ? 0 : square, rstd = 1 / sqrt(var + j->eps);
    cpu_float_put(j->out[1].dtype, cpu_at(&j->out[1]), c * j->out[1].strides[0], mean + error);
    cpu_float_put(j->out[2].dtype, cpu_at(&j->out[2]), c * j->out[2].strides[0], rstd);
    follow(j, 3, c, mean + error);
    follow(j, 4, c, var * (n / (n - 1)));
    return affine_of(j, c, mean, error, rstd);
}

#define BODY "batch_norm_body.h"
#include "each_float.inc.h"

torsh_status_t torsh__cpu_run_batch_norm(const torsh_call_t *call)
{
    const torsh__native_batch_norm_params_t *p = call->params;
    const torsh_view_t *x = &call->in[0], *y = &call->out[0];
    job_t j = {.in = call->in,
               .out = call->out,
               .channels = x->shape[1],
               .training = p->training,
               .momentum = p->momentum,
               .eps = p->eps};
    if (x->n == 0)
        return TORSH_OK;
    merge(&j);
    if (x->strides[1] == 1 && y->strides[1] == 1 && j.channels > 1)
        cpu_range((j.channels + STRIP - 1) / STRIP, cpu_grain(j.n * STRIP),
                  CPU_CHOOSE_FLOAT(strips, x->dtype), &j);
    else if (j.training)
        cpu_range(j.channels, cpu_grain(j.n), CPU_CHOOSE_FLOAT(channels, x->dtype), &j);
    else
        cpu_range(x->n / j.size[j.dims - 1], cpu_grain(j.size[j.dims - 1]),
                  CPU_CHOOSE_FLOAT(planes, x->dtype), &j);
    return TORSH_OK;
}
