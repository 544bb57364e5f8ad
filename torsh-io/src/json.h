/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* As much of JSON as a safetensors header is made of, read strictly, without a tree and without recursion. */
#ifndef TORSH_IO_JSON_H
#define TORSH_IO_JSON_H

#include "bytes.h"

typedef struct torsh__json {
    const uint8_t *data;
    size_t n, at;
    int64_t origin; /* position in the file of data[0], for messages */
} torsh__json_t;

/* Skips white space; the next byte, or -1 at the end. */
int torsh__json_peek(torsh__json_t *j);
/* Skips white space and that character. */
torsh_status_t torsh__json_expect(torsh__json_t *j, char c);
/* For the items of an array or object that `close` ends: *more is whether one follows; *first says whether a
 * comma has to stand before it, starts as true and is kept up. */
torsh_status_t torsh__json_next(torsh__json_t *j, char close, bool *first, bool *more);
/* Appends the string that is next, as UTF-8. */
torsh_status_t torsh__json_string(torsh__json_t *j, torsh__bytes_t *out);
/* A whole number from 0 to 2^63-1, without sign, fraction or exponent. */
torsh_status_t torsh__json_int(torsh__json_t *j, int64_t *out);
/* An IO error at the present position. */
torsh_status_t torsh__json_fail(const torsh__json_t *j, const char *what);

/* Appends text in quotes. */
void torsh__json_quote(torsh__bytes_t *out, const char *text, size_t bytes);

#endif
