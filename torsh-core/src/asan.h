/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The cache hides a use after free from AddressSanitizer, unless it is told which bytes are in use. */
#ifndef TORSH_CORE_ASAN_H
#define TORSH_CORE_ASAN_H

#include <torsh/core.h>

#if defined(__SANITIZE_ADDRESS__)
#define TORSH__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TORSH__ASAN 1
#endif
#endif

#ifdef TORSH__ASAN
#include <sanitizer/asan_interface.h>
#endif

/* Only the CPU's handles are addresses of the host's memory. */
static inline void torsh__poison(torsh_device_t device, void *handle, int64_t bytes)
{
#ifdef TORSH__ASAN
    if (device.kind == TORSH_CPU)
        __asan_poison_memory_region(handle, (size_t)bytes);
#else
    (void)device, (void)handle, (void)bytes;
#endif
}

static inline void torsh__unpoison(torsh_device_t device, void *handle, int64_t bytes)
{
#ifdef TORSH__ASAN
    if (device.kind == TORSH_CPU)
        __asan_unpoison_memory_region(handle, (size_t)bytes);
#else
    (void)device, (void)handle, (void)bytes;
#endif
}

#endif
