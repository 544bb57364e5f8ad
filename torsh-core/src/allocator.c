/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The caching allocator. Small cpu blocks come from the calling thread's magazines, without a lock; the rest
 * from the device's free lists; what is not there from the backend.
 *
 * A freed block may be handed out while a kernel that uses it has still to run: a device has one stream, so
 * what the next owner does with the block comes after that kernel. A second stream would need an event for
 * each free block. */
#include <inttypes.h>

#include "asan.h"
#include "block_cache.h"
#include "fork.h"
#include "thread.h"

enum { MAX_DEVICES = 16, REPORT_BYTES = 1 << 20 };

_Static_assert((int)TORSH__MAGAZINES == (int)TORSH__SMALL_CLASSES,
               "a magazine for each class of small blocks");

static torsh__block_cache_t caches[TORSH_DEVICE_KINDS][MAX_DEVICES] = {
    [0 ... TORSH_DEVICE_KINDS - 1][0 ... MAX_DEVICES - 1] = {.mutex = PTHREAD_MUTEX_INITIALIZER}};

/* Blocks that a magazine holds: 64 KiB, within [4, 32]. */
static int32_t capacity(int size_class)
{
    int doublings = (size_class - TORSH__FINE_CLASSES) / 4; /* above 1 KiB */
    return doublings < 1 ? TORSH__MAGAZINE_BLOCKS : doublings < 3 ? TORSH__MAGAZINE_BLOCKS >> doublings : 4;
}

static torsh__block_cache_t *lock_cache(torsh_device_t device)
{
    torsh__block_cache_t *cache = &caches[device.kind][device.index];
    pthread_mutex_lock(&cache->mutex);
    cache->device = device;
    return cache;
}

static void unlock_cache(torsh__block_cache_t *cache)
{
    pthread_mutex_unlock(&cache->mutex);
}

static void add_statistics(torsh__block_cache_t *cache, int64_t bytes, int64_t blocks, int64_t peak)
{
    if (cache->allocated + peak > cache->peak_allocated)
        cache->peak_allocated = cache->allocated + peak;
    cache->allocated += bytes;
    cache->blocks += blocks;
}

/* Adds what the thread counted since the last time. */
static void report(torsh__block_cache_t *cache, torsh__thread_t *thread)
{
    int64_t bytes = atomic_load_explicit(&thread->bytes, memory_order_relaxed);
    add_statistics(cache, bytes, atomic_load_explicit(&thread->blocks, memory_order_relaxed), thread->peak);
    atomic_store_explicit(&thread->bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&thread->blocks, 0, memory_order_relaxed);
    thread->peak = 0;
}

/* Threads count for themselves and report at each MiB: one thread's peak is exact, that of several nearly. */
static void count_cpu(torsh__thread_t *thread, int64_t bytes, int64_t blocks)
{
    torsh__add_own(&thread->blocks, blocks);
    torsh__add_own(&thread->bytes, bytes);
    int64_t now = atomic_load_explicit(&thread->bytes, memory_order_relaxed);
    if (now > thread->peak)
        thread->peak = now;
    if (__builtin_expect(now > REPORT_BYTES || now < -REPORT_BYTES, 0)) {
        torsh__block_cache_t *cache = lock_cache((torsh_device_t){TORSH_CPU, 0});
        report(cache, thread);
        unlock_cache(cache);
    }
}

static void count(torsh_device_t device, torsh__thread_t *thread, int64_t bytes, int64_t blocks)
{
    if (device.kind == TORSH_CPU && thread) {
        count_cpu(thread, bytes, blocks);
        return;
    }
    torsh__block_cache_t *cache = lock_cache(device);
    add_statistics(cache, bytes, blocks, bytes > 0 ? bytes : 0);
    unlock_cache(cache);
}

static torsh_status_t no_memory(torsh_device_t device, int64_t bytes)
{
    char name[24];
    torsh_device_name(device, name);
    torsh__memory_stats_t stats = torsh__memory_stats(device);
    return torsh__fail(TORSH_ERR_MEMORY,
                       "%s: you tried to allocate %" PRId64 " bytes. On %s, %" PRId64
                       " bytes are in use and %" PRId64 " reserved",
                       device.kind == TORSH_CPU ? "DefaultCPUAllocator: can't allocate memory"
                                                : "out of memory",
                       bytes, name, stats.allocated, stats.reserved);
}

