/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a plan to a kernel: the operands as views, converted and made contiguous as far as the kernel asks for
 * it. */
#include <string.h>

#include <torsh/impl/ops.h>

#include "iterate.h"
#include "run.h"

enum { FEW = 24 };

/* One operand on its way to a kernel. */
typedef struct operand {
    const torsh_tensor_t *t; /* what the kernel sees */
    torsh_tensor_t *temp;    /* t, if it was made for this call */
} operand_t;

typedef struct launch {
    const torsh__plan_t *plan;
    torsh_tensor_t *const *out;
    int n_in, n_out;
    operand_t *operands; /* results, then inputs */
    torsh_view_t *views; /* in the same order */
    torsh__space_t space;
} launch_t;

bool torsh__has_kernel(torsh__plan_t *p)
{
    p->kernels = p->device.kind == TORSH_META ? NULL : torsh__kernels(p->device.kind, p->op->id, p->compute);
    return p->kernels != NULL;
}

torsh_status_t torsh__no_kernel(const torsh__plan_t *p)
{
    char device[24];
    return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "\"%s\" has no kernel for '%s' on %s", p->op->name,
                       torsh_dtype_name(p->compute), torsh_device_name(p->device, device));
}

torsh_status_t torsh__reduced_dims(const torsh__op_t *op, const void *params, int ndim, bool *mask,
                                   bool *keepdim)
{
    torsh_dims_t dims = {NULL, 0, 0};
    *keepdim = false;
    for (int a = 0; a < op->n_args; a++) {
        const torsh__arg_t *arg = &op->args[a];
        const char *at = (const char *)params + arg->offset;
        if (strcmp(arg->name, "keepdim") == 0)
            *keepdim = *(const int32_t *)at != 0;
        else if (strcmp(arg->name, "dim") == 0)
            dims = arg->type == TORSH__ARG_INT ? (torsh_dims_t){(const int64_t *)at, 1, 1}
                                               : *(const torsh_dims_t *)at;
    }
    return torsh__dim_mask(op->name, dims, ndim, mask);
}

/* ---- operands ---- */

static void view_of(const torsh_tensor_t *t, torsh_view_t *v)
{
    if (!t) {
        *v = (torsh_view_t){.ndim = -1};
        return;
    }
    v->handle = t->storage ? t->storage->block.handle : NULL;
    v->offset = t->offset * torsh__dtype_bytes(t->dtype);
    v->shape = t->shape;
    v->strides = t->strides;
    v->n = t->n;
    v->ndim = t->ndim;
    v->dtype = (torsh_dtype_t)t->dtype;
    v->is_number = t->is_immediate;
    if (v->is_number)
        v->value = t->value;
}

static bool elsewhere(const torsh__plan_t *p, const torsh_tensor_t *t)
{
    return !t->is_immediate && (t->device.kind != p->device.kind || t->device.index != p->device.index);
}

/* A number, or a 0-d CPU tensor beside another device, for a kernel that wants memory. */
static torsh_status_t materialise(const torsh__plan_t *p, operand_t *o, torsh_dtype_t dtype)
{
    torsh_scalar_t value;
    torsh_tensor_t *made, *cpu;
    TRY(torsh_tensor_item(o->t, &value));
    TRY(torsh__tensor_new(dtype, (torsh_device_t){TORSH_CPU, 0}, 0, NULL, NULL, &cpu));
    torsh__scalar_store(value, dtype, cpu->storage->block.handle);
    made = cpu;
    if (p->device.kind != TORSH_CPU) {
        torsh_status_t status = torsh__tensor_new(dtype, p->device, 0, NULL, NULL, &made);
        if (status == TORSH_OK)
            status = torsh__copy(made, cpu);
        torsh_tensor_release(cpu);
        TRY(status);
    }
    torsh_tensor_release(o->temp);
    o->t = o->temp = made;
    return TORSH_OK;
}

static torsh_dtype_t wanted_dtype(const torsh__plan_t *p, int slot)
{
    int want = torsh__slot_dtype(p->op, p->params, slot);
    return want == TORSH__COMPUTE ? p->compute
           : want == TORSH__INDEX ? TORSH_I64
           : want == TORSH__AS_IS ? (torsh_dtype_t)p->in[slot]->dtype
                                  : (torsh_dtype_t)want;
}

