/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bits of up to GROUP elements of ELEM that are not 0: included by nonzero.c. */

static uint64_t BITS(const void *group, int64_t n)
{
    const ELEM *x = group;
    uint64_t bits = 0;
    if (n == GROUP)
        for (int i = 0; i < GROUP; i++)
            bits |= (uint64_t)IS_SET(x[i]) << i;
    else
        for (int i = 0; i < n; i++)
            bits |= (uint64_t)IS_SET(x[i]) << i;
    return bits;
}

#undef ELEM
#undef IS_SET
#undef BITS
