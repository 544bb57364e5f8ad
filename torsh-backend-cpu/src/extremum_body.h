/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Maximum and minimum of one dtype: included by extremum.c. Comparisons skip NaN; where there was one, the
 * first of them is looked up afterwards. */

#ifndef VALUE
#define VALUE(x) (x)
#endif

#define BEATS(x, best) (largest ? (x) > (best) : (x) < (best))

INLINE int64_t JOIN(first_nan, S)(const ELEM *x, int64_t n, int64_t stride)
{
    for (int64_t i = 0; i < n; i++)
        if (IS_NAN(VALUE(x[i * stride])))
            return i;
    return -1;
}

INLINE int64_t JOIN(short_row, S)(const ELEM *x, int64_t from, int64_t n, int64_t at, int largest)
{
    WIDE best = VALUE(x[at]);
    for (int64_t i = from; i < n && !IS_NAN(best); i++) {
        const WIDE v = VALUE(x[i]);
        const int take = BEATS(v, best) | IS_NAN(v);
        at = take ? i : at;
        best = take ? v : best;
    }
    return at;
}

INLINE int64_t JOIN(best_of_row, S)(const ELEM *x, int64_t n, int largest)
{
    enum { LANES = 128 / sizeof(WIDE) };
    if (n < 2 * LANES)
        return JOIN(short_row, S)(x, 1, n, 0, largest);
    /* LANES running extremes, each over every LANES-th element, and the blocks where they stand */
    WIDE best[LANES];
    INDEX block[LANES], nans[LANES];
    const int64_t blocks = cpu_least(n / LANES, CHUNK);
    for (int l = 0; l < LANES; l++) {
        best[l] = VALUE(x[l]);
        nans[l] = IS_NAN(best[l]);
        block[l] = 0;
    }
    for (int64_t b = 1; b < blocks; b++)
        for (int l = 0; l < LANES; l++) {
            const WIDE v = VALUE(x[b * LANES + l]);
            const int take = BEATS(v, best[l]);
            best[l] = take ? v : best[l];
            block[l] = take ? (INDEX)b : block[l];
            nans[l] |= IS_NAN(v);
        }
    int64_t at = block[0] * (int64_t)LANES;
    WIDE all = best[0];
    for (int l = 1; l < LANES; l++) {
        const int64_t here = block[l] * (int64_t)LANES + l;
        const int take = BEATS(best[l], all) || (best[l] == all && here < at);
        at = take ? here : at;
        all = take ? best[l] : all;
        nans[0] |= nans[l];
    }
    if (nans[0])
        return JOIN(first_nan, S)(x, n, 1);
    return JOIN(short_row, S)(x, blocks * LANES, n, at, largest);
}

INLINE void JOIN(rows, S)(const job_t *j, int64_t first, int64_t last, int largest)
{
    for (int64_t i = first; i < last; i++) {
        const ELEM *x = (const ELEM *)j->in + i * j->a.n;
        const int64_t at = JOIN(best_of_row, S)(x, j->a.n, largest);
        ((ELEM *)j->values)[i] = x[at];
        j->indices[i] = at;
    }
}

INLINE void JOIN(columns, S)(const job_t *j, int64_t first, int64_t last, int largest)
{
    const int64_t inner = j->a.inner, strips = (inner + STRIP - 1) / STRIP;
    for (int64_t i = first; i < last; i++) {
        const int64_t c = i % strips * STRIP, w = cpu_least(STRIP, inner - c), o = i / strips * inner + c;
        const ELEM *x = (const ELEM *)j->in + i / strips * j->a.n * inner + c;
        int64_t *indices = j->indices + o;
        ELEM *values = (ELEM *)j->values + o;
        WIDE best[STRIP];
        INDEX row[STRIP], nans[STRIP];
        for (int64_t k = 0; k < w; k++) {
            best[k] = VALUE(x[k]);
            indices[k] = 0;
            nans[k] = IS_NAN(best[k]);
        }
        for (int64_t from = 0; from < j->a.n; from += CHUNK) {
            const int64_t rows = cpu_least(CHUNK, j->a.n - from);
            for (int64_t k = 0; k < w; k++)
                row[k] = -1;
            for (int64_t r = 0; r < rows; r++) {
                const ELEM *y = x + (from + r) * inner;
                for (int64_t k = 0; k < w; k++) {
                    const WIDE v = VALUE(y[k]);
                    const int take = BEATS(v, best[k]);
                    best[k] = take ? v : best[k];
                    row[k] = take ? (INDEX)r : row[k];
                    nans[k] |= IS_NAN(v);
                }
            }
            for (int64_t k = 0; k < w; k++)
                indices[k] = row[k] < 0 ? indices[k] : from + row[k];
        }
        for (int64_t k = 0; k < w; k++) {
            if (nans[k])
                indices[k] = JOIN(first_nan, S)(x + k, j->a.n, inner);
            values[k] = x[indices[k] * inner + k];
        }
    }
}

static void JOIN(max_rows, S)(const void *ctx, int64_t first, int64_t last)
{
    JOIN(rows, S)(ctx, first, last, MAX);
}

static void JOIN(min_rows, S)(const void *ctx, int64_t first, int64_t last)
{
    JOIN(rows, S)(ctx, first, last, MIN);
}

static void JOIN(max_columns, S)(const void *ctx, int64_t first, int64_t last)
{
    JOIN(columns, S)(ctx, first, last, MAX);
}

static void JOIN(min_columns, S)(const void *ctx, int64_t first, int64_t last)
{
    JOIN(columns, S)(ctx, first, last, MIN);
}

#undef S
#undef ELEM
#undef WIDE
#undef IS_NAN
#undef BEATS
#undef INDEX
#undef VALUE
