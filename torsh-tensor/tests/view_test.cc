// SPDX-License-Identifier: MIT OR Apache-2.0
// Views: shape, strides, offset; one memory and one version counter for all of them.
#include "tensors.h"

TEST(view, shares_memory_and_version)
{
    Tensor t = ramp({2, 3});
    const int64_t size[] = {3, 2};
    Tensor v = own(torsh_view(t.get(), size, 2)), row = own(torsh_select(t.get(), 0, 1));
    EXPECT_EQ(torsh_tensor_storage(v.get()), torsh_tensor_storage(t.get()));
    own(torsh_add_scalar_(row.get(), torsh_scalar_f(10)));
    EXPECT_EQ(values(t), (Doubles{0, 1, 2, 13, 14, 15}));
    EXPECT_EQ(values(v), (Doubles{0, 1, 2, 13, 14, 15}));
    EXPECT_EQ(torsh_tensor_version(t.get()), 1u);
    EXPECT_EQ(torsh_tensor_version(v.get()), 1u);
    Tensor detached = own(torsh_detach(t.get()));
    own(torsh_zero_(detached.get()));
    EXPECT_EQ(torsh_tensor_version(v.get()), 2u);
}

TEST(view, outlives_its_base)
{
    Tensor t = ramp({4}), v = own(torsh_view(t.get(), std::data({(int64_t)2, (int64_t)2}), 2));
    t.reset();
    EXPECT_EQ(values(v), (Doubles{0, 1, 2, 3}));
}

TEST(data, counts_its_own_changes)
{
    Tensor t = ramp({2}), d = own(torsh_tensor_data(t.get()));
    own(torsh_zero_(d.get()));
    EXPECT_EQ(values(t), (Doubles{0, 0}));
    EXPECT_EQ(torsh_tensor_version(t.get()), 0u);
    EXPECT_EQ(torsh_tensor_version(d.get()), 1u);
}

