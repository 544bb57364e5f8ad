/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shapes of joining, gathering and scattering. */
#include <inttypes.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "iterate.h"

static void set_shape(torsh__meta_t *m, const torsh_tensor_t *t)
{
    m->ndim = t->ndim;
    memcpy(m->shape, t->shape, (size_t)t->ndim * sizeof *m->shape);
}

/* 1-d and empty: PyTorch's legacy, joins with anything. */
static bool skipped(const torsh_tensor_t *t)
{
    return t->ndim == 1 && t->shape[0] == 0;
}

torsh_status_t torsh__shape_cat(const torsh__infer_t *x)
{
    const torsh__cat_params_t *p = x->params;
    const torsh_tensor_t *first = NULL;
    torsh__meta_t *m = x->out;
    int64_t d = 0;
    if (x->n_in == 0)
        return torsh__fail(TORSH_ERR_VALUE, "cat(): expected a non-empty list of Tensors");
    for (int i = 0; i < x->n_in; i++) {
        const torsh_tensor_t *t = x->in[i];
        if (t->ndim == 0)
            return torsh__fail(TORSH_ERR_SHAPE,
                               "zero-dimensional tensor (at position %d) cannot be concatenated", i);
        if (skipped(t))
            continue;
        if (!first) {
            first = t;
            TRY(torsh__wrap_dim(p->dim, t->ndim, &d));
            set_shape(m, t);
            continue;
        }
        if (t->ndim != first->ndim)
            return torsh__fail(TORSH_ERR_SHAPE, "Tensors must have same number of dimensions: got %d and %d",
                               first->ndim, t->ndim);
        for (int k = 0; k < t->ndim; k++)
            if (k != d && t->shape[k] != first->shape[k])
                return torsh__fail(TORSH_ERR_SHAPE,
                                   "Sizes of tensors must match except in dimension %" PRId64
                                   ". Expected size %" PRId64 " but got size %" PRId64
                                   " for tensor number %d in the list.",
                                   d, first->shape[k], t->shape[k], i);
        m->shape[d] += t->shape[d];
    }
    if (!first) {
        TRY(torsh__wrap_dim(p->dim, 1, &d));
        set_shape(m, x->in[0]);
    }
    return TORSH_OK;
}

torsh_status_t torsh__shape_index_select(const torsh__infer_t *x)
{
    const torsh__index_select_params_t *p = x->params;
    const torsh_tensor_t *index = x->in[1];
    int64_t d;
    if (index->ndim > 1)
        return torsh__fail(TORSH_ERR_INDEX,
                           "index_select(): Index is supposed to be a vector, but got dim: %d", index->ndim);
    TRY(torsh__wrap_dim(p->dim, x->in[0]->ndim, &d));
    set_shape(x->out, x->in[0]);
    if (x->out->ndim)
        x->out->shape[d] = index->n;
    return TORSH_OK;
}

torsh_status_t torsh__shape_index_add(const torsh__infer_t *x)
{
    const torsh__index_add_params_t *p = x->params;
    const torsh_tensor_t *self = x->in[0], *index = x->in[1], *source = x->in[2];
    int64_t d;
    TRY(torsh__wrap_dim(p->dim, self->ndim, &d));
    if (index->ndim > 1)
        return torsh__fail(TORSH_ERR_INDEX, "index_add_(): Index is supposed to be a vector, but got dim: %d",
                           index->ndim);
    if (self->dtype != source->dtype)
        return torsh__fail(
            TORSH_ERR_DTYPE, "index_add_(): self (%s) and source (%s) must have the same scalar type",
            torsh_dtype_name((torsh_dtype_t)self->dtype), torsh_dtype_name((torsh_dtype_t)source->dtype));
    bool fits = source->ndim == self->ndim;
    for (int i = 0; fits && i < self->ndim; i++)
        fits = source->shape[i] == (i == d ? index->n : self->shape[i]);
    if (!fits)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "index_add_(): source must have self's shape, with %" PRId64
                           " indices in dimension %" PRId64,
                           index->n, d);
    set_shape(x->out, self);
    return TORSH_OK;
}

/* gather and scatter take a 0-d tensor as one of one element. */
static int dims_of(const torsh_tensor_t *t)
{
    return t->ndim ? t->ndim : 1;
}

