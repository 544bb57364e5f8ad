// SPDX-License-Identifier: MIT OR Apache-2.0
#include "testing.h"

#include <torsh/nn.h>

struct FreeModule {
    void operator()(torsh_module_t *m) const
    {
        torsh_module_free(m);
    }
};
using Module = std::unique_ptr<torsh_module_t, FreeModule>;

// torch.manual_seed(0); Sequential(Linear(4, 8), ReLU(), Linear(8, 2)); x = torch.randn(16, 4); y =
// torch.randn(16, 2)
struct Task {
    Module model;
    Tensor x, y;
    explicit Task(uint64_t seed = 0)
    {
        torsh_manual_seed(seed);
        model.reset(torsh_sequential_new());
        torsh_sequential_add(model.get(), torsh_linear_new(4, 8, true));
        torsh_sequential_add(model.get(), torsh_relu_new());
        torsh_sequential_add(model.get(), torsh_linear_new(8, 2, true));
        const int64_t a[] = {16, 4}, b[] = {16, 2};
        x.reset(torsh_randn(a, 2));
        y.reset(torsh_randn(b, 2));
    }
    torsh_tensor_list_t *params() const
    {
        return torsh_module_parameters(model.get());
    }
    double step(torsh_optimizer_t *o) const
    {
        torsh_optimizer_zero_grad(o);
        Tensor out(torsh_module_forward(model.get(), x.get())), loss(torsh_mse_loss(out.get(), y.get()));
        torsh_backward(loss.get(), false);
        torsh_optimizer_step(o);
        torsh_scalar_t value = torsh_scalar_f(NAN);
        if (!torsh_last_error())
            torsh_tensor_item(loss.get(), &value);
        return value.v.f;
    }
    Doubles train(torsh_optimizer_t *o, int n) const
    {
        Doubles losses;
        for (int i = 0; i < n; i++)
            losses.push_back(step(o));
        return losses;
    }
};

// Losses 1, 2, 10, 25 and 50 of torch 2.13.
static void expect(const Task &task, torsh_optimizer_t *made, const Doubles &want)
{
    Optimizer o(made);
    ASSERT_NE(o, nullptr) << failure();
    const Doubles l = task.train(o.get(), 50);
    EXPECT_TRUE(close({l[0], l[1], l[9], l[24], l[49]}, want, 1e-6)) << failure();
}

TEST(optimizer, adam_trains_as_pytorchs) // Adam(p, 0.01)
{
    Task t;
    expect(t, torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8),
           {0.914820433, 0.885849178, 0.72755146, 0.589141607, 0.405914694});
}

TEST(optimizer, adamw_trains_as_pytorchs) // AdamW(p, 0.01, weight_decay=0.1)
{
    Task t;
    expect(t, torsh_adamw_new(t.params(), 0.01, 0.9, 0.999, 1e-8, 0.1),
           {0.914820433, 0.885908484, 0.729911923, 0.594383001, 0.417043984});
}

TEST(optimizer, sgd_trains_as_pytorchs) // SGD(p, 0.1, 0.9)
{
    Task t;
    expect(t, torsh_sgd_new(t.params(), 0.1, 0.9, 0, 0, false),
           {0.914820433, 0.876238942, 0.587684095, 0.43272233, 0.173303455});
}

TEST(optimizer, nesterov_trains_as_pytorchs) // SGD(p, 0.05, 0.9, 0, 0.01, True)
{
    Task t;
    expect(t, torsh_sgd_new(t.params(), 0.05, 0.9, 0, 0.01, true),
           {0.914820433, 0.878126562, 0.611010075, 0.485632747, 0.347960055});
}

TEST(optimizer, adadelta_trains_as_pytorchs) // Adadelta(p)
{
    Task t;
    expect(t, torsh_adadelta_new(t.params(), 1, 0.9, 1e-6, 0),
           {0.914820433, 0.905477703, 0.837439358, 0.730247378, 0.563331544});
}

