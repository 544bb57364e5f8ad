/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh__run: the one place in which it is decided what a call of an operator does. */
#include "run.h"

#include <string.h>

#include <torsh/impl/ops.h>

/* ---- device and dtype ---- */

static torsh_status_t two_devices(const torsh__op_t *op, torsh_device_t a, torsh_device_t b)
{
    char x[24], y[24];
    return torsh__fail(
        TORSH_ERR_DEVICE,
        "Expected all tensors to be on the same device, but found at least two devices, %s and %s! (%s)",
        torsh_device_name(a, x), torsh_device_name(b, y), op->name);
}

/* Tensors share one device; 0-d CPU tensors go along with any, and so does what copy_ and its like read. */
static torsh_status_t find_device(torsh__plan_t *p)
{
    bool found = false;
    p->device = (torsh_device_t){TORSH_CPU, 0};
    if (p->op->device_arg >= 0 && p->op->kind != TORSH__COMPOSITE) {
        torsh_device_t d = *(const torsh_device_t *)((const char *)p->params + p->op->device_arg);
        if (d.kind >= 0) {
            TRY(torsh__device_check(&d));
            p->device = d;
            return TORSH_OK; /* _to_copy, factories: the argument decides */
        }
    }
    for (int pass = 0; pass < 2 && !found; pass++)
        for (int i = 0; i < p->n_in; i++) {
            const torsh_tensor_t *t = p->in[i];
            if (!t || t->is_immediate)
                continue;
            bool joins = (t->ndim == 0 && t->device.kind == TORSH_CPU) ||
                         (p->op->takes_any && torsh__slot_dtype(p->op, p->params, i) == TORSH__AS_IS);
            if (pass == 0 && joins)
                continue;
            if (!found)
                p->device = t->device;
            else if (t->device.kind != p->device.kind || t->device.index != p->device.index)
                return two_devices(p->op, p->device, t->device);
            found = true;
        }
    return TORSH_OK;
}

int torsh__slot_dtype(const torsh__op_t *op, const void *params, int i)
{
    int slot = 0, t = 0;
    for (int a = 0; a < op->n_args; a++) {
        const torsh__arg_t *arg = &op->args[a];
        if (arg->type > TORSH__ARG_TENSOR_LIST)
            continue;
        slot +=
            arg->type == TORSH__ARG_TENSOR_LIST ? *(const int32_t *)((const char *)params + arg->offset) : 1;
        if (i < slot)
            return op->in_dtype[t];
        t++;
    }
    TORSH_ASSERT(!"a slot of the operator");
}

static const char *slot_name(const torsh__op_t *op, const void *params, int i)
{
    int slot = 0;
    for (int a = 0; a < op->n_args; a++) {
        const torsh__arg_t *arg = &op->args[a];
        if (arg->type > TORSH__ARG_TENSOR_LIST)
            continue;
        slot +=
            arg->type == TORSH__ARG_TENSOR_LIST ? *(const int32_t *)((const char *)params + arg->offset) : 1;
        if (i < slot)
            return arg->name;
    }
    return "?";
}

/* A dtype that no operator computes in. */
static bool storage_only(torsh_dtype_t dtype)
{
    return dtype != TORSH_BOOL && dtype != TORSH_U8 && dtype != TORSH_I32 && dtype != TORSH_I64 &&
           !torsh_dtype_is_floating(dtype);
}

static torsh_dtype_t result_dtype(const torsh__op_t *op, int i, torsh_dtype_t compute)
{
    switch (op->out_dtype[i]) {
    case TORSH__COMPUTE:
        return compute;
    case TORSH__BOOL_OR_U8:
        return compute == TORSH_U8 ? TORSH_U8 : TORSH_BOOL;
    default:
        return (torsh_dtype_t)op->out_dtype[i];
    }
}

