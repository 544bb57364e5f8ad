/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The driver of formulas: operands by address, numbers as parameters or as an element in staged memory. */
#include "kernels.h"

/* The push constants of pointwise.comp. */
typedef struct push {
    VkDeviceAddress out, in[VK_MAX_OPERANDS], table, errors;
    uint64_t k[4];
    int32_t i[VK_MAX_INTS];
    uint32_t n, ndim, s_out, s[VK_MAX_OPERANDS];
} push_t;
_Static_assert(sizeof(push_t) <= VK_PUSH_BYTES, "push constants");

enum { OP, TABLE, D_OUT, D_IN, N_SPEC = D_IN + VK_MAX_OPERANDS, ROW = 2 + VK_MAX_OPERANDS };

static torsh_status_t add_operand(vk_device_t *d, vk_launch_t *l, push_t *p, const vk_pointwise_t *op, int i,
                                  const torsh_view_t *v, torsh_dtype_t compute)
{
    const bool truth = op->truth >> i & 1;
    l->spec[D_IN + i] = (uint32_t)v->dtype;
    if (op->unused >> i & 1) {
        l->spec[D_IN + i] = 0;
        return TORSH_OK;
    }
    if (!v->is_number) {
        p->in[i] = vk_address(v);
        p->s[i] = (uint32_t)v->strides[v->ndim - 1];
        vk_reads(l, v);
        return TORSH_OK;
    }
    void *at;
    l->spec[D_IN + i] = truth ? TORSH_BOOL : (uint32_t)vk_native(op->class);
    VK_TRY(torsh__vk_stage(d, 8, &at, &p->in[i], NULL, NULL));
    const uint64_t bits = torsh__vk_operand(v->value, truth ? TORSH_BOOL : compute);
    memcpy(at, &bits, sizeof bits);
    return TORSH_OK;
}

/* Rows of shape and strides, for more than one dimension. */
static torsh_status_t add_table(vk_device_t *d, push_t *p, const vk_pointwise_t *op, const torsh_call_t *call)
{
    const torsh_view_t *out = call->out;
    void *at;
    VK_TRY(torsh__vk_stage(d, (int64_t)sizeof(uint32_t) * ROW * out->ndim, &at, &p->table, NULL, NULL));
    uint32_t *row = at;
    for (int k = 0; k < out->ndim; k++, row += ROW) {
        row[0] = (uint32_t)out->shape[k];
        row[1] = (uint32_t)out->strides[k];
        for (int i = 0; i < VK_MAX_OPERANDS; i++) {
            const torsh_view_t *v = i < op->n_in ? &call->in[op->at[i]] : NULL;
            row[2 + i] = v && !v->is_number ? (uint32_t)v->strides[k] : 0;
        }
    }
    return TORSH_OK;
}

static void add_params(push_t *p, const vk_pointwise_t *op, const char *params, torsh_dtype_t compute)
{
    int numbers = 0, ints = 0;
    for (int i = 0; i < op->n_params; i++) {
        const void *field = params + op->params[i].offset;
        switch (op->params[i].kind) {
        case VK_PARAM_SCALAR:
            p->k[numbers++] = torsh__vk_operand(*(const torsh_scalar_t *)field, compute);
            break;
        case VK_PARAM_FLOAT:
            p->k[numbers++] = torsh__vk_number(
                (torsh_scalar_t){TORSH_SCALAR_FLOAT, {.f = *(const double *)field}}, op->class);
            break;
        case VK_PARAM_INT:
            p->i[ints++] = (int32_t) * (const int64_t *)field;
            break;
        default:
            p->i[ints++] = *(const int32_t *)field;
        }
    }
}

static torsh_status_t run(vk_device_t *d, const torsh_call_t *call, const vk_pointwise_t *op)
{
    const torsh_view_t *out = call->out;
    push_t p = {.out = vk_address(out),
                .errors = d->errors->address,
                .n = (uint32_t)out->n,
                .ndim = (uint32_t)out->ndim,
                .s_out = (uint32_t)out->strides[out->ndim - 1]};
    vk_launch_t l = {.shader = op->shader, .n_spec = N_SPEC, .push = &p, .push_bytes = sizeof p};
    VK_TRY(torsh__vk_check(d, call));
    if (op->exponent) {
        const torsh_view_t *v = &call->in[op->at[op->exponent - 1]];
        if (v->is_number && v->value.kind == TORSH_SCALAR_INT && v->value.v.i < 0)
            return torsh__vk_host->fail(TORSH_ERR_VALUE,
                                        "Integers to negative integer powers are not allowed.");
    }
    l.spec[OP] = (uint32_t)op->op;
    l.spec[TABLE] = out->ndim > 1;
    l.spec[D_OUT] = (uint32_t)out->dtype;
    for (int i = 0; i < op->n_in; i++)
        VK_TRY(add_operand(d, &l, &p, op, i, &call->in[op->at[i]], call->compute));
    if (out->ndim > 1)
        VK_TRY(add_table(d, &p, op, call));
    add_params(&p, op, call->params, call->compute);
    vk_writes(&l, out);
    vk_groups(&l, out->n);
    return torsh__vk_dispatch(d, &l);
}

torsh_status_t torsh__vk_pointwise(const torsh_call_t *call, const vk_pointwise_t *op)
{
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run(d, call, op)) : TORSH_ERR_DEVICE;
}

torsh_status_t torsh__vk_pointwise_when(const torsh_call_t *call, const vk_pointwise_t *op, int at,
                                        const vk_when_t *when, int n)
{
    const torsh_view_t *v = &call->in[at];
    double number;
    if (v->is_number && v->value.kind != TORSH_SCALAR_COMPLEX) {
        const uint64_t bits = torsh__vk_number(v->value, VK_F64);
        memcpy(&number, &bits, sizeof number);
        for (int i = 0; i < n; i++)
            if (when[i].number == number)
                return torsh__vk_pointwise(call, when[i].op);
    }
    return torsh__vk_pointwise(call, op);
}
