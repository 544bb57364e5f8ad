// SPDX-License-Identifier: MIT OR Apache-2.0
// Each layer's output against torch 2.13's; x = (torch.arange(32).float() / 16 - 1).
#include "testing.h"

static Tensor image()
{
    return ramp({1, 2, 4, 4}, 1.0 / 16, -1);
}

TEST(layers, conv2d_full_form)
{
    const int64_t three[] = {3, 3}, two = 2, one = 1;
    torsh_manual_seed(0); // nn.Conv2d(2, 2, 3, stride=2, padding=1, groups=2, bias=False)
    Module m(torsh_conv2d_new_with_error(2, 2, three, 2, &two, 1, &one, 1, &one, 1, 2, 0, nullptr));
    Tensor y = run(m, image());
    EXPECT_TRUE(close(values(y.get()),
                      {-0.133299574, 0.125686437, 0.0190621018, 0.141863391, 0.0868589953, 0.0675168112,
                       0.0280078053, -0.137603819},
                      1e-6))
        << failure();
    EXPECT_EQ(torsh_module_tensor(m.get(), "bias"), nullptr);
}

TEST(layers, conv2d_refuses_what_does_not_fit)
{
    const int64_t k[] = {3, 3, 3}, one = 1;
    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_conv2d_new_with_error(3, 4, k, 2, &one, 1, &one, 1, &one, 1, 2, 1, &e), nullptr);
    EXPECT_EQ(take_message(e), "in_channels must be divisible by groups (3 by 2)");
    e = nullptr;
    EXPECT_EQ(torsh_conv2d_new_with_error(3, 4, k, 2, &one, 1, &one, 1, &one, 1, 0, 1, &e), nullptr);
    EXPECT_EQ(take_message(e), "groups must be a positive integer, but it is 0");
    e = nullptr;
    EXPECT_EQ(torsh_conv2d_new_with_error(3, 4, k, 3, &one, 1, &one, 1, &one, 1, 1, 1, &e), nullptr);
    EXPECT_EQ(take_message(e), "kernel_size: one or two numbers are asked for, not 3");
    e = nullptr;
    EXPECT_EQ(torsh_conv2d_new_with_error(3, 4, k, 2, nullptr, 1, &one, 1, &one, 1, 1, 1, &e), nullptr);
    EXPECT_EQ(take_message(e), "stride is NULL for 1 numbers");
}

TEST(layers, pools)
{
    const int64_t window[] = {2, 4}, zero = 0, three = 3;
    Tensor x = image();
    EXPECT_TRUE(close(values(run(Module(torsh_max_pool2d_new(2, 2, 0)), x).get()), // nn.MaxPool2d(2)
                      {-0.6875, -0.5625, -0.1875, -0.0625, 0.3125, 0.4375, 0.8125, 0.9375}, 1e-7));
    EXPECT_TRUE(
        close(values(run(Module(torsh_avg_pool2d_new(2, 2, 1)), x).get()), // nn.AvgPool2d(2, 2, 1)
              {-0.25, -0.453125, -0.203125, -0.3125, -0.53125, -0.21875, -0.0625, -0.078125, -0.015625, 0,
               0.046875, 0.046875, 0.1875, 0.46875, 0.28125, 0.1875, 0.421875, 0.234375},
              1e-7));
    EXPECT_TRUE(close(
        values(run(Module(torsh_adaptive_avg_pool2d_new(1, 2)), x).get()), // nn.AdaptiveAvgPool2d((1, 2))
        {-0.59375, -0.46875, 0.40625, 0.53125}, 1e-7));
    Module divided( // nn.AvgPool2d((2, 4), divisor_override=3)
        torsh_avg_pool2d_new_with_error(window, 2, nullptr, 0, &zero, 1, 0, 1, &three, nullptr));
    EXPECT_TRUE(close(values(run(divided, x).get()), {-2.08333325, -0.75, 0.583333313, 1.91666663}, 1e-6));
}

