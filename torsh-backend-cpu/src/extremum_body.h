/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Maximum and minimum of one dtype: included by extremum.c. */

#ifndef VALUE
#define VALUE(x) (x)
#endif

/* Is x preferred to best, which stands before it? A NaN, unless best is one; else only what is really beyond. */
INLINE int JOIN(beats, S)(WIDE x, WIDE best, int largest)
{
    return (largest ? !(x <= best) : !(x >= best)) & IS_NUMBER(best);
}

INLINE int64_t JOIN(best_of_row, S)(const ELEM *x, int64_t n, int largest)
{
    enum { LANES = 64 / sizeof(WIDE) };
    if (n < 4 * LANES) {
        int64_t at = 0;
        WIDE best = VALUE(x[0]);
        for (int64_t i = 1; i < n; i++) {
            const WIDE v = VALUE(x[i]);
            at = JOIN(beats, S)(v, best, largest) ? i : at;
            best = JOIN(beats, S)(v, best, largest) ? v : best;
        }
        return at;
    }
    /* LANES running extremes, each over every LANES-th element, and the blocks where they stand */
    WIDE best[LANES];
    INDEX block[LANES];
    const int64_t blocks = cpu_least(n / LANES, CHUNK);
    for (int l = 0; l < LANES; l++) {
        best[l] = VALUE(x[l]);
        block[l] = 0;
    }
    for (int64_t b = 1; b < blocks; b++)
        for (int l = 0; l < LANES; l++) {
            const WIDE v = VALUE(x[b * LANES + l]);
            const int take = JOIN(beats, S)(v, best[l], largest);
            best[l] = take ? v : best[l];
            block[l] = take ? (INDEX)b : block[l];
        }
    int64_t at = block[0] * (int64_t)LANES;
    WIDE all = best[0];
    for (int l = 1; l < LANES; l++) {
        const int64_t here = block[l] * (int64_t)LANES + l;
        const int same = !JOIN(beats, S)(best[l], all, largest) && !JOIN(beats, S)(all, best[l], largest);
        if (JOIN(beats, S)(best[l], all, largest) || (same && here < at)) {
            at = here;
            all = best[l];
        }
    }
    const int64_t done = blocks * LANES;
    for (int64_t i = done; i < n; i++)
        if (JOIN(beats, S)(VALUE(x[i]), all, largest)) {
            at = i;
            all = VALUE(x[i]);
        }
    return at;
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
        INDEX row[STRIP];
        for (int64_t k = 0; k < w; k++) {
            best[k] = VALUE(x[k]);
            indices[k] = 0;
        }
        for (int64_t from = 0; from < j->a.n; from += CHUNK) {
            const int64_t rows = cpu_least(CHUNK, j->a.n - from);
            for (int64_t k = 0; k < w; k++)
                row[k] = -1;
            for (int64_t r = 0; r < rows; r++) {
                const ELEM *y = x + (from + r) * inner;
                for (int64_t k = 0; k < w; k++) {
                    const WIDE v = VALUE(y[k]);
                    const int take = JOIN(beats, S)(v, best[k], largest);
                    best[k] = take ? v : best[k];
                    row[k] = take ? (INDEX)r : row[k];
                }
            }
            for (int64_t k = 0; k < w; k++)
                indices[k] = row[k] < 0 ? indices[k] : from + row[k];
        }
        for (int64_t k = 0; k < w; k++)
            values[k] = x[indices[k] * inner + k];
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
#undef IS_NUMBER
#undef INDEX
#undef VALUE