static torsh_status_t prepare_input(launch_t *l, int slot, uint32_t flags)
{
    const torsh__plan_t *p = l->plan;
    operand_t *o = &l->operands[l->n_out + slot];
    *o = (operand_t){p->in[slot], NULL};
    if (!o->t)
        return TORSH_OK;
    bool number = o->t->is_immediate || elsewhere(p, o->t);
    if ((flags & TORSH_MERGED) && number)
        return TORSH_OK; /* travels as a number */
    torsh_dtype_t want = wanted_dtype(p, slot);
    if (number)
        return materialise(p, o, want);
    bool converts = (flags & TORSH_ANY_DTYPES) != 0, strides = (flags & TORSH_ANY_STRIDES) != 0;
    if (o->t->dtype != want && !converts) {
        TRY(torsh__contiguous_as(o->t, want, &o->temp));
    } else if (!strides && !torsh__is_contiguous(o->t->ndim, o->t->shape, o->t->strides)) {
        TRY(torsh__contiguous_as(o->t, (torsh_dtype_t)o->t->dtype, &o->temp));
    }
    if (o->temp)
        o->t = o->temp;
    return TORSH_OK;
}

static bool shares_memory(const launch_t *l, const torsh_tensor_t *t)
{
    for (int i = 0; i < l->plan->n_in; i++)
        if (l->plan->in[i] && l->plan->in[i] != t && l->plan->in[i]->storage == t->storage)
            return true;
    return false;
}

/* Where a kernel may not write directly, it writes to a temporary, which is copied afterwards. */
static torsh_status_t prepare_output(launch_t *l, int i, uint32_t flags)
{
    const torsh__plan_t *p = l->plan;
    operand_t *o = &l->operands[i];
    torsh_tensor_t *t = l->out[i];
    *o = (operand_t){t, NULL};
    torsh_dtype_t want = p->meta[i].dtype;
    bool direct = (t->dtype == want || (flags & TORSH_ANY_DTYPES)) &&
                  ((flags & TORSH_ANY_STRIDES) || torsh__is_contiguous(t->ndim, t->shape, t->strides));
    if (p->mode != TORSH__NEW && !(flags & TORSH_MERGED)) {
        if (p->op->mutates_self) {
            /* reads and writes self: both are the same memory, self's own or a copy of it */
            if (!direct)
                TRY(torsh__contiguous_as(t, want, &o->temp));
        } else {
            bool over_self = p->mode == TORSH__INPLACE && !(flags & TORSH_OVERWRITES);
            direct = direct && !over_self && !shares_memory(l, t);
        }
    }
    if (!direct && !o->temp)
        TRY(torsh__tensor_new(want, p->device, t->ndim, t->shape, NULL, &o->temp));
    if (o->temp)
        o->t = o->temp;
    return TORSH_OK;
}

static torsh_status_t merge(launch_t *l)
{
    const torsh__plan_t *p = l->plan;
    const torsh_tensor_t *all[TORSH__MAX_OPERANDS], *shape_of = l->operands[0].t;
    bool mask[TORSH_MAX_DIMS], keepdim = false, reduction = p->op->kind == TORSH__REDUCTION;
    int n = l->n_out + l->n_in;
    if (n > TORSH__MAX_OPERANDS)
        return torsh__fail(TORSH_ERR_INTERNAL, "%s: %d operands in one iteration space", p->op->name, n);
    for (int i = 0; i < n; i++)
        all[i] = l->operands[i].t;
    if (reduction) {
        shape_of = all[l->n_out];
        TRY(torsh__reduced_dims(p->op, p->params, shape_of->ndim, mask, &keepdim));
    }
    torsh__space_build(&l->space, shape_of->ndim, shape_of->shape, all, n, reduction ? mask : NULL, keepdim);
    for (int i = 0; i < n; i++) {
        torsh_view_t *v = &l->views[i];
        view_of(all[i], v);
        if (!v->is_number && elsewhere(p, all[i])) {
            v->is_number = true;
            v->handle = NULL;
            TRY(torsh_tensor_item(all[i], &v->value));
        }
        v->ndim = l->space.ndim;
        v->shape = l->space.shape;
        v->strides = l->space.strides[i];
        v->n = l->space.n;
    }
    return TORSH_OK;
}

