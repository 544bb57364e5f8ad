// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "testing.h"

static std::string message()
{
    return take_message(torsh_error_take());
}

TEST(Value, a_dict_keeps_its_order_and_a_key_its_place)
{
    Value d(torsh_value_new_dict(TORSH_CLASS_PLAIN));
    const int n = 1000; // enough for the hash table to grow
    for (int i = 0; i < n; i++)
        ASSERT_EQ(torsh_value_add_named(d.get(), std::to_string(i * 7 % n).c_str(), torsh_value_new_int(i)),
                  TORSH_OK);
    for (int i = 0; i < n; i++)
        ASSERT_EQ(torsh_value_add_named(d.get(), std::to_string(i * 7 % n).c_str(), torsh_value_new_int(-i)),
                  TORSH_OK);
    ASSERT_EQ(torsh_value_n(d.get()), n);
    for (int i = 0; i < n; i++) {
        std::string name = std::to_string(i * 7 % n);
        EXPECT_STREQ(torsh_value_string(torsh_value_key(d.get(), i), nullptr), name.c_str());
        EXPECT_EQ(torsh_value_int(torsh_value_item(d.get(), i)), -i);
        EXPECT_EQ(torsh_value_get(d.get(), name.c_str()), torsh_value_item(d.get(), i));
    }
    EXPECT_EQ(torsh_value_get(d.get(), "1000"), nullptr);
    EXPECT_EQ(torsh_last_error(), nullptr);
}

TEST(Value, keys_of_different_kinds_are_different)
{
    Value d(torsh_value_new_dict(TORSH_CLASS_PLAIN));
    for (int round = 0; round < 2; round++) {
        torsh_value_add_pair(d.get(), torsh_value_new_int(1), torsh_value_new_none());
        torsh_value_add_pair(d.get(), torsh_value_new_bool(1), torsh_value_new_none());
        torsh_value_add_pair(d.get(), torsh_value_new_float(1), torsh_value_new_none());
        torsh_value_add_pair(d.get(), torsh_value_new_string("1", 1), torsh_value_new_none());
        torsh_value_add_pair(d.get(), torsh_value_new_bytes("1", 1), torsh_value_new_none());
        torsh_value_add_pair(d.get(), torsh_value_new_string("1\0", 2), torsh_value_new_none());
        torsh_value_add_pair(d.get(), torsh_value_new_none(), torsh_value_new_none());
    }
    EXPECT_EQ(torsh_value_n(d.get()), 7);
}

TEST(Value, what_does_not_fit_is_refused_and_released)
{
    Value d(torsh_value_new_dict(TORSH_CLASS_PLAIN)), l(torsh_value_new_list()), i(torsh_value_new_int(1));
    Value size(torsh_value_new_tuple(TORSH_CLASS_SIZE));
    EXPECT_EQ(torsh_value_add(i.get(), torsh_value_new_int(1)), TORSH_ERR_TYPE);
    EXPECT_EQ(message(), "value_add: to an int; only a list or a tuple takes items");
    EXPECT_EQ(torsh_value_add(size.get(), torsh_value_new_float(1)), TORSH_ERR_TYPE);
    EXPECT_EQ(message(), "value_add: a float to a torch.Size");
    EXPECT_EQ(torsh_value_add_pair(d.get(), torsh_value_new_list(), torsh_value_new_none()), TORSH_ERR_TYPE);
    EXPECT_EQ(message(), "a list as the key of a dict");
    EXPECT_EQ(torsh_value_add_pair(l.get(), torsh_value_new_int(1), torsh_value_new_none()), TORSH_ERR_TYPE);
    message();
    EXPECT_EQ(torsh_value_set_attributes(d.get(), torsh_value_new_dict(TORSH_CLASS_PLAIN)), TORSH_ERR_TYPE);
    message();
    EXPECT_EQ(torsh_value_new_string("a\xff", 2), nullptr);
    EXPECT_EQ(message(), "value: text is not UTF-8 at byte 1");
    EXPECT_EQ(torsh_value_new_dict(TORSH_CLASS_SIZE), nullptr);
    EXPECT_EQ(message(), "value: 3 is no class of a dict");
    EXPECT_EQ(torsh_value_new_dtype((torsh_dtype_t)8), nullptr);
    EXPECT_EQ(message(), "value: 8 is no dtype");
}

