/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shapes and strides of results: the rules that several entries name, and those of creation and of matrices.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "iterate.h"
#include "run.h"

static void set_shape(torsh__meta_t *m, int ndim, const int64_t *shape)
{
    m->ndim = ndim;
    memcpy(m->shape, shape, (size_t)ndim * sizeof *shape);
}

static void in_memory_order(torsh__meta_t *m, const torsh_tensor_t *const *in, int n_in)
{
    torsh__result_strides(m->ndim, m->shape, in, n_in, m->strides);
    m->strided = true;
}

torsh_status_t torsh__shape_broadcast(const torsh__infer_t *x)
{
    torsh__meta_t *m = x->out;
    const torsh_tensor_t *a = x->in[0];
    if (x->n_in == 2 && x->in[1]->ndim == 0 &&
        !x->op->mutates_self) { /* a tensor and a number: the common case */
        set_shape(m, a->ndim, a->shape);
        in_memory_order(m, x->in, 1);
        return TORSH_OK;
    }
    m->ndim = 0;
    for (int i = 0; i < x->n_in; i++) {
        if (!x->in[i])
            continue;
        TRY(torsh__broadcast(x->op->name, x->in[i]->ndim, x->in[i]->shape, &m->ndim, m->shape));
    }
    in_memory_order(m, x->in, x->n_in);
    return TORSH_OK;
}

/* Row-major whatever the inputs' order is. */
torsh_status_t torsh__shape_row_major(const torsh__infer_t *x)
{
    TRY(torsh__shape_broadcast(x));
    x->out->strided = false;
    return TORSH_OK;
}

/* As broadcast, but row-major where the first operand is a number: PyTorch's pow. */
torsh_status_t torsh__shape_broadcast_tensors(const torsh__infer_t *x)
{
    return x->in[0]->is_number ? torsh__shape_row_major(x) : torsh__shape_broadcast(x);
}

/* The value is one number. */
static torsh_status_t one_value(const char *op, const torsh_tensor_t *value)
{
    return value->ndim == 0
               ? TORSH_OK
               : torsh__fail(TORSH_ERR_SHAPE,
                             "%s only supports a 0-dimensional value tensor, but got tensor with %d "
                             "dimension(s).",
                             op, value->ndim);
}

/* PyTorch fills a row-major copy. */
torsh_status_t torsh__shape_masked_fill_tensor(const torsh__infer_t *x)
{
    TRY(one_value("masked_fill_", x->in[2]));
    TRY(torsh__shape_broadcast(x));
    x->out->strided = false;
    return TORSH_OK;
}

/* A whole number must lie within an integer dtype; negative ones wrap in uint8. */
torsh_status_t torsh__shape_fill__tensor(const torsh__infer_t *x)
{
    const torsh_tensor_t *value = x->in[1];
    torsh_dtype_t d = (torsh_dtype_t)x->in[0]->dtype;
    TRY(one_value("fill_", value));
    if (value->is_number && value->value.kind == TORSH_SCALAR_INT && (d == TORSH_U8 || d == TORSH_I32)) {
        int64_t v = value->value.v.i, most = d == TORSH_U8 ? UINT8_MAX : INT32_MAX;
        if (v > most || v < -most - (d == TORSH_I32))
            return torsh__fail(TORSH_ERR_VALUE, "value cannot be converted to type %s without overflow",
                               d == TORSH_U8 ? "uint8_t" : "int");
    }
    return torsh__shape_same(x);
}

torsh_status_t torsh__shape_same(const torsh__infer_t *x)
{
    set_shape(x->out, x->in[0]->ndim, x->in[0]->shape);
    in_memory_order(x->out, x->in, 1);
    return TORSH_OK;
}

/* The dense results of softmax and the like: self's shape, row-major, for every result; `dim` must exist. */
torsh_status_t torsh__shape_softmax(const torsh__infer_t *x)
{
    int64_t dim = 0;
    for (int a = 0; a < x->op->n_args; a++)
        if (strcmp(x->op->args[a].name, "dim") == 0)
            TRY(torsh__wrap_dim(*(const int64_t *)((const char *)x->params + x->op->args[a].offset),
                                x->in[0]->ndim, &dim));
    set_shape(x->out, x->in[0]->ndim, x->in[0]->shape);
    return TORSH_OK;
}

