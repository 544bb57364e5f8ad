/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fused.h"

#include <string.h>

enum { FEW = 8, PARAMS_BYTES = 256 };

/* Room for the tensors of one launch. */
typedef struct room {
    torsh_view_t *views; /* list after list */
    int64_t *ints;
    int32_t *members; /* which tensors */
    bool *done;       /* per tensor: it was in a launch */
    torsh_tensor_t *
        *copies; /* [list * n + i]: in the parameter's layout, where the tensor's own is another */
    void *heap;
    torsh_view_t few_views[FEW * TORSH__MAX_LISTS];
    int64_t few_ints[FEW];
    int32_t few_members[FEW];
    bool few_done[FEW];
    torsh_tensor_t *few_copies[FEW * TORSH__MAX_LISTS];
} room_t;

static torsh_status_t room_open(room_t *r, int n, int n_lists)
{
    r->heap = NULL;
    r->views = r->few_views;
    r->ints = r->few_ints;
    r->members = r->few_members;
    r->done = r->few_done;
    r->copies = r->few_copies;
    if (n > FEW) {
        const size_t each = (size_t)n_lists * (sizeof *r->views + sizeof *r->copies) + sizeof *r->ints +
                            sizeof *r->members + sizeof *r->done;
        if (!(r->heap = torsh__alloc((size_t)n * each)))
            return TORSH_ERR_MEMORY;
        r->views = r->heap;
        r->copies = (torsh_tensor_t **)(r->views + (size_t)n * (size_t)n_lists);
        r->ints = (int64_t *)(r->copies + (size_t)n * (size_t)n_lists);
        r->members = (int32_t *)(r->ints + n);
        r->done = (bool *)(r->members + n);
    }
    memset(r->done, 0, (size_t)n * sizeof *r->done);
    memset(r->copies, 0, (size_t)n * (size_t)n_lists * sizeof *r->copies);
    return TORSH_OK;
}

static void room_close(room_t *r, int n, int n_lists)
{
    for (int i = 0; i < n * n_lists; i++)
        torsh__release(r->copies[i]);
    torsh__free(r->heap);
}

/* ---- checks ---- */

static torsh_status_t missing(const torsh__op_t *op, int list, int i)
{
    if (torsh__has_error()) /* an earlier call failed */
        return torsh_error_status(torsh_last_error());
    return torsh__fail(TORSH_ERR_NULL, "%s: tensor %d of %s is NULL", op->name, i, op->args[list].name);
}

static torsh_status_t unlike(const torsh__op_t *op, int list, int i, const torsh_tensor_t *p,
                             const torsh_tensor_t *t)
{
    char a[256], b[256];
    if (p->device.kind != t->device.kind || p->device.index != t->device.index)
        return torsh__fail(
            TORSH_ERR_DEVICE,
            "Expected all tensors to be on the same device, but found at least two devices, %s and %s! "
            "(%s: tensor %d of %s)",
            torsh_device_name(p->device, a), torsh_device_name(t->device, b), op->name, i,
            op->args[list].name);
    if (p->dtype != t->dtype)
        return torsh__fail(TORSH_ERR_DTYPE, "%s: tensor %d of %s is %s, but its parameter is %s", op->name, i,
                           op->args[list].name, torsh_dtype_name((torsh_dtype_t)t->dtype),
                           torsh_dtype_name((torsh_dtype_t)p->dtype));
    return torsh__fail(TORSH_ERR_SHAPE, "%s: tensor %d of %s has the shape %s, but its parameter %s",
                       op->name, i, op->args[list].name, torsh__shape_text(t->ndim, t->shape, a, sizeof a),
                       torsh__shape_text(p->ndim, p->shape, b, sizeof b));
}

/* Whether several indices are one element: of what is written that must not be. */
static bool overlaps_itself(const torsh_tensor_t *t)
{
    for (int d = 0; d < t->ndim; d++)
        if (t->strides[d] == 0 && t->shape[d] > 1)
            return true;
    return false;
}

/* Bytes [from, to) of a dense tensor's storage. */
static bool overlap(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    return a->storage == b->storage && a->n > 0 && b->n > 0 && a->offset < b->offset + b->n &&
           b->offset < a->offset + a->n;
}

/* The same order in memory, sizes of 1 aside. */
static bool same_layout(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    for (int d = 0; d < a->ndim; d++)
        if (a->strides[d] != b->strides[d] && a->shape[d] != 1)
            return false;
    return true;
}

static bool is_dense(const torsh_tensor_t *t)
{
    return torsh__is_contiguous(t->ndim, t->shape, t->strides) ||
           torsh__is_dense(t->ndim, t->shape, t->strides);
}

