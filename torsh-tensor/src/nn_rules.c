/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shapes of convolution, pooling, normalisation and losses. */
#include <inttypes.h>
#include <string.h>

#include <torsh/impl/ops.h>

static void set_shape(torsh__meta_t *m, int ndim, const int64_t *shape)
{
    m->ndim = ndim;
    memcpy(m->shape, shape, (size_t)ndim * sizeof *shape);
}

/* int[2]: one value serves both dimensions. */
static torsh_status_t pair(const char *op, const char *arg, torsh_dims_t dims, int64_t least, int64_t *out)
{
    if (dims.n != 1 && dims.n != 2)
        return torsh__fail(TORSH_ERR_VALUE, "%s: %s must either be a single int, or a tuple of two ints", op,
                           arg);
    for (int i = 0; i < 2; i++) {
        out[i] = dims.v[dims.n == 2 ? i : 0];
        if (out[i] < least)
            return torsh__fail(TORSH_ERR_VALUE, "%s: %s must be at least %" PRId64 ", but it is %" PRId64, op,
                               arg, least, out[i]);
        if (out[i] > INT32_MAX) /* so that sums and products of these cannot overflow */
            return torsh__fail(TORSH_ERR_VALUE,
                               "value cannot be converted to type int without overflow (%s: %s is %" PRId64
                               ")",
                               op, arg, out[i]);
    }
    return TORSH_OK;
}

/* ---- convolution ---- */

torsh_status_t torsh__shape__conv2d(const torsh__infer_t *x)
{
    const torsh___conv2d_params_t *p = x->params;
    const torsh_tensor_t *input = x->in[0], *weight = x->in[1], *bias = x->in[2];
    int64_t stride[2], padding[2], dilation[2];
    char a[256], b[256];
    TRY(pair("conv2d", "stride", p->stride, 1, stride));
    TRY(pair("conv2d", "padding", p->padding, 0, padding));
    TRY(pair("conv2d", "dilation", p->dilation, 1, dilation));
    torsh__shape_text(weight->ndim, weight->shape, a, sizeof a);
    torsh__shape_text(input->ndim, input->shape, b, sizeof b);
    if (weight->ndim != 4 || input->ndim != 4)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "Expected 3D (unbatched) or 4D (batched) input to conv2d and a 4D weight, but got input of size: "
            "%s and weight of size %s",
            b, a);
    if (p->groups <= 0)
        return torsh__fail(TORSH_ERR_VALUE, "non-positive groups is not supported");
    if (p->groups > INT32_MAX)
        return torsh__fail(
            TORSH_ERR_VALUE,
            "value cannot be converted to type int without overflow (conv2d: groups is %" PRId64 ")",
            p->groups);
    if (weight->shape[1] * p->groups != input->shape[1])
        return torsh__fail(TORSH_ERR_SHAPE,
                           "Given groups=%" PRId64 ", weight of size %s, expected input%s to have %" PRId64
                           " channels, but got %" PRId64 " channels instead",
                           p->groups, a, b, weight->shape[1] * p->groups, input->shape[1]);
    if (weight->shape[0] % p->groups)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "Given groups=%" PRId64 ", expected weight to be divisible by %" PRId64
                           " at dimension 0, but got weight of size %s instead",
                           p->groups, p->groups, a);
    if (bias && (bias->ndim != 1 || bias->shape[0] != weight->shape[0]))
        return torsh__fail(TORSH_ERR_SHAPE,
                           "Given weight of size %s, expected bias to be 1-dimensional with %" PRId64
                           " elements, but got %" PRId64 " elements in %d dimensions",
                           a, weight->shape[0], bias->n, bias->ndim);
    int64_t shape[4] = {input->shape[0], weight->shape[0]};
    for (int i = 0; i < 2; i++) {
        int64_t window = dilation[i] * (weight->shape[2 + i] - 1) + 1,
                room = input->shape[2 + i] + 2 * padding[i];
        if (weight->shape[2 + i] <= 0 || room < window)
            return torsh__fail(TORSH_ERR_SHAPE,
                               "Calculated padded input size per channel: (%" PRId64 " x %" PRId64
                               "). Kernel size: (%" PRId64 " x %" PRId64
                               "). Kernel size can't be greater than actual input size",
                               input->shape[2] + 2 * padding[0], input->shape[3] + 2 * padding[1],
                               dilation[0] * (weight->shape[2] - 1) + 1,
                               dilation[1] * (weight->shape[3] - 1) + 1);
        shape[2 + i] = (room - window) / stride[i] + 1;
    }
    set_shape(x->out, 4, shape);
    return TORSH_OK;
}

