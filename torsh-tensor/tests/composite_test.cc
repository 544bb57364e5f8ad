// SPDX-License-Identifier: MIT OR Apache-2.0
// A fused kernel gives what its composite gives: the composite is called through the operator's record.
#include <cmath>

#include <torsh/ops/linalg_params.h>
#include <torsh/ops/nn_params.h>

#include "tensors.h"

extern "C" {
extern const torsh__op_t torsh__record__softmax, torsh__record__log_softmax, torsh__record_linear,
    torsh__record_native_layer_norm, torsh__record_native_batch_norm;
}

static testing::AssertionResult close(const Doubles &a, const Doubles &b)
{
    if (a.size() != b.size())
        return testing::AssertionFailure() << a.size() << " and " << b.size() << " values";
    for (size_t i = 0; i < a.size(); i++)
        if (!(std::fabs(a[i] - b[i]) <= 1e-5 * std::fmax(1, std::fabs(b[i]))) && a[i] != b[i])
            return testing::AssertionFailure() << "value " << i << ": " << a[i] << " and " << b[i];
    return testing::AssertionSuccess();
}

// Both ways; the results of the kernel, for further questions.
static std::vector<Doubles> both(const torsh__op_t &op, const std::vector<const torsh_tensor_t *> &in,
                                 const void *params)
{
    torsh_tensor_t *fused[TORSH_MAX_OUT] = {}, *composed[TORSH_MAX_OUT] = {};
    std::vector<Doubles> results;
    EXPECT_EQ(op.kind, TORSH__FUSED);
    EXPECT_NE(torsh__kernels(TORSH_CPU, op.id, (torsh_dtype_t)in[0]->dtype), nullptr)
        << op.name << " has no kernel";
    EXPECT_EQ(torsh__run(&op, in.data(), (int)in.size(), params, fused, TORSH__NEW), TORSH_OK)
        << named_failure();
    torsh__scope_t scope;
    torsh__scope_open(&scope);
    EXPECT_EQ(op.composite(&scope, in.data(), (int)in.size(), params, composed), TORSH_OK) << named_failure();
    for (int i = 0; i < op.n_out; i++) {
        EXPECT_EQ(shape(fused[i]), shape(composed[i])) << op.name << ", result " << i;
        EXPECT_TRUE(close(values(fused[i]), values(composed[i]))) << op.name << ", result " << i;
        results.push_back(values(fused[i]));
        torsh_tensor_free(fused[i]);
    }
    torsh__scope_close(&scope);
    return results;
}

// values that are neither ordered nor small integers
static Tensor waves(const Ints &shape, double phase = 0)
{
    int64_t n = 1;
    for (int64_t d : shape)
        n *= d;
    Doubles v;
    for (int64_t i = 0; i < n; i++)
        v.push_back(3 * std::sin(phase + 1.7 * (double)i));
    return tensor(shape, v);
}

TEST(fused, softmax_along_every_dimension)
{
    Tensor x = waves({3, 4, 5}), huge = tensor({2}, {1000, 1001});
    for (int64_t dim = 0; dim < 3; dim++) {
        const torsh___softmax_params_t params = {dim, 0};
        both(torsh__record__softmax, {x.get()}, &params);
        const torsh___log_softmax_params_t log_params = {dim, 0};
        both(torsh__record__log_softmax, {x.get()}, &log_params);
    }
    const torsh___softmax_params_t params = {0, 0};
    Doubles p = both(torsh__record__softmax, {huge.get()}, &params)[0];
    EXPECT_NEAR(p[1], 1 / (1 + std::exp(-1.0)), 1e-6) << "large inputs do not overflow";
}

TEST(fused, linear_with_and_without_bias)
{
    Tensor x = waves({2, 3, 4}), w = waves({5, 4}, 1), b = waves({5}, 2);
    const torsh__linear_params_t params = {};
    both(torsh__record_linear, {x.get(), w.get(), b.get()}, &params);
    both(torsh__record_linear, {x.get(), w.get(), nullptr}, &params);
}

