/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torch.nn.init: the same numbers from the same generator. */
#include <math.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "module.h"

/* Functions by address, so that a program links the operators of those it calls. */
typedef void (*draw_t)(torsh__scope_t *s, torsh_tensor_t *t, double a, double b,
                       torsh_generator_t *generator);

static void uniform(torsh__scope_t *s, torsh_tensor_t *t, double a, double b, torsh_generator_t *generator)
{
    op_uniform_(s, t, a, b, generator);
}

static void normal(torsh__scope_t *s, torsh_tensor_t *t, double a, double b, torsh_generator_t *generator)
{
    op_normal_(s, t, a, b, generator);
}

static void constant(torsh__scope_t *s, torsh_tensor_t *t, double a, double b, torsh_generator_t *generator)
{
    (void)b, (void)generator;
    op_fill_scalar_(s, t, torsh_scalar_f(a));
}

/* Parameters may be written here though they require grad: nothing is recorded. */
static torsh_status_t fill(torsh_tensor_t *t, draw_t draw, double a, double b, torsh_generator_t *generator)
{
    torsh__scope_t s;
    bool was = torsh__autograd && torsh__autograd->set_enabled(false);
    torsh__scope_open(&s);
    draw(&s, t, a, b, generator);
    torsh_status_t status = s.status;
    torsh__scope_close(&s);
    if (torsh__autograd)
        torsh__autograd->set_enabled(was);
    return status;
}

torsh_status_t torsh__init_constant(torsh_tensor_t *t, double value)
{
    return fill(t, constant, value, 0, NULL);
}

torsh_status_t torsh__init_normal(torsh_tensor_t *t, double mean, double std, torsh_generator_t *generator)
{
    return fill(t, normal, mean, std, generator);
}

/* ---- fans and gains ---- */

static torsh_status_t fans(const torsh_tensor_t *t, double *in, double *out)
{
    double field = 1;
    if (t->ndim < 2)
        return torsh__fail(TORSH_ERR_VALUE,
                           "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
    for (int d = 2; d < t->ndim; d++)
        field *= (double)t->shape[d];
    *in = (double)t->shape[1] * field;
    *out = (double)t->shape[0] * field;
    return TORSH_OK;
}

static torsh_status_t gain_of(const char *name, double a, double *gain)
{
    static const char *const linear[] = {"linear",           "conv1d",           "conv2d",
                                         "conv3d",           "conv_transpose1d", "conv_transpose2d",
                                         "conv_transpose3d", "sigmoid"};
    if (!name || strcmp(name, "leaky_relu") == 0) {
        *gain = sqrt(2.0 / (1 + a * a));
        return TORSH_OK;
    }
    for (size_t i = 0; i < sizeof linear / sizeof *linear; i++)
        if (strcmp(name, linear[i]) == 0) {
            *gain = 1;
            return TORSH_OK;
        }
    if (strcmp(name, "tanh") == 0)
        *gain = 5.0 / 3;
    else if (strcmp(name, "relu") == 0)
        *gain = sqrt(2.0);
    else if (strcmp(name, "selu") == 0)
        *gain = 3.0 / 4;
    else
        return torsh__fail(TORSH_ERR_VALUE, "Unsupported nonlinearity %s", name);
    return TORSH_OK;
}

double torsh_init_calculate_gain(const char *nonlinearity, double a, torsh_error_t **error)
{
    double gain = NAN;
    if (error && *error)
        return NAN;
    if (gain_of(nonlinearity, a, &gain) != TORSH_OK && error)
        torsh__error_give(error);
    return gain;
}

/* With the standard deviation std, around 0. */
static torsh_status_t spread(torsh_tensor_t *t, draw_t draw, double std, torsh_generator_t *generator)
{
    const double bound = sqrt(3.0) * std;
    return draw == uniform ? fill(t, draw, -bound, bound, generator) : fill(t, draw, 0, std, generator);
}

static torsh_status_t xavier(torsh_tensor_t *t, draw_t draw, double gain, torsh_generator_t *generator)
{
    double in, out;
    TRY(fans(t, &in, &out));
    return spread(t, draw, gain * sqrt(2.0 / (in + out)), generator);
}

static torsh_status_t kaiming(torsh_tensor_t *t, draw_t draw, double a, const char *mode,
                              const char *nonlinearity, torsh_generator_t *generator)
{
    double in, out, gain;
    const bool by_out = mode && strcmp(mode, "fan_out") == 0;
    if (t->n == 0)
        return TORSH_OK;
    if (mode && !by_out && strcmp(mode, "fan_in") != 0)
        return torsh__fail(TORSH_ERR_VALUE, "Mode %s not supported, please use one of ['fan_in', 'fan_out']",
                           mode);
    TRY(fans(t, &in, &out));
    TRY(gain_of(nonlinearity, a, &gain));
    return spread(t, draw, gain / sqrt(by_out ? out : in), generator);
}

/* reset_parameters() of torch.nn.Linear and Conv2d */
torsh_status_t torsh__init_linear(torsh_tensor_t *weight, torsh_tensor_t *bias, torsh_generator_t *generator)
{
    double in, out;
    TRY(kaiming(weight, uniform, sqrt(5.0), NULL, NULL, generator));
    if (!bias)
        return TORSH_OK;
    TRY(fans(weight, &in, &out));
    const double bound = in > 0 ? 1 / sqrt(in) : 0;
    return fill(bias, uniform, -bound, bound, generator);
}

/* ---- the ABI ---- */

static torsh_status_t refuse(const torsh_tensor_t *t, torsh_error_t **error)
{
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status = t ? TORSH_OK : torsh__nn_null("init", "t");
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}

static torsh_status_t leave(torsh_status_t status, torsh_error_t **error)
{
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}

torsh_status_t torsh_init_uniform_(torsh_tensor_t *t, double a, double b, torsh_generator_t *generator,
                                   torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(fill(t, uniform, a, b, generator), error);
}

torsh_status_t torsh_init_normal_(torsh_tensor_t *t, double mean, double std, torsh_generator_t *generator,
                                  torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(fill(t, normal, mean, std, generator), error);
}

torsh_status_t torsh_init_constant_(torsh_tensor_t *t, double value, torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(fill(t, constant, value, 0, NULL), error);
}

torsh_status_t torsh_init_xavier_uniform_(torsh_tensor_t *t, double gain, torsh_generator_t *generator,
                                          torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(xavier(t, uniform, gain, generator), error);
}

torsh_status_t torsh_init_xavier_normal_(torsh_tensor_t *t, double gain, torsh_generator_t *generator,
                                         torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(xavier(t, normal, gain, generator), error);
}

torsh_status_t torsh_init_kaiming_uniform_(torsh_tensor_t *t, double a, const char *mode,
                                           const char *nonlinearity, torsh_generator_t *generator,
                                           torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(kaiming(t, uniform, a, mode, nonlinearity, generator), error);
}

torsh_status_t torsh_init_kaiming_normal_(torsh_tensor_t *t, double a, const char *mode,
                                          const char *nonlinearity, torsh_generator_t *generator,
                                          torsh_error_t **error)
{
    TRY(refuse(t, error));
    return leave(kaiming(t, normal, a, mode, nonlinearity, generator), error);
}

torsh_status_t torsh_init_linear_(torsh_tensor_t *weight, torsh_tensor_t *bias, torsh_generator_t *generator,
                                  torsh_error_t **error)
{
    TRY(refuse(weight, error));
    return leave(torsh__init_linear(weight, bias, generator), error);
}
