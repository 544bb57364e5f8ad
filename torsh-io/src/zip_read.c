/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "zip.h"

/* Where the directory lies, as the end of the file says. */
typedef struct end {
    int64_t n, bytes, at;
    int64_t before; /* the directory ends no later than here */
} end_t;

static torsh_status_t read_zip64_end(const torsh__source_t *source, int64_t locator_at, end_t *end)
{
    uint8_t locator[20], record[56];
    if (locator_at < 0)
        return TORSH_OK;
    TRY(torsh__source_read(source, locator_at, locator, sizeof locator));
    if (torsh__u32_at(locator) != TORSH__ZIP64_LOCATOR)
        return TORSH_OK;
    uint64_t at = torsh__u64_at(locator + 8);
    if (at > (uint64_t)locator_at || (uint64_t)locator_at - at < sizeof record)
        return torsh__fail(TORSH_ERR_IO,
                           "byte %" PRId64 ": the end of the zip directory is said to be at byte %" PRIu64,
                           locator_at, at);
    TRY(torsh__source_read(source, (int64_t)at, record, sizeof record));
    if (torsh__u32_at(record) != TORSH__ZIP64_END)
        return torsh__fail(TORSH_ERR_IO, "byte %" PRIu64 ": here should be the end of the zip directory", at);
    uint64_t n = torsh__u64_at(record + 32), bytes = torsh__u64_at(record + 40),
             start = torsh__u64_at(record + 48);
    /* the old record says the same where its fields are wide enough */
    if (n > (uint64_t)source->bytes || bytes > at || start > at - bytes ||
        (end->n != 0xffff && (uint64_t)end->n != n) ||
        (end->bytes != 0xffffffff && (uint64_t)end->bytes != bytes) ||
        (end->at != 0xffffffff && (uint64_t)end->at != start))
        return torsh__fail(TORSH_ERR_IO,
                           "byte %" PRIu64 ": the two ends of the zip directory contradict each other", at);
    *end = (end_t){.n = (int64_t)n, .bytes = (int64_t)bytes, .at = (int64_t)start, .before = (int64_t)at};
    return TORSH_OK;
}

/* Looks backwards for the end record, which a comment of up to 65535 bytes may follow. */
static torsh_status_t find_end(const torsh__source_t *source, end_t *end)
{
    int64_t tail = source->bytes < 22 + 65535 ? source->bytes : 22 + 65535, from = source->bytes - tail;
    uint8_t *p = torsh__alloc((size_t)tail + 1);
    if (!p)
        return TORSH_ERR_MEMORY;
    torsh_status_t status = torsh__source_read(source, from, p, tail);
    int64_t i = tail - 22;
    while (status == TORSH_OK && i >= 0 &&
           (torsh__u32_at(p + i) != TORSH__ZIP_END || i + 22 + torsh__u16_at(p + i + 20) != tail))
        i--;
    if (status == TORSH_OK && i >= 0) {
        *end = (end_t){.n = torsh__u16_at(p + i + 10),
                       .bytes = torsh__u32_at(p + i + 12),
                       .at = torsh__u32_at(p + i + 16),
                       .before = from + i};
        if (torsh__u32_at(p + i + 4) != 0)
            status = torsh__fail(TORSH_ERR_IO, "byte %" PRId64 ": is one part of a zip archive in several",
                                 from + i);
    }
    torsh__free(p);
    TRY(status);
    if (i < 0)
        return torsh__fail(TORSH_ERR_IO,
                           "is truncated: it starts as a zip archive and ends, at byte %" PRId64
                           ", without a zip directory",
                           source->bytes);
    int64_t at = end->before;
    TRY(read_zip64_end(source, at - 20, end));
    if (end->at > end->before || end->bytes > end->before - end->at || end->n > end->bytes / 46)
        return torsh__fail(TORSH_ERR_IO,
                           "byte %" PRId64 ": says that the zip directory has %" PRId64 " entries in %" PRId64
                           " bytes at byte %" PRId64,
                           at, end->n, end->bytes, end->at);
    return TORSH_OK;
}

/* Takes one number out of a zip64 extra field, if the 32 bits said that it is there. */
static bool widen(const uint8_t **p, size_t *left, int64_t *x)
{
    if (*x != 0xffffffff)
        return true;
    if (*left < 8 || torsh__u64_at(*p) > INT64_MAX)
        return false;
    *x = (int64_t)torsh__u64_at(*p);
    *p += 8;
    *left -= 8;
    return true;
}

static bool read_extra(const uint8_t *extra, size_t n, torsh__zip_entry_t *e)
{
    bool wide = e->bytes == 0xffffffff || e->packed == 0xffffffff || e->header == 0xffffffff;
    while (wide && n >= 4) {
        size_t bytes = torsh__u16_at(extra + 2);
        if (bytes > n - 4)
            return false;
        const uint8_t *p = extra + 4;
        if (torsh__u16_at(extra) == 1)
            return widen(&p, &bytes, &e->bytes) && widen(&p, &bytes, &e->packed) &&
                   widen(&p, &bytes, &e->header);
        extra += 4 + bytes;
        n -= 4 + bytes;
    }
    return true;
}

