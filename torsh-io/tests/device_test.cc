// SPDX-License-Identifier: MIT OR Apache-2.0
// Tensors whose memory the host does not reach are written all the same, and come back on the CPU.
#include <gtest/gtest.h>

#include <cstdlib>

#include <torsh/impl/tensor.h>

#include "testing.h"

// A device whose handles are no addresses.
namespace far
{
constexpr uintptr_t key = 0x5555;

char *address(const void *handle)
{
    return (char *)((uintptr_t)handle ^ key);
}
torsh_status_t raw_alloc(int32_t, size_t bytes, void **handle)
{
    *handle = address(calloc(1, bytes));
    return TORSH_OK;
}
void raw_free(int32_t, void *handle, size_t)
{
    free(address(handle));
}
torsh_status_t from_host(void *, void *handle, int64_t offset, const void *host, size_t bytes)
{
    memcpy(address(handle) + offset, host, bytes);
    return TORSH_OK;
}
torsh_status_t to_host(void *, void *host, const void *handle, int64_t offset, size_t bytes)
{
    memcpy(host, address(handle) + offset, bytes);
    return TORSH_OK;
}
torsh_status_t copy(void *, void *to, int64_t to_offset, const void *from, int64_t from_offset, size_t bytes)
{
    memcpy(address(to) + to_offset, address(from) + from_offset, bytes);
    return TORSH_OK;
}

torsh_backend_t backend()
{
    torsh_backend_t b = {};
    b.abi = TORSH_BACKEND_ABI;
    b.name = "far";
    b.device_kind = TORSH_VULKAN;
    b.score = 1;
    b.device_count = [] { return (int32_t)1; };
    b.properties = [](int32_t, torsh_device_properties_t *) { return TORSH_OK; };
    b.raw_alloc = raw_alloc;
    b.raw_free = raw_free;
    b.map = [](int32_t, void *) { return (void *)nullptr; };
    b.copy_from_host = from_host;
    b.copy_to_host = to_host;
    b.copy = copy;
    b.current_stream = [](int32_t) { return (void *)nullptr; };
    b.synchronize = [](int32_t) { return TORSH_OK; };
    return b;
}
} // namespace far

static Tensor far_floats(std::vector<float> x)
{
    static const torsh_backend_t b = far::backend();
    static const torsh_status_t registered = torsh__backend_register(&b);
    const int64_t n = (int64_t)x.size();
    torsh_tensor_t *t = nullptr;
    if (registered == TORSH_OK)
        torsh__tensor_new(TORSH_F32, {TORSH_VULKAN, 0}, 1, &n, nullptr, &t);
    if (t)
        b.copy_from_host(nullptr, t->storage->block.handle, 0, x.data(), x.size() * sizeof(float));
    return Tensor(t);
}

TEST(Device, tensors_of_other_devices_are_written_as_the_cpus)
{
    State s(torsh_state_new());
    ASSERT_EQ(torsh_state_set(s.get(), "t", far_floats({1, 2, 3}).get()), TORSH_OK);
    for (const std::string &bytes :
         {save(Value(torsh_value_retain(torsh_state_value(s.get())))), save_safetensors(s)}) {
        Value v = load(bytes);
        ASSERT_TRUE(v);
        const torsh_tensor_t *t = torsh_value_tensor(torsh_value_get(v.get(), "t"));
        EXPECT_EQ(torsh_tensor_device(t).kind, TORSH_CPU);
        EXPECT_EQ(data(t)[2], 3);
    }
    s.reset();
    torsh__block_trim({TORSH_VULKAN, 0}); // LeakSanitizer does not know its handles
}

TEST(Device, a_tensor_without_memory_is_refused)
{
    const int64_t n = 3;
    torsh_tensor_t *t = nullptr;
    ASSERT_EQ(torsh__tensor_new(TORSH_F32, {TORSH_META, 0}, 1, &n, nullptr, &t), TORSH_OK);
    State s(torsh_state_new());
    torsh_state_set(s.get(), "t", t);
    torsh_tensor_free(t);
    EXPECT_EQ(save(Value(torsh_value_retain(torsh_state_value(s.get())))), "");
    EXPECT_EQ(take_message(torsh_error_take()), "a tensor on the meta device has no values to write");
    EXPECT_EQ(save_safetensors(s), "");
    EXPECT_EQ(take_message(torsh_error_take()), "'t' is on the meta device and has no values to write");
}