/* Self's shape, in its memory order (preserve_format) or row-major. */
torsh_status_t torsh__shape_like(const torsh__infer_t *x)
{
    int format = 1;
    for (int a = 0; a < x->op->n_args; a++)
        if (x->op->args[a].type == TORSH__ARG_MEMORY_FORMAT)
            format = *(const int32_t *)((const char *)x->params + x->op->args[a].offset);
    if (format == 2)
        return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "%s: memory_format channels_last is not there",
                           x->op->name);
    set_shape(x->out, x->in[0]->ndim, x->in[0]->shape);
    if (format != 0)
        in_memory_order(x->out, x->in, 1);
    return TORSH_OK;
}

torsh_status_t torsh__shape_reduce(const torsh__infer_t *x)
{
    const torsh_tensor_t *t = x->in[0];
    bool mask[TORSH_MAX_DIMS], keepdim;
    TRY(torsh__reduced_dims(x->op, x->params, t->ndim, mask, &keepdim));
    torsh__meta_t *m = x->out;
    m->ndim = 0;
    if (t->n == 0 && x->op->args[1].type == TORSH__ARG_DIMS &&
        !((const torsh_dims_t *)((const char *)x->params + x->op->args[1].offset))->n)
        return torsh__fail(TORSH_ERR_VALUE,
                           "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                           "reduction dim with the 'dim' argument.",
                           x->op->name); /* amax, amin of everything */
    for (int i = 0; i < t->ndim; i++) {
        /* no identity: nothing to reduce is an error */
        if (mask[i] && t->shape[i] == 0 && strncmp(x->op->name, "sum", 3) && strncmp(x->op->name, "any", 3) &&
            strncmp(x->op->name, "all", 3))
            return torsh__fail(TORSH_ERR_INDEX, "%s(): Expected reduction dim %d to have non-zero size.",
                               x->op->name, i);
        if (!mask[i])
            m->shape[m->ndim++] = t->shape[i];
        else if (keepdim)
            m->shape[m->ndim++] = 1;
    }
    for (int i = 1; i < x->op->n_out; i++)
        set_shape(&x->out[i], m->ndim, m->shape);
    return TORSH_OK;
}

/* ---- creation ---- */

static torsh_status_t given_size(const torsh__infer_t *x, torsh_dims_t size)
{
    set_shape(x->out, size.n, size.v ? size.v : x->out->shape);
    return TORSH_OK; /* negative sizes are found where the tensor is made */
}

torsh_status_t torsh__shape_size(const torsh__infer_t *x)
{
    return given_size(x, ((const torsh__empty_memory_format_params_t *)x->params)->size);
}

torsh_status_t torsh__shape_empty_strided(const torsh__infer_t *x)
{
    const torsh__empty_strided_params_t *p = x->params;
    if (p->size.n != p->stride.n)
        return torsh__fail(TORSH_ERR_SHAPE, "mismatch in length of strides and shape: %d sizes, %d strides",
                           p->size.n, p->stride.n);
    TRY(given_size(x, p->size));
    for (int i = 0; i < p->stride.n; i++)
        if (p->stride.v[i] < 0)
            return torsh__fail(TORSH_ERR_VALUE,
                               "empty_strided: negative strides are not supported, but stride %d is %" PRId64,
                               i, p->stride.v[i]);
    for (int i = 0; i < p->stride.n; i++)
        x->out->strides[i] = p->stride.v[i];
    x->out->strided = true;
    return TORSH_OK;
}

static torsh_status_t one_dim(const torsh__infer_t *x, int64_t n)
{
    x->out->ndim = 1;
    x->out->shape[0] = n;
    return TORSH_OK;
}

torsh_status_t torsh__shape__arange(const torsh__infer_t *x)
{
    return one_dim(x, ((const torsh___arange_params_t *)x->params)->n);
}

torsh_status_t torsh__shape_linspace(const torsh__infer_t *x)
{
    const torsh__linspace_params_t *p = x->params;
    if (p->steps < 0)
        return torsh__fail(TORSH_ERR_VALUE, "number of steps must be non-negative");
    return one_dim(x, p->steps);
}

torsh_status_t torsh__shape__randperm(const torsh__infer_t *x)
{
    const torsh___randperm_params_t *p = x->params;
    if (p->n < 0)
        return torsh__fail(TORSH_ERR_VALUE, "n must be non-negative, got %" PRId64, p->n);
    return one_dim(x, p->n);
}

/* ---- matrices ---- */

static torsh_status_t want_ndim(const char *op, const char *arg, const torsh_tensor_t *t, int ndim)
{
    return t->ndim == ndim
               ? TORSH_OK
               : torsh__fail(TORSH_ERR_SHAPE, "%s: %s must be a %s, but it has %d dimensions", op, arg,
                             ndim == 2 ? "matrix" : "batch of matrices (3 dimensions)", t->ndim);
}

