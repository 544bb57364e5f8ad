// SPDX-License-Identifier: MIT OR Apache-2.0
// Tensors as text. The expected texts are PyTorch's, with its name replaced.
#include <cmath>

#include "tensors.h"

static std::string text(const Tensor &t)
{
    char *s = torsh_tensor_to_string(t.get());
    std::string out = s ? s : "failed: " + named_failure();
    torsh_free(s);
    return out;
}

TEST(print, whole_floats_have_a_point_and_columns_are_aligned)
{
    EXPECT_EQ(text(tensor({2, 2}, {1, -20, 3, 4})), "tensor([[  1., -20.],\n        [  3.,   4.]])");
    EXPECT_EQ(text(tensor({2}, {0.5, 10})), "tensor([ 0.5000, 10.0000])");
    EXPECT_EQ(text(number(3, TORSH_F32)), "tensor(3.)");
    EXPECT_EQ(text(number(-0.125, TORSH_F64)), "tensor(-0.1250, dtype=torsh.float64)");
}

TEST(print, wide_ranges_have_exponents)
{
    EXPECT_EQ(text(tensor({2}, {1e-5, 1})), "tensor([1.0000e-05, 1.0000e+00])");
    EXPECT_EQ(text(tensor({1}, {123456789})), "tensor([1.2346e+08])");
}

TEST(print, nan_and_infinity_take_part_in_no_width)
{
    EXPECT_EQ(text(tensor({3}, {1, NAN, -INFINITY})), "tensor([1., nan, -inf])");
}

TEST(print, integers_and_bools)
{
    EXPECT_EQ(text(ramp({3}, -1, TORSH_I64)), "tensor([-1,  0,  1])");
    EXPECT_EQ(text(ramp({2}, 0, TORSH_BOOL)), "tensor([False,  True])");
    EXPECT_EQ(text(ramp({2}, 254, TORSH_U8)), "tensor([254, 255], dtype=torsh.uint8)");
}

TEST(print, empty_tensors_name_shape_and_dtype_where_needed)
{
    EXPECT_EQ(text(ramp({0})), "tensor([])");
    EXPECT_EQ(text(ramp({2, 0})), "tensor([], size=(2, 0))");
    EXPECT_EQ(text(ramp({0}, 0, TORSH_I64)), "tensor([], dtype=torsh.int64)");
}

TEST(print, long_rows_break_and_long_tensors_leave_the_middle_out)
{
    std::string rows = text(ramp({30}));
    EXPECT_EQ(rows, "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n"
                    "        14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,\n"
                    "        28., 29.])");
    EXPECT_EQ(text(ramp({1001}, 0, TORSH_I64)), "tensor([   0,    1,    2,  ...,  998,  999, 1000])");
    EXPECT_EQ(text(ramp({1000}, 0, TORSH_I64)).find("..."), std::string::npos);
}

TEST(print, reads_strided_memory)
{
    Tensor t = ramp({2, 2});
    EXPECT_EQ(text(own(torsh_transpose(t.get(), 0, 1))), "tensor([[0., 2.],\n        [1., 3.]])");
}

TEST(print, shows_no_values_of_the_meta_device)
{
    const int64_t size[] = {2};
    Tensor t = own(torsh_empty_with_error(size, 1, TORSH_F32, -1, {TORSH_META, 0}, nullptr, -1, nullptr));
    EXPECT_EQ(text(t), "tensor(..., device='meta', size=(2,))");
}

struct Options : testing::Test {
    torsh_print_options_t before = torsh_get_print_options(), now = before;
    ~Options()
    {
        torsh_set_print_options(before);
    }
    void set()
    {
        ASSERT_EQ(torsh_set_print_options(now), TORSH_OK);
    }
};

TEST_F(Options, precision_and_sci_mode)
{
    now.precision = 2;
    set();
    EXPECT_EQ(text(tensor({2}, {0.5, 10})), "tensor([ 0.50, 10.00])");
    now.sci_mode = 1;
    set();
    EXPECT_EQ(text(tensor({2}, {1.5, 10})), "tensor([1.50e+00, 1.00e+01])");
    now.sci_mode = 0;
    set();
    EXPECT_EQ(text(tensor({1}, {1e-5})), "tensor([0.00])");
}

TEST_F(Options, threshold_edges_and_columns)
{
    now.threshold = 4;
    now.edgeitems = 1;
    set();
    EXPECT_EQ(text(ramp({6}, 0, TORSH_I64)), "tensor([0,  ..., 5])");
    now = before;
    now.linewidth = 20;
    set();
    EXPECT_EQ(text(ramp({6}, 0, TORSH_I64)), "tensor([0, 1, 2, 3,\n        4, 5])");
}

TEST_F(Options, that_make_no_sense_are_refused)
{
    now.precision = 61;
    EXPECT_EQ(torsh_set_print_options(now), TORSH_ERR_VALUE);
    EXPECT_TRUE(contains(named_failure(), "precision must be within 0 and 60"));
    EXPECT_EQ(torsh_get_print_options().precision, before.precision);
}

TEST(print, fails_cleanly_without_memory)
{
    Tensor t = ramp({2, 3}, 0, TORSH_F64);
    for (int n = 0; n < 20; n++) {
        torsh__fail_allocation_after(n);
        char *s = torsh_tensor_to_string(t.get());
        torsh__fail_allocation_after(-1);
        EXPECT_EQ(named_failure().empty(), s != nullptr) << "allocation " << n;
        torsh_free(s);
    }
    EXPECT_EQ(torsh_tensor_to_string(nullptr), nullptr);
    EXPECT_EQ(named_failure(), "NULL: tensor_to_string: the tensor is NULL");
}
