/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sums and maxima over lanes, included by lanes.h. */

enum { JOIN(LANES, S) = 128 / sizeof(REAL) };

INLINE REAL JOIN(sum_lanes, S)(REAL *v)
{
    UNROLL
    for (int h = JOIN(LANES, S) / 2; h > 0; h /= 2) {
        UNROLL
        for (int l = 0; l < h; l++)
            v[l] += v[l + h];
    }
    return v[0];
}

/* NaN loses against everything */
INLINE REAL JOIN(max_lanes, S)(REAL *v)
{
    UNROLL
    for (int h = JOIN(LANES, S) / 2; h > 0; h /= 2) {
        UNROLL
        for (int l = 0; l < h; l++)
            v[l] = v[l + h] > v[l] ? v[l + h] : v[l];
    }
    return v[0];
}

#undef S
#undef REAL
