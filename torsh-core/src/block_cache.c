/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "block_cache.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asan.h"
#include "cgroup.h"

static void give_back(torsh__block_cache_t *cache, void *handle, int64_t bytes)
{
    torsh__unpoison(cache->device, handle, bytes);
    atomic_fetch_sub_explicit(&cache->reserved, bytes, memory_order_relaxed);
    torsh__backend(cache->device.kind)->raw_free(cache->device.index, handle, (size_t)bytes);
}

static void remove_at(torsh__block_cache_t *cache, torsh__free_list_t *list, int32_t i)
{
    cache->cached -= list->block[i].bytes;
    list->n--;
    memmove(list->block + i, list->block + i + 1, (size_t)(list->n - i) * sizeof *list->block);
}

bool torsh__cache_take(torsh__block_cache_t *cache, int64_t bytes, torsh__block_t *block)
{
    int size_class = torsh__size_class(bytes);
    int last = size_class + (size_class >= TORSH__SMALL_CLASSES && size_class + 1 < TORSH__CLASSES);
    for (; size_class <= last; size_class++) {
        torsh__free_list_t *list = &cache->list[size_class];
        int32_t best = -1;
        /* a quarter may be wasted; from the end, where the memory is warm */
        int64_t best_bytes = bytes + bytes / 4 + 1;
        for (int32_t i = list->n - 1; i >= 0 && best_bytes > bytes; i--)
            if (list->block[i].bytes >= bytes && list->block[i].bytes < best_bytes) {
                best = i;
                best_bytes = list->block[i].bytes;
            }
        if (best >= 0) {
            *block = (torsh__block_t){list->block[best].handle, best_bytes};
            remove_at(cache, list, best);
            return true;
        }
    }
    return false;
}

/* TORSH_CACHE_MB, else a quarter of the memory on the CPU, and all that other devices have. */
static int64_t cache_limit(int32_t device_kind)
{
    const char *text = getenv("TORSH_CACHE_MB");
    if (text && *text) {
        char *end;
        long long mb = strtoll(text, &end, 10);
        if (*end == 0 && mb >= 0)
            return mb < INT64_MAX >> 20 ? mb << 20 | 1 : INT64_MAX; /* never 0, which says "not known" */
    }
    if (device_kind != TORSH_CPU)
        return INT64_MAX;
    int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    int64_t quota = torsh__cgroup_memory("/proc/self/cgroup", "/sys/fs/cgroup");
    return (quota > 0 && quota < memory ? quota : memory) / 4;
}

/* Gives back the large block that was freed longest ago; false if there is none. */
static bool evict_one(torsh__block_cache_t *cache)
{
    torsh__free_list_t *oldest = NULL;
    for (int c = TORSH__SMALL_CLASSES; c < TORSH__CLASSES; c++) {
        torsh__free_list_t *list = &cache->list[c];
        if (list->n > 0 && (!oldest || list->block[0].freed_at < oldest->block[0].freed_at))
            oldest = list;
    }
    if (!oldest)
        return false;
    torsh__free_block_t block = oldest->block[0];
    remove_at(cache, oldest, 0);
    give_back(cache, block.handle, block.bytes);
    return true;
}

/* Freeing must not fail: without memory for a longer list the block goes back to the system. */
static bool grow(torsh__free_list_t *list)
{
    int32_t capacity = list->capacity ? 2 * list->capacity : 16;
    torsh__free_block_t *block = realloc(list->block, (size_t)capacity * sizeof *block);
    if (!block)
        return false;
    list->block = block;
    list->capacity = capacity;
    return true;
}

void torsh__cache_put(torsh__block_cache_t *cache, torsh__block_t block)
{
    if (cache->limit == 0)
        cache->limit = cache_limit(cache->device.kind);
    if (block.bytes <= cache->limit)
        while (cache->cached > cache->limit - block.bytes && evict_one(cache))
            ;
    torsh__free_list_t *list = &cache->list[torsh__size_class(block.bytes)];
    if (cache->cached > cache->limit - block.bytes || (list->n == list->capacity && !grow(list))) {
        give_back(cache, block.handle, block.bytes);
        return;
    }
    list->block[list->n++] = (torsh__free_block_t){block.handle, block.bytes, cache->clock++};
    cache->cached += block.bytes;
}

void torsh__cache_trim(torsh__block_cache_t *cache)
{
    for (int c = 0; c < TORSH__CLASSES; c++) {
        torsh__free_list_t *list = &cache->list[c];
        while (list->n > 0) {
            torsh__free_block_t block = list->block[--list->n];
            cache->cached -= block.bytes;
            give_back(cache, block.handle, block.bytes);
        }
        free(list->block);
        *list = (torsh__free_list_t){0};
    }
}
