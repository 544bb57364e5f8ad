// SPDX-License-Identifier: MIT OR Apache-2.0
// Expected: torch 2.13, torch.manual_seed(0) before each.
#include "testing.h"

static Doubles weights(const Module &m, const char *name, size_t most = 1000)
{
    return values(torsh_module_tensor(m.get(), name), most);
}

TEST(init, linear_begins_as_pytorchs)
{
    torsh_manual_seed(0);
    Module m(torsh_linear_new(4, 3, true)); // nn.Linear(4, 3)
    const Doubles w = {-0.00374341011, 0.268221796, -0.411522567,  -0.367969513, -0.192577183, 0.134078681,
                       -0.00990658998, 0.396444738, -0.0443720222, 0.132306278,  -0.151106536, -0.0982826948};
    EXPECT_TRUE(close(weights(m, "weight"), w, 1e-9));
    EXPECT_TRUE(close(weights(m, "bias"), {-0.477674246, -0.331141055, -0.20611155}, 1e-9));
}

TEST(init, conv2d_begins_as_pytorchs)
{
    torsh_manual_seed(0);
    Module m(torsh_conv2d_new(2, 3, 3, 1, 0)); // nn.Conv2d(2, 3, 3)
    EXPECT_TRUE(
        close(weights(m, "weight", 4), {-0.00176466047, 0.126440972, -0.193993598, -0.173462495}, 1e-9));
    EXPECT_TRUE(close(weights(m, "bias"), {0.158035144, -0.138782039, 0.0439217091}, 1e-9));
}

TEST(init, embedding_begins_as_pytorchs)
{
    const int64_t one = 1, back = -2, out = 3;
    torsh_manual_seed(0);
    Module small(torsh_embedding_new_with_error(3, 2, &one, nullptr)); // nn.Embedding(3, 2, padding_idx=1)
    EXPECT_TRUE(
        close(weights(small, "weight"), {1.54099607, -0.293428898, 0, 0, -1.08452237, -1.39859545}, 1e-7));
    torsh_manual_seed(0);
    Module same(torsh_embedding_new_with_error(3, 2, &back, nullptr));
    EXPECT_EQ(weights(same, "weight"), weights(small, "weight"));
    torsh_manual_seed(0);
    Module m(torsh_embedding_new(6, 3)); // nn.Embedding(6, 3): 16 and more elements come from another recipe
    EXPECT_TRUE(close(weights(m, "weight", 6),
                      {-1.12583983, -1.1523602, 0.566650629, 0.793508351, 0.598839462, -1.55509508}, 1e-6));
    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_embedding_new_with_error(3, 2, &out, &e), nullptr);
    EXPECT_EQ(take_message(e), "Padding_idx must be within num_embeddings");
}

static Tensor two_by_four()
{
    torsh_manual_seed(0);
    return floats({2, 4}, Doubles(8, 0));
}

TEST(init, functions_draw_pytorchs_numbers)
{
    Tensor t = two_by_four();
    ASSERT_EQ(torsh_init_xavier_uniform_(t.get(), 0.5, nullptr, nullptr), TORSH_OK);
    EXPECT_TRUE(close(values(t.get(), 3), {-0.00374341011, 0.268221796, -0.411522567}, 1e-9));
    t = two_by_four();
    ASSERT_EQ(torsh_init_xavier_normal_(t.get(), 1, nullptr, nullptr), TORSH_OK);
    EXPECT_TRUE(close(values(t.get(), 3), {0.889694512, -0.169411257, -1.25792468}, 1e-6));
    t = two_by_four();
    ASSERT_EQ(torsh_init_kaiming_uniform_(t.get(), 0, "fan_out", "relu", nullptr, nullptr), TORSH_OK);
    EXPECT_TRUE(close(values(t.get(), 3), {-0.012967553, 0.929147542, -1.42555594}, 1e-7));
    t = two_by_four();
    ASSERT_EQ(torsh_init_kaiming_normal_(t.get(), 0.2, nullptr, nullptr, nullptr, nullptr), TORSH_OK);
    EXPECT_TRUE(close(values(t.get(), 3), {1.0684886, -0.203456342, -1.51071858}, 1e-6));
    t = two_by_four();
    ASSERT_EQ(torsh_init_uniform_(t.get(), -2, 3, nullptr, nullptr), TORSH_OK);
    EXPECT_TRUE(close(values(t.get(), 3), {0.481282949, 1.84110904, -1.5576129}, 1e-7));
    t = two_by_four();
    ASSERT_EQ(torsh_init_normal_(t.get(), 1, 2, nullptr, nullptr), TORSH_OK);
    EXPECT_TRUE(close(values(t.get(), 3), {4.08199215, 0.413142174, -3.35757875}, 1e-6));
    ASSERT_EQ(torsh_init_constant_(t.get(), 7, nullptr), TORSH_OK);
    EXPECT_EQ(values(t.get()), Doubles(8, 7));
}

