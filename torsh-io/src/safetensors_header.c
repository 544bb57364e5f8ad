/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <torsh/impl/tensor.h>

#include "json.h"
#include "safetensors.h"
#include "value.h"

typedef struct parser {
    torsh__safetensors_header_t *h;
    torsh__json_t json;
    torsh__bytes_t text; /* the string read last */
} parser_t;

static const struct {
    const char *name;
    torsh_dtype_t dtype;
} dtype_names[] = {
    {"BOOL", TORSH_BOOL}, {"U8", TORSH_U8},     {"I8", TORSH_I8},   {"I16", TORSH_I16}, {"U16", TORSH_U16},
    {"F16", TORSH_F16},   {"BF16", TORSH_BF16}, {"I32", TORSH_I32}, {"U32", TORSH_U32}, {"F32", TORSH_F32},
    {"C64", TORSH_C64},   {"F64", TORSH_F64},   {"I64", TORSH_I64}, {"U64", TORSH_U64},
};
#define N_DTYPES (sizeof dtype_names / sizeof *dtype_names)

const char *torsh__safetensors_dtype_name(torsh_dtype_t dtype)
{
    for (size_t i = 0; i < N_DTYPES; i++)
        if (dtype_names[i].dtype == dtype)
            return dtype_names[i].name;
    return NULL;
}

torsh_dtype_t torsh__safetensors_dtype(const char *name, size_t bytes)
{
    for (size_t i = 0; i < N_DTYPES; i++)
        if (strlen(dtype_names[i].name) == bytes && memcmp(dtype_names[i].name, name, bytes) == 0)
            return dtype_names[i].dtype;
    return TORSH_DTYPE_NONE;
}

static torsh_status_t read_string(parser_t *p)
{
    p->text.n = 0;
    return torsh__json_string(&p->json, &p->text);
}

static bool text_is(const parser_t *p, const char *what)
{
    return p->text.n == strlen(what) && memcmp(p->text.data, what, p->text.n) == 0;
}

static torsh_status_t read_dtype(parser_t *p, torsh__safetensor_t *t)
{
    char shown[TORSH__SHOWN_BYTES];
    torsh__json_peek(&p->json);
    int64_t at = p->json.origin + (int64_t)p->json.at;
    TRY(read_string(p));
    t->dtype = torsh__safetensors_dtype((const char *)p->text.data, p->text.n);
    if (t->dtype == TORSH_DTYPE_NONE)
        return torsh__fail(TORSH_ERR_IO, "byte %" PRId64 ": '%s' is not a dtype of ToRSh", at,
                           torsh__shown(p->text.data, p->text.n, shown));
    return TORSH_OK;
}

static torsh_status_t read_shape(parser_t *p, torsh__safetensor_t *t)
{
    bool first = true, more;
    t->shape_at = p->h->shapes.n / sizeof(int64_t);
    TRY(torsh__json_expect(&p->json, '['));
    for (;;) {
        int64_t size;
        TRY(torsh__json_next(&p->json, ']', &first, &more));
        if (!more)
            return p->h->shapes.status;
        if (t->ndim == TORSH_MAX_DIMS)
            return torsh__json_fail(&p->json, "a tensor of more than 64 dimensions");
        TRY(torsh__json_int(&p->json, &size));
        torsh__bytes_add(&p->h->shapes, &size, sizeof size);
        t->ndim++;
    }
}

static torsh_status_t read_offsets(parser_t *p, torsh__safetensor_t *t)
{
    TRY(torsh__json_expect(&p->json, '['));
    TRY(torsh__json_int(&p->json, &t->begin));
    TRY(torsh__json_expect(&p->json, ','));
    TRY(torsh__json_int(&p->json, &t->end));
    return torsh__json_expect(&p->json, ']');
}

static torsh_status_t read_fields(parser_t *p, torsh__safetensor_t *t)
{
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
    bool first = true, more = true;
    int have = 0;
    TRY(torsh__json_expect(&p->json, '{'));
    for (;;) {
        TRY(torsh__json_next(&p->json, '}', &first, &more));
        if (!more)
            break;
        TRY(read_string(p));
        int field = text_is(p, "dtype")          ? DTYPE
                    : text_is(p, "shape")        ? SHAPE
                    : text_is(p, "data_offsets") ? OFFSETS
                                                 : 0;
        if (field == 0 || have & field)
            return torsh__json_fail(&p->json,
                                    "a tensor has one each of dtype, shape and data_offsets, nothing else");
        have |= field;
        TRY(torsh__json_expect(&p->json, ':'));
        TRY(field == DTYPE ? read_dtype(p, t) : field == SHAPE ? read_shape(p, t) : read_offsets(p, t));
    }
    return have == 7 ? TORSH_OK : torsh__json_fail(&p->json, "a tensor without dtype, shape or data_offsets");
}

static torsh_status_t read_tensor(parser_t *p)
{
    torsh__safetensor_t t = {.dtype = TORSH_DTYPE_NONE};
    TRY(read_fields(p, &t));
    int64_t bytes = torsh_dtype_bytes(t.dtype);
    const int64_t *shapes = (const int64_t *)p->h->shapes.data;
    /* sizes beside a zero must not overflow either, as in the format's own library */
    for (int i = 0; i < t.ndim; i++)
        if (__builtin_mul_overflow(bytes, shapes[t.shape_at + (size_t)i], &bytes))
            return torsh__json_fail(&p->json, "a shape of more than 2^63 - 1 bytes");
    if (t.begin > t.end || t.end - t.begin != bytes)
        return torsh__fail(TORSH_ERR_IO,
                           "byte %" PRId64 ": a tensor of %" PRId64 " bytes has data_offsets [%" PRId64
                           ", %" PRId64 "]",
                           p->json.origin + (int64_t)p->json.at, bytes, t.begin, t.end);
    torsh__bytes_add(&p->h->tensors, &t, sizeof t);
    return p->h->tensors.status;
}

