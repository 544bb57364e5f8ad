/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows of one element of ELEM's size: included by select.c. */

static void COPY(void *to, const void *from, const int64_t *restrict at, int64_t n)
{
    ELEM *restrict d = to;
    const ELEM *restrict s = from;
    for (int64_t k = 0; k < n; k++)
        d[k] = s[at[k]];
}

#undef ELEM
#undef COPY