static torsh_status_t find_dtype(torsh__plan_t *p)
{
    const torsh__op_t *op = p->op;
    const torsh__infer_t x = {op, p->in, p->n_in, p->params, p->meta};
    TRY(op->dtype(&x, &p->compute));
    if (p->compute == TORSH_DTYPE_NONE)
        return torsh__fail(TORSH_ERR_VALUE, "%s(): expected a non-empty list of Tensors", op->name);
    if (p->mode == TORSH__INPLACE && op->out_dtype[0] == TORSH__COMPUTE &&
        !torsh__can_cast(p->compute, (torsh_dtype_t)p->in[0]->dtype))
        return torsh__cannot_cast(op, p->compute, (torsh_dtype_t)p->in[0]->dtype);
    if (!(op->dtypes >> p->compute & 1u))
        return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "\"%s\" not implemented for '%s'%s", op->name,
                           torsh_dtype_name(p->compute),
                           storage_only(p->compute)
                               ? ": tensors can hold it, but operators compute in bool, uint8, int32, int64, "
                                 "float16, bfloat16, float32 and float64 only"
                               : "");
    for (int i = 0; i < op->n_out; i++)
        p->meta[i].dtype = result_dtype(op, i, p->compute);
    if (op->kind == TORSH__POINTWISE && op->n_tensors <= 2 && op->in_dtype &&
        op->in_dtype[0] == TORSH__COMPUTE && (op->n_tensors == 1 || op->in_dtype[1] == TORSH__COMPUTE))
        return TORSH_OK;
    for (int i = 0; i < p->n_in; i++) {
        if (!p->in[i])
            continue;
        int want = torsh__slot_dtype(op, p->params, i), have = p->in[i]->dtype;
        bool good = want == TORSH__INDEX ? have == TORSH_I64 || have == TORSH_I32 || have == TORSH_U8
                    : want == TORSH_BOOL ? have == TORSH_BOOL || have == TORSH_U8
                                         : true;
        if (!good)
            return torsh__fail(TORSH_ERR_DTYPE, "%s: expected %s to be %s, but got %s", op->name,
                               slot_name(op, p->params, i),
                               want == TORSH_BOOL ? "a bool tensor" : "an int64 or int32 tensor",
                               torsh_dtype_name((torsh_dtype_t)have));
    }
    return TORSH_OK;
}

static torsh_status_t infer(torsh__plan_t *p)
{
    for (int i = 0; i < p->op->n_out; i++)
        p->meta[i].strided = false;
    const torsh__infer_t x = {p->op, p->in, p->n_in, p->params, p->meta};
    return p->op->infer(&x);
}

/* The same shape on the same device, and the same strides. */
static bool same_layout(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    bool same = a->ndim == b->ndim && a->device.kind == b->device.kind && a->device.index == b->device.index;
    for (int d = 0; same && d < a->ndim; d++)
        same = a->shape[d] == b->shape[d] && a->strides[d] == b->strides[d];
    return same;
}

/* The usual case of pointwise operators, in which there is nothing to broadcast, to order or to merge. */
static bool find_alike(torsh__plan_t *p)
{
    const torsh_tensor_t *first = NULL;
    if (p->op->kind != TORSH__POINTWISE || p->op->n_out != 1 || p->op->takes_any || p->op->mutates_self ||
        (p->op->infer != torsh__shape_broadcast && p->op->infer != torsh__shape_same &&
         p->op->infer != torsh__shape_broadcast_tensors))
        return false;
    for (int i = 0; i < p->n_in; i++) {
        const torsh_tensor_t *t = p->in[i];
        if (!t)
            return false;
        if (t->is_immediate)
            continue;
        if (first ? !same_layout(t, first) : !torsh__is_contiguous(t->ndim, t->shape, t->strides))
            return false;
        first = t;
    }
    if (!first)
        return false;
    p->device = first->device;
    p->meta[0].strided = false;
    p->meta[0].ndim = first->ndim;
    for (int d = 0; d < first->ndim; d++)
        p->meta[0].shape[d] = first->shape[d];
    return true;
}

/* ---- views ---- */

