// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include "testing.h"

using namespace std::string_literals;

static const std::string none = "\x80\x02N."; // a pickle of None

// The file with other bytes at a place, counted from the end if negative.
static std::string patched(std::string file, long at, const std::string &bytes)
{
    size_t place = at < 0 ? file.size() - (size_t)-at : (size_t)at;
    return file.replace(place, bytes.size(), bytes);
}

// One tensor of n bytes.
static std::string bytes_pickle(int n)
{
    std::string s =
        "\x80\2ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nByteStorage\nX\1\0\0\0"s;
    s += "0X\3\0\0\0cpuJ"s + std::string((const char *)&n, 4) + "tQK\0J"s + std::string((const char *)&n, 4);
    return s + "\x85K\1\x85\x89NtR.";
}

TEST(Zip, stored_and_deflated_entries_are_read)
{
    for (bool deflated : {false, true}) {
        EXPECT_TRUE(load(zip({{"x/data.pkl", none, deflated}, {"x/version", "3\n", deflated}})));
        EXPECT_TRUE(load(zip({{"data.pkl", none, deflated}}))) << "without a folder";
    }
}

TEST(Zip, archives_of_other_programs_say_what_is_missing)
{
    EXPECT_EQ(load_error(zip({{"x/other", "1"}})),
              "buffer: is a zip archive, but not one of torch.save: it has no data.pkl");
    EXPECT_EQ(load_error(zip({{"x/constants.pkl", ""}, {"x/data.pkl", none}})),
              "buffer: is a TorchScript archive; only what torch.save wrote is loaded");
    EXPECT_EQ(load_error(zip({{"x/data.pkl", none}, {"x/byteorder", "big"}})),
              "buffer: was written on a big-endian machine; load it in PyTorch and save it again");
    EXPECT_EQ(load_error(zip({{"x/data.pkl", none}, {"x/version", "11\n"}})),
              "buffer: says that it is of version '11'; versions 1 to 10 are read");
    EXPECT_NE(load_error(zip({{"x/data.pkl", none}, {"x/version", std::string(100, '1')}})), "it was loaded");
    EXPECT_NE(load_error(zip({{"y/data.pkl", none}, {"x/data.pkl", none}})), "")
        << "the first entry's folder counts";
    EXPECT_EQ(load_error(zip({})), "buffer: is a zip archive without entries");
}

TEST(Zip, two_entries_of_one_name_are_refused)
{
    EXPECT_NE(load_error(zip({{"x/data.pkl", none}, {"x/a", "1"}, {"x/data.pkl", none}}))
                  .find("zip entry 'x/data.pkl' stands twice"),
              std::string::npos);
}

TEST(Zip, a_wrong_checksum_is_reported_with_entry_and_place)
{
    std::string file = zip({{"x/data.pkl", none}});
    size_t at = file.find(none);
    EXPECT_EQ(load_error(patched(file, (long)at + 2, "}")),
              "buffer: byte 40: zip entry 'x/data.pkl' is damaged: its checksum does not match");
    file = zip({{"x/data.pkl", none + std::string(1000, 'x'), true}});
    EXPECT_NE(load_error(patched(file, 45, "\xff\xff")).find("zip entry 'x/data.pkl' is damaged"),
              std::string::npos);
}

TEST(Zip, the_directory_is_believed_only_within_the_file)
{
    std::string file = zip({{"x/data.pkl", none}});
    const std::string big = "\xf0\xff\xff\x7f";
    EXPECT_NE(load_error(patched(file, -12, "\xff\xff")).find("says that the zip directory has"),
              std::string::npos);
    EXPECT_NE(load_error(patched(file, -10, big)).find("says that the zip directory has"), std::string::npos);
    EXPECT_NE(load_error(patched(file, -6, big)).find("says that the zip directory has"), std::string::npos);
    EXPECT_NE(load_error(patched(file, -6, "\1")).find("here should be entry 0"), std::string::npos);
    EXPECT_NE(load_error(patched(file, -18, "\1")).find("one part of a zip archive in several"),
              std::string::npos);
    long entry = (long)file.find("PK\1\2");
    auto error = [&](long at, const std::string &bytes) {
        return load_error(patched(file, entry + at, bytes));
    };
    EXPECT_NE(error(8, "\1").find("is encrypted"), std::string::npos);
    EXPECT_NE(error(10, "\1").find("neither stored nor deflated"), std::string::npos);
    EXPECT_NE(error(10, "\x08").find("another header than the zip directory says"), std::string::npos);
    EXPECT_NE(error(20, big).find("reaches beyond the zip directory's start"), std::string::npos);
    EXPECT_NE(error(24, big).find("is stored, but has two sizes"), std::string::npos);
    EXPECT_NE(error(42, big).find("reaches beyond the zip directory's start"), std::string::npos);
    EXPECT_NE(error(28, "\xff\xff").find("here should be entry 0"), std::string::npos);
    EXPECT_NE(error(30, "\xff\xff").find("here should be entry 0"), std::string::npos);
    EXPECT_NE(error(46, "y").find("another header than the zip directory says"), std::string::npos);
}

