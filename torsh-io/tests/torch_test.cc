// SPDX-License-Identifier: MIT OR Apache-2.0
// Files of torch.save: what comes back, and what a pickle may not do.
#include <gtest/gtest.h>

#include <array>

#include <torsh/impl/tensor.h>

#include "testing.h"

using namespace std::string_literals;

static std::string pickle_error(const std::string &pickle, const std::vector<std::string> &storages = {})
{
    return load_error(torch_file(pickle, storages));
}

static std::string repeat(const std::string &s, int n)
{
    std::string out;
    for (int i = 0; i < n; i++)
        out += s;
    return out;
}

// ('storage', torch.<type>, '<key>', 'cpu', n) as a storage
static std::string storage(const std::string &type, char key, int n)
{
    return "(X\7\0\0\0storagec"s + "torch\n" + type + "\nX\1\0\0\0"s + key + "X\3\0\0\0cpuK"s + (char)n +
           "tQ";
}

// _rebuild_tensor_v2 of that storage, offset, and one dimension
static std::string tensor(const std::string &storage, const std::string &offset, const std::string &shape,
                          const std::string &strides)
{
    return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + shape + strides + "\x89" +
           "ccollections\nOrderedDict\n)RtR";
}

TEST(Torch, every_kind_of_value_comes_back)
{
    Value v = load(save(checkpoint()));
    ASSERT_TRUE(v);
    EXPECT_EQ(torsh_value_class(v.get()), TORSH_CLASS_PLAIN);
    const torsh_value_t *list = torsh_value_get(v.get(), "list"), *tuple = torsh_value_get(v.get(), "tuple");
    EXPECT_EQ(torsh_value_int(torsh_value_item(list, 4)), INT64_MIN);
    EXPECT_EQ(torsh_value_int(torsh_value_item(list, 3)), -1);
    EXPECT_EQ(torsh_value_float(torsh_value_item(tuple, 0)), 0.5);
    EXPECT_EQ(torsh_value_item(tuple, 1), list) << "one list in two places";
    EXPECT_EQ(torsh_value_class(torsh_value_get(v.get(), "size")), TORSH_CLASS_SIZE);
    EXPECT_EQ(torsh_value_kind(torsh_value_get(v.get(), "none")), TORSH_VALUE_NONE);
    EXPECT_TRUE(torsh_value_bool(torsh_value_get(v.get(), "bool")));
    size_t bytes;
    EXPECT_EQ(std::string(torsh_value_string(torsh_value_get(v.get(), "text"), &bytes), 4), "a\0\xc3\xa9"s);
    EXPECT_EQ(bytes, 4u);
    EXPECT_EQ(std::string(torsh_value_string(torsh_value_get(v.get(), "bytes"), &bytes), 3), "\0\x7f\xff"s);
    double real, imag;
    torsh_value_complex(torsh_value_get(v.get(), "complex"), &real, &imag);
    EXPECT_TRUE(real == 1 && imag == -2);
    EXPECT_EQ(torsh_value_dtype(torsh_value_get(v.get(), "dtype")), TORSH_BF16);
    EXPECT_EQ(torsh_value_device(torsh_value_get(v.get(), "device")).index, 1);
    const torsh_value_t *p = torsh_value_get(v.get(), "parameter");
    EXPECT_TRUE(torsh_value_is_parameter(p) && torsh_value_requires_grad(p));
    EXPECT_EQ(data(torsh_value_tensor(p))[2], 3);
    State s(torsh_state_from_value(torsh_value_get(v.get(), "state"), nullptr));
    EXPECT_EQ(data(torsh_state_get(s.get(), "fc.weight"))[5], 6);
    EXPECT_EQ(torsh_tensor_shape(torsh_state_get(s.get(), "empty"))[1], 4);
    EXPECT_EQ(torsh_tensor_ndim(torsh_state_get(s.get(), "scalar")), 0);
    EXPECT_EQ(torsh_value_class(torsh_value_item(v.get(), 12)), TORSH_CLASS_COUNTER);
}

