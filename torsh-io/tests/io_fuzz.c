/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A fuzz target: bytes as a file of either format, or (0x80 first) as the pickle of an archive, where no
 * checksum stands before the parser; what can be read must be written and read again. clang
 * -fsanitize=fuzzer,address,undefined; the tests call it too, on damaged files. */
#include <torsh/backend_cpu.h>
#include <torsh/impl/core.h>
#include <torsh/io.h>

#include "zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A number that depends on every byte of every tensor: a sanitizer sees each of them read. */
static uint32_t touch(const torsh_value_t *v, int depth)
{
    const torsh_tensor_t *t = torsh_value_tensor(v);
    uint32_t sum = 0;
    if (t) {
        int64_t last = 0, element = torsh_dtype_bytes(torsh_tensor_dtype(t));
        for (int d = 0; d < torsh_tensor_ndim(t); d++)
            last += (torsh_tensor_shape(t)[d] - 1) * torsh_tensor_strides(t)[d];
        const uint8_t *p = torsh_tensor_numel(t) ? torsh_tensor_data_ptr(t) : NULL;
        for (int64_t i = 0; p && i < element; i++)
            sum = 31 * sum + p[i] + p[last * element + i];
    }
    for (int64_t i = 0; depth < 8 && i < torsh_value_n(v) && i < 64; i++)
        sum = 31 * sum + touch(torsh_value_item(v, i), depth + 1);
    return sum;
}

/* An archive of that pickle and of storages 0 to 4 with 24, 8, 0, 4 and 12 bytes. */
static void wrap(const uint8_t *pickle, size_t bytes, torsh__sink_t *sink)
{
    static const uint8_t storage[24] = {1, 2, 3};
    torsh__zip_writer_t zip = {.sink = sink};
    torsh_status_t status = torsh__zip_add(&zip, "a/data.pkl", pickle, (int64_t)bytes);
    const struct {
        const char *name;
        int64_t bytes;
    } entries[] = {{"a/data/0", 24}, {"a/data/1", 8}, {"a/data/2", 0}, {"a/data/3", 4}, {"a/data/4", 12}};
    for (int i = 0; i < 5 && status == TORSH_OK; i++)
        status = torsh__zip_add(&zip, entries[i].name, storage, entries[i].bytes);
    if (status == TORSH_OK)
        status = torsh__zip_finish(&zip);
    TORSH_ASSERT(status == TORSH_OK);
    torsh__zip_writer_free(&zip);
}

static void try_file(const uint8_t *data, size_t bytes)
{
    torsh_error_t *error = NULL;
    torsh_value_t *value = torsh_value_load_buffer(data, bytes, &error), *again = NULL;
    TORSH_ASSERT((value == NULL) == (error != NULL));
    torsh_error_free(error);
    if (!value)
        return;
    volatile uint32_t sum = touch(value, 0);
    (void)sum;
    void *saved = NULL;
    size_t saved_bytes = 0;
    error = NULL;
    if (torsh_value_save_buffer(value, &saved, &saved_bytes, &error) == TORSH_OK) {
        again = torsh_value_load_buffer(saved, saved_bytes, &error);
        TORSH_ASSERT(again && torsh_value_kind(again) == torsh_value_kind(value));
        TORSH_ASSERT(touch(again, 0) == sum);
    }
    torsh_error_free(error);
    torsh_free(saved);
    error = NULL;
    torsh_state_t *state = torsh_state_from_value(value, &error);
    saved = NULL;
    if (state && torsh_save_safetensors_buffer(state, &saved, &saved_bytes, &error) == TORSH_OK)
        torsh_free(saved);
    torsh_error_free(error);
    torsh_state_free(state);
    torsh_value_free(again);
    torsh_value_free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static bool ready;
    if (!ready)
        ready = torsh__backend_cpu_register() == TORSH_OK;
    if (bytes == 0 || data[0] != 0x80) {
        try_file(data, bytes);
        return 0;
    }
    torsh__sink_t sink;
    torsh__sink_memory(&sink);
    wrap(data, bytes, &sink);
    try_file(sink.held.data, sink.held.n);
    torsh__sink_close(&sink);
    return 0;
}
