/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>

#include <torsh/impl/core.h>

#include "generator.h"
#include "thread.h"

/* Kept by the thread until it ends; what it held is gone when it grows. */
static void *scratch(size_t bytes)
{
    torsh__thread_t *thread = torsh__thread();
    if (bytes == 0)
        bytes = 1; /* NULL always means failure */
    if (thread && bytes <= thread->scratch_bytes)
        return thread->scratch;
    enum { STEP = 4096 };
    size_t rounded = bytes <= SIZE_MAX - STEP ? (bytes + STEP - 1) / STEP * STEP : 0;
    void *p = NULL;
    if (thread && rounded && !torsh__allocation_fails()) {
        free(thread->scratch); /* first: the two need not fit together */
        thread->scratch = NULL;
        thread->scratch_bytes = 0;
        p = aligned_alloc(64, rounded);
    }
    if (!p) {
        torsh__fail(TORSH_ERR_MEMORY, "can't allocate memory: you tried to allocate %zu bytes of scratch",
                    bytes);
        return NULL;
    }
    thread->scratch = p;
    thread->scratch_bytes = rounded;
    return p;
}

const torsh_host_t torsh__host = {
    .abi = TORSH_BACKEND_ABI,
    .fail = torsh__fail,
    .alloc = torsh__alloc,
    .free = torsh__free,
    .parallel = torsh__parallel,
    .scratch = scratch,
    .random_begin = torsh__random_begin,
    .random_u32 = torsh__random_u32,
    .random_u32_block = torsh__random_u32_block,
    .random_end = torsh__random_end,
    .random_take_normal = torsh__random_take_normal,
    .random_put_normal = torsh__random_put_normal,
};
