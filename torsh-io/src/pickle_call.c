/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* REDUCE: in Python a call of any function; here one of a few constructors of data. */
#include <string.h>

#include "unpickler.h"

static const torsh_value_t *arg(const torsh_value_t *args, int64_t i, int kind)
{
    const torsh_value_t *v = torsh_value_item(args, i);
    return v && v->kind == kind ? v : NULL;
}

/* Bytes of protocol 2: text with the code points 0 to 255, to be taken as latin-1. */
static torsh_status_t make_bytes(torsh__unpickler_t *u, const torsh_value_t *args, torsh_value_t **out)
{
    const torsh_value_t *text = arg(args, 0, TORSH_VALUE_STRING),
                        *encoding = arg(args, 1, TORSH_VALUE_STRING);
    if (!text || !encoding || torsh_value_n(args) != 2 || strcmp(encoding->text, "latin1") != 0)
        return torsh__unpickler_fail(u, "encodes something other than latin1 bytes");
    TRY(torsh__unpickler_charge(u, (int64_t)text->u.bytes));
    torsh_value_t *v = torsh__value_text(TORSH_VALUE_BYTES, text->text, text->u.bytes);
    if (!v)
        return TORSH_ERR_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < text->u.bytes; i++) {
        uint8_t c = (uint8_t)text->text[i];
        if (c >= 0xc4) {
            torsh_value_release(v);
            return torsh__unpickler_fail(u, "encodes text as latin1 that has other letters");
        }
        if (c >= 0xc2) /* two bytes of UTF-8: the text is known to be that */
            c = (uint8_t)(c << 6 | ((uint8_t)text->text[++i] & 0x3f));
        v->text[n++] = (char)c;
    }
    v->text[n] = 0;
    v->u.bytes = n;
    *out = v;
    return TORSH_OK;
}

static torsh_status_t make_device(torsh__unpickler_t *u, const torsh_value_t *args, torsh_value_t **out)
{
    const torsh_value_t *text = arg(args, 0, TORSH_VALUE_STRING), *index = arg(args, 1, TORSH_VALUE_INT);
    char shown[TORSH__SHOWN_BYTES];
    torsh_device_t device;
    if (!text || torsh_value_n(args) > 2 || (torsh_value_n(args) == 2 && !index) ||
        (index && (index->u.i < 0 || index->u.i > INT16_MAX)))
        return torsh__unpickler_fail(u, "makes a torch.device of something else than a name and an index");
    if (strlen(text->text) != text->u.bytes || torsh_device_parse(text->text, &device) != TORSH_OK) {
        torsh_clear_error(); /* ours: torsh_value_load put an earlier one aside */
        return torsh__unpickler_fail(u, "holds the device '%s', which ToRSh does not have",
                                     torsh__shown(text->text, text->u.bytes, shown));
    }
    if (index)
        device.index = (int32_t)index->u.i;
    *out = torsh_value_new_device(device);
    return *out ? TORSH_OK : TORSH_ERR_MEMORY;
}

static torsh_status_t make_size(torsh__unpickler_t *u, const torsh_value_t *args, torsh_value_t **out)
{
    const torsh_value_t *sizes = arg(args, 0, TORSH_VALUE_TUPLE);
    if (!sizes || torsh_value_n(args) != 1)
        return torsh__unpickler_fail(u, "makes a torch.Size of something else than a tuple");
    TRY(torsh__unpickler_charge(u, 16 * torsh_value_n(sizes)));
    torsh_value_t *size = torsh_value_new_tuple(TORSH_CLASS_SIZE);
    if (!size)
        return TORSH_ERR_MEMORY;
    for (int64_t i = 0; i < torsh_value_n(sizes); i++) {
        torsh_value_t *item = torsh_value_item(sizes, i);
        torsh_status_t status =
            item->kind == TORSH_VALUE_INT
                ? torsh_value_add(size, torsh_value_retain(item))
                : torsh__unpickler_fail(u, "has %s in a torch.Size", torsh__value_kind_name(item));
        if (status != TORSH_OK) {
            torsh_value_release(size);
            return status;
        }
    }
    *out = size;
    return TORSH_OK;
}

