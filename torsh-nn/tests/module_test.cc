// SPDX-License-Identifier: MIT OR Apache-2.0
#include "testing.h"

static Module mlp()
{
    Module m(torsh_sequential_new());
    torsh_sequential_add(m.get(), torsh_linear_new(4, 3, true));
    torsh_sequential_add(m.get(), torsh_relu_new());
    torsh_module_t *inner = torsh_sequential_new();
    torsh_sequential_add(inner, torsh_linear_new(3, 2, true));
    torsh_sequential_add(inner, torsh_batch_norm1d_new(2));
    torsh_sequential_add(m.get(), inner);
    return m;
}

static std::vector<std::string> names(const Module &m, bool buffers = false)
{
    std::vector<std::string> out;
    torsh_tensor_list_t *list = buffers ? torsh_module_buffers(m.get()) : torsh_module_parameters(m.get());
    for (int i = 0; i < torsh_tensor_list_n(list); i++)
        out.push_back(buffers ? torsh_module_buffer_name(m.get(), i)
                              : torsh_module_parameter_name(m.get(), i));
    return out;
}

TEST(module, names_are_paths_in_pytorchs_order)
{
    Module m = mlp();
    EXPECT_EQ(names(m), (std::vector<std::string>{"0.weight", "0.bias", "2.0.weight", "2.0.bias",
                                                  "2.1.weight", "2.1.bias"}));
    EXPECT_EQ(names(m, true),
              (std::vector<std::string>{"2.1.running_mean", "2.1.running_var", "2.1.num_batches_tracked"}));
    EXPECT_EQ(torsh_module_parameter_name(m.get(), 6), nullptr);
    EXPECT_EQ(torsh_module_parameter_name(m.get(), -1), nullptr);
    EXPECT_EQ(torsh_module_tensor(m.get(), "2.0.weight"),
              torsh_tensor_list_get(torsh_module_parameters(m.get()), 2));
    EXPECT_STREQ(torsh_module_type(torsh_module_child(m.get(), "2.1")), "BatchNorm1d");
    EXPECT_EQ(torsh_module_child(m.get(), "2.2"), nullptr);
    EXPECT_EQ(torsh_module_tensor(m.get(), "0"), nullptr);
    EXPECT_EQ(torsh_module_tensor(m.get(), "0.weight.x"), nullptr);
    EXPECT_EQ(torsh_last_error(), nullptr);
}

TEST(module, parameters_require_grad_and_buffers_do_not)
{
    Module m = mlp();
    torsh_tensor_list_t *list = torsh_module_parameters(m.get());
    for (int i = 0; i < torsh_tensor_list_n(list); i++)
        EXPECT_TRUE(torsh_tensor_requires_grad(torsh_tensor_list_get(list, i)));
    EXPECT_FALSE(torsh_tensor_requires_grad(torsh_module_tensor(m.get(), "2.1.running_mean")));
}

TEST(module, a_lent_list_stays_while_it_is_true)
{
    Module m = mlp();
    torsh_tensor_list_t *list = torsh_module_parameters(m.get());
    EXPECT_EQ(torsh_module_parameters(m.get()), list);
    torsh_sequential_add(m.get(), torsh_linear_new(2, 2, false));
    EXPECT_EQ(torsh_tensor_list_n(torsh_module_parameters(m.get())), 7);
    EXPECT_STREQ(torsh_module_parameter_name(m.get(), 6), "3.weight");
}

TEST(module, a_shared_module_counts_once)
{
    Module m(torsh_sequential_new());
    torsh_module_t *shared = torsh_linear_new(2, 2, true);
    torsh_sequential_add(m.get(), torsh_module_retain(shared));
    torsh_sequential_add(m.get(), shared);
    EXPECT_EQ(names(m), (std::vector<std::string>{"0.weight", "0.bias"}));
    State s(torsh_module_state(m.get()));
    EXPECT_EQ(torsh_state_n(s.get()), 4); // as PyTorch: the state names both
}

TEST(module, sequential_runs_one_after_the_other)
{
    torsh_manual_seed(3); // torch.manual_seed(3); Sequential(Linear(4, 3), ReLU(), Sequential(Linear(3, 2)))
    Module m(torsh_sequential_new());
    torsh_sequential_add(m.get(), torsh_linear_new(4, 3, true));
    torsh_sequential_add(m.get(), torsh_relu_new());
    torsh_module_t *inner = torsh_sequential_new();
    torsh_sequential_add(inner, torsh_linear_new(3, 2, true));
    torsh_sequential_add(m.get(), inner);
    Tensor y = run(m, floats({2, 4}, {1, 2, 3, 4, -1, 0, 1, 0.5}));
    EXPECT_TRUE(close(values(y.get()), {0.142300695, 1.11070228, -0.450571835, 0.658868909}, 1e-6));
    Module empty(torsh_sequential_new());
    Tensor x = floats({2}, {1, 2}), same = run(empty, x);
    EXPECT_EQ(same.get(), x.get());
}

