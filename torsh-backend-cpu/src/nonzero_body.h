/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Elements of ELEM that are not 0 (IS_SET), as bits and counted: included by nonzero.c. */

static uint64_t JOIN(bits, S)(const void *group, int64_t n)
{
    const ELEM *x = group;
    uint8_t set[GROUP] = {0};
    uint64_t bits = 0;
    if (n == GROUP)
        for (int i = 0; i < GROUP; i++)
            set[i] = IS_SET(x[i]);
    else
        for (int i = 0; i < n; i++)
            set[i] = IS_SET(x[i]);
    for (int i = 0; i < GROUP; i += 8) {
        uint64_t eight;
        memcpy(&eight, set + i, 8);
        bits |= eight * UINT64_C(0x0102040810204080) >> 56 << i; /* byte k to bit 56 + k */
    }
    return bits;
}

static int64_t JOIN(count, S)(const void *elements, int64_t n)
{
    enum { LANES = 64 / sizeof(ELEM), ROUNDS = 128 }; /* of which a byte can keep the count */
    const ELEM *x = elements;
    int64_t total = 0, i = 0;
    while (n - i >= LANES) {
        const int64_t rounds = cpu_least((n - i) / LANES, ROUNDS);
        ELEM lanes[LANES] = {0};
        for (int64_t r = 0; r < rounds; r++, i += LANES)
            for (int l = 0; l < LANES; l++)
                lanes[l] += IS_SET(x[i + l]);
        for (int l = 0; l < LANES; l++)
            total += (int64_t)lanes[l];
    }
    for (; i < n; i++)
        total += IS_SET(x[i]);
    return total;
}

#undef S
#undef ELEM
#undef IS_SET