torsh_status_t torsh__shape__conv2d_backward_input(const torsh__infer_t *x)
{
    torsh_dims_t size = ((const torsh___conv2d_backward_input_params_t *)x->params)->input_size;
    set_shape(x->out, size.n, size.v);
    return TORSH_OK;
}

torsh_status_t torsh__shape__conv2d_backward_weight(const torsh__infer_t *x)
{
    torsh_dims_t size = ((const torsh___conv2d_backward_weight_params_t *)x->params)->weight_size;
    set_shape(x->out, size.n, size.v);
    return TORSH_OK;
}

/* ---- pooling ---- */

/* The windows that fit; with ceil_mode a last one may begin inside and end outside, but not begin in the
 * padding. */
static int64_t pooled(int64_t n, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation,
                      bool ceil_mode)
{
    int64_t room = n + 2 * padding - dilation * (kernel - 1) - 1;
    if (room < 0 && !ceil_mode)
        return 0;
    int64_t up = room + (ceil_mode ? stride - 1 : 0),
            out = (up >= 0 ? up / stride : -((-up + stride - 1) / stride)) + 1;
    return ceil_mode && (out - 1) * stride >= n + padding ? out - 1 : out;
}

static torsh_status_t pool(const torsh__infer_t *x, const char *op, torsh_dims_t kernel_size,
                           torsh_dims_t strides, torsh_dims_t paddings, torsh_dims_t dilations,
                           bool ceil_mode)
{
    const torsh_tensor_t *t = x->in[0];
    int64_t kernel[2], stride[2], padding[2], dilation[2];
    char text[256];
    TRY(pair(op, "kernel_size", kernel_size, 1, kernel));
    TRY(pair(op, "stride", strides.n ? strides : kernel_size, 1, stride));
    TRY(pair(op, "padding", paddings, 0, padding));
    TRY(pair(op, "dilation", dilations, 1, dilation));
    if (t->ndim != 3 && t->ndim != 4)
        /* of a scalar PyTorch's avg_pool2d asks for a dimension first */
        return torsh__fail(t->ndim || strcmp(op, "avg_pool2d") ? TORSH_ERR_SHAPE : TORSH_ERR_INDEX,
                           "%s(): Expected 3D or 4D tensor, but got %s", op,
                           torsh__shape_text(t->ndim, t->shape, text, sizeof text));
    set_shape(x->out, t->ndim, t->shape);
    for (int i = 0; i < 2; i++) {
        if (padding[i] > kernel[i] / 2)
            return torsh__fail(TORSH_ERR_VALUE,
                               "pad should be at most half of effective kernel size, but got pad=%" PRId64
                               ", kernel_size=%" PRId64 " and dilation=%" PRId64 " (%s)",
                               padding[i], kernel[i], dilation[i], op);
        int d = t->ndim - 2 + i;
        int64_t n = pooled(t->shape[d], kernel[i], stride[i], padding[i], dilation[i], ceil_mode);
        if (n < 1)
            return torsh__fail(TORSH_ERR_SHAPE,
                               "Given input size: %s. Calculated output size is too small (%s)",
                               torsh__shape_text(t->ndim, t->shape, text, sizeof text), op);
        x->out->shape[d] = n;
    }
    for (int i = 1; i < x->op->n_out; i++)
        set_shape(&x->out[i], x->out->ndim, x->out->shape);
    return TORSH_OK;
}

torsh_status_t torsh__shape_max_pool2d_with_indices(const torsh__infer_t *x)
{
    const torsh__max_pool2d_with_indices_params_t *p = x->params;
    return pool(x, "max_pool2d", p->kernel_size, p->stride, p->padding, p->dilation, p->ceil_mode);
}

