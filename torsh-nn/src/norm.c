/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Batch and layer normalisation. */
#include <inttypes.h>
#include <string.h>

#include <torsh/impl/ops.h>
#include <torsh/ops.h>

#include "module.h"

/* ---- BatchNorm ---- */

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, N_BATCHES };

typedef struct batch_norm {
    torsh_module_t m;
    double eps, momentum;
    bool cumulative; /* running statistics are averages over all batches */
    int dims;        /* of the images: 1 or 2 */
} batch_norm_t;

static torsh_status_t check_input(const batch_norm_t *b, const torsh_tensor_t *x, bool batch)
{
    char text[256];
    if (b->dims == 1 && x->ndim != 2 && x->ndim != 3)
        return torsh__fail(TORSH_ERR_VALUE, "expected 2D or 3D input (got %dD input)", x->ndim);
    if (b->dims == 2 && x->ndim != 4)
        return torsh__fail(TORSH_ERR_VALUE, "expected 4D input (got %dD input)", x->ndim);
    if (batch && x->shape[1] > 0 && x->n == x->shape[1])
        return torsh__fail(
            TORSH_ERR_VALUE,
            "Expected more than 1 value per channel when training, got input size torch.Size(%s)",
            torsh__shape_text(x->ndim, x->shape, text, sizeof text));
    return TORSH_OK;
}

/* Counts the batch; what share of the running statistics it becomes. */
static torsh_status_t count_batch(const batch_norm_t *b, double *share)
{
    torsh_tensor_t *n = torsh__tensor_at(&b->m, N_BATCHES);
    torsh_scalar_t batches;
    torsh__scope_t s;
    torsh__scope_open(&s);
    op_add_scalar_(&s, n, torsh_scalar_i(1), torsh_scalar_i(1));
    torsh_status_t status = s.status;
    torsh__scope_close(&s);
    TRY(status);
    if (b->cumulative) {
        TRY(torsh_tensor_item(n, &batches));
        *share = 1 / torsh__scalar_double(batches);
    }
    return TORSH_OK;
}

static torsh_status_t batch_norm_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                         torsh_tensor_t **output)
{
    const batch_norm_t *b = (batch_norm_t *)m;
    const torsh_tensor_t *mean = torsh__tensor_at(m, RUNNING_MEAN), *var = torsh__tensor_at(m, RUNNING_VAR);
    const bool batch = m->training || !mean; /* normalise by the batch itself */
    double share = b->cumulative ? 0 : b->momentum;
    TRY(check_input(b, input, batch));
    if (m->training && mean)
        TRY(count_batch(b, &share));
    return torsh__output(torsh_batch_norm_with_error(input, torsh__tensor_at(m, WEIGHT),
                                                     torsh__tensor_at(m, BIAS), mean, var, batch, share,
                                                     b->eps, 1, NULL),
                         output);
}

/* A parameter or buffer of `value`s. */
static torsh_status_t add_filled(torsh_module_t *m, const char *name, bool parameter, int ndim,
                                 const int64_t *shape, double value)
{
    torsh_tensor_t *t = NULL;
    TRY(parameter ? torsh__add_parameter(m, name, ndim, shape, &t)
                  : torsh__add_buffer(m, name, torsh_get_default_dtype(), ndim, shape, &t));
    return t ? torsh__init_constant(t, value) : TORSH_OK;
}

static torsh_status_t batch_norm(torsh_module_t *m, int64_t n, bool affine, bool track)
{
    torsh_tensor_t *batches = NULL;
    TRY(add_filled(m, "weight", true, affine ? 1 : -1, &n, 1));
    TRY(add_filled(m, "bias", true, affine ? 1 : -1, &n, 0));
    TRY(add_filled(m, "running_mean", false, track ? 1 : -1, &n, 0));
    TRY(add_filled(m, "running_var", false, track ? 1 : -1, &n, 1));
    TRY(torsh__add_buffer(m, "num_batches_tracked", TORSH_I64, track ? 0 : -1, NULL, &batches));
    return batches ? torsh__init_constant(batches, 0) : TORSH_OK;
}

torsh_module_t *torsh_batch_norm_new_with_error(int dims, int64_t num_features, double eps,
                                                const double *momentum, int affine, int track_running_stats,
                                                torsh_error_t **error)
{
    static const torsh__class_t class1 = {"BatchNorm1d", 2, batch_norm_forward, NULL};
    static const torsh__class_t class2 = {"BatchNorm2d", 2, batch_norm_forward, NULL};
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    torsh_status_t status = dims == 1 || dims == 2
                                ? torsh__module_new(dims == 1 ? &class1 : &class2, sizeof(batch_norm_t), &m)
                                : torsh__fail(TORSH_ERR_VALUE, "batch_norm: dims is %d, not 1 or 2", dims);
    if (status == TORSH_OK) {
        batch_norm_t *b = (batch_norm_t *)m;
        b->eps = eps;
        b->momentum = momentum ? *momentum : 0;
        b->cumulative = !momentum;
        b->dims = dims;
        status = batch_norm(m, num_features, affine, track_running_stats);
    }
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_batch_norm1d_new(int64_t num_features)
{
    return torsh_batch_norm_new_with_error(1, num_features, 1e-5, &(const double){0.1}, 1, 1, NULL);
}

torsh_module_t *torsh_batch_norm2d_new(int64_t num_features)
{
    return torsh_batch_norm_new_with_error(2, num_features, 1e-5, &(const double){0.1}, 1, 1, NULL);
}

/* ---- LayerNorm ---- */

typedef struct layer_norm {
    torsh_module_t m;
    double eps;
    int n;
    int64_t shape[TORSH_MAX_DIMS];
} layer_norm_t;

static torsh_status_t layer_norm_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                         torsh_tensor_t **output)
{
    const layer_norm_t *l = (layer_norm_t *)m;
    return torsh__output(torsh_layer_norm_with_error(input, l->shape, l->n, torsh__tensor_at(m, WEIGHT),
                                                     torsh__tensor_at(m, BIAS), l->eps, 1, NULL),
                         output);
}

static torsh_status_t layer_norm(const int64_t *shape, int n, double eps, bool affine, bool bias,
                                 torsh_module_t **m)
{
    static const torsh__class_t class = {"LayerNorm", 1, layer_norm_forward, NULL};
    if (!shape)
        return torsh__fail(TORSH_ERR_NULL, "layer_norm: normalized_shape is NULL");
    if (n < 1 || n > TORSH_MAX_DIMS)
        return torsh__fail(TORSH_ERR_VALUE, "layer_norm: normalized_shape has %d sizes; 1 to %d are possible",
                           n, TORSH_MAX_DIMS);
    TRY(torsh__module_new(&class, sizeof(layer_norm_t), m));
    layer_norm_t *l = (layer_norm_t *)*m;
    l->eps = eps;
    l->n = n;
    memcpy(l->shape, shape, (size_t)n * sizeof *shape);
    TRY(add_filled(*m, "weight", true, affine ? n : -1, shape, 1));
    return add_filled(*m, "bias", true, affine && bias ? n : -1, shape, 0);
}

torsh_module_t *torsh_layer_norm_new_with_error(const int64_t *normalized_shape, int n, double eps,
                                                int elementwise_affine, int bias, torsh_error_t **error)
{
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    torsh_status_t status = layer_norm(normalized_shape, n, eps, elementwise_affine, bias, &m);
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_layer_norm_new(const int64_t *normalized_shape, int n)
{
    return torsh_layer_norm_new_with_error(normalized_shape, n, 1e-5, 1, 1, NULL);
}
