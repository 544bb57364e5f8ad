/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "strided.h"

#include <string.h>

#include "range.h"

/* A piece of a copy: along the columns both move by their strides, along the rows `from` moves by 1 where it
 * can, so that a transposed copy reads whole cache lines and writes into few streams. */
enum { TILE = 16, COLUMNS = 4096 };
typedef struct piece {
    char *to;
    const char *from;
    int64_t rows, columns, to_rs, to_cs, from_rs, from_cs;
} piece_t;

/* memcpy, which is called for long runs only: a short one is a few moves, the last of which may go over the
 * one before. */
static inline void copy_run(void *to, const void *from, int64_t bytes)
{
    char *d = to;
    const char *s = from;
    if (bytes > 128 || bytes < 4) {
        memcpy(to, from, (size_t)bytes);
    } else if (bytes >= 16) {
        for (int64_t i = 0; i < bytes - 16; i += 16)
            memcpy(d + i, s + i, 16);
        memcpy(d + bytes - 16, s + bytes - 16, 16);
    } else if (bytes >= 8) {
        memcpy(d, s, 8);
        memcpy(d + bytes - 8, s + bytes - 8, 8);
    } else {
        memcpy(d, s, 4);
        memcpy(d + bytes - 4, s + bytes - 4, 4);
    }
}

#define ELEM uint8_t
#define COPY copy_1
#include "strided_body.h"
#define ELEM uint16_t
#define COPY copy_2
#include "strided_body.h"
#define ELEM uint32_t
#define COPY copy_4
#include "strided_body.h"
#define ELEM uint64_t
#define COPY copy_8
#include "strided_body.h"

typedef struct dim {
    int64_t n, to, from;
} dim_t;

typedef struct plan {
    dim_t d[TORSH_MAX_DIMS + 2]; /* columns last, rows before it */
    int n;
    int64_t bytes;
    char *to;
    const char *from;
    void (*copy)(const piece_t *);
} plan_t;

/* Pieces [first, last): at most TILE rows and COLUMNS columns each, of all positions in the outer dimensions.
 */
static void copy_pieces(const void *ctx, int64_t first, int64_t last)
{
    const plan_t *p = ctx;
    const dim_t *column = &p->d[p->n - 1], *row = &p->d[p->n - 2];
    const int64_t chunks = (column->n + COLUMNS - 1) / COLUMNS, tiles = (row->n + TILE - 1) / TILE;
    for (int64_t i = first; i < last; i++) {
        const int64_t c = i % chunks * COLUMNS, r = i / chunks % tiles * TILE;
        int64_t to = r * row->to + c * column->to, from = r * row->from + c * column->from,
                rest = i / chunks / tiles;
        for (int d = p->n - 3; d >= 0; d--) {
            const int64_t k = rest % p->d[d].n;
            rest /= p->d[d].n;
            to += k * p->d[d].to;
            from += k * p->d[d].from;
        }
        piece_t piece = {p->to + to * p->bytes,
                         p->from + from * p->bytes,
                         cpu_least(TILE, row->n - r),
                         cpu_least(COLUMNS, column->n - c),
                         row->to,
                         column->to,
                         row->from,
                         column->from};
        p->copy(&piece);
    }
}

/* Merges dimensions that both sides walk through alike; sizes of 1 vanish. */
static int merge(dim_t *d, int32_t ndim, const int64_t *shape, const int64_t *to, const int64_t *from)
{
    int n = 0;
    for (int32_t i = 0; i < ndim; i++) {
        if (shape[i] == 1)
            continue;
        if (n > 0 && d[n - 1].to == to[i] * shape[i] && d[n - 1].from == from[i] * shape[i])
            d[n - 1] = (dim_t){d[n - 1].n * shape[i], to[i], from[i]};
        else
            d[n++] = (dim_t){shape[i], to[i], from[i]};
    }
    return n;
}

static void move_to(dim_t *d, int at, int end)
{
    const dim_t x = d[at];
    memmove(d + at, d + at + 1, (size_t)(end - at) * sizeof *d);
    d[end] = x;
}

void torsh__cpu_copy_strided(int64_t bytes, int32_t ndim, const int64_t *shape, char *to,
                             const int64_t *to_strides, const char *from, const int64_t *from_strides)
{
    plan_t p = {.bytes = bytes, .to = to, .from = from, .d = {{1, 0, 0}, {1, 0, 0}}};
    for (int32_t i = 0; i < ndim; i++)
        if (shape[i] == 0)
            return;
    dim_t *d = p.d + 2; /* behind two dimensions of size 1 */
    const int n = merge(d, ndim, shape, to_strides, from_strides);
    for (int i = n - 2; i >= 0; i--) /* columns: where `to` is contiguous */
        if (d[i].to == 1 && d[n - 1].to != 1)
            move_to(d, i, n - 1);
    for (int i = n - 3; i >= 0; i--) /* rows: where `from` is */
        if (d[i].from == 1 && d[n - 1].from != 1)
            move_to(d, i, n - 2);
    p.n = n + 2;
    p.copy = bytes == 1 ? copy_1 : bytes == 2 ? copy_2 : bytes == 4 ? copy_4 : copy_8;
    const int64_t columns = p.d[p.n - 1].n, rows = p.d[p.n - 2].n;
    int64_t pieces = (rows + TILE - 1) / TILE * ((columns + COLUMNS - 1) / COLUMNS);
    for (int i = 0; i < p.n - 2; i++)
        pieces *= p.d[i].n;
    cpu_range(pieces, cpu_grain(cpu_least(TILE, rows) * cpu_least(COLUMNS, columns)), copy_pieces, &p);
}
