/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* mm, bmm, addmm and linear: strides and broadcasting brought into the form of torsh__gemm. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/linalg_params.h>

#include "gemm.h"
#include "range.h"

/* A product whose C may have any strides. gemm wants the columns of C contiguous: a column-major C is the
 * row-major C of the transposed product; any other goes column by column. No bias here. */
static torsh_status_t gemm_any_c(torsh__gemm_t g, int64_t c_cs)
{
    const int64_t bytes = cpu_bytes(g.dtype);
    if (c_cs == 1 || g.n == 1)
        return torsh__gemm(&g, torsh__cpu_host);
    if (g.c_rs == 1 || g.m == 1) {
        const torsh__gemm_t t = g;
        g.m = t.n, g.n = t.m;
        g.a = t.b, g.a_rs = t.b_cs, g.a_cs = t.b_rs, g.a_bs = t.b_bs;
        g.b = t.a, g.b_rs = t.a_cs, g.b_cs = t.a_rs, g.b_bs = t.a_bs;
        g.c_rs = c_cs;
        return torsh__gemm(&g, torsh__cpu_host);
    }
    const int64_t columns = g.n;
    g.n = 1;
    for (int64_t j = 0; j < columns; j++) {
        torsh_status_t status = torsh__gemm(&g, torsh__cpu_host);
        if (status != TORSH_OK)
            return status;
        g.b = (const char *)g.b + g.b_cs * bytes;
        g.c = (char *)g.c + c_cs * bytes;
    }
    return TORSH_OK;
}

static torsh__gemm_t product(const torsh_call_t *call, const torsh_view_t *a, const torsh_view_t *b,
                             const torsh_view_t *c)
{
    const int d = a->ndim - 2; /* 1 of a batch */
    return (torsh__gemm_t){.m = a->shape[d],
                           .n = b->shape[d + 1],
                           .k = a->shape[d + 1],
                           .a = cpu_at(a),
                           .a_rs = a->strides[d],
                           .a_cs = a->strides[d + 1],
                           .b = cpu_at(b),
                           .b_rs = b->strides[d],
                           .b_cs = b->strides[d + 1],
                           .c = cpu_at(c),
                           .c_rs = c->strides[d],
                           .alpha = 1,
                           .beta = 0,
                           .dtype = call->compute,
                           .batch = d ? a->shape[0] : 1,
                           .a_bs = d ? a->strides[0] : 0,
                           .b_bs = d ? b->strides[0] : 0,
                           .c_bs = d ? c->strides[0] : 0};
}

static torsh_status_t mm(const torsh_call_t *call)
{
    const torsh_view_t *c = &call->out[0];
    return gemm_any_c(product(call, &call->in[0], &call->in[1], c), c->strides[c->ndim - 1]);
}

/* ---- addmm ---- */

static double as_double(torsh_scalar_t s)
{
    return s.kind == TORSH_SCALAR_FLOAT ? s.v.f : s.kind == TORSH_SCALAR_UINT ? (double)s.v.u : (double)s.v.i;
}

typedef struct spread {
    const char *from;
    char *to;
    int64_t from_s[2], to_s[2], columns, bytes;
} spread_t;

static void spread_rows(const void *ctx, int64_t first, int64_t last)
{
    const spread_t *s = ctx;
    for (int64_t i = first; i < last; i++) {
        const char *from = s->from + i * s->from_s[0] * s->bytes;
        char *to = s->to + i * s->to_s[0] * s->bytes;
        if (s->from_s[1] == 1 && s->to_s[1] == 1) {
            memcpy(to, from, (size_t)(s->columns * s->bytes));
            continue;
        }
        for (int64_t j = 0; j < s->columns; j++)
            memcpy(to + j * s->to_s[1] * s->bytes, from + j * s->from_s[1] * s->bytes, (size_t)s->bytes);
    }
}