TEST(Torch, equal_values_make_equal_files)
{
    EXPECT_EQ(save(checkpoint()), save(checkpoint()));
    EXPECT_EQ(save(load(save(checkpoint()))), save(checkpoint()));
}

TEST(Torch, views_of_one_storage_come_back_as_views_of_one_storage)
{
    Tensor base = floats({4, 3});
    const int64_t shape[] = {3, 2}, strides[] = {1, 6};
    torsh_tensor_t *view;
    ASSERT_EQ(torsh__tensor_alias(base.get(), 2, shape, strides, 3, &view), TORSH_OK);
    State s(torsh_state_new());
    torsh_state_set(s.get(), "base", base.get());
    torsh_state_set(s.get(), "view", view);
    torsh_tensor_free(view);
    Value v = load(save(Value(torsh_value_retain(torsh_state_value(s.get())))));
    s.reset(torsh_state_from_value(v.get(), nullptr));
    view = torsh_state_get(s.get(), "view");
    EXPECT_EQ(torsh_tensor_storage(view), torsh_tensor_storage(torsh_state_get(s.get(), "base")));
    EXPECT_EQ(torsh_tensor_storage_offset(view), 3);
    EXPECT_EQ(torsh_tensor_strides(view)[1], 6);
    EXPECT_EQ(data(view)[6], 10);
}

TEST(Torch, one_storage_of_two_dtypes_is_refused_as_in_torch)
{
    Tensor base = floats({4});
    const int64_t n = 4, stride = 1;
    torsh_tensor_t *view;
    ASSERT_EQ(torsh__tensor_alias(base.get(), 1, &n, &stride, 0, &view), TORSH_OK);
    view->dtype = TORSH_I32;
    State s(torsh_state_new());
    torsh_state_set(s.get(), "a", base.get());
    torsh_state_set(s.get(), "b", view);
    torsh_tensor_free(view);
    torsh_error_t *error = nullptr;
    void *data;
    size_t bytes;
    EXPECT_EQ(torsh_save_buffer(s.get(), &data, &bytes, &error), TORSH_ERR_VALUE);
    EXPECT_NE(take_message(error).find("view the same data as different types: float32 and int32"),
              std::string::npos);
}

TEST(Torch, a_file_that_holds_more_than_tensors_says_so)
{
    std::string bytes = save(checkpoint());
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_load_buffer(bytes.data(), bytes.size(), &error), nullptr);
    EXPECT_EQ(torsh_error_status(error), TORSH_ERR_TYPE);
    EXPECT_EQ(take_message(error), "buffer: holds a dict under 'state', where a tensor is asked for");
}

TEST(Torch, an_earlier_error_stays_and_ours_goes_where_it_is_wanted)
{
    torsh__fail(TORSH_ERR_INDEX, "earlier");
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_value_load_buffer("x", 1, &error), nullptr);
    EXPECT_EQ(torsh_error_status(error), TORSH_ERR_IO);
    EXPECT_EQ(torsh_value_load_buffer("x", 1, &error), nullptr) << "does nothing: *error holds one already";
    torsh_error_free(error);
    EXPECT_EQ(torsh_value_load_buffer("x", 1, nullptr), nullptr);
    EXPECT_STREQ(torsh_error_message(torsh_last_error()), "earlier");
    torsh_clear_error();
}

TEST(Torch, a_whole_tensor_by_hand)
{
    std::string four((const char *)(const float[]){1, 2, 3, 4}, 16);
    Value v =
        load(torch_file(tensor(storage("FloatStorage", '0', 4), "K\1", "K\2\x85", "K\2\x85") + ".", {four}));
    ASSERT_TRUE(v);
    EXPECT_EQ(data(torsh_value_tensor(v.get()))[0], 2);
    EXPECT_EQ(data(torsh_value_tensor(v.get()))[2], 4);
    EXPECT_EQ(torsh_tensor_numel(torsh_value_tensor(v.get())), 2);
}

