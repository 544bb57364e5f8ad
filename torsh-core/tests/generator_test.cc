// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "op_table.h"

static const torsh_host_t &host = torsh__host;

static uint32_t draw(torsh_generator_t *g)
{
    host.random_begin(g);
    uint32_t x = host.random_u32(g);
    host.random_end(g);
    return x;
}

static uint64_t fnv(const void *data, size_t bytes)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
    return h;
}

static std::vector<uint8_t> state_of(const torsh_generator_t *g)
{
    std::vector<uint8_t> state(torsh_generator_state_bytes());
    EXPECT_EQ(torsh_generator_get_state(g, state.data()), TORSH_OK);
    return state;
}

class Generator : public testing::Test
{
  protected:
    torsh_generator_t *g = torsh_generator_new();
    ~Generator() override
    {
        torsh_generator_free(g);
        torsh_clear_error();
    }
};

// numpy.random.RandomState(seed).randint(0, 2**32, 2000, dtype=uint32)
TEST_F(Generator, the_stream_is_numpys)
{
    const struct {
        uint64_t seed, hash;
        uint32_t first, at_624;
    } cases[] = {{42, 0x98c4d3bad3dafcb8u, 1608637542, 108880612},
                 {67280421310721u, 0xe9b852ac13c3acb3u, 2353294710, 2332094281},
                 {0, 0x996da68c70105cb9u, 2357136044, 341544762}};
    for (auto &c : cases) {
        uint32_t x[2000];
        torsh_generator_manual_seed(g, c.seed);
        host.random_begin(g);
        host.random_u32_block(g, x, 2000);
        host.random_end(g);
        EXPECT_EQ(x[0], c.first);
        EXPECT_EQ(x[624], c.at_624);
        EXPECT_EQ(fnv(x, sizeof x), c.hash);
    }
}

TEST_F(Generator, a_new_one_has_pytorchs_seed)
{
    EXPECT_EQ(torsh_generator_initial_seed(g), 67280421310721u);
    EXPECT_EQ(draw(g), 2353294710u);
    EXPECT_EQ(torsh_generator_initial_seed(nullptr), 67280421310721u) << "NULL is the default generator";
}

// torch.Generator().manual_seed(2**33 + 42): randint(0, 2**24, (3,)) is 14802022, 15351219, 6423388
TEST_F(Generator, the_low_32_bits_of_the_seed_count_and_all_are_remembered)
{
    torsh_generator_manual_seed(g, (UINT64_C(1) << 33) + 42);
    EXPECT_EQ(torsh_generator_initial_seed(g), (UINT64_C(1) << 33) + 42);
    for (uint32_t expected : {14802022u, 15351219u, 6423388u})
        EXPECT_EQ(draw(g) % (1 << 24), expected);
}

// fnv of torch.Generator.get_state() after manual_seed(42), after 1003 draws, and after randn(1)
TEST_F(Generator, the_state_is_pytorchs_byte_for_byte)
{
    ASSERT_EQ(torsh_generator_state_bytes(), 5056u);
    torsh_generator_manual_seed(g, 42);
    EXPECT_EQ(fnv(state_of(g).data(), 5056), 0x54d354babfe0cddeu);
    for (int i = 0; i < 1003; i++)
        draw(g);
    EXPECT_EQ(fnv(state_of(g).data(), 5056), 0x76c2a09a4bcb2b37u);
    EXPECT_EQ(draw(g) % (1 << 24), 10392776u);

    torsh_generator_manual_seed(g, 42);
    for (int i = 0; i < 4; i++)
        draw(g);
    uint64_t bits = 0x3fc07cd39b3d4b85u;
    double normal;
    memcpy(&normal, &bits, sizeof normal);
    host.random_put_normal(g, normal);
    EXPECT_EQ(fnv(state_of(g).data(), 5056), 0x912c4d45955148f8u);
}