TEST(module, train_and_eval_reach_all)
{
    Module m = mlp();
    EXPECT_TRUE(torsh_module_is_training(torsh_module_child(m.get(), "2.1")));
    torsh_module_train(m.get(), false);
    EXPECT_FALSE(torsh_module_is_training(torsh_module_child(m.get(), "2.1")));
    EXPECT_FALSE(torsh_module_is_training(m.get()));
}

TEST(module, gradients_come_and_go)
{
    Module m = mlp();
    Tensor y = run(m, ramp({5, 4}, 0.1, -1)), loss(torsh_mean(y.get()));
    ASSERT_EQ(torsh_backward(loss.get(), false), TORSH_OK) << failure();
    torsh_tensor_t *w = torsh_module_tensor(m.get(), "0.weight");
    ASSERT_NE(torsh_tensor_grad(w), nullptr);
    EXPECT_EQ(torsh_module_zero_grad(m.get()), TORSH_OK);
    EXPECT_EQ(torsh_tensor_grad(w), nullptr);
}

TEST(module, to_keeps_the_objects)
{
    Module m = mlp();
    Tensor x = ramp({5, 4}, 0.1, -1), y = run(m, x), loss(torsh_mean(y.get()));
    ASSERT_EQ(torsh_backward(loss.get(), false), TORSH_OK);
    torsh_tensor_t *w = torsh_module_tensor(m.get(), "0.weight");
    const Doubles before = values(w);
    ASSERT_EQ(torsh_module_to(m.get(), TORSH_F64, {-1, -1}, nullptr), TORSH_OK) << failure();
    EXPECT_EQ(torsh_module_tensor(m.get(), "0.weight"), w);
    EXPECT_EQ(torsh_tensor_dtype(w), TORSH_F64);
    EXPECT_EQ(values(w), before);
    EXPECT_TRUE(torsh_tensor_requires_grad(w));
    EXPECT_EQ(torsh_tensor_dtype(torsh_tensor_grad(w)), TORSH_F64);
    EXPECT_EQ(torsh_tensor_dtype(torsh_module_tensor(m.get(), "2.1.running_mean")), TORSH_F64);
    EXPECT_EQ(torsh_tensor_dtype(torsh_module_tensor(m.get(), "2.1.num_batches_tracked")), TORSH_I64);
    Tensor wide(torsh_to_dtype(x.get(), TORSH_F64)), again = run(m, wide), sum(torsh_mean(again.get()));
    ASSERT_EQ(torsh_backward(sum.get(), false), TORSH_OK) << failure();

    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_module_to(m.get(), TORSH_I32, {-1, -1}, &e), TORSH_ERR_TYPE);
    EXPECT_EQ(
        take_message(e),
        "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int32");
}

TEST(module, to_meta_has_shapes_only)
{
    Module m = mlp();
    ASSERT_EQ(torsh_module_to(m.get(), TORSH_DTYPE_NONE, {TORSH_META, 0}, nullptr), TORSH_OK) << failure();
    EXPECT_EQ(torsh_tensor_device(torsh_module_tensor(m.get(), "0.weight")).kind, TORSH_META);
}

// ---- modules out of a function

static torsh_status_t twice(void *ctx, torsh_module_t *m, const torsh_tensor_t *x, torsh_tensor_t **out)
{
    ++*(int *)ctx;
    torsh_tensor_t *y = torsh_module_forward(torsh_module_child(m, "inner"), x);
    *out = torsh_mul(y, torsh_module_tensor(m, "scale"));
    torsh_tensor_free(y);
    return *out ? TORSH_OK : torsh_error_status(torsh_last_error());
}

static void gone(void *ctx)
{
    *(int *)ctx += 100;
}

