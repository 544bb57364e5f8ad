// SPDX-License-Identifier: MIT OR Apache-2.0
// Shape arithmetic: what has no tensor yet, or only reads one's shape and strides.
#include "tensors.h"

static const int64_t HUGE_DIM = (int64_t)1 << 40;

TEST(contiguous_strides, are_row_major)
{
    const int64_t shape[] = {2, 3, 4};
    int64_t strides[3];
    EXPECT_EQ(torsh__contiguous_strides(3, shape, strides), 24);
    EXPECT_EQ(Ints(strides, strides + 3), (Ints{12, 4, 1}));
    EXPECT_EQ(torsh__contiguous_strides(0, nullptr, nullptr), 1);
}

TEST(contiguous_strides, count_an_empty_dimension_as_one)
{
    const int64_t shape[] = {2, 0, 4};
    int64_t strides[3];
    EXPECT_EQ(torsh__contiguous_strides(3, shape, strides), 0);
    EXPECT_EQ(Ints(strides, strides + 3), (Ints{4, 4, 1}));
}

TEST(contiguous_strides, say_when_the_product_overflows)
{
    const int64_t large[] = {HUGE_DIM, HUGE_DIM}, empty[] = {HUGE_DIM, HUGE_DIM, 0};
    int64_t strides[3];
    EXPECT_EQ(torsh__contiguous_strides(2, large, strides), -1);
    EXPECT_EQ(torsh__contiguous_strides(3, empty, strides), 0);
}

TEST(is_contiguous, ignores_strides_of_sizes_that_are_one)
{
    const int64_t shape[] = {2, 1, 3}, good[] = {3, 77, 1}, bad[] = {3, 3, 2};
    EXPECT_TRUE(torsh__is_contiguous(3, shape, good));
    EXPECT_FALSE(torsh__is_contiguous(3, shape, bad));
}

TEST(is_dense, is_about_some_order_of_the_dimensions)
{
    const int64_t shape[] = {2, 3, 4}, transposed[] = {1, 8, 2}, gap[] = {1, 9, 2}, twice[] = {12, 4, 0};
    EXPECT_TRUE(torsh__is_dense(3, shape, transposed));
    EXPECT_FALSE(torsh__is_dense(3, shape, gap));
    EXPECT_FALSE(torsh__is_dense(3, shape, twice));
}

TEST(wrap_dim, takes_negative_dims_and_names_the_range)
{
    int64_t d = 9;
    EXPECT_EQ(torsh__wrap_dim(-1, 3, &d), TORSH_OK);
    EXPECT_EQ(d, 2);
    EXPECT_EQ(torsh__wrap_dim(-1, 0, &d), TORSH_OK);
    EXPECT_EQ(d, 0);
    EXPECT_EQ(torsh__wrap_dim(3, 3, &d), TORSH_ERR_INDEX);
    EXPECT_EQ(named_failure(),
              "INDEX: Dimension out of range (expected to be in range of [-3, 2], but got 3)");
    EXPECT_EQ(torsh__wrap_dim(1, 0, &d), TORSH_ERR_INDEX);
    EXPECT_TRUE(contains(named_failure(), "[-1, 0], but got 1"));
}

TEST(dim_mask, refuses_a_dim_given_twice)
{
    const int64_t twice[] = {0, -3};
    bool mask[3];
    EXPECT_EQ(torsh__dim_mask("sum", {twice, 2, 1}, 3, mask), TORSH_ERR_VALUE);
    EXPECT_EQ(named_failure(), "VALUE: sum: dim 0 appears multiple times in the list of dims");
}

static Ints broadcast(Ints a, const Ints &b)
{
    int ndim = (int)a.size();
    a.resize(TORSH_MAX_DIMS);
    if (torsh__broadcast("op", (int)b.size(), b.data(), &ndim, a.data()) != TORSH_OK)
        return {-1};
    a.resize((size_t)ndim);
    return a;
}

TEST(broadcast, aligns_at_the_last_dimension)
{
    EXPECT_EQ(broadcast({3}, {2, 1}), (Ints{2, 3}));
    EXPECT_EQ(broadcast({5, 1, 4}, {3, 1}), (Ints{5, 3, 4}));
    EXPECT_EQ(broadcast({}, {2}), (Ints{2}));
    EXPECT_EQ(broadcast({2}, {}), (Ints{2}));
}

TEST(broadcast, of_one_and_zero_is_zero)
{
    EXPECT_EQ(broadcast({1, 3}, {0, 1}), (Ints{0, 3}));
    EXPECT_EQ(broadcast({2}, {0}), (Ints{-1}));
    EXPECT_EQ(named_failure(),
              "SHAPE: The size of tensor a (2) must match the size of tensor b (0) at non-singleton "
              "dimension 0 (op)");
}

static Ints inferred(const Ints &size, int64_t n)
{
    int64_t out[TORSH_MAX_DIMS];
    if (torsh__infer_size({size.data(), (int)size.size(), 1}, n, out) != TORSH_OK)
        return {-1};
    return Ints(out, out + size.size());
}

