// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include <torsh/impl/core.h>

static std::string name_of(int32_t kind, int32_t index)
{
    char text[24];
    return torsh_device_name(torsh_device_t{kind, index}, text);
}

TEST(Device, names_of_devices_parse)
{
    const struct {
        const char *text;
        int32_t kind, index;
    } cases[] = {{"cpu", TORSH_CPU, -1},    {"cpu:0", TORSH_CPU, 0},      {"cuda", TORSH_CUDA, -1},
                 {"cuda:1", TORSH_CUDA, 1}, {"cuda:10", TORSH_CUDA, 10},  {"vulkan:0", TORSH_VULKAN, 0},
                 {"meta", TORSH_META, -1},  {"cuda:127", TORSH_CUDA, 127}};
    for (auto &c : cases) {
        torsh_device_t device = {9, 9};
        ASSERT_EQ(torsh_device_parse(c.text, &device), TORSH_OK) << c.text;
        EXPECT_EQ(device.kind, c.kind) << c.text;
        EXPECT_EQ(device.index, c.index) << c.text;
    }
}

TEST(Device, what_pytorch_refuses_is_a_value_error_that_shows_the_text)
{
    for (const char *text : {"", "cpu:", "cpu:00", "cuda:01", "cuda:-1", " cpu", "CPU", "cuda:0x", "foo:1",
                             "cuda:1:2", "cuda0", "cuda:128", "cuda:99999999999"}) {
        torsh_device_t device = {9, 9};
        EXPECT_EQ(torsh_device_parse(text, &device), TORSH_ERR_VALUE) << text;
        EXPECT_NE(std::string(torsh_error_message(torsh_last_error())).find(text), std::string::npos);
        EXPECT_EQ(device.kind, 9) << "outputs are untouched on failure";
        torsh_clear_error();
    }
    torsh_device_t device;
    EXPECT_EQ(torsh_device_parse(nullptr, &device), TORSH_ERR_NULL);
    torsh_clear_error();
}

TEST(Device, kinds_without_a_backend_say_that_they_are_not_built)
{
    for (const char *text : {"metal", "mps", "wgpu", "mps:0"}) {
        torsh_device_t device;
        EXPECT_EQ(torsh_device_parse(text, &device), TORSH_ERR_DEVICE) << text;
        EXPECT_EQ(std::string(torsh_error_message(torsh_last_error())).find(text), 0u);
        torsh_clear_error();
    }
}

TEST(Device, names_are_those_that_pytorchs_tensors_show)
{
    EXPECT_EQ(name_of(TORSH_CPU, -1), "cpu");
    EXPECT_EQ(name_of(TORSH_CPU, 0), "cpu");
    EXPECT_EQ(name_of(TORSH_CUDA, 0), "cuda:0");
    EXPECT_EQ(name_of(TORSH_CUDA, -1), "cuda");
    EXPECT_EQ(name_of(TORSH_VULKAN, 3), "vulkan:3");
    EXPECT_EQ(name_of(TORSH_META, 0), "meta");
    EXPECT_EQ(name_of(99, INT32_MAX), "device?:2147483647");
}
