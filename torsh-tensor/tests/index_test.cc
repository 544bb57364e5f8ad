// SPDX-License-Identifier: MIT OR Apache-2.0
// self[items] and self[items] = value. The expected values are NumPy's.
#include "tensors.h"

static torsh_index_t at(int64_t i)
{
    return {TORSH_INDEX_INT, i, 0, 0, nullptr};
}
static torsh_index_t slice(int64_t start = INT64_MIN, int64_t stop = INT64_MIN, int64_t step = INT64_MIN)
{
    return {TORSH_INDEX_SLICE, start, stop, step, nullptr};
}
static torsh_index_t by(const Tensor &t)
{
    return {TORSH_INDEX_TENSOR, 0, 0, 0, t.get()};
}
static const torsh_index_t none = {TORSH_INDEX_NONE, 0, 0, 0, nullptr},
                           dots = {TORSH_INDEX_ELLIPSIS, 0, 0, 0, nullptr};

static Tensor get(const Tensor &t, const std::vector<torsh_index_t> &items)
{
    return own(torsh_index_get(t.get(), items.data(), (int)items.size(), nullptr));
}
static torsh_status_t set(const Tensor &t, const std::vector<torsh_index_t> &items, const Tensor &value)
{
    return torsh_index_set(t.get(), items.data(), (int)items.size(), value.get(), nullptr);
}

TEST(get, of_numbers_and_slices_is_a_view)
{
    Tensor t = ramp({2, 3, 4});
    Tensor v = get(t, {at(-1), slice(1), slice(INT64_MIN, INT64_MIN, 2)});
    EXPECT_EQ(values(v), (Doubles{16, 18, 20, 22}));
    EXPECT_EQ(torsh_tensor_storage(v.get()), torsh_tensor_storage(t.get()));
    EXPECT_EQ(shape(get(t, {dots, at(0)})), (Ints{2, 3}));
    EXPECT_EQ(shape(get(t, {none, at(0), dots, none})), (Ints{1, 3, 4, 1}));
    EXPECT_EQ(shape(get(t, {})), (Ints{2, 3, 4}));
    EXPECT_EQ(shape(get(t, {slice(2)})), (Ints{0, 3, 4}));
}

TEST(get, by_one_tensor_puts_its_shape_in_place)
{
    Tensor t = ramp({3, 4}), index = tensor({2, 2}, {0, -1, 1, 1}, TORSH_I64);
    Tensor rows = get(t, {by(index)});
    EXPECT_EQ(shape(rows), (Ints{2, 2, 4}));
    EXPECT_EQ(values(rows), (Doubles{0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 4, 5, 6, 7}));
    EXPECT_NE(torsh_tensor_storage(rows.get()), torsh_tensor_storage(t.get()));
    EXPECT_EQ(shape(get(t, {slice(), by(index)})), (Ints{3, 2, 2}));
}

TEST(get, by_tensors_that_are_no_neighbours_puts_them_in_front)
{
    Tensor t = ramp({2, 3, 4}), i = tensor({2}, {0, 1}, TORSH_I64), k = tensor({2, 1}, {3, 0}, TORSH_I64);
    Tensor apart = get(t, {by(i), slice(), by(k)});
    EXPECT_EQ(shape(apart), (Ints{2, 2, 3}));
    EXPECT_EQ(values(apart), (Doubles{3, 7, 11, 15, 19, 23, 0, 4, 8, 12, 16, 20}));
    Tensor together = get(t, {slice(), by(i), by(k)});
    EXPECT_EQ(shape(together), (Ints{2, 2, 2}));
    EXPECT_EQ(values(together), (Doubles{3, 7, 0, 4, 15, 19, 12, 16}));
}

