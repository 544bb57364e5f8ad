// SPDX-License-Identifier: MIT OR Apache-2.0
// max_pool2d_with_indices; pool_avg_test.cc has the means.
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(pool)

namespace
{

struct Case {
    Shape kernel, stride, padding, dilation;
    bool ceil_mode;
};
const Case CASES[] = {{{2, 2}, {2, 2}, {0, 0}, {1, 1}, false},
                      {{3, 3}, {2, 2}, {1, 1}, {1, 1}, false},
                      {{3, 2}, {1, 2}, {1, 1}, {2, 1}, true},
                      {{3, 3}, {}, {0, 0}, {1, 1}, true},
                      {{3}, {1}, {1}, {1}, false},
                      {{2, 2}, {3, 3}, {1, 1}, {2, 2}, true},
                      {{5, 5}, {4, 4}, {2, 2}, {1, 1}, true},
                      {{2, 3}, {1, 1}, {0, 1}, {1, 3}, false}};
const Shape SHAPES[] = {{2, 3, 8, 9}, {3, 11, 7}, {2, 2, 20, 33}, {0, 3, 9, 9}, {1, 1, 9, 1200}};

int64_t of(const Shape &s, int i)
{
    return s.size() > 1 ? s[(size_t)i] : s[0];
}

/* Size of the result along dimension i of the plane, or 0. */
int64_t pooled(const Case &c, int64_t n, int i)
{
    const int64_t k = of(c.kernel, i), s = c.stride.empty() ? k : of(c.stride, i), p = of(c.padding, i);
    const int64_t room = n + 2 * p - of(c.dilation, i) * (k - 1) - 1;
    if (room < 0)
        return 0;
    const int64_t out = (room + (c.ceil_mode ? s - 1 : 0)) / s + 1;
    return c.ceil_mode && (out - 1) * s >= n + p ? out - 1 : out;
}

void check(const Set &set, const Case &c, const Array &x)
{
    const size_t nd = x.shape.size();
    const int64_t h = x.shape[nd - 2], w = x.shape[nd - 1], oh = pooled(c, h, 0), ow = pooled(c, w, 1);
    if (oh < 1 || ow < 1)
        return;
    Shape result = x.shape;
    result[nd - 2] = oh;
    result[nd - 1] = ow;
    std::vector<double> values, places;
    for (int64_t i = 0; i < product(result); i++) {
        const int64_t plane = i / (oh * ow), y = i / ow % oh, z = i % ow;
        double best = -Inf, at = -1;
        for (int64_t u = 0; u < of(c.kernel, 0); u++)
            for (int64_t v = 0; v < of(c.kernel, 1); v++) {
                const Shape &s = c.stride.empty() ? c.kernel : c.stride;
                const int64_t r = y * of(s, 0) - of(c.padding, 0) + u * of(c.dilation, 0);
                const int64_t q = z * of(s, 1) - of(c.padding, 1) + v * of(c.dilation, 1);
                if (r < 0 || q < 0 || r >= h || q >= w)
                    continue;
                const double value = x.get((plane * h + r) * w + q);
                if (at < 0 || value > best || std::isnan(value)) {
                    at = (double)(r * w + q);
                    best = value;
                }
            }
        values.push_back(best);
        places.push_back(at);
    }
    Array out(x.dtype, result), indices(TORSH_I64, result);
    torsh__max_pool2d_with_indices_params_t p{dims(c.kernel), dims(c.stride), dims(c.padding),
                                              dims(c.dilation), c.ceil_mode};
    ASSERT_EQ(call(set, "max_pool2d_with_indices", {&x}, {&out, &indices}, &p), TORSH_OK);
    expect_equal(out, values, set.name);
    expect_equal(indices, places, set.name);
}

TEST(MaxPool, first_of_the_largest_for_all_dtypes)
{
    for (const Set &set : pool_sets())
        for (torsh_dtype_t t : NUMBERS)
            for (const Shape &shape : SHAPES)
                for (const Case &c : CASES)
                    check(set, c, some(t, shape));
}

TEST(MaxPool, nan_wins_and_the_last_counts)
{
    for (const Set &set : pool_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Shape &shape : SHAPES)
                for (const Case &c : CASES) {
                    Array x = some(t, shape);
                    std::mt19937 random(3);
                    for (int64_t i = 0; i < x.n(); i++)
                        if (random() % 4 == 0)
                            x.set(i, random() % 2 ? NaN : -Inf);
                    check(set, c, x);
                }
}

TEST(MaxPool, windows_wider_than_the_stack_buffer)
{
    for (const Set &set : pool_sets())
        for (torsh_dtype_t t : {TORSH_F32, TORSH_BF16, TORSH_F64}) {
            check(set, {{1, 1500}, {1, 7}, {0, 700}, {1, 1}, true}, some(t, {2, 2, 3000}));
            check(set, {{1, 900}, {1, 1}, {0, 0}, {1, 2}, false}, some(t, {1, 2, 2000}));
            check(set, {{2, 3}, {2, 2}, {1, 1}, {1, 600}, false}, some(t, {1, 2, 2500}));
        }
}

TEST(MaxPool, does_not_depend_on_threads)
{
    for (const Set &set : pool_sets()) {
        const Array x = normal(TORSH_F32, {6, 5, 60, 61});
        Array out(TORSH_F32, {6, 5, 30, 30}), indices(TORSH_I64, {6, 5, 30, 30});
        const Shape k{2, 2}, zero{0}, one{1};
        torsh__max_pool2d_with_indices_params_t p{dims(k), dims(k), dims(zero), dims(one), 0};
        expect_threads_agree(out, [&] { call(set, "max_pool2d_with_indices", {&x}, {&out, &indices}, &p); });
    }
}

} // namespace
