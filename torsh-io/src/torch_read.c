/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "torch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <torsh/impl/tensor.h>

#include "pickle.h"
#include "zip.h"

/* Memory for values: 2 bytes of pickle can make an item of a list, which takes about 200. */
#define BUDGET_BASE (64 << 20)
#define BUDGET_PER_BYTE 256
#define MAX_VERSION 10 /* of the format, as PyTorch 2.13 reads */

/* A short entry as text; "" if there is none. */
static torsh_status_t read_text(const torsh__zip_t *zip, const char *name, char *text, int64_t text_bytes)
{
    const torsh__zip_entry_t *e = torsh__zip_find(zip, name, strlen(name));
    text[0] = 0;
    if (!e)
        return TORSH_OK;
    if (e->bytes >= text_bytes)
        return torsh__fail(TORSH_ERR_IO, "its entry '%s' has %" PRId64 " bytes", name, e->bytes);
    TRY(torsh__zip_read(zip, e, text));
    text[e->bytes] = 0;
    return TORSH_OK;
}

static torsh_status_t check_format(const torsh__zip_t *zip)
{
    char text[32], *end;
    if (!torsh__zip_find(zip, "data.pkl", 8)) {
        if (torsh__zip_find(zip, "constants.pkl", 13))
            return torsh__fail(TORSH_ERR_IO,
                               "is a TorchScript archive; only what torch.save wrote is loaded");
        return torsh__fail(TORSH_ERR_IO, "is a zip archive, but not one of torch.save: it has no data.pkl");
    }
    if (torsh__zip_find(zip, "constants.pkl", 13))
        return torsh__fail(TORSH_ERR_IO, "is a TorchScript archive; only what torch.save wrote is loaded");
    TRY(read_text(zip, "byteorder", text, sizeof text));
    if (text[0] && strcmp(text, "little") != 0)
        return torsh__fail(TORSH_ERR_IO,
                           "was written on a big-endian machine; load it in PyTorch and save it again");
    TRY(read_text(zip, "version", text, sizeof text));
    long version = strtol(text, &end, 10);
    if (text[0] && (version < 1 || version > MAX_VERSION || (*end && *end != '\n')))
        return torsh__fail(TORSH_ERR_IO, "says that it is of version '%.*s'; versions 1 to %d are read",
                           (int)strcspn(text, "\n"), text, MAX_VERSION);
    return TORSH_OK;
}

static torsh_status_t read_storage(void *ctx, const char *key, size_t key_bytes, int64_t bytes,
                                   torsh_tensor_t **out)
{
    const torsh__zip_t *zip = ctx;
    char shown[TORSH__SHOWN_BYTES];
    torsh__bytes_t name = {0};
    torsh__bytes_add_text(&name, "data/");
    torsh__bytes_add(&name, key, key_bytes);
    TRY(name.status);
    const torsh__zip_entry_t *e = torsh__zip_find(zip, (const char *)name.data, name.n);
    torsh__bytes_free(&name);
    torsh__shown(key, key_bytes, shown);
    if (!e)
        return torsh__fail(TORSH_ERR_IO, "speaks of storage '%s', which the archive does not have", shown);
    /* a storage that is no whole number of elements is written with its odd bytes */
    if (e->bytes < bytes || e->bytes - bytes >= 16)
        return torsh__fail(TORSH_ERR_IO,
                           "says that storage '%s' has %" PRId64 " bytes, and the archive has %" PRId64,
                           shown, bytes, e->bytes);
    torsh_tensor_t *t;
    TRY(torsh__tensor_new(TORSH_U8, (torsh_device_t){TORSH_CPU, 0}, 1, &e->bytes, NULL, &t));
    uint8_t none; /* an empty tensor has no address, an empty entry is checked all the same */
    torsh_status_t status = torsh__zip_read(zip, e, e->bytes ? torsh_tensor_data_ptr(t) : &none);
    if (status != TORSH_OK) {
        torsh_tensor_release(t);
        return status;
    }
    *out = t;
    return TORSH_OK;
}

static torsh_status_t read_pickle(torsh__zip_t *zip, torsh_value_t **out)
{
    const torsh__zip_entry_t *e = torsh__zip_find(zip, "data.pkl", 8);
    int64_t bytes = zip->source->bytes, budget;
    if (__builtin_mul_overflow(bytes, BUDGET_PER_BYTE, &budget))
        budget = INT64_MAX - BUDGET_BASE;
    torsh__storage_reader_t reader = {.read = read_storage, .ctx = zip, .budget = budget + BUDGET_BASE};
    if (e->bytes > reader.budget)
        return torsh__fail(TORSH_ERR_IO,
                           "its data.pkl of %" PRId64 " bytes is longer than its file justifies", e->bytes);
    uint8_t *data = torsh__alloc((size_t)e->bytes);
    if (!data)
        return TORSH_ERR_MEMORY;
    torsh_status_t status = torsh__zip_read(zip, e, data);
    if (status == TORSH_OK) {
        status = torsh__pickle_read(data, (size_t)e->bytes, &reader, out);
        if (status != TORSH_OK)
            torsh__error_prefix("%.*sdata.pkl: ", zip->root_bytes > 100 ? 0 : zip->root_bytes, zip->root);
    }
    torsh__free(data);
    return status;
}

torsh_status_t torsh__torch_read(const torsh__source_t *source, torsh_value_t **out)
{
    torsh__zip_t zip;
    torsh_status_t status = torsh__zip_open(&zip, source);
    if (status == TORSH_OK)
        status = check_format(&zip);
    if (status == TORSH_OK)
        status = read_pickle(&zip, out);
    torsh__zip_close(&zip);
    return status;
}
