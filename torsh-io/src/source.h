/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where bytes are read from: a file, or memory of the caller's. */
#ifndef TORSH_IO_SOURCE_H
#define TORSH_IO_SOURCE_H

#include <torsh/impl/core.h>

/* A file is read by pread, not mapped: one that shrinks meanwhile is an error then and not a SIGBUS. */
typedef struct torsh__source {
    const uint8_t *data; /* memory, or */
    int fd;              /* a file */
    int64_t bytes;
} torsh__source_t;

/* Regular files only. */
torsh_status_t torsh__source_open(torsh__source_t *s, const char *path);
torsh_status_t torsh__source_memory(torsh__source_t *s, const void *data, size_t bytes);
void torsh__source_close(torsh__source_t *s);
/* Exactly those bytes; an IO error with the position if the source does not have them. */
torsh_status_t torsh__source_read(const torsh__source_t *s, int64_t offset, void *to, int64_t bytes);

#endif