static torsh_status_t product(const torsh__infer_t *x, const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    if (a->shape[1] != b->shape[0])
        return torsh__fail(TORSH_ERR_SHAPE,
                           "mat1 and mat2 shapes cannot be multiplied (%" PRId64 "x%" PRId64 " and %" PRId64
                           "x%" PRId64 ")",
                           a->shape[0], a->shape[1], b->shape[0], b->shape[1]);
    x->out->ndim = 2;
    x->out->shape[0] = a->shape[0];
    x->out->shape[1] = b->shape[1];
    return TORSH_OK;
}

torsh_status_t torsh__shape_mm(const torsh__infer_t *x)
{
    TRY(want_ndim("mm", "self", x->in[0], 2));
    TRY(want_ndim("mm", "mat2", x->in[1], 2));
    return product(x, x->in[0], x->in[1]);
}

torsh_status_t torsh__shape_addmm(const torsh__infer_t *x)
{
    TRY(want_ndim("addmm", "mat1", x->in[1], 2));
    TRY(want_ndim("addmm", "mat2", x->in[2], 2));
    TRY(product(x, x->in[1], x->in[2]));
    int ndim = 2;
    int64_t shape[TORSH_MAX_DIMS] = {x->out->shape[0], x->out->shape[1]};
    TRY(torsh__broadcast("addmm", x->in[0]->ndim, x->in[0]->shape, &ndim, shape));
    if (ndim != 2 || shape[0] != x->out->shape[0] || shape[1] != x->out->shape[1])
        return torsh__fail(TORSH_ERR_SHAPE,
                           "addmm: self does not broadcast to the product, %" PRId64 "x%" PRId64,
                           x->out->shape[0], x->out->shape[1]);
    return TORSH_OK;
}

torsh_status_t torsh__shape_bmm(const torsh__infer_t *x)
{
    const torsh_tensor_t *a = x->in[0], *b = x->in[1];
    TRY(want_ndim("bmm", "self", a, 3));
    TRY(want_ndim("bmm", "mat2", b, 3));
    if (a->shape[0] != b->shape[0] || a->shape[2] != b->shape[1])
        return torsh__fail(TORSH_ERR_SHAPE,
                           "Expected size for first two dimensions of batch2 tensor to be: [%" PRId64
                           ", %" PRId64 "] but got: [%" PRId64 ", %" PRId64 "].",
                           a->shape[0], a->shape[2], b->shape[0], b->shape[1]);
    const int64_t shape[] = {a->shape[0], a->shape[1], b->shape[2]};
    set_shape(x->out, 3, shape);
    return TORSH_OK;
}

torsh_status_t torsh__shape_linear(const torsh__infer_t *x)
{
    const torsh_tensor_t *input = x->in[0], *weight = x->in[1], *bias = x->in[2];
    char a[256], b[256];
    if (weight->ndim != 2 && weight->ndim != 1)
        return torsh__fail(TORSH_ERR_SHAPE, "linear: weight must have 1 or 2 dimensions, but it has %d",
                           weight->ndim);
    int64_t in_features = weight->shape[weight->ndim - 1],
            last = input->ndim ? input->shape[input->ndim - 1] : 0;
    if (input->ndim == 0 || input->shape[input->ndim - 1] != in_features)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "mat1 and mat2 shapes cannot be multiplied (%" PRId64 "x%" PRId64 " and %" PRId64
                           "x%" PRId64 "). linear takes %" PRId64
                           " features; the input's shape is %s, the weight's %s",
                           last ? input->n / last : 0, last, in_features, weight->shape[0], in_features,
                           torsh__shape_text(input->ndim, input->shape, a, sizeof a),
                           torsh__shape_text(weight->ndim, weight->shape, b, sizeof b));
    if (bias &&
        (bias->ndim > 1 || (bias->ndim == 1 && bias->shape[0] != 1 && bias->shape[0] != weight->shape[0])))
        return torsh__fail(TORSH_ERR_SHAPE, "linear: the bias's shape %s does not fit the weight's %s",
                           torsh__shape_text(bias->ndim, bias->shape, a, sizeof a),
                           torsh__shape_text(weight->ndim, weight->shape, b, sizeof b));
    set_shape(x->out, input->ndim, input->shape);
    x->out->ndim -= weight->ndim == 1;
    if (weight->ndim == 2)
        x->out->shape[input->ndim - 1] = weight->shape[0];
    return TORSH_OK;
}
