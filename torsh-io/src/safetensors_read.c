/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <torsh/impl/tensor.h>

#include "safetensors.h"
#include "value.h"

static int by_position(const void *a, const void *b)
{
    const torsh__safetensor_t *const *x = a, *const *y = b;
    int order = ((*x)->begin > (*y)->begin) - ((*x)->begin < (*y)->begin);
    return order ? order : ((*x)->end > (*y)->end) - ((*x)->end < (*y)->end);
}

/* The tensors cover the rest of the file: no gap, no overlap. So they take no more memory than the file. */
static torsh_status_t check_cover(const torsh__source_t *source, const torsh__safetensors_header_t *h)
{
    const torsh__safetensor_t *tensors = (const torsh__safetensor_t *)h->tensors.data;
    size_t n = h->tensors.n / sizeof *tensors;
    const torsh__safetensor_t **row = torsh__alloc((n + 1) * sizeof *row);
    if (!row)
        return TORSH_ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        row[i] = &tensors[i];
    qsort(row, n, sizeof *row, by_position);
    int64_t at = 0, room = source->bytes - h->data_at;
    torsh_status_t status = TORSH_OK;
    for (size_t i = 0; i < n && status == TORSH_OK; i++) {
        if (row[i]->begin != at)
            status =
                torsh__fail(TORSH_ERR_IO,
                            "the data_offsets leave a gap or overlap at %" PRId64 ": one starts at %" PRId64,
                            at, row[i]->begin);
        at = row[i]->end;
    }
    torsh__free(row);
    TRY(status);
    if (at > room)
        return torsh__fail(TORSH_ERR_IO,
                           "is truncated: its tensors have %" PRId64 " bytes, of which %" PRId64
                           " are there; the file ends at byte %" PRId64,
                           at, room, source->bytes);
    if (at < room)
        return torsh__fail(TORSH_ERR_IO, "byte %" PRId64 ": %" PRId64 " bytes follow the last tensor",
                           h->data_at + at, room - at);
    return TORSH_OK;
}

static torsh_status_t read_tensor(const torsh__source_t *source, const torsh__safetensors_header_t *h,
                                  int64_t i, torsh_value_t **out)
{
    const torsh__safetensor_t *s = (const torsh__safetensor_t *)h->tensors.data + i;
    const int64_t *shape = s->ndim ? (const int64_t *)h->shapes.data + s->shape_at : NULL;
    torsh_tensor_t *t = NULL;
    TRY(torsh__tensor_new(s->dtype, (torsh_device_t){TORSH_CPU, 0}, s->ndim, shape, NULL, &t));
    torsh_status_t status = TORSH_OK;
    if (s->end > s->begin)
        status =
            torsh__source_read(source, h->data_at + s->begin, torsh_tensor_data_ptr(t), s->end - s->begin);
    if (status == TORSH_OK) {
        *out = torsh_value_new_tensor(t, false, false);
        status = *out ? TORSH_OK : TORSH_ERR_MEMORY;
    }
    torsh_tensor_release(t);
    return status;
}

torsh_status_t torsh__safetensors_read(const torsh__source_t *source, torsh_value_t **out)
{
    torsh__safetensors_header_t h;
    torsh_status_t status;
    TRY_GOTO(done, torsh__safetensors_header_read(source, &h));
    TRY_GOTO(done, check_cover(source, &h));
    for (int64_t i = 0; i < torsh_value_n(h.dict); i++) {
        torsh_value_t **item = &h.dict->u.box.items.v[2 * i + 1], *tensor = NULL;
        TRY_GOTO(done, read_tensor(source, &h, i, &tensor));
        torsh_value_release(*item);
        *item = tensor;
    }
    *out = torsh_value_retain(h.dict);
done:
    torsh__safetensors_header_free(&h);
    return status;
}
