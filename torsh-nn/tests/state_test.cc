// SPDX-License-Identifier: MIT OR Apache-2.0
#include "testing.h"

static Module net(uint64_t seed, int64_t hidden = 3)
{
    torsh_manual_seed(seed);
    Module m(torsh_sequential_new());
    torsh_sequential_add(m.get(), torsh_linear_new(2, hidden, true));
    torsh_sequential_add(m.get(), torsh_batch_norm1d_new(hidden));
    torsh_sequential_add(m.get(), torsh_linear_new(hidden, 1, false));
    return m;
}

static std::string refused(const Module &m, const State &s, bool strict = true,
                           torsh_status_t want = TORSH_ERR_VALUE)
{
    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_module_load_state(m.get(), s.get(), strict, &e), want);
    return take_message(e);
}

TEST(state, has_pytorchs_names)
{
    Module m = net(0);
    State s(torsh_module_state(m.get()));
    const std::vector<std::string> want = {"0.weight",
                                           "0.bias",
                                           "1.weight",
                                           "1.bias",
                                           "1.running_mean",
                                           "1.running_var",
                                           "1.num_batches_tracked",
                                           "2.weight"};
    std::vector<std::string> have;
    for (int i = 0; i < torsh_state_n(s.get()); i++)
        have.push_back(torsh_state_name(s.get(), i));
    EXPECT_EQ(have, want);
    torsh_tensor_t *w = torsh_state_get(s.get(), "0.weight"), *own = torsh_module_tensor(m.get(), "0.weight");
    EXPECT_FALSE(torsh_tensor_requires_grad(w)); // detached, on the same memory
    EXPECT_EQ(torsh_tensor_data_ptr(w), torsh_tensor_data_ptr(own));
    torsh_value_t *meta = torsh_value_get(torsh_value_attributes(torsh_state_value(s.get())), "_metadata");
    EXPECT_EQ(torsh_value_class(meta), TORSH_CLASS_ORDERED_DICT);
    EXPECT_EQ(torsh_value_int(torsh_value_get(torsh_value_get(meta, "1"), "version")), 2);
    EXPECT_EQ(torsh_value_int(torsh_value_get(torsh_value_get(meta, ""), "version")), 1);
}

TEST(state, goes_round_through_files)
{
    Module a = net(0), b = net(1);
    Tensor x = ramp({4, 2}, 0.3, -1);
    ASSERT_NE(run(a, x), nullptr); // running statistics of its own
    torsh_module_train(a.get(), false);
    torsh_module_train(b.get(), false);
    const Doubles want = values(run(a, x).get());
    EXPECT_NE(values(run(b, x).get()), want);
    State s(torsh_module_state(a.get()));
    for (bool safe : {false, true}) {
        void *data = nullptr;
        size_t bytes = 0;
        ASSERT_EQ((safe ? torsh_save_safetensors_buffer : torsh_save_buffer)(s.get(), &data, &bytes, nullptr),
                  TORSH_OK);
        State read(torsh_load_buffer(data, bytes, nullptr));
        torsh_free(data);
        Module c = net(2);
        const uint32_t version = torsh_tensor_version(torsh_module_tensor(c.get(), "0.weight"));
        ASSERT_EQ(torsh_module_load_state(c.get(), read.get(), true, nullptr), TORSH_OK) << failure();
        torsh_module_train(c.get(), false);
        EXPECT_EQ(values(run(c, x).get()), want);
        EXPECT_GT(torsh_tensor_version(torsh_module_tensor(c.get(), "0.weight")), version);
        EXPECT_TRUE(torsh_tensor_is_leaf(torsh_module_tensor(c.get(), "0.weight")));
    }
}

TEST(state, converts_dtypes)
{
    Module a = net(0), b = net(1);
    ASSERT_EQ(torsh_module_to(a.get(), TORSH_F64, {-1, -1}, nullptr), TORSH_OK);
    State s(torsh_module_state(a.get()));
    ASSERT_EQ(torsh_module_load_state(b.get(), s.get(), true, nullptr), TORSH_OK) << failure();
    EXPECT_EQ(torsh_tensor_dtype(torsh_module_tensor(b.get(), "0.weight")), TORSH_F32);
    EXPECT_EQ(values(torsh_module_tensor(b.get(), "0.weight")),
              values(torsh_module_tensor(a.get(), "0.weight")));
}

