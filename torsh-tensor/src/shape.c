/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <torsh/impl/tensor.h>

int64_t torsh__contiguous_strides(int ndim, const int64_t *shape, int64_t *strides)
{
    int64_t step = 1, n = 1;
    bool overflow = false, empty = false;
    for (int i = ndim - 1; i >= 0; i--) {
        strides[i] = step;
        empty |= shape[i] == 0;
        overflow |= __builtin_mul_overflow(n, shape[i], &n);
        /* PyTorch's strides of empty tensors count a 0 as 1; they may wrap where the rest is refused */
        step = (int64_t)((uint64_t)step * (uint64_t)(shape[i] > 1 ? shape[i] : 1));
    }
    return empty ? 0 : overflow ? -1 : n;
}

bool torsh__is_contiguous(int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t step = 1;
    for (int i = 0; i < ndim; i++)
        if (shape[i] == 0)
            return true;
    for (int i = ndim - 1; i >= 0; i--) {
        if (shape[i] != 1 && strides[i] != step)
            return false;
        step *= shape[i];
    }
    return true;
}

bool torsh__is_row_major(int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t step = 1;
    for (int i = ndim - 1; i >= 0; i--) {
        if (strides[i] != step)
            return false;
        step *= shape[i] > 1 ? shape[i] : 1;
    }
    return true;
}

bool torsh__is_dense(int ndim, const int64_t *shape, const int64_t *strides)
{
    int order[TORSH_MAX_DIMS];
    int64_t step = 1;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] == 0)
            return true;
        int at = i;
        for (; at > 0 && (shape[order[at - 1]] < 2 || (shape[i] >= 2 && strides[order[at - 1]] > strides[i]));
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (int k = 0; k < ndim; k++) {
        if (shape[order[k]] < 2)
            return true; /* the rest has size 1 */
        if (strides[order[k]] != step)
            return false;
        step *= shape[order[k]];
    }
    return true;
}

torsh_status_t torsh__wrap_dim(int64_t d, int ndim, int64_t *out)
{
    int n = ndim ? ndim : 1;
    if (d < -n || d >= n)
        return torsh__fail(TORSH_ERR_INDEX,
                           "Dimension out of range (expected to be in range of [%d, %d], but got %" PRId64
                           ")",
                           -n, n - 1, d);
    *out = d < 0 ? d + n : d;
    return TORSH_OK;
}

torsh_status_t torsh__dim_mask(const char *op, torsh_dims_t dims, int ndim, bool *mask)
{
    for (int i = 0; i < ndim; i++)
        mask[i] = dims.n == 0;
    for (int i = 0; i < dims.n; i++) {
        int64_t d = 0;
        TRY(torsh__wrap_dim(dims.v[i], ndim, &d));
        if (ndim && mask[d])
            return torsh__fail(TORSH_ERR_VALUE,
                               "%s: dim %" PRId64 " appears multiple times in the list of dims", op, d);
        if (ndim)
            mask[d] = true;
    }
    return TORSH_OK;
}

torsh_status_t torsh__broadcast(const char *op, int ndim, const int64_t *shape, int *out_ndim, int64_t *out)
{
    if (ndim > *out_ndim) {
        memmove(out + (ndim - *out_ndim), out, (size_t)*out_ndim * sizeof *out);
        for (int i = 0; i < ndim - *out_ndim; i++)
            out[i] = 1;
        *out_ndim = ndim;
    }
    for (int i = 1; i <= ndim; i++) {
        int64_t *o = &out[*out_ndim - i], n = shape[ndim - i];
        if (*o == n || n == 1)
            continue;
        if (*o != 1)
            return torsh__fail(TORSH_ERR_SHAPE,
                               "The size of tensor a (%" PRId64 ") must match the size of tensor b (%" PRId64
                               ") at non-singleton dimension %d (%s)",
                               *o, n, *out_ndim - i, op);
        *o = n;
    }
    return TORSH_OK;
}

const char *torsh__shape_text(int ndim, const int64_t *shape, char *text, size_t bytes)
{
    size_t at = 1;
    snprintf(text, bytes, "[");
    for (int i = 0; i < ndim && at < bytes; i++)
        at += (size_t)snprintf(text + at, bytes - at, "%s%" PRId64, i ? ", " : "", shape[i]);
    if (at + 1 < bytes)
        snprintf(text + at, bytes - at, "]");
    return text;
}

bool torsh__view_strides(const torsh_tensor_t *t, int ndim, const int64_t *shape, int64_t *strides)
{
    if (t->n == 0)
        return torsh__contiguous_strides(ndim, shape, strides) == 0;
    /* from the back: runs of old dimensions that lie behind each other take runs of new ones */
    int view = ndim - 1;
    int64_t base = t->ndim ? t->strides[t->ndim - 1] : 1, have = 1, want = 1;
    for (int i = t->ndim - 1; i >= 0; i--) {
        have *= t->shape[i];
        if (i > 0 && (t->shape[i - 1] == 1 || t->strides[i - 1] == have * base))
            continue;
        while (view >= 0 && (want < have || shape[view] == 1)) {
            strides[view] = want * base;
            want *= shape[view--];
        }
        if (want != have)
            return false;
        if (i > 0) {
            base = t->strides[i - 1];
            have = want = 1;
        }
    }
    for (; view >= 0; view--) /* only a 0-d tensor, or leading ones, come here */
        strides[view] = base;
    return true;
}

torsh_status_t torsh__infer_size(torsh_dims_t size, int64_t n, int64_t *shape)
{
    int unknown = -1;
    int64_t known = 1;
    char text[256];
    if (size.n > TORSH_MAX_DIMS)
        return torsh__fail(TORSH_ERR_SHAPE, "a shape of %d dimensions; at most %d are possible", size.n,
                           TORSH_MAX_DIMS);
    for (int i = 0; i < size.n; i++) {
        shape[i] = size.v[i];
        if (size.v[i] == -1) {
            if (unknown >= 0)
                return torsh__fail(TORSH_ERR_SHAPE, "only one dimension can be inferred");
            unknown = i;
        } else if (size.v[i] < 0) {
            return torsh__fail(TORSH_ERR_SHAPE, "invalid shape dimension %" PRId64, size.v[i]);
        } else if (__builtin_mul_overflow(known, size.v[i], &known)) {
            known = -1; /* fits no tensor */
            break;
        }
    }
    if (unknown >= 0 && known == 0 && n == 0)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "cannot reshape tensor of 0 elements into shape %s because the unspecified dimension size -1 "
            "can be any value and is ambiguous",
            torsh__shape_text(size.n, size.v, text, sizeof text));
    if (known == n && unknown < 0)
        return TORSH_OK;
    if (unknown < 0 || known <= 0 || n % known != 0)
        return torsh__fail(TORSH_ERR_SHAPE, "shape '%s' is invalid for input of size %" PRId64,
                           torsh__shape_text(size.n, size.v, text, sizeof text), n);
    shape[unknown] = n / known;
    return TORSH_OK;
}
