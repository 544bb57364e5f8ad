// SPDX-License-Identifier: MIT OR Apache-2.0
// normal_ against PyTorch 2.13's values for the same seed, to the last bit on every instruction set.
#include "kernel_call.h"

#include <torsh/ops/random_params.h>

DECLARE_LISTS(random)

namespace
{

Array drawn(const Set &set, Array a, double mean, double std, torsh_generator_t *g)
{
    torsh__normal__params_t p{mean, std, g};
    EXPECT_EQ(call(set, "normal_", {&a}, {&a}, &p, a.dtype, g), TORSH_OK) << message;
    return a;
}

std::vector<double> at(const Array &a, const Shape &places)
{
    std::vector<double> v;
    for (int64_t i : places)
        v.push_back(a.get(i));
    return v;
}

TEST(Normal, few_elements_come_in_pairs)
{
    for (const Set &set : random_sets()) {
        auto draw = [&](torsh_dtype_t t) { return drawn(set, Array(t, {3}), .3, 1.7, Generator().g); };
        expect_equal(draw(TORSH_F32), {0x1.9d45d4p-5, 0x1.a2edbep+0, 0x1.e8db54p+0}, set.name);
        expect_equal(draw(TORSH_F64), {0x1.9d45d33b3b419p-5, 0x1.a2edbed67d456p+0, 0x1.e8db54e6b0d56p+0},
                     set.name);
        expect_equal(draw(TORSH_F16), {0x1.9d4p-5, 0x1.a3p+0, 0x1.e8cp+0}, set.name);
        expect_equal(draw(TORSH_BF16), {0x1.9ep-5, 0x1.a2p+0, 0x1.e8p+0}, set.name);
    }
}

TEST(Normal, many_elements_come_in_blocks_of_16)
{
    const Shape places{0, 1, 8, 3, 4, 5, 12, 19};
    for (const Set &set : random_sets()) {
        auto draw = [&](torsh_dtype_t t) {
            const Array a = drawn(set, Array(t, {20}), .3, 1.7, Generator().g);
            return Array(t, {8}, at(a, places));
        };
        expect_equal(draw(TORSH_F32),
                     {-0x1.181f6p+0, 0x1.f1f516p-1, -0x1.24a52p+0, -0x1.07b77ap+1, 0x1.46539cp-1,
                      0x1.a12876p+0, -0x1.9a2d78p+1, -0x1.39c858p-2},
                     set.name);
        expect_equal(draw(TORSH_F64),
                     {0x1.a68efc0596b9dp-2, 0x1.8500be03556a4p-2, -0x1.eeaec776ebf1dp+0, 0x1.50026a0d40dcbp+1,
                      0x1.638acd42247e5p+1, 0x1.cad9968e19dc0p+1, 0x1.a17b67f12eb22p+1, 0x1.6be1750fc9f0fp+0},
                     set.name);
        expect_equal(draw(TORSH_F16),
                     {-0x1.18p+0, 0x1.f2p-1, 0x1.464p-1, -0x1.07cp+1, -0x1.32p+1, -0x1.01cp-2, -0x1.c9cp-5,
                      -0x1.018p+1},
                     set.name);
        expect_equal(
            draw(TORSH_BF16),
            {-0x1.18p+0, 0x1.f2p-1, 0x1.46p-1, -0x1.08p+1, -0x1.32p+1, -0x1.02p-2, -0x1.cap-5, -0x1.02p+1},
            set.name);
    }
}

TEST(Normal, a_million_numbers_are_those_of_pytorch)
{
    for (const Set &set : random_sets()) {
        const Array a = drawn(set, Array(TORSH_F32, {1000003}), 0, 1, Generator().g);
        int64_t bits = 0; /* the sum of all bit patterns as int32 */
        for (int64_t i = 0; i < a.n(); i++) {
            int32_t b;
            std::memcpy(&b, &a.bytes[(size_t)i * 4], 4);
            bits += b;
        }
        EXPECT_EQ(bits, INT64_C(-16645138517372)) << set.name;
    }
}

TEST(Normal, other_memory_than_contiguous_is_filled_in_pairs)
{
    for (const Set &set : random_sets()) {
        const Array a = drawn(set, Array(TORSH_F32, {6, 5}).in_order({1, 0}), 0, 1, Generator().g);
        EXPECT_EQ(a.at({0, 0}), -0x1.2ca2e8p-3);
        EXPECT_EQ(a.at({1, 0}), 0x1.92811cp-1);
        EXPECT_EQ(a.at({2, 0}), 0x1.e4c5cep-1);
    }
}

TEST(Normal, the_second_of_a_pair_is_kept_for_the_next_call)
{
    for (const Set &set : random_sets()) {
        Generator g;
        EXPECT_EQ(drawn(set, Array(TORSH_F32, {1}), 0, 1, g.g).get(0), -0x1.2ca2e8p-3);
        Array u(TORSH_F32, {1});
        torsh__uniform__params_t p{0, 1, g.g};
        ASSERT_EQ(call(set, "uniform_", {&u}, {&u}, &p, TORSH_F32, g.g), TORSH_OK);
        EXPECT_EQ(u.get(0), 0x1.dcb218p-3);
        EXPECT_EQ(drawn(set, Array(TORSH_F32, {1}), 0, 1, g.g).get(0), 0x1.92811cp-1);
    }
}

TEST(Normal, refuses_a_negative_deviation)
{
    for (const Set &set : random_sets()) {
        Array a(TORSH_F32, {2});
        torsh__normal__params_t p{0, -1, nullptr};
        EXPECT_EQ(call(set, "normal_", {&a}, {&a}, &p), TORSH_ERR_VALUE);
        EXPECT_EQ(message, "normal expects std >= 0.0, but found std -1");
    }
}

TEST(Normal, does_not_depend_on_threads)
{
    for (const Set &set : random_sets())
        for (torsh_dtype_t t : FLOATS) {
            Array a(t, {30011});
            expect_threads_agree(a, [&] {
                Generator g;
                torsh__normal__params_t p{0, 1, g.g};
                call(set, "normal_", {&a}, {&a}, &p, t, g.g);
            });
        }
}

} // namespace
