// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "testing.h"

using namespace std::string_literals;

static std::string file(const std::string &header, const std::string &data = "")
{
    uint64_t n = header.size();
    return std::string((const char *)&n, 8) + header + data;
}

static std::string error_of(const std::string &header, const std::string &data = "")
{
    return load_error(file(header, data));
}

#define EXPECT_ERROR(header, data, text)                                                                     \
    EXPECT_NE(error_of(header, data).find(text), std::string::npos) << error_of(header, data)

TEST(Safetensors, a_file_by_hand)
{
    Value v = load(file("{\"__metadata__\":{\"a\":\"b\"},\"t\" : {\"shape\":[2], "
                        "\"data_offsets\":[0,4],\n\"dtype\":\"I16\"}}  ",
                        "\1\0\2\0"s));
    ASSERT_TRUE(v);
    const torsh_tensor_t *t = torsh_value_tensor(torsh_value_get(v.get(), "t"));
    EXPECT_EQ(torsh_tensor_dtype(t), TORSH_I16);
    EXPECT_EQ(((const int16_t *)torsh_tensor_data_ptr(t))[1], 2);
    const torsh_value_t *metadata = torsh_value_get(torsh_value_attributes(v.get()), "__metadata__");
    EXPECT_STREQ(torsh_value_string(torsh_value_get(metadata, "a"), nullptr), "b");
}

TEST(Safetensors, what_is_written_is_read)
{
    State s = small_state();
    for (int i = 0; i < 20; i++)
        torsh_state_set(s.get(), ("name \"\\\n" + std::to_string(i)).c_str(), floats({i}).get());
    Value v = load(save_safetensors(s));
    ASSERT_TRUE(v);
    ASSERT_EQ(torsh_value_n(v.get()), torsh_state_n(s.get()));
    for (int i = 0; i < torsh_state_n(s.get()); i++) {
        EXPECT_STREQ(torsh_value_string(torsh_value_key(v.get(), i), nullptr), torsh_state_name(s.get(), i));
        const torsh_tensor_t *a = torsh_state_tensor(s.get(), i),
                             *b = torsh_value_tensor(torsh_value_item(v.get(), i));
        ASSERT_EQ(torsh_tensor_numel(a), torsh_tensor_numel(b));
        ASSERT_EQ(torsh_tensor_ndim(a), torsh_tensor_ndim(b));
        for (int64_t k = 0; k < torsh_tensor_numel(a); k++)
            EXPECT_EQ(data(a)[k], data(b)[k]);
    }
    EXPECT_EQ(save_safetensors(State(torsh_state_from_value(v.get(), nullptr))), save_safetensors(s));
    Value empty = load(save_safetensors(State(torsh_state_new())));
    EXPECT_EQ(torsh_value_n(empty.get()), 0);
}

TEST(Safetensors, the_data_is_aligned_for_its_dtype)
{
    State s(torsh_state_new());
    const int64_t n = 3;
    for (torsh_dtype_t d : {TORSH_U8, TORSH_F16, TORSH_F64, TORSH_BOOL, TORSH_F32})
        torsh_state_set(s.get(), torsh_dtype_name(d),
                        Tensor(torsh_tensor_from_array("0123456789012345678901234", &n, 1, d)).get());
    std::string bytes = save_safetensors(s);
    uint64_t header;
    memcpy(&header, bytes.data(), 8);
    EXPECT_EQ(header % 8, 0u);
    EXPECT_NE(bytes.find("\"float64\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]}"),
              std::string::npos);
    EXPECT_NE(bytes.find("\"bool\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[45,48]}"),
              std::string::npos);
    EXPECT_LT(bytes.find("uint8"), bytes.find("float16")) << "names in the state's order";
}

TEST(Safetensors, what_cannot_be_written_says_why)
{
    State s(torsh_state_new());
    const int64_t n = 1;
    const double c[2] = {1, 2};
    torsh_state_set(s.get(), "z", Tensor(torsh_tensor_from_array(c, &n, 1, TORSH_C128)).get());
    EXPECT_EQ(save_safetensors(s), "");
    EXPECT_EQ(take_message(torsh_error_take()), "'z' is complex128, which safetensors does not have");
    s.reset(torsh_state_new());
    torsh_state_set(s.get(), "__metadata__", floats({1}).get());
    EXPECT_EQ(save_safetensors(s), "");
    EXPECT_EQ(take_message(torsh_error_take()), "no tensor of a safetensors file can be named __metadata__");
    s.reset(torsh_state_new());
    torsh_value_add_named(torsh_state_value(s.get()), "n", torsh_value_new_int(1));
    EXPECT_EQ(save_safetensors(s), "");
    EXPECT_EQ(take_message(torsh_error_take()), "holds an int under 'n', where a tensor is asked for");
}

TEST(Safetensors, the_header_is_json_strictly)
{
    for (const char *header : {"{",
                               "{}x",
                               "{}{}",
                               "{,}",
                               "{\"a\"}",
                               "{\"a\":}",
                               "{\"a\":1}",
                               "{\"a\":[]}",
                               "{\"a\":null}",
                               "{a:1}",
                               "{'a':1}",
                               "{\"a\":{}}",
                               "{\"a\":{},}",
                               "{\"a\" \"b\"}",
                               "{\"\\x\":{}}",
                               "{\"\\u12\":{}}",
                               "{\"a\n\":{}}",
                               "{\"\\ud800\":{}}",
                               "{\"\\udc00\":{}}",
                               "{\"\\ud800\\u0041\":{}}",
                               "{\"\xff\":{}}",
                               "{\"a",
                               "{}\n"})
        EXPECT_NE(error_of(header).find("byte "), std::string::npos) << header << ": " << error_of(header);
    EXPECT_ERROR("[]", "", "neither");
    EXPECT_TRUE(load(file("{ \t\r\n}   ")));
}

