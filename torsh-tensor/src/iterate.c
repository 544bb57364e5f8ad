/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "iterate.h"

#include <string.h>

/* Strides of t seen with `ndim` dimensions: 0 where it is broadcast. */
static void broadcast_strides(const torsh_tensor_t *t, int ndim, const int64_t *shape, int64_t *strides)
{
    int lead = ndim - t->ndim;
    for (int i = 0; i < ndim; i++)
        strides[i] = i < lead || (t->shape[i - lead] == 1 && shape[i] != 1) ? 0 : t->strides[i - lead];
}

static bool same_contiguous(const torsh_tensor_t *t, int ndim, const int64_t *shape)
{
    return torsh__has_shape(t, ndim, shape) && torsh__is_contiguous(ndim, t->shape, t->strides);
}

static bool is_scalar(const torsh_tensor_t *t)
{
    return t->n == 1 && t->ndim == 0;
}

/* Does dimension a belong outside dimension b? The first operand that tells them apart decides. */
static bool outside(const torsh__space_t *x, int n_operands, int a, int b, bool reduction)
{
    for (int k = reduction; k < n_operands + reduction; k++) {
        int64_t sa = x->strides[k % n_operands][a], sb = x->strides[k % n_operands][b];
        sa = sa < 0 ? -sa : sa;
        sb = sb < 0 ? -sb : sb;
        if (sa == 0 || sb == 0 || sa == sb)
            continue;
        return sa > sb;
    }
    return a < b;
}

void torsh__space_build(torsh__space_t *x, int ndim, const int64_t *shape,
                        const torsh_tensor_t *const *operands, int n_operands, const bool *reduced,
                        bool keepdim)
{
    TORSH_ASSERT(n_operands <= TORSH__MAX_OPERANDS);
    x->n = 1;
    for (int i = 0; i < ndim; i++)
        x->n *= shape[i];
    if (!reduced) {
        bool flat = true;
        for (int k = 0; k < n_operands && flat; k++)
            flat = is_scalar(operands[k]) || same_contiguous(operands[k], ndim, shape);
        if (flat) {
            x->ndim = 1;
            x->shape[0] = x->n;
            for (int k = 0; k < n_operands; k++)
                x->strides[k][0] = is_scalar(operands[k]) ? 0 : 1;
            return;
        }
    }
    for (int k = 0; k < n_operands; k++) {
        if (k == 0 && reduced) {
            for (int i = 0, d = 0; i < ndim; i++) {
                x->strides[0][i] = reduced[i] ? 0 : operands[0]->strides[d];
                d += keepdim || !reduced[i];
            }
        } else {
            broadcast_strides(operands[k], ndim, shape, x->strides[k]);
        }
    }
    int order[TORSH_MAX_DIMS], n = 0;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] == 1)
            continue;
        int at = n++;
        for (; at > 0 && outside(x, n_operands, i, order[at - 1], reduced != NULL); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    torsh__space_t y;
    y.ndim = 0;
    for (int i = 0; i < n; i++) {
        int d = order[i];
        bool merge = y.ndim > 0;
        for (int k = 0; merge && k < n_operands; k++)
            merge = y.strides[k][y.ndim - 1] == shape[d] * x->strides[k][d];
        int to = merge ? y.ndim - 1 : y.ndim++;
        y.shape[to] = merge ? y.shape[to] * shape[d] : shape[d];
        for (int k = 0; k < n_operands; k++)
            y.strides[k][to] = x->strides[k][d];
    }
    if (y.ndim == 0) { /* one element */
        y.ndim = 1;
        y.shape[0] = 1;
        for (int k = 0; k < n_operands; k++)
            y.strides[k][0] = 0;
    }
    x->ndim = y.ndim;
    memcpy(x->shape, y.shape, (size_t)y.ndim * sizeof *y.shape);
    for (int k = 0; k < n_operands; k++)
        memcpy(x->strides[k], y.strides[k], (size_t)y.ndim * sizeof **y.strides);
}

/* > 0: dimension a must lie inside b; < 0: it is where it belongs; 0: no operand tells. */
static int should_swap(int n, int64_t (*strides)[TORSH_MAX_DIMS], const int64_t *shape, int a, int b)
{
    for (int k = 0; k < n; k++) {
        int64_t sa = strides[k][a], sb = strides[k][b];
        if (sa == 0 || sb == 0)
            continue;
        if (sa != sb)
            return sa < sb ? -1 : 1;
        if (shape[a] > shape[b])
            return 1;
    }
    return 0;
}

/* Row-major in the strides of dimensions of size 1, too. */
static bool strictly_row_major(const torsh_tensor_t *t)
{
    int64_t step = 1;
    for (int i = t->ndim - 1; i >= 0; i--) {
        if (t->strides[i] != step)
            return false;
        step *= t->shape[i] > 1 ? t->shape[i] : 1;
    }
    return true;
}

void torsh__result_strides(int ndim, const int64_t *shape, const torsh_tensor_t *const *in, int n_in,
                           int64_t *strides)
{
    int64_t of[TORSH__MAX_OPERANDS][TORSH_MAX_DIMS];
    int n = 0, perm[TORSH_MAX_DIMS];
    bool contiguous = true, strict = true, same_shape = true, alike = true;
    const torsh_tensor_t *first = NULL;
    for (int k = 0; k < n_in; k++) {
        if (!in[k] || in[k]->ndim == 0)
            continue;
        TORSH_ASSERT(n < TORSH__MAX_OPERANDS);
        broadcast_strides(in[k], ndim, shape, of[n++]);
        contiguous &= torsh__is_contiguous(in[k]->ndim, in[k]->shape, in[k]->strides);
        strict = strict && strictly_row_major(in[k]);
        bool whole = torsh__has_shape(in[k], ndim, shape);
        same_shape &= whole;
        first = first ? first : in[k];
        alike &= whole && memcmp(in[k]->strides, first->strides, (size_t)ndim * sizeof *strides) == 0 &&
                 torsh__is_dense(ndim, shape, in[k]->strides);
    }
    if (strict || (contiguous && same_shape)) {
        torsh__contiguous_strides(ndim, shape, strides);
        return;
    }
    if (alike) {
        memcpy(strides, first->strides, (size_t)ndim * sizeof *strides);
        return;
    }
    for (int i = 0; i < ndim; i++)
        perm[i] = ndim - 1 - i; /* innermost first */
    for (int i = 1; i < ndim; i++) {
        int at = i;
        for (int j = i - 1; j >= 0; j--) {
            int c = should_swap(n, of, shape, perm[j], perm[at]);
            if (c < 0)
                break;
            if (c > 0) {
                int t = perm[j];
                perm[j] = perm[at];
                perm[at] = t;
                at = j;
            }
        }
    }
    int64_t step = 1;
    for (int i = 0; i < ndim; i++) {
        strides[perm[i]] = step;
        step *= shape[perm[i]] > 1 ? shape[perm[i]] : 1;
    }
}