TEST(set_data, makes_a_tensor_look_elsewhere)
{
    Tensor t = ramp({2}), wide = ramp({1, 1, 1, 1, 1, 2}, 5, TORSH_F64);
    own(torsh_zero_(t.get()));
    ASSERT_EQ(torsh_tensor_set_data(t.get(), wide.get()), TORSH_OK);
    EXPECT_EQ(shape(t), (Ints{1, 1, 1, 1, 1, 2}));
    EXPECT_EQ(dtype(t), TORSH_F64);
    EXPECT_EQ(values(t), (Doubles{5, 6}));
    EXPECT_EQ(torsh_tensor_version(t.get()), 1u) << "who saved it before must notice";
    ASSERT_EQ(torsh_tensor_set_data(t.get(), t.get()),
              TORSH_OK); /* six dimensions: their memory is its own */
    EXPECT_EQ(values(t), (Doubles{5, 6}));
    EXPECT_EQ(torsh_tensor_set_data(t.get(), nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(named_failure(), "NULL: set_data: other is NULL");
}

TEST(view, of_permuted_memory_is_refused_and_reshape_copies)
{
    Tensor t = ramp({2, 3}), transposed = own(torsh_transpose(t.get(), 0, 1));
    const int64_t flat[] = {6};
    EXPECT_EQ(torsh_view(transposed.get(), flat, 1), nullptr);
    EXPECT_TRUE(contains(named_failure(), "view size is not compatible with input tensor's size and stride"));
    Tensor copy = own(torsh_reshape(transposed.get(), flat, 1));
    EXPECT_EQ(values(copy), (Doubles{0, 3, 1, 4, 2, 5}));
    EXPECT_NE(torsh_tensor_storage(copy.get()), torsh_tensor_storage(t.get()));
    Tensor again = own(torsh_reshape(t.get(), flat, 1));
    EXPECT_EQ(torsh_tensor_storage(again.get()), torsh_tensor_storage(t.get()));
}

TEST(expand, repeats_without_memory)
{
    Tensor t = ramp({3, 1});
    const int64_t size[] = {2, -1, 4}, wrong[] = {2, 4}, leading[] = {-1, 3, 1};
    Tensor e = own(torsh_expand(t.get(), size, 3));
    EXPECT_EQ(shape(e), (Ints{2, 3, 4}));
    EXPECT_EQ(strides(e), (Ints{0, 1, 0}));
    EXPECT_EQ(torsh_tensor_storage_bytes(e.get()), 12);
    EXPECT_EQ(torsh_expand(t.get(), wrong, 2), nullptr);
    EXPECT_EQ(named_failure(),
              "SHAPE: The expanded size of the tensor (2) must match the existing size (3) at "
              "non-singleton dimension 0.");
    EXPECT_EQ(torsh_expand(t.get(), leading, 3), nullptr);
    EXPECT_TRUE(contains(named_failure(), "isn't allowed in a leading, non-existing dimension 0"));
}

TEST(expand, to_more_elements_than_can_be_counted_is_an_error)
{
    Tensor t = ramp({1});
    const int64_t size[] = {(int64_t)1 << 40, (int64_t)1 << 40};
    EXPECT_EQ(torsh_expand(t.get(), size, 2), nullptr);
    EXPECT_TRUE(contains(named_failure(), "numel: integer multiplication overflow"));
}

static Tensor slice(const Tensor &t, int64_t dim, int64_t start, int64_t end, int64_t step)
{
    return own(torsh_slice_with_error(t.get(), dim, &start, &end, step, nullptr));
}

TEST(slice, clips_as_python_does)
{
    Tensor t = ramp({5});
    EXPECT_EQ(values(slice(t, 0, 1, 4, 1)), (Doubles{1, 2, 3}));
    EXPECT_EQ(values(slice(t, 0, -2, 100, 1)), (Doubles{3, 4}));
    EXPECT_EQ(values(slice(t, 0, -100, 5, 2)), (Doubles{0, 2, 4}));
    EXPECT_EQ(shape(slice(t, 0, 4, 1, 1)), (Ints{0}));
    EXPECT_EQ(values(slice(t, 0, 1, 5, INT64_MAX)), (Doubles{1}));
    Tensor view = slice(t, -1, 1, 5, 2);
    EXPECT_EQ(strides(view), (Ints{2}));
    EXPECT_EQ(torsh_tensor_storage_offset(view.get()), 1);
    EXPECT_EQ(slice(t, 0, 0, 5, 0), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: slice step must be positive");
}

TEST(as_strided, stays_within_its_storage)
{
    Tensor t = ramp({6});
    const int64_t size[] = {2, 2}, stride[] = {3, 1}, far[] = {5, 1}, negative[] = {-1, 1};
    const int64_t offset = 1;
    Tensor v = own(torsh_as_strided_with_error(t.get(), size, 2, stride, 2, &offset, nullptr));
    EXPECT_EQ(values(v), (Doubles{1, 2, 4, 5}));
    EXPECT_EQ(torsh_as_strided(t.get(), size, 2, far, 2), nullptr);
    EXPECT_TRUE(contains(named_failure(), "are out of bounds for storage of size 24"));
    EXPECT_EQ(torsh_as_strided(t.get(), size, 2, negative, 2), nullptr);
    EXPECT_TRUE(contains(named_failure(), "Negative sizes and strides"));
}

TEST(diagonal, begins_off_the_main_one)
{
    Tensor t = ramp({3, 4});
    EXPECT_EQ(values(own(torsh_diagonal_with_error(t.get(), 1, 0, 1, nullptr))), (Doubles{1, 6, 11}));
    EXPECT_EQ(values(own(torsh_diagonal_with_error(t.get(), -1, 0, 1, nullptr))), (Doubles{4, 9}));
    EXPECT_EQ(shape(own(torsh_diagonal_with_error(t.get(), 9, 0, 1, nullptr))), (Ints{0}));
    EXPECT_EQ(torsh_diagonal_with_error(t.get(), 0, 1, -1, nullptr), nullptr);
    EXPECT_TRUE(contains(named_failure(), "diagonal dimensions cannot be identical"));
}

TEST(squeeze, drops_sizes_of_one_alone)
{
    Tensor t = ramp({1, 2, 1});
    EXPECT_EQ(shape(own(torsh_squeeze(t.get()))), (Ints{2}));
    EXPECT_EQ(shape(own(torsh_squeeze_dim(t.get(), -1))), (Ints{1, 2}));
    EXPECT_EQ(shape(own(torsh_squeeze_dim(t.get(), 1))), (Ints{1, 2, 1}));
    EXPECT_EQ(shape(own(torsh_unsqueeze(t.get(), -1))), (Ints{1, 2, 1, 1}));
    EXPECT_EQ(torsh_unsqueeze(t.get(), 5), nullptr);
    EXPECT_TRUE(contains(named_failure(), "[-4, 3], but got 5"));
}

TEST(permute, takes_every_dimension_once)
{
    Tensor t = ramp({2, 3});
    const int64_t twice[] = {1, 1}, few[] = {0};
    EXPECT_EQ(torsh_permute(t.get(), twice, 2), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: permute(): duplicate dims are not allowed.");
    EXPECT_EQ(torsh_permute(t.get(), few, 1), nullptr);
    EXPECT_TRUE(contains(named_failure(), "input.dim() = 2 is not equal to len(dims) = 1"));
}

TEST(split, gives_views_of_all_of_it)
{
    Tensor t = ramp({5, 2});
    List parts(torsh_split_with_error(t.get(), 2, 0, nullptr));
    ASSERT_EQ(torsh_tensor_list_n(parts.get()), 3);
    EXPECT_EQ(values(torsh_tensor_list_get(parts.get(), 2)), (Doubles{8, 9}));
    EXPECT_EQ(torsh_tensor_storage(torsh_tensor_list_get(parts.get(), 1)), torsh_tensor_storage(t.get()));
    EXPECT_EQ(torsh_tensor_list_get(parts.get(), 3), nullptr);
    const int64_t sizes[] = {1, 3};
    EXPECT_EQ(torsh_split_with_sizes_with_error(t.get(), sizes, 2, 0, nullptr), nullptr);
    EXPECT_TRUE(contains(named_failure(),
                         "to sum exactly to 5 (input tensor's size at dimension 0), but they sum to 4"));
    List three(torsh_chunk_with_error(t.get(), 3, 0, nullptr));
    EXPECT_EQ(shape(torsh_tensor_list_get(three.get(), 2)), (Ints{1, 2}));
}

TEST(views, give_everything_back)
{
    EXPECT_TRUE(keeps_nothing([] {
        Tensor t = ramp({2, 1, 1, 1, 1, 3});
        Tensor v = own(torsh_squeeze(t.get())), w = own(torsh_transpose(v.get(), 0, 1));
        List parts(torsh_unbind_with_error(w.get(), 0, nullptr));
        torsh_squeeze_dim(t.get(), 9);
        named_failure();
    }));
}
