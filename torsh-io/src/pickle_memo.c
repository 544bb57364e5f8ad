/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pickle_memo.h"

#include <string.h>

typedef struct torsh__memo_slot {
    torsh__memo_key_t key;
    uint32_t number_plus_1; /* 0: free */
} slot_t;

static uint32_t hash(torsh__memo_key_t key)
{
    uint64_t h = 0xcbf29ce484222325u + (uint64_t)key.what;
    if (key.what != TORSH__MEMO_TEXT)
        h = (h ^ (uint64_t)(uintptr_t)key.p) * 0x9e3779b97f4a7c15u;
    const uint8_t *text = key.what == TORSH__MEMO_TEXT ? key.p : NULL;
    for (size_t i = 0; i < key.bytes; i++)
        h = (h ^ text[i]) * 0x100000001b3u; /* FNV-1a */
    return (uint32_t)(h >> 32 ^ h);
}

static bool equal(torsh__memo_key_t a, torsh__memo_key_t b)
{
    if (a.what != b.what || a.bytes != b.bytes)
        return false;
    return a.p == b.p || (a.what == TORSH__MEMO_TEXT && memcmp(a.p, b.p, a.bytes) == 0);
}

/* The key's slot, or the free one where it belongs. */
static slot_t *find(slot_t *slots, uint32_t capacity, torsh__memo_key_t key)
{
    uint32_t i = hash(key) & (capacity - 1);
    while (slots[i].number_plus_1 && !equal(slots[i].key, key))
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

int64_t torsh__memo_find(const torsh__memo_t *memo, torsh__memo_key_t key)
{
    return memo->capacity ? (int64_t)find(memo->slots, memo->capacity, key)->number_plus_1 - 1 : -1;
}

static torsh_status_t grow(torsh__memo_t *memo)
{
    uint32_t capacity = memo->capacity ? 2 * memo->capacity : 64;
    if (memo->capacity > UINT32_MAX / 4)
        return torsh__fail(TORSH_ERR_MEMORY, "more values than a pickle's memo can number");
    slot_t *slots = torsh__calloc(capacity * sizeof *slots);
    if (!slots)
        return TORSH_ERR_MEMORY;
    for (uint32_t i = 0; i < memo->capacity; i++)
        if (memo->slots[i].number_plus_1)
            *find(slots, capacity, memo->slots[i].key) = memo->slots[i];
    torsh__free(memo->slots);
    memo->slots = slots;
    memo->capacity = capacity;
    return TORSH_OK;
}

torsh_status_t torsh__memo_put(torsh__memo_t *memo, torsh__memo_key_t key, uint32_t number)
{
    if (2 * memo->n >= memo->capacity)
        TRY(grow(memo));
    *find(memo->slots, memo->capacity, key) = (slot_t){key, number + 1};
    memo->n++;
    return TORSH_OK;
}

void torsh__memo_free(torsh__memo_t *memo)
{
    torsh__free(memo->slots);
    *memo = (torsh__memo_t){0};
}