TEST(Safetensors, names_may_be_any_text)
{
    const std::string t = ":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    Value v =
        load(file("{\"\\u00e9\\ud834\\udd1e\\u0000\\/\\b\\f\\n\\r\\t\\\"\\\\\"" + t + ",\"\"" + t + "}"));
    ASSERT_TRUE(v);
    size_t bytes;
    const char *name = torsh_value_string(torsh_value_key(v.get(), 0), &bytes);
    EXPECT_EQ(std::string(name, bytes), "\xc3\xa9\xf0\x9d\x84\x9e\0/\b\f\n\r\t\"\\"s);
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_state_from_value(v.get(), &error), nullptr) << "a C string cannot hold it";
    EXPECT_NE(take_message(error).find("a NUL inside"), std::string::npos);
}

TEST(Safetensors, a_tensor_is_described_once_and_wholly)
{
    const std::string d = "\"dtype\":\"U8\"", s = "\"shape\":[1]", o = "\"data_offsets\":[0,1]";
    EXPECT_EQ(error_of("{\"a\":{" + d + "," + s + "," + o + "}}", "x"), "it was loaded");
    for (const std::string &body :
         {d + "," + s, s + "," + o, d + "," + o, d + "," + s + "," + o + "," + d,
          d + "," + s + "," + o + ",\"x\":1", "\"dtype\":\"F8_E4M3\"," + s + "," + o,
          "\"dtype\":1," + s + "," + o, d + ",\"shape\":[1.0]," + o, d + ",\"shape\":[-1]," + o,
          d + ",\"shape\":[01]," + o, d + ",\"shape\":[1,]," + o, d + ",\"shape\":[1e0]," + o,
          d + ",\"shape\":[9223372036854775808]," + o, d + ",\"shape\":1," + o,
          d + "," + s + ",\"data_offsets\":[0]", d + "," + s + ",\"data_offsets\":[0,1,2]"})
        EXPECT_NE(error_of("{\"a\":{" + body + "}}", "x").find("byte "), std::string::npos) << body;
    std::string once = "\"a\":{" + d + ",\"shape\":[0],\"data_offsets\":[0,0]}";
    EXPECT_ERROR("{" + once + "," + once + "}", "", "a tensor of this name stands here twice");
    EXPECT_ERROR("{\"__metadata__\":{},\"__metadata__\":{}}", "", "__metadata__ stands here twice");
    EXPECT_ERROR("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "", "stands twice in __metadata__");
    EXPECT_ERROR("{\"__metadata__\":{\"a\":1}}", "", "here should be '\"'");
    std::string dims = "1";
    for (int i = 0; i < 64; i++)
        dims += ",1";
    EXPECT_ERROR("{\"a\":{" + d + ",\"shape\":[" + dims + "]," + o + "}}", "x", "more than 64 dimensions");
}

TEST(Safetensors, offsets_cover_the_file_without_gap_or_overlap)
{
    auto t = [](const std::string &name, int n, int begin, int end) {
        return "\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[" + std::to_string(n) + "],\"data_offsets\":[" +
               std::to_string(begin) + "," + std::to_string(end) + "]}";
    };
    EXPECT_EQ(error_of("{" + t("a", 2, 2, 4) + "," + t("z", 0, 2, 2) + "," + t("b", 2, 0, 2) + "}", "xxxx"),
              "it was loaded");
    EXPECT_ERROR("{" + t("a", 2, 0, 2) + "," + t("b", 2, 3, 5) + "}", "xxxxx",
                 "leave a gap or overlap at 2: one starts at 3");
    EXPECT_ERROR("{" + t("a", 2, 0, 2) + "," + t("b", 2, 1, 3) + "}", "xxx",
                 "leave a gap or overlap at 2: one starts at 1");
    EXPECT_ERROR("{" + t("a", 2, 0, 2) + "," + t("b", 2, 0, 2) + "}", "xx", "leave a gap or overlap");
    EXPECT_ERROR("{" + t("a", 2, 1, 3) + "}", "xxx", "leave a gap or overlap at 0");
    EXPECT_ERROR("{" + t("a", 2, 0, 2) + "}", "xxx", "1 bytes follow the last tensor");
    EXPECT_ERROR("{" + t("a", 4, 0, 4) + "}", "xxx",
                 "is truncated: its tensors have 4 bytes, of which 3 are there");
    EXPECT_ERROR("{" + t("a", 3, 0, 4) + "}", "xxxx", "a tensor of 3 bytes has data_offsets [0, 4]");
    EXPECT_ERROR("{" + t("a", 3, 4, 1) + "}", "xxxx", "has data_offsets [4, 1]");
    EXPECT_ERROR("{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904,0,4611686018427387904],\"data_"
                 "offsets\":[0,0]}}",
                 "", "more than 2^63 - 1 bytes");
    EXPECT_ERROR(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],\"data_offsets\":[0,9223372036854775807]}}",
        "", "is truncated");
}

TEST(Safetensors, the_headers_length_is_believed_only_within_the_file)
{
    EXPECT_NE(load_error("\xff\0\0\0\0\0\0\0{}"s).find("its header ends at byte 263, the file at byte 10"),
              std::string::npos);
    EXPECT_NE(load_error("\xff\xff\xff\xff\xff\xff\xff\xff{}"s).find("at most 100000000 are read"),
              std::string::npos);
    EXPECT_NE(load_error("\0\0\0\0\0\0\0\0{}"s).find("here should be '{'"), std::string::npos);
}
