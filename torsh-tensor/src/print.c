/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A tensor as text, as PyTorch's torch/_tensor_str.py shows it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <torsh/impl/tensor.h>

enum { MAX_PRECISION = 60, NUMBER_BYTES = 400 }; /* 309 digits before the point, 60 behind it */

static torsh_print_options_t options = {
    .precision = 4, .edgeitems = 3, .linewidth = 80, .sci_mode = -1, .threshold = 1000};

torsh_print_options_t torsh_get_print_options(void)
{
    return options;
}

torsh_status_t torsh_set_print_options(torsh_print_options_t given)
{
    if (given.precision < 0 || given.precision > MAX_PRECISION || given.edgeitems < 1 ||
        given.linewidth < 1 || given.threshold < 0)
        return torsh__fail(TORSH_ERR_VALUE,
                           "set_print_options: precision must be within 0 and %d, linewidth and edgeitems at "
                           "least 1, threshold not negative",
                           MAX_PRECISION);
    options = given;
    return TORSH_OK;
}

/* ---- growing text ---- */

typedef struct text {
    char *s;
    size_t n, room;
    bool failed;
} text_t;

static void put(text_t *t, const char *s, size_t n)
{
    if (t->failed)
        return;
    if (t->n + n + 1 > t->room) {
        size_t room = 2 * (t->n + n + 64);
        char *more = torsh__alloc(room);
        if (!more) {
            t->failed = true;
            return;
        }
        if (t->n)
            memcpy(more, t->s, t->n);
        torsh__free(t->s);
        t->s = more;
        t->room = room;
    }
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = 0;
}

static void puts_(text_t *t, const char *s)
{
    put(t, s, strlen(s));
}

static void spaces(text_t *t, int n)
{
    while (n-- > 0)
        put(t, " ", 1);
}

/* ---- how the elements look ---- */

typedef struct format {
    bool floating, integral,
        scientific; /* integral: floats without fractions, shown as "4." if not as 4e+00 */
    int width;
} format_t;

static int number(const format_t *f, torsh_scalar_t v, char *out, size_t room)
{
    if (v.kind == TORSH_SCALAR_BOOL)
        return snprintf(out, room, "%s", v.v.i ? "True" : "False");
    if (v.kind == TORSH_SCALAR_UINT)
        return snprintf(out, room, "%" PRIu64, v.v.u);
    if (v.kind != TORSH_SCALAR_FLOAT)
        return snprintf(out, room, "%" PRId64, v.v.i);
    double x = v.v.f;
    if (x != x)
        return snprintf(out, room, "nan");
    if (isinf(x))
        return snprintf(out, room, x < 0 ? "-inf" : "inf");
    if (f->scientific)
        return snprintf(out, room, "%.*e", options.precision, x);
    if (f->integral)
        return snprintf(out, room, "%.0f.", x);
    return snprintf(out, room, "%.*f", options.precision, x);
}

typedef struct source {
    const torsh_tensor_t *t; /* contiguous, on the CPU */
    format_t format;
    bool summarize;
    text_t text;
} source_t;

static torsh_scalar_t element(const source_t *p, int64_t i)
{
    int bytes = torsh_dtype_bytes((torsh_dtype_t)p->t->dtype);
    return torsh__scalar_load((const char *)p->t->storage->block.handle + (p->t->offset + i) * bytes,
                              (torsh_dtype_t)p->t->dtype);
}

/* Runs over the elements that are shown. */
static void shown(const source_t *p, int d, int64_t at, void (*see)(void *, torsh_scalar_t), void *ctx)
{
    if (d == p->t->ndim) {
        see(ctx, element(p, at));
        return;
    }
    int64_t n = p->t->shape[d];
    for (int64_t i = 0; i < n; i++) {
        if (p->summarize && n > 2 * options.edgeitems && i == options.edgeitems)
            i = n - options.edgeitems;
        shown(p, d + 1, at + i * p->t->strides[d], see, ctx);
    }
}

typedef struct range {
    bool any, fractions;
    double least, most;
    format_t *format;
} range_t;

static void see_range(void *ctx, torsh_scalar_t v)
{
    range_t *r = ctx;
    if (v.kind != TORSH_SCALAR_FLOAT || !isfinite(v.v.f))
        return;
    double x = fabs(v.v.f);
    r->fractions |= v.v.f != ceil(v.v.f);
    if (x == 0)
        return;
    r->least = !r->any || x < r->least ? x : r->least;
    r->most = !r->any || x > r->most ? x : r->most;
    r->any = true;
}

static void see_width(void *ctx, torsh_scalar_t v)
{
    format_t *f = ((range_t *)ctx)->format;
    char out[NUMBER_BYTES];
    if (f->floating && (!isfinite(v.v.f) || v.v.f == 0))
        return; /* as PyTorch: these take part in no column's width */
    int n = number(f, v, out, sizeof out);
    f->width = n > f->width ? n : f->width;
}

static void choose_format(source_t *p)
{
    range_t r = {.format = &p->format};
    p->format = (format_t){.floating = torsh_dtype_is_floating((torsh_dtype_t)p->t->dtype), .width = 1};
    if (p->t->n == 0)
        return;
    if (p->format.floating) {
        shown(p, 0, 0, see_range, &r);
        p->format.integral = !r.fractions;
        if (r.any && p->format.integral)
            p->format.scientific = r.most / r.least > 1000 || r.most > 1e8;
        else if (r.any)
            p->format.scientific = r.most / r.least > 1000 || r.most > 1e8 || r.least < 1e-4;
    }
    if (r.any && options.sci_mode >= 0)
        p->format.scientific = options.sci_mode != 0;
    shown(p, 0, 0, see_width, &r);
}

