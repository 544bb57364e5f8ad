// SPDX-License-Identifier: MIT OR Apache-2.0
// The values are PyTorch 2.13's for the same seed, on its CPU: equal to the last bit on every instruction
// set.
#include "kernel_call.h"

#include <torsh/ops/random_params.h>

DECLARE_LISTS(random)

namespace
{

Array uniform(const Set &set, Array a, double from, double to, torsh_generator_t *g)
{
    torsh__uniform__params_t p{from, to, g};
    EXPECT_EQ(call(set, "uniform_", {&a}, {&a}, &p, a.dtype, g), TORSH_OK) << message;
    return a;
}

Array integers(const Set &set, Array a, int64_t from, torsh_opt_int_t to, torsh_generator_t *g)
{
    torsh__random__from_params_t p{from, to, g};
    EXPECT_EQ(call(set, "random_.from", {&a}, {&a}, &p, a.dtype, g), TORSH_OK) << message;
    return a;
}

TEST(Uniform, is_pytorch_s_stream)
{
    for (const Set &set : random_sets()) {
        auto draw = [&](torsh_dtype_t t) { return uniform(set, Array(t, {3}), .1, .7, Generator().g); };
        expect_equal(draw(TORSH_F32), {0x1.af0e7p-2, 0x1.c116ep-3, 0x1.fb6b6ep-2}, set.name);
        expect_equal(draw(TORSH_F64), {0x1.120d245d6ac1ep-2, 0x1.0e8eb2ec9cbf4p-2, 0x1.3c08f2fdae3b2p-1},
                     set.name);
        expect_equal(draw(TORSH_F16), {0x1.afp-2, 0x1.c1p-3, 0x1.fb8p-2}, set.name);
        expect_equal(draw(TORSH_BF16), {0x1.bp-2, 0x1.c2p-3, 0x1.fcp-2}, set.name);
    }
}

TEST(Uniform, never_gives_the_end)
{
    for (const Set &set : random_sets()) {
        const Array a = uniform(set, Array(TORSH_F32, {5000}), 1e7, 1e7 + 4, Generator().g);
        const double first[] = {0x1.312d04p+23, 0x1.312d02p+23, 0x1.312d06p+23, 0x1.312d06p+23};
        for (int64_t i = 0; i < a.n(); i++) {
            EXPECT_LT(a.get(i), 1e7 + 4);
        }
        for (int64_t i = 0; i < 4; i++)
            EXPECT_EQ(a.get(i), first[i]);
        for (torsh_dtype_t t : {TORSH_F16, TORSH_BF16}) {
            const Array h = uniform(set, Array(t, {50000}), 0, 1, Generator().g);
            for (int64_t i = 0; i < h.n(); i++)
                ASSERT_LT(h.get(i), 1);
        }
    }
}

TEST(Uniform, fills_in_the_order_of_memory)
{
    for (const Set &set : random_sets()) {
        const Array dense = uniform(set, Array(TORSH_F32, {40, 30}), 0, 1, Generator().g);
        const Array turned = uniform(set, Array(TORSH_F32, {30, 40}).in_order({1, 0}), 0, 1, Generator().g);
        const Array spread =
            uniform(set, Array(TORSH_F32, {40, 30}).in_order({0, 1}, 3), 0, 1, Generator().g);
        for (int64_t i = 0; i < 40; i++)
            for (int64_t k = 0; k < 30; k++) {
                EXPECT_EQ(dense.at({i, k}), turned.at({k, i}));
                EXPECT_EQ(dense.at({i, k}), spread.at({i, k}));
            }
    }
}

TEST(Uniform, refuses_ranges_that_the_dtype_cannot_hold)
{
    for (const Set &set : random_sets()) {
        auto fails = [&](torsh_dtype_t t, double from, double to) {
            Array a(t, {2});
            torsh__uniform__params_t p{from, to, nullptr};
            EXPECT_EQ(call(set, "uniform_", {&a}, {&a}, &p, t), TORSH_ERR_VALUE);
            return message;
        };
        EXPECT_EQ(fails(TORSH_F32, 3, 1),
                  "uniform_ expects to return a [from, to) range, but found from=3 > to=1");
        EXPECT_EQ(fails(TORSH_F32, -Inf, 1), "from is out of bounds for float");
        EXPECT_EQ(fails(TORSH_F16, 0, 1e5), "to is out of bounds for c10::Half");
        EXPECT_EQ(fails(TORSH_F16, -60000, 60000),
                  "uniform_ expects to-from <= std::numeric_limits<Half>::max(), but found to=60000 and "
                  "from=-60000 which "
                  "result in to-from to exceed the limit");
    }
}

TEST(Bernoulli, is_pytorch_s_stream_for_all_dtypes)
{
    for (const Set &set : random_sets())
        for (torsh_dtype_t t : ALL) {
            Generator g;
            Array a(t, {12});
            torsh__bernoulli__float_params_t p{.3, g.g};
            ASSERT_EQ(call(set, "bernoulli_.float", {&a}, {&a}, &p, t, g.g), TORSH_OK);
            expect_equal(a, {1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1}, set.name);
            p.p = 1.5;
            EXPECT_EQ(call(set, "bernoulli_.float", {&a}, {&a}, &p, t, g.g), TORSH_ERR_VALUE);
            EXPECT_EQ(message, "bernoulli_ expects p to be in [0, 1], but got p=1.5");
        }
}

TEST(Random, is_pytorch_s_stream)
{
    for (const Set &set : random_sets()) {
        auto draw = [&](torsh_dtype_t t, int64_t n, int64_t from, torsh_opt_int_t to) {
            return integers(set, Array(t, {n}), from, to, Generator().g);
        };
        const int64_t many = INT64_C(1) << 28; /* from here on an element takes two numbers */
        expect_equal(draw(TORSH_I64, 8, -5, {100, 1}), {70, 92, 71, 66, 38, 97, 57, 24}, set.name);
        expect_equal(draw(TORSH_I64, 3, 0, {many - 1, 1}), {59306160, 171107527, 128500261}, set.name);
        expect_equal(draw(TORSH_I64, 3, 0, {many, 1}), {171107524, 27798006, 174903507}, set.name);
        expect_equal(draw(TORSH_U8, 6, 3, {0, 0}), {105, 116, 158, 23, 27, 211}, set.name);
        expect_equal(draw(TORSH_F16, 4, 0, {0, 0}), {2016, 1873, 31, 1592}, set.name);
        expect_equal(draw(TORSH_I64, 2, INT64_MIN, {0, 0}),
                     {(double)1407639518939636932, (double)-4059781650074555914}, set.name);
    }
}

TEST(Random, refuses_empty_and_impossible_ranges)
{
    for (const Set &set : random_sets()) {
        auto fails = [&](torsh_dtype_t t, int64_t from, torsh_opt_int_t to) {
            Array a(t, {2});
            torsh__random__from_params_t p{from, to, nullptr};
            EXPECT_EQ(call(set, "random_.from", {&a}, {&a}, &p, t), TORSH_ERR_VALUE);
            return message;
        };
        EXPECT_EQ(fails(TORSH_I64, 5, {3, 1}),
                  "random_ expects 'from' to be less than 'to', but got from=5 >= to=3");
        EXPECT_EQ(fails(TORSH_U8, 5, {300, 1}), "to - 1 is out of bounds for unsigned char");
        EXPECT_EQ(fails(TORSH_U8, -5, {0, 0}), "from is out of bounds for unsigned char");
        EXPECT_EQ(fails(TORSH_I32, 0, {INT64_C(1) << 40, 1}), "to - 1 is out of bounds for int");
        EXPECT_EQ(fails(TORSH_F32, INT64_C(1) << 62, {0, 0}),
                  "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to "
                  "dtype, but got "
                  "from=4611686018427387904 > to_inc=16777216");
    }
}

TEST(Randperm, is_pytorch_s_stream)
{
    for (const Set &set : random_sets()) {
        Generator g;
        Array a(TORSH_I64, {10});
        torsh___randperm_params_t p{10, g.g, {-1, 0}};
        ASSERT_EQ(call(set, "_randperm", {}, {&a}, &p, TORSH_I64, g.g), TORSH_OK);
        expect_equal(a, {5, 0, 3, 4, 1, 7, 9, 6, 8, 2}, set.name);
        for (int64_t n : {0, 1}) {
            Array few(TORSH_I64, {n});
            p.n = n;
            EXPECT_EQ(call(set, "_randperm", {}, {&few}, &p, TORSH_I64, g.g), TORSH_OK);
        }
    }
}

} // namespace