static torsh_status_t run_view(torsh__plan_t *p, torsh_tensor_t **out)
{
    const torsh_tensor_t *base = p->in[0];
    torsh_tensor_t *heap = NULL;
    void *node = NULL;
    bool record = torsh__autograd && torsh__autograd->should_record(p->op, p->in, p->n_in);
    torsh_status_t status = TORSH_OK;
    if (base->is_immediate) { /* a view of a number needs memory */
        heap = torsh_tensor_from_scalar(base->value);
        if (!heap)
            return TORSH_ERR_MEMORY;
        base = heap;
    }
    p->meta[0].offset = base->offset;
    p->meta[0].dtype = (torsh_dtype_t)base->dtype;
    TRY_GOTO(done, infer(p));
    TORSH_ASSERT(p->meta[0].strided);
    if (record)
        TRY_GOTO(done, torsh__autograd->begin(p->op, p->in, p->n_in, p->params, TORSH__NEW, &node));
    status = torsh__tensor_alias(base, p->meta[0].ndim, p->meta[0].shape, p->meta[0].strides,
                                 p->meta[0].offset, &out[0]);
    if (status != TORSH_OK) {
        if (node)
            torsh__autograd->abandon(node);
        goto done;
    }
    if (record)
        status = torsh__autograd->end(node, p->op, out, 1, TORSH__NEW);
    if (status == TORSH_OK && torsh__autograd)
        status = torsh__autograd->viewed(p->op, base, p->params, out[0], -1);
    if (status != TORSH_OK) {
        torsh_tensor_release(out[0]);
        out[0] = NULL;
    }
done:
    torsh_tensor_release(heap);
    return status;
}

/* ---- composites ---- */

/* Results leave the scope with references of their own. */
static torsh_status_t expand(const torsh__plan_t *p, torsh_tensor_t **out)
{
    torsh__scope_t scope;
    torsh_tensor_t *results[TORSH_MAX_OUT] = {NULL};
    torsh__scope_open(&scope);
    torsh_status_t status = p->op->composite(&scope, p->in, p->n_in, p->params, results);
    if (status == TORSH_OK) {
        for (int i = 0; i < p->op->n_out; i++)
            out[i] = p->op->returns_list ? results[i] : torsh_tensor_retain(results[i]);
    }
    torsh__scope_close(&scope);
    return status;
}

/* In place: what the composite's operators save of self must survive that self is written. */
static torsh_status_t expand_copy(const torsh__plan_t *p, torsh_tensor_t **out)
{
    const torsh_tensor_t *in[TORSH_MAX_OUT + 8];
    if (p->n_in > (int)(sizeof in / sizeof *in) || p->op->mutates_self ||
        !torsh__autograd->should_record(&torsh__record_copy_, p->in, p->n_in))
        return expand(p, out);
    torsh__scope_t scope;
    torsh__scope_open(&scope);
    memcpy(in, p->in, (size_t)p->n_in * sizeof *in);
    in[0] = torsh__autograd->clone(&scope, in[0]);
    torsh__plan_t copy = *p;
    copy.in = in;
    torsh_status_t status = scope.status == TORSH_OK ? expand(&copy, out) : scope.status;
    torsh__scope_close(&scope);
    return status;
}

static torsh_status_t write_back(const torsh__plan_t *p, torsh_tensor_t *to, torsh_tensor_t *result)
{
    torsh__scope_t scope;
    bool exact = p->mode == TORSH__OUT && p->op->exact_out;
    if (exact ? result->dtype != to->dtype
              : !torsh__can_cast((torsh_dtype_t)result->dtype, (torsh_dtype_t)to->dtype))
        return torsh__cannot_cast(p->op, (torsh_dtype_t)result->dtype, (torsh_dtype_t)to->dtype);
    if (p->mode == TORSH__OUT)
        TRY(torsh__refuse_overlapping(p->op, to));
    if (p->mode == TORSH__OUT && !torsh__same_shape(to, result))
        TRY(torsh__tensor_resize(
            to, result->ndim, result->shape,
            torsh__is_dense(result->ndim, result->shape, result->strides) ? result->strides : NULL));
    torsh__scope_open(&scope);
    op_copy_(&scope, to, result, 0);
    torsh_status_t status = scope.status;
    torsh__scope_close(&scope);
    return status;
}

static torsh_status_t out_is_recorded(const torsh__op_t *op)
{
    return torsh__fail(
        TORSH_ERR_STATE,
        "%.*s(): functions with out=... arguments don't support automatic differentiation, but "
        "one of the arguments requires grad.",
        (int)strcspn(op->name, "."), op->name);
}

