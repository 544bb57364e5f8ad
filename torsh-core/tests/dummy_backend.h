// SPDX-License-Identifier: MIT OR Apache-2.0
// Two backends: "host", whose handles are addresses, and "far", whose handles are opaque, whose memory the
// host cannot reach, and whose work is done at synchronize, not before.
#ifndef TORSH_CORE_TESTS_DUMMY_BACKEND_H
#define TORSH_CORE_TESTS_DUMMY_BACKEND_H

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "op_table.h"

namespace dummy
{

inline std::atomic<int64_t> raw_allocs, raw_bytes; // of both backends
inline int64_t raw_bytes_limit = INT64_MAX;
inline std::mutex far_mutex; // "host" has no lock: a child of fork would find it taken

inline torsh_status_t reserve(size_t bytes)
{
    if ((raw_bytes += (int64_t)bytes) > raw_bytes_limit) {
        raw_bytes -= (int64_t)bytes;
        return torsh__host.fail(TORSH_ERR_MEMORY, "dummy: no room for %zu bytes", bytes);
    }
    raw_allocs++;
    return TORSH_OK;
}

inline torsh_status_t properties(int32_t, torsh_device_properties_t *out)
{
    *out = torsh_device_properties_t{"dummy", 1 << 30};
    return TORSH_OK;
}

// ---- host: a device whose memory is ours

inline torsh_status_t host_alloc(int32_t, size_t bytes, void **handle)
{
    torsh_status_t status = reserve(bytes);
    if (status == TORSH_OK)
        *handle = aligned_alloc(64, bytes);
    return status;
}

inline void host_free(int32_t, void *handle, size_t bytes)
{
    raw_bytes -= (int64_t)bytes;
    free(handle);
}

inline torsh_status_t host_copy(void *, void *to, int64_t to_at, const void *from, int64_t from_at,
                                size_t bytes)
{
    memcpy((char *)to + to_at, (const char *)from + from_at, bytes);
    return TORSH_OK;
}

inline torsh_backend_t host_backend(const char *name = "host", int32_t score = 100)
{
    torsh_backend_t b = {};
    b.abi = TORSH_BACKEND_ABI;
    b.name = name;
    b.device_kind = TORSH_CPU;
    b.score = score;
    b.device_count = [] { return (int32_t)1; };
    b.properties = properties;
    b.raw_alloc = host_alloc;
    b.raw_free = host_free;
    b.map = [](int32_t, void *handle) { return handle; };
    b.copy_from_host = [](void *s, void *h, int64_t at, const void *p, size_t n) {
        return host_copy(s, h, at, p, 0, n);
    };
    b.copy_to_host = [](void *s, void *p, const void *h, int64_t at, size_t n) {
        return host_copy(s, p, 0, h, at, n);
    };
    b.copy = host_copy;
    b.current_stream = [](int32_t) { return (void *)nullptr; };
    b.synchronize = [](int32_t) { return TORSH_OK; };
    return b;
}

// ---- far: two devices with memory and a queue of their own

inline std::map<uintptr_t, std::vector<char>> far_memory;
inline std::vector<std::function<void()>> far_queue[2];
inline uintptr_t far_next = 1; // handles are numbers: arithmetic on one leads nowhere

inline char *far_at(const void *handle, int64_t offset)
{
    return far_memory.at((uintptr_t)handle).data() + offset;
}

inline torsh_status_t far_alloc(int32_t, size_t bytes, void **handle)
{
    std::lock_guard<std::mutex> lock(far_mutex);
    torsh_status_t status = reserve(bytes);
    if (status == TORSH_OK) {
        far_memory[far_next].resize(bytes);
        *handle = (void *)far_next++;
    }
    return status;
}

inline void far_free(int32_t, void *handle, size_t bytes)
{
    std::lock_guard<std::mutex> lock(far_mutex);
    raw_bytes -= (int64_t)bytes;
    far_memory.erase((uintptr_t)handle);
}

inline torsh_status_t far_synchronize(int32_t device)
{
    for (auto &work : far_queue[device])
        work();
    far_queue[device].clear();
    return TORSH_OK;
}

inline int32_t device_of(void *stream)
{
    return (int32_t)((std::vector<std::function<void()>> *)stream - far_queue);
}

inline torsh_status_t far_from_host(void *stream, void *handle, int64_t at, const void *host, size_t bytes)
{
    std::vector<char> copy((const char *)host, (const char *)host + bytes);
    far_queue[device_of(stream)].push_back([=] { memcpy(far_at(handle, at), copy.data(), copy.size()); });
    return TORSH_OK;
}

inline torsh_status_t far_to_host(void *stream, void *host, const void *handle, int64_t at, size_t bytes)
{
    far_synchronize(device_of(stream));
    memcpy(host, far_at(handle, at), bytes);
    return TORSH_OK;
}

inline torsh_status_t far_copy(void *stream, void *to, int64_t to_at, const void *from, int64_t from_at,
                               size_t bytes)
{
    far_queue[device_of(stream)].push_back([=] { memmove(far_at(to, to_at), far_at(from, from_at), bytes); });
    return TORSH_OK;
}

inline torsh_backend_t far_backend(const char *name = "far", int32_t score = 100)
{
    torsh_backend_t b = host_backend(name, score);
    b.device_kind = TORSH_VULKAN;
    b.device_count = [] { return (int32_t)2; };
    b.raw_alloc = far_alloc;
    b.raw_free = far_free;
    b.map = [](int32_t, void *) { return (void *)nullptr; };
    b.copy_from_host = far_from_host;
    b.copy_to_host = far_to_host;
    b.copy = far_copy;
    b.current_stream = [](int32_t device) { return (void *)&far_queue[device]; };
    b.synchronize = far_synchronize;
    return b;
}

} // namespace dummy

#endif