static torsh_status_t make_complex(torsh__unpickler_t *u, const torsh_value_t *args, torsh_value_t **out)
{
    const torsh_value_t *real = arg(args, 0, TORSH_VALUE_FLOAT), *imag = arg(args, 1, TORSH_VALUE_FLOAT);
    if (!real || !imag || torsh_value_n(args) != 2)
        return torsh__unpickler_fail(u, "makes a complex number of something else than two floats");
    *out = torsh_value_new_complex(real->u.f, imag->u.f);
    return *out ? TORSH_OK : TORSH_ERR_MEMORY;
}

/* An empty OrderedDict, which SETITEMS fills, or a Counter from a dict. */
static torsh_status_t make_dict(torsh__unpickler_t *u, torsh__meaning_t meaning, const torsh_value_t *args,
                                torsh_value_t **out)
{
    const torsh_value_t *from = arg(args, 0, TORSH_VALUE_DICT);
    bool counter = meaning == TORSH__COUNTER;
    if (torsh_value_n(args) > (counter ? 1 : 0) || (torsh_value_n(args) == 1 && !from))
        return torsh__unpickler_fail(u, "makes %s of arguments that it does not have",
                                     counter ? "a Counter" : "an OrderedDict");
    TRY(torsh__unpickler_charge(u, 64 * torsh_value_n(from)));
    torsh_value_t *dict = torsh_value_new_dict(counter ? TORSH_CLASS_COUNTER : TORSH_CLASS_ORDERED_DICT);
    if (!dict)
        return TORSH_ERR_MEMORY;
    for (int64_t i = 0; i < torsh_value_n(from); i++) {
        torsh_status_t status = torsh_value_add_pair(dict, torsh_value_retain(torsh_value_key(from, i)),
                                                     torsh_value_retain(torsh_value_item(from, i)));
        if (status != TORSH_OK) {
            torsh_value_release(dict);
            return status;
        }
    }
    *out = dict;
    return TORSH_OK;
}

static torsh_status_t make(torsh__unpickler_t *u, const torsh_value_t *function, const torsh_value_t *args,
                           torsh_value_t **out)
{
    if (function->kind != TORSH__VALUE_GLOBAL || args->kind != TORSH_VALUE_TUPLE)
        return torsh__unpickler_fail(u, "calls %s with %s", torsh__value_kind_name(function),
                                     torsh__value_kind_name(args));
    torsh__meaning_t meaning = function->u.global->meaning;
    switch (meaning) {
    case TORSH__REBUILD_TENSOR_V2:
    case TORSH__REBUILD_TENSOR_V3:
        return torsh__unpickler_tensor(u, meaning, args, out);
    case TORSH__REBUILD_PARAMETER:
        return torsh__unpickler_parameter(u, args, out);
    case TORSH__ORDERED_DICT:
    case TORSH__COUNTER:
        return make_dict(u, meaning, args, out);
    case TORSH__SIZE:
        return make_size(u, args, out);
    case TORSH__DEVICE:
        return make_device(u, args, out);
    case TORSH__COMPLEX:
        return make_complex(u, args, out);
    case TORSH__ENCODE:
        return make_bytes(u, args, out);
    case TORSH__BYTES:
        if (torsh_value_n(args) != 0)
            return torsh__unpickler_fail(u, "makes bytes of arguments");
        *out = torsh__value_text(TORSH_VALUE_BYTES, "", 0);
        return *out ? TORSH_OK : TORSH_ERR_MEMORY;
    default:
        return torsh__unpickler_fail(u, "calls %s.%s", function->u.global->module, function->u.global->name);
    }
}

torsh_status_t torsh__unpickler_call(torsh__unpickler_t *u)
{
    torsh_value_t *args = NULL, *function = NULL, *made = NULL;
    torsh_status_t status = torsh__unpickler_pop(u, &args);
    if (status == TORSH_OK)
        status = torsh__unpickler_pop(u, &function);
    if (status == TORSH_OK)
        status = make(u, function, args, &made);
    torsh_value_release(args);
    torsh_value_release(function);
    TRY(status);
    return made->kind == TORSH_VALUE_DICT ? torsh__unpickler_push_box(u, made)
                                          : torsh__unpickler_push(u, made);
}
