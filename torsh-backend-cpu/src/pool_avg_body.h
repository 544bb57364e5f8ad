/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Means of one dtype and their gradients: included by pool_avg.c. REAL is what sums are made in. */

#ifndef WIDEN
#define WIDEN(x) (x)
#define NARROW(x) (x)
#define IS_WIDE
#endif

INLINE void JOIN(add_run, S)(REAL *restrict sum, const ELEM *restrict x, int64_t n, int64_t stride)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] += WIDEN(x[i * stride]);
}

/* 1 over what outputs [t, t + n) of row o are divided by, or that divisor itself. */
INLINE void JOIN(divisors, S)(const job_t *j, int64_t o, int64_t t, int64_t n, REAL *d)
{
    int64_t a, b;
    const int64_t rows = window(j, 0, o, &a, &b);
    for (int64_t i = 0; i < n; i++)
        d[i] = (REAL)(j->divisor ? j->divisor : rows * window(j, 1, t + i, &a, &b));
}

static void JOIN(mean_rows, S)(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    const torsh__pool_t *p = &j->p;
    const int64_t h = p->size[0], w = p->size[1], oh = p->out_size[0], ow = p->out_size[1], s = p->stride[1];
    REAL sum[TILE], d[TILE];
    for (int64_t r = first; r < last; r++) {
        int64_t from, to;
        window(j, 0, r % oh, &from, &to);
        for (int64_t t = 0; t < ow; t += TILE) {
            const int64_t n = cpu_least(TILE, ow - t);
            for (int64_t i = 0; i < n; i++)
                sum[i] = 0;
            for (int64_t y = from; y < to; y++)
                for (int64_t x = 0; x < p->kernel[1]; x++) {
                    int64_t lo, hi;
                    torsh__pool_inside(p, 1, x, &lo, &hi);
                    lo = most(lo, t);
                    hi = cpu_least(hi, t + n);
                    const ELEM *v = (const ELEM *)p->in + (r / oh * h + y) * w + x - p->padding[1] + lo * s;
                    if (s == 1)
                        JOIN(add_run, S)(sum + lo - t, v, hi - lo, 1);
                    else if (s == 2)
                        JOIN(add_run, S)(sum + lo - t, v, hi - lo, 2);
                    else
                        JOIN(add_run, S)(sum + lo - t, v, hi - lo, s);
                }
            JOIN(divisors, S)(j, r % oh, t, n, d);
            ELEM *out = (ELEM *)p->out + r * ow + t;
            for (int64_t i = 0; i < n; i++)
                out[i] = NARROW(sum[i] / d[i]);
        }
    }
}

/* The plane that a gradient is added up in: the result itself, or floats in scratch memory. */
INLINE REAL *JOIN(begin_plane, S)(const job_t *j, ELEM *out, int64_t n)
{
#ifdef IS_WIDE
    REAL *d = out;
    (void)j;
#else
    (void)out;
    REAL *d = torsh__cpu_host->scratch((size_t)n * sizeof(REAL));
    if (!d) {
        *j->failed = 1;
        return NULL;
    }
#endif
    for (int64_t i = 0; i < n; i++)
        d[i] = 0;
    return d;
}

INLINE void JOIN(end_plane, S)(ELEM *out, const REAL *d, int64_t n)
{
#ifdef IS_WIDE
    (void)out, (void)d, (void)n;
#else
    for (int64_t i = 0; i < n; i++)
        out[i] = NARROW(d[i]);
#endif
}

static void JOIN(spread_planes, S)(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    const torsh__pool_t *p = &j->p;
    const int64_t h = p->size[0], w = p->size[1], oh = p->out_size[0], ow = p->out_size[1], s = p->stride[1];
    REAL delta[TILE];
    for (int64_t i = first; i < last; i++) {
        const ELEM *grad = (const ELEM *)p->in + i * oh * ow;
        ELEM *out = (ELEM *)p->out + i * h * w;
        REAL *d = JOIN(begin_plane, S)(j, out, h * w);
        if (!d)
            return;
        for (int64_t o = 0; o < oh; o++)
            for (int64_t t = 0; t < ow; t += TILE) {
                const int64_t n = cpu_least(TILE, ow - t);
                int64_t from, to;
                window(j, 0, o, &from, &to);
                JOIN(divisors, S)(j, o, t, n, delta);
                for (int64_t k = 0; k < n; k++)
                    delta[k] = WIDEN(grad[o * ow + t + k]) / delta[k];
                for (int64_t y = from; y < to; y++)
                    for (int64_t x = 0; x < p->kernel[1]; x++) {
                        int64_t lo, hi;
                        torsh__pool_inside(p, 1, x, &lo, &hi);
                        lo = most(lo, t);
                        hi = cpu_least(hi, t + n);
                        REAL *v = d + y * w + x - p->padding[1];
                        for (int64_t k = lo; k < hi; k++)
                            v[k * s] += delta[k - t];
                    }
            }
        JOIN(end_plane, S)(out, d, h * w);
    }
}

