/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Elements of N bytes: rows of n between strided and contiguous memory. */

#define W JOIN(JOIN(cpu_word, N), t)

static inline void JOIN(fill, N)(void *d, const void *value, int64_t n)
{
    W *to = d;
    const W x = *(const W *)value;
    for (int64_t i = 0; i < n; i++)
        to[i] = x;
}

static inline void JOIN(gather, N)(void *d, const void *s, int64_t row_stride, int64_t rows, int64_t stride,
                                   int64_t n)
{
    W *to = d;
    for (int64_t r = 0; r < rows; r++, to += n) {
        const W *from = (const W *)s + r * row_stride;
        if (stride == 0) {
            JOIN(fill, N)(to, from, n);
        } else if (stride == 1) {
            for (int64_t i = 0; i < n; i++)
                to[i] = from[i];
        } else {
            for (int64_t i = 0; i < n; i++)
                to[i] = from[i * stride];
        }
    }
}

static inline void JOIN(scatter, N)(void *d, int64_t row_stride, int64_t rows, int64_t stride, int64_t n,
                                    const void *s)
{
    const W *from = s;
    for (int64_t r = 0; r < rows; r++, from += n) {
        W *to = (W *)d + r * row_stride;
        for (int64_t i = 0; i < n; i++)
            to[i * stride] = from[i];
    }
}

#undef W
#undef N
