/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A growing row of bytes, little-endian numbers in it, UTF-8. */
#ifndef TORSH_IO_BYTES_H
#define TORSH_IO_BYTES_H

#include <torsh/impl/core.h>

/* Starts as {0}. The first failure stays, and later calls do nothing: a writer looks at status once, at its
 * end. */
typedef struct torsh__bytes {
    uint8_t *data;
    size_t n, capacity;
    torsh_status_t status;
} torsh__bytes_t;

void torsh__bytes_add(torsh__bytes_t *b, const void *data, size_t n);
void torsh__bytes_add_u8(torsh__bytes_t *b, uint8_t x);
void torsh__bytes_add_u16(torsh__bytes_t *b, uint16_t x);
void torsh__bytes_add_u32(torsh__bytes_t *b, uint32_t x);
void torsh__bytes_add_u64(torsh__bytes_t *b, uint64_t x);
void torsh__bytes_add_text(torsh__bytes_t *b, const char *text);
void torsh__bytes_free(torsh__bytes_t *b);

static inline uint16_t torsh__u16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t torsh__u32_at(const uint8_t *p)
{
    return torsh__u16_at(p) | (uint32_t)torsh__u16_at(p + 2) << 16;
}
static inline uint64_t torsh__u64_at(const uint8_t *p)
{
    return torsh__u32_at(p) | (uint64_t)torsh__u32_at(p + 4) << 32;
}

/* Bytes from the start that are well-formed UTF-8 (no surrogates, nothing overlong): n if all are. */
size_t torsh__utf8_valid(const uint8_t *text, size_t n);

/* Puts text into a message: at most about 100 bytes of it, what is not printable as \xNN. Returns out. */
#define TORSH__SHOWN_BYTES 420
const char *torsh__shown(const void *text, size_t n, char *out);

#endif
