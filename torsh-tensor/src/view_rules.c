/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views: shape, strides and offset of each, from those of its base. */
#include <inttypes.h>
#include <string.h>

#include <torsh/impl/ops.h>

/* The view begins as its base. */
static torsh__meta_t *begin(const torsh__infer_t *x)
{
    const torsh_tensor_t *t = x->in[0];
    torsh__meta_t *m = x->out;
    m->ndim = t->ndim;
    memcpy(m->shape, t->shape, (size_t)t->ndim * sizeof *m->shape);
    memcpy(m->strides, t->strides, (size_t)t->ndim * sizeof *m->strides);
    m->offset = t->offset;
    m->strided = true;
    return m;
}

static void drop_dim(torsh__meta_t *m, int64_t d)
{
    m->ndim--;
    for (int64_t i = d; i < m->ndim; i++) {
        m->shape[i] = m->shape[i + 1];
        m->strides[i] = m->strides[i + 1];
    }
}

torsh_status_t torsh__shape_alias(const torsh__infer_t *x)
{
    begin(x);
    return TORSH_OK;
}

torsh_status_t torsh__shape_detach(const torsh__infer_t *x)
{
    begin(x);
    return TORSH_OK;
}

torsh_status_t torsh__shape_as_strided(const torsh__infer_t *x)
{
    const torsh__as_strided_params_t *p = x->params;
    const torsh_tensor_t *t = x->in[0];
    torsh__meta_t *m = begin(x);
    if (p->size.n != p->stride.n)
        return torsh__fail(TORSH_ERR_SHAPE, "mismatch in length of strides and shape: %d sizes, %d strides",
                           p->size.n, p->stride.n);
    m->offset = p->storage_offset.given ? p->storage_offset.v : t->offset;
    if (m->offset < 0)
        return torsh__fail(TORSH_ERR_VALUE, "Tensor: invalid storage offset %" PRId64, m->offset);
    m->ndim = p->size.n;
    int64_t last = m->offset, bytes;
    bool empty = false, overflow = false;
    for (int i = 0; i < m->ndim; i++) {
        int64_t reach;
        m->shape[i] = p->size.v[i];
        m->strides[i] = p->stride.v[i];
        if (m->shape[i] < 0 || m->strides[i] < 0)
            return torsh__fail(TORSH_ERR_VALUE,
                               "as_strided: Negative sizes and strides are not supported at the moment");
        empty |= m->shape[i] == 0;
        overflow |= __builtin_mul_overflow(m->shape[i] - 1, m->strides[i], &reach) ||
                    __builtin_add_overflow(last, reach, &last);
    }
    overflow |= last == INT64_MAX ||
                __builtin_mul_overflow(last + 1, torsh_dtype_bytes((torsh_dtype_t)t->dtype), &bytes);
    if (!empty && (overflow || bytes > t->storage->bytes)) {
        char text[256];
        return torsh__fail(TORSH_ERR_VALUE,
                           "setStorage: sizes %s and storage offset %" PRId64
                           " are out of bounds for storage of size %" PRId64,
                           torsh__shape_text(m->ndim, m->shape, text, sizeof text), m->offset,
                           t->storage->bytes);
    }
    return TORSH_OK;
}

torsh_status_t torsh__shape_view(const torsh__infer_t *x)
{
    const torsh__view_params_t *p = x->params;
    torsh__meta_t *m = begin(x);
    TRY(torsh__infer_size(p->size, x->in[0]->n, m->shape));
    m->ndim = p->size.n;
    if (!torsh__view_strides(x->in[0], m->ndim, m->shape, m->strides))
        return torsh__fail(TORSH_ERR_SHAPE,
                           "view size is not compatible with input tensor's size and stride (at least one "
                           "dimension spans across two contiguous subspaces). Use .reshape(...) instead.");
    return TORSH_OK;
}

static torsh_status_t transpose(const torsh__infer_t *x, int64_t dim0, int64_t dim1)
{
    torsh__meta_t *m = begin(x);
    int64_t a, b;
    TRY(torsh__wrap_dim(dim0, m->ndim, &a));
    TRY(torsh__wrap_dim(dim1, m->ndim, &b));
    if (m->ndim == 0)
        return TORSH_OK;
    int64_t shape = m->shape[a], stride = m->strides[a];
    m->shape[a] = m->shape[b];
    m->strides[a] = m->strides[b];
    m->shape[b] = shape;
    m->strides[b] = stride;
    return TORSH_OK;
}