static bool recording(const torsh_tensor_t *t)
{
    return torsh__autograd && torsh__autograd->recording(t);
}

static torsh_status_t run_composite(torsh__plan_t *p, torsh_tensor_t **out)
{
    if (p->mode == TORSH__NEW) {
        TRY(expand(p, out));
        torsh_tensor_list_t *list = p->op->multi_view ? (torsh_tensor_list_t *)out[0] : NULL;
        torsh_status_t status = TORSH_OK;
        for (int i = 0; list && torsh__autograd && i < list->n && status == TORSH_OK; i++)
            status = torsh__autograd->viewed(p->op, p->in[0], p->params, list->tensors[i], i);
        if (status != TORSH_OK) {
            torsh_tensor_list_free(list);
            out[0] = NULL;
        }
        return status;
    }
    torsh_tensor_t *results[TORSH_MAX_OUT] = {NULL};
    TRY(p->mode == TORSH__INPLACE && torsh__autograd ? expand_copy(p, results) : expand(p, results));
    torsh_status_t status = TORSH_OK;
    for (int i = 0; i < p->op->n_out && status == TORSH_OK; i++) {
        torsh_tensor_t *to = p->mode == TORSH__INPLACE ? (torsh_tensor_t *)p->in[0] : out[i];
        if (p->mode == TORSH__OUT && (recording(results[i]) || recording(to)))
            status = out_is_recorded(p->op);
        else if (to != results[i])
            status = write_back(p, to, results[i]);
        out[i] = status == TORSH_OK ? torsh_tensor_retain(to) : out[i];
    }
    for (int i = 0; i < p->op->n_out; i++)
        torsh_tensor_release(results[i]);
    return status;
}

/* ---- kernels ---- */

/* One node, whether a kernel or the composite makes the results: so the composite runs with grad mode off. */
static torsh_status_t expand_fused(const torsh__plan_t *p, torsh_tensor_t **out)
{
    bool was = torsh__autograd && torsh__autograd->set_enabled(false);
    torsh_status_t status = expand(p, out);
    if (torsh__autograd)
        torsh__autograd->set_enabled(was);
    return status;
}

static torsh_status_t allocate(const torsh__plan_t *p, torsh_tensor_t **out)
{
    for (int i = 0; i < p->op->n_out; i++) {
        const torsh__meta_t *m = &p->meta[i];
        torsh_status_t status = torsh__tensor_new(m->dtype, p->device, m->ndim, m->shape,
                                                  m->strided ? m->strides : NULL, &out[i]);
        if (status != TORSH_OK) {
            while (i-- > 0) {
                torsh_tensor_release(out[i]);
                out[i] = NULL;
            }
            return status;
        }
    }
    return TORSH_OK;
}

static void drop(const torsh__plan_t *p, torsh_tensor_t **out)
{
    for (int i = 0; i < p->op->n_out; i++) {
        torsh_tensor_release(out[i]);
        out[i] = NULL;
    }
}

/* copy_, _to_copy: from another device. */
static const torsh_tensor_t *from_elsewhere(const torsh__plan_t *p)
{
    for (int i = 0; p->op->takes_any && p->op->kind == TORSH__POINTWISE && i < p->n_in; i++) {
        const torsh_tensor_t *t = p->in[i];
        if (t && !t->is_immediate && (t->device.kind != p->device.kind || t->device.index != p->device.index))
            return t;
    }
    return NULL;
}

static torsh_status_t compute_new(torsh__plan_t *p, torsh_tensor_t **out)
{
    const torsh_tensor_t *elsewhere = from_elsewhere(p);
    if (elsewhere) {
        TRY(allocate(p, out));
        torsh_status_t status = torsh__copy(out[0], elsewhere);
        if (status != TORSH_OK)
            drop(p, out);
        return status;
    }
    bool kernel = torsh__has_kernel(p);
    if (p->device.kind == TORSH_META || (kernel && p->op->kind != TORSH__FUSED)) {
        TRY(allocate(p, out));
        torsh_status_t status = p->device.kind == TORSH_META ? TORSH_OK : torsh__launch(p, out);
        if (status == TORSH_DECLINED)
            status = torsh__fallback(p, out);
        if (status != TORSH_OK)
            drop(p, out);
        return status;
    }
    if (kernel) {
        TRY(allocate(p, out));
        torsh_status_t status = torsh__launch(p, out);
        if (status == TORSH_OK)
            return TORSH_OK;
        drop(p, out);
        if (status != TORSH_DECLINED)
            return status;
    }
    if (p->op->kind == TORSH__FUSED)
        return expand_fused(p, out);
    TRY(allocate(p, out));
    if (p->op->allocates)
        return TORSH_OK;
    torsh_status_t status = torsh__fallback(p, out);
    if (status != TORSH_OK)
        drop(p, out);
    return status;
}

