/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows [i0, i1) of an integer product, for one ELEM: included by gemm_int.c. SUM is unsigned and at least as
 * wide: sums wrap, and what is cut off at the end could not have come back. */

static void NAME(const torsh__gemm_t *g, int64_t i0, int64_t i1)
{
    enum { ROWS = 32, COLUMNS = 128, STEPS = 16 };
    SUM sum[ROWS][COLUMNS], b[STEPS][COLUMNS];
    const ELEM *bias = g->bias;
    const SUM alpha = (SUM)(int64_t)g->alpha, beta = (SUM)(int64_t)g->beta;
    for (int64_t j0 = 0; j0 < g->n; j0 += COLUMNS)
        for (int64_t i = i0; i < i1; i += ROWS) {
            const int64_t n = g->n - j0 < COLUMNS ? g->n - j0 : COLUMNS, m = i1 - i < ROWS ? i1 - i : ROWS;
            memset(sum, 0, sizeof sum);
            for (int64_t k0 = 0; k0 < g->k; k0 += STEPS) {
                const int64_t steps = g->k - k0 < STEPS ? g->k - k0 : STEPS;
                const ELEM *from = (const ELEM *)g->b + k0 * g->b_rs + j0 * g->b_cs;
                if (g->b_rs == 1) /* reads along memory, whichever way it lies */
                    for (int64_t j = 0; j < n; j++)
                        for (int64_t k = 0; k < steps; k++)
                            b[k][j] = (SUM)from[j * g->b_cs + k];
                else
                    for (int64_t k = 0; k < steps; k++)
                        for (int64_t j = 0; j < n; j++)
                            b[k][j] = (SUM)from[k * g->b_rs + j * g->b_cs];
                for (int64_t k = steps; k < STEPS; k++)
                    memset(b[k], 0, sizeof b[k]);
                for (int64_t r = 0; r < m; r++) {
                    const ELEM *a = (const ELEM *)g->a + (i + r) * g->a_rs + k0 * g->a_cs;
                    for (int64_t k = 0; k < steps; k += 4) {
                        SUM x[4];
                        for (int64_t s = 0; s < 4; s++)
                            x[s] = k + s < steps ? (SUM)a[(k + s) * g->a_cs] : 0;
                        for (int64_t j = 0; j < n; j++)
                            sum[r][j] +=
                                x[0] * b[k][j] + x[1] * b[k + 1][j] + x[2] * b[k + 2][j] + x[3] * b[k + 3][j];
                    }
                }
            }
            for (int64_t r = 0; r < m; r++) {
                ELEM *c = (ELEM *)g->c + (i + r) * g->c_rs + j0;
                for (int64_t j = 0; j < n; j++) {
                    SUM x = alpha * sum[r][j];
                    if (beta)
                        x += beta * (SUM)c[j];
                    if (bias)
                        x += (SUM)bias[(j0 + j) * g->bias_stride];
                    const ELEM y = (ELEM)x;
                    c[j] = g->relu && y < 1 ? 0 : y;
                }
            }
        }
}

#undef NAME
#undef ELEM
#undef SUM
