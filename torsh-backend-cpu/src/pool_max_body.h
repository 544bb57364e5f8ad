/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Maxima of one dtype: included by pool.c. A row of outputs is done for one element of the windows after the
 * other. The inputs of a row are first copied to the stack, with the lowest value around them, so that whole
 * vectors of outputs can be compared however short the row is. */

#ifndef WIDEN
#define WIDEN(x) (x)
#define NARROW(x) ((ELEM)(x))
#endif
#define LANES ((int)(64 / sizeof(WIDE)))

/* d[i] = row[from + i * stride], LOWEST outside the w elements of the row */
INLINE void JOIN(fill, S)(WIDE *restrict d, const ELEM *restrict row, int64_t w, int64_t from, int64_t stride,
                          int64_t n)
{
    const int64_t lo = cpu_least(n, from >= 0 ? 0 : (stride - 1 - from) / stride);
    const int64_t end = from >= w ? 0 : (w - 1 - from) / stride + 1, hi = end > n ? n : end < lo ? lo : end;
    for (int64_t i = 0; i < lo; i++)
        d[i] = LOWEST;
    const ELEM *s = row + from;
    if (stride == 1)
        for (int64_t i = lo; i < hi; i++)
            d[i] = WIDEN(s[i]);
    else if (stride == 2)
        for (int64_t i = lo; i < hi; i++)
            d[i] = WIDEN(s[2 * i]);
    else
        for (int64_t i = lo; i < hi; i++)
            d[i] = WIDEN(s[stride * i]);
    for (int64_t i = hi; i < n; i++)
        d[i] = LOWEST;
}

/* Of two equal values the first stays; of two NaN the last, as in PyTorch. n is a multiple of LANES. */
INLINE void JOIN(take, S)(WIDE *restrict best, INDEX *restrict at, const WIDE *restrict x, int64_t n,
                          INDEX here)
{
    for (int64_t j = 0; j < n; j += LANES)
        for (int l = 0; l < LANES; l++) {
            const WIDE v = x[j + l];
            const int is_more = (v > best[j + l]) | IS_NAN(v);
            best[j + l] = is_more ? v : best[j + l];
            at[j + l] = is_more ? here : at[j + l];
        }
}

/* One row of the windows of n outputs (a multiple of LANES), the first of which begins in column `left`. */
static void JOIN(window_row, S)(const torsh__pool_t *p, const ELEM *row, int64_t left, int64_t n,
                                int64_t offset, WIDE *best, INDEX *at)
{
    enum { PHASES = 2, ROOM = 2 * TILE };
    WIDE x[PHASES][ROOM];
    const int64_t s = p->stride[1], d = p->dilation[1], kernel = p->kernel[1];
    /* elements of the window that one copy serves: they lie in s interleaved sequences, each contiguous here
     */
    const int64_t chunk = s <= PHASES ? 1 + (ROOM - 1 - n) * s / d : 1;
    for (int64_t k0 = 0; k0 < kernel; k0 += chunk) {
        const int64_t k1 = cpu_least(kernel, k0 + chunk), span = (k1 - 1 - k0) * d, from = left + k0 * d;
        for (int64_t phase = 0; phase <= cpu_least(span, s <= PHASES ? s - 1 : 0); phase++)
            JOIN(fill, S)(x[phase], row, p->size[1], from + phase, s, n + (span - phase) / s);
        for (int64_t k = k0; k < k1; k++) {
            const int64_t column = (k - k0) * d;
            JOIN(take, S)(best, at, x[column % s] + column / s, n, (INDEX)(offset + k * d));
        }
    }
}

static void JOIN(max_rows, S)(const void *ctx, int64_t first, int64_t last)
{
    const torsh__pool_t *p = ctx;
    const int64_t h = p->size[0], w = p->size[1], oh = p->out_size[0], ow = p->out_size[1], s = p->stride[1];
    WIDE best[TILE];
    INDEX at[TILE];
    for (int64_t r = first; r < last; r++) {
        const ELEM *plane = (const ELEM *)p->in + r / oh * h * w;
        const int64_t top = r % oh * p->stride[0] - p->padding[0], d = p->dilation[0];
        const int64_t above = top < 0 ? (d - 1 - top) / d : 0; /* rows of the window above the input */
        for (int64_t t = 0; t < ow; t += TILE) {
            const int64_t n = cpu_least(TILE, ow - t), lanes = (n + LANES - 1) / LANES * LANES;
            for (int64_t j = 0; j < lanes; j++) {
                best[j] = LOWEST;
                at[j] = (INDEX)(above * d * w);
            }
            for (int64_t j = 0; j < n && (t + j) * s < p->padding[1]; j++) { /* the first column inside */
                const int64_t left = (t + j) * s - p->padding[1], e = p->dilation[1];
                at[j] += (INDEX)((e - 1 - left) / e * e);
            }
            for (int64_t y = above; y < p->kernel[0] && top + y * d < h; y++)
                JOIN(window_row, S)
            (p, plane + (top + y * d) * w, t * s - p->padding[1], lanes, y * d * w, best, at);
            ELEM *values = (ELEM *)p->out + r * ow + t;
            int64_t *indices = p->indices + r * ow + t;
            const int64_t corner = top * w + t * s - p->padding[1];
            for (int64_t j = 0; j < n; j++) {
                values[j] = NARROW(best[j]);
                indices[j] = corner + j * s + at[j];
            }
        }
    }
}

#undef LANES
#undef S
#undef ELEM
#undef WIDE
#undef INDEX
#undef LOWEST
#undef IS_NAN
#undef WIDEN
#undef NARROW
