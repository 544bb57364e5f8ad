// SPDX-License-Identifier: MIT OR Apache-2.0
// native_layer_norm; batch_norm_test.cc has the other.
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(norm)

namespace
{

struct Want {
    std::vector<double> y, mean, rstd;
};

Want layer_norm_of(const Array &x, const Array &w, const Array &b, int64_t n, double eps)
{
    Want r;
    for (int64_t i = 0; i < (n ? x.n() / n : 0); i++) {
        long double sum = 0, squares = 0;
        for (int64_t k = 0; k < n; k++)
            sum += x.get(i * n + k);
        const long double mean = sum / n;
        for (int64_t k = 0; k < n; k++)
            squares += (x.get(i * n + k) - mean) * (x.get(i * n + k) - mean);
        const long double rstd = 1 / std::sqrt(squares / n + eps);
        r.mean.push_back((double)mean);
        r.rstd.push_back((double)rstd);
        for (int64_t k = 0; k < n; k++)
            r.y.push_back((double)((x.get(i * n + k) - mean) * rstd * (w.given ? w.get(k) : 1) +
                                   (b.given ? b.get(k) : 0)));
    }
    return r;
}

TEST(LayerNorm, matches_double_with_and_without_weights)
{
    const Array none;
    for (const Set &set : norm_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Shape &shape :
                 {Shape{3, 10}, Shape{2, 3, 33}, Shape{5, 1}, Shape{3, 5000}, Shape{0, 5}, Shape{4, 768}})
                for (int given = 0; given < 4; given++) {
                    const int64_t n = shape.back();
                    const Array x = normal(t, shape), w = given & 1 ? normal(t, {n}, 2) : none;
                    const Array b = given & 2 ? normal(t, {n}, 3) : none;
                    Shape rows = shape;
                    rows.back() = 1;
                    Array y(t, shape), mean(t, rows), rstd(t, rows);
                    const Shape last{n};
                    torsh__native_layer_norm_params_t p{dims(last), 1e-5};
                    ASSERT_EQ(call(set, "native_layer_norm", {&x, &w, &b}, {&y, &mean, &rstd}, &p), TORSH_OK);
                    const Want want = layer_norm_of(x, w, b, n, 1e-5);
                    /* a single element a row is normalised to 0 exactly, times a large rstd */
                    expect_close(y, want.y, 8, set.name, 2);
                    expect_close(mean, want.mean, 2, set.name, .5);
                    expect_close(rstd, want.rstd, 4, set.name);
                }
}

TEST(LayerNorm, a_large_mean_costs_no_digits)
{
    const Array none;
    for (const Set &set : norm_sets()) {
        Array x(TORSH_F32, {2, 100}), y(TORSH_F32, {2, 100}), mean(TORSH_F32, {2, 1}),
            rstd(TORSH_F32, {2, 1});
        for (int64_t i = 0; i < 200; i++)
            x.set(i, 100000 + (double)(i * 37 % 100) / 128);
        const Shape last{100};
        torsh__native_layer_norm_params_t p{dims(last), 0};
        ASSERT_EQ(call(set, "native_layer_norm", {&x, &none, &none}, {&y, &mean, &rstd}, &p), TORSH_OK);
        expect_close(y, layer_norm_of(x, none, none, 100, 0).y, 8, set.name, 1);
    }
}

TEST(LayerNorm, nan_and_infinity_spoil_their_row_alone)
{
    const Array none;
    for (const Set &set : norm_sets())
        for (torsh_dtype_t t : FLOATS)
            for (double bad : {NaN, Inf}) {
                Array x = normal(t, {3, 40}), y(t, {3, 40}), mean(t, {3, 1}), rstd(t, {3, 1});
                x.set(50, bad);
                const Shape last{40};
                torsh__native_layer_norm_params_t p{dims(last), 1e-5};
                ASSERT_EQ(call(set, "native_layer_norm", {&x, &none, &none}, {&y, &mean, &rstd}, &p),
                          TORSH_OK);
                for (int64_t i = 0; i < 120; i++)
                    EXPECT_EQ(std::isnan(y.get(i)), i / 40 == 1);
            }
}

} // namespace