TEST(fused, layer_norm)
{
    Tensor x = waves({3, 2, 4}), w = waves({2, 4}, 1), b = waves({2, 4}, 2);
    const int64_t size[] = {2, 4};
    torsh__native_layer_norm_params_t params = {};
    params.normalized_shape = {size, 2, 1};
    params.eps = 1e-5;
    both(torsh__record_native_layer_norm, {x.get(), w.get(), b.get()}, &params);
    both(torsh__record_native_layer_norm, {x.get(), nullptr, nullptr}, &params);
}

TEST(fused, batch_norm_in_training_and_after)
{
    Tensor x = waves({4, 3, 2}), w = waves({3}, 1), b = waves({3}, 2), mean = ramp({3}), var = ramp({3}, 1);
    torsh__native_batch_norm_params_t params = {};
    params.eps = 1e-5;
    both(torsh__record_native_batch_norm, {x.get(), w.get(), b.get(), mean.get(), var.get()}, &params);
    params.training = 1;
    params.momentum = 0.1;
    both(torsh__record_native_batch_norm, {x.get(), w.get(), b.get(), nullptr, nullptr}, &params);
}

/* ---- composites by hand ---- */

TEST(composite, matmul_broadcasts_batches)
{
    Tensor a = ramp({2, 1, 2, 3}), b = ramp({4, 3, 2}), v = ramp({3});
    EXPECT_EQ(shape(own(torsh_matmul(a.get(), b.get()))), (Ints{2, 4, 2, 2}));
    EXPECT_EQ(shape(own(torsh_matmul(v.get(), b.get()))), (Ints{4, 2}));
    EXPECT_EQ(shape(own(torsh_matmul(a.get(), v.get()))), (Ints{2, 1, 2}));
    EXPECT_EQ(values(own(torsh_matmul(v.get(), v.get()))), (Doubles{5}));
    EXPECT_EQ(torsh_matmul(number(1, TORSH_F32).get(), v.get()), nullptr);
    EXPECT_TRUE(
        contains(named_failure(), "both arguments to matmul need to be at least 1D, but they are 0D and 1D"));
}

TEST(composite, variance_does_not_cancel)
{
    Tensor x = tensor({3}, {1e4, 1e4 + 1, 1e4 + 2});
    const int64_t dim[] = {0};
    const torsh_scalar_t none = torsh_scalar_i(0);
    EXPECT_EQ(values(own(torsh_var_with_error(x.get(), dim, 1, nullptr, 0, nullptr))), (Doubles{1}));
    EXPECT_NEAR(values(own(torsh_var_with_error(x.get(), dim, 1, &none, 0, nullptr)))[0], 2.0 / 3, 1e-6);
}

static torsh_tensor_t *steps(int64_t start, int64_t end, int64_t step)
{
    return torsh_arange_start_step_with_error(torsh_scalar_i(start), torsh_scalar_i(end),
                                              torsh_scalar_i(step), TORSH_I64, -1, {TORSH_CPU, 0}, nullptr,
                                              nullptr);
}

TEST(composite, arange_counts_without_rounding_where_numbers_are_whole)
{
    Tensor t = own(steps(5, -2, -3));
    EXPECT_EQ(values(t), (Doubles{5, 2, -1}));
    EXPECT_EQ(torsh_arange_start(torsh_scalar_i(INT64_MIN), torsh_scalar_i(INT64_MAX)), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: invalid size, possible overflow?");
    EXPECT_EQ(steps(0, INT64_MIN, -1), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: invalid size, possible overflow?");
    EXPECT_EQ(steps(0, 3, 0), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: step must be nonzero");
}

TEST(composite, leaves_nothing_behind_when_it_fails_midway)
{
    EXPECT_TRUE(keeps_nothing([] {
        Tensor x = waves({2, 3}), target = tensor({2}, {0, 9}, TORSH_I64);
        EXPECT_EQ(torsh_cross_entropy(x.get(), target.get()), nullptr);
        named_failure();
    }));
}
