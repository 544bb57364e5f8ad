/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* self[items] and self[items] = value: numbers, slices, None and … become views; tensors and masks become
 * index tensors of one shape for _index and _index_put_. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "composites.h"

typedef struct plan {
    t_t self;                     /* after all views */
    ct_t indices[TORSH_MAX_DIMS]; /* per dimension of self: an index tensor, a mask over several, or NULL */
    int n;                        /* dimensions looked at so far */
    bool any;
    bool masks_alone;     /* every index tensor came from a mask: one value may be of any dtype */
    bool only_bool;       /* the index is True or False and nothing else, which PyTorch treats like a mask */
    int n_masks, n_bytes; /* of several elements; those of them that are uint8 */
} plan_t;

static bool is_mask(ct_t t)
{
    return t->dtype == TORSH_BOOL || t->dtype == TORSH_U8;
}

static int consumes(const torsh_index_t *item)
{
    switch (item->kind) {
    case TORSH_INDEX_INT:
    case TORSH_INDEX_SLICE:
        return 1;
    case TORSH_INDEX_TENSOR:
        return item->tensor && is_mask(item->tensor) ? item->tensor->ndim : 1;
    default:
        return 0;
    }
}

/* The next dimension: with an index tensor, or (NULL) as it is. */
static void add_index(sc_t *s, plan_t *p, ct_t index)
{
    if (p->n == TORSH_MAX_DIMS) {
        scope_fail(s, TORSH_ERR_INDEX, "too many indices for tensor of dimension %d", p->self->ndim);
        return;
    }
    p->indices[p->n++] = index;
    p->any |= index != NULL;
}

/* A mask of k dimensions stands for k index tensors, in its place once all views are applied. */
static void replace_mask(sc_t *s, plan_t *p, int at)
{
    ct_t mask = p->indices[at];
    char a[256], b[256];
    for (int i = 0; i < mask->ndim; i++)
        if (at + i < p->self->ndim && mask->shape[i] != p->self->shape[at + i]) {
            scope_fail(s, TORSH_ERR_INDEX,
                       "The shape of the mask %s at index %d does not match the shape of the indexed tensor "
                       "%s at index %d",
                       torsh__shape_text(mask->ndim, mask->shape, a, sizeof a), i,
                       torsh__shape_text(p->self->ndim, p->self->shape, b, sizeof b), at + i);
            return;
        }
    t_t where = op_nonzero(s, mask);
    for (int i = 0; i < mask->ndim; i++)
        p->indices[at + i] = op_select(s, where, 1, i);
    p->n_masks++;
    p->n_bytes += mask->dtype == TORSH_U8;
}

static void add_bool(sc_t *s, plan_t *p, bool value)
{
    const int64_t n = value;
    p->masks_alone = p->masks_alone && p->only_bool;
    p->self = op_unsqueeze(s, p->self, p->n);
    add_index(s, p, op_zeros(s, dims(&n, 1), TORSH_I64, -1, p->self->device, NO_INT));
}

static void add_tensor(sc_t *s, plan_t *p, ct_t t)
{
    torsh_scalar_t value = torsh_scalar_i(0);
    if (!t) {
        scope_fail(s, TORSH_ERR_NULL, "index: an index tensor is NULL");
        return;
    }
    if (torsh_dtype_is_floating(dtype_of(t))) {
        scope_fail(s, TORSH_ERR_INDEX, "tensors used as indices must be long, int, byte or bool tensors");
        return;
    }
    if (is_mask(t) && t->ndim > 0) {
        for (int i = 0; i < t->ndim; i++)
            add_index(s, p, t);
    } else if (t->ndim == 0) {
        if (scope_ok(s))
            s->status = torsh_tensor_item(t, &value);
        if (is_mask(t))
            add_bool(s, p, value.v.i != 0);
        else
            p->self = op_select(s, p->self, p->n, value.v.i);
    } else {
        p->masks_alone = false;
        add_index(s, p,
                  t->device.kind == p->self->device.kind
                      ? t
                      : op_to_device(s, t, p->self->device, dtype_of(t), 0, 0, -1));
    }
}

static void add_slice(sc_t *s, plan_t *p, const torsh_index_t *item)
{
    torsh_opt_int_t start = item->start == INT64_MIN ? NO_INT : some(item->start);
    torsh_opt_int_t stop = item->stop == INT64_MIN ? NO_INT : some(item->stop);
    int64_t step = item->step == INT64_MIN ? 1 : item->step;
    if (step <= 0)
        scope_fail(s, TORSH_ERR_VALUE, "step must be greater than zero");
    if (item->start != INT64_MIN || item->stop != INT64_MIN || step != 1)
        p->self = op_slice(s, p->self, p->n, start, stop, step);
    add_index(s, p, NULL);
}

