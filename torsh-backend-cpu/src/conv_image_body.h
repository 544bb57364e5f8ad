/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pieces of a correlation's matrix straight from the image, for one REAL: included by conv_f32.c and
 * conv_f64.c. */

#include "gemm_vec.h"

enum { NR = 2 * W };

/* Lanes [lane, lane + n) of a vector come from image elements at, at + stride, … */
typedef struct run {
    int64_t lane, n, at;
} run_t;

/* The part of `from` whose elements lie inside the image, for the tap that adds (dh, dw). `from` counts in
 * output columns: at is the first one. 0: none of it. */
static int clip(const torsh__image_t *m, int64_t row, const run_t *from, int64_t dh, int64_t dw, run_t *to)
{
    const int64_t h = row % m->rows * m->stride[0] + dh, stride = m->stride[1];
    if (h < 0 || h >= m->h)
        return 0;
    int64_t first = from->at * stride + dw, skip = 0, n = from->n;
    if (first < 0) {
        skip = (stride - 1 - first) / stride;
        first += skip * stride;
    }
    n -= skip;
    if (n > 0 && first + (n - 1) * stride >= m->w)
        n = first < m->w ? (m->w - 1 - first) / stride + 1 : 0;
    to->lane = from->lane + skip;
    to->n = n;
    to->at = row / m->rows * m->item_stride + h * m->w + first;
    return n > 0;
}

/* A vector for each channel: lanes of `runs` from the image, the others 0. */
INLINE void fill_runs(const REAL *image, int64_t plane, const int64_t stride, int64_t channels,
                      const run_t *runs, const int n, REAL *to, int64_t to_rs)
{
    for (int64_t c = 0; c < channels; c++, image += plane, to += to_rs) {
        vec_t v = {0};
        for (int r = 0; r < n; r++)
            v = or_v(v,
                     load_lanes(image + runs[r].at - runs[r].lane * stride, stride, runs[r].lane, runs[r].n));
        store(to, v);
    }
}

/* The usual cases with constants, so that masks are made once and not for each channel. */
static void fill(const REAL *image, int64_t plane, int64_t stride, int64_t channels, const run_t *runs, int n,
                 REAL *to, int64_t to_rs)
{
    if (stride == 1 && n == 1 && runs[0].n == W)
        for (int64_t c = 0; c < channels; c++)
            store(to + c * to_rs, load(image + c * plane + runs[0].at));
    else if (stride == 1 && n == 1)
        fill_runs(image, plane, 1, channels, runs, 1, to, to_rs);
    else if (stride == 1 && n == 2)
        fill_runs(image, plane, 1, channels, runs, 2, to, to_rs);
    else if (stride == 1)
        fill_runs(image, plane, 1, channels, runs, n, to, to_rs);
    else if (stride == 2 && n == 1)
        fill_runs(image, plane, 2, channels, runs, 1, to, to_rs);
    else if (stride == 2)
        fill_runs(image, plane, 2, channels, runs, n, to, to_rs);
    else
        fill_runs(image, plane, stride, channels, runs, n, to, to_rs);
}

static void image_panels(const torsh__image_t *m, int64_t k0, int64_t k, int64_t q0, int64_t n, void *to)
{
    const REAL *image = m->data;
    const int64_t taps = m->taps[0] * m->taps[1], plane = m->h * m->w;
    for (int64_t j = 0; j < (n + NR - 1) / NR * NR; j += W) {
        /* the output rows of which these W positions are parts */
        run_t parts[W], runs[W];
        int n_parts = 0;
        for (int64_t lane = 0; lane < W && j + lane < n;) {
            const int64_t left = n - j < W ? n - j - lane : W - lane, column = (q0 + j + lane) % m->columns;
            run_t *part = &parts[n_parts++];
            part->lane = lane;
            part->at = column;
            part->n = m->columns - column < left ? m->columns - column : left;
            lane += part->n;
        }
        const int64_t row = (q0 + j) / m->columns;
        REAL *panel = (REAL *)to + j / NR * NR * k + j % NR;
        for (int64_t t = 0; t < taps; t++) {
            const int64_t dh = m->start[0] + t / m->taps[1] * m->step[0];
            const int64_t dw = m->start[1] + t % m->taps[1] * m->step[1];
            const int64_t c0 = k0 > t ? (k0 - t + taps - 1) / taps : 0, c1 = (k0 + k - t + taps - 1) / taps;
            int n_runs = 0;
            for (int p = 0; p < n_parts; p++)
                n_runs += clip(m, row + p, &parts[p], dh, dw, &runs[n_runs]);
            if (c1 > c0)
                fill(image + c0 * plane, plane, m->stride[1], c1 - c0, runs, n_runs,
                     panel + (c0 * taps + t - k0) * NR, taps * NR);
        }
    }
}

static void copy(const REAL *from, int64_t n, REAL *to)
{
    int64_t i = 0;
    for (; i + W <= n; i += W)
        store(to + i, load(from + i));
    if (i < n)
        store_n(to + i, load_n(from + i, n - i), n - i);
}

static void image_rows(const torsh__image_t *m, int64_t k0, int64_t k, int64_t q0, int64_t n, void *to,
                       int64_t to_rs)
{
    const int64_t taps = m->taps[0] * m->taps[1], plane = m->h * m->w, stride = m->stride[1];
    for (int64_t i = 0; i < k; i++) {
        const int64_t c = (k0 + i) / taps, t = (k0 + i) % taps;
        const int64_t dh = m->start[0] + t / m->taps[1] * m->step[0];
        const int64_t dw = m->start[1] + t % m->taps[1] * m->step[1];
        const REAL *image = (const REAL *)m->data + c * plane;
        REAL *row = (REAL *)to + i * to_rs;
        for (int64_t q = 0, line = q0 / m->columns, column = q0 % m->columns; q < n; line++, column = 0) {
            const int64_t left = n - q, whole = m->columns - column;
            const run_t part = {.lane = q, .n = whole < left ? whole : left, .at = column};
            run_t run = {.lane = q, .n = 0};
            if (!clip(m, line, &part, dh, dw, &run))
                run = (run_t){.lane = q, .n = 0, .at = 0};
            for (; q < run.lane; q++)
                row[q] = 0;
            if (stride == 1)
                copy(image + run.at, run.n, row + q);
            else
                for (int64_t l = 0; l < run.n; l += W) {
                    const int64_t some = run.n - l < W ? run.n - l : W;
                    store_n(row + q + l, load_lanes(image + run.at + l * stride, stride, 0, some), some);
                }
            for (q += run.n; q < part.lane + part.n; q++)
                row[q] = 0;
        }
    }
}

/* Columns of the partial sums are rows of the weight gradient; parts are added in their order. */
static void sum_parts(const void *from, int64_t parts, int64_t part_elements, int64_t i0, int64_t i1,
                      int64_t rows, int64_t co, void *to)
{
    const REAL *x = from;
    REAL *y = to;
    for (int64_t i = i0; i < i1; i++)
        for (int64_t j = 0; j < co; j++) {
            REAL sum = 0;
            for (int64_t p = 0; p < parts; p++)
                sum += x[p * part_elements + i * co + j];
            y[j * rows + i] = sum;
        }
}
