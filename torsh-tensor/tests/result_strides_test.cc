// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory order of results, as PyTorch's TensorIterator chooses it, and how operands are walked.
#include "tensors.h"

extern "C" {
#include "iterate.h"
}

static Tensor permuted(const Ints &shape, const Ints &order)
{
    Tensor t = ramp(shape);
    return own(torsh_permute(t.get(), order.data(), (int)order.size()));
}

TEST(result_strides, follow_a_permuted_input)
{
    Tensor t = permuted({2, 3, 4}, {2, 0, 1}); /* sizes 4, 2, 3; strides 1, 12, 4 */
    EXPECT_EQ(strides(own(torsh_exp(t.get()))), (Ints{1, 12, 4}));
    EXPECT_EQ(strides(own(torsh_add(t.get(), t.get()))), (Ints{1, 12, 4}));
}

TEST(result_strides, are_dense_where_the_input_has_gaps)
{
    Tensor t = permuted({4, 6}, {1, 0}); /* sizes 6, 4; strides 1, 6 */
    const int64_t start = 0, end = 6;
    Tensor half = own(torsh_slice_with_error(t.get(), 0, &start, &end, 2, nullptr)); /* 3, 4; 2, 6 */
    EXPECT_EQ(strides(half), (Ints{2, 6}));
    EXPECT_EQ(strides(own(torsh_neg(half.get()))), (Ints{1, 3}));
}

TEST(result_strides, put_the_expanded_dimension_where_the_other_input_has_it)
{
    Tensor row = ramp({1, 3}), t = permuted({3, 2}, {1, 0}); /* 2, 3; 1, 2 */
    EXPECT_EQ(strides(own(torsh_add(row.get(), t.get()))), (Ints{1, 2}));
    const int64_t size[] = {2, 3};
    Tensor expanded = own(torsh_expand(row.get(), size, 2)); /* strides 0, 1 */
    EXPECT_EQ(strides(own(torsh_neg(expanded.get()))), (Ints{3, 1}));
}

TEST(result_strides, of_two_orders_are_those_of_the_first)
{
    Tensor rows = ramp({2, 3}), columns = permuted({3, 2}, {1, 0});
    EXPECT_EQ(strides(own(torsh_add(rows.get(), columns.get()))), (Ints{3, 1}));
    EXPECT_EQ(strides(own(torsh_add(columns.get(), rows.get()))), (Ints{1, 2}));
}

TEST(result_strides, of_a_number_and_a_permuted_tensor_are_the_tensors)
{
    Tensor columns = permuted({3, 2}, {1, 0}), zero_dim = number(2, TORSH_F32);
    EXPECT_EQ(strides(own(torsh_add_scalar(columns.get(), torsh_scalar_f(1)))), (Ints{1, 2}));
    EXPECT_EQ(strides(own(torsh_mul(zero_dim.get(), columns.get()))), (Ints{1, 2}));
}

TEST(clone, keeps_the_order_unless_it_is_told_otherwise)
{
    Tensor columns = permuted({3, 2}, {1, 0});
    EXPECT_EQ(strides(own(torsh_clone(columns.get()))), (Ints{1, 2}));
    EXPECT_EQ(strides(own(torsh_clone_with_error(columns.get(), 0, nullptr))), (Ints{3, 1}));
    EXPECT_EQ(strides(own(torsh_contiguous(columns.get()))), (Ints{3, 1}));
    EXPECT_EQ(strides(own(torsh_empty_like(columns.get()))), (Ints{1, 2}));
}

TEST(clone, of_an_expanded_tensor_has_memory_for_every_element)
{
    Tensor row = ramp({1, 3});
    const int64_t size[] = {2, 3};
    Tensor expanded = own(torsh_expand(row.get(), size, 2)), copy = own(torsh_clone(expanded.get()));
    EXPECT_EQ(strides(copy), (Ints{3, 1}));
    EXPECT_EQ(torsh_tensor_storage_bytes(copy.get()), 24);
    EXPECT_EQ(values(copy), (Doubles{0, 1, 2, 0, 1, 2}));
}

