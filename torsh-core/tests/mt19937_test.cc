// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mt19937.h"

TEST(Mt19937, the_stream_is_that_of_the_standard_library)
{
    for (uint32_t seed : {0u, 1u, 42u, 4053586177u, 0xffffffffu}) {
        torsh__mt19937_t mt;
        torsh__mt_seed(&mt, seed);
        std::mt19937 reference(seed);
        for (int i = 0; i < 3000; i++)
            ASSERT_EQ(torsh__mt_u32(&mt), reference()) << "seed " << seed << ", number " << i;
    }
}

TEST(Mt19937, blocks_of_any_size_continue_the_same_stream)
{
    torsh__mt19937_t mt;
    torsh__mt_seed(&mt, 42);
    std::mt19937 reference(42);
    for (int64_t n : {1, 0, 623, 624, 1, 7, 625, 15, 16, 17, 5000, 3}) {
        std::vector<uint32_t> block((size_t)n + 1, 123);
        torsh__mt_block(&mt, block.data(), n);
        for (int64_t i = 0; i < n; i++)
            ASSERT_EQ(block[(size_t)i], reference());
        EXPECT_EQ(block.back(), 123u) << "nothing behind the block is written";
        EXPECT_EQ(torsh__mt_u32(&mt), reference());
    }
}
