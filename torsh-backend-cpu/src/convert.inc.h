/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Conversions from one dtype: S is its suffix, T its C type; I32(x) and I64(x) make integers of a T, U8(x)
 * something with the right low byte. The table is in the order of slot_of() in convert.c. */

static void JOIN(u8_from, S)(void *d, const void *s, int64_t n)
{
    uint8_t *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = (uint8_t)U8(from[i]);
}

static void JOIN(i8_from, S)(void *d, const void *s, int64_t n)
{
    int8_t *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = (int8_t)I32(from[i]);
}

static void JOIN(i16_from, S)(void *restrict d, const void *restrict s, int64_t n)
{
    int16_t *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = (int16_t)I32(from[i]);
}

static void JOIN(i32_from, S)(void *restrict d, const void *restrict s, int64_t n)
{
    int32_t *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = (int32_t)I32(from[i]);
}

static void JOIN(i64_from, S)(void *restrict d, const void *restrict s, int64_t n)
{
    int64_t *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = I64(from[i]);
}

static void JOIN(f32_from, S)(void *restrict d, const void *restrict s, int64_t n)
{
    float *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static void JOIN(f64_from, S)(void *restrict d, const void *restrict s, int64_t n)
{
    double *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = (double)from[i];
}

static void JOIN(bool_from, S)(void *restrict d, const void *restrict s, int64_t n)
{
    uint8_t *to = d;
    const T *from = s;
    for (int64_t i = 0; i < n; i++)
        to[i] = from[i] != 0;
}

static const convert_fn JOIN(table, S)[] = {JOIN(u8_from, S),  JOIN(i8_from, S),  JOIN(i16_from, S),
                                            JOIN(i32_from, S), JOIN(i64_from, S), JOIN(f32_from, S),
                                            JOIN(f64_from, S), JOIN(bool_from, S)};

#undef S
#undef T
#undef U8
#undef I32
#undef I64
