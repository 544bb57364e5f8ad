/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Mersenne twister (Matsumoto and Nishimura 1998), 624 numbers at a time. */
#ifndef TORSH_CORE_MT19937_H
#define TORSH_CORE_MT19937_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TORSH__MT_N = 624, TORSH__MT_M = 397 };

/* As PyTorch counts: `left` - 1 numbers of this block are still to be given, from state[next] on. */
typedef struct torsh__mt19937 {
    int32_t left;
    uint32_t next;
    uint32_t state[TORSH__MT_N];
} torsh__mt19937_t;

void torsh__mt_seed(torsh__mt19937_t *mt, uint32_t seed);
uint32_t torsh__mt_u32(torsh__mt19937_t *mt);
/* The same stream, n numbers of it. */
void torsh__mt_block(torsh__mt19937_t *mt, uint32_t *out, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