TEST(Pickle, other_names_are_refused_where_they_stand)
{
    EXPECT_EQ(pickle_error("cos\nsystem\nX\2\0\0\0ls\x85R."s),
              "buffer: archive/data.pkl: holds a `os.system` at byte 2; only data is loaded");
    EXPECT_EQ(pickle_error("N\x8c\2os\x8c\6system\x93."),
              "buffer: archive/data.pkl: holds a `os.system` at byte 15; only data is loaded");
    EXPECT_EQ(pickle_error("cos\n\n."),
              "buffer: archive/data.pkl: holds a `os.` at byte 2; only data is loaded");
    EXPECT_EQ(pickle_error("c\xff\n\x1b[2J\n."),
              "buffer: archive/data.pkl: holds a `\\xff.\\x1b[2J` at byte 2; only data is loaded");
    for (const char *module : {"torch", "torch._utils", "collections", "builtins", ""})
        EXPECT_NE(pickle_error("c" + std::string(module) + "\nexec\n.").find("only data is loaded"),
                  std::string::npos);
}

TEST(Pickle, only_known_calls_are_made)
{
    for (const char *name : {"torch\nFloatStorage\n", "torch.storage\nUntypedStorage\n"})
        EXPECT_NE(pickle_error("c" + std::string(name) + ")R.").find("byte"), std::string::npos) << name;
    EXPECT_NE(pickle_error("ctorch\nfloat32\n)R.").find("calls a dtype with a tuple"), std::string::npos);
    EXPECT_NE(pickle_error("X\1\0\0\0a)R."s).find("calls a string with a tuple"), std::string::npos);
    EXPECT_NE(pickle_error("ccollections\nOrderedDict\nNR.").find("calls a name with None"),
              std::string::npos);
    for (const char *op : {"i", "o", "\x81", "\x92", "P", "I1\n", "0", "2", "\x98", "\xff", "S'a'\n"})
        EXPECT_NE(pickle_error(op).find("torch.save does not write that"), std::string::npos) << op;
}

TEST(Pickle, wrong_arguments_are_refused)
{
    const char *dict = "ccollections\nOrderedDict\n", *size = "ctorch\nSize\n", *device = "ctorch\ndevice\n",
               *encode = "c_codecs\nencode\n", *complex = "cbuiltins\ncomplex\n",
               *v2 = "ctorch._utils\n_rebuild_tensor_v2\n",
               *parameter = "ctorch._utils\n_rebuild_parameter\n", *counter = "ccollections\nCounter\n";
    for (std::string function : {dict, size, device, encode, complex, v2, parameter, counter})
        for (std::string args : {"(t", "N\x85", "(NNt", "K\1\x85", "(K\1K\2K\3t", "(NNNNNNt", "(NNNNNNNt",
                                 "](t\x85", "X\3\0\0\0foo\x85", "X\2\0\0\0\xc4\x80X\6\0\0\0latin1\x86"}) {
            std::string error = pickle_error(function + args + "R.");
            bool fine = (function == dict && args == "(t") || (function == counter && args == "(t");
            EXPECT_TRUE(fine ? error == "it was loaded" : error.find("byte ") != std::string::npos)
                << function << error;
        }
}

TEST(Pickle, what_is_not_on_the_stack_is_not_taken)
{
    for (std::string p : std::vector<std::string>{
             ".",     "R",    "Q",     "b",     "a",      "s",       "e",      "u",
             "t",     "\x85", "\x86",  "\x87",  "q\0"s,   "\x94",    "h\0"s,   "j\0\0\0\0"s,
             "\x93",  "]a.",  "}Ns.",  "N(R",   "]N(Na.", "N(\x85.", "(N.",    "]q\0(h\0."s,
             "}(Nu.", "NNa.", "NNNs.", "(NNe.", "](e",    "(]N.",    "h\xff.", "Nq\xff.h\xff."})
        EXPECT_EQ(load(torch_file(p)), nullptr) << p;
}

