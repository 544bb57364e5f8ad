// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(softmax)

namespace
{

struct Case {
    Shape shape;
    int64_t dim;
};
const Case CASES[] = {{{}, -1},      {{1}, 0},           {{5}, 0},     {{3, 31}, 1},    {{3, 32}, 1},
                      {{3, 33}, -1}, {{2, 5000}, 1},     {{5, 40}, 0}, {{2, 30, 7}, 1}, {{0, 3}, 1},
                      {{3, 0}, 1},   {{2, 130, 200}, 1}, {{9, 10}, 1}};

/* Calls f with the places of each group of elements that a softmax runs over. */
template <class F> void each_group(const Case &c, F f)
{
    const size_t d = (size_t)(c.dim < 0 ? c.dim + (int64_t)c.shape.size() : c.dim);
    int64_t outer = 1, n = 1, inner = 1;
    for (size_t k = 0; k < c.shape.size(); k++)
        (k < d ? outer : k == d ? n : inner) *= c.shape[k];
    for (int64_t i = 0; i < outer * inner; i++) {
        std::vector<size_t> places;
        for (int64_t k = 0; k < n; k++)
            places.push_back((size_t)(i / inner * n * inner + k * inner + i % inner));
        f(places);
    }
}

std::vector<double> softmax_of(const Case &c, const Array &x, bool is_log)
{
    std::vector<double> y((size_t)x.n());
    each_group(c, [&](const std::vector<size_t> &at) {
        long double most = -Inf, sum = 0;
        for (size_t i : at)
            most = std::fmax(most, (long double)x.get((int64_t)i));
        for (size_t i : at)
            sum += std::exp(x.get((int64_t)i) - most);
        for (size_t i : at)
            y[i] = (double)(is_log ? x.get((int64_t)i) - most - std::log(sum)
                                   : std::exp(x.get((int64_t)i) - most) / sum);
    });
    return y;
}

TEST(Softmax, matches_double_along_any_dimension)
{
    for (const Set &set : softmax_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Case &c : CASES) {
                const Array x = normal(t, c.shape);
                Array y(t, c.shape);
                torsh___softmax_params_t p{c.dim, 0};
                ASSERT_EQ(call(set, "_softmax", {&x}, {&y}, &p), TORSH_OK);
                /* the difference from the maximum, of up to 8, is rounded, and exp passes that on */
                expect_close(y, softmax_of(c, x, false), t == TORSH_F32 || t == TORSH_F64 ? 12 : 1.1,
                             set.name, 1e-7);
                ASSERT_EQ(call(set, "_log_softmax", {&x}, {&y}, &p), TORSH_OK);
                expect_close(y, softmax_of(c, x, true), t == TORSH_F32 || t == TORSH_F64 ? 4 : 1.1, set.name,
                             2);
            }
}

TEST(Softmax, backward_matches_double)
{
    for (const Set &set : softmax_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Case &c : CASES)
                for (int is_log = 0; is_log < 2; is_log++) {
                    const Array x = normal(t, c.shape), g = normal(t, c.shape, 2);
                    const Array y(t, c.shape, softmax_of(c, x, is_log));
                    std::vector<double> want((size_t)x.n());
                    double size = 1;
                    each_group(c, [&](const std::vector<size_t> &at) {
                        long double sum = 0;
                        double all = 0;
                        for (size_t i : at) {
                            const double v = g.get((int64_t)i) * (is_log ? 1 : y.get((int64_t)i));
                            sum += v;
                            all += std::fabs(v);
                        }
                        size = std::fmax(size, all);
                        for (size_t i : at) {
                            const double gi = g.get((int64_t)i), yi = y.get((int64_t)i);
                            want[i] =
                                (double)(is_log ? gi - std::exp((long double)yi) * sum : yi * (gi - sum));
                        }
                    });
                    Array d(t, c.shape);
                    torsh___softmax_backward_data_params_t p{c.dim, t};
                    const char *op = is_log ? "_log_softmax_backward_data" : "_softmax_backward_data";
                    ASSERT_EQ(call(set, op, {&g, &y}, {&d}, &p), TORSH_OK);
                    expect_close(d, want, 4, set.name, size);
                }
}

TEST(Softmax, infinities_and_nan)
{
    const double rows[][3] = {{-Inf, -Inf, -Inf}, {Inf, 1, 2},      {NaN, 1, 2},
                              {-Inf, 0, 0},       {1e30, -1e30, 0}, {-200, 0, -100}};
    const double want[][3] = {{NaN, NaN, NaN}, {NaN, NaN, NaN}, {NaN, NaN, NaN},
                              {0, .5, .5},     {1, 0, 0},       {0, 1, 0}};
    for (const Set &set : softmax_sets())
        for (int i = 0; i < 6; i++)
            for (int columns = 0; columns < 2; columns++) {
                const Shape shape = columns ? Shape{3, 2} : Shape{2, 3};
                Array x(TORSH_F32, shape), y(TORSH_F32, shape);
                std::vector<double> all(6);
                for (int64_t k = 0; k < 6; k++) {
                    const int64_t at = columns ? k / 2 : k % 3;
                    x.set(k, rows[i][at]);
                    all[(size_t)k] = want[i][at];
                }
                torsh___softmax_params_t p{columns ? 0 : 1, 0};
                ASSERT_EQ(call(set, "_softmax", {&x}, {&y}, &p), TORSH_OK);
                expect_close(y, all, 1, set.name, 1e-30);
            }
}

TEST(Softmax, does_not_depend_on_threads)
{
    for (const Set &set : softmax_sets())
        for (torsh_dtype_t t : {TORSH_F32, TORSH_BF16})
            for (int64_t dim : {0, 1, 2}) {
                const Array x = normal(t, {20, 60, 150});
                Array y(t, x.shape);
                torsh___softmax_params_t p{dim, 0};
                expect_threads_agree(y, [&] { call(set, "_softmax", {&x}, {&y}, &p); });
            }
}

} // namespace
