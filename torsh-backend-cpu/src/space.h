/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Walking an iteration space that several operands share: a position, and where it lies in each operand. */
#ifndef TORSH_CPU_SPACE_H
#define TORSH_CPU_SPACE_H

#include "convert.h"

enum { CPU_MAX_WALKED = 5 };

typedef struct cpu_cursor {
    int32_t ndim, n_operands;
    const int64_t *shape;
    const int64_t *strides[CPU_MAX_WALKED]; /* elements */
    int64_t offset[CPU_MAX_WALKED];         /* elements from the operand's first one */
    int64_t index[TORSH_MAX_DIMS];
} cpu_cursor_t;

/* To the element number `at` in row-major order. */
static inline void cpu_seek(cpu_cursor_t *c, int64_t at)
{
    for (int o = 0; o < c->n_operands; o++)
        c->offset[o] = 0;
    for (int d = c->ndim - 1; d >= 0; d--) {
        c->index[d] = at % c->shape[d];
        at /= c->shape[d];
        for (int o = 0; o < c->n_operands; o++)
            c->offset[o] += c->index[d] * c->strides[o][d];
    }
}

/* n elements on; at most to the end of row d, or whole such rows (d: a dimension with zero index below it).
 */
static inline void cpu_advance(cpu_cursor_t *c, int d, int64_t n)
{
    c->index[d] += n;
    for (int o = 0; o < c->n_operands; o++)
        c->offset[o] += n * c->strides[o][d];
    while (d > 0 && c->index[d] == c->shape[d]) {
        c->index[d - 1]++;
        for (int o = 0; o < c->n_operands; o++)
            c->offset[o] += c->strides[o][d - 1] - c->shape[d] * c->strides[o][d];
        c->index[d--] = 0;
    }
}

/* n elements of operand number `slot`, which begins at p, from the cursor on: between their places and a
 * block. */
static inline void cpu_move(const cpu_cursor_t *from, int slot, char *p, int bytes, char *block, int64_t n,
                            bool gather)
{
    const int last = from->ndim - 1;
    const int64_t *strides = from->strides[slot], inner = from->shape[last];
    if (n <= inner - from->index[last]) { /* one row */
        p += from->offset[slot] * bytes;
        if (gather)
            cpu_gather(block, p, 0, 1, strides[last], n, bytes);
        else
            cpu_scatter(p, 0, 1, strides[last], n, block, bytes);
        return;
    }
    cpu_cursor_t c = *from;
    while (n > 0) {
        int64_t rows = 1, length = inner - c.index[last] < n ? inner - c.index[last] : n, row_stride = 0;
        int d = last;
        if (last > 0 && length == inner && n >= 2 * inner) {
            d = last - 1;
            row_stride = strides[d];
            rows = n / inner < c.shape[d] - c.index[d] ? n / inner : c.shape[d] - c.index[d];
        }
        char *q = p + c.offset[slot] * bytes;
        if (gather)
            cpu_gather(block, q, row_stride, rows, strides[last], length, bytes);
        else
            cpu_scatter(q, row_stride, rows, strides[last], length, block, bytes);
        block += rows * length * bytes;
        n -= rows * length;
        cpu_advance(&c, d, d == last ? length : rows);
    }
}

/* Whether elements lie one after the other in row-major order. */
static inline bool cpu_dense(const int64_t *shape, const int64_t *strides, int ndim)
{
    int64_t expected = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        if (strides[d] != expected && shape[d] != 1)
            return false;
        expected *= shape[d];
    }
    return true;
}

/* Whether all elements are one. */
static inline bool cpu_constant(const torsh_view_t *v)
{
    if (v->is_number)
        return true;
    for (int d = 0; d < v->ndim; d++)
        if (v->strides[d] != 0 && v->shape[d] != 1)
            return false;
    return true;
}

#endif