/* The keys and texts of __metadata__. */
static torsh_status_t read_texts(parser_t *p, torsh_value_t *texts)
{
    bool first = true, more;
    TRY(torsh__json_expect(&p->json, '{'));
    for (;;) {
        TRY(torsh__json_next(&p->json, '}', &first, &more));
        if (!more)
            return TORSH_OK;
        TRY(read_string(p));
        torsh_value_t *key = torsh__value_text(TORSH_VALUE_STRING, p->text.data, p->text.n);
        torsh_status_t status = TORSH_OK;
        if (!key)
            return TORSH_ERR_MEMORY;
        if (torsh__dict_find(texts, key) >= 0)
            status = torsh__json_fail(&p->json, "this name stands twice in __metadata__");
        if (status == TORSH_OK)
            status = torsh__json_expect(&p->json, ':');
        if (status == TORSH_OK)
            status = read_string(p);
        if (status == TORSH_OK)
            status = torsh_value_add_pair(texts, torsh_value_retain(key),
                                          torsh__value_text(TORSH_VALUE_STRING, p->text.data, p->text.n));
        torsh_value_release(key);
        TRY(status);
    }
}

static torsh_status_t read_metadata(parser_t *p)
{
    if (torsh_value_attributes(p->h->dict))
        return torsh__json_fail(&p->json, "__metadata__ stands here twice");
    torsh_value_t *attributes = torsh_value_new_dict(TORSH_CLASS_PLAIN);
    torsh_value_t *texts = attributes ? torsh_value_new_dict(TORSH_CLASS_PLAIN) : NULL;
    torsh_status_t status = texts ? read_texts(p, texts) : TORSH_ERR_MEMORY;
    if (status == TORSH_OK)
        status = torsh_value_add_named(attributes, TORSH__SAFETENSORS_METADATA, torsh_value_retain(texts));
    if (status == TORSH_OK)
        status = torsh_value_set_attributes(p->h->dict, torsh_value_retain(attributes));
    torsh_value_release(texts);
    torsh_value_release(attributes);
    return status;
}

static torsh_status_t read_pair(parser_t *p)
{
    TRY(read_string(p));
    if (text_is(p, TORSH__SAFETENSORS_METADATA)) {
        TRY(torsh__json_expect(&p->json, ':'));
        return read_metadata(p);
    }
    torsh_value_t *key = torsh__value_text(TORSH_VALUE_STRING, p->text.data, p->text.n);
    if (!key)
        return TORSH_ERR_MEMORY;
    torsh_status_t status = TORSH_OK;
    if (torsh__dict_find(p->h->dict, key) >= 0)
        status = torsh__json_fail(&p->json, "a tensor of this name stands here twice");
    if (status == TORSH_OK)
        status = torsh_value_add_pair(p->h->dict, torsh_value_retain(key),
                                      torsh_value_new_int(torsh_value_n(p->h->dict)));
    torsh_value_release(key);
    TRY(status);
    TRY(torsh__json_expect(&p->json, ':'));
    return read_tensor(p);
}

static torsh_status_t parse(parser_t *p)
{
    bool first = true, more;
    TRY(torsh__json_expect(&p->json, '{'));
    for (;;) {
        TRY(torsh__json_next(&p->json, '}', &first, &more));
        if (!more)
            break;
        TRY(read_pair(p));
    }
    /* the header may be padded with spaces */
    while (p->json.at < p->json.n && p->json.data[p->json.at] == ' ')
        p->json.at++;
    return p->json.at == p->json.n ? TORSH_OK
                                   : torsh__json_fail(&p->json, "something follows the header's last '}'");
}

torsh_status_t torsh__safetensors_header_read(const torsh__source_t *source, torsh__safetensors_header_t *h)
{
    uint8_t length[8];
    *h = (torsh__safetensors_header_t){0};
    TRY(torsh__source_read(source, 0, length, 8));
    uint64_t n = torsh__u64_at(length);
    if (n > TORSH__SAFETENSORS_MAX_HEADER)
        return torsh__fail(TORSH_ERR_IO,
                           "byte 0: a safetensors header of %" PRIu64 " bytes; at most %d are read", n,
                           TORSH__SAFETENSORS_MAX_HEADER);
    h->data_at = 8 + (int64_t)n;
    if (h->data_at > source->bytes)
        return torsh__fail(TORSH_ERR_IO,
                           "is truncated: its header ends at byte %" PRId64 ", the file at byte %" PRId64,
                           h->data_at, source->bytes);
    h->dict = torsh_value_new_dict(TORSH_CLASS_ORDERED_DICT);
    uint8_t *json = h->dict ? torsh__alloc((size_t)n + 1) : NULL;
    if (!json)
        return TORSH_ERR_MEMORY;
    parser_t p = {.h = h, .json = {.data = json, .n = (size_t)n, .origin = 8}};
    torsh_status_t status = torsh__source_read(source, 8, json, (int64_t)n);
    if (status == TORSH_OK)
        status = parse(&p);
    torsh__bytes_free(&p.text);
    torsh__free(json);
    return status;
}

void torsh__safetensors_header_free(torsh__safetensors_header_t *h)
{
    torsh_value_release(h->dict);
    torsh__bytes_free(&h->tensors);
    torsh__bytes_free(&h->shapes);
    *h = (torsh__safetensors_header_t){0};
}