TEST(module, a_function_can_be_one)
{
    int calls = 0;
    {
        Module m(torsh_module_new("Twice", twice, &calls, gone, nullptr));
        Tensor scale = floats({3}, {2, 3, 4});
        ASSERT_EQ(torsh_module_add_module(m.get(), "inner", torsh_relu_new()), TORSH_OK);
        ASSERT_EQ(torsh_module_add_parameter(m.get(), "scale", scale.get()), TORSH_OK);
        ASSERT_EQ(torsh_module_add_buffer(m.get(), "seen", scale.get(), false), TORSH_OK);
        ASSERT_EQ(torsh_module_add_parameter(m.get(), "none", nullptr), TORSH_OK);
        Tensor y = run(m, floats({3}, {-1, 1, 2})), loss(torsh_sum(y.get()));
        EXPECT_EQ(values(y.get()), (Doubles{0, 3, 8}));
        ASSERT_EQ(torsh_backward(loss.get(), false), TORSH_OK);
        EXPECT_EQ(values(torsh_tensor_grad(scale.get())), (Doubles{0, 1, 2}));
        EXPECT_EQ(names(m), std::vector<std::string>{"scale"});
        State s(torsh_module_state(m.get()));
        EXPECT_EQ(torsh_state_n(s.get()), 1); // the buffer is not persistent
    }
    EXPECT_EQ(calls, 101);
}

static torsh_status_t raises(void *ctx, torsh_module_t *, const torsh_tensor_t *, torsh_tensor_t **)
{
    return *(int *)ctx == 0   ? torsh_error_raise("my own words", ctx, [](void *p) { ++*(int *)p; })
           : *(int *)ctx == 1 ? TORSH_ERR_VALUE
                              : TORSH_OK;
}

TEST(module, an_error_of_a_function_comes_through_with_its_object)
{
    int ctx = 0;
    Module m(torsh_sequential_new());
    torsh_sequential_add(m.get(), torsh_module_new("Mine", raises, &ctx, nullptr, nullptr));
    Tensor x = floats({1}, {1});
    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_module_forward_with_error(m.get(), x.get(), &e), nullptr);
    ASSERT_NE(e, nullptr);
    EXPECT_EQ(torsh_error_object(e), &ctx);
    EXPECT_EQ(torsh_error_status(e), TORSH_ERR_CALLBACK);
    EXPECT_EQ(take_message(e), "my own words (module 0: Mine, input [1] float32)");
    EXPECT_EQ(ctx, 1); // the object's destructor
    EXPECT_EQ(run(m, x), nullptr);
    EXPECT_EQ(failure(), "Mine: forward failed without an error (module 0: Mine, input [1] float32)");
    ctx = 2;
    EXPECT_EQ(run(m, x), nullptr);
    EXPECT_EQ(failure(), "Mine: forward returned no output (module 0: Mine, input [1] float32)");
}

// ---- errors

TEST(module, errors_say_where)
{
    Module m = mlp();
    Tensor x = floats({2, 5}, Doubles(10, 1));
    EXPECT_EQ(run(m, x), nullptr);
    torsh_status_t status;
    const std::string text = failure(&status);
    EXPECT_EQ(status, TORSH_ERR_SHAPE);
    EXPECT_EQ(text.rfind("mat1 and mat2 shapes cannot be multiplied", 0), 0u) << text;
    EXPECT_NE(text.find(" (module 0: Linear, input [2, 5] float32)"), std::string::npos) << text;
    Tensor one = floats({1, 4}, Doubles(4, 1));
    EXPECT_EQ(run(m, one), nullptr);
    EXPECT_EQ(failure(),
              "Expected more than 1 value per channel when training, got input size torch.Size([1, 2]) "
              "(module 2.1: BatchNorm1d, input [1, 2] float32)");
    Module alone(torsh_linear_new(3, 3, false));
    EXPECT_EQ(run(alone, x), nullptr);
    EXPECT_NE(failure().find(" (module Linear, input [2, 5] float32)"), std::string::npos);
}

