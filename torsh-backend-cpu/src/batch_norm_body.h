/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Batch normalisation of one dtype: included by batch_norm.c. REAL is what it computes in, K that type's
 * suffix. */

#ifndef WIDEN
#define WIDEN(x) (x)
#define NARROW(x) (x)
#endif
#define LANES ((int)JOIN(LANES, K))

/* Adds sum and sum of squares of x - m over n <= RUN values, `stride` apart. */
INLINE void JOIN(run_of, S)(const ELEM *x, int64_t n, int64_t stride, REAL m, double *first, double *second)
{
    REAL sum[LANES] = {0}, squares[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) {
            const REAL d = WIDEN(x[(i + l) * stride]) - m;
            sum[l] += d;
            squares[l] += d * d;
        }
    for (int l = 0; i < n; i++, l++) {
        const REAL d = WIDEN(x[i * stride]) - m;
        sum[l] += d;
        squares[l] += d * d;
    }
    *first += JOIN(sum_lanes, K)(sum);
    *second += JOIN(sum_lanes, K)(squares);
}

static void JOIN(sums, S)(const job_t *j, const ELEM *x, REAL m, double *first, double *second)
{
    const int last = j->dims - 1;
    const int64_t size = j->size[last], stride = j->x[last];
    *first = *second = 0;
    for (int64_t r = 0; r < j->n / size; r++) {
        const ELEM *v = x + place(j, j->x, last, r);
        for (int64_t i = 0; i < size; i += RUN) {
            if (stride == 1)
                JOIN(run_of, S)(v + i, cpu_least(RUN, size - i), 1, m, first, second);
            else
                JOIN(run_of, S)(v + i * stride, cpu_least(RUN, size - i), stride, m, first, second);
        }
    }
}

/* Run r of channel c. */
INLINE void JOIN(apply, S)(const job_t *j, int64_t c, int64_t r, affine_t a)
{
    const int last = j->dims - 1;
    const int64_t n = j->size[last], sx = j->x[last], sy = j->y[last];
    const ELEM *x = (const ELEM *)cpu_at(&j->in[0]) + c * j->in[0].strides[1] + place(j, j->x, last, r);
    ELEM *y = (ELEM *)cpu_at(&j->out[0]) + c * j->out[0].strides[1] + place(j, j->y, last, r);
    const REAL mean = (REAL)a.mean, scale = (REAL)a.scale, shift = (REAL)a.shift;
    if (sx == 1 && sy == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] = NARROW((WIDEN(x[i]) - mean) * scale + shift);
    else
        for (int64_t i = 0; i < n; i++)
            y[i * sy] = NARROW((WIDEN(x[i * sx]) - mean) * scale + shift);
}

static void JOIN(channels, S)(const void *ctx, int64_t begin, int64_t end)
{
    const job_t *j = ctx;
    for (int64_t c = begin; c < end; c++) {
        const ELEM *x = (const ELEM *)cpu_at(&j->in[0]) + c * j->in[0].strides[1];
        double first, second;
        JOIN(sums, S)(j, x, 0, &first, &second);
        const REAL mean = (REAL)(first / (double)j->n);
        JOIN(sums, S)(j, x, mean, &first, &second);
        const affine_t a = finish_training(j, c, mean, first, second);
        for (int64_t r = 0; r < j->n / j->size[j->dims - 1]; r++)
            JOIN(apply, S)(j, c, r, a);
    }
}

/* By the running statistics of channel c; the mean as a REAL, what it lacks as part of the shift. */
INLINE affine_t JOIN(running, S)(const job_t *j, int64_t c)
{
    const double mean = value(j, 3, c, 0), rounded = (REAL)mean;
    return affine_of(j, c, rounded, mean - rounded, 1 / sqrt(value(j, 4, c, 1) + j->eps));
}

/* Outside training: runs of all channels, in the order of memory. */
static void JOIN(planes, S)(const void *ctx, int64_t begin, int64_t end)
{
    const job_t *j = ctx;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % j->channels;
        JOIN(apply, S)(j, c, i / j->channels, JOIN(running, S)(j, c));
    }
}

/* ---- channels side by side ---- */

/* For each of w channels the sums of x - m and of its square. */
INLINE void JOIN(strip_sums, S)(const job_t *j, const ELEM *x, int64_t w, const REAL *m, double *first,
                                double *second)
{
    REAL sum[STRIP], squares[STRIP];
    for (int64_t k = 0; k < w; k++)
        first[k] = second[k] = sum[k] = squares[k] = 0;
    for (int64_t r = 0; r < j->n; r++) {
        const ELEM *v = x + place(j, j->x, j->dims, r);
        for (int64_t k = 0; k < w; k++) {
            const REAL d = WIDEN(v[k]) - m[k];
            sum[k] += d;
            squares[k] += d * d;
        }
        if ((r + 1) % ROWS == 0 || r + 1 == j->n)
            for (int64_t k = 0; k < w; k++) {
                first[k] += sum[k];
                second[k] += squares[k];
                sum[k] = squares[k] = 0;
            }
    }
}

static void JOIN(strips, S)(const void *ctx, int64_t begin, int64_t end)
{
    const job_t *j = ctx;
    for (int64_t s = begin; s < end; s++) {
        const int64_t c = s * STRIP, w = cpu_least(STRIP, j->channels - c);
        const ELEM *x = (const ELEM *)cpu_at(&j->in[0]) + c;
        ELEM *y = (ELEM *)cpu_at(&j->out[0]) + c;
        REAL mean[STRIP] = {0}, scale[STRIP], shift[STRIP];
        double first[STRIP], second[STRIP];
        if (j->training) {
            JOIN(strip_sums, S)(j, x, w, mean, first, second);
            for (int64_t k = 0; k < w; k++)
                mean[k] = (REAL)(first[k] / (double)j->n);
            JOIN(strip_sums, S)(j, x, w, mean, first, second);
        }
        for (int64_t k = 0; k < w; k++) {
            const affine_t a = j->training ? finish_training(j, c + k, mean[k], first[k], second[k])
                                           : JOIN(running, S)(j, c + k);
            mean[k] = (REAL)a.mean;
            scale[k] = (REAL)a.scale;
            shift[k] = (REAL)a.shift;
        }
        for (int64_t r = 0; r < j->n; r++) {
            const ELEM *v = x + place(j, j->x, j->dims, r);
            ELEM *d = y + place(j, j->y, j->dims, r);
            for (int64_t k = 0; k < w; k++)
                d[k] = NARROW((WIDEN(v[k]) - mean[k]) * scale[k] + shift[k]);
        }
    }
}

#undef LANES
#undef S
#undef K
#undef ELEM
#undef REAL
#undef WIDEN
#undef NARROW