static void apply(sc_t *s, plan_t *p, const torsh_index_t *items, int n)
{
    int used = 0, real = 0; /* real: the dimension as the caller counts them, for messages */
    for (int i = 0; i < n; i++)
        used += consumes(&items[i]);
    if (used > p->self->ndim)
        scope_fail(s, TORSH_ERR_INDEX, "too many indices for tensor of dimension %d", p->self->ndim);
    int skip = p->self->ndim - used;
    for (int i = 0; i < n && scope_ok(s); i++) {
        const torsh_index_t *item = &items[i];
        switch (item->kind) {
        case TORSH_INDEX_INT:
            if (p->self->ndim == 0)
                scope_fail(s, TORSH_ERR_INDEX,
                           "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor "
                           "to a number");
            if (scope_ok(s) && p->n < p->self->ndim &&
                (item->start < -p->self->shape[p->n] || item->start >= p->self->shape[p->n]))
                scope_fail(s, TORSH_ERR_INDEX,
                           "index %" PRId64 " is out of bounds for dimension %d with size %" PRId64,
                           item->start, real, p->self->shape[p->n]);
            p->self = op_select(s, p->self, p->n, item->start);
            break;
        case TORSH_INDEX_SLICE:
            add_slice(s, p, item);
            break;
        case TORSH_INDEX_NONE:
            p->self = op_unsqueeze(s, p->self, p->n);
            add_index(s, p, NULL);
            break;
        case TORSH_INDEX_ELLIPSIS:
            for (int k = 0; k < skip && scope_ok(s); k++, real++)
                add_index(s, p, NULL);
            break;
        case TORSH_INDEX_TENSOR:
            add_tensor(s, p, item->tensor);
            break;
        case TORSH_INDEX_BOOL:
            add_bool(s, p, item->start != 0);
            break;
        default:
            scope_fail(s, TORSH_ERR_TYPE, "index %d has the unknown kind %d", i, (int)item->kind);
        }
        real += consumes(item);
    }
    for (int i = 0; i < p->n && scope_ok(s); i++)
        if (p->indices[i] && is_mask(p->indices[i]))
            replace_mask(s, p, i);
}

static void not_together(sc_t *s, const plan_t *p, const int *at, int n)
{
    char all[1024] = "", one[256];
    for (int i = 0; i < n; i++) {
        ct_t t = p->indices[at[i]];
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                 torsh__shape_text(t->ndim, t->shape, one, sizeof one));
    }
    scope_fail(s, TORSH_ERR_INDEX,
               "shape mismatch: indexing tensors could not be broadcast together with shapes %s", all);
}

/* The index tensors, broadcast to one shape, for neighbouring dimensions from *first on; where they are not
 * neighbours these dimensions go to the front, as in NumPy. Returns how many. */
static int gather_indices(sc_t *s, plan_t *p, ct_t *indices, int64_t *first)
{
    int64_t order[TORSH_MAX_DIMS], shape[TORSH_MAX_DIMS];
    int at[TORSH_MAX_DIMS] = {0}, n = 0, ndim = 0;
    for (int i = 0; i < p->n && i < p->self->ndim; i++)
        if (p->indices[i])
            at[n++] = i;
    *first = at[0];
    if (at[n - 1] - at[0] != n - 1) {
        int k = 0;
        for (int i = 0; i < n; i++)
            order[k++] = at[i];
        for (int i = 0; i < p->self->ndim; i++)
            if (i >= p->n || !p->indices[i])
                order[k++] = i;
        p->self = op_permute(s, p->self, dims(order, k));
        *first = 0;
    }
    for (int i = 0; i < n && scope_ok(s); i++) {
        ct_t t = p->indices[at[i]];
        torsh_status_t status = torsh__broadcast("index", t->ndim, t->shape, &ndim, shape);
        if (status != TORSH_OK) {
            torsh_clear_error();
            not_together(s, p, at, n);
        }
    }
    for (int i = 0; i < n && scope_ok(s); i++)
        indices[i] = op_expand(s, converted(s, p->indices[at[i]], TORSH_I64), dims(shape, ndim), 0);
    return n;
}

