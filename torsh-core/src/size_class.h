/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sizes of blocks. Up to 1 KiB a class for each 64 bytes, above four classes for each power of two. */
#ifndef TORSH_CORE_SIZE_CLASS_H
#define TORSH_CORE_SIZE_CLASS_H

#include <stdint.h>

enum {
    TORSH__BLOCK_ALIGN = 64,
    TORSH__FINE_BYTES = 1024,     /* the last size that goes by steps of 64 */
    TORSH__SMALL_BYTES = 1 << 16, /* up to here all blocks of a class have its full size */
    TORSH__FINE_CLASSES = TORSH__FINE_BYTES / TORSH__BLOCK_ALIGN,
    TORSH__SMALL_CLASSES = TORSH__FINE_CLASSES + 4 * 6,
    TORSH__CLASSES = TORSH__SMALL_CLASSES + 4 * 31
};
#define TORSH__MAX_BLOCK_BYTES ((int64_t)1 << 47) /* the last class ends here */

/* The class of blocks of `bytes`, which lies in [1, TORSH__MAX_BLOCK_BYTES]. */
static inline int torsh__size_class(int64_t bytes)
{
    uint64_t last = (uint64_t)bytes - 1;
    if (bytes <= TORSH__FINE_BYTES)
        return (int)(last / TORSH__BLOCK_ALIGN);
    int log2 = 63 - __builtin_clzll(last); /* at least 10 */
    int quarter = (int)(last >> (log2 - 2)) & 3;
    return TORSH__FINE_CLASSES + 4 * (log2 - 10) + quarter;
}

/* The size of the largest block of a class. */
static inline int64_t torsh__class_bytes(int size_class)
{
    if (size_class < TORSH__FINE_CLASSES)
        return (int64_t)(size_class + 1) * TORSH__BLOCK_ALIGN;
    int step = size_class - TORSH__FINE_CLASSES;
    return (int64_t)(5 + step % 4) << (8 + step / 4);
}

/* What is reserved for `bytes`: its class's size if small, else at most a sixteenth or 2 MiB more. */
static inline int64_t torsh__reserved_bytes(int64_t bytes)
{
    if (bytes <= TORSH__SMALL_BYTES)
        return torsh__class_bytes(torsh__size_class(bytes));
    int log2 = 63 - __builtin_clzll((uint64_t)bytes - 1);
    int64_t step = (int64_t)1 << (log2 - 4 < 21 ? log2 - 4 : 21);
    return (bytes + step - 1) / step * step;
}

#endif
