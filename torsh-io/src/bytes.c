/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "bytes.h"

#include <stdio.h>
#include <string.h>

void torsh__bytes_add(torsh__bytes_t *b, const void *data, size_t n)
{
    if (b->status != TORSH_OK || n == 0)
        return;
    if (n > b->capacity - b->n) {
        size_t capacity = b->capacity < 256 ? 256 : b->capacity + b->capacity / 2;
        if (n > SIZE_MAX / 2 - b->n) {
            b->status = torsh__fail(TORSH_ERR_MEMORY, "%zu bytes and %zu more do not fit in memory", b->n, n);
            return;
        }
        if (capacity < b->n + n)
            capacity = b->n + n;
        uint8_t *grown = torsh__alloc(capacity);
        if (!grown) {
            b->status = TORSH_ERR_MEMORY;
            return;
        }
        if (b->n)
            memcpy(grown, b->data, b->n);
        torsh__free(b->data);
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->n, data, n);
    b->n += n;
}

void torsh__bytes_add_u8(torsh__bytes_t *b, uint8_t x)
{
    torsh__bytes_add(b, &x, 1);
}

static void add_number(torsh__bytes_t *b, uint64_t x, size_t n)
{
    uint8_t little[8];
    for (size_t i = 0; i < n; i++)
        little[i] = (uint8_t)(x >> 8 * i);
    torsh__bytes_add(b, little, n);
}

void torsh__bytes_add_u16(torsh__bytes_t *b, uint16_t x)
{
    add_number(b, x, 2);
}

void torsh__bytes_add_u32(torsh__bytes_t *b, uint32_t x)
{
    add_number(b, x, 4);
}

void torsh__bytes_add_u64(torsh__bytes_t *b, uint64_t x)
{
    add_number(b, x, 8);
}

void torsh__bytes_add_text(torsh__bytes_t *b, const char *text)
{
    torsh__bytes_add(b, text, strlen(text));
}

void torsh__bytes_free(torsh__bytes_t *b)
{
    torsh__free(b->data);
    *b = (torsh__bytes_t){0};
}

/* Bytes of the sequence at text, 0 if there is none; table 3-7 of the Unicode standard. */
static size_t sequence(const uint8_t *t, size_t n)
{
    uint8_t c = t[0];
    if (c < 0x80)
        return 1;
    size_t bytes = c >= 0xc2 && c <= 0xdf ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
    if (bytes == 0 || bytes > n)
        return 0;
    for (size_t i = 1; i < bytes; i++)
        if ((t[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && t[1] < 0xa0) || (c == 0xed && t[1] > 0x9f) || (c == 0xf0 && t[1] < 0x90) ||
        (c == 0xf4 && t[1] > 0x8f))
        return 0;
    return bytes;
}

size_t torsh__utf8_valid(const uint8_t *text, size_t n)
{
    size_t i = 0;
    while (i < n) {
        size_t bytes = sequence(text + i, n - i);
        if (bytes == 0)
            break;
        i += bytes;
    }
    return i;
}

const char *torsh__shown(const void *text, size_t n, char *out)
{
    const uint8_t *t = text;
    size_t shown = n > 100 ? 100 : n, at = 0;
    for (size_t i = 0; i < shown;) {
        size_t bytes = sequence(t + i, n - i);
        if (bytes == 0 || t[i] < ' ' || t[i] == 0x7f) {
            at += (size_t)sprintf(out + at, "\\x%02x", t[i]);
            i++;
        } else {
            memcpy(out + at, t + i, bytes);
            at += bytes;
            i += bytes;
        }
    }
    strcpy(out + at, n > 100 ? "..." : "");
    return out;
}