TEST(init, a_generator_of_ones_own_leaves_the_default_alone)
{
    torsh_generator_t *g = torsh_generator_new();
    torsh_generator_manual_seed(g, 0);
    Tensor a = two_by_four(), b = floats({2, 4}, Doubles(8, 0));
    torsh_init_uniform_(b.get(), -2, 3, g, nullptr);
    torsh_init_uniform_(a.get(), -2, 3, nullptr, nullptr);
    EXPECT_EQ(values(a.get()), values(b.get()));
    torsh_generator_free(g);
}

TEST(init, parameters_are_written_without_a_record)
{
    Module m(torsh_linear_new(2, 2, true));
    torsh_tensor_t *w = torsh_module_tensor(m.get(), "weight");
    const uint32_t version = torsh_tensor_version(w);
    ASSERT_EQ(torsh_init_normal_(w, 0, 1, nullptr, nullptr), TORSH_OK) << failure();
    EXPECT_TRUE(torsh_tensor_is_leaf(w));
    EXPECT_GT(torsh_tensor_version(w), version);
    EXPECT_TRUE(torsh_is_grad_enabled());
}

TEST(init, gains_and_their_errors)
{
    EXPECT_DOUBLE_EQ(torsh_init_calculate_gain("tanh", 0, nullptr), 5.0 / 3);
    EXPECT_DOUBLE_EQ(torsh_init_calculate_gain("relu", 0, nullptr), std::sqrt(2.0));
    EXPECT_DOUBLE_EQ(torsh_init_calculate_gain("conv2d", 0, nullptr), 1);
    EXPECT_DOUBLE_EQ(torsh_init_calculate_gain(nullptr, 1, nullptr), 1);
    torsh_error_t *e = nullptr;
    EXPECT_TRUE(std::isnan(torsh_init_calculate_gain("softplus", 0, &e)));
    EXPECT_EQ(take_message(e), "Unsupported nonlinearity softplus");
    Tensor line = floats({4}, Doubles(4, 0));
    e = nullptr;
    EXPECT_EQ(torsh_init_kaiming_uniform_(line.get(), 0, nullptr, nullptr, nullptr, &e), TORSH_ERR_VALUE);
    EXPECT_EQ(take_message(e),
              "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
    e = nullptr;
    EXPECT_EQ(torsh_init_kaiming_uniform_(line.get(), 0, "fan", nullptr, nullptr, &e), TORSH_ERR_VALUE);
    EXPECT_EQ(take_message(e), "Mode fan not supported, please use one of ['fan_in', 'fan_out']");
    e = nullptr;
    EXPECT_EQ(torsh_init_uniform_(nullptr, 0, 1, nullptr, &e), TORSH_ERR_NULL);
    EXPECT_EQ(torsh_init_uniform_(line.get(), 0, 1, nullptr, &e),
              TORSH_ERR_NULL); // the error was not read: nothing is done
    take_message(e);
}

TEST(init, sizes_of_zero_are_fine)
{
    Module m(torsh_linear_new(0, 3, true)); // as PyTorch: the weight stays empty, the bias is 0
    ASSERT_NE(m, nullptr) << failure();
    EXPECT_EQ(weights(m, "bias"), Doubles(3, 0));
}