static int64_t size_of(const torsh_tensor_t *t, int i)
{
    return t->ndim ? t->shape[i] : 1;
}

static torsh_status_t same_dims(const char *op, const char *what, const torsh_tensor_t *index,
                                const torsh_tensor_t *of)
{
    if (dims_of(index) == dims_of(of) || !index->n)
        return TORSH_OK;
    return torsh__fail(TORSH_ERR_SHAPE,
                       "Index tensor must have the same number of dimensions as %s tensor (%s)", what, op);
}

/* The first dimension but `d` along which index is larger; -1: there is none, or index has no element. */
static int too_large(const torsh_tensor_t *index, const torsh_tensor_t *of, int64_t d)
{
    for (int i = 0; index->n && i < dims_of(of); i++)
        if (i != d && size_of(index, i) > size_of(of, i))
            return i;
    return -1;
}

torsh_status_t torsh__shape_gather(const torsh__infer_t *x)
{
    const torsh_tensor_t *self = x->in[0], *index = x->in[1];
    char a[256], b[256];
    int64_t d;
    TRY(torsh__wrap_dim(((const torsh__gather_params_t *)x->params)->dim, self->ndim, &d));
    TRY(same_dims("gather", "input", index, self));
    int at = too_large(index, self, d);
    if (at >= 0)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "Size does not match at dimension %d expected index %s to be no larger than self %s apart from "
            "dimension %" PRId64,
            at, torsh__shape_text(index->ndim, index->shape, a, sizeof a),
            torsh__shape_text(self->ndim, self->shape, b, sizeof b), d);
    set_shape(x->out, index);
    return TORSH_OK;
}

torsh_status_t torsh__shape_scatter_add(const torsh__infer_t *x)
{
    const torsh_tensor_t *self = x->in[0], *index = x->in[1], *src = x->in[2];
    char a[256], b[256], c[256];
    int64_t d;
    TRY(torsh__wrap_dim(((const torsh__scatter_add_params_t *)x->params)->dim, self->ndim, &d));
    if (self->dtype != src->dtype)
        return torsh__fail(TORSH_ERR_DTYPE, "scatter(): Expected self.dtype to be equal to src.dtype");
    TRY(same_dims("scatter_add", "self", index, self));
    TRY(same_dims("scatter_add", "src", index, src));
    if (too_large(index, self, d) >= 0 || too_large(index, src, -1) >= 0)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "Expected index %s to be no larger than self %s apart from dimension %" PRId64
                           " and to be no larger size than src %s",
                           torsh__shape_text(index->ndim, index->shape, a, sizeof a),
                           torsh__shape_text(self->ndim, self->shape, b, sizeof b), d,
                           torsh__shape_text(src->ndim, src->shape, c, sizeof c));
    set_shape(x->out, self);
    return TORSH_OK;
}

/* The shape that indexing gives: index's in place of the indexed dimensions. */
static torsh_status_t indexed(const torsh__infer_t *x, int first_index, int n, int64_t first,
                              torsh__meta_t *m)
{
    const torsh_tensor_t *self = x->in[0];
    TORSH_ASSERT(n > 0);
    const torsh_tensor_t *index = x->in[first_index];
    if (first < 0 || first + n > self->ndim)
        return torsh__fail(TORSH_ERR_INDEX, "too many indices for tensor of dimension %d", self->ndim);
    int ndim = self->ndim - n + index->ndim;
    if (ndim > TORSH_MAX_DIMS)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "the result of indexing has %d dimensions; at most %d are possible", ndim,
                           TORSH_MAX_DIMS);
    m->ndim = 0;
    for (int i = 0; i < first; i++)
        m->shape[m->ndim++] = self->shape[i];
    for (int i = 0; i < index->ndim; i++)
        m->shape[m->ndim++] = index->shape[i];
    for (int64_t i = first + n; i < self->ndim; i++)
        m->shape[m->ndim++] = self->shape[i];
    return TORSH_OK;
}

/* An operand as it lies over the result of indexing. */
typedef struct spread {
    torsh_tensor_t t;
    int64_t shape[TORSH_MAX_DIMS], strides[TORSH_MAX_DIMS];
} spread_t;