static torsh_status_t addmm(const torsh_call_t *call)
{
    const torsh__addmm_params_t *p = call->params;
    const torsh_view_t *self = &call->in[0], *c = &call->out[0];
    torsh__gemm_t g = product(call, &call->in[1], &call->in[2], c);
    g.alpha = as_double(p->alpha);
    g.beta = as_double(p->beta);
    if (g.m == 0 || g.n == 0)
        return TORSH_OK;
    int64_t s[2] = {0, 0}; /* of self, broadcast to [m, n] */
    for (int d = 0; d < self->ndim; d++)
        s[d + 2 - self->ndim] = self->shape[d] == 1 ? 0 : self->strides[d];
    const int in_place = cpu_at(self) == cpu_at(c) && (s[0] == c->strides[0] || g.m == 1) &&
                         (s[1] == c->strides[1] || g.n == 1);
    if (g.beta == 0 || in_place)
        return gemm_any_c(g, c->strides[1]);
    if (g.beta == 1 && s[0] == 0 &&
        c->strides[1] == 1) { /* a row is added to all rows before they are stored */
        g.beta = 0;
        g.bias = cpu_at(self);
        g.bias_stride = s[1];
        return torsh__gemm(&g, torsh__cpu_host);
    }
    spread_t spread = {cpu_at(self), cpu_at(c),         {s[0], s[1]}, {c->strides[0], c->strides[1]},
                       g.n,          cpu_bytes(g.dtype)};
    cpu_range(g.m, cpu_grain(g.n), spread_rows, &spread);
    return gemm_any_c(g, c->strides[1]);
}

/* ---- linear ---- */

/* Leading dimensions of input and output, merged where both allow it: [0] innermost. */
typedef struct lead {
    int64_t size[TORSH_MAX_DIMS], in[TORSH_MAX_DIMS], out[TORSH_MAX_DIMS];
    int n;
} lead_t;

static void merge_lead(const torsh_view_t *x, const torsh_view_t *y, lead_t *l)
{
    l->n = 0;
    for (int d = x->ndim - 2; d >= 0; d--) {
        const int64_t size = x->shape[d], in = x->strides[d], out = y->strides[d];
        const int k = l->n - 1;
        if (size == 1)
            continue;
        if (k >= 0 && in == l->in[k] * l->size[k] && out == l->out[k] * l->size[k]) {
            l->size[k] *= size;
            continue;
        }
        l->size[l->n] = size;
        l->in[l->n] = in;
        l->out[l->n++] = out;
    }
    for (; l->n < 2; l->n++) {
        l->size[l->n] = 1;
        l->in[l->n] = l->out[l->n] = 0;
    }
}

static torsh_status_t linear(const torsh_call_t *call)
{
    const torsh_view_t *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2], *y = &call->out[0];
    const int64_t bytes = cpu_bytes(call->compute);
    lead_t l;
    merge_lead(x, y, &l);
    const int one = w->ndim == 1; /* a single output feature, which the result has no dimension for */
    torsh__gemm_t g = {.m = l.size[0],
                       .n = one ? 1 : w->shape[0],
                       .k = w->shape[!one],
                       .a_rs = l.in[0],
                       .a_cs = x->strides[x->ndim - 1],
                       .b = cpu_at(w),
                       .b_rs = w->strides[!one],
                       .b_cs = one ? 0 : w->strides[0],
                       .c_rs = l.out[0],
                       .alpha = 1,
                       .beta = 0,
                       .dtype = call->compute,
                       .batch = l.size[1],
                       .a_bs = l.in[1],
                       .c_bs = l.out[1]};
    if (g.n > 1 && y->strides[y->ndim - 1] != 1)
        return TORSH_DECLINED;
    if (bias->ndim >= 0) {
        g.bias = cpu_at(bias);
        g.bias_stride = bias->ndim && bias->shape[0] > 1 ? bias->strides[0] : 0; /* one value serves all */
    }
    int64_t items = 1, index[TORSH_MAX_DIMS] = {0}, in = 0, out = 0;
    for (int d = 2; d < l.n; d++)
        items *= l.size[d];
    for (int64_t i = 0; i < items; i++) {
        g.a = cpu_at(x) + in * bytes;
        g.c = cpu_at(y) + out * bytes;
        torsh_status_t status = torsh__gemm(&g, torsh__cpu_host);
        if (status != TORSH_OK)
            return status;
        for (int d = 2; d < l.n; d++) {
            in += l.in[d];
            out += l.out[d];
            if (++index[d] < l.size[d])
                break;
            in -= l.in[d] * l.size[d];
            out -= l.out[d] * l.size[d];
            index[d] = 0;
        }
    }
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {
    CPU_NUMBER(TORSH_OP_MM, TORSH_ANY_STRIDES, mm),
    CPU_NUMBER(TORSH_OP_BMM, TORSH_ANY_STRIDES, mm),
    CPU_NUMBER(TORSH_OP_ADDMM, TORSH_ANY_STRIDES | TORSH_OVERWRITES, addmm),
    CPU_NUMBER(TORSH_OP_LINEAR, TORSH_ANY_STRIDES, linear),
};
CPU_LIST(matmul);
