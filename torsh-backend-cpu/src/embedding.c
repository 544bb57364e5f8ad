/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* embedding: rows of a table. */
#include "kernels.h"

#include <torsh/ops/nn_params.h>

#include "select.h"

static torsh_status_t embedding(const torsh_call_t *call)
{
    const torsh_view_t *weight = &call->in[0], *index = &call->in[1];
    const int64_t *at = (const int64_t *)cpu_at(index);
    if (torsh__cpu_index_outside(at, index->n, 0, weight->shape[0]) >= 0)
        return torsh__cpu_host->fail(TORSH_ERR_INDEX, "index out of range in self");
    torsh__cpu_rows_t rows = {cpu_at(weight), cpu_at(&call->out[0]),   at, 1, weight->shape[0],
                              index->n,       cpu_bytes(weight->dtype)};
    for (int32_t d = 1; d < weight->ndim; d++)
        rows.row_bytes *= weight->shape[d];
    torsh__cpu_copy_rows(&rows);
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {CPU_ALL(TORSH_OP_EMBEDDING, 0, embedding)};
CPU_LIST(embedding);
