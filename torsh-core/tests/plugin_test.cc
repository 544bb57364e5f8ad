// SPDX-License-Identifier: MIT OR Apache-2.0
// Backends in files of their own: what is looked for where, and what is said about a file that is none.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "dummy_backend.h"

TEST(plugin, a_kind_without_a_file_has_no_devices)
{
    unsetenv("TORSH_BACKEND_PATH");
    EXPECT_EQ(torsh_device_count(TORSH_CUDA), 0);
    EXPECT_EQ(torsh_last_error(), nullptr);
    torsh_device_t device = {TORSH_CUDA, 0};
    EXPECT_EQ(torsh__device_check(&device), TORSH_ERR_DEVICE);
    EXPECT_STREQ(torsh_error_message(torsh_last_error()), "cuda:0: no backend for this device is loaded");
    torsh_clear_error();
}

TEST(plugin, a_file_that_is_no_library_is_named_each_time)
{
    const char *folder = getenv("TEST_TMPDIR") ? getenv("TEST_TMPDIR") : "/tmp";
    std::string path = std::string(folder) + "/libtorsh-backend-vulkan.so";
    FILE *file = fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    fputs("no library", file);
    fclose(file);
    setenv("TORSH_BACKEND_PATH", ("/nowhere::" + std::string(folder)).c_str(), 1);
    for (int i = 0; i < 2; i++) {
        torsh_device_t device = {TORSH_VULKAN, -1};
        EXPECT_EQ(torsh__device_check(&device), TORSH_ERR_DEVICE);
        EXPECT_NE(std::string(torsh_error_message(torsh_last_error())).find(path), std::string::npos);
        torsh_clear_error();
    }
    EXPECT_EQ(torsh_device_count(TORSH_VULKAN), 0);
    remove(path.c_str());
}

TEST(plugin, what_is_asked_about_devices)
{
    static const torsh_backend_t host = dummy::host_backend();
    ASSERT_EQ(torsh__backend_register(&host), TORSH_OK);
    const torsh_device_t cpu = {TORSH_CPU, -1}, meta = {TORSH_META, 0}, second = {TORSH_CPU, 1};
    torsh_device_properties_t properties;
    torsh_device_memory_t memory;
    torsh_device_counters_t counters;
    EXPECT_EQ(torsh_device_count(TORSH_CPU), 1);
    EXPECT_EQ(torsh_device_count(TORSH_META), 1);
    EXPECT_EQ(torsh_device_count(-1), 0);
    EXPECT_EQ(torsh_device_count(TORSH_DEVICE_KINDS), 0);
    EXPECT_EQ(torsh_device_properties(cpu, &properties), TORSH_OK);
    EXPECT_STREQ(properties.name, "dummy");
    EXPECT_EQ(torsh_device_memory(cpu, &memory), TORSH_OK);
    counters.submissions = 1;
    EXPECT_EQ(torsh_device_counters(cpu, &counters), TORSH_OK); // host_backend has none
    EXPECT_EQ(counters.submissions, 0);
    EXPECT_EQ(torsh_device_synchronize(cpu), TORSH_OK);
    EXPECT_EQ(torsh_device_synchronize(meta), TORSH_OK);
    EXPECT_EQ(torsh_last_error(), nullptr);
    EXPECT_EQ(torsh_device_properties(meta, &properties), TORSH_ERR_DEVICE);
    torsh_clear_error();
    EXPECT_EQ(torsh_device_memory(second, &memory), TORSH_ERR_DEVICE);
    torsh_clear_error();
    EXPECT_EQ(torsh_device_counters(cpu, nullptr), TORSH_ERR_NULL);
    torsh_clear_error();
}