TEST(layers, activations)
{
    const Tensor x = floats({4}, {-2, -0.5, 0, 1});
    auto of = [&](torsh_module_t *m) { return values(run(Module(m), x).get()); };
    EXPECT_TRUE(close(of(torsh_relu_new()), {0, 0, 0, 1}, 0));
    EXPECT_TRUE(close(of(torsh_gelu_new()), {-0.0455002785, -0.154268771, 0, 0.841344714}, 1e-6));
    EXPECT_TRUE(close(of(torsh_gelu_new_with_error("tanh", nullptr)),
                      {-0.0454022884, -0.154285997, 0, 0.841192007}, 1e-6));
    EXPECT_TRUE(close(of(torsh_silu_new()), {-0.238405839, -0.188770339, 0, 0.731058598}, 1e-6));
    EXPECT_TRUE(close(of(torsh_sigmoid_new()), {0.119202919, 0.377540678, 0.5, 0.731058598}, 1e-6));
    EXPECT_TRUE(close(of(torsh_tanh_new()), {-0.964027584, -0.462117165, 0, 0.761594176}, 1e-6));
    EXPECT_TRUE(close(of(torsh_leaky_relu_new(0.1)), {-0.2, -0.05, 0, 1}, 1e-6));
    EXPECT_TRUE(close(of(torsh_softmax_new(-1)), {0.030343229, 0.135988921, 0.224207833, 0.609460056}, 1e-6));
    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_gelu_new_with_error("fast", &e), nullptr);
    EXPECT_EQ(take_message(e), "approximate argument must be either none or tanh, but it is 'fast'");
}

TEST(layers, flatten)
{
    const Tensor x = image();
    Tensor y = run(Module(torsh_flatten_new()), x),
           z = run(Module(torsh_flatten_new_with_error(0, 2, nullptr)), x);
    ASSERT_EQ(torsh_tensor_ndim(y.get()), 2);
    EXPECT_EQ(torsh_tensor_shape(y.get())[1], 32);
    ASSERT_EQ(torsh_tensor_ndim(z.get()), 2);
    EXPECT_EQ(torsh_tensor_shape(z.get())[0], 8);
}

TEST(layers, dropout_follows_the_generator_and_rests_in_evaluation)
{
    const Tensor ones = floats({8}, Doubles(8, 1));
    Module m(torsh_dropout_new(0.4));
    torsh_manual_seed(0);
    const double kept = 1.66666663;
    EXPECT_TRUE(close(values(run(m, ones).get()), {0, 0, kept, 0, 0, 0, kept, kept}, 1e-6));
    torsh_module_train(m.get(), false);
    EXPECT_EQ(values(run(m, ones).get()), Doubles(8, 1));
    EXPECT_EQ(torsh_dropout_new(1.5), nullptr);
    EXPECT_EQ(failure(), "dropout probability has to be between 0 and 1, but got 1.5");
}

TEST(layers, embedding_looks_rows_up)
{
    const int64_t ids[] = {2, 0, 2}, n = 3;
    Module m(torsh_embedding_new(3, 2));
    Tensor i(torsh_tensor_from_array(ids, &n, 1, TORSH_I64)), y = run(m, i);
    const Doubles w = values(torsh_module_tensor(m.get(), "weight"));
    EXPECT_EQ(values(y.get()), (Doubles{w[4], w[5], w[0], w[1], w[4], w[5]}));
}

TEST(layers, layer_norm)
{
    const int64_t four = 4;
    Module m(torsh_layer_norm_new(&four, 1));
    Tensor x = ramp({4, 4}, 1.0 / 16, -1);
    const Doubles row = {-1.34026897, -0.446756333, 0.446756333, 1.34026897};
    EXPECT_TRUE(close(values(run(m, x).get(), 4), row, 1e-6));
    Module plain(torsh_layer_norm_new_with_error(&four, 1, 1e-5, 0, 1, nullptr));
    EXPECT_TRUE(close(values(run(plain, x).get(), 4), row, 1e-6));
    EXPECT_EQ(torsh_module_tensor(plain.get(), "weight"), nullptr);
    EXPECT_EQ(torsh_layer_norm_new(&four, 0), nullptr);
    EXPECT_NE(failure().find("normalized_shape has 0 sizes"), std::string::npos);
}

