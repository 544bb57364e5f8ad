// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "dummy_backend.h"

static const torsh_device_t cpu = {TORSH_CPU, 0}, far0 = {TORSH_VULKAN, 0}, far1 = {TORSH_VULKAN, 1};

class Allocator : public testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        static const torsh_backend_t host = dummy::host_backend(), far = dummy::far_backend();
        ASSERT_EQ(torsh__backend_register(&host), TORSH_OK);
        ASSERT_EQ(torsh__backend_register(&far), TORSH_OK);
    }
    void TearDown() override
    {
        dummy::raw_bytes_limit = INT64_MAX;
        for (torsh_device_t device : {cpu, far0, far1}) {
            torsh__block_trim(device);
            EXPECT_EQ(torsh__memory_stats(device).allocated, 0);
            EXPECT_EQ(torsh__memory_stats(device).live_blocks, 0);
            EXPECT_EQ(torsh__memory_stats(device).reserved, 0);
        }
        EXPECT_EQ(dummy::raw_bytes, 0);
        EXPECT_FALSE(torsh__has_error());
        torsh_clear_error();
    }
    static torsh__block_t alloc(torsh_device_t device, int64_t bytes)
    {
        torsh__block_t block = {nullptr, 0};
        EXPECT_EQ(torsh__block_alloc(device, bytes, &block), TORSH_OK);
        EXPECT_GE(block.bytes, bytes);
        return block;
    }
};

TEST_F(Allocator, blocks_are_aligned_writable_and_distinct)
{
    std::set<void *> seen;
    std::vector<torsh__block_t> blocks;
    for (int64_t bytes : {1, 64, 65, 1000, 1025, 65536, 65537, 1 << 20, 3 << 20}) {
        torsh__block_t block = alloc(cpu, bytes);
        EXPECT_EQ((uintptr_t)block.handle % 64, 0u);
        memset(block.handle, 1, (size_t)bytes);
        EXPECT_TRUE(seen.insert(block.handle).second);
        blocks.push_back(block);
    }
    for (torsh__block_t block : blocks)
        torsh__block_free(cpu, block);
}

TEST_F(Allocator, zero_bytes_and_meta_take_no_memory)
{
    for (torsh_device_t device : {cpu, torsh_device_t{TORSH_META, 0}}) {
        torsh__block_t block = alloc(device, 0);
        EXPECT_EQ(block.handle, nullptr);
        torsh__block_free(device, block);
    }
    torsh__block_t block = {(void *)1, 1};
    EXPECT_EQ(torsh__block_alloc({TORSH_META, 0}, 1000, &block), TORSH_OK);
    EXPECT_EQ(block.handle, nullptr);
}

TEST_F(Allocator, a_freed_block_is_the_next_of_its_size)
{
    for (torsh_device_t device : {cpu, far0})
        for (int64_t bytes : {64, 100, 5000, 1 << 20}) {
            torsh__block_t a = alloc(device, bytes);
            torsh__block_free(device, a);
            int64_t raw = dummy::raw_allocs;
            torsh__block_t b = alloc(device, bytes - 1);
            EXPECT_EQ(b.handle, a.handle) << bytes;
            EXPECT_EQ(dummy::raw_allocs, raw);
            torsh__block_free(device, b);
        }
}

TEST_F(Allocator, devices_do_not_share_blocks)
{
    torsh__block_free(far0, alloc(far0, 1000));
    int64_t raw = dummy::raw_allocs;
    torsh__block_free(far1, alloc(far1, 1000));
    EXPECT_EQ(dummy::raw_allocs, raw + 1);
}

TEST_F(Allocator, a_large_request_gets_the_best_fit_and_wastes_a_quarter_at_most)
{
    const int64_t mb = 1 << 20;
    torsh__block_t a = alloc(cpu, 17 * mb), b = alloc(cpu, 19 * mb), c = alloc(cpu, 24 * mb);
    for (torsh__block_t block : {c, b, a})
        torsh__block_free(cpu, block);
    torsh__block_t got = alloc(cpu, 18 * mb);
    EXPECT_EQ(got.handle, b.handle);
    torsh__block_t other = alloc(cpu, 18 * mb); // 17 does not hold it, 24 is too much
    EXPECT_NE(other.handle, a.handle);
    EXPECT_NE(other.handle, c.handle);
    torsh__block_t next_class = alloc(cpu, 20 * mb);
    EXPECT_EQ(next_class.handle, c.handle);
    for (torsh__block_t block : {got, other, next_class})
        torsh__block_free(cpu, block);
}

