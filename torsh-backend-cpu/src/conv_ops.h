/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inner parts of a convolution: everything that knows a dtype. */
#ifndef TORSH_BACKEND_CPU_CONV_OPS_H
#define TORSH_BACKEND_CPU_CONV_OPS_H

#include "conv.h"
#include "gemm_block.h"

/* What a correlation reads: position (i, j) of the output takes, for tap (a, b), the element
 * (i * stride[0] + start[0] + a * step[0], j * stride[1] + start[1] + b * step[1]), or 0 outside of h x w.
 * Positions are counted on through all images: (image * rows + i) * columns + j. */
typedef struct torsh__image {
    const void *data;    /* channels of h * w elements */
    int64_t item_stride; /* from one image to the next */
    int64_t h, w;
    int64_t taps[2], start[2], step[2], stride[2];
    int64_t rows, columns; /* of the output */
} torsh__image_t;

/* The matrix of a correlation has a row for each (channel, tap) and a column for each position of the output.
 * It is never written out: pieces of it are made where the product needs them. */
typedef struct torsh__conv_ops {
    const torsh__gemm_ops_t *gemm;
    /* rows [k0, k0 + k) and columns [q0, q0 + n) as panels, like pack_b */
    void (*panels)(const torsh__image_t *image, int64_t k0, int64_t k, int64_t q0, int64_t n, void *to);
    /* rows [k0, k0 + k) and columns [q0, q0 + n) as rows `to_rs` apart */
    void (*rows)(const torsh__image_t *image, int64_t k0, int64_t k, int64_t q0, int64_t n, void *to,
                 int64_t to_rs);
    /* to[co][rows] = sum of `parts` matrices [rows][co], part_elements apart; rows [i0, i1) of them */
    void (*sum_parts)(const void *from, int64_t parts, int64_t part_elements, int64_t i0, int64_t i1,
                      int64_t rows, int64_t co, void *to);
    /* one channel against one kernel, weight[a * w_step[0] + b * w_step[1]], on top of out, bias or 0 */
    void (*plane)(const torsh__image_t *image, const void *weight, const int64_t *w_step, const void *bias,
                  int add, void *out, int64_t out_rs, int64_t out_cs);
    /* weight[a][b] (+)= sum over positions of grad[i][j] * the image's element for tap (a, b) */
    void (*plane_weight)(const torsh__image_t *image, const void *grad, int add, void *weight);
} torsh__conv_ops_t;

#define torsh__conv_ops_f32 TORSH__PASTE(torsh__conv_ops_f32, ISA)
#define torsh__conv_ops_f64 TORSH__PASTE(torsh__conv_ops_f64, ISA)
extern const torsh__conv_ops_t torsh__conv_ops_f32, torsh__conv_ops_f64;

#define torsh__correlate TORSH__PASTE(torsh__correlate, ISA)
#define torsh__correlate_bytes TORSH__PASTE(torsh__correlate_bytes, ISA)
#define torsh__conv_input TORSH__PASTE(torsh__conv_input, ISA)
#define torsh__conv_weight TORSH__PASTE(torsh__conv_weight, ISA)
#define torsh__depthwise_forward TORSH__PASTE(torsh__depthwise_forward, ISA)
#define torsh__depthwise_input TORSH__PASTE(torsh__depthwise_input, ISA)
#define torsh__depthwise_weight TORSH__PASTE(torsh__depthwise_weight, ISA)

/* out[item][group] = weight[group] (m x k) times the matrix of image[item][group], k = channels * taps. */
typedef struct torsh__correlation {
    const torsh__conv_ops_t *ops;
    torsh__image_t image; /* of item 0, group 0 */
    int64_t items, groups, m, k;
    int64_t image_gs;          /* elements between groups */
    const void *weight, *bias; /* bias: [groups][m] or NULL */
    void *out;                 /* position (i, j) of row r is at r * out_ms + i * out_rs + j * out_cs */
    int64_t out_bs, out_gs, out_ms, out_rs, out_cs;
} torsh__correlation_t;

/* The scratch memory that torsh__correlate uses. A thread has one block of scratch memory, so what a caller
 * wants to keep in it during torsh__correlate must lie behind. */
int64_t torsh__correlate_bytes(const torsh__correlation_t *c);

torsh_status_t torsh__correlate(const torsh__correlation_t *c, const torsh_host_t *host);

/* f32 and f64 only */
torsh_status_t torsh__conv_input(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                 const void *grad_output, void *grad_input, const torsh_host_t *host);
torsh_status_t torsh__conv_weight(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                  const void *grad_output, void *grad_weight, const torsh_host_t *host);

/* Groups of one input channel with few output channels: a product would have nothing to share. */
static inline int torsh__conv_is_depthwise(const torsh__conv2d_t *c)
{
    return c->groups > 1 && c->ci == c->groups && c->co <= 4 * c->groups;
}

torsh_status_t torsh__depthwise_forward(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                        const torsh_host_t *host);
torsh_status_t torsh__depthwise_input(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                      const void *grad_output, void *grad_input, const torsh_host_t *host);
torsh_status_t torsh__depthwise_weight(const torsh__conv2d_t *c, const torsh__conv_ops_t *ops,
                                       const void *grad_output, void *grad_weight, const torsh_host_t *host);

/* What the forward pass reads. */
static inline torsh__image_t torsh__conv_image(const torsh__conv2d_t *c)
{
    const torsh__image_t image = {.data = c->input,
                                  .item_stride = c->ci * c->h * c->w,
                                  .h = c->h,
                                  .w = c->w,
                                  .taps = {c->kh, c->kw},
                                  .start = {-c->padding[0], -c->padding[1]},
                                  .step = {c->dilation[0], c->dilation[1]},
                                  .stride = {c->stride[0], c->stride[1]},
                                  .rows = c->ho,
                                  .columns = c->wo};
    return image;
}

/* Along one dimension, the positions phase, phase + stride, … of the input, as a correlation with the output:
 * which taps of the kernel reach them (first, first + step, …: n of them) and where. */
typedef struct torsh__phase {
    int64_t first, step, n, positions, start, image_step;
} torsh__phase_t;

static inline torsh__phase_t torsh__conv_phase(int64_t size, int64_t taps, int64_t stride, int64_t padding,
                                               int64_t dilation, int64_t phase)
{
    torsh__phase_t p = {.step = 1, .positions = size > phase ? (size - phase + stride - 1) / stride : 0};
    while (p.step * dilation % stride)
        p.step++;
    while (p.first < taps && (phase + padding - p.first * dilation) % stride)
        p.first++;
    p.n = p.first < taps ? (taps - 1 - p.first) / p.step + 1 : 0;
    p.start = p.n ? (phase + padding - p.first * dilation) / stride : 0;
    p.image_step = -(p.step * dilation / stride);
    return p;
}

#endif
