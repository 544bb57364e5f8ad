/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The public calls: which format, which file, whose error. */
#include <torsh/io.h>

#include <string.h>

#include "safetensors.h"
#include "sink.h"
#include "source.h"
#include "torch.h"
#include "value.h"

/* ---- errors ---- */

/* An unread error of before is put aside, so that ours can be told from it. */
static bool begin(torsh_error_t **error, torsh_error_t **earlier)
{
    if (error && *error)
        return false;
    *earlier = torsh_error_take();
    return true;
}

/* Ours goes to the caller; where he wants none, the earlier one stays as the unread one. */
static void end(torsh_error_t **error, torsh_error_t *earlier)
{
    torsh__error_give(error);
    if (earlier) {
        torsh_clear_error();
        torsh__error_set(earlier);
    }
}

/* ---- reading ---- */

static bool starts(const uint8_t *head, int64_t n, const char *with, int64_t bytes)
{
    return n >= bytes && memcmp(head, with, (size_t)bytes) == 0;
}

/* safetensors has no magic number: its ninth byte is the header's '{', which no zip archive of ours can have
 * there. */
static torsh_status_t read_any(const torsh__source_t *source, torsh_value_t **out)
{
    uint8_t head[16] = {0};
    int64_t n = source->bytes < 16 ? source->bytes : 16;
    TRY(torsh__source_read(source, 0, head, n));
    if (n == 0)
        return torsh__fail(TORSH_ERR_IO, "is empty");
    if (n > 8 && head[8] == '{')
        return torsh__safetensors_read(source, out);
    if (starts(head, n, "PK\3\4", 4) || starts(head, n, "PK\5\6", 4))
        return torsh__torch_read(source, out);
    /* PROTO 2, LONG1 of 10 bytes: the magic number of the format before zip */
    if (starts(head, n, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14))
        return torsh__fail(TORSH_ERR_IO,
                           "is in torch.save's format from before PyTorch 1.6, which is not read; load "
                           "it in PyTorch and save it again");
    if (head[0] == 0x80 && n > 1 && head[1] <= 5)
        return torsh__fail(TORSH_ERR_IO, "is a bare pickle; only what torch.save wrote is loaded");
    return torsh__fail(TORSH_ERR_IO, "is neither a file of torch.save (a zip archive) nor safetensors");
}

static torsh_status_t read_path(const char *path, torsh_value_t **out)
{
    torsh__source_t source = {.fd = -1};
    if (!path)
        return torsh__fail(TORSH_ERR_NULL, "load: path is NULL");
    torsh_status_t status = torsh__source_open(&source, path);
    if (status == TORSH_OK)
        status = read_any(&source, out);
    torsh__source_close(&source);
    if (status != TORSH_OK)
        torsh__error_prefix("%s: ", path);
    return status;
}

static torsh_status_t read_buffer(const void *data, size_t bytes, torsh_value_t **out)
{
    torsh__source_t source;
    torsh_status_t status = torsh__source_memory(&source, data, bytes);
    if (status == TORSH_OK)
        status = read_any(&source, out);
    if (status != TORSH_OK)
        torsh__error_prefix("buffer: ");
    return status;
}

torsh_value_t *torsh_value_load(const char *path, torsh_error_t **error)
{
    torsh_error_t *earlier;
    torsh_value_t *value = NULL;
    if (!begin(error, &earlier))
        return NULL;
    (void)read_path(path, &value);
    end(error, earlier);
    return value;
}

torsh_value_t *torsh_value_load_buffer(const void *data, size_t bytes, torsh_error_t **error)
{
    torsh_error_t *earlier;
    torsh_value_t *value = NULL;
    if (!begin(error, &earlier))
        return NULL;
    (void)read_buffer(data, bytes, &value);
    end(error, earlier);
    return value;
}

/* Makes a state of what was read, if it is one; takes the value over. */
static torsh_state_t *to_state(torsh_value_t *value, const char *name)
{
    torsh_state_t *state = value ? torsh_state_from_value(value, NULL) : NULL;
    if (value && !state)
        torsh__error_prefix("%s: ", name);
    torsh_value_release(value);
    return state;
}

