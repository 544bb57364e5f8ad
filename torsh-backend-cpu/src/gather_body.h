/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows [first, last) for elements of ELEM's size: included by gather.c. */

static void GATHER(const void *ctx, int64_t first, int64_t last)
{
    const gather_t *g = ctx;
    const int64_t n = g->n, stride = g->stride, step = g->last_stride;
    if (!check(g, first, last))
        return;
    for (int64_t r = first; r < last; r++) {
        const ELEM *restrict from = (const ELEM *)g->self + row_start(g, r);
        const int64_t *restrict at = (const int64_t *)cpu_at(g->index) + r * n;
        ELEM *restrict to = (ELEM *)g->out + r * n;
        if (step == 0)
            for (int64_t j = 0; j < n; j++)
                to[j] = from[at[j]];
        else
            for (int64_t j = 0; j < n; j++)
                to[j] = from[at[j] * stride + j];
    }
}

#undef ELEM
#undef GATHER