TEST(Zip, a_deflated_entry_cannot_claim_more_than_its_data_can_be)
{
    std::string file = zip({{"x/data.pkl", none, true}});
    long entry = (long)file.find("PK\1\2");
    EXPECT_NE(load_error(patched(file, entry + 24, "\xf0\xff\xff\x7f"))
                  .find("claims to be larger than its data can be"),
              std::string::npos);
    EXPECT_NE(load_error(patched(file, entry + 24, "\5\0\0\0"s)).find("does not match"), std::string::npos);
    EXPECT_NE(load_error(patched(file, entry + 24, "\3\0\0\0"s)).find("cannot be inflated"),
              std::string::npos);
}

TEST(Zip, entries_that_lie_on_each_other_are_refused)
{
    std::string file =
        zip({{"x/data.pkl", none}, {"x/a", std::string(1000, 'a')}, {"x/b", std::string(1000, 'b')}});
    size_t a = file.find("PK\1\2", file.find("PK\1\2") + 1);
    // a claims b's place too: together they are longer than the file
    std::string longer = patched(patched(file, (long)a + 20, "\x6c\7\0\0"s), (long)a + 24, "\x6c\7\0\0"s);
    EXPECT_NE(load_error(longer).find("lies where other entries are"), std::string::npos);
}

TEST(Zip, trailing_bytes_and_comments)
{
    std::string file = zip({{"x/data.pkl", none}});
    EXPECT_NE(load_error(file + "x").find("without a zip directory"), std::string::npos);
    EXPECT_TRUE(load(patched(file, -2, "\3\0"s) + "abc")) << "a comment";
}

TEST(Zip, ours_is_zip64_and_its_two_ends_must_agree)
{
    std::string file = save(checkpoint());
    long end = -22, locator = end - 20, record = locator - 56;
    EXPECT_EQ(file.substr(file.size() + (size_t)record, 4), "PK\6\6");
    EXPECT_TRUE(load(file));
    EXPECT_NE(load_error(patched(file, end + 10, "\1")).find("contradict each other"), std::string::npos);
    EXPECT_NE(load_error(patched(file, record + 48, "\1")).find("contradict each other"), std::string::npos);
    EXPECT_NE(load_error(patched(file, record, "x")).find("here should be the end of the zip directory"),
              std::string::npos);
    EXPECT_NE(load_error(patched(file, locator + 15, "\x7f")).find("end of the zip directory is said to be"),
              std::string::npos);
    // the fields that are too narrow are taken from the record
    std::string narrow = patched(patched(file, end + 16, "\xff\xff\xff\xff"), end + 10, "\xff\xff");
    EXPECT_TRUE(load(narrow));
}

TEST(Zip, data_of_ours_starts_at_multiples_of_64)
{
    std::string file = save(checkpoint());
    int n = 0;
    for (size_t at = file.find("PK\3\4"); at != std::string::npos; at = file.find("PK\3\4", at + 1), n++) {
        size_t name = (uint8_t)file[at + 26], extra = (uint8_t)file[at + 28];
        EXPECT_EQ((at + 30 + name + extra) % 64, 0u);
    }
    EXPECT_EQ(n, 10);
}

TEST(Zip, zeros_that_deflate_well_are_no_bomb)
{
    const int n = 5 << 20;
    Value v = load(zip({{"x/data.pkl", bytes_pickle(n)}, {"x/data/0", std::string(n - 1, 0) + "\7", true}}));
    ASSERT_TRUE(v);
    EXPECT_EQ(((const uint8_t *)torsh_tensor_data_ptr(torsh_value_tensor(v.get())))[n - 1], 7);
}
