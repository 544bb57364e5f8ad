/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Conv2d and the pools. */
#include <inttypes.h>

#include <torsh/ops.h>

#include "module.h"

torsh_status_t torsh__pair(const char *what, const int64_t *v, int n, bool optional, torsh__pair_t *pair)
{
    if (n < 0 || n > 2 || (n == 0 && !optional))
        return torsh__fail(TORSH_ERR_VALUE, "%s: one or two numbers are asked for, not %d", what, n);
    if (n > 0 && !v)
        return torsh__fail(TORSH_ERR_NULL, "%s is NULL for %d numbers", what, n);
    *pair = (torsh__pair_t){{0, 0}, n};
    for (int i = 0; i < n; i++)
        pair->v[i] = v[i];
    return TORSH_OK;
}

/* ---- Conv2d ---- */

typedef struct conv2d {
    torsh_module_t m;
    torsh__pair_t stride, padding, dilation;
    int64_t groups;
} conv2d_t;

static torsh_status_t conv2d_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    const conv2d_t *c = (conv2d_t *)m;
    return torsh__output(torsh_conv2d_with_error(input, torsh__tensor_at(m, 0), torsh__tensor_at(m, 1),
                                                 c->stride.v, c->stride.n, c->padding.v, c->padding.n,
                                                 c->dilation.v, c->dilation.n, c->groups, NULL),
                         output);
}

static torsh_status_t check_groups(int64_t in_channels, int64_t out_channels, int64_t groups)
{
    if (groups <= 0)
        return torsh__fail(TORSH_ERR_VALUE, "groups must be a positive integer, but it is %" PRId64, groups);
    if (in_channels % groups)
        return torsh__fail(TORSH_ERR_VALUE,
                           "in_channels must be divisible by groups (%" PRId64 " by %" PRId64 ")",
                           in_channels, groups);
    if (out_channels % groups)
        return torsh__fail(TORSH_ERR_VALUE,
                           "out_channels must be divisible by groups (%" PRId64 " by %" PRId64 ")",
                           out_channels, groups);
    return TORSH_OK;
}

/* Sets the fields that are there before weights are made. */
static torsh_status_t conv2d_sizes(conv2d_t *c, const int64_t *stride, int n_stride, const int64_t *padding,
                                   int n_padding, const int64_t *dilation, int n_dilation, int64_t groups)
{
    c->groups = groups;
    TRY(torsh__pair("stride", stride, n_stride, false, &c->stride));
    TRY(torsh__pair("padding", padding, n_padding, false, &c->padding));
    return torsh__pair("dilation", dilation, n_dilation, false, &c->dilation);
}

static torsh_status_t conv2d_weights(torsh_module_t *m, int64_t in_channels, int64_t out_channels,
                                     const int64_t *kernel_size, int n_kernel_size, bool bias)
{
    const int64_t groups = ((conv2d_t *)m)->groups;
    torsh_tensor_t *w, *b = NULL;
    torsh__pair_t k;
    TRY(check_groups(in_channels, out_channels, groups));
    TRY(torsh__pair("kernel_size", kernel_size, n_kernel_size, false, &k));
    const int64_t shape[] = {out_channels, in_channels / groups, k.v[0], k.v[k.n - 1]};
    TRY(torsh__add_parameter(m, "weight", 4, shape, &w));
    TRY(torsh__add_parameter(m, "bias", bias ? 1 : -1, shape, &b));
    return torsh__init_linear(w, b, NULL);
}

torsh_module_t *torsh_conv2d_new_with_error(int64_t in_channels, int64_t out_channels,
                                            const int64_t *kernel_size, int n_kernel_size,
                                            const int64_t *stride, int n_stride, const int64_t *padding,
                                            int n_padding, const int64_t *dilation, int n_dilation,
                                            int64_t groups, int bias, torsh_error_t **error)
{
    static const torsh__class_t class = {"Conv2d", 1, conv2d_forward, NULL};
    torsh_module_t *m = NULL;
    torsh_status_t status;
    if (error && *error)
        return NULL;
    TRY_GOTO(done, torsh__module_new(&class, sizeof(conv2d_t), &m));
    TRY_GOTO(done,
             conv2d_sizes((conv2d_t *)m, stride, n_stride, padding, n_padding, dilation, n_dilation, groups));
    status = conv2d_weights(m, in_channels, out_channels, kernel_size, n_kernel_size, bias);
done:
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_conv2d_new(int64_t in_channels, int64_t out_channels, int64_t kernel_size,
                                 int64_t stride, int64_t padding)
{
    const int64_t one = 1;
    return torsh_conv2d_new_with_error(in_channels, out_channels, &kernel_size, 1, &stride, 1, &padding, 1,
                                       &one, 1, 1, 1, NULL);
}

/* ---- pools ---- */

typedef struct pool {
    torsh_module_t m;
    torsh__pair_t kernel_size, stride, padding, dilation;
    int ceil_mode, count_include_pad;
    bool divides;
    int64_t divisor;
} pool_t;

static torsh_status_t max_pool2d_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                         torsh_tensor_t **output)
{
    const pool_t *p = (pool_t *)m;
    return torsh__output(torsh_max_pool2d_with_error(input, p->kernel_size.v, p->kernel_size.n, p->stride.v,
                                                     p->stride.n, p->padding.v, p->padding.n, p->dilation.v,
                                                     p->dilation.n, p->ceil_mode, NULL),
                         output);
}