TEST(optimizer, the_learning_rate_can_change)
{
    Task t;
    Optimizer o(torsh_sgd_new(t.params(), 0.5, 0, 0, 0, false));
    EXPECT_EQ(torsh_optimizer_lr(o.get()), 0.5);
    ASSERT_EQ(torsh_optimizer_set_lr(o.get(), 0), TORSH_OK);
    const Doubles before = values(torsh_module_tensor(t.model.get(), "0.weight"));
    t.step(o.get());
    EXPECT_EQ(values(torsh_module_tensor(t.model.get(), "0.weight")), before);
    EXPECT_EQ(torsh_optimizer_set_lr(o.get(), -1), TORSH_ERR_VALUE);
    EXPECT_EQ(failure(), "Invalid learning rate: -1");
    EXPECT_EQ(torsh_optimizer_lr(o.get()), 0);
}

TEST(optimizer, zero_grad_forgets)
{
    Task t;
    Optimizer o(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
    t.step(o.get());
    EXPECT_NE(torsh_tensor_grad(torsh_module_tensor(t.model.get(), "0.weight")), nullptr);
    ASSERT_EQ(torsh_optimizer_zero_grad(o.get()), TORSH_OK);
    EXPECT_EQ(torsh_tensor_grad(torsh_module_tensor(t.model.get(), "0.weight")), nullptr);
    EXPECT_EQ(torsh_optimizer_step(o.get()), TORSH_OK); // nothing to do
}

TEST(optimizer, keeps_its_parameters_alive)
{
    Optimizer o;
    {
        Task t;
        o.reset(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
        t.step(o.get());
    }
    EXPECT_EQ(torsh_optimizer_step(o.get()), TORSH_OK);
}

TEST(optimizer, refuses_what_makes_no_sense)
{
    Task t;
    torsh_tensor_list_t *p = t.params();
    auto text = [](torsh_optimizer_t *o) {
        EXPECT_EQ(o, nullptr);
        return failure();
    };
    EXPECT_EQ(text(torsh_adam_new(p, -0.5, 0.9, 0.999, 1e-8)), "Invalid learning rate: -0.5");
    EXPECT_EQ(text(torsh_adam_new(p, 0.1, 1, 0.999, 1e-8)), "Invalid beta parameter at index 0: 1");
    EXPECT_EQ(text(torsh_adam_new(p, 0.1, 0.9, -0.5, 1e-8)), "Invalid beta parameter at index 1: -0.5");
    EXPECT_EQ(text(torsh_adam_new(p, 0.1, 0.9, 0.999, -1)), "Invalid epsilon value: -1");
    EXPECT_EQ(text(torsh_adamw_new(p, 0.1, 0.9, 0.999, 1e-8, -1)), "Invalid weight_decay value: -1");
    EXPECT_EQ(text(torsh_adam_new(p, NAN, 0.9, 0.999, 1e-8)), "Invalid learning rate: nan");
    EXPECT_EQ(text(torsh_sgd_new(p, 0.1, -1, 0, 0, false)), "Invalid momentum value: -1");
    EXPECT_EQ(text(torsh_sgd_new(p, 0.1, 0.9, 0.1, 0, true)),
              "Nesterov momentum requires a momentum and zero dampening");
    EXPECT_EQ(text(torsh_adadelta_new(p, 1, 1.5, 1e-6, 0)), "Invalid rho value: 1.5");
    EXPECT_EQ(text(torsh_adam_new(nullptr, 0.1, 0.9, 0.999, 1e-8)), "optimizer: params is NULL");
    torsh_tensor_t *w = torsh_tensor_list_get(p, 0), *twice[] = {w, w}, *none[] = {nullptr};
    EXPECT_EQ(text(torsh_adam_new_with_error(twice, 0, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0, 0, nullptr)),
              "optimizer got an empty parameter list");
    EXPECT_EQ(text(torsh_adam_new_with_error(twice, 2, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0, 0, nullptr)),
              "some parameters appear more than once in the optimizer's list (0 and 1)");
    EXPECT_EQ(text(torsh_adam_new_with_error(none, 1, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0, 0, nullptr)),
              "optimizer: parameter 0 is NULL");
    Tensor result(torsh_mul(w, w));
    torsh_tensor_t *list = result.get();
    EXPECT_EQ(text(torsh_sgd_new_with_error(&list, 1, 0.1, 0, 0, 0, 0, 0, nullptr)),
              "can't optimize a non-leaf Tensor (parameter 0)");
    EXPECT_EQ(torsh_optimizer_step(nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(failure(), "optimizer is NULL");
    // the first failure of a nest stays
    EXPECT_EQ(text(torsh_adam_new(torsh_module_parameters(nullptr), 0.1, 0.9, 0.999, 1e-8)),
              "module_parameters: module is NULL");
    torsh_optimizer_free(nullptr);
}

// ---- state

static torsh_optimizer_t *one_of(int kind, torsh_tensor_list_t *p)
{
    return kind == 0   ? torsh_adam_new(p, 0.01, 0.9, 0.999, 1e-8)
           : kind == 1 ? torsh_sgd_new(p, 0.1, 0.9, 0, 0, false)
                       : torsh_adadelta_new(p, 1, 0.9, 1e-6, 0);
}

TEST(optimizer, goes_on_from_its_state)
{
    for (int kind = 0; kind < 3; kind++) {
        Task whole, first, second(9);
        Optimizer a(one_of(kind, whole.params())), b(one_of(kind, first.params())),
            c(one_of(kind, second.params()));
        const Doubles want = whole.train(a.get(), 20);
        first.train(b.get(), 10);
        ASSERT_EQ(torsh_optimizer_set_lr(b.get(), torsh_optimizer_lr(b.get())), TORSH_OK);
        State weights(torsh_module_state(first.model.get())), state(torsh_optimizer_state(b.get()));
        void *data = nullptr;
        size_t bytes = 0;
        ASSERT_EQ(torsh_save_buffer(state.get(), &data, &bytes, nullptr), TORSH_OK);
        State read(torsh_load_buffer(data, bytes, nullptr));
        torsh_free(data);
        ASSERT_EQ(torsh_module_load_state(second.model.get(), weights.get(), true, nullptr), TORSH_OK)
            << failure();
        second.train(c.get(), 0);
        ASSERT_EQ(torsh_optimizer_load_state(c.get(), read.get(), nullptr), TORSH_OK) << failure();
        second.x.reset(torsh_tensor_retain(whole.x.get()));
        second.y.reset(torsh_tensor_retain(whole.y.get()));
        EXPECT_EQ(second.train(c.get(), 10), Doubles(want.begin() + 10, want.end())) << kind;
    }
}

TEST(optimizer, state_has_pytorchs_names)
{
    Task t;
    Optimizer o(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
    State before(torsh_optimizer_state(o.get()));
    EXPECT_EQ(torsh_state_n(before.get()), 1); // "lr"
    t.step(o.get());
    State s(torsh_optimizer_state(o.get()));
    std::vector<std::string> names;
    for (int i = 0; i < 4; i++)
        names.push_back(torsh_state_name(s.get(), i));
    EXPECT_EQ(names, (std::vector<std::string>{"lr", "0.step", "0.exp_avg", "0.exp_avg_sq"}));
    EXPECT_EQ(torsh_state_n(s.get()), 13);
    EXPECT_EQ(values(torsh_state_get(s.get(), "3.step")), Doubles{1});
    EXPECT_EQ(torsh_optimizer_state(nullptr), nullptr);
    EXPECT_EQ(failure(), "optimizer_state: optimizer is NULL");
}

TEST(optimizer, a_wrong_state_changes_nothing)
{
    Task t;
    Optimizer o(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
    t.step(o.get());
    State good(torsh_optimizer_state(o.get()));
    auto refused = [&](const char *name, const Tensor &tensor, const char *without, torsh_status_t want) {
        State s(torsh_state_new());
        for (int i = 0; i < torsh_state_n(good.get()); i++)
            if (!without || std::string(without) != torsh_state_name(good.get(), i))
                torsh_state_set(s.get(), torsh_state_name(good.get(), i), torsh_state_tensor(good.get(), i));
        if (name)
            torsh_state_set(s.get(), name, tensor.get());
        torsh_error_t *e = nullptr;
        EXPECT_EQ(torsh_optimizer_load_state(o.get(), s.get(), &e), want);
        return take_message(e);
    };
    Tensor one = doubles({1}, {1}), minus = doubles({}, {-1}), none;
    EXPECT_EQ(refused("0.momentum_buffer", one, nullptr, TORSH_ERR_VALUE),
              "Unexpected key in the optimizer's state: \"0.momentum_buffer\"");
    EXPECT_EQ(refused("4.exp_avg", one, nullptr, TORSH_ERR_VALUE),
              "Unexpected key in the optimizer's state: \"4.exp_avg\"");
    EXPECT_EQ(
        refused("0.exp_avg", one, nullptr, TORSH_ERR_SHAPE),
        "size mismatch for 0.exp_avg: copying a state with shape [1], the shape of the parameter is [8, 4]");
    EXPECT_EQ(refused(nullptr, none, "2.exp_avg_sq", TORSH_ERR_VALUE),
              "Missing key in the optimizer's state: \"2.exp_avg_sq\"");
    EXPECT_EQ(refused(nullptr, none, "2.step", TORSH_ERR_VALUE),
              "Missing key in the optimizer's state: \"2.step\"");
    EXPECT_EQ(refused("0.step", minus, nullptr, TORSH_ERR_VALUE), "load_state: 0.step is -1");
    EXPECT_EQ(refused("lr", minus, nullptr, TORSH_ERR_VALUE), "Invalid learning rate: -1");
    EXPECT_EQ(torsh_optimizer_lr(o.get()), 0.01);
    EXPECT_EQ(torsh_optimizer_load_state(o.get(), nullptr, nullptr), TORSH_ERR_NULL);
    failure();
    State after(torsh_optimizer_state(o.get()));
    EXPECT_EQ(values(torsh_state_get(after.get(), "0.exp_avg")),
              values(torsh_state_get(good.get(), "0.exp_avg")));
}

// ---- memory

TEST(optimizer, training_keeps_nothing)
{
    Task t;
    Optimizer o(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
    t.train(o.get(), 100);
    const int64_t before = torsh__live_allocations(),
                  blocks = torsh__memory_stats({TORSH_CPU, 0}).live_blocks;
    t.train(o.get(), 1000);
    EXPECT_EQ(torsh__live_allocations(), before);
    EXPECT_EQ(torsh__memory_stats({TORSH_CPU, 0}).live_blocks, blocks);
}

TEST(optimizer, every_failing_allocation_is_an_error_and_leaks_nothing)
{
    Task t;
    Optimizer first(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
    t.train(first.get(), 3); // gradients, caches
    State state(torsh_optimizer_state(first.get()));
    torsh__objects_trim();
    const int64_t before = torsh__live_allocations();
    int reported = 0;
    for (int n = 0, in_a_row = 0; in_a_row < 50; n++) {
        torsh__objects_trim();
        torsh__fail_allocation_after(n);
        Optimizer o(torsh_adam_new(t.params(), 0.01, 0.9, 0.999, 1e-8));
        State s;
        const bool done = o && torsh_optimizer_step(o.get()) == TORSH_OK &&
                          torsh_optimizer_load_state(o.get(), state.get(), nullptr) == TORSH_OK &&
                          (s = State(torsh_optimizer_state(o.get())));
        torsh__fail_allocation_after(-1);
        torsh_status_t status;
        failure(&status);
        EXPECT_EQ(status, done ? TORSH_OK : TORSH_ERR_MEMORY) << n;
        reported += !done;
        in_a_row = done ? in_a_row + 1 : 0;
    }
    EXPECT_GT(reported, 30);
    torsh__objects_trim();
    EXPECT_EQ(torsh__live_allocations(), before);
}
