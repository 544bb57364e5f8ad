/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a value is inside, for the readers and writers. */
#ifndef TORSH_IO_VALUE_H
#define TORSH_IO_VALUE_H

#include <torsh/impl/core.h>
#include <torsh/io.h>

/* How deep values may be nested when they are read or written: those walk them recursively. */
#define TORSH__MAX_DEPTH 1000

/* Kinds that only the pickle reader sees, on its stack. */
enum { TORSH__VALUE_GLOBAL = 100, TORSH__VALUE_STORAGE = 101 };

/* Items in a row, each owned. */
typedef struct torsh__values {
    torsh_value_t **v;
    int64_t n, capacity;
} torsh__values_t;

struct torsh_value {
    int32_t refs;
    uint8_t kind, python_class;
    bool requires_grad, is_parameter; /* TENSOR */
    uint8_t mark;                     /* the pickle reader's: seen on its walk */
    int32_t height;                   /* the same: levels below and including this one */
    torsh_value_t *next;              /* list of values about to be freed */
    union {
        bool b;
        int64_t i;
        double f;
        double c[2];
        size_t bytes; /* STRING, BYTES: of text */
        torsh_dtype_t dtype;
        torsh_device_t device;
        torsh_tensor_t *tensor;
        struct {
            torsh__values_t items; /* DICT: key, item, key, item … */
            uint32_t *index;       /* DICT: hash table of pair number + 1; NULL while it is small */
            uint32_t slots;
            torsh_value_t *attributes;
        } box;
        const struct torsh__global *global;
        struct {
            torsh_tensor_t *base; /* uint8, 1-d, all of it */
            torsh_dtype_t dtype;  /* of a typed storage; uint8 of an untyped one */
            int64_t n;            /* elements, as the file says */
        } storage;
    } u;
    char text[]; /* STRING, BYTES: with a NUL behind it */
};

static inline bool torsh__is_box(const torsh_value_t *v)
{
    return v->kind == TORSH_VALUE_LIST || v->kind == TORSH_VALUE_TUPLE || v->kind == TORSH_VALUE_DICT;
}

/* A value of that kind, all zero, with room for that much text. NULL with an error. */
torsh_value_t *torsh__value_new(int kind, size_t text_bytes);
/* Text that is known to be UTF-8. */
torsh_value_t *torsh__value_text(int kind, const void *text, size_t bytes);
/* Takes the value over, also when it fails. NULL: an earlier call failed. */
torsh_status_t torsh__values_push(torsh__values_t *row, torsh_value_t *value);
/* Releases all items. */
void torsh__values_clear(torsh__values_t *row);
/* Empties a LIST, TUPLE or DICT, attributes included. */
void torsh__value_clear(torsh_value_t *value);
/* Of a kind that can be a key. */
bool torsh__is_key(const torsh_value_t *value);
/* Pair number of such a key, or -1. */
int64_t torsh__dict_find(const torsh_value_t *dict, const torsh_value_t *key);
/* Frees the hash table (dict.c's own). */
void torsh__dict_forget_index(torsh_value_t *dict);
/* TYPE if it is anything but a dict of named tensors (state.c). */
torsh_status_t torsh__state_check(const torsh_value_t *dict);
/* "a list", "a tensor" … for messages. */
const char *torsh__value_kind_name(const torsh_value_t *value);

#endif
