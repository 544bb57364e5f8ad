// SPDX-License-Identifier: MIT OR Apache-2.0
// Files that lost their end or had bytes changed: an error or the same value, whatever the place.
#include <gtest/gtest.h>

#include <cstdio>

#include "testing.h"

using namespace std::string_literals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static std::string fuzz(const std::string &bytes)
{
    // a copy of exactly that length: a sanitizer sees a read beyond it
    std::unique_ptr<char[]> copy(new char[bytes.size()]);
    memcpy(copy.get(), bytes.data(), bytes.size());
    LLVMFuzzerTestOneInput((const uint8_t *)copy.get(), bytes.size());
    return load_error(bytes);
}

static std::string deflated()
{
    // _rebuild_tensor_v2 of 3 floats, deflated like everything else
    std::string pickle =
        "\x80\x02"
        "}X\1\0\0\0tctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"s;
    pickle += "0X\3\0\0\0cpuK\3tQK\0K\3\x85K\1\x85\x89NtRs."s;
    return zip(
        {{"a/data.pkl", pickle, true}, {"a/data/0", std::string(12, 'x'), true}, {"a/version", "3\n", true}});
}

static std::vector<std::pair<std::string, std::string>> samples()
{
    State s = small_state();
    return {{"torch", save(checkpoint())},
            {"state", save(Value(torsh_value_retain(torsh_state_value(s.get()))))},
            {"deflated", deflated()},
            {"safetensors", save_safetensors(s)}};
}

TEST(Damage, samples_are_whole)
{
    for (auto &[name, bytes] : samples())
        EXPECT_EQ(fuzz(bytes), "it was loaded") << name;
}

TEST(Damage, a_file_cut_off_anywhere_is_an_error_that_says_so)
{
    for (auto &[name, bytes] : samples())
        for (size_t n = 0; n < bytes.size(); n++) {
            std::string error = fuzz(bytes.substr(0, n));
            ASSERT_NE(error, "it was loaded") << name << " at " << n;
            ASSERT_EQ(error.substr(0, 8), "buffer: ");
            ASSERT_TRUE(n < 16 || error.find("is truncated") != std::string::npos)
                << name << " at " << n << ": " << error;
        }
}

// Every byte changed to a few others. What checksums cover may not go unnoticed.
TEST(Damage, a_changed_byte_anywhere_is_an_error_or_changes_nothing)
{
    for (auto &[name, bytes] : samples()) {
        if (name == "safetensors") // has no checksum
            continue;
        std::string same = save(load(bytes));
        for (size_t at = 0; at < bytes.size(); at++)
            for (int change : {0x01, 0x80, 0xff, 0x20}) {
                std::string damaged = bytes;
                damaged[at] = (char)(damaged[at] ^ change);
                ASSERT_TRUE(fuzz(damaged) != "it was loaded" || save(load(damaged)) == same)
                    << name << " at " << at;
            }
    }
}

TEST(Damage, a_changed_safetensors_file_does_no_harm)
{
    std::string bytes = samples()[3].second;
    for (size_t at = 0; at < bytes.size(); at++)
        for (int to = 0; to < 256; to++) {
            std::string damaged = bytes;
            damaged[at] = (char)to;
            fuzz(damaged);
        }
}

// The pickle changed, and its checksum right: only the pickle's own checks are left.
TEST(Damage, a_changed_pickle_does_no_harm)
{
    std::string file = samples()[0].second;
    size_t at = file.find("\x80\x02}"), end = file.find("PK\7\b");
    for (size_t i = at + 2; i < end; i++)
        for (int to = 0; to < 256; to += i % 11 ? 15 : 1) {
            std::string damaged = file.substr(at, end - at);
            damaged[i - at] = (char)to;
            LLVMFuzzerTestOneInput((const uint8_t *)damaged.data(), damaged.size());
        }
}

TEST(Damage, an_allocation_that_fails_anywhere_is_an_error_and_no_leak)
{
    for (auto &[name, bytes] : samples()) {
        int64_t n = 0;
        for (bool loaded = false; !loaded; n++) {
            torsh_status_t status;
            auto one = [&, &bytes = bytes] {
                torsh__fail_allocation_after(n);
                Value v = load(bytes, nullptr, &status);
                torsh__fail_allocation_after(-1);
                return v != nullptr;
            };
            loaded = one();
            ASSERT_EQ(status, loaded ? TORSH_OK : TORSH_ERR_MEMORY) << name << " " << n;
            ASSERT_TRUE(n % 16 || keeps_nothing(one));
        }
        EXPECT_GT(n, 5);
    }
}

template <class F> static void fail_each_allocation(F save)
{
    bool saved = false;
    for (int64_t n = 0; !saved; n++) {
        void *data = nullptr;
        size_t bytes = 0;
        torsh_error_t *error = nullptr;
        torsh__fail_allocation_after(n);
        torsh_status_t status = save(&data, &bytes, &error);
        torsh__fail_allocation_after(-1);
        saved = status == TORSH_OK;
        ASSERT_EQ(status, saved ? TORSH_OK : TORSH_ERR_MEMORY);
        ASSERT_EQ(torsh_error_status(error), status);
        ASSERT_EQ(data != nullptr, saved);
        torsh_error_free(error);
        torsh_free(data);
    }
}

TEST(Damage, an_allocation_that_fails_while_writing_is_an_error_and_no_leak)
{
    Value v = checkpoint();
    State s = small_state();
    auto torch = [&](void **d, size_t *n, torsh_error_t **e) {
        return torsh_value_save_buffer(v.get(), d, n, e);
    };
    auto safetensors = [&](void **d, size_t *n, torsh_error_t **e) {
        return torsh_save_safetensors_buffer(s.get(), d, n, e);
    };
    fail_each_allocation(torch);
    fail_each_allocation(safetensors);
    EXPECT_TRUE(keeps_nothing([&] { fail_each_allocation(safetensors); }));
}
