/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What may be written: in-place and out= rules, overlap of memory. Messages are PyTorch's. */
#include <string.h>

#include <torsh/impl/ops.h>

#include "run.h"

/* Do several indices of t name one element? */
static bool overlaps_itself(const torsh_tensor_t *t)
{
    for (int i = 0; i < t->ndim; i++)
        if (t->shape[i] > 1 && t->strides[i] == 0)
            return t->n > 0;
    return false;
}

static void range(const torsh_tensor_t *t, int64_t *first, int64_t *last)
{
    *first = *last = t->offset;
    for (int i = 0; i < t->ndim; i++) {
        int64_t reach = (t->shape[i] - 1) * t->strides[i];
        *(reach < 0 ? first : last) += reach;
    }
    *first *= torsh_dtype_bytes((torsh_dtype_t)t->dtype);
    *last = (*last + 1) * torsh_dtype_bytes((torsh_dtype_t)t->dtype);
}

static bool looks_the_same(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    return a->offset == b->offset && a->dtype == b->dtype && torsh__same_shape(a, b) &&
           memcmp(a->strides, b->strides, (size_t)a->ndim * sizeof *a->strides) == 0;
}

/* PyTorch gives the doubtful cases the benefit of the doubt: only dense tensors are judged. */
static bool overlap(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    if (a->n == 0 || b->n == 0 || a->storage != b->storage)
        return false;
    if (!torsh__is_dense(a->ndim, a->shape, a->strides) || !torsh__is_dense(b->ndim, b->shape, b->strides))
        return false;
    int64_t a0, a1, b0, b1;
    range(a, &a0, &a1);
    range(b, &b0, &b1);
    return a0 < b1 && b0 < a1;
}

/* Would writing t change what op has still to read from `in`? A pointwise operator may read the very element
 * that it writes. Other kernels write to a temporary where memory is shared, but for those that read and
 * write self
 * (_index_put_). */
static bool in_the_way(const torsh__op_t *op, const torsh_tensor_t *t, const torsh_tensor_t *in)
{
    if (!in || in == t || in->is_immediate)
        return false;
    if (op->kind == TORSH__POINTWISE || op->kind == TORSH__REDUCTION)
        return overlap(t, in) && !looks_the_same(t, in);
    return op->mutates_self && overlap(t, in);
}

static torsh_status_t wrong_shape(const torsh__plan_t *p, const torsh_tensor_t *t, const torsh__meta_t *m)
{
    char a[256], b[256];
    return torsh__fail(TORSH_ERR_SHAPE, "output with shape %s doesn't match the broadcast shape %s (%s)",
                       torsh__shape_text(t->ndim, t->shape, a, sizeof a),
                       torsh__shape_text(m->ndim, m->shape, b, sizeof b), p->op->name);
}

static bool is_input(const torsh__plan_t *p, const torsh_tensor_t *t)
{
    for (int i = 0; i < p->n_in; i++)
        if (p->in[i] == t)
            return true;
    return false;
}

/* PyTorch converts what it writes to out= only where dtypes are promoted. */
static bool keeps_dtype(const torsh__plan_t *p, int i)
{
    const torsh__op_t *op = p->op;
    bool numbers = false;
    for (int k = 0; k < p->n_in; k++)
        numbers |= p->in[k] && p->in[k]->is_immediate;
    return op->out_dtype[i] == TORSH__COMPUTE &&
           (op->dtype == torsh__dtype_same || op->dtype == torsh__dtype_negate ||
            op->dtype == torsh__dtype_matmul || op->exact_out || (op->exact_with_numbers && numbers));
}

/* RuntimeError; TypeError where PyTorch joins a list. */
torsh_status_t torsh__cannot_cast(const torsh__op_t *op, torsh_dtype_t from, torsh_dtype_t to)
{
    bool joins = op->args[0].type == TORSH__ARG_TENSOR_LIST;
    return torsh__fail(joins ? TORSH_ERR_TYPE : TORSH_ERR_DTYPE,
                       "result type %s can't be cast to the desired output type %s (%s)",
                       torsh_dtype_name(from), torsh_dtype_name(to), op->name);
}

torsh_status_t torsh__refuse_overlapping(const torsh__op_t *op, const torsh_tensor_t *t)
{
    if (!overlaps_itself(t))
        return TORSH_OK;
    return torsh__fail(
        TORSH_ERR_VALUE,
        "unsupported operation: more than one element of the written-to tensor refers to a single "
        "memory location. Please clone() the tensor before performing the operation. (%s)",
        op->name);
}

torsh_status_t torsh__check_written(const torsh__plan_t *p, torsh_tensor_t *const *out)
{
    for (int i = 0; i < p->op->n_out; i++) {
        torsh_tensor_t *t = out[i];
        const torsh__meta_t *m = &p->meta[i];
        if (!t)
            return torsh__fail(TORSH_ERR_NULL, "%s: result %d to write to is NULL", p->op->name, i);
        if (!torsh__can_cast(m->dtype, (torsh_dtype_t)t->dtype))
            return torsh__cannot_cast(p->op, m->dtype, (torsh_dtype_t)t->dtype);
        if (p->mode == TORSH__OUT && t->dtype != m->dtype && keeps_dtype(p, i))
            return torsh__fail(
                TORSH_ERR_DTYPE, "Expected out tensor to have dtype %s, but got %s instead (%s)",
                torsh_dtype_name(m->dtype), torsh_dtype_name((torsh_dtype_t)t->dtype), p->op->name);
        if (t->device.kind != p->device.kind || t->device.index != p->device.index) {
            char a[24], b[24];
            return torsh__fail(TORSH_ERR_DEVICE,
                               "%s: the inputs are on %s, but the tensor to write to is on %s", p->op->name,
                               torsh_device_name(p->device, a), torsh_device_name(t->device, b));
        }
        bool may_overlap =
            p->op->self_overlap && (p->n_in != 2 || p->in[1]->is_number); /* fill_: by a number */
        if (!may_overlap)
            TRY(torsh__refuse_overlapping(p->op, t));
        if (!torsh__has_shape(t, m->ndim, m->shape)) {
            if (p->mode == TORSH__INPLACE || is_input(p, t))
                return wrong_shape(p, t, m);
            TRY(torsh__tensor_resize(t, m->ndim, m->shape, m->strided ? m->strides : NULL));
        }
        for (int k = 0; k < p->n_in; k++)
            if (in_the_way(p->op, t, p->in[k]))
                return torsh__fail(
                    TORSH_ERR_VALUE,
                    "unsupported operation: some elements of the input tensor and the written-to tensor "
                    "refer to a single memory location. Please clone() the tensor before performing the "
                    "operation. (%s)",
                    p->op->name);
    }
    return TORSH_OK;
}
