// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "dummy_backend.h"

static const torsh_device_t far0 = {TORSH_VULKAN, 0};

static int64_t cached()
{
    torsh__memory_stats_t stats = torsh__memory_stats(far0);
    return stats.reserved - stats.allocated;
}

// One test, since a cache reads its limit once.
TEST(BlockCache, beyond_its_limit_it_gives_back_what_was_freed_longest_ago)
{
    setenv("TORSH_CACHE_MB", "10", 1);
    static const torsh_backend_t far = dummy::far_backend();
    ASSERT_EQ(torsh__backend_register(&far), TORSH_OK);

    const int64_t mb = 1 << 20;
    torsh__block_t a, b, c, big;
    torsh__block_alloc(far0, 4 * mb, &a);
    torsh__block_alloc(far0, 5 * mb, &b);
    torsh__block_alloc(far0, 6 * mb, &c);
    torsh__block_alloc(far0, 11 * mb, &big);
    for (torsh__block_t block : {b, a})
        torsh__block_free(far0, block);
    EXPECT_EQ(cached(), 9 * mb);
    torsh__block_free(far0, c);
    EXPECT_EQ(cached(), 10 * mb) << "b went, which was freed before a";
    torsh__block_free(far0, big);
    EXPECT_EQ(cached(), 10 * mb) << "what can never fit drives nothing out";

    torsh__block_t again;
    torsh__block_alloc(far0, 4 * mb, &again);
    EXPECT_EQ(again.handle, a.handle);
    torsh__block_free(far0, again);
    torsh__block_trim(far0);
    EXPECT_EQ(dummy::raw_bytes, 0);
}
