/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Depthwise convolution: one channel against one kernel, directly, for one REAL. Included by conv_f32.c,
 * conv_f64.c. */

/* Outputs [*from, *to) of n for which the tap that adds `offset` reads inside [0, size). */
static void inside(int64_t n, int64_t stride, int64_t offset, int64_t size, int64_t *from, int64_t *to)
{
    const int64_t first = offset < 0 ? (stride - 1 - offset) / stride : 0;
    const int64_t last = size > offset ? (size - 1 - offset) / stride + 1 : 0;
    *from = first < n ? first : n;
    *to = last < *from ? *from : last < n ? last : n;
}

enum { TAPS = 32 };

/* Outputs of a line for which the taps of a column of the kernel read inside the image. */
typedef struct reach {
    int64_t from[TAPS], to[TAPS];
} reach_t;

/* one line of the output, taps [a0, a1) of its kernel's rows and at most TAPS of its columns */
INLINE void line(const torsh__image_t *m, const int64_t stride, const REAL *weight, const int64_t *w_step,
                 int64_t i, int64_t a0, int64_t a1, const reach_t *reach, const REAL *bias, int add,
                 REAL *out, int64_t out_cs)
{
    for (int64_t j = 0; j < m->columns; j += W) {
        const int64_t n = m->columns - j < W ? m->columns - j : W;
        vec_t sum = splat(bias ? *bias : 0);
        if (add)
            sum = load_lanes(out + j * out_cs, out_cs, 0, n);
        for (int64_t a = a0; a < a1; a++) {
            const REAL *x = (const REAL *)m->data + (i * m->stride[0] + m->start[0] + a * m->step[0]) * m->w +
                            j * stride + m->start[1];
            for (int64_t b = 0; b < m->taps[1]; b++, x += m->step[1]) {
                const int64_t from = reach->from[b] > j ? reach->from[b] - j : 0;
                const int64_t to = reach->to[b] - j < n ? reach->to[b] - j : n;
                const vec_t w = splat(weight[a * w_step[0] + b * w_step[1]]);
                if (stride == 1 && from == 0 && to == W)
                    sum = fma_v(w, load(x), sum);
                else if (to > from)
                    sum = fma_v(w, load_lanes(x, stride, from, to - from), sum);
            }
        }
        if (out_cs == 1)
            store_n(out + j, sum, n);
        else
            for (int64_t l = 0; l < n; l++)
                out[(j + l) * out_cs] = sum[l];
    }
}

static void plane(const torsh__image_t *whole, const void *weight, const int64_t *w_step, const void *bias,
                  int add, void *out, int64_t out_rs, int64_t out_cs)
{
    torsh__image_t m = *whole;
    int64_t b0 = 0;
    do {
        reach_t reach;
        m.start[1] = whole->start[1] + b0 * m.step[1];
        m.taps[1] = whole->taps[1] - b0 < TAPS ? whole->taps[1] - b0 : TAPS;
        for (int64_t b = 0; b < m.taps[1]; b++)
            inside(m.columns, m.stride[1], m.start[1] + b * m.step[1], m.w, &reach.from[b], &reach.to[b]);
        const REAL *w = (const REAL *)weight + b0 * w_step[1];
        for (int64_t i = 0; i < m.rows; i++) {
            REAL *to = (REAL *)out + i * out_rs;
            int64_t a0 = 0, a1 = m.taps[0];
            /* taps whose line is inside the image; steps may go up or down */
            while (a0 < a1 && (uint64_t)(i * m.stride[0] + m.start[0] + a0 * m.step[0]) >= (uint64_t)m.h)
                a0++;
            while (a0 < a1 &&
                   (uint64_t)(i * m.stride[0] + m.start[0] + (a1 - 1) * m.step[0]) >= (uint64_t)m.h)
                a1--;
            if (m.stride[1] == 1)
                line(&m, 1, w, w_step, i, a0, a1, &reach, bias, add, to, out_cs);
            else
                line(&m, m.stride[1], w, w_step, i, a0, a1, &reach, bias, add, to, out_cs);
        }
        b0 += TAPS;
        add = 1;
    } while (b0 < whole->taps[1]);
}

static void plane_weight(const torsh__image_t *m, const void *grad, int add, void *weight)
{
    for (int64_t a = 0; a < m->taps[0]; a++)
        for (int64_t b = 0; b < m->taps[1]; b++) {
            const int64_t dh = m->start[0] + a * m->step[0], dw = m->start[1] + b * m->step[1],
                          stride = m->stride[1];
            REAL *to = (REAL *)weight + a * m->taps[1] + b;
            vec_t sum = {0};
            int64_t i0, i1, j0, j1;
            inside(m->rows, m->stride[0], dh, m->h, &i0, &i1);
            inside(m->columns, stride, dw, m->w, &j0, &j1);
            for (int64_t i = i0; i < i1; i++) {
                const REAL *x = (const REAL *)m->data + (i * m->stride[0] + dh) * m->w + dw;
                const REAL *g = (const REAL *)grad + i * m->columns;
                for (int64_t j = j0; j < j1; j += W) {
                    const int64_t n = j1 - j < W ? j1 - j : W;
                    if (stride == 1 && n == W)
                        sum = fma_v(load(g + j), load(x + j), sum);
                    else
                        sum = fma_v(load_n(g + j, n), load_lanes(x + j * stride, stride, 0, n), sum);
                }
            }
            *to = (add ? *to : 0) + sum_v(sum);
        }
}
