// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "size_class.h"

static void expect_fits(int64_t bytes)
{
    int c = torsh__size_class(bytes);
    int64_t reserved = torsh__reserved_bytes(bytes);
    EXPECT_GE(torsh__class_bytes(c), bytes);
    EXPECT_LT(c, (int)TORSH__CLASSES);
    EXPECT_LT(c > 0 ? torsh__class_bytes(c - 1) : 0, bytes) << "the smallest class that holds it";
    EXPECT_GE(reserved, bytes);
    EXPECT_EQ(reserved % TORSH__BLOCK_ALIGN, 0);
    EXPECT_EQ(torsh__size_class(reserved), c) << bytes;
    EXPECT_EQ(torsh__reserved_bytes(reserved), reserved);
    int64_t waste = bytes > TORSH__SMALL_BYTES  ? bytes / 16 + 1
                    : bytes > TORSH__FINE_BYTES ? bytes / 4 + 1
                                                : 63;
    EXPECT_LE(reserved - bytes, waste) << bytes;
}

TEST(SizeClass, every_size_has_the_smallest_class_that_holds_it)
{
    for (int64_t bytes = 1; bytes <= 200000; bytes++)
        expect_fits(bytes);
    for (int64_t power = 1 << 17; power <= TORSH__MAX_BLOCK_BYTES; power *= 2)
        for (int64_t bytes :
             {power - 1, power, power + 1, power + power / 4, power + power / 4 + 1, power * 3 / 2})
            if (bytes <= TORSH__MAX_BLOCK_BYTES)
                expect_fits(bytes);
}

TEST(SizeClass, classes_go_by_64_bytes_then_by_quarters_of_a_power_of_two)
{
    EXPECT_EQ(torsh__class_bytes(0), 64);
    EXPECT_EQ(torsh__class_bytes(15), 1024);
    EXPECT_EQ(torsh__class_bytes(16), 1280);
    EXPECT_EQ(torsh__class_bytes(19), 2048);
    EXPECT_EQ(torsh__class_bytes(20), 2560);
    EXPECT_EQ(torsh__class_bytes(TORSH__SMALL_CLASSES - 1), TORSH__SMALL_BYTES);
    EXPECT_EQ(torsh__class_bytes(TORSH__CLASSES - 1), TORSH__MAX_BLOCK_BYTES);
}
