// SPDX-License-Identifier: MIT OR Apache-2.0
// A host for kernels under test: threads on demand, scratch memory that is full of NaN, errors without text.
#ifndef TORSH_BACKEND_CPU_TESTS_GEMM_HOST_H
#define TORSH_BACKEND_CPU_TESTS_GEMM_HOST_H

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include <torsh/backend.h>

inline int threads = 1;

inline torsh_status_t host_fail(torsh_status_t status, const char *, ...)
{
    return status;
}

inline void host_parallel(int64_t n, void (*task)(void *, int64_t), void *context)
{
    std::atomic<int64_t> next{0};
    auto work = [&] {
        for (int64_t i; (i = next++) < n;)
            task(context, i);
    };
    std::vector<std::thread> pool;
    for (int t = 1; t < threads; t++)
        pool.emplace_back(work);
    work();
    for (auto &t : pool)
        t.join();
}

struct HostBlock {
    void *p = nullptr;
    size_t bytes = 0;
    ~HostBlock()
    {
        std::free(p);
    }
};

inline void *host_scratch(size_t bytes)
{
    thread_local HostBlock block;
    if (bytes > block.bytes) {
        std::free(block.p);
        block.bytes = (bytes + 63) / 64 * 64;
        block.p = std::aligned_alloc(64, block.bytes);
        std::memset(block.p, 0xff, block.bytes); /* a read of what was not written shows */
    }
    return block.p;
}

inline torsh_host_t make_host()
{
    torsh_host_t host{};
    host.abi = TORSH_BACKEND_ABI;
    host.fail = host_fail;
    host.parallel = host_parallel;
    host.scratch = host_scratch;
    host.alloc = std::malloc;
    host.free = std::free;
    return host;
}

inline bool has_avx2()
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

inline bool has_avx512()
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

#endif
