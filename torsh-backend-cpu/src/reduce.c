/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reductions go by rows, where neighbours in memory are combined with one another, or by columns, where whole
 * rows are combined. Other dtypes and strides come through blocks. Long ones are cut into tasks by shape
 * alone, their results combined in order. */
#include "reduce.h"

#include "reduce_job.h"

/* A kept dimension or a reduced one; dimensions of one element are neither. */
static void add_dim(cpu_reduce_job_t *j, int64_t n, int64_t in_stride, int64_t out_stride)
{
    if (n == 1)
        return;
    if (out_stride == 0) {
        j->reduced_shape[j->n_reduced] = n;
        j->reduced_in[j->n_reduced++] = in_stride;
        j->reduced *= n;
    } else {
        j->kept_shape[j->n_kept] = n;
        j->kept_out[j->n_kept] = out_stride;
        j->kept_in[j->n_kept++] = in_stride;
        j->kept *= n;
    }
}

static void to_last(int64_t *a, int n, int d)
{
    const int64_t x = a[d];
    for (; d < n - 1; d++)
        a[d] = a[d + 1];
    a[n - 1] = x;
}

static int largest(const int64_t *shape, int n)
{
    int d = n - 1;
    for (int i = 0; i < n; i++)
        if (shape[i] > shape[d])
            d = i;
    return d;
}

static int with_stride_1(const int64_t *strides, int n)
{
    for (int d = 0; d < n; d++)
        if (strides[d] == 1)
            return d;
    return -1;
}

/* Puts the dimension to go along last among its kind; true: it is a kept one, go by columns. */
static bool by_columns(cpu_reduce_job_t *j)
{
    enum { SHORT_ROW = 12 }; /* up to here gathering columns of many rows is faster than a row at a time */
    int r = with_stride_1(j->reduced_in, j->n_reduced), k = with_stride_1(j->kept_in, j->n_kept);
    const bool short_rows = j->reduced <= SHORT_ROW && j->kept >= 4 * SHORT_ROW;
    if (k >= 0 || short_rows) {
        if (k < 0)
            k = largest(j->kept_shape, j->n_kept);
        if (j->kept_shape[k] >= SHORT_ROW || j->n_reduced == 1) {
            to_last(j->kept_shape, j->n_kept, k);
            to_last(j->kept_in, j->n_kept, k);
            to_last(j->kept_out, j->n_kept, k);
            return true;
        }
    }
    if (r < 0)
        r = j->n_reduced - 1;
    to_last(j->reduced_shape, j->n_reduced, r);
    to_last(j->reduced_in, j->n_reduced, r);
    return false;
}

static torsh_status_t without_elements(const cpu_reduce_job_t *j, const torsh_call_t *call)
{
    if (!j->op->has_identity)
        return torsh__cpu_host->fail(
            TORSH_ERR_VALUE,
            "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
            "reduction dim with the 'dim' argument.",
            call->op);
    char identity[16];
    cpu_convert_scalar(identity, j->out_dtype, &j->op->identity);
    cpu_cursor_t c;
    cpu_reduce_kept(j, &c);
    for (int64_t i = 0; i < j->kept; i++) {
        cpu_seek(&c, i);
        cpu_move(&c, 1, j->out, j->out_bytes, identity, 1, false);
    }
    return TORSH_OK;
}

torsh_status_t CPU_NAME(torsh__cpu_reduce)(const torsh_call_t *call, const torsh__cpu_reduce_t *op)
{
    const torsh_view_t *in = &call->in[0], *out = &call->out[0];
    cpu_reduce_job_t j;
    j.op = op;
    j.in = cpu_at(in);
    j.out = cpu_at(out);
    j.in_dtype = (int8_t)in->dtype;
    j.out_dtype = (int8_t)out->dtype;
    j.in_bytes = (int8_t)cpu_bytes(in->dtype);
    j.out_bytes = (int8_t)cpu_bytes(out->dtype);
    j.acc_bytes = (int8_t)cpu_bytes(op->acc);
    j.same = cpu_same_bits(op->type, in->dtype);
    j.direct = j.same && !op->map;
    j.n_kept = j.n_reduced = 0;
    j.kept = j.reduced = 1;
    for (int d = 0; d < in->ndim; d++)
        add_dim(&j, in->shape[d], in->strides[d], out->strides[d]);
    j.far = j.kept * j.reduced * j.in_bytes >= CPU_REDUCE_FAR;
    if (j.kept == 0)
        return TORSH_OK;
    if (j.n_kept == 0) {
        j.kept_shape[0] = 1;
        j.kept_in[0] = j.kept_out[0] = 0;
        j.n_kept = 1;
    }
    if (j.n_reduced == 0) {
        j.reduced_shape[0] = j.reduced_in[0] = 1;
        j.n_reduced = 1;
    }
    if (j.reduced == 0)
        return without_elements(&j, call);
    return by_columns(&j) ? CPU_NAME(torsh__cpu_reduce_columns)(&j) : CPU_NAME(torsh__cpu_reduce_rows)(&j);
}
