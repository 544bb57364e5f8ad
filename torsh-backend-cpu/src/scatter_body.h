/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Additions in one dtype, included by scatter.c. S: its suffix; ELEM: its C type; ACC: what is added up;
 * PLUS, ALPHA: the sum and the factor's conversion; for 16-bit floats VALUE, LOAD and SAVE convert one and
 * many. */

#ifndef VALUE
#define VALUE(x) (x)
#endif

static void JOIN(add_task, S)(const void *ctx, int64_t first, int64_t last)
{
    const rows_t *p = ctx;
    const int64_t inner = p->inner, strips = (inner + p->strip - 1) / p->strip;
    const ACC alpha = (ACC)ALPHA(p->alpha);
    for (int64_t i = first; i < last; i++) {
        const int64_t o = i / strips, c = i % strips * p->strip, n = cpu_least(p->strip, inner - c);
        ELEM *to = (ELEM *)p->to + o * p->rows * inner + c;
        const ELEM *from = (const ELEM *)p->from + o * p->n_at * inner + c;
#ifdef LOAD
        const int64_t stride = n;
        ACC *sum = torsh__cpu_host->scratch((size_t)(p->rows * n) * sizeof(ACC));
        if (!sum) {
            *p->failed = 1;
            return;
        }
        for (int64_t r = 0; r < p->rows; r++)
            LOAD(sum + r * n, to + r * inner, n);
#else
        const int64_t stride = inner;
        ACC *sum = to;
#endif
        for (int64_t k = 0; k < p->n_at && n == 1; k++) {
            ACC *d = sum + p->at[k] * stride;
            *d = PLUS(*d, alpha * VALUE(from[k * inner]));
        }
        for (int64_t k = 0; k < p->n_at && n > 1; k++) {
            ACC *restrict d = sum + p->at[k] * stride;
            const ELEM *restrict s = from + k * inner;
            for (int64_t j = 0; j < n; j++)
                d[j] = PLUS(d[j], alpha * VALUE(s[j]));
        }
#ifdef LOAD
        for (int64_t r = 0; r < p->rows; r++)
            SAVE(to + r * inner, sum + r * n, n);
#endif
    }
}

static void JOIN(scatter_task, S)(const void *ctx, int64_t first, int64_t last)
{
    const scatter_t *p = ctx;
    const int64_t strips = (p->n + p->strip - 1) / p->strip, inner = p->inner;
    for (int64_t i = first; i < last; i++) {
        const int64_t o = i / strips, from = i % strips * p->strip, end = cpu_least(p->n, from + p->strip);
        ELEM *to = (ELEM *)p->to + place(p->index, p->self, o, 0, p->dim, -1);
        const ELEM *source = (const ELEM *)cpu_at(p->source) + place(p->index, p->source, o, 0, p->dim, -1);
#ifdef LOAD
        ACC *sum = torsh__cpu_host->scratch((size_t)(p->rows * inner) * sizeof(ACC));
        if (!sum) {
            *p->failed = 1;
            return;
        }
        LOAD(sum, to, p->rows * inner);
#else
        ACC *sum = to;
#endif
        for (int64_t r = 0; r < p->steps; r++) {
            ACC *d = sum + place(p->index, p->self, r, p->dim, p->last, p->dim);
            const ELEM *s = source + place(p->index, p->source, r, p->dim, p->last, -1);
            const int64_t *at = (const int64_t *)cpu_at(p->index) + (o * p->steps + r) * p->n;
            if (p->dim == p->last)
                for (int64_t j = from; j < end; j++)
                    d[at[j]] = PLUS(d[at[j]], VALUE(s[j]));
            else
                for (int64_t j = from; j < end; j++)
                    d[at[j] * inner + j] = PLUS(d[at[j] * inner + j], VALUE(s[j]));
        }
#ifdef LOAD
        SAVE(to, sum, p->rows * inner);
#endif
    }
}

#undef S
#undef ELEM
#undef ACC
#undef VALUE
#undef LOAD
#undef SAVE
