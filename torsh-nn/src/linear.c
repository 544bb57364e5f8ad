/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Linear and Embedding. */
#include <torsh/ops.h>

#include "module.h"

static torsh_status_t linear_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    return torsh__output(torsh_linear(input, torsh__tensor_at(m, 0), torsh__tensor_at(m, 1)), output);
}

static torsh_status_t linear(int64_t in_features, int64_t out_features, bool bias, torsh_module_t **m)
{
    static const torsh__class_t class = {"Linear", 1, linear_forward, NULL};
    torsh_tensor_t *w, *b = NULL;
    TRY(torsh__module_new(&class, sizeof **m, m));
    TRY(torsh__add_parameter(*m, "weight", 2, (const int64_t[]){out_features, in_features}, &w));
    TRY(torsh__add_parameter(*m, "bias", bias ? 1 : -1, &out_features, &b));
    return torsh__init_linear(w, b, NULL);
}

torsh_module_t *torsh_linear_new_with_error(int64_t in_features, int64_t out_features, int bias,
                                            torsh_error_t **error)
{
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    torsh_status_t status = linear(in_features, out_features, bias, &m);
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_linear_new(int64_t in_features, int64_t out_features, int bias)
{
    return torsh_linear_new_with_error(in_features, out_features, bias, NULL);
}

/* ---- Embedding ---- */

typedef struct embedding {
    torsh_module_t m;
    int64_t padding_idx; /* -1: none */
} embedding_t;

static torsh_status_t embedding_forward(torsh_module_t *m, const torsh_tensor_t *input,
                                        torsh_tensor_t **output)
{
    const int64_t padding_idx = ((embedding_t *)m)->padding_idx;
    return torsh__output(torsh_embedding_with_error(torsh__tensor_at(m, 0), input, padding_idx, 0, 0, NULL),
                         output);
}

/* Row i of a table, as PyTorch makes it: all normal, then this one 0. */
static torsh_status_t clear_row(const torsh_tensor_t *table, int64_t i)
{
    torsh_tensor_t *row;
    TRY(torsh__tensor_alias(table, 1, table->shape + 1, table->strides + 1,
                            table->offset + i * table->strides[0], &row));
    torsh_status_t status = torsh__init_constant(row, 0);
    torsh__release(row);
    return status;
}

static torsh_status_t embedding(int64_t n, int64_t dim, const int64_t *padding_idx, torsh_module_t **m)
{
    static const torsh__class_t class = {"Embedding", 1, embedding_forward, NULL};
    torsh_tensor_t *w;
    if (padding_idx && (*padding_idx >= n || *padding_idx < -n))
        return torsh__fail(TORSH_ERR_VALUE, "Padding_idx must be within num_embeddings");
    TRY(torsh__module_new(&class, sizeof(embedding_t), m));
    int64_t *padding = &((embedding_t *)*m)->padding_idx;
    *padding = padding_idx ? *padding_idx + (*padding_idx < 0 ? n : 0) : -1;
    TRY(torsh__add_parameter(*m, "weight", 2, (const int64_t[]){n, dim}, &w));
    TRY(torsh__init_normal(w, 0, 1, NULL));
    return *padding >= 0 ? clear_row(w, *padding) : TORSH_OK;
}

torsh_module_t *torsh_embedding_new_with_error(int64_t num_embeddings, int64_t embedding_dim,
                                               const int64_t *padding_idx, torsh_error_t **error)
{
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    torsh_status_t status = embedding(num_embeddings, embedding_dim, padding_idx, &m);
    return torsh__module_made(status, m, error);
}

torsh_module_t *torsh_embedding_new(int64_t num_embeddings, int64_t embedding_dim)
{
    return torsh_embedding_new_with_error(num_embeddings, embedding_dim, NULL, NULL);
}
