// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include <torsh/impl/core.h>

struct Named {
    std::string key, name;
    torsh_dtype_t dtype;
    int bytes;
};

static const std::vector<Named> &dtypes()
{
    static const std::vector<Named> list = {
#define X(name, value, bytes, text) {#name, text, TORSH_##name, bytes},
        TORSH_DTYPE_LIST(X)
#undef X
    };
    return list;
}

static std::string key_of(torsh_dtype_t dtype)
{
    for (const Named &d : dtypes())
        if (d.dtype == dtype)
            return d.key;
    return "-";
}

// torch.promote_types of PyTorch 2.13 for every pair, columns in the order of the rows; "-": PyTorch refuses.
static const struct {
    const char *row, *columns;
} pytorch[] = {
    {"U8", "U8 I16 I16 I32 I64 F16 F32 F64 C64 C128 U8 BF16 - - -"},
    {"I8", "I16 I8 I16 I32 I64 F16 F32 F64 C64 C128 I8 BF16 - - -"},
    {"I16", "I16 I16 I16 I32 I64 F16 F32 F64 C64 C128 I16 BF16 - - -"},
    {"I32", "I32 I32 I32 I32 I64 F16 F32 F64 C64 C128 I32 BF16 - - -"},
    {"I64", "I64 I64 I64 I64 I64 F16 F32 F64 C64 C128 I64 BF16 - - -"},
    {"F16", "F16 F16 F16 F16 F16 F16 F32 F64 C64 C128 F16 F32 F16 F16 F16"},
    {"F32", "F32 F32 F32 F32 F32 F32 F32 F64 C64 C128 F32 F32 F32 F32 F32"},
    {"F64", "F64 F64 F64 F64 F64 F64 F64 F64 C128 C128 F64 F64 F64 F64 F64"},
    {"C64", "C64 C64 C64 C64 C64 C64 C64 C128 C64 C128 C64 C64 - - -"},
    {"C128", "C128 C128 C128 C128 C128 C128 C128 C128 C128 C128 C128 C128 - - -"},
    {"BOOL", "U8 I8 I16 I32 I64 F16 F32 F64 C64 C128 BOOL BF16 - - -"},
    {"BF16", "BF16 BF16 BF16 BF16 BF16 F32 F32 F64 C64 C128 BF16 BF16 BF16 BF16 BF16"},
    {"U16", "- - - - - F16 F32 F64 - - - BF16 U16 - -"},
    {"U32", "- - - - - F16 F32 F64 - - - BF16 - U32 -"},
    {"U64", "- - - - - F16 F32 F64 - - - BF16 - - U64"},
};

TEST(Dtype, promotion_is_pytorchs_for_every_pair)
{
    int pairs = 0;
    for (size_t i = 0; i < dtypes().size(); i++) {
        ASSERT_EQ(dtypes()[i].key, pytorch[i].row);
        std::istringstream columns(pytorch[i].columns);
        for (const Named &b : dtypes()) {
            std::string expected;
            columns >> expected;
            torsh_dtype_t got = torsh_promote_types(dtypes()[i].dtype, b.dtype);
            EXPECT_EQ(key_of(got), expected) << dtypes()[i].name << " with " << b.name;
            EXPECT_EQ(torsh__has_error(), expected == "-");
            torsh_clear_error();
            pairs++;
        }
    }
    EXPECT_EQ(pairs, 225);
}

TEST(Dtype, a_refused_promotion_speaks_pytorchs_words)
{
    EXPECT_EQ(torsh_promote_types(TORSH_U8, TORSH_U16), TORSH_DTYPE_NONE);
    EXPECT_STREQ(
        torsh_error_message(torsh_last_error()),
        "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote Byte and UInt16");
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_DTYPE);
    torsh_clear_error();
    EXPECT_EQ(torsh_promote_types(TORSH_DTYPE_NONE, TORSH_F32), TORSH_DTYPE_NONE);
    EXPECT_EQ(torsh_promote_types(TORSH_F32, (torsh_dtype_t)8), TORSH_DTYPE_NONE);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_DTYPE);
    torsh_clear_error();
}

TEST(Dtype, names_and_sizes_are_pytorchs)
{
    for (const Named &d : dtypes()) {
        EXPECT_EQ(torsh_dtype_name(d.dtype), d.name);
        EXPECT_EQ(torsh_dtype_bytes(d.dtype), d.bytes);
    }
    EXPECT_STREQ(torsh_dtype_name(TORSH_DTYPE_NONE), "none");
    EXPECT_STREQ(torsh_dtype_name((torsh_dtype_t)8), "invalid");
    for (int v : {-1, 8, 12, 26, 30, 1000})
        EXPECT_EQ(torsh_dtype_bytes((torsh_dtype_t)v), 0);
}

TEST(Dtype, four_dtypes_are_floating)
{
    std::string floating;
    for (const Named &d : dtypes())
        if (torsh_dtype_is_floating(d.dtype))
            floating += d.key + " ";
    EXPECT_EQ(floating, "F16 F32 F64 BF16 ");
}

TEST(Dtype, the_default_is_float32_and_can_be_any_floating_dtype)
{
    EXPECT_EQ(torsh_get_default_dtype(), TORSH_F32);
    EXPECT_EQ(torsh_set_default_dtype(TORSH_F64), TORSH_OK);
    EXPECT_EQ(torsh_get_default_dtype(), TORSH_F64);
    EXPECT_EQ(torsh_set_default_dtype(TORSH_I64), TORSH_ERR_VALUE);
    EXPECT_NE(std::string(torsh_error_message(torsh_last_error())).find("int64"), std::string::npos);
    torsh_clear_error();
    EXPECT_EQ(torsh_get_default_dtype(), TORSH_F64);
    torsh_set_default_dtype(TORSH_F32);
}