TEST(Pickle, a_cut_off_pickle_says_where)
{
    EXPECT_EQ(pickle_error(""),
              "buffer: archive/data.pkl: byte 2: is truncated: 1 bytes should follow, and it ends at byte 2");
    EXPECT_EQ(pickle_error("NX\xff\xff\xff\xff"), "buffer: archive/data.pkl: byte 3: is truncated: "
                                                  "4294967295 bytes should follow, and it ends at byte 8");
    EXPECT_EQ(pickle_error("N\x8d\xff\xff\xff\xff\xff\xff\xff\xff"),
              "buffer: archive/data.pkl: byte 3: is truncated: 18446744073709551615 bytes should follow, and "
              "it ends at byte 12");
    EXPECT_NE(pickle_error("cos").find("a line should follow"), std::string::npos);
    EXPECT_NE(pickle_error("\x8b\xff\xff\xff\x7f").find("is truncated"), std::string::npos);
}

TEST(Pickle, numbers_beyond_64_bits_and_bad_text_are_refused)
{
    EXPECT_NE(pickle_error("\x8a\x09\0\0\0\0\0\0\0\0\1."s).find("an int of 9 bytes"), std::string::npos);
    EXPECT_NE(pickle_error("X\1\0\0\0\xff."s).find("not UTF-8"), std::string::npos);
    EXPECT_NE(pickle_error("X\3\0\0\0\xed\xa0\x80."s).find("not UTF-8"), std::string::npos);
    EXPECT_NE(pickle_error("\x80\x06.").find("protocol 6"), std::string::npos);
}

TEST(Pickle, the_memo_takes_no_more_memory_than_the_file_justifies)
{
    EXPECT_NE(pickle_error("Nr\xff\xff\xff\xff.").find("uses place 4294967295 of the memo"),
              std::string::npos);
}

TEST(Pickle, cycles_and_depth_are_refused_without_recursion)
{
    EXPECT_EQ(pickle_error("]q\0h\0a."s), "buffer: archive/data.pkl: holds a list that contains itself");
    EXPECT_EQ(pickle_error("}q\0Nh\0\x85s."s), "buffer: archive/data.pkl: holds a dict that contains itself");
    EXPECT_EQ(pickle_error("ccollections\nOrderedDict\n)Rq\0}Nh\0sb."s),
              "buffer: archive/data.pkl: holds a dict that contains itself");
    EXPECT_NE(pickle_error("ccollections\nOrderedDict\n)Rq\0h\0b."s).find("only an OrderedDict"),
              std::string::npos);
    EXPECT_NE(pickle_error(repeat("]", 100000) + repeat("a", 99999) + ".").find("more than 1000 deep"),
              std::string::npos);
    EXPECT_NE(pickle_error(")" + repeat("\x85", 2000000) + ".").find("more than 1000 deep"),
              std::string::npos);
    EXPECT_NE(pickle_error(repeat("(", 2000000) + repeat("t", 2000000) + ".").find("more than 1000 deep"),
              std::string::npos);
    EXPECT_EQ(pickle_error(repeat("]", 1000) + repeat("a", 999) + "."), "it was loaded");
}

TEST(Pickle, a_cycle_beside_the_result_is_not_leaked)
{
    // the list that holds itself is replaced under its key
    std::string beside = torch_file("}(K\1]q\0h\0aK\1Nu."s), inside = torch_file("]q\0h\0a."s);
    EXPECT_TRUE(load(beside));
    EXPECT_TRUE(keeps_nothing([&] { load(beside); }));
    EXPECT_TRUE(keeps_nothing([&] { load(inside); }));
}

TEST(Pickle, a_value_doubled_again_and_again_stays_small)
{
    std::string p = "N\x85"; // (None,), then twice itself 250 times
    for (int i = 0; i < 250; i++)
        p += "\x94h" + std::string(1, (char)i) + "\x86";
    Value v = load(torch_file(p + "."));
    ASSERT_TRUE(v);
    EXPECT_EQ(torsh_value_item(v.get(), 0), torsh_value_item(v.get(), 1));
    EXPECT_LT(save(v).size(), 5000u);
}

TEST(Pickle, deflated_values_take_no_more_memory_than_the_file_justifies)
{
    std::string bomb = "\x80\x02]" + std::string("(") + std::string(50 << 20, 'N') + "e.";
    std::string error = load_error(zip({{"a/data.pkl", bomb, true}}));
    EXPECT_NE(error.find("holds more values than a file of its length should"), std::string::npos) << error;
}

