/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The skeletons of one compute type: S is its suffix, T its C type. loop_<operands> gives a T,
 * test_<operands> a bool; operands: t is a T, b a bool. */

/* Parameters as formulas see them: Scalar and float in T, the others in int64. The driver packs it. */
typedef struct JOIN(k, S) {
    int64_t i[TORSH__CPU_MAX_PARAMS];
    T v[TORSH__CPU_MAX_PARAMS];
} JOIN(JOIN(k, S), t);
#define K JOIN(JOIN(k, S), t)

INLINE void JOIN(loop_index, S)(const torsh__cpu_loop_t *l, T (*f)(int64_t, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n, index = l->index;
    T *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(index + i, &k);
}

INLINE void JOIN(loop_t, S)(const torsh__cpu_loop_t *l, T (*f)(T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const T *a = l->s[0];
    T *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], &k);
}

INLINE void JOIN(loop_tt, S)(const torsh__cpu_loop_t *l, T (*f)(T, T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const T *a = l->s[0], *b = l->s[1];
    T *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], b[i], &k);
}

INLINE void JOIN(loop_ttt, S)(const torsh__cpu_loop_t *l, T (*f)(T, T, T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const T *a = l->s[0], *b = l->s[1], *c = l->s[2];
    T *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], b[i], c[i], &k);
}

INLINE void JOIN(loop_btt, S)(const torsh__cpu_loop_t *l, T (*f)(uint8_t, T, T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const uint8_t *a = l->s[0];
    const T *b = l->s[1], *c = l->s[2];
    T *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], b[i], c[i], &k);
}

INLINE void JOIN(loop_tbt, S)(const torsh__cpu_loop_t *l, T (*f)(T, uint8_t, T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const T *a = l->s[0], *c = l->s[2];
    const uint8_t *b = l->s[1];
    T *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], b[i], c[i], &k);
}

INLINE void JOIN(test_t, S)(const torsh__cpu_loop_t *l, uint8_t (*f)(T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const T *a = l->s[0];
    uint8_t *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], &k);
}

INLINE void JOIN(test_tt, S)(const torsh__cpu_loop_t *l, uint8_t (*f)(T, T, const K *))
{
    const K k = *(const K *)l->k;
    const int64_t n = l->n;
    const T *a = l->s[0], *b = l->s[1];
    uint8_t *d = l->d;
    INDEPENDENT for (int64_t i = 0; i < n; i++) d[i] = f(a[i], b[i], &k);
}

/* ---- reductions: f combines two values, in any order ---- */

/* n > 0 elements: as many running values as fill four of the widest registers, then a tree over them. far:
 * they come from memory, not from a cache, so what lies a page ahead is asked for (Zen 4: a fifth faster;
 * from a cache it would be slower). */
INLINE T JOIN(reduce_row, S)(const T *a, int64_t n, bool far, T (*f)(T, T))
{
    enum { MANY = 256 / sizeof(T), FEW = 32 / sizeof(T), AHEAD = 4096 / sizeof(T), LINE = 64 / sizeof(T) };
    int64_t i;
    T few[FEW];
    if (n < FEW) {
        T r = a[0];
        for (i = 1; i < n; i++)
            r = f(r, a[i]);
        return r;
    }
    if (n >= 2 * MANY) {
        T many[MANY];
        for (int j = 0; j < MANY; j++)
            many[j] = a[j];
        for (i = MANY; i + MANY <= n; i += MANY) {
            if (far)
                for (int j = 0; j < MANY; j += LINE)
                    __builtin_prefetch(a + i + AHEAD + j, 0, 2);
            for (int j = 0; j < MANY; j++)
                many[j] = f(many[j], a[i + j]);
        }
        NO_UNROLL for (int j = 0; j < MANY / 2; j++) many[j] = f(many[j], many[j + MANY / 2]);
        NO_UNROLL for (int j = 0; j < MANY / 4; j++) many[j] = f(many[j], many[j + MANY / 4]);
        for (int j = 0; j < FEW; j++)
            few[j] = f(many[j], many[j + FEW]);
    } else {
        for (int j = 0; j < FEW; j++)
            few[j] = a[j];
        i = FEW;
    }
    for (; i + FEW <= n; i += FEW)
        NO_UNROLL for (int j = 0; j < FEW; j++) few[j] = f(few[j], a[i + j]);
    UNROLL
    for (int half = FEW / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            few[j] = f(few[j], few[j + half]);
    T r = few[0];
    for (; i < n; i++)
        r = f(r, a[i]);
    return r;
}

/* results[r] = the n elements of row r, rows `stride` elements apart */
INLINE void JOIN(reduce_rows, S)(T *results, const T *a, int64_t rows, int64_t stride, int64_t n, bool far,
                                 T (*f)(T, T))
{
    for (int64_t r = 0; r < rows; r++)
        results[r] = JOIN(reduce_row, S)(a + r * stride, n, far, f);
}

/* acc[j] = f(acc[j], a[j] of all rows): n columns, rows `stride` elements apart, four at a time. The inner
 * loops have a fixed length and one f each, which compilers vectorize whatever the formula. */
INLINE void JOIN(reduce_into, S)(T *acc, const T *a, int64_t rows, int64_t stride, int64_t n, T (*f)(T, T))
{
    enum { WIDE = 128 / sizeof(T) };
    const int64_t whole = n - n % WIDE, fours = rows - rows % 4;
    for (int64_t r = 0; r < fours; r += 4) {
        const T *p = a + r * stride, *q = p + stride, *u = q + stride, *v = u + stride;
        for (int64_t j = 0; j < whole; j += WIDE) {
            T x[WIDE], y[WIDE];
            for (int i = 0; i < WIDE; i++)
                x[i] = f(p[j + i], q[j + i]);
            for (int i = 0; i < WIDE; i++)
                y[i] = f(u[j + i], v[j + i]);
            for (int i = 0; i < WIDE; i++)
                x[i] = f(x[i], y[i]);
            for (int i = 0; i < WIDE; i++)
                acc[j + i] = f(acc[j + i], x[i]);
        }
    }
    for (int64_t r = 0; r < rows; r++) {
        const T *p = a + r * stride;
        INDEPENDENT for (int64_t j = r < fours ? whole : 0; j < n; j++) acc[j] = f(acc[j], p[j]);
    }
}

#undef K
#undef S
#undef T
