// SPDX-License-Identifier: MIT OR Apache-2.0
// avg_pool2d, _adaptive_avg_pool2d and their gradients.
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(pool)

namespace
{

struct Case {
    Shape kernel, stride, padding;
    bool ceil_mode, count_padding;
    int64_t divisor; /* 0: none */
};
const Case CASES[] = {{{2, 2}, {2, 2}, {0, 0}, false, true, 0}, {{3, 3}, {2, 2}, {1, 1}, false, true, 0},
                      {{3, 3}, {2, 2}, {1, 1}, true, false, 0}, {{3, 2}, {1, 2}, {1, 1}, true, true, 0},
                      {{3, 3}, {}, {1, 1}, true, false, 0},     {{3}, {2}, {1}, true, true, 5},
                      {{2, 2}, {3, 3}, {0, 0}, true, false, -2}};
const Shape SHAPES[] = {{2, 3, 8, 9}, {3, 11, 7}, {2, 2, 20, 33}, {1, 1, 5, 600}, {0, 2, 5, 5}};

int64_t of(const Shape &s, int i)
{
    return s.size() > 1 ? s[(size_t)i] : s[0];
}

std::vector<double> rounded(const std::vector<long double> &v)
{
    return std::vector<double>(v.begin(), v.end());
}

int64_t pooled(const Case &c, int64_t n, int i)
{
    const int64_t k = of(c.kernel, i), s = c.stride.empty() ? k : of(c.stride, i), p = of(c.padding, i);
    const int64_t out = (n + 2 * p - k + (c.ceil_mode ? s - 1 : 0)) / s + 1;
    return c.ceil_mode && (out - 1) * s >= n + p ? out - 1 : out;
}

/* Calls f(output, input, divisor) for each pair of row-major places that a mean connects. */
template <class F> void each(const Case &c, const Shape &in, F f)
{
    const size_t nd = in.size();
    const int64_t h = in[nd - 2], w = in[nd - 1], oh = pooled(c, h, 0), ow = pooled(c, w, 1),
                  planes = product(in) / (h * w);
    const Shape &s = c.stride.empty() ? c.kernel : c.stride;
    for (int64_t i = 0; i < planes * oh * ow; i++) {
        const int64_t y = i / ow % oh * of(s, 0) - of(c.padding, 0), x = i % ow * of(s, 1) - of(c.padding, 1);
        const int64_t y1 = std::min(y + of(c.kernel, 0), h + of(c.padding, 0)),
                      x1 = std::min(x + of(c.kernel, 1), w + of(c.padding, 1));
        const int64_t inside =
            (std::min(y1, h) - std::max<int64_t>(y, 0)) * (std::min(x1, w) - std::max<int64_t>(x, 0));
        const int64_t divisor = c.divisor ? c.divisor : c.count_padding ? (y1 - y) * (x1 - x) : inside;
        for (int64_t r = std::max<int64_t>(y, 0); r < std::min(y1, h); r++)
            for (int64_t q = std::max<int64_t>(x, 0); q < std::min(x1, w); q++)
                f(i, (i / (oh * ow) * h + r) * w + q, (double)divisor);
    }
}

TEST(AvgPool, means_and_gradients_match_double)
{
    for (const Set &set : pool_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Shape &shape : SHAPES)
                for (const Case &c : CASES) {
                    Shape result = shape;
                    result[shape.size() - 2] = pooled(c, shape[shape.size() - 2], 0);
                    result[shape.size() - 1] = pooled(c, shape[shape.size() - 1], 1);
                    const Array x = some(t, shape), g = some(t, result, 2);
                    Array y(t, result), d(t, shape);
                    std::vector<long double> want((size_t)y.n()), want_d((size_t)d.n());
                    each(c, shape, [&](int64_t o, int64_t i, double divisor) {
                        want[(size_t)o] += (long double)x.get(i) / divisor;
                        want_d[(size_t)i] += (long double)g.get(o) / divisor;
                    });
                    const torsh_opt_int_t divisor{c.divisor, c.divisor != 0};
                    torsh__avg_pool2d_params_t p{dims(c.kernel), dims(c.stride),  dims(c.padding),
                                                 c.ceil_mode,    c.count_padding, divisor};
                    ASSERT_EQ(call(set, "avg_pool2d", {&x}, {&y}, &p), TORSH_OK);
                    expect_close(y, rounded(want), 2, set.name, .25);
                    torsh___avg_pool2d_backward_params_t b{dims(shape),     dims(c.kernel), dims(c.stride),
                                                           dims(c.padding), c.ceil_mode,    c.count_padding,
                                                           divisor};
                    ASSERT_EQ(call(set, "_avg_pool2d_backward", {&g}, {&d}, &b), TORSH_OK);
                    expect_close(d, rounded(want_d), 4, set.name, 1);
                }
}

TEST(AvgPool, refuses_a_divisor_of_0)
{
    for (const Set &set : pool_sets()) {
        const Array x(TORSH_F32, {1, 4, 4});
        Array y(TORSH_F32, {1, 2, 2});
        const Shape two{2}, zero{0};
        torsh__avg_pool2d_params_t p{dims(two), dims(two), dims(zero), 0, 1, {0, 1}};
        EXPECT_EQ(call(set, "avg_pool2d", {&x}, {&y}, &p), TORSH_ERR_VALUE);
        EXPECT_EQ(message, "divisor must be not zero");
    }
}

TEST(AdaptiveAvgPool, means_and_gradients_match_double)
{
    for (const Set &set : pool_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Shape &shape : SHAPES)
                for (const Shape &size : {Shape{1, 1}, Shape{2, 3}, Shape{7, 5}, Shape{20, 40}, Shape{1, 3},
                                          Shape{3, 1}, Shape{2, 300}}) {
                    const int64_t h = shape[shape.size() - 2], w = shape[shape.size() - 1], oh = size[0],
                                  ow = size[1];
                    Shape result = shape;
                    result[shape.size() - 2] = oh;
                    result[shape.size() - 1] = ow;
                    const Array x = some(t, shape), g = some(t, result, 2);
                    Array y(t, result), d(t, shape);
                    std::vector<long double> want((size_t)y.n()), want_d((size_t)d.n());
                    for (int64_t i = 0; i < y.n(); i++) {
                        const int64_t a = i / ow % oh, b = i % ow;
                        const int64_t r0 = a * h / oh, r1 = ((a + 1) * h + oh - 1) / oh;
                        const int64_t q0 = b * w / ow, q1 = ((b + 1) * w + ow - 1) / ow;
                        for (int64_t r = r0; r < r1; r++)
                            for (int64_t q = q0; q < q1; q++) {
                                const size_t at = (size_t)((i / (oh * ow) * h + r) * w + q);
                                want[(size_t)i] += (long double)x.get((int64_t)at) / ((r1 - r0) * (q1 - q0));
                                want_d[at] += (long double)g.get(i) / ((r1 - r0) * (q1 - q0));
                            }
                    }
                    torsh___adaptive_avg_pool2d_params_t p{dims(size)};
                    ASSERT_EQ(call(set, "_adaptive_avg_pool2d", {&x}, {&y}, &p), TORSH_OK);
                    expect_close(y, rounded(want), 4, set.name, .25);
                    torsh___adaptive_avg_pool2d_bwd_params_t b{dims(shape)};
                    ASSERT_EQ(call(set, "_adaptive_avg_pool2d_bwd", {&g}, {&d}, &b), TORSH_OK);
                    expect_close(d, rounded(want_d), 16, set.name,
                                 1); /* up to 300 outputs share an element */
                }
}

} // namespace