TEST(state, errors_are_pytorchs_and_change_nothing)
{
    Module m = net(0);
    const Doubles before = values(torsh_module_tensor(m.get(), "0.weight"));
    State s(torsh_state_new());
    Tensor two = floats({2, 2}, {1, 2, 3, 4}), ok = floats({3, 2}, Doubles(6, 1));
    torsh_state_set(s.get(), "0.weight", ok.get());
    torsh_state_set(s.get(), "2.weight", two.get());
    torsh_state_set(s.get(), "3.weight", two.get());
    torsh_state_set(s.get(), "extra", two.get());
    EXPECT_EQ(refused(m, s), "Error(s) in loading state_dict for Sequential:\n"
                             "\tMissing key(s) in state_dict: \"0.bias\", \"1.weight\", \"1.bias\", "
                             "\"1.running_mean\", \"1.running_var\". \n"
                             "\tUnexpected key(s) in state_dict: \"3.weight\", \"extra\". \n"
                             "\tsize mismatch for 2.weight: copying a param with shape torch.Size([2, 2]) "
                             "from checkpoint, the shape in "
                             "current model is torch.Size([1, 3]).");
    EXPECT_EQ(refused(m, s, false, TORSH_ERR_SHAPE), "Error(s) in loading state_dict for Sequential:\n"
                                                     "\tsize mismatch for 2.weight: copying a param with "
                                                     "shape torch.Size([2, 2]) from checkpoint, the shape in "
                                                     "current model is torch.Size([1, 3]).");
    EXPECT_EQ(values(torsh_module_tensor(m.get(), "0.weight")), before);
}

TEST(state, not_strict_takes_what_is_there)
{
    Module m = net(0);
    State s(torsh_state_new());
    Tensor ones = floats({3, 2}, Doubles(6, 1));
    torsh_state_set(s.get(), "0.weight", ones.get());
    torsh_state_set(s.get(), "other", ones.get());
    const Doubles bias = values(torsh_module_tensor(m.get(), "0.bias"));
    ASSERT_EQ(torsh_module_load_state(m.get(), s.get(), false, nullptr), TORSH_OK) << failure();
    EXPECT_EQ(values(torsh_module_tensor(m.get(), "0.weight")), Doubles(6, 1));
    EXPECT_EQ(values(torsh_module_tensor(m.get(), "0.bias")), bias);
}

// Before PyTorch 0.4.1 batch norm did not count; a state that says version 2 must have the number.
TEST(state, batch_counts_may_be_missing_from_old_states_only)
{
    Module m = net(0);
    State full(torsh_module_state(m.get())), old(torsh_state_new());
    for (int i = 0; i < torsh_state_n(full.get()); i++)
        if (std::string(torsh_state_name(full.get(), i)) != "1.num_batches_tracked")
            torsh_state_set(old.get(), torsh_state_name(full.get(), i), torsh_state_tensor(full.get(), i));
    EXPECT_EQ(torsh_module_load_state(m.get(), old.get(), true, nullptr), TORSH_OK) << failure();
    torsh_value_t *attributes = torsh_value_attributes(torsh_state_value(full.get()));
    torsh_value_set_attributes(torsh_state_value(old.get()), torsh_value_retain(attributes));
    EXPECT_EQ(refused(m, old), "Error(s) in loading state_dict for Sequential:\n"
                               "\tMissing key(s) in state_dict: \"1.num_batches_tracked\". ");
}

TEST(state, null_is_refused)
{
    Module m = net(0);
    EXPECT_EQ(refused(m, State(), true, TORSH_ERR_NULL), "load_state: state is NULL");
    EXPECT_EQ(refused(Module(), State(), true, TORSH_ERR_NULL), "load_state: module is NULL");
}

TEST(state, every_failing_allocation_is_an_error_and_leaks_nothing)
{
    Module m = net(0), other = net(0, 4);
    State mismatch(torsh_module_state(other.get()));
    int64_t before = 0;
    for (int round = 0; round < 2; round++) {
        torsh__objects_trim();
        before = torsh__live_allocations();
        const int n = fails_cleanly([&] {
            State s(torsh_module_state(m.get()));
            return s && torsh_module_load_state(m.get(), s.get(), true, nullptr) == TORSH_OK;
        });
        EXPECT_GT(n, 20);
        torsh__objects_trim();
    }
    EXPECT_EQ(torsh__live_allocations(), before);
    EXPECT_TRUE(keeps_nothing([&] { refused(m, mismatch, true, TORSH_ERR_SHAPE); }));
}
