// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "dummy_backend.h"

#ifndef __SANITIZE_THREAD__ // it ends a child that starts threads

static void add_one(void *ctx, int64_t)
{
    ++*(std::atomic<int> *)ctx;
}

static void meet(void *ctx, int64_t)
{
    auto *arrived = (std::atomic<int> *)ctx;
    ++*arrived;
    while (*arrived < 3)
        std::this_thread::yield();
}

// Uses all of core; returns 0 if it works.
static int use_everything()
{
    std::atomic<int> arrived{0};
    torsh__parallel(3, meet, &arrived); // only returns if two more threads are there
    torsh__block_t block;
    if (torsh__block_alloc({TORSH_CPU, 0}, 1000, &block) != TORSH_OK)
        return 2;
    torsh__block_free({TORSH_CPU, 0}, block);
    torsh__block_trim({TORSH_CPU, 0});
    torsh_manual_seed(1);
    return torsh__backend_use("host") == TORSH_OK && torsh__live_allocations() >= 0 ? 0 : 3;
}

static void expect_child_works()
{
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        alarm(20);
        _exit(use_everything());
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

class Fork : public testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        static const torsh_backend_t host = dummy::host_backend();
        ASSERT_EQ(torsh__backend_register(&host), TORSH_OK);
        torsh_set_num_threads(3);
    }
};

TEST_F(Fork, the_pool_starts_again_in_the_child)
{
    ASSERT_EQ(use_everything(), 0);
    expect_child_works();
    EXPECT_EQ(use_everything(), 0) << "and goes on in the parent";
}

TEST_F(Fork, the_child_works_whatever_other_threads_were_doing)
{
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        std::atomic<int> sum{0};
        while (!stop) {
            torsh__parallel(50, add_one, &sum);
            torsh__block_t small, large;
            torsh__block_alloc({TORSH_CPU, 0}, 500, &small);
            torsh__block_alloc({TORSH_CPU, 0}, 500000, &large);
            torsh__block_free({TORSH_CPU, 0}, small);
            torsh__block_free({TORSH_CPU, 0}, large);
            torsh__block_trim({TORSH_CPU, 0});
            torsh_manual_seed(3);
            torsh__memory_stats({TORSH_CPU, 0});
        }
    });
    for (int i = 0; i < 30; i++)
        expect_child_works();
    stop = true;
    busy.join();
}

#endif