TEST(Value, calls_nest_and_the_first_failure_stays)
{
    Value l(torsh_value_new_list());
    EXPECT_EQ(torsh_value_add(l.get(), torsh_value_new_string("\xff", 1)), TORSH_ERR_VALUE);
    EXPECT_EQ(torsh_value_add(l.get(), nullptr), TORSH_ERR_VALUE);
    EXPECT_EQ(message(), "value: text is not UTF-8 at byte 0");
    EXPECT_EQ(torsh_value_add(l.get(), nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(message(), "value_add: item is NULL");
    EXPECT_EQ(torsh_value_n(l.get()), 0);
}

TEST(Value, accessors_of_another_kind_give_nothing)
{
    Value v = checkpoint();
    for (const torsh_value_t *x : {(const torsh_value_t *)nullptr, (const torsh_value_t *)v.get()}) {
        EXPECT_FALSE(torsh_value_bool(x) || torsh_value_requires_grad(x) || torsh_value_is_parameter(x));
        EXPECT_EQ(torsh_value_int(x), 0);
        EXPECT_EQ(torsh_value_float(x), 0);
        EXPECT_EQ(torsh_value_string(x, nullptr), nullptr);
        EXPECT_EQ(torsh_value_tensor(x), nullptr);
        EXPECT_EQ(torsh_value_dtype(x), TORSH_DTYPE_NONE);
        EXPECT_EQ(torsh_value_device(x).kind, -1);
        EXPECT_EQ(torsh_value_item(x, -1), nullptr);
        EXPECT_EQ(torsh_value_key(x, 1000), nullptr);
    }
    EXPECT_EQ(torsh_value_kind(nullptr), -1);
    EXPECT_EQ(torsh_last_error(), nullptr);
}

TEST(Value, a_tree_of_any_depth_is_freed_without_recursion)
{
    torsh_value_t *v = torsh_value_new_list();
    for (int i = 0; i < 1000000; i++) {
        torsh_value_t *outer = i % 2 ? torsh_value_new_list() : torsh_value_new_tuple(TORSH_CLASS_PLAIN);
        torsh_value_add(outer, v);
        v = outer;
    }
    torsh_value_free(v);
}

TEST(State, names_keep_their_order_and_tensors_their_identity)
{
    State s = small_state();
    ASSERT_EQ(torsh_state_n(s.get()), 4);
    EXPECT_STREQ(torsh_state_name(s.get(), 1), "fc.bias");
    EXPECT_EQ(torsh_state_get(s.get(), "fc.bias"), torsh_state_tensor(s.get(), 1));
    EXPECT_EQ(torsh_state_get(s.get(), "fc"), nullptr);
    EXPECT_EQ(torsh_state_name(s.get(), 4), nullptr);
    Tensor other = floats({5});
    EXPECT_EQ(torsh_state_set(s.get(), "fc.bias", other.get()), TORSH_OK);
    EXPECT_EQ(torsh_state_tensor(s.get(), 1), other.get());
    EXPECT_EQ(torsh_state_n(s.get()), 4);
    EXPECT_EQ(torsh_state_set(s.get(), "x", nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(message(), "state_set: tensor is NULL");
}

TEST(State, a_part_of_a_checkpoint_is_a_state_and_the_rest_says_why_not)
{
    Value v = checkpoint();
    torsh_error_t *error = nullptr;
    State s(torsh_state_from_value(torsh_value_get(v.get(), "state"), &error));
    EXPECT_EQ(torsh_state_n(s.get()), 4);
    EXPECT_EQ(torsh_state_from_value(v.get(), &error), nullptr);
    EXPECT_EQ(torsh_error_status(error), TORSH_ERR_TYPE);
    EXPECT_EQ(take_message(error), "holds a dict under 'state', where a tensor is asked for");
    error = nullptr;
    EXPECT_EQ(torsh_state_from_value(torsh_value_get(v.get(), "list"), &error), nullptr);
    EXPECT_EQ(take_message(error), "holds a list, not a dict of tensors");
}

TEST(State, nothing_is_leaked)
{
    EXPECT_TRUE(keeps_nothing([] { small_state(); }));
    EXPECT_TRUE(keeps_nothing([] { checkpoint(); }));
}
