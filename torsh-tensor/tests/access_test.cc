// SPDX-License-Identifier: MIT OR Apache-2.0
// In and out of tensors: arrays, blobs, single values, pools.
#include "tensors.h"

TEST(from_array, copies_row_major)
{
    double data[] = {1, 2, 3, 4};
    const int64_t size[] = {2, 2};
    Tensor t = own(torsh_tensor_from_array(data, size, 2, TORSH_F64));
    data[0] = 9;
    EXPECT_EQ(values(t), (Doubles{1, 2, 3, 4}));
    EXPECT_EQ(strides(t), (Ints{2, 1}));
}

TEST(from_array, refuses_what_is_missing)
{
    const int64_t size[] = {2}, none[] = {0};
    float data[] = {1, 2};
    EXPECT_EQ(torsh_tensor_from_array(nullptr, size, 1, TORSH_F32), nullptr);
    EXPECT_EQ(named_failure(), "NULL: tensor_from_array: data is NULL");
    EXPECT_EQ(torsh_tensor_from_array(data, nullptr, 1, TORSH_F32), nullptr);
    EXPECT_EQ(named_failure(), "NULL: tensor_from_array: shape is NULL for 1 dimensions");
    EXPECT_EQ(torsh_tensor_from_array(data, size, 1, (torsh_dtype_t)8), nullptr);
    EXPECT_EQ(named_failure(), "DTYPE: tensor_from_array: 8 is no dtype");
    EXPECT_EQ(shape(own(torsh_tensor_from_array(nullptr, none, 1, TORSH_F32))), (Ints{0}));
    EXPECT_EQ(values(own(torsh_tensor_from_array(data, nullptr, 0, TORSH_F32))), (Doubles{1}));
}

static int freed;
static void count_freed(void *ctx)
{
    freed += *(int *)ctx;
}

TEST(from_blob, shares_memory_and_ends_it_once)
{
    float data[] = {0, 1, 2, 3, 4, 5};
    int one = 1;
    const int64_t size[] = {2, 2}, stride[] = {3, 1};
    freed = 0;
    {
        Tensor t = own(torsh_tensor_from_blob_strided(data, size, stride, 2, TORSH_F32, count_freed, &one));
        EXPECT_EQ(values(t), (Doubles{0, 1, 3, 4}));
        Tensor row = own(torsh_select(t.get(), 0, 1));
        own(torsh_add_scalar_(row.get(), torsh_scalar_f(10)));
        t.reset();
        EXPECT_EQ(freed, 0) << "a view holds the memory";
    }
    EXPECT_EQ(freed, 1);
    EXPECT_EQ(data[4], 14);
    EXPECT_EQ(data[2], 2);
}

TEST(from_blob, keeps_its_hands_off_on_failure)
{
    float data[4] = {};
    int one = 1;
    const int64_t size[] = {2, 2}, back[] = {2, -1}, negative[] = {-2};
    freed = 0;
    EXPECT_EQ(torsh_tensor_from_blob_strided(data, size, back, 2, TORSH_F32, count_freed, &one), nullptr);
    EXPECT_EQ(named_failure(), "VALUE: tensor_from_blob: stride 1 is negative");
    EXPECT_EQ(torsh_tensor_from_blob(data, negative, 1, TORSH_F32, count_freed, &one), nullptr);
    EXPECT_TRUE(contains(named_failure(), "negative dimension -2"));
    EXPECT_EQ(freed, 0);
}

TEST(data_ptr, points_at_the_first_element)
{
    Tensor t = ramp({2, 3}), row = own(torsh_select(t.get(), 0, 1));
    EXPECT_EQ((char *)torsh_tensor_data_ptr(row.get()) - (char *)torsh_tensor_data_ptr(t.get()), 12);
    EXPECT_EQ(torsh_tensor_data_ptr(nullptr), nullptr);
    EXPECT_EQ(named_failure(), "NULL: tensor_data_ptr: the tensor is NULL");
    const int64_t size[] = {2};
    Tensor meta = own(torsh_empty_with_error(size, 1, TORSH_F32, -1, {TORSH_META, 0}, nullptr, -1, nullptr));
    EXPECT_EQ(torsh_tensor_data_ptr(meta.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(), "DEVICE: tensor_data_ptr: the tensor is on meta"));
}

