/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writing around the cache. A result too large to stay there need not be read into it first: half the traffic
 * of a fill, two thirds of a copy, three quarters of a + b. */
#ifndef TORSH_CPU_STREAM_H
#define TORSH_CPU_STREAM_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    CPU_STREAM_BYTES = 32 << 20, /* results from this size on */
#ifdef __AVX512F__
    CPU_STREAM_OPERANDS =
        4 /* up to so many operands it is faster (Zen 4: a + b by a tenth, copy and fill by half) */
#else
    CPU_STREAM_OPERANDS =
        1 /* stores of less than a cache line do not gain when two arrays are read besides */
#endif
};

static inline void cpu_stream_vector(char *to, const char *from)
{
#if defined(__AVX512F__)
    _mm512_stream_si512((__m512i *)to, _mm512_loadu_si512((const __m512i *)from));
#elif defined(__AVX__)
    _mm256_stream_si256((__m256i *)to, _mm256_loadu_si256((const __m256i *)from));
#else
    _mm_stream_si128((__m128i *)to, _mm_loadu_si128((const __m128i *)from));
#endif
}

/* As memcpy; s and d do not overlap. cpu_stream_end() comes before other threads may read d. */
static inline void cpu_stream(void *d, const void *s, int64_t bytes)
{
#if defined(__AVX512F__)
    enum { VECTOR = 64 };
#elif defined(__AVX__)
    enum { VECTOR = 32 };
#else
    enum { VECTOR = 16 };
#endif
    char *to = d;
    const char *from = s;
    const int64_t ahead = (VECTOR - (int64_t)((uintptr_t)to % VECTOR)) % VECTOR,
                  head = ahead < bytes ? ahead : bytes;
    if (head > 0)
        memcpy(to, from, (size_t)head);
    int64_t i = head;
    for (; i + VECTOR <= bytes; i += VECTOR)
        cpu_stream_vector(to + i, from + i);
    if (i < bytes)
        memcpy(to + i, from + i, (size_t)(bytes - i));
}

static inline void cpu_stream_end(void)
{
    _mm_sfence();
}

#endif
