/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pickles that hold data: what torch.save writes and torch.load(weights_only=True) reads. */
#ifndef TORSH_IO_PICKLE_H
#define TORSH_IO_PICKLE_H

#include "bytes.h"
#include "value.h"

/* ---- names that a pickle may use (pickle_globals.c) ---- */

typedef enum {
    TORSH__REBUILD_TENSOR_V2,
    TORSH__REBUILD_TENSOR_V3,
    TORSH__REBUILD_PARAMETER,
    TORSH__ORDERED_DICT,
    TORSH__COUNTER,
    TORSH__SIZE,
    TORSH__DEVICE,
    TORSH__COMPLEX,
    TORSH__ENCODE, /* _codecs.encode: how protocol 2 writes bytes */
    TORSH__BYTES,  /* bytes(), without arguments: how it writes none */
    TORSH__UNTYPED_STORAGE,
    TORSH__TYPED_STORAGE, /* of `dtype` */
    TORSH__DTYPE          /* `dtype` itself */
} torsh__meaning_t;

typedef struct torsh__global {
    const char *module, *name;
    torsh__meaning_t meaning;
    torsh_dtype_t dtype;
} torsh__global_t;

/* NULL: not one of them. */
const torsh__global_t *torsh__global_find(const char *module, size_t module_bytes, const char *name,
                                          size_t name_bytes);
/* The one that is written for a meaning; never NULL for those that exist. */
const torsh__global_t *torsh__global_of(torsh__meaning_t meaning, torsh_dtype_t dtype);

/* ---- reading ---- */

/* Where the storages of a pickle are: an entry of the archive, as a uint8 tensor of exactly those bytes. */
typedef struct torsh__storage_reader {
    torsh_status_t (*read)(void *ctx, const char *key, size_t key_bytes, int64_t bytes, torsh_tensor_t **out);
    void *ctx;
    int64_t budget; /* bytes that values may take in memory */
} torsh__storage_reader_t;

/* Errors name the byte, not the file. */
torsh_status_t torsh__pickle_read(const uint8_t *data, size_t bytes, const torsh__storage_reader_t *reader,
                                  torsh_value_t **out);

/* ---- writing ---- */

/* The storages that a pickle speaks of: number i is the archive's entry data/i. */
typedef struct torsh__stored {
    const torsh_tensor_t *tensor; /* one that lives in it; lent by the value */
    torsh_dtype_t dtype;          /* uint8: untyped */
} torsh__stored_t;

/* Appends to data and (rows of torsh__stored_t) to storages. */
torsh_status_t torsh__pickle_write(const torsh_value_t *value, torsh__bytes_t *data,
                                   torsh__bytes_t *storages);

#endif