torsh_status_t torsh__shape_transpose_int(const torsh__infer_t *x)
{
    const torsh__transpose_int_params_t *p = x->params;
    return transpose(x, p->dim0, p->dim1);
}

torsh_status_t torsh__shape_t(const torsh__infer_t *x)
{
    int ndim = x->in[0]->ndim;
    if (ndim > 2)
        return torsh__fail(TORSH_ERR_SHAPE, "t() expects a tensor with <= 2 dimensions, but self is %dD",
                           ndim);
    return transpose(x, 0, ndim == 2 ? 1 : 0);
}

torsh_status_t torsh__shape_permute(const torsh__infer_t *x)
{
    const torsh__permute_params_t *p = x->params;
    const torsh_tensor_t *t = x->in[0];
    torsh__meta_t *m = begin(x);
    bool seen[TORSH_MAX_DIMS] = {false};
    if (p->dims.n != t->ndim)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "permute: number of dimensions in the tensor input does not match the length of the desired "
            "ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d",
            t->ndim, p->dims.n);
    for (int i = 0; i < t->ndim; i++) {
        int64_t d;
        TRY(torsh__wrap_dim(p->dims.v[i], t->ndim, &d));
        if (seen[d])
            return torsh__fail(TORSH_ERR_VALUE, "permute(): duplicate dims are not allowed.");
        seen[d] = true;
        m->shape[i] = t->shape[d];
        m->strides[i] = t->strides[d];
    }
    return TORSH_OK;
}

static torsh_status_t squeeze(const torsh__infer_t *x, const bool *mask)
{
    torsh__meta_t *m = begin(x);
    for (int i = m->ndim - 1; i >= 0; i--)
        if (mask[i] && m->shape[i] == 1)
            drop_dim(m, i);
    return TORSH_OK;
}

torsh_status_t torsh__shape_squeeze(const torsh__infer_t *x)
{
    bool mask[TORSH_MAX_DIMS];
    memset(mask, true, sizeof mask);
    return squeeze(x, mask);
}

torsh_status_t torsh__shape_squeeze_dim(const torsh__infer_t *x)
{
    bool mask[TORSH_MAX_DIMS] = {false};
    int64_t d;
    TRY(torsh__wrap_dim(((const torsh__squeeze_dim_params_t *)x->params)->dim, x->in[0]->ndim, &d));
    mask[d] = true;
    return squeeze(x, mask);
}

torsh_status_t torsh__shape_squeeze_dims(const torsh__infer_t *x)
{
    bool mask[TORSH_MAX_DIMS] = {false};
    torsh_dims_t dims = ((const torsh__squeeze_dims_params_t *)x->params)->dim;
    if (dims.n)
        TRY(torsh__dim_mask("squeeze", dims, x->in[0]->ndim, mask));
    return squeeze(x, mask);
}

torsh_status_t torsh__shape_unsqueeze(const torsh__infer_t *x)
{
    torsh__meta_t *m = begin(x);
    int64_t d;
    TRY(torsh__wrap_dim(((const torsh__unsqueeze_params_t *)x->params)->dim, m->ndim + 1, &d));
    if (m->ndim == TORSH_MAX_DIMS)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "unsqueeze: the tensor has %d dimensions already, the most there can be",
                           TORSH_MAX_DIMS);
    int64_t stride = d < m->ndim ? m->shape[d] * m->strides[d] : 1;
    for (int64_t i = m->ndim++; i > d; i--) {
        m->shape[i] = m->shape[i - 1];
        m->strides[i] = m->strides[i - 1];
    }
    m->shape[d] = 1;
    m->strides[d] = stride;
    return TORSH_OK;
}

