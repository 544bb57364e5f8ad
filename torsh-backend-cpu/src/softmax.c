/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* _softmax, _log_softmax and their gradients along any dimension: whole rows where that is the last one, else
 * strips of columns. 16-bit floats go through float in scratch memory. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/nn_params.h>
#include <torsh/ops/scalar.h>

#include "half_block.h"
#include "lanes.h"
#include "range.h"

enum {
    STRIP = 128, /* columns of a strip */
    SUM_BLOCK =
        2048, /* so many elements (rows of a strip: SUM_ROWS) are added up before a double takes the sum */
    SUM_ROWS = 64
};

/* exp of x <= 0, with one scaling where exp_f32 needs two: results below the normal numbers are 0, as in
 * PyTorch's softmax. NaN stays. */
INLINE float exp_below(float x)
{
    const float sum = T_FMA(x, 1.44269504f, T_MAGIC32), k = sum - T_MAGIC32;
    const float r = T_FMA(k, 2.12194440e-4f, T_FMA(k, -0.693359375f, x));
    const float e = (1.0f + (r + exp_tail_f32(r))) * pow2_from_magic32(sum);
    return x < -87.3365479f ? 0.0f : e;
}

#define S f32
#define REAL float
#define EXP exp_below
#include "softmax_body.h"
#define S f64
#define REAL double
#define EXP exp_f64
#include "softmax_body.h"

typedef struct job {
    const char *in[2];
    char *out;
    torsh_dtype_t dtype;
    int32_t n_in, is_log;
    cpu_along_t a;
    int *failed;
} job_t;

/* n rows of w columns, `stride` elements apart: one row of n if w is 1 */
static void tile(const job_t *j, const void *in0, const void *in1, void *out, int64_t w, int64_t stride)
{
    const int64_t n = j->a.n;
    const int row = j->a.inner == 1;
    if (j->dtype == TORSH_F64) {
        if (j->n_in == 1)
            row ? forward_row_f64(in0, out, n, j->is_log)
                : forward_columns_f64(in0, out, n, w, stride, j->is_log);
        else
            row ? backward_row_f64(in0, in1, out, n, j->is_log)
                : backward_columns_f64(in0, in1, out, n, w, stride, j->is_log);
    } else {
        if (j->n_in == 1)
            row ? forward_row_f32(in0, out, n, j->is_log)
                : forward_columns_f32(in0, out, n, w, stride, j->is_log);
        else
            row ? backward_row_f32(in0, in1, out, n, j->is_log)
                : backward_columns_f32(in0, in1, out, n, w, stride, j->is_log);
    }
}

/* A tile of 16-bit floats by way of `wide`, room for n_in + 1 tiles of floats. */
static void half_tile(const job_t *j, const int64_t at, int64_t w, float *wide)
{
    const int64_t n = j->a.inner == 1 ? 1 : j->a.n, columns = j->a.inner == 1 ? j->a.n : w, all = n * columns;
    const int64_t stride = j->a.inner == 1 ? columns : j->a.inner;
    float *out = wide + all * j->n_in;
    for (int i = 0; i < j->n_in; i++)
        for (int64_t r = 0; r < n; r++)
            cpu_widen(j->dtype, wide + i * all + r * columns, (const uint16_t *)j->in[i] + at + r * stride,
                      columns);
    tile(j, wide, wide + all, out, w, columns);
    for (int64_t r = 0; r < n; r++)
        cpu_narrow(j->dtype, (uint16_t *)j->out + at + r * stride, out + r * columns, columns);
}

static void run_tiles(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    const int64_t inner = j->a.inner, strips = (inner + STRIP - 1) / STRIP, bytes = cpu_bytes(j->dtype);
    float *wide = NULL;
    if (bytes == 2) {
        const int64_t tile_n = j->a.n * cpu_least(STRIP, inner);
        wide = torsh__cpu_host->scratch((size_t)(tile_n * (j->n_in + 1)) * sizeof(float));
        if (!wide) {
            *j->failed = 1;
            return;
        }
    }
    for (int64_t i = first; i < last; i++) {
        const int64_t c = i % strips * STRIP, w = cpu_least(STRIP, inner - c),
                      at = i / strips * j->a.n * inner + c;
        if (wide)
            half_tile(j, at, w, wide);
        else
            tile(j, j->in[0] + at * bytes, j->n_in > 1 ? j->in[1] + at * bytes : NULL, j->out + at * bytes, w,
                 inner);
    }
}

static torsh_status_t run(const torsh_call_t *call, int64_t dim, int32_t n_in, int32_t is_log)
{
    const torsh_view_t *x = &call->in[0];
    int failed = 0;
    job_t j = {{cpu_at(x), n_in > 1 ? cpu_at(&call->in[1]) : NULL},
               cpu_at(&call->out[0]),
               call->compute,
               n_in,
               is_log,
               cpu_along(x, dim),
               &failed};
    if (x->n == 0)
        return TORSH_OK;
    const int64_t strips = (j.a.inner + STRIP - 1) / STRIP;
    cpu_range(j.a.outer * strips, cpu_grain(4 * j.a.n * cpu_least(STRIP, j.a.inner)), run_tiles, &j);
    return failed ? cpu_no_scratch() : TORSH_OK;
}

static torsh_status_t softmax(const torsh_call_t *call)
{
    return run(call, ((const torsh___softmax_params_t *)call->params)->dim, 1, 0);
}

static torsh_status_t log_softmax(const torsh_call_t *call)
{
    return run(call, ((const torsh___log_softmax_params_t *)call->params)->dim, 1, 1);
}

static torsh_status_t softmax_backward(const torsh_call_t *call)
{
    return run(call, ((const torsh___softmax_backward_data_params_t *)call->params)->dim, 2, 0);
}

static torsh_status_t log_softmax_backward(const torsh_call_t *call)
{
    return run(call, ((const torsh___log_softmax_backward_data_params_t *)call->params)->dim, 2, 1);
}

static const torsh_kernel_t kernels[] = {
    CPU_FLOAT(TORSH_OP__SOFTMAX, 0, softmax),
    CPU_FLOAT(TORSH_OP__LOG_SOFTMAX, 0, log_softmax),
    CPU_FLOAT(TORSH_OP__SOFTMAX_BACKWARD_DATA, 0, softmax_backward),
    CPU_FLOAT(TORSH_OP__LOG_SOFTMAX_BACKWARD_DATA, 0, log_softmax_backward),
};
CPU_LIST(softmax);
