/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which way a convolution goes, and the 16-bit dtypes, which are computed in float. */
#include "conv.h"

#include <string.h>

#include "conv_ops.h"
#include "gemm_half.h"

static torsh_status_t forward(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                              const torsh_host_t *host)
{
    if (torsh__conv_is_depthwise(c))
        return torsh__depthwise_forward(c, ops, host);
    const int64_t cig = c->ci / c->groups, cog = c->co / c->groups, positions = c->ho * c->wo;
    const torsh__correlation_t correlation = {.ops = ops,
                                              .image = torsh__conv_image(c),
                                              .items = c->n,
                                              .groups = c->groups,
                                              .m = cog,
                                              .k = cig * c->kh * c->kw,
                                              .image_gs = cig * c->h * c->w,
                                              .weight = c->weight,
                                              .bias = c->bias,
                                              .out = c->output,
                                              .out_bs = c->co * positions,
                                              .out_gs = cog * positions,
                                              .out_ms = positions,
                                              .out_rs = c->wo,
                                              .out_cs = 1};
    return torsh__correlate(&correlation, host);
}

static torsh_status_t backward_input(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                     const void *grad_output, void *grad_input, const torsh_host_t *host)
{
    return torsh__conv_is_depthwise(c) ? torsh__depthwise_input(c, ops, grad_output, grad_input, host)
                                       : torsh__conv_input(c, ops, grad_output, grad_input, host);
}

static torsh_status_t backward_weight(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                      const void *grad_output, void *grad_weight, const torsh_host_t *host)
{
    if (torsh__conv_is_depthwise(c) && c->n > 0)
        return torsh__depthwise_weight(c, ops, grad_output, grad_weight, host);
    return torsh__conv_weight(c, ops, grad_output, grad_weight, host);
}

/* ---- 16 bits ---- */

typedef struct convert {
    torsh_dtype_t dtype;
    const void *from;
    void *to;
    int64_t n;
} convert_t;

enum { CHUNK = 1 << 15 };

static void widen_chunk(void *context, int64_t i)
{
    const convert_t *c = context;
    const int64_t n = c->n - i * CHUNK < CHUNK ? c->n - i * CHUNK : CHUNK;
    torsh__half_to_float(c->dtype, (const uint16_t *)c->from + i * CHUNK, 1, n, (float *)c->to + i * CHUNK);
}

static void narrow_chunk(void *context, int64_t i)
{
    const convert_t *c = context;
    const int64_t n = c->n - i * CHUNK < CHUNK ? c->n - i * CHUNK : CHUNK;
    torsh__half_from_float(c->dtype, (const float *)c->from + i * CHUNK, n, (uint16_t *)c->to + i * CHUNK);
}

static void convert_all(torsh_dtype_t dtype, const void *from, void *to, int64_t n,
                        void (*chunk)(void *, int64_t), const torsh_host_t *host)
{
    convert_t c = {.dtype = dtype, .from = from, .to = to, .n = n};
    host->parallel((n + CHUNK - 1) / CHUNK, chunk, &c);
}

/* The operands of one pass, as floats and as they came. */
typedef struct half {
    const void *from[3];
    int64_t n[3];
    float *wide[3];
    void *to;
    int64_t n_to;
    float *result, *memory;
} half_t;

/* Copies of whole operands are too large for scratch memory, which threads keep for good. */
static torsh_status_t widen(half_t *h, torsh_dtype_t dtype, const torsh_host_t *host)
{
    int64_t n = h->n_to;
    for (int i = 0; i < 3; i++)
        n += h->from[i] ? h->n[i] : 0;
    float *memory = h->memory = host->alloc((size_t)(n + 1) * sizeof(float));
    if (!memory)
        return host->fail(TORSH_ERR_MEMORY, "conv2d: no memory for float copies");
    for (int i = 0; i < 3; i++) {
        if (!h->from[i])
            continue;
        h->wide[i] = memory;
        memory += h->n[i];
        convert_all(dtype, h->from[i], h->wide[i], h->n[i], widen_chunk, host);
    }
    h->result = memory;
    return TORSH_OK;
}

static torsh_status_t narrow(half_t *h, torsh_dtype_t dtype, torsh_status_t status, const torsh_host_t *host)
{
    if (status == TORSH_OK)
        convert_all(dtype, h->result, h->to, h->n_to, narrow_chunk, host);
    host->free(h->memory);
    return status;
}

enum { FORWARD, INPUT, WEIGHT };

static torsh_status_t run(const torsh__conv2d_t *c, int pass, const void *grad_output, void *grad,
                          const torsh_host_t *host)
{
    const int half = c->dtype == TORSH_F16 || c->dtype == TORSH_BF16;
    const torsh__conv_ops_t *ops = c->dtype == TORSH_F64 ? &torsh__conv_ops_f64 : &torsh__conv_ops_f32;
    const int64_t n_in = c->n * c->ci * c->h * c->w, n_out = c->n * c->co * c->ho * c->wo;
    const int64_t n_weight = c->co * (c->ci / c->groups) * c->kh * c->kw;
    if (!half && c->dtype != TORSH_F32 && c->dtype != TORSH_F64)
        return host->fail(TORSH_ERR_NOT_IMPLEMENTED, "conv2d: not implemented for dtype %d", (int)c->dtype);
    if (!half)
        return pass == FORWARD ? forward(c, ops, host)
               : pass == INPUT ? backward_input(c, ops, grad_output, grad, host)
                               : backward_weight(c, ops, grad_output, grad, host);
    half_t h = {.from = {pass == INPUT ? grad_output : c->input, pass == WEIGHT ? grad_output : c->weight,
                         pass == FORWARD ? c->bias : NULL},
                .n = {pass == INPUT ? n_out : n_in, pass == WEIGHT ? n_out : n_weight, c->co},
                .to = pass == FORWARD ? c->output : grad,
                .n_to = pass == FORWARD ? n_out
                        : pass == INPUT ? n_in
                                        : n_weight};
    torsh_status_t status = widen(&h, c->dtype, host);
    if (status != TORSH_OK)
        return status;
    torsh__conv2d_t wide = *c;
    wide.input = h.wide[0];
    wide.weight = h.wide[1];
    wide.bias = h.wide[2];
    wide.output = h.result;
    status = pass == FORWARD ? forward(&wide, ops, host)
             : pass == INPUT ? backward_input(&wide, ops, h.wide[0], h.result, host)
                             : backward_weight(&wide, ops, h.wide[1], h.result, host);
    return narrow(&h, c->dtype, status, host);
}

torsh_status_t TORSH__PASTE(torsh__conv2d, ISA)(const torsh__conv2d_t *c, const torsh_host_t *host)
{
    return run(c, FORWARD, NULL, NULL, host);
}

torsh_status_t TORSH__PASTE(torsh__conv2d_backward_input, ISA)(const torsh__conv2d_t *c,
                                                               const void *grad_output, void *grad_input,
                                                               const torsh_host_t *host)
{
    return run(c, INPUT, grad_output, grad_input, host);
}

torsh_status_t TORSH__PASTE(torsh__conv2d_backward_weight, ISA)(const torsh__conv2d_t *c,
                                                                const void *grad_output, void *grad_weight,
                                                                const torsh_host_t *host)
{
    return run(c, WEIGHT, grad_output, grad_weight, host);
}