TEST_F(Generator, a_state_set_again_continues_the_stream)
{
    for (int draws : {0, 1, 623, 624, 625, 2000}) {
        torsh_generator_manual_seed(g, 7);
        for (int i = 0; i < draws; i++)
            draw(g);
        host.random_put_normal(g, 0.5);
        std::vector<uint8_t> state = state_of(g);
        std::vector<uint32_t> expected;
        for (int i = 0; i < 700; i++)
            expected.push_back(draw(g));
        torsh_generator_manual_seed(g, 8);
        ASSERT_EQ(torsh_generator_set_state(g, state.data(), state.size()), TORSH_OK);
        EXPECT_EQ(torsh_generator_initial_seed(g), 7u);
        for (uint32_t x : expected)
            ASSERT_EQ(draw(g), x);
        double normal = 0;
        EXPECT_TRUE(host.random_take_normal(g, &normal));
        EXPECT_EQ(normal, 0.5);
    }
}

TEST_F(Generator, what_is_no_state_is_refused_and_changes_nothing)
{
    torsh_generator_manual_seed(g, 42);
    std::vector<uint8_t> before = state_of(g), bad = before;
    EXPECT_EQ(torsh_generator_set_state(g, bad.data(), 5), TORSH_ERR_VALUE);
    EXPECT_EQ(std::string(torsh_error_message(torsh_last_error())),
              "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 5");
    torsh_clear_error();
    for (int32_t left : {0, -1, 626, 300}) {
        memcpy(bad.data() + 8, &left, sizeof left);
        EXPECT_EQ(torsh_generator_set_state(g, bad.data(), bad.size()), TORSH_ERR_VALUE) << left;
        torsh_clear_error();
    }
    std::vector<uint8_t> zero(5056);
    EXPECT_EQ(torsh_generator_set_state(g, zero.data(), zero.size()), TORSH_ERR_VALUE);
    torsh_clear_error();
    EXPECT_EQ(torsh_generator_set_state(g, nullptr, 5056), TORSH_ERR_NULL);
    torsh_clear_error();
    EXPECT_EQ(torsh_generator_get_state(g, nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(state_of(g), before);
}

TEST_F(Generator, the_second_normal_of_a_pair_waits_and_a_seed_drops_it)
{
    double x = 0;
    EXPECT_FALSE(host.random_take_normal(g, &x));
    host.random_put_normal(g, 1.25);
    EXPECT_TRUE(host.random_take_normal(g, &x));
    EXPECT_EQ(x, 1.25);
    EXPECT_FALSE(host.random_take_normal(g, &x));
    host.random_put_normal(g, 1.25);
    torsh_generator_manual_seed(g, 1);
    EXPECT_FALSE(host.random_take_normal(g, &x));
}

TEST_F(Generator, the_default_one_is_never_freed)
{
    torsh_generator_t *d = torsh_default_generator();
    EXPECT_EQ(torsh_default_generator(), d);
    torsh_generator_free(torsh_generator_retain(d));
    torsh_manual_seed(42);
    EXPECT_EQ(draw(nullptr), 1608637542u);
    EXPECT_EQ(torsh_generator_initial_seed(d), 42u);
    torsh_generator_free(d);
    EXPECT_EQ(torsh_generator_initial_seed(d), 42u);
}

TEST_F(Generator, references_are_counted)
{
    EXPECT_EQ(torsh_generator_retain(nullptr), nullptr);
    torsh_generator_free(nullptr);
    int64_t live = torsh__live_allocations();
    torsh_generator_t *other = torsh_generator_new();
    EXPECT_EQ(torsh_generator_retain(other), other);
    torsh_generator_free(other);
    EXPECT_EQ(torsh__live_allocations(), live + 1);
    torsh_generator_free(other);
    EXPECT_EQ(torsh__live_allocations(), live);
    torsh__fail_allocation_after(0);
    EXPECT_EQ(torsh_generator_new(), nullptr);
}

TEST_F(Generator, threads_draw_one_stream)
{
    torsh_generator_manual_seed(g, 42);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; i++)
                draw(g);
        });
    for (auto &t : threads)
        t.join();
    std::mt19937 reference(42);
    reference.discard(2000);
    EXPECT_EQ(draw(g), reference());
}