torsh_status_t torsh__shape_avg_pool2d(const torsh__infer_t *x)
{
    const torsh__avg_pool2d_params_t *p = x->params;
    static const int64_t one = 1;
    if (p->divisor_override.given && p->divisor_override.v == 0)
        return torsh__fail(TORSH_ERR_VALUE, "divisor must be not zero");
    return pool(x, "avg_pool2d", p->kernel_size, p->stride, p->padding, (torsh_dims_t){&one, 1, 1},
                p->ceil_mode);
}

torsh_status_t torsh__shape__avg_pool2d_backward(const torsh__infer_t *x)
{
    torsh_dims_t size = ((const torsh___avg_pool2d_backward_params_t *)x->params)->input_size;
    set_shape(x->out, size.n, size.v);
    return TORSH_OK;
}

torsh_status_t torsh__shape__adaptive_avg_pool2d(const torsh__infer_t *x)
{
    const torsh_tensor_t *t = x->in[0];
    int64_t size[2];
    char text[256];
    TRY(pair("adaptive_avg_pool2d", "output_size",
             ((const torsh___adaptive_avg_pool2d_params_t *)x->params)->output_size, 0, size));
    if (t->ndim != 3 && t->ndim != 4)
        return torsh__fail(TORSH_ERR_SHAPE, "adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got %s",
                           torsh__shape_text(t->ndim, t->shape, text, sizeof text));
    set_shape(x->out, t->ndim, t->shape);
    x->out->shape[t->ndim - 2] = size[0];
    x->out->shape[t->ndim - 1] = size[1];
    return TORSH_OK;
}

torsh_status_t torsh__shape__adaptive_avg_pool2d_bwd(const torsh__infer_t *x)
{
    torsh_dims_t size = ((const torsh___adaptive_avg_pool2d_bwd_params_t *)x->params)->input_size;
    set_shape(x->out, size.n, size.v);
    return TORSH_OK;
}

/* ---- normalisation ---- */

torsh_status_t torsh__shape_native_layer_norm(const torsh__infer_t *x)
{
    const torsh__native_layer_norm_params_t *p = x->params;
    const torsh_tensor_t *t = x->in[0];
    char a[256], b[256];
    int lead = t->ndim - p->normalized_shape.n;
    bool fits = p->normalized_shape.n > 0 && lead >= 0;
    for (int i = 0; fits && i < p->normalized_shape.n; i++)
        fits = t->shape[lead + i] == p->normalized_shape.v[i];
    torsh__shape_text(p->normalized_shape.n, p->normalized_shape.v, a, sizeof a);
    if (!fits)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "Given normalized_shape=%s, expected input with shape [*, %s, but got input of size%s", a, a + 1,
            torsh__shape_text(t->ndim, t->shape, b, sizeof b));
    for (int k = 1; k < 3; k++) {
        const torsh_tensor_t *w = x->in[k];
        if (w && !torsh__has_shape(w, p->normalized_shape.n, p->normalized_shape.v))
            return torsh__fail(
                TORSH_ERR_SHAPE,
                "Expected %s to be of same shape as normalized_shape, but got %s of shape %s and "
                "normalized_shape = %s",
                k == 1 ? "weight" : "bias", k == 1 ? "weight" : "bias",
                torsh__shape_text(w->ndim, w->shape, b, sizeof b), a);
    }
    set_shape(&x->out[0], t->ndim, t->shape);
    for (int k = 1; k < 3; k++) {
        set_shape(&x->out[k], t->ndim, t->shape);
        for (int i = lead; i < t->ndim; i++)
            x->out[k].shape[i] = 1;
    }
    return TORSH_OK;
}

torsh_status_t torsh__shape_native_batch_norm(const torsh__infer_t *x)
{
    static const char *const names[] = {"input", "weight", "bias", "running_mean", "running_var"};
    const torsh__native_batch_norm_params_t *p = x->params;
    const torsh_tensor_t *t = x->in[0];
    if (t->ndim < 2)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "batch_norm: the input must have at least 2 dimensions, but it has %d", t->ndim);
    if (!x->in[3] != !x->in[4])
        return torsh__fail(TORSH_ERR_VALUE,
                           "running_mean and running_var must either both be None or neither be None");
    for (int k = 1; k < 5; k++)
        if (x->in[k] && (x->in[k]->ndim != 1 || x->in[k]->shape[0] != t->shape[1]))
            return torsh__fail(TORSH_ERR_SHAPE, "%s should contain %" PRId64 " elements not %" PRId64,
                               names[k], t->shape[1], x->in[k]->n);
    if (!p->training && (!x->in[3] || !x->in[4]))
        return torsh__fail(TORSH_ERR_VALUE,
                           "Expected running_mean and running_var to be defined when training=False");
    if (p->training && t->n == t->shape[1])
        return torsh__fail(
            TORSH_ERR_VALUE,
            "Expected more than 1 value per channel when training, got input size with %" PRId64 " channels",
            t->shape[1]);
    set_shape(&x->out[0], t->ndim, t->shape);
    for (int k = 1; k < 3; k++) {
        x->out[k].ndim = 1;
        x->out[k].shape[0] = p->training ? t->shape[1] : 0;
    }
    return TORSH_OK;
}

