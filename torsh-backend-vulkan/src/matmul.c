/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* mm, bmm, addmm and linear: one shader, which takes any strides. */
#include "kernels.h"

#include <torsh/ops/linalg_params.h>

typedef struct push {
    VkDeviceAddress a, b, c, self;
    uint64_t alpha, beta;
    uint32_t m, n, k, batch, a_rs, a_cs, b_rs, b_cs, c_rs, c_cs, a_bs, b_bs, c_bs, s_rs, s_cs;
} push_t;
_Static_assert(sizeof(push_t) <= VK_PUSH_BYTES, "push constants");

enum { TILE = 32, MAX_BATCH = 65535 };

/* a and b as matrices, or as batches of them. */
static push_t product(const torsh_view_t *a, const torsh_view_t *b, const torsh_view_t *c)
{
    const int d = a->ndim - 2;
    return (push_t){.a = vk_address(a),
                    .b = vk_address(b),
                    .c = vk_address(c),
                    .m = (uint32_t)a->shape[d],
                    .n = (uint32_t)b->shape[d + 1],
                    .k = (uint32_t)a->shape[d + 1],
                    .batch = d ? (uint32_t)a->shape[0] : 1,
                    .a_rs = (uint32_t)a->strides[d],
                    .a_cs = (uint32_t)a->strides[d + 1],
                    .b_rs = (uint32_t)b->strides[d],
                    .b_cs = (uint32_t)b->strides[d + 1],
                    .c_rs = (uint32_t)c->strides[d],
                    .c_cs = (uint32_t)c->strides[d + 1],
                    .a_bs = d ? (uint32_t)a->strides[0] : 0,
                    .b_bs = d ? (uint32_t)b->strides[0] : 0,
                    .c_bs = d ? (uint32_t)c->strides[0] : 0};
}

static torsh_status_t run(vk_device_t *d, const torsh_call_t *call, push_t *p, const torsh_view_t *a,
                          const torsh_view_t *b, const torsh_view_t *self, torsh_scalar_t alpha,
                          torsh_scalar_t beta)
{
    static const int shaders[] = {TORSH__VK_MATMUL_F32, TORSH__VK_MATMUL_F64, TORSH__VK_MATMUL_I32,
                                  TORSH__VK_MATMUL_I64};
    const int class = vk_class(call->compute);
    VK_TRY(torsh__vk_check(d, call));
    p->alpha = torsh__vk_number(alpha, class);
    p->beta = torsh__vk_number(beta, class);
    vk_launch_t l = {.shader = shaders[class],
                     .n_spec = 2,
                     .spec = {(uint32_t)call->out->dtype, self != NULL},
                     .push = p,
                     .push_bytes = sizeof *p,
                     .groups = {(p->n + TILE - 1) / TILE, (p->m + TILE - 1) / TILE,
                                p->batch < MAX_BATCH ? p->batch : MAX_BATCH}};
    if (l.groups[0] > 65535 || l.groups[1] > 65535)
        return torsh__vk_host->fail(TORSH_ERR_NOT_IMPLEMENTED, "%s: a matrix of %u x %u on vulkan", call->op,
                                    p->m, p->n);
    vk_reads(&l, a);
    vk_reads(&l, b);
    if (self)
        vk_reads(&l, self);
    vk_writes(&l, call->out);
    return torsh__vk_dispatch(d, &l);
}

static const torsh_scalar_t one = {TORSH_SCALAR_INT, {.i = 1}};

static torsh_status_t mm(const torsh_call_t *call)
{
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    push_t p = product(&call->in[0], &call->in[1], call->out);
    return d ? vk_close(d, run(d, call, &p, &call->in[0], &call->in[1], NULL, one, one)) : TORSH_ERR_DEVICE;
}

/* self, broadcast to the matrix c */
static void add_self(push_t *p, const torsh_view_t *self)
{
    int64_t s[2] = {0, 0};
    for (int k = 0; k < self->ndim; k++)
        s[k + 2 - self->ndim] = self->shape[k] == 1 ? 0 : self->strides[k];
    p->self = vk_address(self);
    p->s_rs = (uint32_t)s[0];
    p->s_cs = (uint32_t)s[1];
}

static bool is_zero(torsh_scalar_t s)
{
    return torsh__vk_number(s, VK_F64) << 1 == 0;
}

static torsh_status_t addmm(const torsh_call_t *call)
{
    const torsh__addmm_params_t *params = call->params;
    const torsh_view_t *self = is_zero(params->beta) ? NULL : &call->in[0];
    if (call->out->n == 0)
        return TORSH_OK;
    vk_device_t *d = vk_open(call);
    push_t p = product(&call->in[1], &call->in[2], call->out);
    if (self)
        add_self(&p, self);
    return d ? vk_close(d, run(d, call, &p, &call->in[1], &call->in[2], self, params->alpha, params->beta))
             : TORSH_ERR_DEVICE;
}

/* input @ weight.T + bias: the rows of a contiguous input are one matrix. */
static torsh_status_t linear(const torsh_call_t *call)
{
    const torsh_view_t *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2], *y = call->out;
    if (w->ndim != 2 || x->ndim < 1)
        return TORSH_DECLINED;
    if (y->n == 0)
        return TORSH_OK;
    const int64_t k = w->shape[1], n = w->shape[0], rows = y->n / n;
    const int64_t x_shape[] = {rows, k}, x_strides[] = {k, 1}, w_shape[] = {k, n}, w_strides[] = {1, k},
                  y_shape[] = {rows, n}, y_strides[] = {n, 1};
    torsh_view_t a = *x, b = *w, c = *y;
    a.ndim = b.ndim = c.ndim = 2;
    a.shape = x_shape, a.strides = x_strides;
    b.shape = w_shape, b.strides = w_strides;
    c.shape = y_shape, c.strides = y_strides;
    push_t p = product(&a, &b, &c);
    const bool has_bias = bias->ndim >= 0;
    if (has_bias)
        add_self(&p, bias);
    vk_device_t *d = vk_open(call);
    return d ? vk_close(d, run(d, call, &p, x, w, has_bias ? bias : NULL, one, one)) : TORSH_ERR_DEVICE;
}

static const torsh_kernel_t kernels[] = {
    VK_NUMBER(TORSH_OP_MM, TORSH_ANY_STRIDES, mm),
    VK_NUMBER(TORSH_OP_BMM, TORSH_ANY_STRIDES, mm),
    VK_NUMBER(TORSH_OP_ADDMM, TORSH_ANY_STRIDES | TORSH_OVERWRITES, addmm),
    VK_NUMBER(TORSH_OP_LINEAR, 0, linear),
};
VK_LIST(matmul);
