// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/loss_params.h>

DECLARE_LISTS(loss)

namespace
{

enum { NONE, MEAN, SUM };

/* n -1: one sample without a batch dimension. */
void check(const Set &set, torsh_dtype_t t, int64_t n, int64_t classes, bool weighted, int64_t reduction,
           int64_t ignore)
{
    const bool batch = n >= 0;
    const Shape shape = batch ? Shape{n, classes} : Shape{classes}, one = batch ? Shape{n} : Shape{};
    const Array x = normal(t, shape), none;
    Array target = indices(one, 0, classes, 3);
    for (int64_t i = 1; i < n; i += 7)
        target.set(i, (double)ignore);
    Array weight = weighted ? some(t, {classes}, 4) : none;
    for (int64_t k = 0; weighted && k < classes; k++)
        weight.set(k, weight.get(k) + 3);
    const Shape result = reduction == NONE && batch ? one : Shape{};
    Array out(t, result), total(t, {});
    torsh__nll_loss_forward_params_t p{reduction, ignore};
    ASSERT_EQ(call(set, "nll_loss_forward", {&x, &target, &weight}, {&out, &total}, &p), TORSH_OK);

    double sum = 0, size = 0, weights = 0;
    std::vector<double> each;
    for (int64_t i = 0; i < (batch ? n : 1); i++) {
        const int64_t k = (int64_t)target.get(i);
        const double w = k == ignore ? 0
                         : weighted  ? weight.get(k)
                                     : 1,
                     loss = k == ignore ? 0 : -w * x.get(i * classes + k);
        each.push_back(loss);
        sum += loss;
        size += std::fabs(loss);
        weights += w;
    }
    const bool all = reduction == NONE && batch;
    expect_close(out, all ? each : std::vector<double>{reduction == MEAN ? sum / weights : sum}, 2, set.name,
                 reduction == MEAN ? size / std::fmax(weights, 1) : size);
    expect_close(total, {all ? 0 : weights}, 2, set.name);

    const Array grad = normal(t, result, 5);
    Array d(t, shape, NaN);
    std::vector<double> want((size_t)d.n());
    for (int64_t i = 0; i < (batch ? n : 1); i++) {
        const int64_t k = (int64_t)target.get(i);
        const double g = grad.get(all ? i : 0) / (reduction == MEAN ? total.get(0) : 1);
        if (k != ignore)
            want[(size_t)(i * classes + k)] = -g * (weighted ? weight.get(k) : 1);
    }
    ASSERT_EQ(call(set, "nll_loss_backward", {&grad, &x, &target, &weight, &total}, {&d}, &p), TORSH_OK);
    expect_close(d, want, 3, set.name);
}

TEST(NllLoss, forward_and_backward_match_double)
{
    for (const Set &set : loss_sets())
        for (torsh_dtype_t t : FLOATS)
            for (int64_t n : {-1, 0, 1, 4, 9000})
                for (int64_t classes : {3, 10})
                    for (bool weighted : {false, true})
                        for (int64_t reduction : {NONE, MEAN, SUM})
                            for (int64_t ignore : {-100, 1})
                                check(set, t, n, classes, weighted, reduction, ignore);
}

TEST(NllLoss, refuses_targets_out_of_range_before_it_writes)
{
    for (const Set &set : loss_sets())
        for (double bad : {7.0, -7.0}) {
            const Array x = normal(TORSH_F32, {3, 5}), none, one(TORSH_F32, {}, 1);
            const Array target(TORSH_I64, {3}, std::vector<double>{0, -100, bad});
            Array out(TORSH_F32, {3}, 1), total(TORSH_F32, {}), d(TORSH_F32, {3, 5}, 1);
            torsh__nll_loss_forward_params_t p{NONE, -100};
            EXPECT_EQ(call(set, "nll_loss_forward", {&x, &target, &none}, {&out, &total}, &p),
                      TORSH_ERR_INDEX);
            EXPECT_EQ(message, bad > 0 ? "Target 7 is out of bounds." : "Target -7 is out of bounds.");
            EXPECT_EQ(call(set, "nll_loss_backward", {&out, &x, &target, &none, &one}, {&d}, &p),
                      TORSH_ERR_INDEX);
            expect_equal(d, std::vector<double>(15, 1), set.name);
        }
}

TEST(NllLoss, does_not_depend_on_threads)
{
    for (const Set &set : loss_sets()) {
        const Array x = normal(TORSH_F32, {50000, 3}), target = indices({50000}, 0, 3), none;
        Array out(TORSH_F32, {}), total(TORSH_F32, {});
        torsh__nll_loss_forward_params_t p{SUM, -100};
        expect_threads_agree(out, [&] {
            call(set, "nll_loss_forward", {&x, &target, &none}, {&out, &total}, &p);
        });
    }
}

} // namespace