/* ---- iteration spaces ---- */

static torsh__space_t space(const Ints &shape, const std::vector<const torsh_tensor_t *> &operands)
{
    torsh__space_t s;
    torsh__space_build(&s, (int)shape.size(), shape.data(), operands.data(), (int)operands.size(), nullptr,
                       false);
    return s;
}

TEST(space, of_contiguous_operands_is_one_dimension)
{
    Tensor a = ramp({2, 3, 4}), b = ramp({2, 3, 4}), zero_dim = number(1, TORSH_F32);
    torsh__space_t s = space({2, 3, 4}, {a.get(), b.get(), zero_dim.get()});
    EXPECT_EQ(s.ndim, 1);
    EXPECT_EQ(s.shape[0], 24);
    EXPECT_EQ(s.strides[1][0], 1);
    EXPECT_EQ(s.strides[2][0], 0);
}

TEST(space, of_equally_permuted_operands_is_one_dimension)
{
    Tensor a = permuted({2, 3, 4}, {2, 0, 1}), b = permuted({2, 3, 4}, {2, 0, 1});
    torsh__space_t s = space({4, 2, 3}, {a.get(), b.get()});
    EXPECT_EQ(s.ndim, 1);
    EXPECT_EQ(s.shape[0], 24);
}

TEST(space, merges_what_lies_behind_each_other_in_every_operand)
{
    Tensor a = ramp({2, 3, 4}), column = ramp({2, 1, 1});
    torsh__space_t s = space({2, 3, 4}, {a.get(), column.get()});
    ASSERT_EQ(s.ndim, 2);
    EXPECT_EQ(Ints(s.shape, s.shape + 2), (Ints{2, 12}));
    EXPECT_EQ(Ints(s.strides[0], s.strides[0] + 2), (Ints{12, 1}));
    EXPECT_EQ(Ints(s.strides[1], s.strides[1] + 2), (Ints{1, 0}));
}

TEST(space, walks_the_results_memory_in_order)
{
    Tensor a = permuted({3, 2}, {1, 0}), b = ramp({2, 3}); /* result: strides 1, 2 */
    torsh__space_t s = space({2, 3}, {a.get(), b.get()});
    ASSERT_EQ(s.ndim, 2);
    EXPECT_EQ(Ints(s.shape, s.shape + 2), (Ints{3, 2}));
    EXPECT_EQ(Ints(s.strides[0], s.strides[0] + 2), (Ints{2, 1}));
    EXPECT_EQ(Ints(s.strides[1], s.strides[1] + 2), (Ints{1, 3}));
}

TEST(space, of_a_reduction_gives_the_result_stride_zero_where_it_is_reduced)
{
    Tensor result = ramp({2, 4}), in = ramp({2, 3, 4});
    const torsh_tensor_t *operands[] = {result.get(), in.get()};
    const int64_t shape[] = {2, 3, 4};
    const bool reduced[] = {false, true, false};
    torsh__space_t s;
    torsh__space_build(&s, 3, shape, operands, 2, reduced, false);
    ASSERT_EQ(s.ndim, 3);
    EXPECT_EQ(Ints(s.strides[0], s.strides[0] + 3), (Ints{4, 0, 1}));
    EXPECT_EQ(Ints(s.strides[1], s.strides[1] + 3), (Ints{12, 4, 1}));
}

TEST(space, of_one_element_and_of_none_has_one_dimension)
{
    Tensor one = ramp({1, 1}), strided = own(torsh_transpose(one.get(), 0, 1)), none = ramp({2, 0});
    Tensor column = ramp({2, 1});
    EXPECT_EQ(space({1, 1}, {one.get(), strided.get()}).n, 1);
    torsh__space_t s = space({2, 0}, {none.get(), column.get()});
    EXPECT_EQ(s.n, 0);
    EXPECT_GE(s.ndim, 1);
}