TEST(Tensors, all_elements_lie_in_the_storage)
{
    std::string sixteen(16, 1), max = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"; // INT64_MAX
    std::string s = storage("FloatStorage", '0', 4);
    auto error = [&](const std::string &offset, const std::string &shape, const std::string &strides) {
        return pickle_error(tensor(s, offset, shape, strides) + ".", {sixteen});
    };
    EXPECT_EQ(error("K\0"s, "K\4\x85", "K\1\x85"), "it was loaded");
    EXPECT_EQ(error("K\4", "K\0\x85"s, "K\1\x85"), "it was loaded");
    EXPECT_EQ(error("K\0"s, max + "\x85", "K\0\x85"s), "it was loaded") << "broadcast";
    const std::string beyond = "reaches beyond its storage of 4 elements";
    for (auto [offset, shape, strides] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"K\1", "K\4\x85", "K\1\x85"},
             {"K\0"s, "K\5\x85", "K\1\x85"},
             {"K\0"s, "K\2\x85", "K\4\x85"},
             {"K\4", ")", ")"},
             {max, ")", ")"},
             {"K\5", "K\0\x85"s, "K\1\x85"},
             {"K\0"s, max + "\x85", "K\1\x85"},
             {"K\0"s, "K\2\x85", max + "\x85"},
             {"K\1", "K\2\x85", max + "\x85"},
             {"K\0"s, max + max + "\x86", "K\0K\0\x86"s},
             {"K\0"s, max + max + "K\0\x87"s, "K\0K\0K\0\x87"s},
             {"K\0"s, "J\xff\xff\xff\xff\x85", "K\1\x85"},
             {"K\0"s, "K\2\x85", "J\xff\xff\xff\xff\x85"},
             {"K\0"s, "N\x85", "K\1\x85"}})
        EXPECT_NE(error(offset, shape, strides).find(beyond), std::string::npos)
            << error(offset, shape, strides);
    EXPECT_NE(error("J\xff\xff\xff\xff", ")", ")").find("offset, sizes or strides"), std::string::npos);
    EXPECT_NE(error("K\0"s, "K\1\x85", ")").find("offset, sizes or strides"), std::string::npos);
    std::string many = "(" + repeat("K\1", 65) + "t";
    EXPECT_NE(error("K\0"s, many, many).find("65 dimensions"), std::string::npos);
}

TEST(Tensors, a_storage_is_as_the_archive_has_it)
{
    auto error = [&](const std::string &s, size_t bytes) {
        return pickle_error(tensor(s, "K\0"s, ")", ")") + ".", {std::string(bytes, 1)});
    };
    EXPECT_EQ(error(storage("FloatStorage", '0', 4), 16), "it was loaded");
    EXPECT_NE(
        error(storage("FloatStorage", '0', 4), 15).find("storage '0' has 16 bytes, and the archive has 15"),
        std::string::npos);
    EXPECT_NE(error(storage("FloatStorage", '0', 4), 32).find("has 16 bytes, and the archive has 32"),
              std::string::npos);
    EXPECT_NE(error(storage("FloatStorage", '1', 4), 16).find("storage '1', which the archive does not have"),
              std::string::npos);
    EXPECT_NE(error("N", 16).find("of None instead of a storage"), std::string::npos);
    EXPECT_NE(pickle_error("NQ.").find("no storage"), std::string::npos);
    EXPECT_NE(pickle_error(storage("float32", '0', 4) + ".", {std::string(16, 1)}).find("no storage"),
              std::string::npos);
    EXPECT_NE(pickle_error(storage("FloatStorage", '0', 4) + ".", {std::string(16, 1)})
                  .find("holds a storage as a value"),
              std::string::npos);
    EXPECT_NE(pickle_error("(" + storage("FloatStorage", '0', 4) + storage("IntStorage", '0', 4) + "t.",
                           {std::string(16, 1)})
                  .find("describes storage '0' in two ways"),
              std::string::npos);
}
