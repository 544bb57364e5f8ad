/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An optimizer's state, out and in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "optimizer.h"

enum { NAME_BYTES = 64 };
#define CPU ((torsh_device_t){TORSH_CPU, 0})

static torsh_status_t put_number(torsh_state_t *state, const char *name, torsh_scalar_t value,
                                 torsh_dtype_t dtype)
{
    torsh_tensor_t *t;
    TRY(torsh__tensor_new(dtype, CPU, 0, NULL, NULL, &t));
    torsh__scalar_store(value, dtype, t->storage->block.handle);
    torsh_status_t status = torsh_state_set(state, name, t);
    torsh__release(t);
    return status;
}

static torsh_status_t put(const torsh_optimizer_t *o, torsh_state_t *state)
{
    char name[NAME_BYTES];
    TRY(put_number(state, "lr", torsh_scalar_f(o->lr), TORSH_F64));
    for (int i = 0; i < o->n; i++) {
        snprintf(name, sizeof name, "%d.step", i);
        if (o->method->counts && o->state[0][i])
            TRY(put_number(state, name, torsh_scalar_i(o->steps[i]), TORSH_I64));
        for (int k = 0; k < o->n_state; k++) {
            snprintf(name, sizeof name, "%d.%s", i, o->method->state[k]);
            if (o->state[k][i])
                TRY(torsh_state_set(state, name, o->state[k][i]));
        }
    }
    return TORSH_OK;
}

torsh_state_t *torsh_optimizer_state(const torsh_optimizer_t *o)
{
    if (!o) {
        if (!torsh__has_error())
            torsh__fail(TORSH_ERR_NULL, "optimizer_state: optimizer is NULL");
        return NULL;
    }
    torsh_state_t *state = torsh_state_new();
    if (state && put(o, state) != TORSH_OK) {
        torsh_state_free(state);
        return NULL;
    }
    return state;
}

/* ---- in ---- */

/* What a name stands for: parameter i and kind k of state, k == n_state for "step"; false for no name of
 * ours. */
static bool place(const torsh_optimizer_t *o, const char *name, int *i, int *k)
{
    char again[NAME_BYTES];
    for (*k = 0, *i = -1; *k <= o->n_state; ++*k) {
        const char *kind = *k < o->n_state ? o->method->state[*k] : "step";
        if (*k == o->n_state && !o->method->counts)
            return false;
        if (sscanf(name, "%9d", i) != 1 || *i < 0 || *i >= o->n)
            return false;
        snprintf(again, sizeof again, "%d.%s", *i, kind);
        if (strcmp(again, name) == 0)
            return true;
    }
    return false;
}

/* A copy that is the optimizer's own, laid out as the parameter. */
static torsh_status_t take(const torsh_tensor_t *t, const torsh_tensor_t *p, const char *name,
                           torsh_tensor_t **out)
{
    char a[256], b[256];
    if (!torsh__same_shape(t, p))
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "size mismatch for %s: copying a state with shape %s, the shape of the parameter is %s", name,
            torsh__shape_text(t->ndim, t->shape, a, sizeof a),
            torsh__shape_text(p->ndim, p->shape, b, sizeof b));
    const bool dense = torsh__is_dense(p->ndim, p->shape, p->strides);
    TRY(torsh__tensor_new((torsh_dtype_t)p->dtype, p->device, p->ndim, p->shape, dense ? p->strides : NULL,
                          out));
    return torsh__copy(*out, t);
}

/* Everything read before anything is changed. */
typedef struct incoming {
    torsh_tensor_t **state[TORSH__MAX_STATE];
    int64_t *steps;
    double lr;
} incoming_t;

static torsh_status_t read_number(const torsh_tensor_t *t, const char *name, double *value)
{
    torsh_scalar_t s;
    if (t->n != 1)
        return torsh__fail(TORSH_ERR_SHAPE, "load_state: %s is not a single number", name);
    TRY(torsh_tensor_item(t, &s));
    *value = torsh__scalar_double(s);
    return TORSH_OK;
}

static torsh_status_t read_entry(const torsh_optimizer_t *o, incoming_t *in, const char *name,
                                 const torsh_tensor_t *t)
{
    int i, k;
    double number = 0;
    if (strcmp(name, "lr") == 0) {
        TRY(read_number(t, name, &in->lr));
        return torsh__at_least("learning rate", in->lr, 0);
    }
    if (!place(o, name, &i, &k))
        return torsh__fail(TORSH_ERR_VALUE, "Unexpected key in the optimizer's state: \"%s\"", name);
    if (k < o->n_state)
        return take(t, o->params[i], name, &in->state[k][i]);
    TRY(read_number(t, name, &number));
    if (!(number >= 0 && number < 9e15))
        return torsh__fail(TORSH_ERR_VALUE, "load_state: %s is %g", name, number);
    in->steps[i] = (int64_t)number;
    return TORSH_OK;
}

/* All kinds of state of a parameter, or none. */
static torsh_status_t complete(const torsh_optimizer_t *o, incoming_t *in)
{
    for (int i = 0; i < o->n; i++) {
        bool any = in->steps[i] >= 0;
        const char *missing = o->method->counts && !any ? "step" : NULL;
        for (int k = 0; k < o->n_state; k++) {
            any = any || in->state[k][i];
            missing = in->state[k][i] ? missing : o->method->state[k];
        }
        if (any && missing)
            return torsh__fail(TORSH_ERR_VALUE, "Missing key in the optimizer's state: \"%d.%s\"", i,
                               missing);
        in->steps[i] = any && o->method->counts ? in->steps[i] : 0;
    }
    return TORSH_OK;
}

static torsh_status_t load(torsh_optimizer_t *o, const torsh_state_t *state, incoming_t *in)
{
    in->lr = o->lr;
    if (!(in->steps = torsh__calloc((size_t)o->n * sizeof *in->steps)))
        return TORSH_ERR_MEMORY;
    for (int i = 0; i < o->n; i++)
        in->steps[i] = -1; /* not named */
    for (int k = 0; k < o->n_state; k++)
        if (!(in->state[k] = torsh__calloc((size_t)o->n * sizeof *in->state[k])))
            return TORSH_ERR_MEMORY;
    for (int e = 0; e < torsh_state_n(state); e++)
        TRY(read_entry(o, in, torsh_state_name(state, e), torsh_state_tensor(state, e)));
    TRY(complete(o, in));
    o->lr = in->lr;
    memcpy(o->steps, in->steps, (size_t)o->n * sizeof *o->steps);
    for (int k = 0; k < o->n_state; k++) {
        torsh_tensor_t **old = o->state[k];
        o->state[k] = in->state[k];
        in->state[k] = old;
    }
    return TORSH_OK;
}

torsh_status_t torsh_optimizer_load_state(torsh_optimizer_t *o, const torsh_state_t *state,
                                          torsh_error_t **error)
{
    incoming_t in = {{NULL}, NULL, 0};
    torsh_status_t status;
    if (error && *error)
        return torsh_error_status(*error);
    if (!o || !state)
        status = torsh__has_error()
                     ? torsh_error_status(torsh_last_error())
                     : torsh__fail(TORSH_ERR_NULL, "load_state: %s is NULL", o ? "state" : "optimizer");
    else
        status = load(o, state, &in);
    for (int k = 0; k < TORSH__MAX_STATE; k++) {
        for (int i = 0; in.state[k] && i < o->n; i++)
            torsh__release(in.state[k][i]);
        torsh__free(in.state[k]);
    }
    torsh__free(in.steps);
    return torsh__leave(status, error);
}