/* A new block from the backend; when that has none left, once more after the cached ones went back to it. */
static torsh_status_t raw_alloc(torsh_device_t device, int64_t asked, int64_t bytes, void **handle)
{
    const torsh_backend_t *backend = torsh__backend(device.kind);
    bool earlier_error = torsh__has_error();
    torsh_status_t status = TORSH_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        status = backend->raw_alloc(device.index, (size_t)bytes, handle);
        if (status == TORSH_OK) {
            torsh__block_cache_t *cache = &caches[device.kind][device.index];
            atomic_fetch_add_explicit(&cache->reserved, bytes, memory_order_relaxed);
            return TORSH_OK;
        }
        if (status != TORSH_ERR_MEMORY)
            return torsh__fail(status, "%s: could not allocate %" PRId64 " bytes", backend->name, bytes);
        if (!earlier_error)
            torsh_clear_error();
        torsh__block_trim(device);
    }
    return no_memory(device, asked);
}

/* Moves free blocks of the same class to the thread, half of what its magazine holds. */
static void refill(torsh__block_cache_t *cache, torsh__magazine_t *magazine, int size_class)
{
    torsh__block_t block;
    while (magazine->n < capacity(size_class) / 2 &&
           torsh__cache_take(cache, torsh__class_bytes(size_class), &block))
        magazine->handle[magazine->n++] = block.handle;
}

static torsh_status_t alloc_slow(torsh_device_t device, int64_t bytes, torsh__block_t *out)
{
    TRY(torsh__device_check(&device));
    if (device.index >= MAX_DEVICES)
        return torsh__fail(TORSH_ERR_DEVICE, "device index %d: at most %d devices of a kind", device.index,
                           MAX_DEVICES);
    if (bytes < 0)
        return torsh__fail(TORSH_ERR_VALUE, "you tried to allocate %" PRId64 " bytes", bytes);
    if (bytes > TORSH__MAX_BLOCK_BYTES)
        return no_memory(device, bytes);

    torsh__watch_forks();
    torsh__thread_t *thread = torsh__thread();
    torsh__block_t block = {NULL, torsh__reserved_bytes(bytes)};
    torsh__block_cache_t *cache = lock_cache(device);
    bool found = torsh__cache_take(cache, block.bytes, &block);
    if (found && thread && device.kind == TORSH_CPU && bytes <= TORSH__SMALL_BYTES) {
        int size_class = torsh__size_class(bytes);
        refill(cache, &thread->magazine[size_class], size_class);
    }
    unlock_cache(cache);
    if (!found)
        TRY(raw_alloc(device, bytes, block.bytes, &block.handle));

    torsh__poison(device, block.handle, block.bytes);
    torsh__unpoison(device, block.handle, bytes);
    count(device, thread, block.bytes, 1);
    *out = block;
    return TORSH_OK;
}

torsh_status_t torsh__block_alloc(torsh_device_t device, int64_t bytes, torsh__block_t *block)
{
    if (bytes == 0 || device.kind == TORSH_META) {
        *block = (torsh__block_t){NULL, 0};
        return TORSH_OK;
    }
    if (__builtin_expect(torsh__allocation_fails(), 0)) {
        TRY(torsh__device_check(&device));
        return no_memory(device, bytes);
    }
    torsh__thread_t *thread = torsh__this_thread;
    if (thread && device.kind == TORSH_CPU && device.index <= 0 && bytes > 0 && bytes <= TORSH__SMALL_BYTES) {
        int size_class = torsh__size_class(bytes);
        torsh__magazine_t *magazine = &thread->magazine[size_class];
        if (__builtin_expect(magazine->n > 0, 1)) {
            block->handle = magazine->handle[--magazine->n];
            block->bytes = torsh__class_bytes(size_class);
            torsh__unpoison(device, block->handle, bytes);
            count_cpu(thread, block->bytes, 1);
            return TORSH_OK;
        }
    }
    return alloc_slow(device, bytes, block);
}