TEST_F(Allocator, statistics_count_what_is_reserved_for_blocks)
{
    int64_t peak = torsh__memory_stats(cpu).peak_allocated;
    torsh__block_t a = alloc(cpu, 100), b = alloc(cpu, 10 << 20);
    torsh__memory_stats_t stats = torsh__memory_stats(cpu);
    EXPECT_EQ(stats.allocated, a.bytes + b.bytes);
    EXPECT_EQ(torsh_memory_allocated(cpu), a.bytes + b.bytes);
    EXPECT_EQ(torsh_memory_allocated({TORSH_META, 99}), 0);
    EXPECT_EQ(stats.live_blocks, 2);
    EXPECT_EQ(stats.reserved, dummy::raw_bytes);
    EXPECT_GE(stats.peak_allocated, peak);
    torsh__block_free(cpu, a);
    torsh__block_free(cpu, b);
    stats = torsh__memory_stats(cpu);
    EXPECT_EQ(stats.allocated, 0);
    EXPECT_EQ(stats.reserved, a.bytes + b.bytes) << "cached blocks stay reserved";
}

TEST_F(Allocator, the_peak_of_small_blocks_is_exact_on_one_thread)
{
    std::vector<torsh__block_t> blocks;
    int64_t start = torsh__memory_stats(cpu).peak_allocated, bytes = 0;
    while (bytes <= start + 12345 * 64) {
        blocks.push_back(alloc(cpu, 64));
        bytes += blocks.back().bytes;
    }
    for (torsh__block_t block : blocks)
        torsh__block_free(cpu, block);
    EXPECT_EQ(torsh__memory_stats(cpu).peak_allocated, bytes);
}

TEST_F(Allocator, blocks_are_freed_on_any_thread_and_a_threads_end_returns_its_magazines)
{
    std::vector<torsh__block_t> blocks;
    for (int i = 0; i < 100; i++)
        blocks.push_back(alloc(cpu, 640));
    std::thread([&] {
        for (torsh__block_t block : blocks)
            torsh__block_free(cpu, block);
        EXPECT_EQ(torsh__memory_stats(cpu).live_blocks, 0);
    }).join();
    EXPECT_EQ(torsh__memory_stats(cpu).live_blocks, 0);
    int64_t raw = dummy::raw_allocs;
    for (torsh__block_t &block : blocks)
        block = alloc(cpu, 640);
    EXPECT_EQ(dummy::raw_allocs, raw) << "all hundred come back";
    for (torsh__block_t block : blocks)
        torsh__block_free(cpu, block);
}

TEST_F(Allocator, trim_gives_everything_back)
{
    for (torsh_device_t device : {cpu, far0}) {
        std::vector<torsh__block_t> blocks;
        for (int64_t bytes = 1; bytes < 1 << 22; bytes = bytes * 3 / 2 + 1)
            blocks.push_back(alloc(device, bytes));
        for (torsh__block_t block : blocks)
            torsh__block_free(device, block);
        EXPECT_GT(dummy::raw_bytes, 0);
        torsh__block_trim(device);
        EXPECT_EQ(dummy::raw_bytes, 0);
    }
}

TEST_F(Allocator, cached_memory_is_given_back_before_memory_runs_out)
{
    for (torsh_device_t device : {cpu, far0}) {
        dummy::raw_bytes_limit = 10 << 20;
        torsh__block_free(device, alloc(device, 8 << 20));
        torsh__block_free(device, alloc(device, 64));
        torsh__block_t block = alloc(device, 5 << 20);
        EXPECT_FALSE(torsh__has_error());
        torsh__block_free(device, block);
        torsh__block_trim(device);
    }
}

