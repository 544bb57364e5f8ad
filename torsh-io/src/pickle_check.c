/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From the pickle's bytes to a value that is safe to walk: no cycle, no great depth, nothing of the machine's
 * own. */
#include "unpickler.h"

enum { UNSEEN = 0, OPEN = 1, SEEN = 2 };

static torsh_status_t walk(torsh_value_t *v, int depth);

static torsh_status_t walk_row(const torsh__values_t *row, int depth, int32_t *height)
{
    for (int64_t i = 0; i < row->n; i++) {
        TRY(walk(row->v[i], depth));
        if (row->v[i]->height > *height)
            *height = row->v[i]->height;
    }
    return TORSH_OK;
}

/* A value in several places is walked once: height remembers how deep it is. */
static torsh_status_t walk(torsh_value_t *v, int depth)
{
    if (v->mark == OPEN)
        return torsh__fail(TORSH_ERR_IO, "holds %s that contains itself", torsh__value_kind_name(v));
    if (depth + (v->mark == SEEN ? v->height : 1) > TORSH__MAX_DEPTH)
        return torsh__fail(TORSH_ERR_IO, "holds values that are nested more than %d deep", TORSH__MAX_DEPTH);
    if (v->mark == SEEN)
        return TORSH_OK;
    if (v->kind >= TORSH__VALUE_GLOBAL)
        return torsh__fail(TORSH_ERR_IO, "holds %s as a value of its own", torsh__value_kind_name(v));
    int32_t height = 0;
    v->mark = OPEN;
    if (torsh__is_box(v)) {
        TRY(walk_row(&v->u.box.items, depth + 1, &height));
        if (v->u.box.attributes) {
            TRY(walk(v->u.box.attributes, depth + 1));
            if (v->u.box.attributes->height > height)
                height = v->u.box.attributes->height;
        }
    }
    v->height = height + 1;
    v->mark = SEEN;
    return TORSH_OK;
}

/* Lists and dicts that the result does not hold may hold each other: they are emptied, or they would stay. */
static void clean_up(torsh__unpickler_t *u, bool all)
{
    for (int64_t i = 0; i < u->boxes.n; i++)
        if (all || u->boxes.v[i]->mark != SEEN)
            torsh__value_clear(u->boxes.v[i]);
    torsh__values_clear(&u->boxes);
    torsh__values_clear(&u->stack);
    for (int64_t i = 0; i < u->memo_capacity; i++)
        torsh_value_release(u->memo[i]);
    torsh__free(u->memo);
    torsh__free(u->marks);
    torsh_value_release(u->storages);
}

/* A pickle that a pickler wrote leaves one value and ends with STOP. */
static torsh_status_t take_result(torsh__unpickler_t *u, torsh_value_t **out)
{
    if (u->stack.n != 1 || u->n_marks || u->at != u->bytes)
        return torsh__unpickler_fail(u, "stops with something left over");
    return torsh__unpickler_pop(u, out);
}

torsh_status_t torsh__pickle_read(const uint8_t *data, size_t bytes, const torsh__storage_reader_t *reader,
                                  torsh_value_t **out)
{
    torsh__unpickler_t u = {.data = data, .bytes = bytes, .reader = reader, .budget = reader->budget};
    torsh_value_t *result = NULL;
    u.storages = torsh_value_new_dict(TORSH_CLASS_PLAIN);
    torsh_status_t status = u.storages ? torsh__unpickler_run(&u) : TORSH_ERR_MEMORY;
    if (status == TORSH_OK)
        status = take_result(&u, &result);
    if (status == TORSH_OK)
        status = walk(result, 0);
    clean_up(&u, status != TORSH_OK);
    if (status == TORSH_OK)
        *out = result;
    else
        torsh_value_release(result);
    return status;
}