torsh_status_t torsh__shape_expand(const torsh__infer_t *x)
{
    const torsh__expand_params_t *p = x->params;
    const torsh_tensor_t *t = x->in[0];
    torsh__meta_t *m = begin(x);
    int lead = p->size.n - t->ndim;
    if (lead < 0)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "expand: the number of sizes provided (%d) must be greater or equal to the number of dimensions "
            "in the tensor (%d)",
            p->size.n, t->ndim);
    m->ndim = p->size.n;
    for (int i = m->ndim - 1; i >= 0; i--) { /* the last one that does not fit is the one to name */
        int64_t want = p->size.v[i], have = i < lead ? 1 : t->shape[i - lead];
        if (want == -1 && i < lead)
            return torsh__fail(
                TORSH_ERR_SHAPE,
                "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension %d",
                i);
        want = want == -1 ? have : want;
        if (want < 0 || (have != want && have != 1))
            return torsh__fail(TORSH_ERR_SHAPE,
                               "The expanded size of the tensor (%" PRId64
                               ") must match the existing size (%" PRId64 ") at non-singleton dimension %d.",
                               want, have, i);
        m->shape[i] = want;
        m->strides[i] = i < lead ? 0 : have == want ? t->strides[i - lead] : 0;
    }
    /* sizes of 1 in front: PyTorch gives them the stride that makes them contiguous */
    for (int i = lead - 1; i >= 0; i--)
        if (m->shape[i] == 1 && t->ndim)
            m->strides[i] = i + 1 < m->ndim ? m->shape[i + 1] * m->strides[i + 1] : 1;
    return TORSH_OK;
}

torsh_status_t torsh__shape_slice_tensor(const torsh__infer_t *x)
{
    const torsh__slice_tensor_params_t *p = x->params;
    torsh__meta_t *m = begin(x);
    int64_t d;
    if (m->ndim == 0)
        return torsh__fail(TORSH_ERR_INDEX, "slice() cannot be applied to a 0-dim tensor.");
    TRY(torsh__wrap_dim(p->dim, m->ndim, &d));
    if (p->step <= 0)
        return torsh__fail(TORSH_ERR_VALUE, "slice step must be positive");
    int64_t n = m->shape[d], start = p->start.given ? p->start.v : 0, end = p->end.given ? p->end.v : n;
    start = start < 0 ? start + n : start;
    end = end < 0 ? end + n : end;
    start = start < 0 ? 0 : start > n ? n : start;
    end = end < start ? start : end > n ? n : end;
    m->offset += start * m->strides[d];
    m->shape[d] = (end - start) / p->step + ((end - start) % p->step != 0);
    if (__builtin_mul_overflow(m->strides[d], p->step, &m->strides[d]))
        m->strides[d] = 0; /* at most one element is left */
    return TORSH_OK;
}

torsh_status_t torsh__shape_select_int(const torsh__infer_t *x)
{
    const torsh__select_int_params_t *p = x->params;
    torsh__meta_t *m = begin(x);
    int64_t d;
    if (m->ndim == 0)
        return torsh__fail(TORSH_ERR_INDEX, "select() cannot be applied to a 0-dim tensor.");
    TRY(torsh__wrap_dim(p->dim, m->ndim, &d));
    int64_t n = m->shape[d];
    if (p->index < -n || p->index >= n)
        return torsh__fail(TORSH_ERR_INDEX,
                           "index %" PRId64 " is out of bounds for dimension %" PRId64 " with size %" PRId64,
                           p->index, d, n);
    m->offset += (p->index < 0 ? p->index + n : p->index) * m->strides[d];
    drop_dim(m, d);
    return TORSH_OK;
}

torsh_status_t torsh__shape_diagonal(const torsh__infer_t *x)
{
    const torsh__diagonal_params_t *p = x->params;
    torsh__meta_t *m = begin(x);
    int64_t a, b;
    TRY(torsh__wrap_dim(p->dim1, m->ndim, &a));
    TRY(torsh__wrap_dim(p->dim2, m->ndim, &b));
    if (a == b)
        return torsh__fail(TORSH_ERR_VALUE, "diagonal dimensions cannot be identical %" PRId64 ", %" PRId64,
                           p->dim1, p->dim2);
    int64_t rows = m->shape[a] + (p->offset < 0 ? p->offset : 0),
            cols = m->shape[b] - (p->offset > 0 ? p->offset : 0);
    int64_t n = rows < cols ? rows : cols, stride;
    if (__builtin_add_overflow(m->strides[a], m->strides[b], &stride) && n > 1)
        return torsh__fail(TORSH_ERR_VALUE, "diagonal: the strides %" PRId64 " and %" PRId64 " are too large",
                           m->strides[a], m->strides[b]);
    n = n < 0 ? 0 : n;
    if (n)
        m->offset += p->offset >= 0 ? p->offset * m->strides[b] : -p->offset * m->strides[a];
    drop_dim(m, a > b ? a : b);
    drop_dim(m, a > b ? b : a);
    m->shape[m->ndim] = n;
    m->strides[m->ndim++] = stride;
    return TORSH_OK;
}
