/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "composites.h"

t_t torsh__composite_contiguous(sc_t *s, ct_t self, int memory_format)
{
    if (memory_format > 0)
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "contiguous: only contiguous_format is there");
    if (torsh__is_contiguous(self->ndim, self->shape, self->strides))
        return itself(s, self);
    return op_clone(s, self, 0);
}

t_t torsh__composite_reshape(sc_t *s, ct_t self, torsh_dims_t shape)
{
    int64_t size[TORSH_MAX_DIMS], strides[TORSH_MAX_DIMS];
    if (scope_ok(s))
        s->status = torsh__infer_size(shape, self->n, size);
    if (!scope_ok(s))
        return torsh__scope_dead();
    if (!torsh__view_strides(self, shape.n, size, strides))
        self = op_clone(s, self, 0);
    return op_view(s, self, dims(size, shape.n));
}

t_t torsh__composite_flatten_using_ints(sc_t *s, ct_t self, int64_t start_dim, int64_t end_dim)
{
    int64_t a = 0, b = 0, size[TORSH_MAX_DIMS];
    if (scope_ok(s))
        s->status = torsh__wrap_dim(start_dim, self->ndim, &a);
    if (scope_ok(s))
        s->status = torsh__wrap_dim(end_dim, self->ndim, &b);
    if (a > b)
        scope_fail(s, TORSH_ERR_VALUE, "flatten() has invalid args: start_dim cannot come after end_dim");
    if (!scope_ok(s))
        return torsh__scope_dead();
    if (self->ndim > 0 && a == b)
        return itself(s, self);
    int n = 0;
    int64_t merged = 1;
    for (int i = 0; i < self->ndim; i++) {
        if (i >= a && i <= b)
            merged *= self->shape[i];
        if (i < a || i > b)
            size[n++] = self->shape[i];
        else if (i == b)
            size[n++] = merged;
    }
    if (self->ndim == 0)
        size[n++] = 1;
    return torsh__composite_reshape(s, self, dims(size, n));
}

t_t torsh__composite_numpy_t(sc_t *s, ct_t self)
{
    int64_t order[TORSH_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++)
        order[i] = self->ndim - 1 - i;
    return op_permute(s, self, dims(order, self->ndim));
}

t_t torsh__composite_expand_as(sc_t *s, ct_t self, ct_t other)
{
    return op_expand(s, self, shape_of(other), 0);
}

t_t torsh__composite_view_as(sc_t *s, ct_t self, ct_t other)
{
    return op_view(s, self, shape_of(other));
}

t_t torsh__composite_broadcast_to(sc_t *s, ct_t self, torsh_dims_t size)
{
    return op_expand(s, self, size, 0);
}

t_t torsh__composite_narrow(sc_t *s, ct_t self, int64_t dim, int64_t start, int64_t length)
{
    int64_t d = 0;
    if (self->ndim == 0)
        scope_fail(s, TORSH_ERR_SHAPE, "narrow() cannot be applied to a 0-dim tensor.");
    if (length < 0)
        scope_fail(s, TORSH_ERR_VALUE, "narrow(): length must be non-negative.");
    if (scope_ok(s))
        s->status = torsh__wrap_dim(dim, self->ndim, &d);
    if (!scope_ok(s))
        return torsh__scope_dead();
    int64_t n = self->shape[d];
    if (start < -n || start > n)
        scope_fail(s, TORSH_ERR_INDEX,
                   "start out of range (expected to be in range of [-%" PRId64 ", %" PRId64
                   "], but got %" PRId64 ")",
                   n, n, start);
    start = start < 0 ? start + n : start;
    if (length > n || start > n - length)
        scope_fail(s, TORSH_ERR_SHAPE,
                   "start (%" PRId64 ") + length (%" PRId64 ") exceeds dimension size (%" PRId64 ").", start,
                   length, n);
    if (!scope_ok(s))
        return torsh__scope_dead();
    return op_slice(s, self, d, some(start), some(start + length), 1);
}

t_t torsh__composite_narrow_tensor(sc_t *s, ct_t self, int64_t dim, ct_t start, int64_t length)
{
    torsh_scalar_t at = torsh_scalar_i(0);
    if (start->ndim != 0 || torsh_dtype_is_floating(dtype_of(start)) || start->dtype == TORSH_BOOL)
        scope_fail(s, TORSH_ERR_VALUE, "start must be an 0-dim integral Tensor.");
    if (scope_ok(s))
        s->status = torsh_tensor_item(start, &at);
    return torsh__composite_narrow(s, self, dim, at.v.i, length);
}

/* ---- lists ---- */

/* piece(i) of self along d: sizes[i], or `size` each. The list takes references of its own. */
static torsh_tensor_list_t *pieces(sc_t *s, ct_t self, int64_t d, int n, const int64_t *sizes, int64_t size)
{
    torsh_tensor_list_t *list = scope_ok(s) ? torsh__tensor_list_new(n) : NULL;
    int64_t at = 0;
    if (!list) {
        s->status = scope_ok(s) ? TORSH_ERR_MEMORY : s->status;
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        int64_t left = self->shape[d] - at, length = sizes ? sizes[i] : size < left ? size : left;
        t_t piece = op_slice(s, self, d, some(at), some(at + length), 1);
        list->tensors[i] = scope_ok(s) ? torsh_tensor_retain(piece) : NULL;
        at += length;
    }
    if (!scope_ok(s)) {
        torsh_tensor_list_free(list);
        return NULL;
    }
    return list;
}