TEST(get, by_a_mask)
{
    Tensor t = ramp({2, 3}), mask = tensor({2, 3}, {1, 0, 0, 0, 1, 1}, TORSH_BOOL),
           row = tensor({2}, {0, 1}, TORSH_BOOL);
    EXPECT_EQ(values(get(t, {by(mask)})), (Doubles{0, 4, 5}));
    EXPECT_EQ(shape(get(t, {by(row)})), (Ints{1, 3}));
    EXPECT_EQ(get(t, {slice(), by(row)}), nullptr);
    EXPECT_EQ(named_failure(),
              "INDEX: The shape of the mask [2] at index 0 does not match the shape of the indexed tensor "
              "[2, 3] at index 1");
}

TEST(get, by_true_and_false)
{
    Tensor t = ramp({2});
    EXPECT_EQ(shape(get(t, {{TORSH_INDEX_BOOL, 1, 0, 0, nullptr}})), (Ints{1, 2}));
    EXPECT_EQ(shape(get(t, {{TORSH_INDEX_BOOL, 0, 0, 0, nullptr}})), (Ints{0, 2}));
}

TEST(get, by_a_zero_dim_tensor_is_a_number)
{
    Tensor t = ramp({3}), two = number(2, TORSH_I64);
    Tensor v = get(t, {by(two)});
    EXPECT_EQ(shape(v), (Ints{}));
    EXPECT_EQ(values(v), (Doubles{2}));
}

