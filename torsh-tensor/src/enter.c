/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The border between the C ABI and the operators: its rules about NULL and errors; scopes; copies of params.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <torsh/impl/ops.h>

/* ---- entry functions ---- */

/* ABI: with an unread error, any NULL tensor means that an earlier call failed; else NULL must be optional.
 */
static torsh_status_t check_null(const torsh__op_t *op, const torsh_tensor_t *const *in, const void *params)
{
    int slot = 0;
    for (int a = 0; a < op->n_args; a++) {
        const torsh__arg_t *arg = &op->args[a];
        if (arg->type > TORSH__ARG_TENSOR_LIST)
            continue;
        int count =
            arg->type == TORSH__ARG_TENSOR_LIST ? *(const int32_t *)((const char *)params + arg->offset) : 1;
        for (int i = 0; i < count; i++, slot++) {
            if (in[slot])
                continue;
            if (torsh__has_error())
                return torsh_error_status(torsh_last_error());
            if (arg->type != TORSH__ARG_TENSOR_OPT)
                return count > 1 || arg->type == TORSH__ARG_TENSOR_LIST
                           ? torsh__fail(TORSH_ERR_NULL, "%s: tensor %d of %s is NULL", op->name, i,
                                         arg->name)
                           : torsh__fail(TORSH_ERR_NULL, "%s: %s is NULL", op->name, arg->name);
        }
    }
    return TORSH_OK;
}

/* ABI: scalars hold a number of a known kind, dtypes are dtypes. */
static torsh_status_t check_values(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                                   const void *params)
{
    for (uint32_t left = op->checked_args; left; left &= left - 1) {
        const torsh__arg_t *arg = &op->args[__builtin_ctz(left)];
        const void *p = (const char *)params + arg->offset;
        if (arg->type == TORSH__ARG_SCALAR || arg->type == TORSH__ARG_SCALAR_OPT) {
            int64_t kind = ((const torsh_scalar_t *)p)->kind;
            if (kind < (arg->type == TORSH__ARG_SCALAR) || kind > TORSH_SCALAR_COMPLEX)
                return torsh__fail(TORSH_ERR_VALUE, "%s: %s holds no number", op->name, arg->name);
        } else if (arg->type == TORSH__ARG_DTYPE) {
            torsh_dtype_t dtype = *(const torsh_dtype_t *)p;
            if (dtype != TORSH_DTYPE_NONE && !torsh_dtype_bytes(dtype))
                return torsh__fail(TORSH_ERR_DTYPE, "%s: %s: %d is no dtype", op->name, arg->name,
                                   (int)dtype);
        }
    }
    for (int i = 0; i < n_in; i++) /* numbers among the operands */
        if (in[i] && in[i]->is_number && in[i]->dtype == TORSH_DTYPE_NONE)
            return torsh__fail(TORSH_ERR_VALUE, "%s: operand %d holds no number", op->name, i);
    return TORSH_OK;
}

/* Where factories and sums are asked for no dtype, out= says it. */
static torsh_status_t run_out(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                              const void *params, torsh_tensor_t **out)
{
    for (int i = 0; i < op->n_out; i++)
        if (!out[i])
            return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                      : torsh__fail(TORSH_ERR_NULL, "%s: out is NULL", op->name);
    if (op->dtype_arg < 0 || (op->n_tensors && op->dtype != torsh__dtype_sum) ||
        *(const torsh_dtype_t *)((const char *)params + op->dtype_arg) != TORSH_DTYPE_NONE)
        return torsh__run(op, in, n_in, params, out, TORSH__OUT);
    _Alignas(max_align_t) char changed[op->params_bytes];
    const torsh_dtype_t dtype = (torsh_dtype_t)out[0]->dtype;
    memcpy(changed, params, op->params_bytes);
    memcpy(changed + op->dtype_arg, &dtype, sizeof dtype);
    return torsh__run(op, in, n_in, changed, out, TORSH__OUT);
}

torsh_tensor_t *torsh__enter(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                             const void *params, torsh_tensor_t **out, int mode, torsh_error_t **error)
{
    if (error && *error)
        return NULL;
    torsh_status_t status = TORSH_OK;
    for (int i = 0; i < n_in && status == TORSH_OK; i++)
        if (!in[i]) {
            status = check_null(op, in, params);
            break;
        }
    if (status == TORSH_OK)
        status = check_values(op, in, n_in, params);
    if (status == TORSH_OK)
        status = mode == TORSH__OUT ? run_out(op, in, n_in, params, out)
                                    : torsh__run(op, in, n_in, params, out, mode);
    if (status == TORSH_OK)
        return out[0];
    if (error)
        torsh__error_give(error);
    return NULL;
}

void torsh__give(torsh_tensor_t **slot, torsh_tensor_t *t)
{
    if (slot)
        *slot = t;
    else
        torsh_tensor_release(t);
}

static bool refuse(torsh_error_t **error)
{
    if (error)
        torsh__error_give(error);
    return false;
}

bool torsh__list_ok(const torsh__op_t *op, const char *arg, const torsh_tensor_t *const *tensors, int n,
                    torsh_error_t **error)
{
    if (error && *error)
        return false;
    if (n < 0) {
        torsh__fail(TORSH_ERR_VALUE, "%s: %s has %d tensors", op->name, arg, n);
        return refuse(error);
    }
    if (!tensors && n > 0) {
        torsh__fail(TORSH_ERR_NULL, "%s: %s is NULL", op->name, arg);
        return refuse(error);
    }
    return true;
}

