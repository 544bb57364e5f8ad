/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Elements of N bytes; LOW and HIGH: the lanes that interleave the lower and the upper halves of two vectors.
 */

#define W JOIN(JOIN(cpu_word, N), t)
#define V JOIN(vector, N)
#define LOOSE JOIN(loose_vector, N)

typedef W V __attribute__((vector_size(16), may_alias));
typedef W LOOSE __attribute__((vector_size(16), aligned(N), may_alias));

/* Lanes x lanes: interleaving row i with row i + lanes/2 turns the matrix once log2(lanes) times done. */
static inline void JOIN(transpose_vectors, N)(W *to, int64_t to_stride, const W *from, int64_t from_stride)
{
    enum { LANES = 16 / N };
    V a[LANES], b[LANES];
    UNROLL
    for (int i = 0; i < LANES; i++)
        a[i] = *(const LOOSE *)(from + i * from_stride);
    UNROLL
    for (int step = 1; step < LANES; step *= 2) {
        UNROLL
        for (int i = 0; i < LANES / 2; i++) {
            b[2 * i] = __builtin_shufflevector(a[i], a[i + LANES / 2], LOW);
            b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + LANES / 2], HIGH);
        }
        UNROLL
        for (int i = 0; i < LANES; i++)
            a[i] = b[i];
    }
    UNROLL
    for (int i = 0; i < LANES; i++)
        *(LOOSE *)(to + i * to_stride) = a[i];
}

/* A square whose rows are whole cache lines. */
static inline void JOIN(transpose_square, N)(W *to, int64_t to_stride, const W *from, int64_t from_stride,
                                             bool past_cache)
{
    enum { SIDE = 64 / N, LANES = 16 / N };
    W square[SIDE][SIDE] __attribute__((aligned(64)));
    for (int r = 0; r < SIDE; r += LANES)
        for (int c = 0; c < SIDE; c += LANES)
            JOIN(transpose_vectors, N)(&square[r][c], SIDE, from + c * from_stride + r, from_stride);
    for (int r = 0; r < SIDE; r++)
        if (past_cache)
            cpu_stream(to + r * to_stride, square[r], 64);
        else
            memcpy(to + r * to_stride, square[r], 64);
}

static void JOIN(transpose, N)(void *d, int64_t to_stride, const void *s, int64_t from_stride, int64_t rows,
                               int64_t columns, bool past_cache)
{
    enum { SIDE = 64 / N, LANES = 16 / N };
    W *to = d;
    const W *from = s;
    for (int64_t c = 0; c < columns;) {
        const int64_t side = columns - c >= SIDE ? SIDE : columns - c >= LANES ? LANES : 1;
        int64_t r = 0;
        if (side == SIDE)
            for (; r + SIDE <= rows; r += SIDE)
                JOIN(transpose_square, N)
        (to + r * to_stride + c, to_stride, from + c * from_stride + r, from_stride, past_cache);
        if (side >= LANES)
            for (; r + LANES <= rows; r += LANES)
                for (int64_t i = c; i < c + side; i += LANES)
                    JOIN(transpose_vectors, N)
        (to + r * to_stride + i, to_stride, from + i * from_stride + r, from_stride);
        for (; r < rows; r++)
            for (int64_t i = c; i < c + side; i++)
                to[r * to_stride + i] = from[i * from_stride + r];
        c += side;
    }
}

#undef N
#undef W
#undef V
#undef LOOSE
#undef LOW
#undef HIGH
