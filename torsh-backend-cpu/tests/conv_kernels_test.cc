// SPDX-License-Identifier: MIT OR Apache-2.0
// _conv2d and its gradients as operators: what conv_test.cc does not see is how the arguments get there.
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(conv_kernels)

namespace
{

struct Case {
    Shape x, w;
    Shape stride, padding, dilation; /* of one number, or two */
    int64_t groups;
};

const Case CASES[] = {
    {{2, 3, 6, 7}, {4, 3, 3, 2}, {1}, {0}, {1}, 1},
    {{1, 4, 7, 5}, {6, 2, 3, 2}, {2, 1}, {1, 0}, {1, 2}, 2},
    {{2, 4, 5, 5}, {4, 1, 3, 3}, {2}, {1}, {1}, 4},
};

int64_t of(const Shape &s, int i)
{
    return s.size() > 1 ? s[(size_t)i] : s[0];
}

int64_t out_size(const Case &c, int i)
{
    return (c.x[2 + i] + 2 * of(c.padding, i) - of(c.dilation, i) * (c.w[2 + i] - 1) - 1) / of(c.stride, i) +
           1;
}

/* Calls f(output, input, weight) with the row-major places of all three, for each product of the convolution.
 */
template <class F> void each(const Case &c, F f)
{
    const int64_t ho = out_size(c, 0), wo = out_size(c, 1), per = c.w[1], out_per = c.w[0] / c.groups;
    for (int64_t n = 0; n < c.x[0]; n++)
        for (int64_t o = 0; o < c.w[0]; o++)
            for (int64_t y = 0; y < ho; y++)
                for (int64_t x = 0; x < wo; x++)
                    for (int64_t i = 0; i < per; i++)
                        for (int64_t u = 0; u < c.w[2]; u++)
                            for (int64_t v = 0; v < c.w[3]; v++) {
                                const int64_t r =
                                    y * of(c.stride, 0) - of(c.padding, 0) + u * of(c.dilation, 0);
                                const int64_t s =
                                    x * of(c.stride, 1) - of(c.padding, 1) + v * of(c.dilation, 1);
                                if (r < 0 || s < 0 || r >= c.x[2] || s >= c.x[3])
                                    continue;
                                f(((n * c.w[0] + o) * ho + y) * wo + x,
                                  ((n * c.x[1] + o / out_per * per + i) * c.x[2] + r) * c.x[3] + s,
                                  ((o * per + i) * c.w[2] + u) * c.w[3] + v);
                            }
}

TEST(Conv2d, passes_arguments_in_order)
{
    for (const Set &set : conv_kernels_sets())
        for (torsh_dtype_t dtype : FLOATS)
            for (const Case &c : CASES)
                for (int with_bias = 0; with_bias < 2; with_bias++) {
                    const int64_t ho = out_size(c, 0), wo = out_size(c, 1);
                    const Array x = some(dtype, c.x), w = some(dtype, c.w, 2), none;
                    const Array bias = with_bias ? some(dtype, {c.w[0]}, 3) : none;
                    Array y(dtype, {c.x[0], c.w[0], ho, wo});
                    std::vector<double> want((size_t)y.n());
                    for (int64_t i = 0; with_bias && i < y.n(); i++)
                        want[(size_t)i] = bias.get(i / (ho * wo) % c.w[0]);
                    each(c, [&](int64_t o, int64_t i, int64_t k) { want[(size_t)o] += x.get(i) * w.get(k); });
                    torsh___conv2d_params_t p{dims(c.stride), dims(c.padding), dims(c.dilation), c.groups};
                    ASSERT_EQ(call(set, "_conv2d", {&x, &w, &bias}, {&y}, &p), TORSH_OK) << message;
                    expect_close(y, want, 2, set.name, 1);
                }
}

TEST(Conv2d, gradients_pass_arguments_in_order)
{
    for (const Set &set : conv_kernels_sets())
        for (torsh_dtype_t dtype : FLOATS)
            for (const Case &c : CASES) {
                const Array x = some(dtype, c.x), w = some(dtype, c.w, 2);
                const Array g = some(dtype, {c.x[0], c.w[0], out_size(c, 0), out_size(c, 1)}, 3);
                Array dx(dtype, c.x), dw(dtype, c.w);
                std::vector<double> want_x((size_t)dx.n()), want_w((size_t)dw.n());
                each(c, [&](int64_t o, int64_t i, int64_t k) {
                    want_x[(size_t)i] += g.get(o) * w.get(k);
                    want_w[(size_t)k] += g.get(o) * x.get(i);
                });
                torsh___conv2d_backward_input_params_t pi{dims(c.x), dims(c.stride), dims(c.padding),
                                                          dims(c.dilation), c.groups};
                ASSERT_EQ(call(set, "_conv2d_backward_input", {&g, &w}, {&dx}, &pi), TORSH_OK) << message;
                expect_close(dx, want_x, 2, set.name, 1);
                torsh___conv2d_backward_weight_params_t pw{dims(c.w), dims(c.stride), dims(c.padding),
                                                           dims(c.dilation), c.groups};
                ASSERT_EQ(call(set, "_conv2d_backward_weight", {&g, &x}, {&dw}, &pw), TORSH_OK) << message;
                expect_close(dw, want_w, 2, set.name, 1);
            }
}

} // namespace
