/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The pickle writer's state, and what its parts offer each other. */
#ifndef TORSH_IO_PICKLER_H
#define TORSH_IO_PICKLER_H

#include "pickle.h"
#include "pickle_memo.h"

typedef struct torsh__pickler {
    torsh__bytes_t *out;
    torsh__bytes_t *storages; /* rows of torsh__stored_t */
    torsh__memo_t memo;
    uint32_t n_memo;
} torsh__pickler_t;

/* ---- opcodes (pickle_emit.c) ---- */

void torsh__pickler_op(torsh__pickler_t *p, uint8_t code);
void torsh__pickler_int(torsh__pickler_t *p, int64_t x);
void torsh__pickler_float(torsh__pickler_t *p, double x);
void torsh__pickler_bool(torsh__pickler_t *p, bool x);
/* Whether the key was written before; then a reference to it is now. */
bool torsh__pickler_again(torsh__pickler_t *p, torsh__memo_key_t key);
/* Gives what was just written the next number, as Python's pickler does also where nobody refers to it. */
void torsh__pickler_number(torsh__pickler_t *p);
/* The same, and it can be found again. */
torsh_status_t torsh__pickler_remember(torsh__pickler_t *p, torsh__memo_key_t key);
torsh_status_t torsh__pickler_text(torsh__pickler_t *p, torsh__memo_key_t key, const char *text,
                                   size_t bytes);
/* Text that is found again by its content: it must live as long as the pickler. */
torsh_status_t torsh__pickler_string(torsh__pickler_t *p, const char *text, size_t bytes);
torsh_status_t torsh__pickler_literal(torsh__pickler_t *p, const char *text);
torsh_status_t torsh__pickler_global(torsh__pickler_t *p, torsh__meaning_t meaning, torsh_dtype_t dtype);
/* Makes a tuple of the last n values, or (n > 3) of all since the mark. */
void torsh__pickler_tuple(torsh__pickler_t *p, int n);
void torsh__pickler_ints(torsh__pickler_t *p, const int64_t *x, int n);
/* Calls the function below the tuple on top. */
void torsh__pickler_reduce(torsh__pickler_t *p);
torsh_status_t torsh__pickler_ordered_dict(torsh__pickler_t *p); /* an empty one */

/* ---- tensors (pickle_write_tensor.c) ---- */

torsh_status_t torsh__pickler_tensor(torsh__pickler_t *p, const torsh_value_t *v);

#endif
