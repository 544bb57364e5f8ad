/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_CPU_BYTES_H
#define TORSH_CPU_BYTES_H

#include <torsh/core.h>

/* Bytes of an element; as torsh_dtype_bytes, without a call. */
static inline int cpu_bytes(int dtype)
{
    static const uint8_t bytes[] = {
#define X(name, value, bytes, text) [value] = bytes,
        TORSH_DTYPE_LIST(X)
#undef X
    };
    return bytes[dtype];
}

#endif
