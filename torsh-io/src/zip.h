/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Zip archives: what PKWARE's APPNOTE calls stored and deflated entries, and zip64. */
#ifndef TORSH_IO_ZIP_H
#define TORSH_IO_ZIP_H

#include "bytes.h"
#include "sink.h"
#include "source.h"

#define TORSH__ZIP_LOCAL 0x04034b50u
#define TORSH__ZIP_DESCRIPTOR 0x08074b50u
#define TORSH__ZIP_CENTRAL 0x02014b50u
#define TORSH__ZIP_END 0x06054b50u
#define TORSH__ZIP64_END 0x06064b50u
#define TORSH__ZIP64_LOCATOR 0x07064b50u

typedef struct torsh__zip_entry {
    const char *name; /* in the archive's copy of its directory; no NUL behind it */
    uint16_t name_bytes, method;
    uint32_t crc;
    int64_t packed, bytes; /* in the file, unpacked */
    int64_t header;        /* position of the local header */
} torsh__zip_entry_t;

typedef struct torsh__zip {
    const torsh__source_t *source;
    uint8_t *directory;
    torsh__zip_entry_t *entries; /* by name */
    int64_t n, directory_at;
    const char *root; /* of the first entry in the file: its name up to the slash */
    int root_bytes;
} torsh__zip_t;

/* Reads and checks the directory; no name stands twice, and all entries together are no longer than the file.
 */
torsh_status_t torsh__zip_open(torsh__zip_t *zip, const torsh__source_t *source);
void torsh__zip_close(torsh__zip_t *zip);
/* The entry root/name, or NULL. */
const torsh__zip_entry_t *torsh__zip_find(const torsh__zip_t *zip, const char *name, size_t name_bytes);
/* All of entry->bytes, with its checksum checked; an error names the entry. */
torsh_status_t torsh__zip_read(const torsh__zip_t *zip, const torsh__zip_entry_t *entry, void *to);

typedef struct torsh__zip_writer {
    torsh__sink_t *sink;
    torsh__bytes_t directory;
    int64_t n;
} torsh__zip_writer_t;

/* Adds a stored entry whose data begins at a multiple of 64 bytes, laid out as PyTorch does. */
torsh_status_t torsh__zip_add(torsh__zip_writer_t *w, const char *name, const void *data, int64_t bytes);
/* Writes the directory. The writer is freed by torsh__zip_writer_free. */
torsh_status_t torsh__zip_finish(torsh__zip_writer_t *w);
void torsh__zip_writer_free(torsh__zip_writer_t *w);

#endif
