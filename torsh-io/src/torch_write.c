/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "torch.h"

#include <inttypes.h>
#include <stdio.h>
#include <torsh/impl/tensor.h>

#include "pickle.h"
#include "zip.h"

/* The whole of a tensor's storage, on the host: lent, or (*owned) copied from another device. */
static torsh_status_t host_bytes(const torsh_tensor_t *t, const void **data, void **owned)
{
    int64_t bytes = torsh_tensor_storage_bytes(t);
    torsh_device_t device = torsh_tensor_device(t);
    *owned = NULL;
    *data = t->storage->block.handle;
    if (device.kind == TORSH_CPU || bytes == 0)
        return TORSH_OK;
    const torsh_backend_t *backend = torsh__backend(device.kind);
    *owned = torsh__alloc((size_t)bytes);
    if (!*owned)
        return TORSH_ERR_MEMORY;
    *data = *owned;
    return backend->copy_to_host(backend->current_stream(device.index), *owned, t->storage->block.handle, 0,
                                 (size_t)bytes);
}

static torsh_status_t write_storage(torsh__zip_writer_t *zip, const torsh__stored_t *stored, int64_t number)
{
    char name[48];
    const void *data;
    void *owned;
    snprintf(name, sizeof name, "archive/data/%" PRId64, number);
    torsh_status_t status = host_bytes(stored->tensor, &data, &owned);
    if (status == TORSH_OK)
        status = torsh__zip_add(zip, name, data, torsh_tensor_storage_bytes(stored->tensor));
    torsh__free(owned);
    return status;
}

/* The entries in PyTorch's order. */
static torsh_status_t write_entries(torsh__zip_writer_t *zip, const torsh__bytes_t *pickle,
                                    const torsh__bytes_t *storages)
{
    const torsh__stored_t *stored = (const torsh__stored_t *)storages->data;
    TRY(torsh__zip_add(zip, "archive/data.pkl", pickle->data, (int64_t)pickle->n));
    TRY(torsh__zip_add(zip, "archive/.format_version", "1", 1));
    TRY(torsh__zip_add(zip, "archive/.storage_alignment", "64", 2));
    TRY(torsh__zip_add(zip, "archive/byteorder", "little", 6));
    for (size_t i = 0; i < storages->n / sizeof *stored; i++)
        TRY(write_storage(zip, &stored[i], (int64_t)i));
    TRY(torsh__zip_add(zip, "archive/version", "3\n", 2));
    return torsh__zip_finish(zip);
}

torsh_status_t torsh__torch_write(const torsh_value_t *value, torsh__sink_t *sink)
{
    torsh__bytes_t pickle = {0}, storages = {0};
    torsh__zip_writer_t zip = {.sink = sink};
    torsh_status_t status = torsh__pickle_write(value, &pickle, &storages);
    if (status == TORSH_OK)
        status = write_entries(&zip, &pickle, &storages);
    torsh__zip_writer_free(&zip);
    torsh__bytes_free(&storages);
    torsh__bytes_free(&pickle);
    return status;
}
