/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "transpose.h"

#include <string.h>

#include "stream.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define N 1
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#include "transpose.inc.h"
#define N 2
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#include "transpose.inc.h"
#define N 4
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#include "transpose.inc.h"
#define N 8
#define LOW 0, 2
#define HIGH 1, 3
#include "transpose.inc.h"

void cpu_transpose(void *to, int64_t to_stride, const void *from, int64_t from_stride, int64_t rows,
                   int64_t columns, int bytes, bool past_cache)
{
    switch (bytes) {
    case 1:
        transpose_1(to, to_stride, from, from_stride, rows, columns, past_cache);
        break;
    case 2:
        transpose_2(to, to_stride, from, from_stride, rows, columns, past_cache);
        break;
    case 4:
        transpose_4(to, to_stride, from, from_stride, rows, columns, past_cache);
        break;
    default:
        transpose_8(to, to_stride, from, from_stride, rows, columns, past_cache);
    }
}
