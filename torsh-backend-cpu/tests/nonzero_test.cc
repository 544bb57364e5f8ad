// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/index_params.h>

DECLARE_LISTS(nonzero)

namespace
{

Array sparse(torsh_dtype_t t, const Shape &shape, unsigned seed)
{
    std::mt19937 random(seed);
    Array a(t, shape);
    const unsigned rarity = seed % 2 ? 2 : 50;
    for (int64_t i = 0; i < a.n(); i++)
        a.set(i, random() % rarity ? 0 : 1 + random() % 5);
    if (is_float(t) && a.n() > 3) {
        a.set(1, -0.0);
        a.set(2, NaN);
    }
    return a;
}

const Shape SHAPES[] = {{},        {0},    {1},       {5},       {63},      {64},      {65},         {3, 4},
                        {2, 3, 4}, {0, 3}, {100, 70}, {1000, 1}, {1, 1000}, {7, 9999}, {2, 3, 40000}};

TEST(Nonzero, counts_and_places_of_all_dtypes)
{
    for (const Set &set : nonzero_sets())
        for (torsh_dtype_t t : ALL)
            for (const Shape &shape : SHAPES)
                for (unsigned seed : {1u, 2u}) {
                    const Array x = sparse(t, shape, seed);
                    std::vector<double> want;
                    double n = 0;
                    for (int64_t i = 0; i < x.n(); i++) {
                        if (x.get(i) == 0)
                            continue;
                        n++;
                        Shape at(shape.size());
                        int64_t rest = i;
                        for (size_t d = at.size(); d-- > 0; rest /= shape[d])
                            at[d] = rest % shape[d];
                        want.insert(want.end(), at.begin(), at.end());
                    }
                    Array count(TORSH_I64, {}), out(TORSH_I64, {(int64_t)n, (int64_t)shape.size()});
                    ASSERT_EQ(call(set, "_count_nonzero", {&x}, {&count}, nullptr, t), TORSH_OK);
                    EXPECT_EQ(count.get(0), n) << set.name;
                    torsh___nonzero_params_t p{(int64_t)n};
                    ASSERT_EQ(call(set, "_nonzero", {&x}, {&out}, &p, t), TORSH_OK);
                    expect_equal(out, want, set.name);
                }
}

TEST(Nonzero, a_count_that_is_no_longer_right_fails)
{
    for (const Set &set : nonzero_sets()) {
        const Array x(TORSH_F32, {5}, 1);
        Array out(TORSH_I64, {4, 1});
        torsh___nonzero_params_t p{4};
        EXPECT_EQ(call(set, "_nonzero", {&x}, {&out}, &p, TORSH_F32), TORSH_ERR_STATE);
    }
}

TEST(Nonzero, does_not_depend_on_threads)
{
    for (const Set &set : nonzero_sets()) {
        const Array x = sparse(TORSH_F32, {500, 400}, 3);
        Array count(TORSH_I64, {});
        call(set, "_count_nonzero", {&x}, {&count}, nullptr, TORSH_F32);
        const int64_t n = (int64_t)count.get(0);
        Array out(TORSH_I64, {n, 2});
        torsh___nonzero_params_t p{n};
        expect_threads_agree(out, [&] { call(set, "_nonzero", {&x}, {&out}, &p, TORSH_F32); });
    }
}

} // namespace
