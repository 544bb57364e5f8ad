/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "unpickler.h"

torsh_status_t torsh__unpickler_fail(const torsh__unpickler_t *u, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return torsh__fail(TORSH_ERR_IO, "byte %zu: %s", u->op_at, text);
}

/* Roughly what one value costs, its place in lists and in the allocator included. */
#define VALUE_COST ((int64_t)sizeof(torsh_value_t) + 64)
/* A further mention of one: on the stack and in a tuple or list, both growing by doubling. */
#define POINTER_COST 48

torsh_status_t torsh__unpickler_charge(torsh__unpickler_t *u, int64_t bytes)
{
    u->budget -= bytes;
    return u->budget >= 0 ? TORSH_OK
                          : torsh__unpickler_fail(u, "holds more values than a file of its length should");
}

torsh_status_t torsh__unpickler_push(torsh__unpickler_t *u, torsh_value_t *value)
{
    if (!value)
        return torsh_error_status(torsh_last_error());
    torsh_status_t status = torsh__unpickler_charge(u, VALUE_COST);
    if (status != TORSH_OK) {
        torsh_value_release(value);
        return status;
    }
    return torsh__values_push(&u->stack, value);
}

int64_t torsh__unpickler_floor(const torsh__unpickler_t *u)
{
    return u->n_marks ? u->marks[u->n_marks - 1] : 0;
}

torsh_status_t torsh__unpickler_pop(torsh__unpickler_t *u, torsh_value_t **out)
{
    if (u->stack.n <= torsh__unpickler_floor(u))
        return torsh__unpickler_fail(u, "takes a value from an empty stack");
    *out = u->stack.v[--u->stack.n];
    return TORSH_OK;
}

/* The value `below` places under the top. */
torsh_status_t torsh__unpickler_peek(const torsh__unpickler_t *u, int64_t below, torsh_value_t **out)
{
    if (u->stack.n - torsh__unpickler_floor(u) <= below)
        return torsh__unpickler_fail(u, "takes a value from an empty stack");
    *out = u->stack.v[u->stack.n - 1 - below];
    return TORSH_OK;
}

void torsh__unpickler_cut(torsh__unpickler_t *u, int64_t height)
{
    while (u->stack.n > height)
        torsh_value_release(u->stack.v[--u->stack.n]);
}

torsh_status_t torsh__unpickler_push_mark(torsh__unpickler_t *u)
{
    if (u->n_marks == u->marks_capacity) {
        int64_t capacity = u->marks_capacity ? 2 * u->marks_capacity : 64;
        TRY(torsh__unpickler_charge(u, (capacity - u->marks_capacity) * (int64_t)sizeof *u->marks));
        int64_t *marks = torsh__alloc((size_t)capacity * sizeof *marks);
        if (!marks)
            return TORSH_ERR_MEMORY;
        if (u->n_marks)
            memcpy(marks, u->marks, (size_t)u->n_marks * sizeof *marks);
        torsh__free(u->marks);
        u->marks = marks;
        u->marks_capacity = capacity;
    }
    u->marks[u->n_marks++] = u->stack.n;
    return TORSH_OK;
}

torsh_status_t torsh__unpickler_pop_mark(torsh__unpickler_t *u, int64_t *height)
{
    if (u->n_marks == 0)
        return torsh__unpickler_fail(u, "takes a mark that is not there");
    *height = u->marks[--u->n_marks];
    return TORSH_OK;
}

torsh_status_t torsh__unpickler_push_box(torsh__unpickler_t *u, torsh_value_t *box)
{
    torsh_status_t status = box ? torsh__values_push(&u->boxes, torsh_value_retain(box)) : TORSH_OK;
    if (status != TORSH_OK) {
        torsh_value_release(box);
        return status;
    }
    return torsh__unpickler_push(u, box);
}

torsh_status_t torsh__unpickler_put(torsh__unpickler_t *u, uint64_t i)
{
    torsh_value_t *value = NULL;
    TRY(torsh__unpickler_peek(u, 0, &value));
    /* each place takes two bytes at least to fill: a higher number is not one that a pickler chose */
    if (i > u->bytes)
        return torsh__unpickler_fail(u, "uses place %" PRIu64 " of the memo of a pickle of %zu bytes", i,
                                     u->bytes);
    if ((int64_t)i >= u->memo_capacity) {
        int64_t capacity = u->memo_capacity ? u->memo_capacity : 64;
        while (capacity <= (int64_t)i)
            capacity *= 2;
        TRY(torsh__unpickler_charge(u, (capacity - u->memo_capacity) * (int64_t)sizeof *u->memo));
        torsh_value_t **memo = torsh__calloc((size_t)capacity * sizeof *memo);
        if (!memo)
            return TORSH_ERR_MEMORY;
        if (u->memo_capacity)
            memcpy(memo, u->memo, (size_t)u->memo_capacity * sizeof *memo);
        torsh__free(u->memo);
        u->memo = memo;
        u->memo_capacity = capacity;
    }
    if (u->memo[i])
        torsh_value_release(u->memo[i]);
    else
        u->memo_n++;
    u->memo[i] = torsh_value_retain(value);
    return TORSH_OK;
}

torsh_status_t torsh__unpickler_get(torsh__unpickler_t *u, uint64_t i)
{
    if (i >= (uint64_t)u->memo_capacity || !u->memo[i])
        return torsh__unpickler_fail(u, "takes what place %" PRIu64 " of the memo does not have", i);
    TRY(torsh__unpickler_charge(u, POINTER_COST));
    return torsh__values_push(&u->stack, torsh_value_retain(u->memo[i]));
}