/* ---- brackets and lines ---- */

static void put_number(source_t *p, int64_t at, bool padded)
{
    char out[NUMBER_BYTES];
    int n = number(&p->format, element(p, at), out, sizeof out);
    if (padded)
        spaces(&p->text, p->format.width - n);
    put(&p->text, out, (size_t)n);
}

static void vector(source_t *p, int64_t at, int indent)
{
    text_t *t = &p->text;
    int64_t n = p->t->shape[p->t->ndim - 1];
    int per_line = (options.linewidth - indent) / (p->format.width + 2), column = 0;
    per_line = per_line > 1 ? per_line : 1;
    puts_(t, "[");
    for (int64_t i = 0; i < n; i++) {
        bool cut = p->summarize && n > 2 * options.edgeitems && i == options.edgeitems;
        if (i) {
            puts_(t, ",");
            if (column == per_line) {
                puts_(t, "\n");
                spaces(t, indent + 1);
                column = 0;
            } else {
                puts_(t, " ");
            }
        }
        if (cut) {
            puts_(t, " ...");
            i = n - options.edgeitems - 1;
        } else {
            put_number(p, at + i * p->t->strides[p->t->ndim - 1], true);
        }
        column++;
    }
    puts_(t, "]");
}

static void block(source_t *p, int d, int64_t at, int indent)
{
    text_t *t = &p->text;
    if (d == p->t->ndim - 1) {
        vector(p, at, indent);
        return;
    }
    int64_t n = p->t->shape[d];
    puts_(t, "[");
    for (int64_t i = 0; i < n; i++) {
        if (i) {
            puts_(t, ",");
            for (int k = 0; k < p->t->ndim - d - 1; k++)
                puts_(t, "\n");
            spaces(t, indent + 1);
        }
        if (p->summarize && n > 2 * options.edgeitems && i == options.edgeitems) {
            puts_(t, "...");
            i = n - options.edgeitems - 1;
        } else {
            block(p, d + 1, at + i * p->t->strides[d], indent + 1);
        }
    }
    puts_(t, "]");
}

/* PyTorch's idea of the last line's length: 2 more than it has. */
static int last_line(const text_t *t)
{
    size_t n = 0;
    while (n < t->n && t->s[t->n - 1 - n] != '\n')
        n++;
    return (int)n + 2;
}

/* What follows the values: on the last line if there is room. line: its length so far. */
static void suffix(source_t *p, const char *what, int indent, int *line)
{
    int n = (int)strlen(what);
    if (*line + n + 2 > options.linewidth) {
        puts_(&p->text, ",\n");
        spaces(&p->text, indent);
        *line = indent + n;
    } else {
        puts_(&p->text, ", ");
        *line += n + 2;
    }
    puts_(&p->text, what);
}

char *torsh_tensor_to_string(const torsh_tensor_t *t)
{
    enum { INDENT = 7 }; /* under "tensor(" */
    torsh_tensor_t *host = NULL, *packed = NULL;
    char what[300], shape[256];
    if (!t) {
        torsh__fail(TORSH_ERR_NULL, "tensor_to_string: the tensor is NULL");
        return NULL;
    }
    bool meta = t->device.kind == TORSH_META;
    if (meta) {
        host = torsh_tensor_retain(t);
    } else if (torsh__tensor_new((torsh_dtype_t)t->dtype, (torsh_device_t){TORSH_CPU, 0}, t->ndim, t->shape,
                                 NULL, &packed) != TORSH_OK ||
               torsh__copy(packed, t) != TORSH_OK) {
        torsh_tensor_release(packed);
        return NULL;
    } else {
        host = packed;
    }
    source_t p = {.t = host, .summarize = host->n > options.threshold};
    puts_(&p.text, "tensor(");
    if (meta) {
        puts_(&p.text, "...");
    } else {
        choose_format(&p);
        if (host->n == 0)
            puts_(&p.text, "[]");
        else if (host->ndim == 0)
            put_number(&p, 0, false);
        else
            block(&p, 0, 0, INDENT);
    }
    int line = last_line(&p.text);
    if (t->device.kind != TORSH_CPU) {
        char name[24];
        snprintf(what, sizeof what, "device='%s'", torsh_device_name(t->device, name));
        suffix(&p, what, INDENT, &line);
    }
    if (meta || (host->n == 0 && host->ndim != 1)) {
        torsh__shape_text(host->ndim, host->shape, shape, sizeof shape);
        shape[0] = '(';
        shape[strlen(shape) - 1] = 0;
        snprintf(what, sizeof what, "size=%s%s)", shape, host->ndim == 1 ? "," : "");
        suffix(&p, what, INDENT, &line);
    }
    bool usual =
        t->dtype == (int)torsh_get_default_dtype() || t->dtype == TORSH_I64 || t->dtype == TORSH_BOOL;
    if (!usual || meta || (host->n == 0 && t->dtype != (int)torsh_get_default_dtype())) {
        if (!(meta && t->dtype == (int)torsh_get_default_dtype())) {
            snprintf(what, sizeof what, "dtype=torsh.%s", torsh_dtype_name((torsh_dtype_t)t->dtype));
            suffix(&p, what, INDENT, &line);
        }
    }
    if (torsh__autograd && torsh__autograd->describe(t, what, sizeof what))
        suffix(&p, what, INDENT, &line);
    puts_(&p.text, ")");
    torsh_tensor_release(host);
    if (p.text.failed) {
        torsh__free(p.text.s);
        return NULL;
    }
    return p.text.s;
}
