/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <torsh/impl/tensor.h>

#include "json.h"
#include "safetensors.h"
#include "value.h"

/* A tensor's place in the file. */
typedef struct place {
    const torsh_tensor_t *tensor;
    const char *dtype;
    int64_t i, bytes, begin;
} place_t;

/* By element size, the largest first, then in the dict's order: so each is aligned for its dtype. */
static int by_element(const void *a, const void *b)
{
    const place_t *x = *(const place_t *const *)a, *y = *(const place_t *const *)b;
    int order =
        torsh_dtype_bytes(torsh_tensor_dtype(y->tensor)) - torsh_dtype_bytes(torsh_tensor_dtype(x->tensor));
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

static torsh_status_t lay_out(const torsh_value_t *dict, place_t *places, place_t **order)
{
    int64_t n = torsh_value_n(dict), at = 0;
    for (int64_t i = 0; i < n; i++) {
        torsh_tensor_t *t = torsh_value_tensor(torsh_value_item(dict, i));
        torsh_dtype_t dtype = torsh_tensor_dtype(t);
        const char *name = torsh_value_string(torsh_value_key(dict, i), NULL);
        char shown[TORSH__SHOWN_BYTES];
        torsh__shown(name, strlen(name), shown);
        if (strcmp(name, TORSH__SAFETENSORS_METADATA) == 0)
            return torsh__fail(TORSH_ERR_VALUE, "no tensor of a safetensors file can be named __metadata__");
        if (torsh_tensor_device(t).kind == TORSH_META)
            return torsh__fail(TORSH_ERR_VALUE, "'%s' is on the meta device and has no values to write",
                               shown);
        places[i] = (place_t){t, torsh__safetensors_dtype_name(dtype), i,
                              torsh_tensor_numel(t) * torsh_dtype_bytes(dtype), 0};
        if (!places[i].dtype)
            return torsh__fail(TORSH_ERR_DTYPE, "'%s' is %s, which safetensors does not have", shown,
                               torsh_dtype_name(dtype));
        order[i] = &places[i];
    }
    qsort(order, (size_t)n, sizeof *order, by_element);
    for (int64_t i = 0; i < n; i++) {
        order[i]->begin = at;
        at += order[i]->bytes;
    }
    return TORSH_OK;
}

static torsh_status_t add_metadata(const torsh_value_t *dict, torsh__bytes_t *json)
{
    const torsh_value_t *texts = torsh_value_get(torsh_value_attributes(dict), TORSH__SAFETENSORS_METADATA);
    if (!texts)
        return TORSH_OK;
    if (torsh_value_kind(texts) != TORSH_VALUE_DICT)
        return torsh__fail(TORSH_ERR_TYPE, "the attribute __metadata__ is %s, not a dict",
                           torsh__value_kind_name(texts));
    torsh__bytes_add_text(json, "\"__metadata__\":{");
    for (int64_t i = 0; i < torsh_value_n(texts); i++) {
        const torsh_value_t *key = torsh_value_key(texts, i), *text = torsh_value_item(texts, i);
        if (key->kind != TORSH_VALUE_STRING || text->kind != TORSH_VALUE_STRING)
            return torsh__fail(TORSH_ERR_TYPE, "__metadata__ holds %s; safetensors has only strings there",
                               torsh__value_kind_name(key->kind != TORSH_VALUE_STRING ? key : text));
        if (i)
            torsh__bytes_add_u8(json, ',');
        torsh__json_quote(json, key->text, key->u.bytes);
        torsh__bytes_add_u8(json, ':');
        torsh__json_quote(json, text->text, text->u.bytes);
    }
    torsh__bytes_add_text(json, torsh_value_n(dict) ? "}," : "}");
    return TORSH_OK;
}

static void add_tensor(torsh__bytes_t *json, const torsh_value_t *key, const place_t *place)
{
    char number[48];
    const int64_t *shape = torsh_tensor_shape(place->tensor);
    torsh__json_quote(json, key->text, key->u.bytes);
    torsh__bytes_add_text(json, ":{\"dtype\":\"");
    torsh__bytes_add_text(json, place->dtype);
    torsh__bytes_add_text(json, "\",\"shape\":[");
    for (int d = 0; d < torsh_tensor_ndim(place->tensor); d++) {
        snprintf(number, sizeof number, d ? ",%" PRId64 : "%" PRId64, shape[d]);
        torsh__bytes_add_text(json, number);
    }
    snprintf(number, sizeof number, "%" PRId64 ",%" PRId64, place->begin, place->begin + place->bytes);
    torsh__bytes_add_text(json, "],\"data_offsets\":[");
    torsh__bytes_add_text(json, number);
    torsh__bytes_add_text(json, "]}");
}

static torsh_status_t write_header(const torsh_value_t *dict, const place_t *places, torsh__sink_t *sink)
{
    torsh__bytes_t json = {0}, length = {0};
    torsh__bytes_add_u8(&json, '{');
    torsh_status_t status = add_metadata(dict, &json);
    for (int64_t i = 0; status == TORSH_OK && i < torsh_value_n(dict); i++) {
        if (i)
            torsh__bytes_add_u8(&json, ',');
        add_tensor(&json, torsh_value_key(dict, i), &places[i]);
        status = json.status;
    }
    torsh__bytes_add_u8(&json, '}');
    while (json.status == TORSH_OK && json.n % 8)
        torsh__bytes_add_u8(&json, ' ');
    torsh__bytes_add_u64(&length, json.n);
    if (status == TORSH_OK)
        status = json.status;
    if (status == TORSH_OK && json.n > TORSH__SAFETENSORS_MAX_HEADER)
        status = torsh__fail(TORSH_ERR_VALUE,
                             "the safetensors header would have %zu bytes; at most %d are allowed", json.n,
                             TORSH__SAFETENSORS_MAX_HEADER);
    if (status == TORSH_OK)
        status = length.status;
    if (status == TORSH_OK)
        status = torsh__sink_write(sink, length.data, (int64_t)length.n);
    if (status == TORSH_OK)
        status = torsh__sink_write(sink, json.data, (int64_t)json.n);
    torsh__bytes_free(&length);
    torsh__bytes_free(&json);
    return status;
}

/* All elements in row-major order. Bytes are moved, whatever they mean: a backend that lacks a copy kernel
 * for, say, uint16 has one for another dtype of that size. */
static torsh_status_t gather(const torsh_tensor_t *t, void *to, int64_t bytes)
{
    static const torsh_dtype_t of_size[] = {
        [1] = TORSH_U8, [2] = TORSH_F16, [4] = TORSH_I32, [8] = TORSH_I64};
    torsh_tensor_t *raw;
    TRY(torsh__tensor_alias(t, t->ndim, t->shape, t->strides, t->offset, &raw));
    raw->dtype = (int8_t)of_size[torsh_dtype_bytes(torsh_tensor_dtype(t))];
    torsh_status_t status = torsh_tensor_to_array(raw, to, (size_t)bytes);
    torsh_tensor_release(raw);
    return status;
}

static torsh_status_t write_data(const place_t *place, torsh__sink_t *sink)
{
    if (place->bytes == 0)
        return TORSH_OK;
    if (torsh_tensor_device(place->tensor).kind == TORSH_CPU && torsh_tensor_is_contiguous(place->tensor))
        return torsh__sink_write(sink, torsh_tensor_data_ptr(place->tensor), place->bytes);
    void *copy = torsh__alloc((size_t)place->bytes);
    if (!copy)
        return TORSH_ERR_MEMORY;
    torsh_status_t status = gather(place->tensor, copy, place->bytes);
    if (status == TORSH_OK)
        status = torsh__sink_write(sink, copy, place->bytes);
    torsh__free(copy);
    return status;
}

torsh_status_t torsh__safetensors_write(const torsh_value_t *dict, torsh__sink_t *sink)
{
    int64_t n = torsh_value_n(dict);
    place_t *places = torsh__calloc((size_t)(n + 1) * sizeof *places);
    place_t **order = places ? torsh__calloc((size_t)(n + 1) * sizeof *order) : NULL;
    torsh_status_t status = order ? lay_out(dict, places, order) : TORSH_ERR_MEMORY;
    if (status == TORSH_OK)
        status = write_header(dict, places, sink);
    for (int64_t i = 0; status == TORSH_OK && i < n; i++)
        status = write_data(order[i], sink);
    torsh__free(order);
    torsh__free(places);
    return status;
}