/* ---- adaptive ---- */

INLINE REAL JOIN(sum_run, S)(const ELEM *x, int64_t n)
{
    enum { LANES = JOIN(LANES, K), FEW = 8 }; /* windows are small: whole blocks, then a few at a time */
    REAL sum[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += WIDEN(x[i + l]);
    for (int b = FEW; n >= LANES && b < LANES; b += FEW)
        for (int l = 0; l < FEW; l++)
            sum[l] += sum[b + l];
    for (; i + FEW <= n; i += FEW)
        for (int l = 0; l < FEW; l++)
            sum[l] += WIDEN(x[i + l]);
    for (; i < n; i++)
        sum[0] += WIDEN(x[i]);
    UNROLL
    for (int h = FEW / 2; h > 0; h /= 2) {
        UNROLL
        for (int l = 0; l < h; l++)
            sum[l] += sum[l + h];
    }
    return sum[0];
}

static void JOIN(adaptive_planes, S)(const void *ctx, int64_t first, int64_t last)
{
    const torsh__pool_t *p = &((const job_t *)ctx)->p;
    const int64_t h = p->size[0], w = p->size[1], oh = p->out_size[0], ow = p->out_size[1];
    share_t room[TILE];
    const share_t *known = shares(p, room, TILE);
    for (int64_t i = first; i < last; i++) {
        const ELEM *plane = (const ELEM *)p->in + i * h * w;
        ELEM *out = (ELEM *)p->out + i * oh * ow;
        for (int64_t o = 0; o < oh; o++) {
            const share_t y = known ? known[o] : share(p, 0, o);
            for (int64_t q = 0; q < ow; q++) {
                const share_t x = known ? known[oh + q] : share(p, 1, q);
                const int64_t n = x.to - x.from;
                double sum = 0;
                if (n == w) /* whole rows: one run */
                    for (int64_t k = y.from * w; k < y.to * w; k += 1024)
                        sum += JOIN(sum_run, S)(plane + k, cpu_least(1024, y.to * w - k));
                else
                    for (int64_t k = y.from; k < y.to; k++)
                        sum += JOIN(sum_run, S)(plane + k * w + x.from, n);
                out[o * ow + q] = NARROW((REAL)sum / (REAL)(y.to - y.from) / (REAL)n);
            }
        }
    }
}

static void JOIN(adaptive_spread_planes, S)(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    const torsh__pool_t *p = &j->p;
    const int64_t h = p->size[0], w = p->size[1], oh = p->out_size[0], ow = p->out_size[1];
    share_t room[TILE];
    const share_t *known = shares(p, room, TILE);
    for (int64_t i = first; i < last; i++) {
        const ELEM *grad = (const ELEM *)p->in + i * oh * ow;
        ELEM *out = (ELEM *)p->out + i * h * w;
        REAL *d = JOIN(begin_plane, S)(j, out, h * w);
        if (!d)
            return;
        for (int64_t o = 0; o < oh; o++) {
            const share_t y = known ? known[o] : share(p, 0, o);
            for (int64_t q = 0; q < ow; q++) {
                const share_t x = known ? known[oh + q] : share(p, 1, q);
                const REAL delta = WIDEN(grad[o * ow + q]) / (REAL)(y.to - y.from) / (REAL)(x.to - x.from);
                for (int64_t k = y.from; k < y.to; k++)
                    for (int64_t c = x.from; c < x.to; c++)
                        d[k * w + c] += delta;
            }
        }
        JOIN(end_plane, S)(out, d, h * w);
    }
}

#undef S
#undef K
#undef ELEM
#undef REAL
#undef WIDEN
#undef NARROW
#undef IS_WIDE
