/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A dict: pairs in order, found through a hash table once there are more than a few. */
#include <string.h>
#include <sys/random.h>

#include "value.h"

#define SMALL 8

/* A file must not be able to choose keys that collide. */
static uint64_t seed(void)
{
    static uint64_t chosen;
    uint64_t s = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (s == 0) {
        if (getrandom(&s, sizeof s, GRND_NONBLOCK) != (ssize_t)sizeof s)
            s = (uint64_t)(uintptr_t)&chosen;
        s |= 1;
        uint64_t none = 0;
        if (!__atomic_compare_exchange_n(&chosen, &none, s, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            s = none;
    }
    return s;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    __uint128_t product = (__uint128_t)(h ^ word) * (seed() * 2 + 0x9e3779b97f4a7c15u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A key, taken apart: what is compared. */
typedef struct look {
    int kind;
    const char *text;
    size_t bytes;
    uint64_t word; /* a number's bits */
} look_t;

static look_t look_of(const torsh_value_t *key)
{
    bool text = key->kind == TORSH_VALUE_STRING || key->kind == TORSH_VALUE_BYTES;
    bool number = key->kind == TORSH_VALUE_INT || key->kind == TORSH_VALUE_FLOAT;
    return (look_t){.kind = key->kind,
                    .text = text ? key->text : "",
                    .bytes = text ? key->u.bytes : 0,
                    .word = number                          ? (uint64_t)key->u.i
                            : key->kind == TORSH_VALUE_BOOL ? key->u.b
                                                            : 0};
}

static uint64_t hash(look_t key)
{
    uint64_t h = mix(mix(seed(), (uint64_t)key.kind), key.word), word = 0;
    size_t i = 0;
    for (; i + 8 <= key.bytes; i += 8) {
        memcpy(&word, key.text + i, 8);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, key.text + i, key.bytes - i);
    return mix(mix(h, word), key.bytes);
}

static bool equal(look_t a, look_t b)
{
    return a.kind == b.kind && a.word == b.word && a.bytes == b.bytes && memcmp(a.text, b.text, a.bytes) == 0;
}

bool torsh__is_key(const torsh_value_t *key)
{
    return key->kind <= TORSH_VALUE_STRING || key->kind == TORSH_VALUE_BYTES;
}

static bool pair_has(const torsh_value_t *dict, int64_t i, look_t key)
{
    return equal(look_of(dict->u.box.items.v[2 * i]), key);
}

/* The slot of a key, or the free one where it belongs. */
static uint32_t slot(const torsh_value_t *dict, look_t key)
{
    uint32_t mask = dict->u.box.slots - 1, s = (uint32_t)hash(key) & mask;
    while (dict->u.box.index[s] && !pair_has(dict, (int64_t)dict->u.box.index[s] - 1, key))
        s = (s + 1) & mask;
    return s;
}

static int64_t find(const torsh_value_t *dict, look_t key)
{
    if (dict->u.box.index)
        return (int64_t)dict->u.box.index[slot(dict, key)] - 1;
    for (int64_t i = 0; i < torsh_value_n(dict); i++)
        if (pair_has(dict, i, key))
            return i;
    return -1;
}

int64_t torsh__dict_find(const torsh_value_t *dict, const torsh_value_t *key)
{
    return find(dict, look_of(key));
}

void torsh__dict_forget_index(torsh_value_t *dict)
{
    torsh__free(dict->u.box.index);
    dict->u.box.index = NULL;
    dict->u.box.slots = 0;
}

/* Makes room in the table for one pair more, at most half full. */
static torsh_status_t grow_index(torsh_value_t *dict)
{
    int64_t n = torsh_value_n(dict) + 1;
    if (n <= SMALL || 2 * n <= dict->u.box.slots)
        return TORSH_OK;
    if (n > INT32_MAX / 4)
        return torsh__fail(TORSH_ERR_MEMORY, "a dict of more than %d pairs", INT32_MAX / 4);
    uint32_t slots = 4 * SMALL;
    while (slots < 4 * n)
        slots *= 2;
    uint32_t *index = torsh__calloc(slots * sizeof *index);
    if (!index)
        return TORSH_ERR_MEMORY;
    torsh__free(dict->u.box.index);
    dict->u.box.index = index;
    dict->u.box.slots = slots;
    for (int64_t i = 0; i < n - 1; i++)
        index[slot(dict, look_of(dict->u.box.items.v[2 * i]))] = (uint32_t)i + 1;
    return TORSH_OK;
}

/* Takes both over on success only. */
static torsh_status_t set(torsh_value_t *dict, torsh_value_t *key, torsh_value_t *item)
{
    torsh__values_t *items = &dict->u.box.items;
    int64_t found = torsh__dict_find(dict, key);
    if (found >= 0) {
        torsh_value_release(items->v[2 * found + 1]);
        items->v[2 * found + 1] = item;
        torsh_value_release(key);
        return TORSH_OK;
    }
    TRY(grow_index(dict));
    /* items has an even capacity: the second push cannot fail */
    TRY(torsh__values_push(items, torsh_value_retain(key)));
    torsh_status_t status = torsh__values_push(items, item);
    TORSH_ASSERT(status == TORSH_OK);
    if (dict->u.box.index)
        dict->u.box.index[slot(dict, look_of(key))] = (uint32_t)torsh_value_n(dict);
    torsh_value_release(key);
    return TORSH_OK;
}

torsh_status_t torsh_value_add_pair(torsh_value_t *dict, torsh_value_t *key, torsh_value_t *item)
{
    torsh_status_t status;
    if (!dict || !key || !item)
        status = torsh__has_error() ? torsh_error_status(torsh_last_error())
                                    : torsh__fail(TORSH_ERR_NULL, "value_add_pair: %s is NULL",
                                                  !dict  ? "dict"
                                                  : !key ? "key"
                                                         : "item");
    else if (dict->kind != TORSH_VALUE_DICT)
        status = torsh__fail(TORSH_ERR_TYPE, "value_add_pair: to %s; only a dict takes pairs",
                             torsh__value_kind_name(dict));
    else if (!torsh__is_key(key))
        status = torsh__fail(TORSH_ERR_TYPE, "%s as the key of a dict", torsh__value_kind_name(key));
    else
        status = set(dict, key, item);
    if (status != TORSH_OK) {
        torsh_value_release(key);
        torsh_value_release(item);
    }
    return status;
}

torsh_status_t torsh_value_add_named(torsh_value_t *dict, const char *name, torsh_value_t *item)
{
    return torsh_value_add_pair(dict, name ? torsh_value_new_string(name, strlen(name)) : NULL, item);
}

torsh_status_t torsh_value_set_attributes(torsh_value_t *dict, torsh_value_t *attributes)
{
    if (torsh_value_kind(dict) != TORSH_VALUE_DICT || dict->python_class != TORSH_CLASS_ORDERED_DICT ||
        (attributes && attributes->kind != TORSH_VALUE_DICT)) {
        torsh_value_release(attributes);
        return torsh__fail(TORSH_ERR_TYPE,
                           "value_set_attributes: only an OrderedDict has attributes, and they are a dict");
    }
    torsh_value_release(dict->u.box.attributes);
    dict->u.box.attributes = attributes;
    return TORSH_OK;
}

torsh_value_t *torsh_value_key(const torsh_value_t *dict, int64_t i)
{
    if (torsh_value_kind(dict) != TORSH_VALUE_DICT || i < 0 || i >= torsh_value_n(dict))
        return NULL;
    return dict->u.box.items.v[2 * i];
}

torsh_value_t *torsh_value_get(const torsh_value_t *dict, const char *name)
{
    if (torsh_value_kind(dict) != TORSH_VALUE_DICT || !name)
        return NULL;
    look_t key = {.kind = TORSH_VALUE_STRING, .text = name, .bytes = strlen(name)};
    return torsh_value_item(dict, find(dict, key));
}

torsh_value_t *torsh_value_attributes(const torsh_value_t *dict)
{
    return torsh_value_kind(dict) == TORSH_VALUE_DICT ? dict->u.box.attributes : NULL;
}
