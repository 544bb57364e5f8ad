/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The layout is PyTorch's: sizes in descriptors behind the data, padding in an extra field "FB", an end in
 * zip64 form whatever the size. Readers that compute where a storage lies rely on it. */
#include <string.h>
#include <zlib.h>

#include "zip.h"

#define ALIGNMENT 64
#define SATURATED 0xffffffffu
#define UTF8_FLAG 0x800
#define DESCRIPTOR_FLAG 8

static uint32_t saturate(int64_t x)
{
    return x >= SATURATED ? SATURATED : (uint32_t)x;
}

/* The fields that a zip64 extra has: those whose 32 bits do not suffice, in this order. */
static void add_zip64_extra(torsh__bytes_t *b, int64_t bytes, int64_t at)
{
    uint16_t n = (uint16_t)((bytes >= SATURATED ? 16 : 0) + (at >= SATURATED ? 8 : 0));
    if (n == 0)
        return;
    torsh__bytes_add_u16(b, 1);
    torsh__bytes_add_u16(b, n);
    if (bytes >= SATURATED) {
        torsh__bytes_add_u64(b, (uint64_t)bytes);
        torsh__bytes_add_u64(b, (uint64_t)bytes);
    }
    if (at >= SATURATED)
        torsh__bytes_add_u64(b, (uint64_t)at);
}

static uint16_t zip64_extra_bytes(int64_t bytes, int64_t at)
{
    int n = (bytes >= SATURATED ? 16 : 0) + (at >= SATURATED ? 8 : 0);
    return (uint16_t)(n ? n + 4 : 0);
}

static void add_local_header(torsh__bytes_t *b, const char *name, int64_t bytes, int64_t at)
{
    uint16_t name_bytes = (uint16_t)strlen(name), zip64 = zip64_extra_bytes(bytes, at);
    int64_t start = at + 30 + name_bytes + zip64 + 4;
    uint16_t padding = (uint16_t)((ALIGNMENT - start % ALIGNMENT) % ALIGNMENT);
    torsh__bytes_add_u32(b, TORSH__ZIP_LOCAL);
    torsh__bytes_add_u16(b, 0); /* version needed */
    torsh__bytes_add_u16(b, UTF8_FLAG | (bytes ? DESCRIPTOR_FLAG : 0));
    torsh__bytes_add_u16(b, 0); /* stored */
    torsh__bytes_add_u32(b, 0); /* time and date */
    torsh__bytes_add_u32(b, 0); /* checksum and sizes stand in the descriptor */
    torsh__bytes_add_u64(b, 0);
    torsh__bytes_add_u16(b, name_bytes);
    torsh__bytes_add_u16(b, (uint16_t)(zip64 + 4 + padding));
    torsh__bytes_add_text(b, name);
    add_zip64_extra(b, bytes, at);
    torsh__bytes_add_text(b, "FB");
    torsh__bytes_add_u16(b, padding);
    for (uint16_t i = 0; i < padding; i++)
        torsh__bytes_add_u8(b, 'Z');
}

static void add_descriptor(torsh__bytes_t *b, uint32_t crc, int64_t bytes, int64_t at)
{
    bool zip64 = zip64_extra_bytes(bytes, at) != 0;
    torsh__bytes_add_u32(b, TORSH__ZIP_DESCRIPTOR);
    torsh__bytes_add_u32(b, crc);
    for (int i = 0; i < 2; i++)
        if (zip64)
            torsh__bytes_add_u64(b, (uint64_t)bytes);
        else
            torsh__bytes_add_u32(b, (uint32_t)bytes);
}

static void add_directory_entry(torsh__bytes_t *b, const char *name, uint32_t crc, int64_t bytes, int64_t at)
{
    torsh__bytes_add_u32(b, TORSH__ZIP_CENTRAL);
    torsh__bytes_add_u32(b, 0); /* version made by, version needed */
    torsh__bytes_add_u16(b, UTF8_FLAG | (bytes ? DESCRIPTOR_FLAG : 0));
    torsh__bytes_add_u16(b, 0);
    torsh__bytes_add_u32(b, 0);
    torsh__bytes_add_u32(b, crc);
    torsh__bytes_add_u32(b, saturate(bytes));
    torsh__bytes_add_u32(b, saturate(bytes));
    torsh__bytes_add_u16(b, (uint16_t)strlen(name));
    torsh__bytes_add_u16(b, zip64_extra_bytes(bytes, at));
    torsh__bytes_add_u16(b, 0); /* comment */
    torsh__bytes_add_u16(b, 0); /* disk */
    torsh__bytes_add_u16(b, 0); /* attributes */
    torsh__bytes_add_u32(b, 0);
    torsh__bytes_add_u32(b, saturate(at));
    torsh__bytes_add_text(b, name);
    add_zip64_extra(b, bytes, at);
}

static torsh_status_t write_bytes(torsh__zip_writer_t *w, torsh__bytes_t *b)
{
    torsh_status_t status = b->status;
    if (status == TORSH_OK)
        status = torsh__sink_write(w->sink, b->data, (int64_t)b->n);
    torsh__bytes_free(b);
    return status;
}

torsh_status_t torsh__zip_add(torsh__zip_writer_t *w, const char *name, const void *data, int64_t bytes)
{
    int64_t at = w->sink->position;
    uint32_t crc = (uint32_t)crc32_z(0, bytes ? data : (const void *)"", (size_t)bytes);
    torsh__bytes_t b = {0};
    add_local_header(&b, name, bytes, at);
    TRY(write_bytes(w, &b));
    if (bytes) {
        TRY(torsh__sink_write(w->sink, data, bytes));
        add_descriptor(&b, crc, bytes, at);
        TRY(write_bytes(w, &b));
    }
    add_directory_entry(&w->directory, name, crc, bytes, at);
    w->n++;
    return w->directory.status;
}

torsh_status_t torsh__zip_finish(torsh__zip_writer_t *w)
{
    int64_t at = w->sink->position, bytes = (int64_t)w->directory.n, end = at + bytes;
    torsh__bytes_t *b = &w->directory;
    torsh__bytes_add_u32(b, TORSH__ZIP64_END);
    torsh__bytes_add_u64(b, 44); /* bytes that follow */
    torsh__bytes_add_u16(b, 0x31e);
    torsh__bytes_add_u16(b, 45);
    torsh__bytes_add_u64(b, 0); /* disks */
    torsh__bytes_add_u64(b, (uint64_t)w->n);
    torsh__bytes_add_u64(b, (uint64_t)w->n);
    torsh__bytes_add_u64(b, (uint64_t)bytes);
    torsh__bytes_add_u64(b, (uint64_t)at);
    torsh__bytes_add_u32(b, TORSH__ZIP64_LOCATOR);
    torsh__bytes_add_u32(b, 0);
    torsh__bytes_add_u64(b, (uint64_t)end);
    torsh__bytes_add_u32(b, 1);
    uint16_t n = w->n >= 0xffff ? 0xffff : (uint16_t)w->n;
    torsh__bytes_add_u32(b, TORSH__ZIP_END);
    torsh__bytes_add_u32(b, 0); /* disks */
    torsh__bytes_add_u16(b, n);
    torsh__bytes_add_u16(b, n);
    torsh__bytes_add_u32(b, saturate(bytes));
    torsh__bytes_add_u32(b, saturate(at));
    torsh__bytes_add_u16(b, 0); /* comment */
    return write_bytes(w, b);
}

void torsh__zip_writer_free(torsh__zip_writer_t *w)
{
    torsh__bytes_free(&w->directory);
}