static torsh_status_t fail_entry(const torsh__zip_entry_t *e, int64_t at, const char *what)
{
    char shown[TORSH__SHOWN_BYTES];
    return torsh__fail(TORSH_ERR_IO, "byte %" PRId64 ": zip entry '%s' %s", at,
                       torsh__shown(e->name, e->name_bytes, shown), what);
}

static torsh_status_t check_entry(const torsh__zip_entry_t *e, uint16_t flags, int64_t at, int64_t room)
{
    if (flags & 1)
        return fail_entry(e, at, "is encrypted");
    if (e->method != 0 && e->method != 8)
        return fail_entry(e, at, "is neither stored nor deflated");
    if (e->packed > room || e->header > room - e->packed)
        return fail_entry(e, at, "reaches beyond the zip directory's start");
    if (e->method == 0 && e->bytes != e->packed)
        return fail_entry(e, at, "is stored, but has two sizes");
    /* deflate makes at most 1032 bytes of one: what claims more is not worth its memory */
    if (e->bytes / 1032 > e->packed)
        return fail_entry(e, at, "claims to be larger than its data can be");
    return TORSH_OK;
}

static torsh_status_t read_directory(torsh__zip_t *zip, const end_t *end)
{
    size_t at = 0, bytes = (size_t)end->bytes;
    int64_t total = 0;
    for (int64_t i = 0; i < zip->n; i++) {
        const uint8_t *p = zip->directory + at;
        int64_t where = end->at + (int64_t)at;
        size_t name = 0, extra = 0, comment = 0;
        if (bytes - at >= 46) {
            name = torsh__u16_at(p + 28);
            extra = torsh__u16_at(p + 30);
            comment = torsh__u16_at(p + 32);
        }
        if (bytes - at < 46 || torsh__u32_at(p) != TORSH__ZIP_CENTRAL ||
            bytes - at - 46 < name + extra + comment)
            return torsh__fail(TORSH_ERR_IO,
                               "byte %" PRId64 ": here should be entry %" PRId64 " of the zip directory",
                               where, i);
        torsh__zip_entry_t *e = &zip->entries[i];
        *e = (torsh__zip_entry_t){.name = (const char *)p + 46,
                                  .name_bytes = (uint16_t)name,
                                  .method = torsh__u16_at(p + 10),
                                  .crc = torsh__u32_at(p + 16),
                                  .packed = torsh__u32_at(p + 20),
                                  .bytes = torsh__u32_at(p + 24),
                                  .header = torsh__u32_at(p + 42)};
        if (!read_extra(p + 46 + name, extra, e))
            return fail_entry(e, where, "has an extra field that is cut off");
        TRY(check_entry(e, torsh__u16_at(p + 8), where, end->at));
        total +=
            e->packed; /* each is below the file's length, their number too: no overflow before the check */
        if (total > end->at)
            return fail_entry(e, where, "lies where other entries are");
        at += 46 + name + extra + comment;
    }
    return TORSH_OK;
}

static int compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
    return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int by_name(const void *a, const void *b)
{
    const torsh__zip_entry_t *x = a, *y = b;
    return compare(x->name, x->name_bytes, y->name, y->name_bytes);
}

torsh_status_t torsh__zip_open(torsh__zip_t *zip, const torsh__source_t *source)
{
    end_t end = {0};
    *zip = (torsh__zip_t){.source = source};
    TRY(find_end(source, &end));
    if (end.n == 0)
        return torsh__fail(TORSH_ERR_IO, "is a zip archive without entries");
    zip->directory = torsh__alloc((size_t)end.bytes + 1);
    zip->entries = zip->directory ? torsh__alloc((size_t)end.n * sizeof *zip->entries) : NULL;
    if (!zip->entries)
        return TORSH_ERR_MEMORY;
    zip->n = end.n;
    zip->directory_at = end.at;
    TRY(torsh__source_read(source, end.at, zip->directory, end.bytes));
    TRY(read_directory(zip, &end));
    const char *slash = memchr(zip->entries[0].name, '/', zip->entries[0].name_bytes);
    zip->root = zip->entries[0].name;
    zip->root_bytes = slash ? (int)(slash - zip->root) + 1 : 0;
    qsort(zip->entries, (size_t)zip->n, sizeof *zip->entries, by_name);
    for (int64_t i = 1; i < zip->n; i++)
        if (by_name(&zip->entries[i - 1], &zip->entries[i]) == 0)
            return fail_entry(&zip->entries[i], end.at, "stands twice in the zip directory");
    return TORSH_OK;
}

void torsh__zip_close(torsh__zip_t *zip)
{
    torsh__free(zip->entries);
    torsh__free(zip->directory);
    *zip = (torsh__zip_t){0};
}