TEST(infer_size, fills_the_one_size_that_is_open)
{
    EXPECT_EQ(inferred({2, -1}, 6), (Ints{2, 3}));
    EXPECT_EQ(inferred({-1}, 0), (Ints{0}));
    EXPECT_EQ(inferred({}, 1), (Ints{}));
}

TEST(infer_size, refuses_what_does_not_fit)
{
    EXPECT_EQ(inferred({4, -1}, 6), Ints{-1});
    EXPECT_EQ(named_failure(), "SHAPE: shape '[4, -1]' is invalid for input of size 6");
    EXPECT_EQ(inferred({-1, -1}, 6), Ints{-1});
    EXPECT_EQ(named_failure(), "SHAPE: only one dimension can be inferred");
    EXPECT_EQ(inferred({-2, 3}, 6), Ints{-1});
    EXPECT_EQ(named_failure(), "SHAPE: invalid shape dimension -2");
    EXPECT_EQ(inferred({0, -1}, 0), Ints{-1});
    EXPECT_TRUE(contains(named_failure(), "cannot reshape tensor of 0 elements into shape [0, -1]"));
    EXPECT_EQ(inferred({HUGE_DIM, HUGE_DIM}, 6), Ints{-1});
    EXPECT_TRUE(contains(named_failure(), "is invalid for input of size 6"));
    EXPECT_EQ(inferred({HUGE_DIM, HUGE_DIM, -1}, 6), Ints{-1});
    EXPECT_TRUE(contains(named_failure(), "is invalid for input of size 6"));
}

static Ints view_strides(const Tensor &t, const Ints &size)
{
    int64_t out[TORSH_MAX_DIMS];
    return torsh__view_strides(t.get(), (int)size.size(), size.data(), out) ? Ints(out, out + size.size())
                                                                            : Ints{-1};
}

TEST(view_strides, split_and_merge_runs_that_lie_behind_each_other)
{
    Tensor t = ramp({4, 6});
    EXPECT_EQ(view_strides(t, {24}), (Ints{1}));
    EXPECT_EQ(view_strides(t, {2, 2, 3, 2}), (Ints{12, 6, 2, 1}));
    Tensor transposed = own(torsh_transpose(t.get(), 0, 1)); /* sizes 6, 4; strides 1, 6 */
    EXPECT_EQ(view_strides(transposed, {24}), (Ints{-1}));
    EXPECT_EQ(view_strides(transposed, {2, 3, 4}), (Ints{3, 1, 6}));
    EXPECT_EQ(view_strides(transposed, {6, 1, 4}), (Ints{1, 24, 6}));
    Tensor row = ramp({1, 6});
    const int64_t size[] = {4, 6};
    Tensor expanded = own(torsh_expand(row.get(), size, 2));
    EXPECT_EQ(view_strides(expanded, {2, 2, 6}), (Ints{0, 0, 1}));
    EXPECT_EQ(view_strides(expanded, {24}), (Ints{-1}));
}

TEST(shape_text, is_cut_where_room_ends)
{
    const int64_t shape[] = {2, 3};
    char text[32], small[4];
    EXPECT_STREQ(torsh__shape_text(2, shape, text, sizeof text), "[2, 3]");
    EXPECT_STREQ(torsh__shape_text(0, shape, text, sizeof text), "[]");
    EXPECT_STREQ(torsh__shape_text(2, shape, small, sizeof small), "[2,");
}

TEST(tensor_new, refuses_sizes_that_are_negative_or_too_many_or_too_large)
{
    torsh_tensor_t *t = nullptr;
    const int64_t negative[] = {2, -1}, large[] = {HUGE_DIM, HUGE_DIM}, bytes[] = {INT64_MAX / 4};
    EXPECT_EQ(torsh__tensor_new(TORSH_F32, {TORSH_CPU, 0}, 2, negative, nullptr, &t), TORSH_ERR_SHAPE);
    EXPECT_EQ(named_failure(), "SHAPE: Trying to create tensor with negative dimension -1: [2, -1]");
    EXPECT_EQ(torsh__tensor_new(TORSH_F32, {TORSH_CPU, 0}, 2, large, nullptr, &t), TORSH_ERR_MEMORY);
    EXPECT_TRUE(contains(named_failure(),
                         "Storage size calculation overflowed with sizes=[1099511627776, 1099511627776]"));
    EXPECT_EQ(torsh__tensor_new(TORSH_F64, {TORSH_CPU, 0}, 1, bytes, nullptr, &t), TORSH_ERR_MEMORY);
    named_failure();
    EXPECT_EQ(torsh__tensor_new(TORSH_F32, {TORSH_CPU, 0}, 65, negative, nullptr, &t), TORSH_ERR_SHAPE);
    EXPECT_TRUE(contains(named_failure(), "65 dimensions"));
    EXPECT_EQ(t, nullptr);
}
