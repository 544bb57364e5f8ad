/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mt19937.h"

enum { N = TORSH__MT_N, M = TORSH__MT_M };

void torsh__mt_seed(torsh__mt19937_t *mt, uint32_t seed)
{
    mt->state[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        mt->state[i] = 1812433253u * (mt->state[i - 1] ^ mt->state[i - 1] >> 30) + i;
    mt->left = 1;
    mt->next = 0;
}

static inline uint32_t twist(uint32_t u, uint32_t v)
{
    return ((u & 0x80000000u) | (v & 0x7fffffffu)) >> 1 ^ (-(v & 1u) & 0x9908b0dfu);
}

static inline uint32_t temper(uint32_t y)
{
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* state[i] depends on state[i + 397 mod 624], which lies 227 back once i has passed 226. The loops are cut so
 * that gcc -O2 vectorizes them: fixed counts that are multiples of four. */
static void next_block(torsh__mt19937_t *mt)
{
    uint32_t *s = mt->state;
    for (int i = 0; i < 224; i++)
        s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
    for (int i = 224; i < N - M; i++)
        s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
    for (int i = N - M; i < N - 1; i++)
        s[i] = s[i - (N - M)] ^ twist(s[i], s[i + 1]);
    s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
    mt->left = N + 1;
    mt->next = 0;
}

static void temper_all(uint32_t *restrict out, const uint32_t *restrict state, int32_t n)
{
    enum { STEP = 16 };
    int32_t i = 0;
    for (; i + STEP <= n; i += STEP)
        for (int k = 0; k < STEP; k++)
            out[i + k] = temper(state[i + k]);
    for (; i < n; i++)
        out[i] = temper(state[i]);
}

uint32_t torsh__mt_u32(torsh__mt19937_t *mt)
{
    if (mt->left == 1)
        next_block(mt);
    mt->left--;
    return temper(mt->state[mt->next++]);
}

void torsh__mt_block(torsh__mt19937_t *mt, uint32_t *out, int64_t n)
{
    while (n > 0) {
        if (mt->left == 1)
            next_block(mt);
        int32_t some = mt->left - 1 < n ? mt->left - 1 : (int32_t)n;
        temper_all(out, mt->state + mt->next, some);
        mt->left -= some;
        mt->next += (uint32_t)some;
        out += some;
        n -= some;
    }
}
