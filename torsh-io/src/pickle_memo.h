/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a pickle has written already, and under which number. */
#ifndef TORSH_IO_PICKLE_MEMO_H
#define TORSH_IO_PICKLE_MEMO_H

#include <torsh/impl/core.h>

enum {
    TORSH__MEMO_TEXT,   /* by content */
    TORSH__MEMO_GLOBAL, /* the others by address */
    TORSH__MEMO_VALUE,
    TORSH__MEMO_TENSOR, /* + 1: requires a gradient, + 2: is a parameter */
    TORSH__MEMO_STORAGE = TORSH__MEMO_TENSOR + 4,
    TORSH__MEMO_STORAGE_KEY
};

typedef struct torsh__memo_key {
    int what;
    const void *p;
    size_t bytes; /* TEXT */
} torsh__memo_key_t;

/* Starts as {0}. */
typedef struct torsh__memo {
    struct torsh__memo_slot *slots;
    uint32_t n, capacity;
} torsh__memo_t;

/* What was put under the key, or -1. */
int64_t torsh__memo_find(const torsh__memo_t *memo, torsh__memo_key_t key);
/* The key must be new; text is not copied. */
torsh_status_t torsh__memo_put(torsh__memo_t *memo, torsh__memo_key_t key, uint32_t number);
void torsh__memo_free(torsh__memo_t *memo);

#endif
