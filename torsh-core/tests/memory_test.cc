// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "op_table.h"

TEST(Memory, live_allocations_are_counted_over_all_threads_that_ever_were)
{
    int64_t before = torsh__live_allocations();
    std::vector<void *> made;
    std::thread([&] {
        for (int i = 0; i < 10; i++)
            made.push_back(torsh__alloc(16));
        EXPECT_EQ(torsh__live_allocations(), before + 10);
    }).join();
    EXPECT_EQ(torsh__live_allocations(), before + 10);
    std::thread([&] {
        for (void *p : made)
            torsh__free(p);
        EXPECT_EQ(torsh__live_allocations(), before);
    }).join();
    EXPECT_EQ(torsh__live_allocations(), before);
}

TEST(Memory, zero_bytes_are_an_allocation_and_freeing_null_is_nothing)
{
    int64_t before = torsh__live_allocations();
    void *p = torsh_malloc(0);
    EXPECT_NE(p, nullptr);
    EXPECT_EQ(torsh__live_allocations(), before + 1);
    torsh_free(p);
    torsh_free(nullptr);
    EXPECT_EQ(torsh__live_allocations(), before);
}

TEST(Memory, calloc_is_zero)
{
    char *p = (char *)torsh__calloc(1000);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(p[i], 0);
    torsh__free(p);
}

TEST(Memory, the_nth_allocation_fails_once)
{
    torsh__fail_allocation_after(2);
    void *a = torsh__alloc(8), *b = torsh__calloc(8), *c = torsh__alloc(12345), *d = torsh__alloc(8);
    EXPECT_TRUE(a && b && d);
    EXPECT_EQ(c, nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_MEMORY);
    EXPECT_NE(std::string(torsh_error_message(torsh_last_error())).find("12345"), std::string::npos);
    torsh_clear_error();
    for (void *p : {a, b, d})
        torsh__free(p);
}

TEST(Memory, the_failure_can_be_called_off)
{
    torsh__fail_allocation_after(0);
    torsh__fail_allocation_after(-1);
    void *p = torsh__alloc(8);
    EXPECT_NE(p, nullptr);
    torsh__free(p);
}

TEST(Memory, exactly_one_of_many_threads_meets_the_failure)
{
    torsh__fail_allocation_after(1000);
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; i++) {
                void *p = torsh__alloc(8);
                failures += !p;
                torsh__free(p);
            }
        });
    for (auto &t : threads)
        t.join();
    EXPECT_EQ(failures, 1);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // theirs ends the process instead
TEST(Memory, more_than_there_is_is_an_error)
{
    volatile size_t too_much = SIZE_MAX / 2;
    EXPECT_EQ(torsh_malloc(too_much), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_MEMORY);
    torsh_clear_error();
}
#endif