/* Half of a full magazine goes to the device's lists: what was freed first. */
static void spill(torsh__magazine_t *magazine, int size_class)
{
    int32_t n = magazine->n / 2;
    torsh__block_cache_t *cache = lock_cache((torsh_device_t){TORSH_CPU, 0});
    for (int32_t i = 0; i < n; i++)
        torsh__cache_put(cache, (torsh__block_t){magazine->handle[i], torsh__class_bytes(size_class)});
    unlock_cache(cache);
    magazine->n -= n;
    for (int32_t i = 0; i < magazine->n; i++)
        magazine->handle[i] = magazine->handle[i + n];
}

void torsh__block_free(torsh_device_t device, torsh__block_t block)
{
    if (!block.handle)
        return;
    if (device.index < 0)
        device.index = 0;
    torsh__poison(device, block.handle, block.bytes);
    torsh__thread_t *thread = torsh__thread();
    if (thread && device.kind == TORSH_CPU && block.bytes <= TORSH__SMALL_BYTES) {
        int size_class = torsh__size_class(block.bytes);
        torsh__magazine_t *magazine = &thread->magazine[size_class];
        if (__builtin_expect(magazine->n == capacity(size_class), 0))
            spill(magazine, size_class);
        magazine->handle[magazine->n++] = block.handle;
    } else {
        torsh__block_cache_t *cache = lock_cache(device);
        torsh__cache_put(cache, block);
        unlock_cache(cache);
    }
    count(device, thread, -block.bytes, -1);
}

static void empty_magazines(torsh__block_cache_t *cache, torsh__thread_t *thread)
{
    for (int c = 0; c < TORSH__MAGAZINES; c++)
        while (thread->magazine[c].n > 0)
            torsh__cache_put(cache, (torsh__block_t){thread->magazine[c].handle[--thread->magazine[c].n],
                                                     torsh__class_bytes(c)});
}

void torsh__allocator_thread_end(torsh__thread_t *thread)
{
    torsh__block_cache_t *cache = lock_cache((torsh_device_t){TORSH_CPU, 0});
    empty_magazines(cache, thread);
    report(cache, thread);
    unlock_cache(cache);
}

static bool has_cache(torsh_device_t *device)
{
    if (device->index < 0)
        device->index = 0;
    return device->kind >= 0 && device->kind < TORSH_DEVICE_KINDS && device->index < MAX_DEVICES;
}

void torsh__block_trim(torsh_device_t device)
{
    if (!has_cache(&device))
        return;
    torsh__thread_t *thread = torsh__this_thread;
    torsh__block_cache_t *cache = lock_cache(device);
    if (device.kind == TORSH_CPU && thread)
        empty_magazines(cache, thread);
    torsh__cache_trim(cache);
    unlock_cache(cache);
}

torsh__memory_stats_t torsh__memory_stats(torsh_device_t device)
{
    torsh__memory_stats_t stats = {0, 0, 0, 0};
    if (!has_cache(&device))
        return stats;
    torsh__thread_t *thread = torsh__this_thread;
    torsh__block_cache_t *cache = lock_cache(device);
    if (device.kind == TORSH_CPU && thread)
        report(cache, thread);
    stats.allocated = cache->allocated;
    stats.live_blocks = cache->blocks;
    stats.peak_allocated = cache->peak_allocated;
    stats.reserved = atomic_load_explicit(&cache->reserved, memory_order_relaxed);
    unlock_cache(cache);
    if (device.kind == TORSH_CPU) { /* what other threads have not reported yet */
        torsh__thread_sums_t sums = torsh__sum_threads();
        stats.allocated += sums.bytes;
        stats.live_blocks += sums.blocks;
    }
    return stats;
}

int64_t torsh_memory_allocated(torsh_device_t device)
{
    return torsh__memory_stats(device).allocated;
}

void torsh__caches_lock(void)
{
    for (int kind = 0; kind < TORSH_DEVICE_KINDS; kind++)
        for (int i = 0; i < MAX_DEVICES; i++)
            pthread_mutex_lock(&caches[kind][i].mutex);
}

void torsh__caches_unlock(void)
{
    for (int kind = 0; kind < TORSH_DEVICE_KINDS; kind++)
        for (int i = 0; i < MAX_DEVICES; i++)
            pthread_mutex_unlock(&caches[kind][i].mutex);
}