torsh_state_t *torsh_load(const char *path, torsh_error_t **error)
{
    torsh_error_t *earlier;
    torsh_value_t *value = NULL;
    if (!begin(error, &earlier))
        return NULL;
    (void)read_path(path, &value);
    torsh_state_t *state = to_state(value, path);
    end(error, earlier);
    return state;
}

torsh_state_t *torsh_load_buffer(const void *data, size_t bytes, torsh_error_t **error)
{
    torsh_error_t *earlier;
    torsh_value_t *value = NULL;
    if (!begin(error, &earlier))
        return NULL;
    (void)read_buffer(data, bytes, &value);
    torsh_state_t *state = to_state(value, "buffer");
    end(error, earlier);
    return state;
}

/* ---- writing ---- */

typedef torsh_status_t write_fn(const torsh_value_t *value, torsh__sink_t *sink);

static torsh_status_t write_state_safetensors(const torsh_value_t *value, torsh__sink_t *sink)
{
    TRY(torsh__state_check(value));
    return torsh__safetensors_write(value, sink);
}

static torsh_status_t save(write_fn *write, const torsh_value_t *value, const char *path,
                           torsh_error_t **error)
{
    torsh_error_t *earlier;
    if (!begin(error, &earlier))
        return torsh_error_status(*error);
    torsh__sink_t sink = {.fd = -1};
    torsh_status_t status = value && path
                                ? torsh__sink_open(&sink, path)
                                : torsh__fail(TORSH_ERR_NULL, "save: %s is NULL", path ? "value" : "path");
    if (status == TORSH_OK)
        status = write(value, &sink);
    if (status == TORSH_OK)
        status = torsh__sink_commit(&sink);
    torsh__sink_close(&sink);
    if (status != TORSH_OK && path)
        torsh__error_prefix("%s: ", path);
    end(error, earlier);
    return status;
}

static torsh_status_t save_buffer(write_fn *write, const torsh_value_t *value, void **data, size_t *bytes,
                                  torsh_error_t **error)
{
    torsh_error_t *earlier;
    if (!begin(error, &earlier))
        return torsh_error_status(*error);
    torsh__sink_t sink;
    torsh__sink_memory(&sink);
    torsh_status_t status = value && data && bytes ? write(value, &sink)
                                                   : torsh__fail(TORSH_ERR_NULL, "save_buffer: %s is NULL",
                                                                 !value  ? "value"
                                                                 : !data ? "data"
                                                                         : "bytes");
    if (status == TORSH_OK) {
        *data = sink.held.data;
        *bytes = sink.held.n;
        sink.held = (torsh__bytes_t){0};
    }
    torsh__sink_close(&sink);
    end(error, earlier);
    return status;
}

torsh_status_t torsh_value_save(const torsh_value_t *value, const char *path, torsh_error_t **error)
{
    return save(torsh__torch_write, value, path, error);
}

torsh_status_t torsh_value_save_buffer(const torsh_value_t *value, void **data, size_t *bytes,
                                       torsh_error_t **error)
{
    return save_buffer(torsh__torch_write, value, data, bytes, error);
}

torsh_status_t torsh_save(const torsh_state_t *state, const char *path, torsh_error_t **error)
{
    return save(torsh__torch_write, torsh_state_value(state), path, error);
}

torsh_status_t torsh_save_buffer(const torsh_state_t *state, void **data, size_t *bytes,
                                 torsh_error_t **error)
{
    return save_buffer(torsh__torch_write, torsh_state_value(state), data, bytes, error);
}

torsh_status_t torsh_save_safetensors(const torsh_state_t *state, const char *path, torsh_error_t **error)
{
    return save(write_state_safetensors, torsh_state_value(state), path, error);
}

torsh_status_t torsh_save_safetensors_buffer(const torsh_state_t *state, void **data, size_t *bytes,
                                             torsh_error_t **error)
{
    return save_buffer(write_state_safetensors, torsh_state_value(state), data, bytes, error);
}