static int64_t list_dim(sc_t *s, const char *op, ct_t self, int64_t dim)
{
    int64_t d = 0;
    if (self->ndim == 0 && strcmp(op, "unbind") != 0) /* which raises IndexError */
        scope_fail(s, TORSH_ERR_SHAPE, "%s expects at least a 1-dimensional tensor", op);
    else if (self->ndim == 0)
        scope_fail(s, TORSH_ERR_INDEX, "Dimension specified as %" PRId64 " but tensor has no dimensions",
                   dim);
    if (scope_ok(s))
        s->status = torsh__wrap_dim(dim, self->ndim, &d);
    return d;
}

torsh_tensor_list_t *torsh__composite_split_tensor(sc_t *s, ct_t self, int64_t split_size, int64_t dim)
{
    int64_t d = list_dim(s, "split", self, dim);
    if (split_size < 0)
        scope_fail(s, TORSH_ERR_VALUE,
                   "split expects split_size be non-negative, but got split_size=%" PRId64, split_size);
    if (!scope_ok(s))
        return NULL;
    int64_t n = self->shape[d];
    if (split_size == 0 && n != 0)
        scope_fail(s, TORSH_ERR_VALUE,
                   "split_size can only be 0 if dimension size is 0, but got dimension size of %" PRId64, n);
    int64_t count = split_size ? n / split_size + (n % split_size != 0) : 1;
    return pieces(s, self, d, count > 0 ? (int)count : 1, NULL, split_size);
}

torsh_tensor_list_t *torsh__composite_split_with_sizes(sc_t *s, ct_t self, torsh_dims_t split_sizes,
                                                       int64_t dim)
{
    int64_t d = list_dim(s, "split_with_sizes", self, dim), sum = 0;
    for (int i = 0; i < split_sizes.n; i++) {
        if (split_sizes.v[i] < 0)
            scope_fail(s, TORSH_ERR_VALUE,
                       "split_with_sizes expects split_sizes have only non-negative entries");
        if (__builtin_add_overflow(sum, split_sizes.v[i], &sum))
            sum = INT64_MAX;
    }
    if (scope_ok(s) && sum != self->shape[d])
        scope_fail(s, TORSH_ERR_VALUE,
                   "split_with_sizes expects split_sizes to sum exactly to %" PRId64
                   " (input tensor's size at dimension %" PRId64 "), but they sum to %" PRId64,
                   self->shape[d], d, sum);
    return pieces(s, self, d, split_sizes.n, split_sizes.v, 0);
}

torsh_tensor_list_t *torsh__composite_split_sizes(sc_t *s, ct_t self, torsh_dims_t split_size, int64_t dim)
{
    return torsh__composite_split_with_sizes(s, self, split_size, dim);
}

torsh_tensor_list_t *torsh__composite_chunk(sc_t *s, ct_t self, int64_t chunks, int64_t dim)
{
    int64_t d = list_dim(s, "chunk", self, dim);
    if (chunks <= 0)
        scope_fail(s, TORSH_ERR_VALUE, "chunk expects `chunks` to be greater than 0, got: %" PRId64, chunks);
    if (!scope_ok(s))
        return NULL;
    int64_t n = self->shape[d], size = n / chunks + (n % chunks != 0);
    if (n == 0) /* PyTorch gives as many empty pieces as were asked for */
        return pieces(s, self, d, (int)chunks, NULL, 0);
    return torsh__composite_split_tensor(s, self, size, d);
}

torsh_tensor_list_t *torsh__composite_unbind_int(sc_t *s, ct_t self, int64_t dim)
{
    int64_t d = list_dim(s, "unbind", self, dim);
    torsh_tensor_list_t *list = scope_ok(s) ? torsh__tensor_list_new((int)self->shape[d]) : NULL;
    for (int i = 0; list && i < list->n; i++) {
        t_t piece = op_select(s, self, d, i);
        list->tensors[i] = scope_ok(s) ? torsh_tensor_retain(piece) : NULL;
    }
    if (list && !scope_ok(s)) {
        torsh_tensor_list_free(list);
        list = NULL;
    }
    if (!list && scope_ok(s))
        s->status = TORSH_ERR_MEMORY;
    return list;
}

t_t torsh__composite_sum_to_size(sc_t *s, ct_t self, torsh_dims_t size)
{
    int64_t reduce[TORSH_MAX_DIMS];
    int n = 0, lead = self->ndim - size.n;
    bool fits = lead >= 0;
    for (int i = 0; i < self->ndim && fits && scope_ok(s); i++) {
        int64_t want = i < lead ? 1 : size.v[i - lead];
        if (i < lead || (want == 1 && self->shape[i] != 1))
            reduce[n++] = i;
        else
            fits = want == self->shape[i];
    }
    if (!fits) {
        char a[256], b[256];
        scope_fail(s, TORSH_ERR_SHAPE, "size {%s} is not expandable to size {%s}.",
                   torsh__shape_text(size.n, size.v, a, sizeof a),
                   torsh__shape_text(self->ndim, self->shape, b, sizeof b));
    }
    if (!n && size.n)
        return itself(s, self);
    t_t sum = op_sum_dim(s, self, dims(reduce, n), 1, SAME_DTYPE);
    return lead > 0 ? op_view(s, sum, size) : sum;
}
