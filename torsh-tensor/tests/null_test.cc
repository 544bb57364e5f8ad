// SPDX-License-Identifier: MIT OR Apache-2.0
// The C ABI's rules about NULL: each function says which argument is missing, and keeps to the first error.
#include "tensors.h"

TEST(null, with_an_error_given_in_does_nothing)
{
    Tensor a = ramp({2});
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_add_with_error(a.get(), nullptr, torsh_scalar_i(1), &error), nullptr);
    EXPECT_STREQ(torsh_error_message(error), "add.Tensor: other is NULL");
    EXPECT_EQ(torsh_exp_with_error(a.get(), &error), nullptr) << "*error holds one already";
    EXPECT_STREQ(torsh_error_message(error), "add.Tensor: other is NULL");
    torsh_error_free(error);
}

TEST(null, results_nest_without_a_check_at_each_step)
{
    Tensor a = ramp({2}), b = ramp({3});
    EXPECT_EQ(torsh_sum(torsh_exp(torsh_mul(torsh_add(a.get(), b.get()), a.get()))), nullptr);
    EXPECT_TRUE(contains(named_failure(), "(add.Tensor)"));
}

TEST(null, in_lists_dims_and_out)
{
    Tensor a = ramp({2});
    const torsh_tensor_t *list[] = {a.get(), nullptr};
    EXPECT_EQ(torsh_cat(list, 2), nullptr);
    EXPECT_EQ(named_failure(), "NULL: cat: tensor 1 of tensors is NULL");
    EXPECT_EQ(torsh_cat(nullptr, 2), nullptr);
    EXPECT_EQ(named_failure(), "NULL: cat: tensors is NULL");
    EXPECT_EQ(torsh_cat(list, -1), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: cat: tensors has -1 tensors");
    EXPECT_EQ(torsh_cat(nullptr, 0), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: cat(): expected a non-empty list of Tensors");
    EXPECT_EQ(torsh_view(a.get(), nullptr, 1), nullptr);
    EXPECT_EQ(named_failure(), "NULL: view: size is NULL for 1 values");
    EXPECT_EQ(torsh_view(a.get(), nullptr, 65), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: view: size has 65 values; 0 to 64 are possible");
    EXPECT_EQ(torsh_add_out(a.get(), a.get(), nullptr), nullptr);
    EXPECT_EQ(named_failure(), "NULL: add.Tensor: out is NULL");
    EXPECT_EQ(torsh_gelu_with_error(a.get(), "nonsense", nullptr), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: gelu: approximate must be 'none' or 'tanh', but it is 'nonsense'");
}

TEST(null, is_fine_for_what_is_optional_and_for_release)
{
    Tensor x = ramp({1, 2}), w = ramp({3, 2});
    EXPECT_EQ(values(own(torsh_linear_with_error(x.get(), w.get(), nullptr, nullptr))), (Doubles{1, 3, 5}));
    torsh_tensor_release(nullptr);
    torsh_tensor_list_free(nullptr);
    EXPECT_EQ(torsh_tensor_retain(nullptr), nullptr);
}

/* ---- messages ---- */

TEST(messages, name_both_shapes)
{
    Tensor a = ramp({2, 3}), b = ramp({4, 5});
    EXPECT_EQ(torsh_mm(a.get(), b.get()), nullptr);
    EXPECT_EQ(named_failure(), "SHAPE: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)");
    EXPECT_EQ(torsh_linear_with_error(a.get(), b.get(), nullptr, nullptr), nullptr);
    EXPECT_TRUE(contains(named_failure(),
                         "linear takes 5 features; the input's shape is [2, 3], the weight's [4, 5]"));
    const torsh_tensor_t *list[] = {a.get(), b.get()};
    EXPECT_EQ(torsh_cat(list, 2), nullptr);
    EXPECT_EQ(named_failure(),
              "SHAPE: Sizes of tensors must match except in dimension 0. Expected size 3 but got size 5 "
              "for tensor number 1 in the list.");
    EXPECT_EQ(own(torsh_sum_to_size(a.get(), std::data({(int64_t)3, (int64_t)3}), 2)), nullptr);
    EXPECT_EQ(named_failure(), "SHAPE: size {[3, 3]} is not expandable to size {[2, 3]}.");
}

TEST(messages, name_dtypes_and_arguments)
{
    Tensor a = ramp({2, 2}), b = ramp({2, 2}, 0, TORSH_F64), mask = ramp({2, 2});
    EXPECT_EQ(torsh_mm(a.get(), b.get()), nullptr);
    EXPECT_TRUE(
        contains(named_failure(), "expected m1 and m2 to have the same dtype, but got: float32 != float64"));
    EXPECT_EQ(torsh_where(mask.get(), a.get(), a.get()), nullptr);
    EXPECT_EQ(named_failure(), "DTYPE: where.self: expected condition to be a bool tensor, but got float32");
    EXPECT_EQ(torsh_index_select(a.get(), 0, a.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "DTYPE: index_select: expected index to be an int64 or int32 tensor, but got float32");
    EXPECT_EQ(torsh_sum_dim(a.get(), std::data({(int64_t)2}), 1), nullptr);
    EXPECT_TRUE(contains(named_failure(),
                         "INDEX: Dimension out of range (expected to be in range of [-2, 1], but got 2)"));
}
