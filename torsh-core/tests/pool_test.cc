// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <pthread.h>
#include <signal.h>
#include <thread>
#include <vector>

#include "op_table.h"

template <typename F> static void parallel(int64_t n, F f)
{
    torsh__parallel(
        n, [](void *ctx, int64_t i) { (*(F *)ctx)(i); }, &f);
}

class Pool : public testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(torsh_set_num_threads(4), TORSH_OK);
    }
};

TEST_F(Pool, every_task_runs_once)
{
    for (int64_t n : {0, 1, 2, 3, 4, 5, 100, 10000}) {
        std::vector<std::atomic<int>> runs((size_t)n);
        parallel(n, [&](int64_t i) { runs[(size_t)i]++; });
        for (auto &r : runs)
            ASSERT_EQ(r, 1);
    }
    parallel(-5, [](int64_t) { FAIL(); });
}

TEST_F(Pool, what_tasks_wrote_is_seen_after_the_call)
{
    std::vector<int> data(64);
    for (int round = 1; round <= 2000; round++) {
        parallel(64, [&](int64_t i) { data[(size_t)i] += 1; }); // plain ints: the thread sanitizer watches
        ASSERT_EQ(data[0], round);
        ASSERT_EQ(data[63], round);
    }
}

TEST_F(Pool, tasks_run_at_the_same_time)
{
    int64_t before = torsh__pool_tasks_elsewhere();
    std::atomic<int> arrived{0};
    parallel(4, [&](int64_t) { // each waits for all
        arrived++;
        while (arrived < 4)
            std::this_thread::yield();
    });
    EXPECT_EQ(torsh__pool_tasks_elsewhere() - before, 3);
}

TEST_F(Pool, sleeping_workers_wake)
{
    for (int round = 0; round < 20; round++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        std::atomic<int> arrived{0};
        parallel(2, [&](int64_t) {
            arrived++;
            while (arrived < 2)
                std::this_thread::yield();
        });
    }
}

TEST_F(Pool, a_call_from_within_a_task_runs_on_the_tasks_thread)
{
    std::atomic<int> runs{0};
    parallel(8, [&](int64_t) {
        std::thread::id here = std::this_thread::get_id();
        parallel(8, [&, here](int64_t) {
            EXPECT_EQ(std::this_thread::get_id(), here);
            runs++;
        });
    });
    EXPECT_EQ(runs, 64);
}

TEST_F(Pool, callers_on_several_threads_do_not_wait_for_each_other)
{
    std::vector<std::thread> callers;
    std::atomic<int> runs{0};
    for (int t = 0; t < 4; t++)
        callers.emplace_back([&] {
            for (int round = 0; round < 300; round++)
                parallel(7, [&](int64_t) { runs++; });
        });
    for (auto &c : callers)
        c.join();
    EXPECT_EQ(runs, 4 * 300 * 7);
}

TEST_F(Pool, one_thread_or_one_task_runs_on_the_caller)
{
    int64_t before = torsh__pool_tasks_elsewhere();
    std::thread::id here = std::this_thread::get_id();
    parallel(1, [&](int64_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
    torsh_set_num_threads(1);
    parallel(100, [&](int64_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
    EXPECT_EQ(torsh__pool_tasks_elsewhere(), before);
}

TEST_F(Pool, the_number_of_threads_changes_between_calls)
{
    std::atomic<int> runs{0};
    for (int n : {2, 8, 1, 3, 16, 2}) {
        ASSERT_EQ(torsh_set_num_threads(n), TORSH_OK);
        EXPECT_EQ(torsh_get_num_threads(), n);
        std::atomic<int> arrived{0};
        parallel(n, [&](int64_t) {
            runs++;
            arrived++;
            while (arrived < n)
                std::this_thread::yield();
        });
    }
    EXPECT_EQ(runs, 2 + 8 + 1 + 3 + 16 + 2);
}

TEST_F(Pool, a_number_that_makes_no_sense_is_a_value_error)
{
    for (int n : {0, -1, 1000000}) {
        EXPECT_EQ(torsh_set_num_threads(n), TORSH_ERR_VALUE);
        EXPECT_NE(std::string(torsh_error_message(torsh_last_error())).find(std::to_string(n)),
                  std::string::npos);
        torsh_clear_error();
    }
    EXPECT_EQ(torsh_get_num_threads(), 4);
}

TEST_F(Pool, it_starts_again_after_it_was_stopped)
{
    for (int round = 0; round < 10; round++) {
        std::atomic<int> runs{0};
        parallel(10, [&](int64_t) { runs++; });
        torsh__pool_stop();
        torsh__pool_stop();
        EXPECT_EQ(runs, 10);
    }
}

TEST_F(Pool, workers_leave_signals_to_the_program)
{
    std::atomic<int> arrived{0}, open{0};
    std::thread::id here = std::this_thread::get_id();
    parallel(4, [&](int64_t) {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        open += std::this_thread::get_id() != here && !sigismember(&mask, SIGINT);
        arrived++;
        while (arrived < 4)
            std::this_thread::yield();
    });
    EXPECT_EQ(open, 0);
}
