/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "bytes.h"
#include "value.h"

struct torsh_state {
    torsh_value_t *dict;
};

static torsh_state_t *state_of(torsh_value_t *dict)
{
    torsh_state_t *state = dict ? torsh__calloc(sizeof *state) : NULL;
    if (state)
        state->dict = dict;
    else
        torsh_value_release(dict);
    return state;
}

torsh_state_t *torsh_state_new(void)
{
    return state_of(torsh_value_new_dict(TORSH_CLASS_ORDERED_DICT));
}

torsh_status_t torsh__state_check(const torsh_value_t *dict)
{
    char shown[TORSH__SHOWN_BYTES];
    if (torsh_value_kind(dict) != TORSH_VALUE_DICT)
        return torsh__fail(TORSH_ERR_TYPE, "holds %s, not a dict of tensors", torsh__value_kind_name(dict));
    if (torsh_value_n(dict) > INT_MAX)
        return torsh__fail(TORSH_ERR_VALUE, "holds more than %d tensors", INT_MAX);
    for (int64_t i = 0; i < torsh_value_n(dict); i++) {
        const torsh_value_t *key = torsh_value_key(dict, i), *item = torsh_value_item(dict, i);
        if (key->kind != TORSH_VALUE_STRING)
            return torsh__fail(TORSH_ERR_TYPE, "holds a dict with %s as a key; a dict of tensors has strings",
                               torsh__value_kind_name(key));
        torsh__shown(key->text, key->u.bytes, shown);
        if (memchr(key->text, 0, key->u.bytes))
            return torsh__fail(TORSH_ERR_TYPE, "holds a name with a NUL inside: '%s'", shown);
        if (item->kind != TORSH_VALUE_TENSOR)
            return torsh__fail(TORSH_ERR_TYPE, "holds %s under '%s', where a tensor is asked for",
                               torsh__value_kind_name(item), shown);
    }
    return TORSH_OK;
}

torsh_state_t *torsh_state_from_value(const torsh_value_t *dict, torsh_error_t **error)
{
    torsh_state_t *state = NULL;
    if (error && *error)
        return NULL;
    if (!dict)
        torsh__fail(TORSH_ERR_NULL, "state_from_value: dict is NULL");
    else if (torsh__state_check(dict) == TORSH_OK)
        state = state_of(torsh_value_retain(dict));
    if (!state)
        torsh__error_give(error);
    return state;
}

void torsh_state_free(torsh_state_t *state)
{
    if (!state)
        return;
    torsh_value_release(state->dict);
    torsh__free(state);
}

torsh_status_t torsh_state_set(torsh_state_t *state, const char *name, const torsh_tensor_t *tensor)
{
    if (!state || !name || !tensor)
        return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                  : torsh__fail(TORSH_ERR_NULL, "state_set: %s is NULL",
                                                !state  ? "state"
                                                : !name ? "name"
                                                        : "tensor");
    return torsh_value_add_named(state->dict, name, torsh_value_new_tensor(tensor, false, false));
}

torsh_tensor_t *torsh_state_get(const torsh_state_t *state, const char *name)
{
    return state ? torsh_value_tensor(torsh_value_get(state->dict, name)) : NULL;
}

int torsh_state_n(const torsh_state_t *state)
{
    return state ? (int)torsh_value_n(state->dict) : 0;
}

const char *torsh_state_name(const torsh_state_t *state, int i)
{
    return state ? torsh_value_string(torsh_value_key(state->dict, i), NULL) : NULL;
}

torsh_tensor_t *torsh_state_tensor(const torsh_state_t *state, int i)
{
    return state ? torsh_value_tensor(torsh_value_item(state->dict, i)) : NULL;
}

torsh_value_t *torsh_state_value(const torsh_state_t *state)
{
    return state ? state->dict : NULL;
}