const torsh__zip_entry_t *torsh__zip_find(const torsh__zip_t *zip, const char *name, size_t name_bytes)
{
    int64_t low = 0, high = zip->n;
    while (low < high) {
        int64_t i = low + (high - low) / 2;
        const torsh__zip_entry_t *e = &zip->entries[i];
        size_t root = (size_t)zip->root_bytes, shared = e->name_bytes < root ? e->name_bytes : root;
        int order = compare(e->name, shared, zip->root, root);
        if (order == 0)
            order = compare(e->name + root, e->name_bytes - root, name, name_bytes);
        if (order == 0)
            return e;
        if (order < 0)
            low = i + 1;
        else
            high = i;
    }
    return NULL;
}

static torsh_status_t read_stored(const torsh__zip_t *zip, const torsh__zip_entry_t *e, int64_t at,
                                  uint8_t *to)
{
    uLong crc = 0;
    /* piece by piece, so that the checksum finds the bytes in the cache */
    for (int64_t done = 0; done < e->bytes;) {
        int64_t n = e->bytes - done < 256 << 10 ? e->bytes - done : 256 << 10;
        TRY(torsh__source_read(zip->source, at + done, to + done, n));
        crc = crc32(crc, to + done, (uInt)n);
        done += n;
    }
    return crc == e->crc ? TORSH_OK : fail_entry(e, at, "is damaged: its checksum does not match");
}

static void *inflate_alloc(void *unused, uInt items, uInt bytes)
{
    (void)unused;
    return torsh__alloc((size_t)items * bytes);
}

static void inflate_free(void *unused, void *p)
{
    (void)unused;
    torsh__free(p);
}

static torsh_status_t inflate_all(const torsh__zip_t *zip, const torsh__zip_entry_t *e, int64_t at,
                                  uint8_t *to, z_stream *z, uint8_t *chunk, size_t chunk_bytes)
{
    int64_t left = e->packed, made = 0;
    uLong crc = 0;
    int code = Z_OK;
    while (code != Z_STREAM_END) {
        if (z->avail_in == 0 && left > 0) {
            int64_t n = left < (int64_t)chunk_bytes ? left : (int64_t)chunk_bytes;
            TRY(torsh__source_read(zip->source, at + e->packed - left, chunk, n));
            z->next_in = chunk;
            z->avail_in = (uInt)n;
            left -= n;
        }
        int64_t room = e->bytes - made < 256 << 10 ? e->bytes - made : 256 << 10;
        uint8_t none;
        z->next_out = room ? to + made : &none;
        z->avail_out = (uInt)room;
        code = inflate(z, Z_NO_FLUSH);
        int64_t n = room - z->avail_out;
        crc = n ? crc32(crc, to + made, (uInt)n) : crc;
        made += n;
        if (code == Z_MEM_ERROR)
            return torsh__fail(TORSH_ERR_MEMORY, "no memory to inflate with");
        if (code != Z_OK && code != Z_STREAM_END)
            return fail_entry(e, at + e->packed - left - z->avail_in,
                              "is damaged: its data cannot be inflated");
    }
    if (made != e->bytes || crc != e->crc || left > 0 || z->avail_in > 0)
        return fail_entry(e, at, "is damaged: its size or checksum does not match");
    return TORSH_OK;
}

static torsh_status_t read_deflated(const torsh__zip_t *zip, const torsh__zip_entry_t *e, int64_t at,
                                    uint8_t *to)
{
    enum { CHUNK = 64 << 10 };
    z_stream z = {.zalloc = inflate_alloc, .zfree = inflate_free};
    uint8_t *chunk = torsh__alloc(CHUNK);
    if (!chunk)
        return TORSH_ERR_MEMORY;
    torsh_status_t status = TORSH_OK;
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) {
        status = torsh__fail(TORSH_ERR_MEMORY, "no memory to inflate with");
    } else {
        status = inflate_all(zip, e, at, to, &z, chunk, CHUNK);
        inflateEnd(&z);
    }
    torsh__free(chunk);
    return status;
}

torsh_status_t torsh__zip_read(const torsh__zip_t *zip, const torsh__zip_entry_t *e, void *to)
{
    uint8_t header[30];
    char name[65535];
    TRY(torsh__source_read(zip->source, e->header, header, sizeof header));
    int64_t at = e->header + 30 + torsh__u16_at(header + 26) + torsh__u16_at(header + 28);
    bool same = torsh__u32_at(header) == TORSH__ZIP_LOCAL && torsh__u16_at(header + 26) == e->name_bytes &&
                torsh__u16_at(header + 8) == e->method;
    if (same) {
        TRY(torsh__source_read(zip->source, e->header + 30, name, e->name_bytes));
        same = memcmp(name, e->name, e->name_bytes) == 0;
    }
    if (!same)
        return fail_entry(e, e->header, "has another header than the zip directory says");
    if (at > zip->directory_at || e->packed > zip->directory_at - at)
        return fail_entry(e, e->header, "reaches beyond the zip directory's start");
    return e->method == 0 ? read_stored(zip, e, at, to) : read_deflated(zip, e, at, to);
}
