/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The pickle reader's state, and what its parts offer each other. */
#ifndef TORSH_IO_UNPICKLER_H
#define TORSH_IO_UNPICKLER_H

#include "pickle.h"

typedef struct torsh__unpickler {
    const uint8_t *data;
    size_t bytes, at, op_at; /* op_at: where the present opcode stands, for messages */
    const torsh__storage_reader_t *reader;
    int64_t budget; /* what is left of it */
    torsh__values_t stack;
    int64_t *marks; /* heights of the stack */
    int64_t n_marks, marks_capacity;
    torsh_value_t **memo;
    int64_t memo_n, memo_capacity;
    torsh__values_t boxes;   /* all lists and dicts made, so that cycles can be taken apart */
    torsh_value_t *storages; /* DICT: key → STORAGE */
} torsh__unpickler_t;

/* An IO error at the present opcode. */
torsh_status_t torsh__unpickler_fail(const torsh__unpickler_t *u, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- stack and memo (pickle_stack.c) ---- */

/* Counts memory that a hostile file would have us take. */
torsh_status_t torsh__unpickler_charge(torsh__unpickler_t *u, int64_t bytes);
/* Pushes a value, taken over. NULL: its making failed. */
torsh_status_t torsh__unpickler_push(torsh__unpickler_t *u, torsh_value_t *value);
/* The same for a list or dict that was just made. */
torsh_status_t torsh__unpickler_push_box(torsh__unpickler_t *u, torsh_value_t *box);
/* The topmost value above the last mark, taken off. The caller owns it. */
torsh_status_t torsh__unpickler_pop(torsh__unpickler_t *u, torsh_value_t **out);
/* The value `below` places under the top, lent. */
torsh_status_t torsh__unpickler_peek(const torsh__unpickler_t *u, int64_t below, torsh_value_t **out);
/* Height of the stack at the last mark. */
int64_t torsh__unpickler_floor(const torsh__unpickler_t *u);
/* Releases all from that height on. */
void torsh__unpickler_cut(torsh__unpickler_t *u, int64_t height);
torsh_status_t torsh__unpickler_push_mark(torsh__unpickler_t *u);
torsh_status_t torsh__unpickler_pop_mark(torsh__unpickler_t *u, int64_t *height);
torsh_status_t torsh__unpickler_put(torsh__unpickler_t *u, uint64_t place);
torsh_status_t torsh__unpickler_get(torsh__unpickler_t *u, uint64_t place);

/* ---- the machine (pickle_read.c) ---- */

/* Runs to STOP. */
torsh_status_t torsh__unpickler_run(torsh__unpickler_t *u);

/* ---- what calls make ---- */

/* REDUCE: replaces a function and its arguments by what it makes (pickle_call.c). */
torsh_status_t torsh__unpickler_call(torsh__unpickler_t *u);
/* BINPERSID: replaces a storage's description by the storage (pickle_tensor.c). */
torsh_status_t torsh__unpickler_storage(torsh__unpickler_t *u);
/* A TENSOR from the arguments of _rebuild_tensor_v2 or _v3, or of _rebuild_parameter (pickle_tensor.c). */
torsh_status_t torsh__unpickler_tensor(torsh__unpickler_t *u, torsh__meaning_t meaning,
                                       const torsh_value_t *args, torsh_value_t **out);
torsh_status_t torsh__unpickler_parameter(torsh__unpickler_t *u, const torsh_value_t *args,
                                          torsh_value_t **out);

#endif
