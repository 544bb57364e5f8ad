/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

torsh_status_t torsh__json_fail(const torsh__json_t *j, const char *what)
{
    return torsh__fail(TORSH_ERR_IO, "byte %" PRId64 ": %s", j->origin + (int64_t)j->at, what);
}

int torsh__json_peek(torsh__json_t *j)
{
    while (j->at < j->n && (j->data[j->at] == ' ' || j->data[j->at] == '\t' || j->data[j->at] == '\n' ||
                            j->data[j->at] == '\r'))
        j->at++;
    return j->at < j->n ? j->data[j->at] : -1;
}

torsh_status_t torsh__json_expect(torsh__json_t *j, char c)
{
    if (torsh__json_peek(j) != c) {
        char what[32];
        snprintf(what, sizeof what, "here should be '%c'", c);
        return torsh__json_fail(j, what);
    }
    j->at++;
    return TORSH_OK;
}

torsh_status_t torsh__json_next(torsh__json_t *j, char close, bool *first, bool *more)
{
    *more = torsh__json_peek(j) != close;
    if (!*more)
        return torsh__json_expect(j, close);
    if (!*first)
        return torsh__json_expect(j, ',');
    *first = false;
    return TORSH_OK;
}

static torsh_status_t hex4(torsh__json_t *j, uint32_t *out)
{
    uint32_t x = 0;
    for (int i = 0; i < 4; i++, j->at++) {
        int c = j->at < j->n ? j->data[j->at] : 0, digit = c | 32;
        if (c >= '0' && c <= '9')
            x = x << 4 | (uint32_t)(c - '0');
        else if (digit >= 'a' && digit <= 'f')
            x = x << 4 | (uint32_t)(digit - 'a' + 10);
        else
            return torsh__json_fail(j, "here should be a hexadecimal digit");
    }
    *out = x;
    return TORSH_OK;
}

static void add_utf8(torsh__bytes_t *out, uint32_t c)
{
    if (c < 0x80) {
        torsh__bytes_add_u8(out, (uint8_t)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    torsh__bytes_add_u8(out, (uint8_t)(lead[more] | c >> 6 * more));
    while (more-- > 0)
        torsh__bytes_add_u8(out, (uint8_t)(0x80 | (c >> 6 * more & 0x3f)));
}

/* What follows a backslash. */
static torsh_status_t escape(torsh__json_t *j, torsh__bytes_t *out)
{
    int c = j->at < j->n ? j->data[j->at] : 0;
    j->at++;
    switch (c) {
    case '"':
    case '\\':
    case '/':
        torsh__bytes_add_u8(out, (uint8_t)c);
        return TORSH_OK;
    case 'b':
        torsh__bytes_add_u8(out, '\b');
        return TORSH_OK;
    case 'f':
        torsh__bytes_add_u8(out, '\f');
        return TORSH_OK;
    case 'n':
        torsh__bytes_add_u8(out, '\n');
        return TORSH_OK;
    case 'r':
        torsh__bytes_add_u8(out, '\r');
        return TORSH_OK;
    case 't':
        torsh__bytes_add_u8(out, '\t');
        return TORSH_OK;
    case 'u':
        break;
    default:
        j->at--;
        return torsh__json_fail(j, "an escape that JSON does not have");
    }
    uint32_t high = 0, low = 0;
    TRY(hex4(j, &high));
    if (high >= 0xd800 && high < 0xdc00 && j->n - j->at >= 2 && j->data[j->at] == '\\' &&
        j->data[j->at + 1] == 'u') {
        j->at += 2;
        TRY(hex4(j, &low));
    }
    bool pair = low >= 0xdc00 && low < 0xe000;
    if ((high >= 0xd800 && high < 0xe000 && !pair) || (low && !pair))
        return torsh__json_fail(j, "half of a surrogate pair");
    add_utf8(out, pair ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : high);
    return TORSH_OK;
}

torsh_status_t torsh__json_string(torsh__json_t *j, torsh__bytes_t *out)
{
    TRY(torsh__json_expect(j, '"'));
    for (;;) {
        size_t from = j->at;
        while (j->at < j->n && j->data[j->at] != '"' && j->data[j->at] != '\\' && j->data[j->at] >= ' ')
            j->at++;
        size_t valid = torsh__utf8_valid(j->data + from, j->at - from);
        if (valid != j->at - from) {
            j->at = from + valid;
            return torsh__json_fail(j, "text that is not UTF-8");
        }
        torsh__bytes_add(out, j->data + from, j->at - from);
        if (j->at == j->n || j->data[j->at] < ' ')
            return torsh__json_fail(j, "a string without an end");
        if (j->data[j->at++] == '"')
            return out->status;
        TRY(escape(j, out));
    }
}

torsh_status_t torsh__json_int(torsh__json_t *j, int64_t *out)
{
    int c = torsh__json_peek(j);
    if (c < '0' || c > '9')
        return torsh__json_fail(j, "here should be a whole number that is not negative");
    size_t from = j->at;
    int64_t x = 0;
    for (; j->at < j->n && j->data[j->at] >= '0' && j->data[j->at] <= '9'; j->at++)
        if (__builtin_mul_overflow(x, 10, &x) || __builtin_add_overflow(x, j->data[j->at] - '0', &x))
            return torsh__json_fail(j, "a number above 2^63 - 1");
    if (c == '0' && j->at - from > 1)
        return torsh__json_fail(j, "a number with leading zeros");
    *out = x;
    return TORSH_OK;
}

void torsh__json_quote(torsh__bytes_t *out, const char *text, size_t bytes)
{
    torsh__bytes_add_u8(out, '"');
    for (size_t i = 0; i < bytes; i++) {
        uint8_t c = (uint8_t)text[i];
        char code[8];
        if (c == '"' || c == '\\') {
            torsh__bytes_add_u8(out, '\\');
            torsh__bytes_add_u8(out, c);
        } else if (c < ' ') {
            snprintf(code, sizeof code, "\\u%04x", c);
            torsh__bytes_add_text(out, code);
        } else {
            torsh__bytes_add_u8(out, c);
        }
    }
    torsh__bytes_add_u8(out, '"');
}
