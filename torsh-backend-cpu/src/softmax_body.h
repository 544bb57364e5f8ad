/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* softmax of rows and of strips of columns in one type: included by softmax.c. Loops over a fixed number of lanes are
 * what the compiler turns into vectors. */

#define LANES ((int)(128 / sizeof(REAL)))

/* x[0 .. n), filled up with -inf, whose exp is 0 */
INLINE const REAL *JOIN(padded, S)(const REAL *x, int64_t n, REAL *room)
{
    if (n >= LANES)
        return x;
    for (int l = 0; l < LANES; l++)
        room[l] = l < n ? x[l] : (REAL)-INFINITY;
    return room;
}

INLINE REAL JOIN(tree_sum, S)(REAL *v)
{
    for (int h = LANES / 2; h > 0; h /= 2)
        for (int l = 0; l < h; l++)
            v[l] += v[l + h];
    return v[0];
}

/* The largest number; NaN counts for nothing here, it comes back in the sum. */
static REAL JOIN(largest, S)(const REAL *x, int64_t n)
{
    REAL m[LANES], room[LANES];
    for (int l = 0; l < LANES; l++)
        m[l] = (REAL)-INFINITY;
    for (int64_t i = 0; i < n; i += LANES) {
        const REAL *v = JOIN(padded, S)(x + i, n - i, room);
        for (int l = 0; l < LANES; l++)
            m[l] = v[l] > m[l] ? v[l] : m[l];
    }
    for (int l = 1; l < LANES; l++)
        m[0] = m[l] > m[0] ? m[l] : m[0];
    return m[0];
}

/* Sum of exp(x - m), which are kept in y unless that is NULL. */
INLINE double JOIN(sum_exp, S)(const REAL *x, REAL m, REAL *y, int64_t n)
{
    double total = 0;
    REAL room[LANES], e[LANES];
    for (int64_t from = 0; from < n; from += SUM_BLOCK) {
        const int64_t end = cpu_least(n, from + SUM_BLOCK);
        REAL sum[LANES] = {0};
        for (int64_t i = from; i < end; i += LANES) {
            const REAL *v = JOIN(padded, S)(x + i, end - i, room);
            REAL *d = y && end - i >= LANES ? y + i : e;
            for (int l = 0; l < LANES; l++) {
                const REAL w = t_exp(v[l] - m);
                d[l] = w;
                sum[l] += w;
            }
            if (y && d == e)
                memcpy(y + i, e, (size_t)(end - i) * sizeof(REAL));
        }
        total += JOIN(tree_sum, S)(sum);
    }
    return total;
}

static void JOIN(forward_row, S)(const REAL *x, REAL *y, int64_t n, int is_log)
{
    const REAL m = JOIN(largest, S)(x, n);
    if (is_log) {
        const REAL log_sum = t_log((REAL)JOIN(sum_exp, S)(x, m, NULL, n));
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] - m - log_sum;
    } else {
        const REAL scale = (REAL)(1 / JOIN(sum_exp, S)(x, m, y, n));
        for (int64_t i = 0; i < n; i++)
            y[i] *= scale;
    }
}

/* Sum of g * y, or of g alone (log). */
INLINE REAL JOIN(sum_grad, S)(const REAL *g, const REAL *y, int64_t n, int is_log)
{
    double total = 0;
    for (int64_t from = 0; from < n; from += SUM_BLOCK) {
        const int64_t end = cpu_least(n, from + SUM_BLOCK);
        REAL sum[LANES] = {0};
        int64_t i = from;
        for (; i + LANES <= end; i += LANES)
            for (int l = 0; l < LANES; l++)
                sum[l] += is_log ? g[i + l] : g[i + l] * y[i + l];
        for (int l = 0; i < end; i++, l++)
            sum[l] += is_log ? g[i] : g[i] * y[i];
        total += JOIN(tree_sum, S)(sum);
    }
    return (REAL)total;
}

static void JOIN(backward_row, S)(const REAL *g, const REAL *y, REAL *restrict d, int64_t n, int is_log)
{
    if (is_log) {
        const REAL sum = JOIN(sum_grad, S)(g, y, n, 1);
        for (int64_t i = 0; i < n; i++)
            d[i] = g[i] - t_exp(y[i]) * sum;
    } else {
        const REAL sum = JOIN(sum_grad, S)(g, y, n, 0);
        for (int64_t i = 0; i < n; i++)
            d[i] = y[i] * (g[i] - sum);
    }
}

/* ---- n rows of w <= STRIP columns -------------------------------------------------------------------------------- */

static void JOIN(forward_columns, S)(const REAL *x, REAL *restrict y, int64_t n, int64_t w, int64_t stride, int is_log)
{
    REAL m[STRIP], part[STRIP], last[STRIP];
    double sum[STRIP];
    for (int64_t k = 0; k < w; k++) {
        m[k] = (REAL)-INFINITY;
        sum[k] = 0;
        part[k] = 0;
    }
    for (int64_t r = 0; r < n; r++)
        for (int64_t k = 0; k < w; k++)
            m[k] = x[r * stride + k] > m[k] ? x[r * stride + k] : m[k];
    for (int64_t r = 0; r < n; r++) {
        const REAL *v = x + r * stride;
        REAL *d = y + r * stride;
        for (int64_t k = 0; k < w; k++) {
            const REAL e = t_exp(v[k] - m[k]);
            d[k] = e;
            part[k] += e;
        }
        if ((r + 1) % SUM_ROWS == 0 || r + 1 == n)
            for (int64_t k = 0; k < w; k++) {
                sum[k] += part[k];
                part[k] = 0;
            }
    }
    for (int64_t k = 0; k < w; k++)
        last[k] = is_log ? t_log((REAL)sum[k]) : (REAL)(1 / sum[k]);
    for (int64_t r = 0; r < n; r++) {
        const REAL *v = x + r * stride;
        REAL *d = y + r * stride;
        if (is_log)
            for (int64_t k = 0; k < w; k++)
                d[k] = v[k] - m[k] - last[k];
        else
            for (int64_t k = 0; k < w; k++)
                d[k] *= last[k];
    }
}

static void JOIN(backward_columns, S)(const REAL *g, const REAL *y, REAL *restrict d, int64_t n, int64_t w,
                                      int64_t stride, int is_log)
{
    REAL part[STRIP], all[STRIP];
    double sum[STRIP];
    for (int64_t k = 0; k < w; k++)
        part[k] = 0, sum[k] = 0;
    for (int64_t r = 0; r < n; r++) {
        const REAL *a = g + r * stride, *b = y + r * stride;
        if (is_log)
            for (int64_t k = 0; k < w; k++)
                part[k] += a[k];
        else
            for (int64_t k = 0; k < w; k++)
                part[k] += a[k] * b[k];
        if ((r + 1) % SUM_ROWS == 0 || r + 1 == n)
            for (int64_t k = 0; k < w; k++) {
                sum[k] += part[k];
                part[k] = 0;
            }
    }
    for (int64_t k = 0; k < w; k++)
        all[k] = (REAL)sum[k];
    for (int64_t r = 0; r < n; r++) {
        const REAL *a = g + r * stride, *b = y + r * stride;
        REAL *c = d + r * stride;
        if (is_log)
            for (int64_t k = 0; k < w; k++)
                c[k] = a[k] - t_exp(b[k]) * all[k];
        else
            for (int64_t k = 0; k < w; k++)
                c[k] = b[k] * (a[k] - all[k]);
    }
}

#undef LANES
#undef S
#undef REAL
