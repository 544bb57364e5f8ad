/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Modules without parameters that are one operator each. */
#include <string.h>

#include <torsh/ops.h>

#include "module.h"

/* The numbers of the operator's call; each class uses what it needs. */
typedef struct plain {
    torsh_module_t m;
    double x;
    int64_t a, b;
    const char *text;
} plain_t;

static torsh_module_t *plain_new(const torsh__class_t *class, plain_t how)
{
    torsh_module_t *m = NULL;
    torsh_status_t status = torsh__module_new(class, sizeof(plain_t), &m);
    if (status == TORSH_OK) {
        how.m = *m;
        *(plain_t *)m = how;
    }
    return torsh__module_made(status, m, NULL);
}

static torsh_status_t relu_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    (void)m;
    return torsh__output(torsh_relu(input), output);
}

torsh_module_t *torsh_relu_new(void)
{
    static const torsh__class_t class = {"ReLU", 1, relu_forward, NULL};
    return plain_new(&class, (plain_t){0});
}

static torsh_status_t sigmoid_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    (void)m;
    return torsh__output(torsh_sigmoid(input), output);
}

torsh_module_t *torsh_sigmoid_new(void)
{
    static const torsh__class_t class = {"Sigmoid", 1, sigmoid_forward, NULL};
    return plain_new(&class, (plain_t){0});
}

static torsh_status_t tanh_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    (void)m;
    return torsh__output(torsh_tanh(input), output);
}

torsh_module_t *torsh_tanh_new(void)
{
    static const torsh__class_t class = {"Tanh", 1, tanh_forward, NULL};
    return plain_new(&class, (plain_t){0});
}

static torsh_status_t silu_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    (void)m;
    return torsh__output(torsh_silu(input), output);
}

torsh_module_t *torsh_silu_new(void)
{
    static const torsh__class_t class = {"SiLU", 1, silu_forward, NULL};
    return plain_new(&class, (plain_t){0});
}

static torsh_status_t gelu_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    return torsh__output(torsh_gelu_with_error(input, ((plain_t *)m)->text, NULL), output);
}

torsh_module_t *torsh_gelu_new_with_error(const char *approximate, torsh_error_t **error)
{
    static const torsh__class_t class = {"GELU", 1, gelu_forward, NULL};
    static const char *const choices[] = {"none", "tanh"}; /* kept: the argument need not live on */
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    int i = !approximate || strcmp(approximate, "none") == 0 ? 0 : strcmp(approximate, "tanh") == 0 ? 1 : 2;
    if (i == 2)
        torsh__fail(TORSH_ERR_VALUE, "approximate argument must be either none or tanh, but it is '%s'",
                    approximate);
    else
        m = plain_new(&class, (plain_t){.text = choices[i]});
    if (!m && error)
        torsh__error_give(error);
    return m;
}

torsh_module_t *torsh_gelu_new(void)
{
    return torsh_gelu_new_with_error(NULL, NULL);
}

static torsh_status_t leaky_relu_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                         torsh_tensor_t **output)
{
    return torsh__output(torsh_leaky_relu_with_error(input, torsh_scalar_f(((plain_t *)m)->x), NULL), output);
}

torsh_module_t *torsh_leaky_relu_new(double negative_slope)
{
    static const torsh__class_t class = {"LeakyReLU", 1, leaky_relu_forward, NULL};
    return plain_new(&class, (plain_t){.x = negative_slope});
}

static torsh_status_t softmax_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    return torsh__output(torsh_softmax(input, ((plain_t *)m)->a), output);
}

torsh_module_t *torsh_softmax_new(int64_t dim)
{
    static const torsh__class_t class = {"Softmax", 1, softmax_forward, NULL};
    return plain_new(&class, (plain_t){.a = dim});
}

static torsh_status_t flatten_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    const plain_t *p = (plain_t *)m;
    return torsh__output(torsh_flatten_with_error(input, p->a, p->b, NULL), output);
}

torsh_module_t *torsh_flatten_new_with_error(int64_t start_dim, int64_t end_dim, torsh_error_t **error)
{
    static const torsh__class_t class = {"Flatten", 1, flatten_forward, NULL};
    if (error && *error)
        return NULL;
    torsh_module_t *m = plain_new(&class, (plain_t){.a = start_dim, .b = end_dim});
    if (!m && error)
        torsh__error_give(error);
    return m;
}

torsh_module_t *torsh_flatten_new(void)
{
    return torsh_flatten_new_with_error(1, -1, NULL);
}

static torsh_status_t dropout_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    return torsh__output(torsh_dropout(input, ((plain_t *)m)->x, m->training), output);
}

torsh_module_t *torsh_dropout_new(double p)
{
    static const torsh__class_t class = {"Dropout", 1, dropout_forward, NULL};
    if (!(p >= 0 && p <= 1)) {
        torsh__fail(TORSH_ERR_VALUE, "dropout probability has to be between 0 and 1, but got %.17g", p);
        return NULL;
    }
    return plain_new(&class, (plain_t){.x = p});
}