bool torsh__dims_ok(const torsh__op_t *op, const char *arg, const int64_t *dims, int n, torsh_error_t **error)
{
    if (error && *error)
        return false;
    if (n < 0 || n > TORSH_MAX_DIMS) {
        torsh__fail(TORSH_ERR_VALUE, "%s: %s has %d values; 0 to %d are possible", op->name, arg, n,
                    TORSH_MAX_DIMS);
        return refuse(error);
    }
    if (!dims && n > 0) {
        torsh__fail(TORSH_ERR_NULL, "%s: %s is NULL for %d values", op->name, arg, n);
        return refuse(error);
    }
    return true;
}

bool torsh__choice(const torsh__op_t *op, const char *arg, const char *text, const char *const *choices,
                   int n, int *choice, torsh_error_t **error)
{
    if (error && *error)
        return false;
    *choice = 0;
    if (!text)
        return true; /* NULL is the first one, the default */
    for (int i = 0; i < n; i++)
        if (choices[i] && strcmp(text, choices[i]) == 0) {
            *choice = i;
            return true;
        }
    char all[256] = "";
    for (int i = 0; i < n; i++) {
        const char *is = choices[i], *quote = is ? "'" : "";
        const size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s%s%s", i ? " or " : "", quote, is ? is : "None", quote);
    }
    torsh__fail(TORSH_ERR_VALUE, "%s: %s must be %s, but it is '%s'", op->name, arg, all, text);
    return refuse(error);
}

/* ---- scopes ---- */

void torsh__scope_open(torsh__scope_t *s)
{
    s->status = TORSH_OK;
    s->n = 0;
    s->capacity = (int32_t)(sizeof s->first / sizeof *s->first);
    s->temps = s->first;
}

void torsh__scope_close(torsh__scope_t *s)
{
    while (s->n > 0)
        torsh_tensor_release(s->temps[--s->n]);
    if (s->temps != s->first)
        torsh__free(s->temps);
}

/* What calls return after a failure: looks like one element, so that code that reads sizes stays within
 * bounds. */
torsh_tensor_t *torsh__scope_dead(void)
{
    static torsh_tensor_t dead = {.refs = 1u << 30,
                                  .dtype = TORSH_F32,
                                  .is_number = true,
                                  .is_immediate = true,
                                  .n = 1,
                                  .shape = dead.dims,
                                  .strides = dead.dims + TORSH_INLINE_DIMS};
    return &dead;
}

torsh_tensor_t *torsh__scope_keep(torsh__scope_t *s, torsh_tensor_t *t)
{
    if (s->n == s->capacity) {
        torsh_tensor_t **more = torsh__alloc(2 * (size_t)s->capacity * sizeof *more);
        if (!more) {
            torsh_tensor_release(t);
            s->status = TORSH_ERR_MEMORY;
            return torsh__scope_dead();
        }
        memcpy(more, s->temps, (size_t)s->n * sizeof *more);
        if (s->temps != s->first)
            torsh__free(s->temps);
        s->temps = more;
        s->capacity *= 2;
    }
    s->temps[s->n++] = t;
    return t;
}

torsh_tensor_t *torsh__scope_run(torsh__scope_t *s, const torsh__op_t *op, const torsh_tensor_t *const *in,
                                 int n_in, const void *params, torsh_tensor_t **const *extra, int mode)
{
    torsh_tensor_t *out[TORSH_MAX_OUT] = {NULL};
    if (s->status == TORSH_OK) {
        s->status = check_null(op, in, params);
        if (s->status == TORSH_OK)
            s->status = torsh__run(op, in, n_in, params, out, mode);
    }
    bool ok = s->status == TORSH_OK;
    torsh_tensor_t *first = ok ? torsh__scope_keep(s, out[0]) : torsh__scope_dead();
    for (int i = 1; i < op->n_out; i++) {
        torsh_tensor_t *t = ok ? torsh__scope_keep(s, out[i]) : torsh__scope_dead();
        if (extra && extra[i - 1])
            *extra[i - 1] = t;
    }
    return first;
}

int64_t torsh__size(torsh__scope_t *s, const torsh_tensor_t *t, int64_t d)
{
    if (s->status != TORSH_OK)
        return 1;
    int64_t at = d < 0 ? d + t->ndim : d;
    if (at < 0 || at >= t->ndim) {
        s->status = torsh__wrap_dim(d, t->ndim, &at);
        return 1;
    }
    return t->shape[at];
}

/* ---- params ---- */

static torsh_dims_t *dims_field(const torsh__op_t *op, int a, void *params)
{
    const torsh__arg_t *arg = &op->args[a];
    bool dims = arg->type == TORSH__ARG_DIMS || arg->type == TORSH__ARG_DIMS_OPT;
    return dims ? (torsh_dims_t *)((char *)params + arg->offset) : NULL;
}

void *torsh__params_copy(const torsh__op_t *op, const void *params)
{
    size_t bytes = ((size_t)op->params_bytes + 7) / 8 * 8, more = 0;
    for (int a = 0; a < op->n_args; a++) {
        const torsh_dims_t *d = dims_field(op, a, (void *)params);
        more += d ? (size_t)d->n * sizeof *d->v : 0;
    }
    char *copy = torsh__alloc(bytes + more);
    if (!copy)
        return NULL;
    memcpy(copy, params, op->params_bytes);
    int64_t *at = (int64_t *)(copy + bytes);
    for (int a = 0; a < op->n_args; a++) {
        torsh_dims_t *d = dims_field(op, a, copy);
        if (!d || !d->n)
            continue;
        memcpy(at, d->v, (size_t)d->n * sizeof *at);
        d->v = at;
        at += d->n;
    }
    return copy;
}