static torsh_status_t check(const char *what, const torsh_tensor_t *t, const torsh_index_t *items, int n)
{
    if (t && (items || n == 0) && n >= 0 && n <= TORSH_MAX_DIMS)
        return TORSH_OK;
    if (torsh__has_error())
        return torsh_error_status(torsh_last_error());
    return n < 0 || n > TORSH_MAX_DIMS
               ? torsh__fail(TORSH_ERR_VALUE, "index: %d items; 0 to %d are possible", n, TORSH_MAX_DIMS)
               : torsh__fail(TORSH_ERR_NULL, "index: %s is NULL", t ? "items" : what);
}

torsh_tensor_t *torsh_index_get(const torsh_tensor_t *self, const torsh_index_t *items, int n,
                                torsh_error_t **error)
{
    if (error && *error)
        return NULL;
    torsh_tensor_t *out = NULL;
    torsh__scope_t s;
    torsh__scope_open(&s);
    s.status = check("self", self, items, n);
    plan_t p = {.self = (t_t)self};
    if (scope_ok(&s))
        apply(&s, &p, items, n);
    if (scope_ok(&s) && p.any) {
        ct_t indices[TORSH_MAX_DIMS];
        int64_t first = 0;
        int count = gather_indices(&s, &p, indices, &first);
        if (scope_ok(&s))
            p.self = op__index(&s, p.self, indices, count, first);
    } else if (scope_ok(&s) && p.self == self) {
        p.self = op_alias(&s, self);
    }
    if (scope_ok(&s))
        out = torsh_tensor_retain(p.self);
    torsh__scope_close(&s);
    if (!out && error)
        torsh__error_give(error);
    return out;
}

static void put(sc_t *s, plan_t *p, ct_t value)
{
    ct_t indices[TORSH_MAX_DIMS];
    int64_t first = 0, shape[TORSH_MAX_DIMS];
    if (p->masks_alone && p->n_masks == 1 && p->n_bytes && value->n == 1) /* PyTorch's masked_fill_ then */
        scope_fail(s, TORSH_ERR_DTYPE, "masked_fill_ only supports boolean masks, but got mask with dtype %s",
                   torsh_dtype_name(TORSH_U8));
    int n = gather_indices(s, p, indices, &first), ndim = 0;
    if (!scope_ok(s))
        return;
    for (int i = 0; i < first; i++)
        shape[ndim++] = p->self->shape[i];
    for (int i = 0; i < indices[0]->ndim; i++)
        shape[ndim++] = indices[0]->shape[i];
    for (int64_t i = first + n; i < p->self->ndim; i++)
        shape[ndim++] = p->self->shape[i];
    if (value->is_immediate)
        value = op_full(s, (torsh_dims_t){NULL, 0, 1}, value->value, dtype_of(p->self), -1, p->self->device,
                        NO_INT);
    else if (!value->is_number && !(p->masks_alone && value->n == 1) && value->dtype != p->self->dtype)
        scope_fail(s, TORSH_ERR_DTYPE,
                   "Index put requires the source and destination dtypes match, got %s for the destination "
                   "and %s for the "
                   "source.",
                   torsh_dtype_name(dtype_of(p->self)), torsh_dtype_name(dtype_of(value)));
    while (value->ndim > ndim && value->shape[0] == 1) /* leading sizes of 1 do no harm */
        value = op_squeeze_dim(s, value, 0);
    value = op_expand(s, converted(s, value, dtype_of(p->self)), dims(shape, ndim), 0);
    op__index_put_(s, p->self, value, indices, n, first, 0);
}

/* value in the shape of what it is assigned to: leading sizes of 1 do no harm */
static ct_t expanded(sc_t *s, ct_t value, ct_t to)
{
    if (value->is_immediate || value->ndim == 0)
        return value;
    while (value->ndim > to->ndim && value->shape[0] == 1)
        value = op_squeeze_dim(s, value, 0);
    return op_expand(s, value, shape_of(to), 0);
}

torsh_status_t torsh_index_set(torsh_tensor_t *self, const torsh_index_t *items, int n,
                               const torsh_tensor_t *value, torsh_error_t **error)
{
    if (error && *error)
        return torsh_error_status(*error);
    torsh__scope_t s;
    torsh__scope_open(&s);
    s.status = check("self", self, items, n);
    if (scope_ok(&s))
        s.status = check("value", value, items, n);
    plan_t p = {.self = self, .masks_alone = true, .only_bool = n == 1 && items[0].kind == TORSH_INDEX_BOOL};
    if (scope_ok(&s))
        apply(&s, &p, items, n);
    if (scope_ok(&s)) {
        if (p.any)
            put(&s, &p, value);
        else
            op_copy_(&s, p.self, expanded(&s, value, p.self), 0);
    }
    torsh_status_t status = s.status;
    torsh__scope_close(&s);
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}
