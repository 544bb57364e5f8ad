// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(norm)

namespace
{

constexpr double EPS = 1e-5, MOMENTUM = 0.25;

struct Layer {
    Array x, w, b, running_mean, running_var;
    std::vector<double> y, mean, rstd, new_mean, new_var;

    Layer(torsh_dtype_t t, const Shape &shape, bool training, bool affine)
        : x(normal(t, shape)), running_mean(normal(TORSH_F32, {shape[1]}, 4)),
          running_var(TORSH_F32, {shape[1]}, 1.5)
    {
        const int64_t c = shape[1], n = x.n() / c;
        if (affine) {
            w = normal(t, {c}, 2);
            b = normal(t, {c}, 3);
        }
        int64_t inner = 1;
        for (size_t d = 2; d < shape.size(); d++)
            inner *= shape[d];
        std::vector<long double> sum((size_t)c), squares((size_t)c);
        auto channel = [&](int64_t i) { return (size_t)(i / inner % c); };
        for (int64_t i = 0; i < x.n(); i++)
            sum[channel(i)] += (long double)x.get(i) / n;
        for (int64_t i = 0; i < x.n(); i++)
            squares[channel(i)] += std::pow(x.get(i) - sum[channel(i)], 2.0L);
        for (size_t k = 0; k < (size_t)c; k++) {
            const double m = running_mean.get((int64_t)k), v = running_var.get((int64_t)k);
            new_mean.push_back((double)(training ? (1 - MOMENTUM) * m + MOMENTUM * sum[k] : m));
            new_var.push_back((double)(training ? (1 - MOMENTUM) * v + MOMENTUM * squares[k] / (n - 1) : v));
            mean.push_back((double)(training ? sum[k] : m));
            rstd.push_back((double)(1 / std::sqrt((training ? squares[k] / n : v) + EPS)));
        }
        for (int64_t i = 0; i < x.n(); i++) {
            const size_t k = channel(i);
            y.push_back((x.get(i) - mean[k]) * rstd[k] * (affine ? w.get((int64_t)k) : 1) +
                        (affine ? b.get((int64_t)k) : 0));
        }
    }
};

TEST(BatchNorm, matches_double_in_any_memory_order)
{
    const Array none;
    for (const Set &set : norm_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Shape &shape : {Shape{4, 3}, Shape{70, 100}, Shape{5, 7, 6}, Shape{2, 3, 8, 9},
                                       Shape{3, 70, 1, 2}, Shape{2, 5, 1500}, Shape{6, 1, 4}})
                for (int training = 0; training < 2; training++)
                    for (int order = 0; order < 3; order++) {
                        Layer r(t, shape, training, order != 1);
                        Array y(t, shape), mean(t, {training ? shape[1] : 0}), rstd = mean;
                        std::vector<int> channels_last{0}, turned;
                        for (int d = 2; d < (int)shape.size(); d++)
                            channels_last.push_back(d);
                        channels_last.push_back(1);
                        for (int d = (int)shape.size(); d-- > 0;)
                            turned.push_back(d);
                        if (order)
                            r.x = r.x.in_order(order == 1 ? channels_last : turned);
                        if (order == 1)
                            y = y.in_order(channels_last);
                        torsh__native_batch_norm_params_t p{training, MOMENTUM, EPS};
                        ASSERT_EQ(call(set, "native_batch_norm",
                                       {&r.x, &r.w, &r.b, &r.running_mean, &r.running_var},
                                       {&y, &mean, &rstd}, &p),
                                  TORSH_OK);
                        expect_close(y, r.y, 8, set.name, 2);
                        if (training) {
                            expect_close(mean, r.mean, 2, set.name, .5);
                            expect_close(rstd, r.rstd, 4, set.name);
                        }
                        expect_close(r.running_mean, r.new_mean, 4, set.name, .5);
                        expect_close(r.running_var, r.new_var, 4, set.name);
                    }
}

TEST(BatchNorm, trains_without_running_statistics)
{
    const Array none;
    for (const Set &set : norm_sets()) {
        Layer r(TORSH_F32, {4, 3, 5}, true, false);
        Array y(TORSH_F32, {4, 3, 5}), mean(TORSH_F32, {3}), rstd(TORSH_F32, {3});
        torsh__native_batch_norm_params_t p{1, MOMENTUM, EPS};
        ASSERT_EQ(call(set, "native_batch_norm", {&r.x, &none, &none, &none, &none}, {&y, &mean, &rstd}, &p),
                  TORSH_OK);
        expect_close(y, r.y, 8, set.name, 2);
    }
}

TEST(BatchNorm, does_not_depend_on_threads)
{
    const Array none;
    for (const Set &set : norm_sets())
        for (const Shape &shape : {Shape{8, 6, 30, 31}, Shape{300, 200}}) {
            const Array x = normal(TORSH_F32, shape);
            Array y(TORSH_F32, shape), mean(TORSH_F32, {shape[1]}), rstd = mean;
            torsh__native_batch_norm_params_t p{1, MOMENTUM, EPS};
            expect_threads_agree(y, [&] {
                call(set, "native_batch_norm", {&x, &none, &none, &none, &none}, {&y, &mean, &rstd}, &p);
            });
        }
}

} // namespace
