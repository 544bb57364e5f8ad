// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "op_table.h"

TEST(Host, it_offers_every_function)
{
    EXPECT_EQ(torsh__host.abi, (uint32_t)TORSH_BACKEND_ABI);
    const char *end = (const char *)(&torsh__host + 1);
    for (const char *p = (const char *)&torsh__host.fail; p < end; p += sizeof(void *)) {
        void *function;
        memcpy(&function, p, sizeof function);
        EXPECT_NE(function, nullptr);
    }
}

TEST(Host, scratch_is_aligned_and_kept_by_the_thread)
{
    char *p = (char *)torsh__host.scratch(100000);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ((uintptr_t)p % 64, 0u);
    memset(p, 1, 100000);
    EXPECT_EQ(torsh__host.scratch(0), p);
    EXPECT_EQ(torsh__host.scratch(100000), p);
    char *larger = (char *)torsh__host.scratch(10000000);
    ASSERT_NE(larger, nullptr);
    memset(larger, 1, 10000000);
    std::thread([&] { EXPECT_NE(torsh__host.scratch(1), larger); }).join();
}

TEST(Host, scratch_without_memory_is_null_and_an_error)
{
    torsh__host.scratch(1);
    torsh__fail_allocation_after(0);
    EXPECT_EQ(torsh__host.scratch(100000000), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_MEMORY);
    torsh_clear_error();
    EXPECT_EQ(torsh__host.scratch(SIZE_MAX), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_MEMORY);
    torsh_clear_error();
    EXPECT_NE(torsh__host.scratch(1000), nullptr);
}