// torch.arange(16).float().reshape(2, 2, 2, 2) ** 2 / 50
static Tensor squares(std::vector<int64_t> shape, double scale = 1)
{
    Doubles v;
    for (int i = 0; i < 16; i++)
        v.push_back(scale * i * i / 50);
    return floats(shape, v);
}

TEST(layers, batch_norm_follows_its_input_in_training)
{
    Module m(torsh_batch_norm2d_new(2));
    Tensor x = squares({2, 2, 2, 2}), y = run(m, x);
    EXPECT_TRUE(
        close(values(y.get(), 5), {-1.0200851, -0.998609602, -0.93418318, -0.82680577, -1.15203524}, 1e-5))
        << failure();
    EXPECT_TRUE(
        close(values(torsh_module_tensor(m.get(), "running_mean")), {0.0949999988, 0.215000018}, 1e-6));
    EXPECT_TRUE(close(values(torsh_module_tensor(m.get(), "running_var")), {0.999119997, 1.18837714}, 1e-6));
    EXPECT_EQ(values(torsh_module_tensor(m.get(), "num_batches_tracked")), Doubles{1});
    torsh_module_train(m.get(), false);
    EXPECT_TRUE(close(values(run(m, x).get(), 5),
                      {-0.095041357, -0.0750326514, -0.015006531, 0.0850370154, 0.0963186026}, 1e-5));
    EXPECT_EQ(values(torsh_module_tensor(m.get(), "num_batches_tracked")), Doubles{1});
}

TEST(layers, batch_norm_without_momentum_averages_all_batches)
{
    Module m(torsh_batch_norm_new_with_error(1, 2, 1e-5, nullptr, 1, 1,
                                             nullptr)); // nn.BatchNorm1d(2, momentum=None)
    ASSERT_NE(run(m, squares({8, 2})), nullptr) << failure();
    ASSERT_NE(run(m, squares({8, 2}, 2)), nullptr);
    EXPECT_TRUE(close(values(torsh_module_tensor(m.get(), "running_mean")), {2.0999999, 2.55000019}, 1e-6));
    EXPECT_TRUE(close(values(torsh_module_tensor(m.get(), "running_var")), {5.08799982, 6.52800035}, 1e-6));
}

TEST(layers, batch_norm_without_statistics_always_uses_the_batch)
{
    const double momentum = 0.1;
    Module m(torsh_batch_norm_new_with_error(1, 2, 1e-5, &momentum, 0, 0, nullptr));
    const Tensor x = squares({8, 2});
    const Doubles trained = values(run(m, x).get());
    torsh_module_train(m.get(), false);
    EXPECT_EQ(values(run(m, x).get()), trained);
    EXPECT_EQ(torsh_tensor_list_n(torsh_module_parameters(m.get())), 0);
    State s(torsh_module_state(m.get()));
    EXPECT_EQ(torsh_state_n(s.get()), 0);
}

TEST(layers, batch_norm_wants_its_dimensions)
{
    EXPECT_EQ(run(Module(torsh_batch_norm2d_new(2)), squares({8, 2})), nullptr);
    EXPECT_EQ(failure(), "expected 4D input (got 2D input) (module BatchNorm2d, input [8, 2] float32)");
    EXPECT_EQ(run(Module(torsh_batch_norm1d_new(2)), squares({2, 2, 2, 2})), nullptr);
    EXPECT_EQ(failure(),
              "expected 2D or 3D input (got 4D input) (module BatchNorm1d, input [2, 2, 2, 2] float32)");
    EXPECT_EQ(torsh_batch_norm_new_with_error(3, 2, 1e-5, nullptr, 1, 1, nullptr), nullptr);
    EXPECT_EQ(failure(), "batch_norm: dims is 3, not 1 or 2");
}
