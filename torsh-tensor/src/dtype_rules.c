/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What dtype an operator computes in: the rules that entries of the table name. */
#include <torsh/impl/ops.h>

/* PyTorch's categories: bool < integer < floating < complex. */
static int category(torsh_dtype_t d)
{
    return d == TORSH_BOOL ? 0 : d == TORSH_C64 || d == TORSH_C128 ? 3 : torsh_dtype_is_floating(d) ? 2 : 1;
}

static torsh_dtype_t promote(torsh_dtype_t a, torsh_dtype_t b)
{
    return a == TORSH_DTYPE_NONE ? b : b == TORSH_DTYPE_NONE ? a : torsh_promote_types(a, b);
}

static torsh_dtype_t of_number(const torsh_tensor_t *t)
{
    if (t->dtype == TORSH_F64)
        return torsh_get_default_dtype();
    if (t->dtype == TORSH_C128)
        return torsh_get_default_dtype() == TORSH_F64 ? TORSH_C128 : TORSH_C64;
    return (torsh_dtype_t)t->dtype;
}

/* https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc: tensors with dimensions decide;
 * 0-d ones only raise the category, numbers again only above those. */
torsh_dtype_t torsh__result_type(const torsh_tensor_t *const *in, int n_in)
{
    if (n_in == 2 && in[0] && in[1] && in[0]->dtype == in[1]->dtype && !in[0]->is_number && !in[1]->is_number)
        return (torsh_dtype_t)in[0]->dtype;
    torsh_dtype_t dims = TORSH_DTYPE_NONE, zero = TORSH_DTYPE_NONE, number = TORSH_DTYPE_NONE;
    for (int i = 0; i < n_in; i++) {
        const torsh_tensor_t *t = in[i];
        if (!t)
            continue;
        if (t->is_number)
            number = promote(number, of_number(t));
        else if (t->ndim == 0)
            zero = promote(zero, (torsh_dtype_t)t->dtype);
        else
            dims = promote(dims, (torsh_dtype_t)t->dtype);
    }
    torsh_dtype_t r = zero;
    if (number != TORSH_DTYPE_NONE && (r == TORSH_DTYPE_NONE || category(number) > category(r)))
        r = promote(r, number);
    if (dims != TORSH_DTYPE_NONE)
        r = r != TORSH_DTYPE_NONE && category(r) > category(dims) ? promote(dims, r) : dims;
    return r;
}

bool torsh__can_cast(torsh_dtype_t from, torsh_dtype_t to)
{
    return !(category(from) == 3 && category(to) < 3) && !(category(from) == 2 && category(to) < 2) &&
           !(from != TORSH_BOOL && to == TORSH_BOOL);
}

/* Operands that take part: those that arrive in the compute dtype. */
static torsh_dtype_t result_type(const torsh__infer_t *x)
{
    const torsh_tensor_t *part[16];
    int n = 0, slot = 0, t = 0, all = 0;
    while (all < x->op->n_tensors && x->op->in_dtype[all] == TORSH__COMPUTE)
        all++;
    if (all == x->op->n_tensors)
        return torsh__result_type(x->in, x->n_in);
    for (int a = 0; a < x->op->n_args && t < x->op->n_tensors; a++) {
        const torsh__arg_t *arg = &x->op->args[a];
        if (arg->type > TORSH__ARG_TENSOR_LIST)
            continue;
        bool takes_part = x->op->in_dtype[t++] == TORSH__COMPUTE;
        int count = arg->type == TORSH__ARG_TENSOR_LIST
                        ? *(const int32_t *)((const char *)x->params + arg->offset)
                        : 1;
        if (count == x->n_in && takes_part)
            return torsh__result_type(x->in, x->n_in); /* one list of any length */
        for (int i = 0; i < count; i++, slot++)
            if (takes_part && n < 16)
                part[n++] = x->in[slot];
    }
    return torsh__result_type(part, n);
}