/* Self, in which the indexed dimensions do not move. */
static void spread_self(spread_t *x, const torsh_tensor_t *self, int n, int first, int n_new)
{
    int after = self->ndim - first - n, at = first + n_new;
    for (int i = first; i < at; i++) {
        x->shape[i] = 1;
        x->strides[i] = 0;
    }
    memcpy(x->shape, self->shape, (size_t)first * sizeof *x->shape);
    memcpy(x->strides, self->strides, (size_t)first * sizeof *x->strides);
    memcpy(x->shape + at, self->shape + first + n, (size_t)after * sizeof *x->shape);
    memcpy(x->strides + at, self->strides + first + n, (size_t)after * sizeof *x->strides);
}

/* An index, reshaped to sizes of 1 around its own. */
static void spread_index(spread_t *x, const torsh_tensor_t *index, int first, int ndim)
{
    for (int i = 0; i < ndim; i++)
        x->shape[i] = i < first || i >= first + index->ndim ? 1 : index->shape[i - first];
    torsh__view_strides(index, ndim, x->shape, x->strides);
}

/* The memory order that PyTorch's iterator over self and the indices gives. */
static void indexed_order(const torsh__infer_t *x, int n, int first, torsh__meta_t *m)
{
    spread_t spreads[TORSH__MAX_OPERANDS];
    const torsh_tensor_t *seen[TORSH__MAX_OPERANDS];
    int n_seen = n + 1 < TORSH__MAX_OPERANDS ? n + 1 : TORSH__MAX_OPERANDS;
    for (int i = 0; i < n_seen; i++) {
        torsh_tensor_t *t = &spreads[i].t;
        *t = (torsh_tensor_t){.ndim = m->ndim, .shape = spreads[i].shape, .strides = spreads[i].strides};
        seen[i] = t;
        if (i == 0)
            spread_self(&spreads[0], x->in[0], n, first, x->in[1]->ndim);
        else
            spread_index(&spreads[i], x->in[i], first, m->ndim);
    }
    torsh__result_strides(m->ndim, m->shape, seen, n_seen, m->strides);
    m->strided = true;
}

torsh_status_t torsh__shape__index(const torsh__infer_t *x)
{
    const torsh___index_params_t *p = x->params;
    TRY(indexed(x, 1, p->n_indices, p->first, x->out));
    indexed_order(x, p->n_indices, (int)p->first, x->out);
    return TORSH_OK;
}

torsh_status_t torsh__shape__index_put_(const torsh__infer_t *x)
{
    const torsh___index_put__params_t *p = x->params;
    const torsh_tensor_t *values = x->in[1];
    torsh__meta_t want;
    TRY(indexed(x, 2, p->n_indices, p->first, &want));
    TORSH_ASSERT(torsh__has_shape(values, want.ndim, want.shape));
    set_shape(x->out, x->in[0]);
    return TORSH_OK;
}

torsh_status_t torsh__shape__count_nonzero(const torsh__infer_t *x)
{
    x->out->ndim = 0;
    return TORSH_OK;
}

torsh_status_t torsh__shape__nonzero(const torsh__infer_t *x)
{
    x->out->ndim = 2;
    x->out->shape[0] = ((const torsh___nonzero_params_t *)x->params)->n;
    x->out->shape[1] = x->in[0]->ndim;
    return TORSH_OK;
}

torsh_status_t torsh__shape_flip(const torsh__infer_t *x)
{
    bool mask[TORSH_MAX_DIMS];
    torsh_dims_t dims = ((const torsh__flip_params_t *)x->params)->dims;
    if (dims.n)
        TRY(torsh__dim_mask("flip", dims, x->in[0]->ndim, mask));
    return torsh__shape_same(x);
}

torsh_status_t torsh__shape_embedding(const torsh__infer_t *x)
{
    const torsh_tensor_t *weight = x->in[0], *indices = x->in[1];
    if (weight->ndim != 2)
        return torsh__fail(TORSH_ERR_SHAPE, "'weight' must be 2-D (embedding), but it has %d dimensions",
                           weight->ndim);
    if (indices->ndim == TORSH_MAX_DIMS)
        return torsh__fail(TORSH_ERR_SHAPE, "embedding: the result would have more than %d dimensions",
                           TORSH_MAX_DIMS);
    set_shape(x->out, indices);
    x->out->shape[x->out->ndim++] = weight->shape[1];
    return TORSH_OK;
}