static torsh_status_t avg_pool2d_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                         torsh_tensor_t **output)
{
    const pool_t *p = (pool_t *)m;
    return torsh__output(torsh_avg_pool2d_with_error(input, p->kernel_size.v, p->kernel_size.n, p->stride.v,
                                                     p->stride.n, p->padding.v, p->padding.n, p->ceil_mode,
                                                     p->count_include_pad, p->divides ? &p->divisor : NULL,
                                                     NULL),
                         output);
}

static torsh_status_t pool_new(const torsh__class_t *class, const int64_t *kernel_size, int n_kernel_size,
                               const int64_t *stride, int n_stride, const int64_t *padding, int n_padding,
                               int ceil_mode, torsh_module_t **m)
{
    TRY(torsh__module_new(class, sizeof(pool_t), m));
    pool_t *p = (pool_t *)*m;
    p->ceil_mode = ceil_mode;
    TRY(torsh__pair("kernel_size", kernel_size, n_kernel_size, false, &p->kernel_size));
    TRY(torsh__pair("stride", stride, n_stride, true, &p->stride));
    return torsh__pair("padding", padding, n_padding, false, &p->padding);
}

torsh_module_t *torsh_max_pool2d_new_with_error(const int64_t *kernel_size, int n_kernel_size,
                                                const int64_t *stride, int n_stride, const int64_t *padding,
                                                int n_padding, const int64_t *dilation, int n_dilation,
                                                int ceil_mode, torsh_error_t **error)
{
    static const torsh__class_t class = {"MaxPool2d", 1, max_pool2d_forward, NULL};
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    torsh_status_t status =
        pool_new(&class, kernel_size, n_kernel_size, stride, n_stride, padding, n_padding, ceil_mode, &m);
    if (status == TORSH_OK)
        status = torsh__pair("dilation", dilation, n_dilation, false, &((pool_t *)m)->dilation);
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_max_pool2d_new(int64_t kernel_size, int64_t stride, int64_t padding)
{
    const int64_t one = 1;
    return torsh_max_pool2d_new_with_error(&kernel_size, 1, &stride, 1, &padding, 1, &one, 1, 0, NULL);
}

torsh_module_t *torsh_avg_pool2d_new_with_error(const int64_t *kernel_size, int n_kernel_size,
                                                const int64_t *stride, int n_stride, const int64_t *padding,
                                                int n_padding, int ceil_mode, int count_include_pad,
                                                const int64_t *divisor_override, torsh_error_t **error)
{
    static const torsh__class_t class = {"AvgPool2d", 1, avg_pool2d_forward, NULL};
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    torsh_status_t status =
        pool_new(&class, kernel_size, n_kernel_size, stride, n_stride, padding, n_padding, ceil_mode, &m);
    if (status == TORSH_OK) {
        pool_t *p = (pool_t *)m;
        p->count_include_pad = count_include_pad;
        p->divides = divisor_override != NULL;
        p->divisor = divisor_override ? *divisor_override : 0;
    }
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_avg_pool2d_new(int64_t kernel_size, int64_t stride, int64_t padding)
{
    return torsh_avg_pool2d_new_with_error(&kernel_size, 1, &stride, 1, &padding, 1, 0, 1, NULL, NULL);
}

static torsh_status_t adaptive_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                       torsh_tensor_t **output)
{
    return torsh__output(torsh_adaptive_avg_pool2d(input, ((pool_t *)m)->kernel_size.v, 2), output);
}

torsh_module_t *torsh_adaptive_avg_pool2d_new(int64_t height, int64_t width)
{
    static const torsh__class_t class = {"AdaptiveAvgPool2d", 1, adaptive_forward, NULL};
    torsh_module_t *m = NULL;
    torsh_status_t status = torsh__module_new(&class, sizeof(pool_t), &m);
    if (status == TORSH_OK)
        ((pool_t *)m)->kernel_size = (torsh__pair_t){{height, width}, 2};
    return torsh__module_made(status, m, NULL);
}