static torsh_dtype_t arg_dtype(const torsh__infer_t *x)
{
    return x->op->dtype_arg < 0 ? TORSH_DTYPE_NONE
                                : *(const torsh_dtype_t *)((const char *)x->params + x->op->dtype_arg);
}

torsh_status_t torsh__dtype_promote(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    *compute = result_type(x);
    bool none = *compute == TORSH_DTYPE_NONE && x->n_in > 0 && x->in[0];
    return none ? TORSH_ERR_DTYPE : TORSH_OK; /* promotion has said which two dtypes have none in common */
}

/* PyTorch refuses bool, which would be an exclusive or. */
torsh_status_t torsh__dtype_subtract(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    bool a = x->in[0]->dtype == TORSH_BOOL, b = x->in[1]->dtype == TORSH_BOOL;
    if (a && b)
        return torsh__fail(TORSH_ERR_DTYPE,
                           "Subtraction, the `-` operator, with two bool tensors is not supported. Use the "
                           "`^` or `logical_xor()` operator instead.");
    if (a || b)
        return torsh__fail(
            TORSH_ERR_DTYPE,
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert "
            "a mask, use the `~` or `logical_not()` operator instead.");
    return torsh__dtype_promote(x, compute);
}

torsh_status_t torsh__dtype_negate(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    if (x->in[0]->dtype == TORSH_BOOL)
        return torsh__fail(
            TORSH_ERR_DTYPE,
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a "
            "mask, use the `~` or `logical_not()` operator instead.");
    return torsh__dtype_same(x, compute);
}

/* Integers and bool go to the default floating dtype. */
torsh_status_t torsh__dtype_promote_float(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    TRY(torsh__dtype_promote(x, compute));
    if (*compute != TORSH_DTYPE_NONE && category(*compute) < 2)
        *compute = torsh_get_default_dtype();
    return TORSH_OK;
}

/* Of div: a rounded quotient keeps integers. */
torsh_status_t torsh__dtype_div(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    const torsh__div_tensor_mode_params_t *p = x->params;
    return p->rounding_mode ? torsh__dtype_promote(x, compute) : torsh__dtype_promote_float(x, compute);
}

torsh_status_t torsh__dtype_same(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    *compute = (torsh_dtype_t)x->in[0]->dtype;
    return TORSH_OK;
}

/* As the first operand, whose statistics and scale may have another floating dtype. */
torsh_status_t torsh__dtype_norm(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    return torsh__dtype_same(x, compute);
}

/* No promotion: PyTorch wants one dtype. */
torsh_status_t torsh__dtype_matmul(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    for (int i = 1; i < x->n_in; i++)
        if (x->in[i] && x->in[i]->dtype != x->in[0]->dtype)
            return torsh__fail(
                TORSH_ERR_DTYPE, "expected m1 and m2 to have the same dtype, but got: %s != %s (%s)",
                torsh_dtype_name(x->in[0]->dtype), torsh_dtype_name(x->in[i]->dtype), x->op->name);
    return torsh__dtype_same(x, compute);
}

torsh_status_t torsh__dtype_param(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    torsh_dtype_t d = arg_dtype(x);
    *compute = d != TORSH_DTYPE_NONE ? d
               : x->op->dtypes == ((1u << TORSH_I64)) /* an operator of int64 alone needs no dtype */
                   ? TORSH_I64
                   : torsh_get_default_dtype();
    return TORSH_OK;
}

torsh_status_t torsh__dtype_param_like(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    torsh_dtype_t d = arg_dtype(x);
    *compute = d != TORSH_DTYPE_NONE ? d : (torsh_dtype_t)x->in[0]->dtype;
    return TORSH_OK;
}

/* Integers and bool sum to int64. */
torsh_status_t torsh__dtype_sum(const torsh__infer_t *x, torsh_dtype_t *compute)
{
    torsh_dtype_t d = arg_dtype(x), own = (torsh_dtype_t)x->in[0]->dtype;
    *compute = d != TORSH_DTYPE_NONE ? d : category(own) < 2 ? TORSH_I64 : own;
    return TORSH_OK;
}
