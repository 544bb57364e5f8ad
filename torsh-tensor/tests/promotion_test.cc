// SPDX-License-Identifier: MIT OR Apache-2.0
// PyTorch's promotion: tensors with dimensions decide, 0-d tensors raise the category alone, numbers again
// only above those.
#include "tensors.h"

static torsh_dtype_t sum(const Tensor &a, const Tensor &b)
{
    return dtype(own(torsh_add(a.get(), b.get())));
}
static torsh_dtype_t plus(const Tensor &a, torsh_scalar_t b)
{
    return dtype(own(torsh_add_scalar(a.get(), b)));
}

TEST(promotion, of_two_tensors_is_promote_types)
{
    for (torsh_dtype_t a :
         {TORSH_BOOL, TORSH_U8, TORSH_I32, TORSH_I64, TORSH_F16, TORSH_BF16, TORSH_F32, TORSH_F64})
        for (torsh_dtype_t b :
             {TORSH_BOOL, TORSH_U8, TORSH_I32, TORSH_I64, TORSH_F16, TORSH_BF16, TORSH_F32, TORSH_F64})
            EXPECT_EQ(sum(ramp({2}, 0, a), ramp({2}, 0, b)), torsh_promote_types(a, b))
                << torsh_dtype_name(a) << " and " << torsh_dtype_name(b);
    EXPECT_EQ(torsh_promote_types(TORSH_F16, TORSH_BF16), TORSH_F32);
    EXPECT_EQ(torsh_promote_types(TORSH_U8, TORSH_I32), TORSH_I32);
}

TEST(promotion, a_zero_dim_tensor_does_not_widen_its_own_category)
{
    EXPECT_EQ(sum(ramp({2}, 0, TORSH_F32), number(1, TORSH_F64)), TORSH_F32);
    EXPECT_EQ(sum(number(1, TORSH_I64), ramp({2}, 0, TORSH_U8)), TORSH_U8);
    EXPECT_EQ(sum(number(1, TORSH_F64), number(1, TORSH_F32)), TORSH_F64);
    EXPECT_EQ(sum(ramp({1}, 0, TORSH_F16), number(1, TORSH_F64)), TORSH_F16);
}

TEST(promotion, a_zero_dim_tensor_of_a_higher_category_decides)
{
    EXPECT_EQ(sum(ramp({2}, 0, TORSH_I64), number(1, TORSH_F64)), TORSH_F64);
    EXPECT_EQ(sum(ramp({2}, 0, TORSH_BOOL), number(1, TORSH_I32)), TORSH_I32);
    EXPECT_EQ(sum(ramp({2}, 0, TORSH_I64), number(1, TORSH_F16)), TORSH_F16);
}

TEST(promotion, a_number_counts_by_its_category)
{
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_U8), torsh_scalar_i(1000)), TORSH_U8);
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_F16), torsh_scalar_f(1)), TORSH_F16);
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_I32), torsh_scalar_f(1)), TORSH_F32);
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_BOOL), torsh_scalar_i(1)), TORSH_I64);
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_BOOL), torsh_scalar_b(true)), TORSH_BOOL);
    EXPECT_EQ(plus(number(1, TORSH_F16), torsh_scalar_f(1)), TORSH_F16);
    EXPECT_EQ(plus(number(1, TORSH_U8), torsh_scalar_i(1)), TORSH_U8);
    EXPECT_EQ(plus(number(1, TORSH_I32), torsh_scalar_f(1)), TORSH_F32);
}

TEST(promotion, a_floating_number_follows_the_default_dtype)
{
    ASSERT_EQ(torsh_set_default_dtype(TORSH_F64), TORSH_OK);
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_I32), torsh_scalar_f(1)), TORSH_F64);
    EXPECT_EQ(plus(ramp({2}, 0, TORSH_F32), torsh_scalar_f(1)), TORSH_F32);
    EXPECT_EQ(dtype(own(torsh_div(ramp({2}, 1, TORSH_I64).get(), ramp({2}, 1, TORSH_I64).get()))), TORSH_F64);
    ASSERT_EQ(torsh_set_default_dtype(TORSH_F32), TORSH_OK);
}