/* An operand as it is, in one dimension. */
static inline void view_alike(const torsh_tensor_t *t, const int64_t *n, torsh_view_t *v)
{
    static const int64_t steps[] = {0, 1};
    view_of(t, v);
    v->ndim = 1;
    v->shape = n;
    v->strides = &steps[t->ndim > 0];
    v->n = *n;
}

static torsh_generator_t *generator(const torsh__plan_t *p)
{
    if (p->op->generator_arg < 0)
        return NULL;
    torsh_generator_t *g = *(torsh_generator_t *const *)((const char *)p->params + p->op->generator_arg);
    return g ? g : torsh_default_generator();
}

static torsh_status_t prepare(launch_t *l, uint32_t flags)
{
    const torsh__plan_t *p = l->plan;
    for (int i = 0; i < l->n_out; i++)
        TRY(prepare_output(l, i, flags));
    for (int i = 0; i < p->n_in; i++)
        TRY(prepare_input(l, i, flags));
    if (p->op->mutates_self && l->operands[0].temp) {
        torsh_tensor_release(l->operands[l->n_out].temp);
        l->operands[l->n_out] = (operand_t){l->operands[0].t, NULL};
    }
    if (flags & TORSH_MERGED)
        return merge(l);
    for (int i = 0; i < l->n_out + l->n_in; i++)
        view_of(l->operands[i].t, &l->views[i]);
    return TORSH_OK;
}

static torsh_status_t run_on(const torsh__plan_t *p, const torsh_kernel_t *kernel, const torsh_view_t *views)
{
    const torsh_call_t call = {.op = p->op->name,
                               .in = views + p->op->n_out,
                               .out = views,
                               .n_in = p->n_in,
                               .n_out = p->op->n_out,
                               .compute = p->compute,
                               .params = p->params,
                               .generator = generator(p),
                               .stream = torsh__backend(p->device.kind)->current_stream(p->device.index)};
    return kernel->run(&call);
}

/* Nothing to prepare: see torsh__plan_t.alike. */
static torsh_status_t launch_alike(const torsh__plan_t *p, const torsh_kernel_t *kernel, torsh_tensor_t *out)
{
    torsh_view_t views[TORSH__MAX_OPERANDS];
    view_alike(out, &out->n, &views[0]);
    for (int i = 0; i < p->n_in; i++)
        view_alike(p->in[i], &out->n, &views[1 + i]);
    return run_on(p, kernel, views);
}

static torsh_status_t call_kernel(launch_t *l, const torsh_kernel_t *kernel)
{
    TRY(prepare(l, kernel->flags));
    TRY(run_on(l->plan, kernel, l->views));
    for (int i = 0; i < l->n_out; i++)
        if (l->operands[i].temp)
            TRY(torsh__copy(l->out[i], l->operands[i].temp));
    return TORSH_OK;
}

torsh_status_t torsh__launch(const torsh__plan_t *p, torsh_tensor_t *const *out)
{
    const uint32_t any = TORSH_MERGED | TORSH_ANY_DTYPES;
    torsh_status_t status = TORSH_DECLINED;
    const torsh__kernel_slot_t *slot = p->kernels;
    if (p->alike && p->mode != TORSH__OUT && p->n_in < TORSH__MAX_OPERANDS)
        for (; slot && (slot->kernel->flags & any) == any; slot = slot->next)
            if ((status = launch_alike(p, slot->kernel, out[0])) != TORSH_DECLINED)
                return status;

    launch_t l;
    operand_t few_operands[FEW];
    torsh_view_t few_views[FEW];
    l.plan = p;
    l.out = out;
    l.n_in = p->n_in;
    l.n_out = p->op->n_out;
    int n = l.n_in + l.n_out;
    void *room = NULL;
    l.operands = few_operands;
    l.views = few_views;
    if (n > FEW) {
        if (!(room = torsh__alloc((size_t)n * (sizeof(operand_t) + sizeof(torsh_view_t)))))
            return TORSH_ERR_MEMORY;
        l.views = room;
        l.operands = (operand_t *)(l.views + n);
    }
    for (; slot && status == TORSH_DECLINED; slot = slot->next) {
        for (int i = 0; i < n; i++)
            l.operands[i] = (operand_t){NULL, NULL};
        status = call_kernel(&l, slot->kernel);
        for (int i = 0; i < n; i++)
            torsh_tensor_release(l.operands[i].temp);
    }
    torsh__free(room);
    return status;
}
