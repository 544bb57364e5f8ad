/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where bytes are written to: a file that appears when it is complete, or memory. */
#ifndef TORSH_IO_SINK_H
#define TORSH_IO_SINK_H

#include "bytes.h"

typedef struct torsh__sink {
    int fd;              /* -1: memory */
    char *target, *temp; /* temp NULL: written in place, as to a device */
    torsh__bytes_t held; /* memory: all; file: what waits to be written */
    int64_t position;    /* bytes so far */
} torsh__sink_t;

/* Opens a new file beside path (beside what it points to, if path is a symbolic link). */
torsh_status_t torsh__sink_open(torsh__sink_t *s, const char *path);
void torsh__sink_memory(torsh__sink_t *s);
torsh_status_t torsh__sink_write(torsh__sink_t *s, const void *data, int64_t bytes);
/* Brings the file to disk and gives it its name. */
torsh_status_t torsh__sink_commit(torsh__sink_t *s);
/* Frees all; a file that was not committed vanishes. */
void torsh__sink_close(torsh__sink_t *s);

#endif
