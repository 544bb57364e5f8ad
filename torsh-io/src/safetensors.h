/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* safetensors: 8 bytes with the header's length, a header in JSON, the tensors' bytes without gaps. */
#ifndef TORSH_IO_SAFETENSORS_H
#define TORSH_IO_SAFETENSORS_H

#include <torsh/io.h>

#include "sink.h"
#include "source.h"

#define TORSH__SAFETENSORS_MAX_HEADER 100000000
#define TORSH__SAFETENSORS_METADATA "__metadata__"

/* A tensor as the header describes it. */
typedef struct torsh__safetensor {
    torsh_dtype_t dtype;
    int ndim;
    size_t shape_at;    /* in header.shapes */
    int64_t begin, end; /* bytes from the end of the header */
} torsh__safetensor_t;

typedef struct torsh__safetensors_header {
    int64_t data_at;        /* where the header ends */
    torsh_value_t *dict;    /* ORDERED_DICT: name → INT, a row of tensors; __metadata__ is an attribute */
    torsh__bytes_t tensors; /* of torsh__safetensor_t */
    torsh__bytes_t shapes;  /* of int64_t */
} torsh__safetensors_header_t;

/* Reads the header and checks all that it says by itself. Freed also after a failure. */
torsh_status_t torsh__safetensors_header_read(const torsh__source_t *source, torsh__safetensors_header_t *h);
void torsh__safetensors_header_free(torsh__safetensors_header_t *h);

/* An ORDERED_DICT of tensors. */
torsh_status_t torsh__safetensors_read(const torsh__source_t *source, torsh_value_t **out);
/* dict: string keys and tensors only. */
torsh_status_t torsh__safetensors_write(const torsh_value_t *dict, torsh__sink_t *sink);

/* The format's name of a dtype, NULL if it has none; and back, TORSH_DTYPE_NONE. */
const char *torsh__safetensors_dtype_name(torsh_dtype_t dtype);
torsh_dtype_t torsh__safetensors_dtype(const char *name, size_t bytes);

#endif