/* *direct: the kernels can work on the tensors themselves */
static torsh_status_t check(const torsh__fused_t *f, int i, bool *direct)
{
    const torsh__op_t *op = f->op;
    const torsh_tensor_t *p = f->lists[0][i];
    const bool dense = is_dense(p);
    if (!(op->dtypes >> p->dtype & 1u))
        return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "\"%s\" not implemented for '%s'", op->name,
                           torsh_dtype_name((torsh_dtype_t)p->dtype));
    *direct = dense;
    for (int l = 0; l < f->n_lists; l++) {
        const torsh_tensor_t *t = f->lists[l][i];
        if (!t)
            return missing(op, l, i);
        if (t->dtype != p->dtype || t->device.kind != p->device.kind || t->device.index != p->device.index ||
            !torsh__same_shape(t, p))
            return unlike(op, l, i, p, t);
        if (t->is_immediate || (l != TORSH__GRADS && overlaps_itself(t)))
            return torsh__fail(
                TORSH_ERR_VALUE,
                "unsupported operation: more than one element of the written-to tensor refers to a single "
                "memory location. Please clone() the tensor before performing the operation. (%s: tensor %d "
                "of %s)",
                op->name, i, op->args[l].name);
        *direct = *direct && same_layout(t, p);
    }
    for (int l = 1; *direct && l < f->n_lists; l++)
        for (int m = 0; m < l; m++)
            if (overlap(f->lists[l][i], f->lists[m][i]))
                return torsh__fail(
                    TORSH_ERR_VALUE,
                    "unsupported operation: some elements of the input tensor and the written-to tensor "
                    "refer "
                    "to a single memory location. Please clone() the tensor before performing the operation. "
                    "(%s: %s and %s of tensor %d)",
                    op->name, op->args[m].name, op->args[l].name, i);
    return TORSH_OK;
}

/* ---- launching ---- */

static torsh_status_t copy_like(const torsh_tensor_t *t, const torsh_tensor_t *layout, torsh_tensor_t **out)
{
    TRY(torsh__tensor_new((torsh_dtype_t)t->dtype, t->device, t->ndim, t->shape,
                          layout ? layout->strides : NULL, out));
    return torsh__copy(*out, t);
}

/* Copies of tensor i's operands, all in one layout: the parameter's, or row-major where that has gaps. */
static torsh_status_t make_copies(const torsh__fused_t *f, room_t *r, int i)
{
    const torsh_tensor_t *p = f->lists[0][i], *layout = is_dense(p) ? p : NULL;
    for (int l = 0; l < f->n_lists; l++) {
        const torsh_tensor_t *t = f->lists[l][i];
        bool fits = layout ? same_layout(t, layout) : torsh__is_contiguous(t->ndim, t->shape, t->strides);
        if (!fits)
            TRY(copy_like(t, layout, &r->copies[l * f->n + i]));
    }
    return TORSH_OK;
}

static void set_view(torsh_view_t *v, const torsh_tensor_t *t)
{
    v->handle = t->storage->block.handle;
    v->offset = t->offset * torsh_dtype_bytes((torsh_dtype_t)t->dtype);
    v->shape = t->shape;
    v->strides = t->strides;
    v->n = t->n;
    v->ndim = t->ndim;
    v->dtype = (torsh_dtype_t)t->dtype;
    v->is_number = false;
}

/* The operator's params for k tensors: how many each list has, and the numbers of these tensors. */
static void set_params(const torsh__fused_t *f, const room_t *r, int k, void *params)
{
    int list = 0;
    memcpy(params, f->params, f->op->params_bytes);
    for (int a = 0; a < f->op->n_args; a++) {
        void *field = (char *)params + f->op->args[a].offset;
        if (f->op->args[a].type == TORSH__ARG_TENSOR_LIST)
            *(int32_t *)field = list++ < f->n_lists ? k : 0;
        else if (f->op->args[a].type == TORSH__ARG_DIMS)
            *(torsh_dims_t *)field = (torsh_dims_t){r->ints, k, 1};
    }
}

static torsh_status_t run_kernels(const torsh__fused_t *f, room_t *r, int k, const torsh__kernel_slot_t *slot)
{
    const torsh_tensor_t *p = f->lists[0][r->members[0]];
    _Alignas(8) char params[PARAMS_BYTES];
    for (int l = 0; l < f->n_lists; l++)
        for (int j = 0; j < k; j++) {
            const int i = r->members[j];
            const torsh_tensor_t *copy = r->copies[l * f->n + i];
            set_view(&r->views[l * k + j], copy ? copy : f->lists[l][i]);
        }
    for (int j = 0; f->ints && j < k; j++)
        r->ints[j] = f->ints[r->members[j]];
    set_params(f, r, k, params);
    const torsh_call_t call = {.op = f->op->name,
                               .in = r->views,
                               .n_in = f->n_lists * k,
                               .compute = (torsh_dtype_t)p->dtype,
                               .params = params,
                               .stream = torsh__backend(p->device.kind)->current_stream(p->device.index)};
    torsh_status_t status = TORSH_DECLINED;
    for (; slot && status == TORSH_DECLINED; slot = slot->next)
        status = slot->kernel->run(&call);
    return status;
}

