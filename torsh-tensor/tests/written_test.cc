// SPDX-License-Identifier: MIT OR Apache-2.0
// What may be written: in place and out=, shapes, dtypes, memory that overlaps.
#include "tensors.h"

static Tensor slice(const Tensor &t, int64_t start, int64_t end)
{
    return own(torsh_slice_with_error(t.get(), 0, &start, &end, 1, nullptr));
}

TEST(in_place, keeps_its_shape)
{
    Tensor t = ramp({3}), wide = ramp({2, 3}), row = ramp({1, 3});
    EXPECT_EQ(torsh_add_(t.get(), wide.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "SHAPE: output with shape [3] doesn't match the broadcast shape [2, 3] (add.Tensor)");
    EXPECT_EQ(torsh_copy_(t.get(), row.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "SHAPE: output with shape [3] doesn't match the broadcast shape [1, 3] (copy_)");
    EXPECT_EQ(values(t), (Doubles{0, 1, 2}));
    EXPECT_EQ(torsh_tensor_version(t.get()), 0u) << "a refused write changes nothing";
}

TEST(in_place, through_a_transposed_view)
{
    Tensor t = ramp({2, 3}), v = own(torsh_transpose(t.get(), 0, 1)), add = ramp({3, 2}, 10);
    own(torsh_add_(v.get(), add.get()));
    EXPECT_EQ(values(t), (Doubles{10, 13, 16, 14, 17, 20}));
}

TEST(in_place, refuses_memory_that_several_indices_name)
{
    Tensor t = ramp({1});
    const int64_t size[] = {3};
    Tensor e = own(torsh_expand(t.get(), size, 1));
    EXPECT_EQ(torsh_add_scalar_(e.get(), torsh_scalar_f(1)), nullptr);
    EXPECT_TRUE(
        contains(named_failure(),
                 "more than one element of the written-to tensor refers to a single memory location"));
}

TEST(in_place, refuses_an_input_that_lies_across_it)
{
    Tensor t = ramp({4}), low = slice(t, 0, 3), high = slice(t, 1, 4);
    EXPECT_EQ(torsh_add_(low.get(), high.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(),
                         "some elements of the input tensor and the written-to tensor refer to a single "
                         "memory location"));
    Tensor first = slice(t, 0, 2), second = slice(t, 2, 4);
    own(torsh_add_(first.get(), second.get()));
    own(torsh_add_(t.get(), t.get())); /* the same elements at the same places are fine */
    EXPECT_EQ(values(t), (Doubles{4, 8, 4, 6}));
}

TEST(in_place, of_a_kernel_that_reads_what_it_writes_goes_through_a_copy)
{
    Tensor t = ramp({2, 2}), other = own(torsh_transpose(t.get(), 0, 1)), out = ramp({2, 2});
    Tensor want = own(torsh_mm(t.get(), other.get()));
    own(torsh_mm_out(t.get(), other.get(), t.get()));
    EXPECT_EQ(values(t), values(want));
}

TEST(out, is_resized_and_given_back)
{
    Tensor a = ramp({2, 3}), out = ramp({0});
    Tensor same = own(torsh_add_out(a.get(), a.get(), out.get()));
    EXPECT_EQ(same.get(), out.get());
    EXPECT_EQ(shape(out), (Ints{2, 3}));
    EXPECT_EQ(values(out), (Doubles{0, 2, 4, 6, 8, 10}));
    Tensor small = ramp({2});
    own(torsh_add_out(small.get(), small.get(), out.get()));
    EXPECT_EQ(shape(out), (Ints{2}));
    EXPECT_EQ(torsh_tensor_storage_bytes(out.get()), 24) << "memory does not shrink";
}

TEST(out, of_the_right_shape_keeps_its_strides)
{
    Tensor a = ramp({2, 3}), base = ramp({3, 2}), out = own(torsh_transpose(base.get(), 0, 1));
    own(torsh_mul_out(a.get(), a.get(), out.get()));
    EXPECT_EQ(strides(out), (Ints{1, 2}));
    EXPECT_EQ(values(base), (Doubles{0, 9, 1, 16, 4, 25}));
}

TEST(out, converts_upwards_and_refuses_downwards)
{
    Tensor a = ramp({2}, 0.5), wide = ramp({2}, 0, TORSH_F64), ints = ramp({2}, 0, TORSH_I64);
    own(torsh_add_out(a.get(), a.get(), wide.get()));
    EXPECT_EQ(values(wide), (Doubles{1, 3}));
    EXPECT_EQ(torsh_add_out(a.get(), a.get(), ints.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "DTYPE: result type float32 can't be cast to the desired output type int64 (add.Tensor)");
}

TEST(out, that_is_an_input_of_another_shape_is_refused)
{
    Tensor a = ramp({3}), wide = ramp({2, 3});
    EXPECT_EQ(torsh_add_out(a.get(), wide.get(), a.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "SHAPE: output with shape [3] doesn't match the broadcast shape [2, 3] (add.Tensor)");
    EXPECT_EQ(values(a), (Doubles{0, 1, 2}));
    own(torsh_add_out(a.get(), a.get(), a.get()));
    EXPECT_EQ(values(a), (Doubles{0, 2, 4}));
}

TEST(out, on_memory_of_somebody_else_cannot_grow)
{
    float data[2] = {1, 2};
    const int64_t two[] = {2};
    Tensor a = ramp({3}), out = own(torsh_tensor_from_blob(data, two, 1, TORSH_F32, nullptr, nullptr));
    EXPECT_EQ(torsh_add_out(a.get(), a.get(), out.get()), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: Trying to resize storage that is not resizable");
    EXPECT_EQ(values(out), (Doubles{1, 2}));
}

TEST(out, of_a_composite)
{
    Tensor a = ramp({2, 2}), mean = ramp({});
    const int64_t both[] = {0, 1};
    own(torsh_mean_dim_out(a.get(), both, 2, mean.get()));
    EXPECT_EQ(values(mean), (Doubles{1.5}));
    Tensor ints = ramp({}, 0, TORSH_I64);
    EXPECT_EQ(torsh_mean_dim_out(a.get(), both, 2, ints.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(), "can't be cast to the desired output type int64"));
}

TEST(out, is_resized_without_memory_on_the_meta_device)
{
    const int64_t six[] = {6}, two[] = {2};
    const torsh_device_t meta = {TORSH_META, 0};
    Tensor a = own(torsh_empty_with_error(six, 1, TORSH_F32, -1, meta, nullptr, -1, nullptr));
    Tensor out = own(torsh_empty_with_error(two, 1, TORSH_F32, -1, meta, nullptr, -1, nullptr));
    EXPECT_EQ(own(torsh_add_out(a.get(), a.get(), out.get())).get(), out.get());
    EXPECT_EQ(shape(out), (Ints{6}));
    EXPECT_EQ(named_failure(), "");
}

TEST(copy, broadcasts_and_converts)
{
    Tensor t = ramp({2, 3}, 0, TORSH_I64), row = tensor({3}, {1.75, -2.5, 300});
    own(torsh_copy_(t.get(), row.get()));
    EXPECT_EQ(values(t), (Doubles{1, -2, 300, 1, -2, 300}));
    Tensor mask = ramp({3}, 0, TORSH_BOOL);
    own(torsh_copy_(mask.get(), tensor({3}, {0.5, 0, -1}).get()));
    EXPECT_EQ(values(mask), (Doubles{1, 0, 1}));
}