TEST(promotion, a_tensor_made_from_a_number_stays_a_number_in_views)
{
    Tensor three = own(torsh_tensor_from_scalar(torsh_scalar_f(3)));
    EXPECT_EQ(dtype(three), TORSH_F64);
    EXPECT_EQ(sum(ramp({2}, 0, TORSH_F16), three), TORSH_F16);
    Tensor wide = own(torsh_unsqueeze(three.get(), 0)); /* has a dimension, so it is a tensor like others */
    EXPECT_EQ(sum(ramp({2}, 0, TORSH_F16), wide), TORSH_F64);
    torsh_scalar_t none = {};
    EXPECT_EQ(torsh_tensor_from_scalar(none), nullptr);
    EXPECT_TRUE(contains(named_failure(), "holds no number"));
    none.kind = 77;
    EXPECT_EQ(torsh_tensor_from_scalar(none), nullptr);
    named_failure();
}

TEST(promotion, integers_divide_to_the_default_dtype)
{
    EXPECT_EQ(dtype(own(torsh_div(ramp({2}, 1, TORSH_I64).get(), ramp({2}, 1, TORSH_I64).get()))), TORSH_F32);
    EXPECT_EQ(dtype(own(torsh_exp(ramp({2}, 1, TORSH_BOOL).get()))), TORSH_F32);
    EXPECT_EQ(dtype(own(torsh_exp(ramp({2}, 1, TORSH_BF16).get()))), TORSH_BF16);
}

TEST(promotion, integers_sum_to_int64)
{
    EXPECT_EQ(dtype(own(torsh_sum(ramp({2}, 1, TORSH_U8).get()))), TORSH_I64);
    EXPECT_EQ(dtype(own(torsh_sum(ramp({2}, 1, TORSH_BOOL).get()))), TORSH_I64);
    EXPECT_EQ(dtype(own(torsh_sum(ramp({2}, 1, TORSH_F16).get()))), TORSH_F16);
}

TEST(promotion, comparison_promotes_and_gives_bool)
{
    Tensor a = tensor({2}, {255, 1}, TORSH_U8), b = tensor({2}, {-1, 1}, TORSH_I32);
    Tensor equal = own(torsh_eq(a.get(), b.get()));
    EXPECT_EQ(dtype(equal), TORSH_BOOL);
    EXPECT_EQ(values(equal), (Doubles{0, 1}));
}

TEST(promotion, unsigned_dtypes_have_none_in_common_with_others)
{
    Tensor a = ramp({2}, 0, TORSH_U16), b = ramp({2}, 0, TORSH_I64);
    EXPECT_EQ(torsh_add(a.get(), b.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(), "uint16"));
    EXPECT_EQ(torsh_div(a.get(), b.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(), "uint16"));
}

TEST(promotion, dtypes_that_are_only_held_say_so)
{
    Tensor a = ramp({2}, 0, TORSH_I8);
    EXPECT_EQ(torsh_add(a.get(), a.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "NOT_IMPLEMENTED: \"add.Tensor\" not implemented for 'int8': tensors can hold it, but "
              "operators compute in bool, uint8, int32, int64, float16, bfloat16, float32 and float64 "
              "only");
    EXPECT_EQ(torsh_bitwise_and(ramp({2}).get(), ramp({2}).get()), nullptr);
    EXPECT_EQ(named_failure(), "NOT_IMPLEMENTED: \"bitwise_and.Tensor\" not implemented for 'float32'");
}

TEST(promotion, in_place_keeps_selfs_dtype_or_refuses)
{
    Tensor ints = ramp({2}, 0, TORSH_I64), floats = ramp({2}, 0.5);
    EXPECT_EQ(torsh_add_(ints.get(), floats.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "DTYPE: result type float32 can't be cast to the desired output type int64 (add.Tensor)");
    EXPECT_EQ(own(torsh_add_(floats.get(), ints.get())).get(), floats.get());
    EXPECT_EQ(values(floats), (Doubles{0.5, 2.5}));
    Tensor half = ramp({2}, 0, TORSH_F16), wide = tensor({2}, {0.25, 0.5}, TORSH_F64);
    own(torsh_add_(half.get(), wide.get())); /* floating to floating is a cast like any other */
    EXPECT_EQ(dtype(half), TORSH_F16);
    EXPECT_EQ(values(half), (Doubles{0.25, 1.5}));
}

TEST(can_cast, goes_up_the_categories_but_not_down)
{
    EXPECT_TRUE(torsh__can_cast(TORSH_F64, TORSH_F16));
    EXPECT_TRUE(torsh__can_cast(TORSH_I64, TORSH_U8));
    EXPECT_TRUE(torsh__can_cast(TORSH_BOOL, TORSH_BF16));
    EXPECT_FALSE(torsh__can_cast(TORSH_F16, TORSH_I64));
    EXPECT_FALSE(torsh__can_cast(TORSH_U8, TORSH_BOOL));
    EXPECT_FALSE(torsh__can_cast(TORSH_C64, TORSH_F64));
}