TEST(item, is_the_only_element)
{
    torsh_scalar_t v;
    Tensor t = ramp({2, 3}, 0, TORSH_I64);
    const int64_t start = 5, end = 6;
    Tensor flat = own(torsh_flatten(t.get())),
           last = own(torsh_slice_with_error(flat.get(), 0, &start, &end, 1, nullptr));
    ASSERT_EQ(torsh_tensor_item(last.get(), &v), TORSH_OK);
    EXPECT_EQ(v.kind, TORSH_SCALAR_INT);
    EXPECT_EQ(v.v.i, 5);
    ASSERT_EQ(torsh_tensor_item(number(1, TORSH_BOOL).get(), &v), TORSH_OK);
    EXPECT_EQ(v.kind, TORSH_SCALAR_BOOL);
    ASSERT_EQ(torsh_tensor_item(number(0.5, TORSH_BF16).get(), &v), TORSH_OK);
    EXPECT_EQ(v.v.f, 0.5);
    EXPECT_EQ(torsh_tensor_item(t.get(), &v), TORSH_ERR_VALUE);
    EXPECT_EQ(named_failure(), "VALUE: a Tensor with 6 elements cannot be converted to Scalar");
    EXPECT_EQ(torsh_tensor_item(t.get(), nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(torsh_tensor_item(nullptr, &v), TORSH_ERR_NULL);
    named_failure();
}

TEST(to_array, packs_strided_elements)
{
    Tensor t = ramp({2, 3}), transposed = own(torsh_transpose(t.get(), 0, 1));
    float data[6];
    ASSERT_EQ(torsh_tensor_to_array(transposed.get(), data, sizeof data), TORSH_OK);
    EXPECT_EQ(Doubles(data, data + 6), (Doubles{0, 3, 1, 4, 2, 5}));
    EXPECT_EQ(torsh_tensor_to_array(t.get(), data, 20), TORSH_ERR_SHAPE);
    EXPECT_EQ(named_failure(), "SHAPE: tensor_to_array: 20 bytes given for a tensor of 24");
    EXPECT_EQ(torsh_tensor_to_array(t.get(), nullptr, 24), TORSH_ERR_NULL);
    EXPECT_EQ(named_failure(), "NULL: tensor_to_array: data is NULL");
}

TEST(to_array, has_nothing_to_read_on_the_meta_device)
{
    const int64_t size[] = {2};
    float data[2];
    torsh_scalar_t v;
    Tensor two = own(torsh_empty_with_error(size, 1, TORSH_F32, -1, {TORSH_META, 0}, nullptr, -1, nullptr));
    EXPECT_EQ(torsh_tensor_to_array(two.get(), data, sizeof data), TORSH_ERR_NOT_IMPLEMENTED);
    EXPECT_EQ(named_failure(), "NOT_IMPLEMENTED: Cannot copy out of meta tensor; no data!");
    Tensor one = own(torsh_select(two.get(), 0, 0));
    EXPECT_EQ(torsh_tensor_item(one.get(), &v), TORSH_ERR_NOT_IMPLEMENTED);
    EXPECT_TRUE(contains(named_failure(), "cannot be called on meta tensors"));
}

/* ---- pools ---- */

TEST(memory_pool, gives_zeros_until_it_is_full)
{
    torsh_memory_pool_t *pool = torsh_memory_pool_new(256);
    const int64_t size[] = {16}, more[] = {48}, rest[] = {32};
    torsh_tensor_t *a = torsh_tensor_from_pool(pool, size, 1, TORSH_F32); /* 64 bytes */
    EXPECT_EQ(values(a), Doubles(16, 0));
    EXPECT_EQ(torsh_tensor_from_pool(pool, more, 1, TORSH_F64), nullptr);
    EXPECT_EQ(named_failure(),
              "MEMORY: tensor_from_pool: a tensor of shape [48] does not fit into the 192 bytes left");
    EXPECT_NE(torsh_tensor_from_pool(pool, rest, 1, TORSH_F32), nullptr);
    torsh_tensor_t *c = torsh_tensor_from_pool(pool, rest, 1, TORSH_F16);
    ASSERT_NE(c, nullptr);
    EXPECT_EQ((uintptr_t)torsh_tensor_data_ptr(c) % 64, 0u);
    EXPECT_EQ(torsh_tensor_from_pool(pool, size, 1, TORSH_BOOL), nullptr);
    named_failure();
    torsh_memory_pool_free(pool);
}

TEST(memory_pool, lives_as_long_as_a_tensor_that_was_retained)
{
    torsh_memory_pool_t *pool = torsh_memory_pool_new(64);
    const int64_t size[] = {4};
    Tensor t = own(torsh_tensor_retain(torsh_tensor_from_pool(pool, size, 1, TORSH_F32)));
    Tensor view = own(torsh_select(t.get(), 0, 3));
    torsh_memory_pool_free(pool);
    own(torsh_add_scalar_(t.get(), torsh_scalar_f(2)));
    t.reset();
    EXPECT_EQ(values(view), (Doubles{2}));
}

TEST(memory_pool, refuses_what_makes_no_sense)
{
    torsh_memory_pool_t *pool = torsh_memory_pool_new(0);
    const int64_t none[] = {0}, negative[] = {-1}, large[] = {(int64_t)1 << 40, (int64_t)1 << 40};
    ASSERT_NE(pool, nullptr);
    EXPECT_NE(torsh_tensor_from_pool(pool, none, 1, TORSH_F32), nullptr)
        << "an empty tensor fits into nothing";
    EXPECT_EQ(torsh_tensor_from_pool(pool, negative, 1, TORSH_F32), nullptr);
    EXPECT_EQ(named_failure(), "SHAPE: tensor_from_pool: dimension 0 is negative");
    EXPECT_EQ(torsh_tensor_from_pool(pool, large, 2, TORSH_F32), nullptr);
    EXPECT_TRUE(contains(named_failure(), "MEMORY"));
    EXPECT_EQ(torsh_tensor_from_pool(pool, nullptr, 1, TORSH_F32), nullptr);
    EXPECT_EQ(named_failure(), "NULL: tensor_from_pool: shape is NULL");
    EXPECT_EQ(torsh_tensor_from_pool(nullptr, none, 1, TORSH_F32), nullptr);
    EXPECT_EQ(named_failure(), "NULL: tensor_from_pool: the pool is NULL");
    torsh_memory_pool_free(pool);
    EXPECT_EQ(torsh_memory_pool_new(SIZE_MAX), nullptr);
    EXPECT_TRUE(contains(named_failure(), "MEMORY"));
    torsh_memory_pool_free(nullptr);
}

TEST(memory_pool, gives_everything_back)
{
    EXPECT_TRUE(keeps_nothing([] {
        torsh_memory_pool_t *pool = torsh_memory_pool_new(4096);
        const int64_t size[] = {1};
        for (int i = 0; i < 40; i++)
            torsh_tensor_from_pool(pool, size, 1, TORSH_F32);
        torsh_memory_pool_free(pool);
    }));
}
