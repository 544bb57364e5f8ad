/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* softmax of rows and of strips of columns in one type: included by softmax.c. EXP: exp of numbers <= 0. */

#define LANES ((int)JOIN(LANES, S))

/* n < LANES elements of x, filled up with -inf, whose exp is 0 */
INLINE void JOIN(pad, S)(REAL *room, const REAL *x, int64_t n)
{
    for (int l = 0; l < LANES; l++)
        room[l] = (REAL)-INFINITY;
    for (int64_t i = 0; i < n; i++)
        room[i] = x[i];
}

/* The largest number; NaN counts for nothing here, it comes back in the sum. */
static REAL JOIN(largest, S)(const REAL *x, int64_t n)
{
    REAL m[LANES];
    int64_t i = 0;
    for (int l = 0; l < LANES; l++)
        m[l] = (REAL)-INFINITY;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            m[l] = x[i + l] > m[l] ? x[i + l] : m[l];
    for (int l = 0; i < n; i++, l++)
        m[l] = x[i] > m[l] ? x[i] : m[l];
    return JOIN(max_lanes, S)(m);
}

INLINE void JOIN(exp_lanes, S)(const REAL *x, REAL m, REAL *restrict y, REAL *restrict sum)
{
    for (int l = 0; l < LANES; l++) {
        const REAL e = EXP(x[l] - m);
        y[l] = e;
        sum[l] += e;
    }
}

/* Sum of exp(x - m); these are kept in y if store is 1. */
INLINE double JOIN(sum_exp, S)(const REAL *x, REAL m, REAL *y, int64_t n, int store)
{
    double total = 0;
    for (int64_t from = 0; from < n; from += SUM_BLOCK) {
        const int64_t end = cpu_least(n, from + SUM_BLOCK);
        REAL sum[LANES] = {0}, e[LANES], room[LANES];
        int64_t i = from;
        for (; i + LANES <= end; i += LANES)
            JOIN(exp_lanes, S)(x + i, m, store ? y + i : e, sum);
        if (i < end) {
            JOIN(pad, S)(room, x + i, end - i);
            JOIN(exp_lanes, S)(room, m, e, sum);
            for (int l = 0; store && i < end; i++, l++)
                y[i] = e[l];
        }
        total += JOIN(sum_lanes, S)(sum);
    }
    return total;
}

static void JOIN(forward_row, S)(const REAL *restrict x, REAL *restrict y, int64_t n, int is_log)
{
    const REAL m = JOIN(largest, S)(x, n);
    if (is_log) {
        const REAL log_sum = t_log((REAL)JOIN(sum_exp, S)(x, m, NULL, n, 0));
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] - m - log_sum;
    } else {
        const REAL scale = (REAL)(1 / JOIN(sum_exp, S)(x, m, y, n, 1));
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
        total += JOIN(sum_lanes, S)(sum);
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

/* ---- n rows of w <= STRIP columns ---- */

static void JOIN(forward_columns, S)(const REAL *restrict x, REAL *restrict y, int64_t n, int64_t w,
                                     int64_t stride, int is_log)
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
            const REAL e = EXP(v[k] - m[k]);
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
#undef EXP
#undef S
#undef REAL