/* Results into tensors that are there already. */
static torsh_status_t compute_into(torsh__plan_t *p, torsh_tensor_t *const *to)
{
    if (p->device.kind == TORSH_META)
        return TORSH_OK;
    if (from_elsewhere(p))
        return torsh__copy(to[0], from_elsewhere(p));
    if (p->op->kind != TORSH__FUSED && torsh__has_kernel(p)) {
        torsh_status_t status = torsh__launch(p, to);
        return status == TORSH_DECLINED ? torsh__fallback(p, to) : status;
    }
    if (p->op->kind != TORSH__FUSED)
        return torsh__fallback(p, to);
    torsh_tensor_t *results[TORSH_MAX_OUT] = {NULL};
    TRY(compute_new(p, results));
    torsh_status_t status = TORSH_OK;
    for (int i = 0; i < p->op->n_out && status == TORSH_OK; i++)
        status = torsh__copy(to[i], results[i]);
    drop(p, results);
    return status;
}

static torsh_status_t run_kernel(torsh__plan_t *p, torsh_tensor_t **out)
{
    const torsh__op_t *op = p->op;
    void *node = NULL;
    p->alike = find_alike(p);
    if (!p->alike)
        TRY(find_device(p));
    TRY(find_dtype(p));
    if (!p->alike)
        TRY(infer(p));
    bool record = torsh__autograd &&
                  (p->mode == TORSH__INPLACE || (1 << op->n_out) - 1 != op->nondifferentiable) &&
                  torsh__autograd->should_record(op, p->in, p->n_in);
    torsh_tensor_t *written[TORSH_MAX_OUT] = {NULL};
    if (p->mode == TORSH__INPLACE)
        written[0] = (torsh_tensor_t *)p->in[0];
    for (int i = 0; p->mode == TORSH__OUT && i < op->n_out; i++) {
        written[i] = out[i];
        if (record || recording(out[i]))
            return out_is_recorded(op);
    }
    if (p->mode != TORSH__NEW)
        TRY(torsh__check_written(p, written));
    if (p->mode == TORSH__INPLACE && torsh__autograd)
        TRY(torsh__autograd->check_inplace(op, written[0], record));
    if (record)
        TRY(torsh__autograd->begin(op, p->in, p->n_in, p->params, p->mode, &node));
    torsh_status_t status = p->mode == TORSH__NEW ? compute_new(p, out) : compute_into(p, written);
    if (status != TORSH_OK) {
        if (node)
            torsh__autograd->abandon(node);
        return status;
    }
    if (p->mode != TORSH__NEW)
        for (int i = 0; i < op->n_out; i++) {
            torsh__changed_by(written[i], op->name);
            out[i] = torsh_tensor_retain(written[i]);
        }
    if (record || (torsh__autograd && p->mode == TORSH__INPLACE))
        status = torsh__autograd->end(node, op, out, op->n_out, p->mode);
    if (status != TORSH_OK)
        drop(p, out);
    return status;
}

torsh_status_t torsh__run(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                          const void *params, torsh_tensor_t **out, int mode)
{
    torsh__plan_t plan;
    plan.op = op;
    plan.in = in;
    plan.n_in = n_in;
    plan.params = params;
    plan.mode = mode;
    plan.self = mode == TORSH__INPLACE ? in[0] : NULL;
    switch (op->kind) {
    case TORSH__VIEW:
        return run_view(&plan, out);
    case TORSH__COMPOSITE:
        return run_composite(&plan, out);
    default:
        return run_kernel(&plan, out);
    }
}