TEST_F(Allocator, without_memory_the_message_names_the_bytes)
{
    dummy::raw_bytes_limit = 1 << 20;
    torsh__block_t block = {(void *)1, 2};
    EXPECT_EQ(torsh__block_alloc(cpu, 2000000, &block), TORSH_ERR_MEMORY);
    EXPECT_EQ(block.handle, (void *)1) << "outputs are untouched on failure";
    std::string message = torsh_error_message(torsh_last_error());
    EXPECT_EQ(
        message.find("DefaultCPUAllocator: can't allocate memory: you tried to allocate 2000000 bytes."), 0u)
        << message;
    torsh_clear_error();
    EXPECT_EQ(torsh__block_alloc(far1, 2000000, &block), TORSH_ERR_MEMORY);
    message = torsh_error_message(torsh_last_error());
    EXPECT_NE(message.find("2000000 bytes. On vulkan:1"), std::string::npos) << message;
    torsh_clear_error();
}

TEST_F(Allocator, a_retry_keeps_an_earlier_unread_error)
{
    torsh__fail(TORSH_ERR_SHAPE, "earlier");
    dummy::raw_bytes_limit = 1 << 20;
    torsh__block_t block;
    EXPECT_EQ(torsh__block_alloc(cpu, 2 << 20, &block), TORSH_ERR_MEMORY);
    EXPECT_STREQ(torsh_error_message(torsh_last_error()), "earlier");
    torsh_clear_error();
}

TEST_F(Allocator, sizes_that_make_no_sense_are_errors)
{
    torsh__block_t block;
    EXPECT_EQ(torsh__block_alloc(cpu, -5, &block), TORSH_ERR_VALUE);
    torsh_clear_error();
    EXPECT_EQ(torsh__block_alloc(cpu, INT64_MAX, &block), TORSH_ERR_MEMORY);
    torsh_clear_error();
    EXPECT_EQ(torsh__block_alloc({TORSH_CPU, 1}, 5, &block), TORSH_ERR_DEVICE);
    torsh_clear_error();
    EXPECT_EQ(torsh__block_alloc({TORSH_CUDA, 0}, 5, &block), TORSH_ERR_DEVICE);
    torsh_clear_error();
    EXPECT_EQ(torsh__block_alloc({17, 0}, 5, &block), TORSH_ERR_DEVICE);
    torsh_clear_error();
}

TEST_F(Allocator, the_test_hook_makes_the_nth_block_fail)
{
    for (torsh_device_t device : {cpu, far0}) {
        torsh__block_free(device, alloc(device, 64)); // cached or not, it fails
        torsh__fail_allocation_after(1);
        torsh__block_t a = alloc(device, 64), b;
        EXPECT_EQ(torsh__block_alloc(device, 64, &b), TORSH_ERR_MEMORY);
        torsh_clear_error();
        torsh__block_free(device, a);
    }
}

TEST_F(Allocator, threads_share_it)
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::vector<torsh__block_t> shared;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&, t] {
            unsigned random = (unsigned)t + 1;
            for (int i = 0; i < 5000; i++) {
                random = random * 1664525u + 1013904223u;
                int64_t bytes = 1 + (random >> 8) % (random % 16 == 0 ? 300000 : 3000);
                torsh__block_t block = alloc(cpu, bytes);
                memset(block.handle, t, (size_t)bytes);
                std::lock_guard<std::mutex> lock(mutex);
                shared.push_back(block);
                if (shared.size() > 50) {
                    std::swap(shared[random % 50], shared.back());
                    torsh__block_free(cpu, shared.back());
                    shared.pop_back();
                }
            }
        });
    for (auto &t : threads)
        t.join();
    for (torsh__block_t block : shared)
        torsh__block_free(cpu, block);
}

#ifdef __SANITIZE_ADDRESS__
TEST_F(Allocator, address_sanitizer_sees_the_use_of_a_free_block_and_of_the_bytes_behind_one)
{
    torsh__block_t block = alloc(cpu, 100);
    volatile char *p = (char *)block.handle;
    p[99] = 1;
    EXPECT_DEATH(p[104] = 1, "use-after-poison");
    torsh__block_free(cpu, block);
    EXPECT_DEATH(p[0] = 1, "use-after-poison");
}
#endif