/* ---- losses ---- */

static torsh_status_t nll_operands(const torsh_tensor_t *self, const torsh_tensor_t *target,
                                   const torsh_tensor_t *weight, int64_t reduction)
{
    char a[256], b[256];
    if (reduction < 0 || reduction > 2)
        return torsh__fail(TORSH_ERR_VALUE, "nll_loss: %" PRId64 " is not a valid value for reduction",
                           reduction);
    if (self->ndim != 1 && self->ndim != 2)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "nll_loss: input tensor should be 1D or 2D, but it has %d dimensions", self->ndim);
    if (self->ndim == 2 && target->ndim == 1 && target->shape[0] != self->shape[0])
        return torsh__fail(TORSH_ERR_VALUE,
                           "Expected input batch_size (%" PRId64 ") to match target batch_size (%" PRId64
                           "). (nll_loss)",
                           self->shape[0], target->shape[0]);
    if (target->ndim != self->ndim - 1 || (self->ndim == 2 && target->shape[0] != self->shape[0]))
        return torsh__fail(TORSH_ERR_SHAPE, "size mismatch (got input: %s, target: %s) (nll_loss)",
                           torsh__shape_text(self->ndim, self->shape, a, sizeof a),
                           torsh__shape_text(target->ndim, target->shape, b, sizeof b));
    int64_t classes = self->shape[self->ndim - 1];
    if (weight && (weight->ndim != 1 || weight->shape[0] != classes))
        return torsh__fail(TORSH_ERR_SHAPE,
                           "weight tensor should be defined either for all %" PRId64
                           " classes or no classes but got weight tensor of shape: %s",
                           classes, torsh__shape_text(weight->ndim, weight->shape, a, sizeof a));
    return TORSH_OK;
}

torsh_status_t torsh__shape_nll_loss_forward(const torsh__infer_t *x)
{
    const torsh__nll_loss_forward_params_t *p = x->params;
    TRY(nll_operands(x->in[0], x->in[1], x->in[2], p->reduction));
    x->out[0].ndim = 0;
    if (p->reduction == 0 && x->in[0]->ndim == 2) {
        x->out[0].ndim = 1;
        x->out[0].shape[0] = x->in[0]->shape[0];
    }
    x->out[1].ndim = 0;
    return TORSH_OK;
}

torsh_status_t torsh__shape_nll_loss_backward(const torsh__infer_t *x)
{
    const torsh__nll_loss_backward_params_t *p = x->params;
    const torsh_tensor_t *grad = x->in[0], *self = x->in[1];
    char text[256];
    TRY(nll_operands(self, x->in[2], x->in[3], p->reduction));
    bool each = p->reduction == 0 && self->ndim == 2;
    if (each ? grad->ndim != 1 || grad->n != self->shape[0] : grad->n != 1)
        return torsh__fail(
            TORSH_ERR_SHAPE,
            "Expected a grad_output with %" PRId64 " elements, but got: %s (nll_loss_backward)",
            each ? self->shape[0] : 1, torsh__shape_text(grad->ndim, grad->shape, text, sizeof text));
    if (x->in[4]->n != 1)
        return torsh__fail(TORSH_ERR_SHAPE,
                           "expected total_weight to be a single element tensor, got: %s (nll_loss_backward)",
                           torsh__shape_text(x->in[4]->ndim, x->in[4]->shape, text, sizeof text));
    set_shape(x->out, self->ndim, self->shape);
    return TORSH_OK;
}