TEST(module, null_follows_the_rules)
{
    Module m = mlp();
    torsh_status_t status;
    EXPECT_EQ(torsh_module_forward(m.get(), nullptr), nullptr);
    EXPECT_EQ(failure(&status), "module_forward: input is NULL");
    EXPECT_EQ(status, TORSH_ERR_NULL);
    EXPECT_EQ(torsh_module_parameters(nullptr), nullptr);
    EXPECT_EQ(failure(), "module_parameters: module is NULL");
    // an earlier failure stays
    EXPECT_EQ(torsh_sequential_add(m.get(), torsh_linear_new(-1, 2, true)), TORSH_ERR_SHAPE);
    EXPECT_NE(failure().find("negative dimension -1"), std::string::npos);
    EXPECT_EQ(torsh_sequential_add(nullptr, torsh_relu_new()), TORSH_ERR_NULL);
    EXPECT_EQ(failure(), "sequential_add: sequential is NULL");
    EXPECT_EQ(torsh_module_new("X", nullptr, nullptr, nullptr, nullptr), nullptr);
    EXPECT_EQ(failure(), "module_new: forward is NULL");
    torsh_module_free(nullptr);
    EXPECT_EQ(torsh_module_train(nullptr, 1), TORSH_ERR_NULL);
    EXPECT_EQ(torsh_module_zero_grad(nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(torsh_module_state(nullptr), nullptr);
    EXPECT_FALSE(torsh_module_is_training(nullptr));
    failure();
}

TEST(module, an_unread_error_does_not_stop_a_module_without_bias)
{
    Module m(torsh_linear_new(3, 2, false));
    Tensor x = ramp({2, 3}, 1, 0), wrong = ramp({2, 4}, 1, 0);
    torsh_error_raise("unread", nullptr, nullptr);
    EXPECT_NE(run(m, x), nullptr);
    EXPECT_EQ(run(m, wrong), nullptr);
    EXPECT_EQ(failure(), "unread"); // the first one stays
}

TEST(module, members_need_good_names)
{
    Module m(torsh_linear_new(2, 2, true));
    Tensor t = floats({1}, {1});
    EXPECT_EQ(torsh_module_add_parameter(m.get(), "weight", t.get()), TORSH_ERR_VALUE);
    EXPECT_EQ(failure(), "attribute 'weight' already exists (Linear)");
    EXPECT_EQ(torsh_module_add_parameter(m.get(), "a.b", t.get()), TORSH_ERR_VALUE);
    EXPECT_EQ(failure(), "parameter name can't contain \".\", but it is \"a.b\"");
    EXPECT_EQ(torsh_module_add_buffer(m.get(), "", t.get(), 1), TORSH_ERR_VALUE);
    EXPECT_EQ(failure(), "buffer name can't be empty string \"\"");
    const int64_t i = 1;
    Tensor ids(torsh_tensor_from_array(&i, &i, 1, TORSH_I64));
    EXPECT_EQ(torsh_module_add_parameter(m.get(), "ids", ids.get()), TORSH_ERR_DTYPE);
    failure();
    EXPECT_EQ(torsh_module_add_buffer(m.get(), "ids", ids.get(), 1), TORSH_OK);
    EXPECT_EQ(torsh_sequential_add(m.get(), torsh_relu_new()), TORSH_ERR_TYPE);
    EXPECT_EQ(failure(), "sequential_add: a Linear is no Sequential");
}

TEST(module, a_module_cannot_contain_itself)
{
    Module m(torsh_sequential_new());
    torsh_module_t *inner = torsh_sequential_new();
    torsh_sequential_add(m.get(), inner);
    EXPECT_EQ(torsh_sequential_add(inner, torsh_module_retain(m.get())), TORSH_ERR_VALUE);
    EXPECT_EQ(failure(), "module '0' would contain itself");
    EXPECT_EQ(torsh_sequential_add(m.get(), torsh_module_retain(m.get())), TORSH_ERR_VALUE);
    failure();
}

// ---- memory

TEST(module, nothing_leaks)
{
    EXPECT_TRUE(keeps_nothing([] {
        Module m = mlp();
        Tensor x = ramp({5, 4}, 0.1, 0), y = run(m, x), loss(torsh_mean(y.get()));
        torsh_backward(loss.get(), false);
        torsh_module_parameters(m.get());
        torsh_module_buffers(m.get());
    }));
}

TEST(module, every_failing_allocation_is_an_error_and_leaks_nothing)
{
    Tensor x = ramp({5, 4}, 0.1, 0);
    int64_t before = 0;
    for (int round = 0; round < 2; round++) { // the first fills the caches
        torsh__objects_trim();
        before = torsh__live_allocations();
        const int n = fails_cleanly([&] {
            Module m = mlp();
            if (torsh_last_error()) // an add that failed
                return false;
            Tensor y = run(m, x);
            return y && torsh_module_parameters(m.get()) && torsh_module_buffers(m.get()) &&
                   torsh_module_to(m.get(), TORSH_F64, {-1, -1}, nullptr) == TORSH_OK;
        });
        EXPECT_GT(n, 50);
        torsh__objects_trim();
    }
    EXPECT_EQ(torsh__live_allocations(), before);
}
