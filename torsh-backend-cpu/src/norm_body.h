/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One normalised row: included by norm.c. */

#define LANES ((int)JOIN(LANES, S))

INLINE double JOIN(sum_row, S)(const REAL *x, int64_t n)
{
    double total = 0;
    for (int64_t from = 0; from < n; from += SUM_BLOCK) {
        const int64_t end = cpu_least(n, from + SUM_BLOCK);
        REAL sum[LANES] = {0};
        int64_t i = from;
        for (; i + LANES <= end; i += LANES)
            for (int l = 0; l < LANES; l++)
                sum[l] += x[i + l];
        for (int l = 0; i < end; i++, l++)
            sum[l] += x[i];
        total += JOIN(sum_lanes, S)(sum);
    }
    return total;
}

/* The sums of x - m and of its square. */
INLINE void JOIN(spread, S)(const REAL *x, int64_t n, REAL m, double *first, double *second)
{
    *first = *second = 0;
    for (int64_t from = 0; from < n; from += SUM_BLOCK) {
        const int64_t end = cpu_least(n, from + SUM_BLOCK);
        REAL sum[LANES] = {0}, squares[LANES] = {0};
        int64_t i = from;
        for (; i + LANES <= end; i += LANES)
            for (int l = 0; l < LANES; l++) {
                const REAL d = x[i + l] - m;
                sum[l] += d;
                squares[l] += d * d;
            }
        for (int l = 0; i < end; i++, l++) {
            const REAL d = x[i] - m;
            sum[l] += d;
            squares[l] += d * d;
        }
        *first += JOIN(sum_lanes, S)(sum);
        *second += JOIN(sum_lanes, S)(squares);
    }
}

/* y may be x. Distances are taken from the rounded mean m; its error, the mean of the distances, is
 * subtracted as well, so that a mean far greater than the deviation costs no digits. */
static void JOIN(row, S)(const REAL *x, REAL *y, const REAL *restrict weight, const REAL *restrict bias,
                         int64_t n, double eps, double *mean, double *rstd)
{
    const REAL m = (REAL)(n ? JOIN(sum_row, S)(x, n) / (double)n : 0);
    double first, second;
    JOIN(spread, S)(x, n, m, &first, &second);
    const double error = n ? first / (double)n : 0, square = second / (double)n - error * error;
    *mean = m + error;
    *rstd = 1 / sqrt((square < 0 ? 0 : square) + eps);
    const REAL scale = (REAL)*rstd, shift = (REAL)(-error * *rstd);
    if (weight && bias)
        for (int64_t i = 0; i < n; i++)
            y[i] = REAL_FMA(REAL_FMA(x[i] - m, scale, shift), weight[i], bias[i]);
    else if (weight)
        for (int64_t i = 0; i < n; i++)
            y[i] = REAL_FMA(x[i] - m, scale, shift) * weight[i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i] = REAL_FMA(x[i] - m, scale, shift) + (bias ? bias[i] : 0);
}

#undef LANES
#undef S
#undef REAL
#undef REAL_FMA
