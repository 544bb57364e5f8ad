/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Maxima of one dtype: included by pool.c. A row of outputs is done for one element of the windows after the other, so
 * that the inner loop runs along the row. */

#ifndef WIDEN
#define WIDEN(x) (x)
#define NARROW(x) ((ELEM)(x))
#endif

/* Of two equal values the first stays; of two NaN the last, as in PyTorch. */
INLINE void JOIN(take, S)(WIDE *restrict best, INDEX *restrict at, const ELEM *restrict x, int64_t n, int64_t stride,
                          INDEX here)
{
    for (int64_t j = 0; j < n; j++) {
        const WIDE v = WIDEN(x[j * stride]);
        const int is_more = (v > best[j]) | IS_NAN(v);
        best[j] = is_more ? v : best[j];
        at[j] = is_more ? here : at[j];
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
            const int64_t n = cpu_least(TILE, ow - t);
            for (int64_t j = 0; j < n; j++) {
                const int64_t left = (t + j) * s - p->padding[1], e = p->dilation[1];
                best[j] = LOWEST;
                at[j] = (INDEX)(above * d * w + (left < 0 ? (e - 1 - left) / e * e : 0)); /* first one inside */
            }
            for (int64_t y = above; y < p->kernel[0] && top + y * d < h; y++)
                for (int64_t x = 0; x < p->kernel[1]; x++) {
                    int64_t lo, hi;
                    torsh__pool_inside(p, 1, x, &lo, &hi);
                    lo = lo < t ? t : lo;
                    hi = hi > t + n ? t + n : hi;
                    const int64_t column = x * p->dilation[1];
                    const ELEM *from = plane + (top + y * d) * w + column - p->padding[1] + lo * s;
                    const INDEX here = (INDEX)(y * d * w + column);
                    if (s == 1)
                        JOIN(take, S)(best + lo - t, at + lo - t, from, hi - lo, 1, here);
                    else if (s == 2)
                        JOIN(take, S)(best + lo - t, at + lo - t, from, hi - lo, 2, here);
                    else
                        JOIN(take, S)(best + lo - t, at + lo - t, from, hi - lo, s, here);
                }
            ELEM *values = (ELEM *)p->out + r * ow + t;
            int64_t *indices = p->indices + r * ow + t;
            for (int64_t j = 0; j < n; j++) {
                values[j] = NARROW(best[j]);
                indices[j] = top * w + (t + j) * s - p->padding[1] + at[j];
            }
        }
    }
}

#undef S
#undef ELEM
#undef WIDE
#undef INDEX
#undef LOWEST
#undef IS_NAN
#undef WIDEN
#undef NARROW
