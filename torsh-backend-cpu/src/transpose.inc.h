/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Elements of N bytes. */

#define W JOIN(JOIN(cpu_word, N), t)

/* to[r][c] = from[c][r], by squares small enough for the first-level cache */
static void JOIN(transpose, N)(void *d, int64_t to_stride, const void *s, int64_t from_stride, int64_t rows, int64_t columns)
{
    enum { SIDE = 64 / N < 16 ? 64 / N : 16 };
    W *to = d;
    const W *from = s;
    W square[SIDE][SIDE];
    int64_t r0 = 0;
    for (; r0 + SIDE <= rows; r0 += SIDE) {
        int64_t c0 = 0;
        for (; c0 + SIDE <= columns; c0 += SIDE) {
            for (int c = 0; c < SIDE; c++)
                for (int r = 0; r < SIDE; r++)
                    square[c][r] = from[(c0 + c) * from_stride + r0 + r];
            for (int r = 0; r < SIDE; r++)
                for (int c = 0; c < SIDE; c++)
                    to[(r0 + r) * to_stride + c0 + c] = square[c][r];
        }
        for (; c0 < columns; c0++)
            for (int r = 0; r < SIDE; r++)
                to[(r0 + r) * to_stride + c0] = from[c0 * from_stride + r0 + r];
    }
    for (; r0 < rows; r0++)
        for (int64_t c = 0; c < columns; c++)
            to[r0 * to_stride + c] = from[c * from_stride + r0];
}

#undef W
#undef N
