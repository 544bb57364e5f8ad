/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "pickler.h"

void torsh__pickler_op(torsh__pickler_t *p, uint8_t code)
{
    torsh__bytes_add_u8(p->out, code);
}

bool torsh__pickler_again(torsh__pickler_t *p, torsh__memo_key_t key)
{
    int64_t number = torsh__memo_find(&p->memo, key);
    if (number >= 0 && number < 256) {
        torsh__pickler_op(p, 'h');
        torsh__bytes_add_u8(p->out, (uint8_t)number);
    } else if (number >= 0) {
        torsh__pickler_op(p, 'j');
        torsh__bytes_add_u32(p->out, (uint32_t)number);
    }
    return number >= 0;
}

void torsh__pickler_number(torsh__pickler_t *p)
{
    torsh__pickler_op(p, p->n_memo < 256 ? 'q' : 'r');
    if (p->n_memo < 256)
        torsh__bytes_add_u8(p->out, (uint8_t)p->n_memo);
    else
        torsh__bytes_add_u32(p->out, p->n_memo);
    p->n_memo++;
}

torsh_status_t torsh__pickler_remember(torsh__pickler_t *p, torsh__memo_key_t key)
{
    torsh__pickler_number(p);
    return torsh__memo_put(&p->memo, key, p->n_memo - 1);
}

torsh_status_t torsh__pickler_text(torsh__pickler_t *p, torsh__memo_key_t key, const char *text, size_t bytes)
{
    if (torsh__pickler_again(p, key))
        return TORSH_OK;
    if (bytes > UINT32_MAX)
        return torsh__fail(TORSH_ERR_VALUE, "a text of %zu bytes is too long for a pickle of protocol 2",
                           bytes);
    torsh__pickler_op(p, 'X');
    torsh__bytes_add_u32(p->out, (uint32_t)bytes);
    torsh__bytes_add(p->out, text, bytes);
    return torsh__pickler_remember(p, key);
}

torsh_status_t torsh__pickler_string(torsh__pickler_t *p, const char *text, size_t bytes)
{
    return torsh__pickler_text(p, (torsh__memo_key_t){TORSH__MEMO_TEXT, text, bytes}, text, bytes);
}

torsh_status_t torsh__pickler_literal(torsh__pickler_t *p, const char *text)
{
    return torsh__pickler_string(p, text, strlen(text));
}

torsh_status_t torsh__pickler_global(torsh__pickler_t *p, torsh__meaning_t meaning, torsh_dtype_t dtype)
{
    const torsh__global_t *global = torsh__global_of(meaning, dtype);
    if (torsh__pickler_again(p, (torsh__memo_key_t){TORSH__MEMO_GLOBAL, global, 0}))
        return TORSH_OK;
    torsh__pickler_op(p, 'c');
    torsh__bytes_add_text(p->out, global->module);
    torsh__pickler_op(p, '\n');
    torsh__bytes_add_text(p->out, global->name);
    torsh__pickler_op(p, '\n');
    return torsh__pickler_remember(p, (torsh__memo_key_t){TORSH__MEMO_GLOBAL, global, 0});
}

void torsh__pickler_int(torsh__pickler_t *p, int64_t x)
{
    if (x >= 0 && x < 256) {
        torsh__pickler_op(p, 'K');
        torsh__bytes_add_u8(p->out, (uint8_t)x);
    } else if (x >= 0 && x < 65536) {
        torsh__pickler_op(p, 'M');
        torsh__bytes_add_u16(p->out, (uint16_t)x);
    } else if (x >= INT32_MIN && x <= INT32_MAX) {
        torsh__pickler_op(p, 'J');
        torsh__bytes_add_u32(p->out, (uint32_t)x);
    } else {
        uint8_t n = 5;
        while (n < 8 && x >> (8 * n - 1) != (x < 0 ? -1 : 0))
            n++;
        torsh__pickler_op(p, 0x8a);
        torsh__bytes_add_u8(p->out, n);
        for (uint8_t i = 0; i < n; i++)
            torsh__bytes_add_u8(p->out, (uint8_t)(x >> 8 * i));
    }
}

void torsh__pickler_float(torsh__pickler_t *p, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    torsh__pickler_op(p, 'G');
    for (int i = 7; i >= 0; i--)
        torsh__bytes_add_u8(p->out, (uint8_t)(bits >> 8 * i));
}

void torsh__pickler_bool(torsh__pickler_t *p, bool x)
{
    torsh__pickler_op(p, x ? 0x88 : 0x89);
}

void torsh__pickler_tuple(torsh__pickler_t *p, int n)
{
    torsh__pickler_op(p, n >= 1 && n <= 3 ? (uint8_t)(0x84 + n) : 't');
    torsh__pickler_number(p);
}

void torsh__pickler_ints(torsh__pickler_t *p, const int64_t *x, int n)
{
    if (n == 0) {
        torsh__pickler_op(p, ')');
        return;
    }
    if (n > 3)
        torsh__pickler_op(p, '(');
    for (int i = 0; i < n; i++)
        torsh__pickler_int(p, x[i]);
    torsh__pickler_tuple(p, n);
}

void torsh__pickler_reduce(torsh__pickler_t *p)
{
    torsh__pickler_op(p, 'R');
    torsh__pickler_number(p);
}

torsh_status_t torsh__pickler_ordered_dict(torsh__pickler_t *p)
{
    TRY(torsh__pickler_global(p, TORSH__ORDERED_DICT, TORSH_DTYPE_NONE));
    torsh__pickler_op(p, ')');
    torsh__pickler_reduce(p);
    return TORSH_OK;
}