static torsh_status_t run_composites(const torsh__fused_t *f, const room_t *r, int k)
{
    torsh_status_t status = TORSH_OK;
    bool was = torsh__autograd && torsh__autograd->set_enabled(false);
    for (int j = 0; j < k && status == TORSH_OK; j++) {
        torsh_tensor_t *t[TORSH__MAX_LISTS] = {NULL};
        const int i = r->members[j];
        torsh__scope_t s;
        for (int l = 0; l < f->n_lists; l++)
            t[l] = f->lists[l][i];
        torsh__scope_open(&s);
        f->composite(&s, f->params, f->ints ? f->ints[i] : 0, t);
        status = s.status;
        torsh__scope_close(&s);
    }
    if (torsh__autograd)
        torsh__autograd->set_enabled(was);
    return status;
}

/* Kernels wrote to copies: back to the tensors. Versions go up, as after any writing in place. */
static torsh_status_t written(const torsh__fused_t *f, const room_t *r, int k)
{
    for (int l = 0; l < f->n_lists; l++)
        for (int j = 0; l != TORSH__GRADS && j < k; j++) {
            const int i = r->members[j];
            if (r->copies[l * f->n + i])
                TRY(torsh__copy(f->lists[l][i], r->copies[l * f->n + i]));
            torsh__bump_version(f->lists[l][i]);
        }
    return TORSH_OK;
}

/* All tensors from `first` on that have its dtype and device. */
static int gather(const torsh__fused_t *f, room_t *r, int first)
{
    const torsh_tensor_t *p = f->lists[0][first];
    int k = 0;
    for (int i = first; i < f->n; i++) {
        const torsh_tensor_t *t = f->lists[0][i];
        if (r->done[i] || !f->lists[TORSH__GRADS][i] || t->dtype != p->dtype ||
            t->device.kind != p->device.kind || t->device.index != p->device.index)
            continue;
        r->done[i] = true;
        r->members[k++] = i;
    }
    return k;
}

static torsh_status_t launch(const torsh__fused_t *f, room_t *r, int first)
{
    const torsh_tensor_t *p = f->lists[0][first];
    const int k = gather(f, r, first);
    if (p->device.kind == TORSH_META)
        return TORSH_OK;
    const torsh__kernel_slot_t *slot = torsh__kernels(p->device.kind, f->op->id, (torsh_dtype_t)p->dtype);
    torsh_status_t status = slot ? run_kernels(f, r, k, slot) : TORSH_DECLINED;
    if (status == TORSH_DECLINED)
        return run_composites(f, r, k);
    return status == TORSH_OK ? written(f, r, k) : status;
}

torsh_status_t torsh__fused(const torsh__fused_t *f)
{
    room_t r;
    torsh_status_t status = TORSH_OK;
    TORSH_ASSERT(f->op->params_bytes <= PARAMS_BYTES && f->n_lists <= TORSH__MAX_LISTS);
    TRY(room_open(&r, f->n, f->n_lists));
    for (int i = 0; i < f->n;
         i++) { /* all that can fail for want of sense or memory comes before the first write */
        bool direct = true;
        if (!f->lists[TORSH__GRADS][i])
            continue;
        TRY_GOTO(done, f->lists[0][i] ? check(f, i, &direct) : missing(f->op, 0, i));
        if (!direct)
            TRY_GOTO(done, make_copies(f, &r, i));
    }
    for (int i = 0; i < f->n && status == TORSH_OK; i++)
        if (!r.done[i] && f->lists[TORSH__GRADS][i])
            status = launch(f, &r, i);
done:
    room_close(&r, f->n, f->n_lists);
    return status;
}

/* ---- what the steps share ---- */

torsh_status_t torsh__lists_ok(const char *name, const void *params, const void *grads, const void *state,
                               int n)
{
    if (n < 0)
        return torsh__fail(TORSH_ERR_VALUE, "%s: %d tensors", name, n);
    if (n > 0 && !(params && grads && state))
        return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                  : torsh__fail(TORSH_ERR_NULL, "%s: %s is NULL", name,
                                                !params  ? "params"
                                                : !grads ? "grads"
                                                         : "the state");
    return TORSH_OK;
}

torsh_status_t torsh__state_make(torsh_tensor_t *const *params, const torsh_tensor_t *const *grads,
                                 torsh_tensor_t **state, int n)
{
    for (int i = 0; i < n; i++) {
        const torsh_tensor_t *p = params[i];
        torsh_tensor_t *t, zero;
        if (state[i] || !grads[i] || !p)
            continue;
        TRY(torsh__tensor_new((torsh_dtype_t)p->dtype, p->device, p->ndim, p->shape,
                              is_dense(p) ? p->strides : NULL, &t));
        torsh__number(&zero, torsh_scalar_i(0));
        torsh_status_t status = torsh__copy(t, &zero);
        if (status != TORSH_OK) {
            torsh__release(t);
            return status;
        }
        state[i] = t;
    }
    return TORSH_OK;
}