TEST(get, says_what_is_out_of_bounds)
{
    Tensor t = ramp({2, 3}), far = tensor({1}, {3}, TORSH_I64), floats = ramp({1});
    EXPECT_EQ(get(t, {slice(), at(3)}), nullptr);
    EXPECT_EQ(named_failure(), "INDEX: index 3 is out of bounds for dimension 1 with size 3");
    EXPECT_EQ(get(t, {at(0), at(0), at(0)}), nullptr);
    EXPECT_EQ(named_failure(), "INDEX: too many indices for tensor of dimension 2");
    EXPECT_EQ(get(t, {slice(), by(far)}), nullptr);
    EXPECT_TRUE(contains(named_failure(), "INDEX: index 3 is out of bounds for dimension 1 with size 3"));
    EXPECT_EQ(get(t, {by(floats)}), nullptr);
    EXPECT_EQ(named_failure(), "INDEX: tensors used as indices must be long, int, byte or bool tensors");
    EXPECT_EQ(get(t, {slice(0, 2, -1)}), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: step must be greater than zero");
    EXPECT_EQ(get(t, {{99, 0, 0, 0, nullptr}}), nullptr);
    EXPECT_EQ(named_failure(), "TYPE: index 0 has the unknown kind 99");
    Tensor three = tensor({3}, {0, 0, 0}, TORSH_I64), pair = tensor({2}, {0, 0}, TORSH_I64);
    EXPECT_EQ(get(t, {by(three), by(pair)}), nullptr);
    EXPECT_EQ(named_failure(),
              "INDEX: shape mismatch: indexing tensors could not be broadcast together with shapes [3], [2]");
}

TEST(get, with_several_ellipses_stays_within_its_room)
{
    Tensor t = ramp(Ints(40, 1));
    std::vector<torsh_index_t> items = {dots, dots};
    items.insert(items.end(), 10, slice());
    get(t, items);
    EXPECT_EQ(named_failure(), "INDEX: too many indices for tensor of dimension 40");
}

TEST(get, refuses_what_is_missing)
{
    Tensor t = ramp({2});
    EXPECT_EQ(torsh_index_get(nullptr, nullptr, 0, nullptr), nullptr);
    EXPECT_EQ(named_failure(), "NULL: index: self is NULL");
    EXPECT_EQ(torsh_index_get(t.get(), nullptr, 1, nullptr), nullptr);
    EXPECT_EQ(named_failure(), "NULL: index: items is NULL");
    EXPECT_EQ(torsh_index_get(t.get(), nullptr, -1, nullptr), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: index: -1 items; 0 to 64 are possible");
    EXPECT_EQ(get(t, {{TORSH_INDEX_TENSOR, 0, 0, 0, nullptr}}), nullptr);
    EXPECT_EQ(named_failure(), "NULL: index: an index tensor is NULL");
    EXPECT_EQ(torsh_index_set(t.get(), nullptr, 0, nullptr, nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(named_failure(), "NULL: index: value is NULL");
}

TEST(set, through_a_view_broadcasts_and_converts)
{
    Tensor t = ramp({2, 3}, 0, TORSH_I64);
    ASSERT_EQ(set(t, {slice(), slice(1)}, tensor({1, 2, 1}, {7.9, 8.9})), TORSH_OK);
    EXPECT_EQ(values(t), (Doubles{0, 7, 7, 3, 8, 8}));
    ASSERT_EQ(set(t, {at(0)}, number(-1, TORSH_F64)), TORSH_OK);
    EXPECT_EQ(values(t), (Doubles{-1, -1, -1, 3, 8, 8}));
    EXPECT_EQ(torsh_tensor_version(t.get()), 2u);
    EXPECT_EQ(set(t, {at(0)}, ramp({2})), TORSH_ERR_SHAPE);
    EXPECT_TRUE(contains(named_failure(), "must match the existing size (2)"));
}

TEST(set, by_tensors_and_masks)
{
    Tensor t = ramp({3, 2}), index = tensor({2}, {2, 0}, TORSH_I64),
           mask = tensor({3}, {0, 1, 0}, TORSH_BOOL);
    ASSERT_EQ(set(t, {by(index)}, tensor({2, 1}, {10, 20})), TORSH_OK);
    EXPECT_EQ(values(t), (Doubles{20, 20, 2, 3, 10, 10}));
    ASSERT_EQ(set(t, {by(mask), at(1)}, number(5, TORSH_F64)), TORSH_OK);
    EXPECT_EQ(values(t), (Doubles{20, 20, 2, 5, 10, 10}));
    EXPECT_EQ(set(t, {by(index)}, ramp({2, 2}, 0, TORSH_F64)), TORSH_ERR_DTYPE);
    EXPECT_EQ(named_failure(),
              "DTYPE: Index put requires the source and destination dtypes match, got float32 for the "
              "destination and float64 for the source.");
}

TEST(set, of_a_number)
{
    Tensor t = ramp({3}, 0, TORSH_U8), seven = own(torsh_tensor_from_scalar(torsh_scalar_f(7)));
    Tensor index = tensor({1}, {1}, TORSH_I64);
    ASSERT_EQ(set(t, {by(index)}, seven), TORSH_OK);
    ASSERT_EQ(set(t, {at(0)}, seven), TORSH_OK);
    EXPECT_EQ(values(t), (Doubles{7, 7, 2}));
}

TEST(set, refuses_values_that_overlap_what_is_written)
{
    Tensor t = ramp({4}), low = get(t, {slice(0, 3)}), index = tensor({3}, {1, 2, 3}, TORSH_I64);
    Tensor all = tensor({4}, {3, 2, 1, 0}, TORSH_I64), copy = own(torsh_clone(t.get()));
    EXPECT_EQ(set(t, {by(index)}, low), TORSH_ERR_VALUE);
    EXPECT_TRUE(contains(named_failure(),
                         "some elements of the input tensor and the written-to tensor refer to a single"));
    EXPECT_EQ(set(t, {by(all)}, t), TORSH_ERR_VALUE);
    named_failure();
    ASSERT_EQ(set(t, {by(all)}, copy), TORSH_OK);
    EXPECT_EQ(values(t), (Doubles{3, 2, 1, 0}));
}

TEST(index, gives_everything_back)
{
    EXPECT_TRUE(keeps_nothing([] {
        Tensor t = ramp({3, 4}), index = tensor({2}, {0, 9}, TORSH_I64), mask = ramp({3}, 0, TORSH_BOOL);
        get(t, {by(index)});
        get(t, {by(mask), at(1)});
        set(t, {by(mask)}, number(1, TORSH_F32));
        named_failure();
    }));
}
