/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A fixed piece of memory that tensors are made from, one behind the other. */
#include <string.h>

#include <torsh/impl/tensor.h>

enum { ALIGNMENT = 64 };

struct torsh_memory_pool {
    torsh__block_t block;
    int64_t used, bytes;
    int32_t refs; /* the pool's own, and one for every tensor whose memory is alive */
    torsh_tensor_t **tensors;
    int64_t n, room;
};

static const torsh_device_t cpu = {TORSH_CPU, 0};

static void drop(void *ctx)
{
    torsh_memory_pool_t *pool = ctx;
    if (__atomic_sub_fetch(&pool->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    torsh__block_free(cpu, pool->block);
    torsh__free(pool);
}

torsh_memory_pool_t *torsh_memory_pool_new(size_t bytes)
{
    torsh_memory_pool_t *pool = torsh__calloc(sizeof *pool);
    if (!pool)
        return NULL;
    if (bytes > INT64_MAX / 2 || torsh__block_alloc(cpu, (int64_t)bytes, &pool->block) != TORSH_OK) {
        if (!torsh__has_error())
            torsh__fail(TORSH_ERR_MEMORY, "memory_pool_new: %zu bytes cannot be had", bytes);
        torsh__free(pool);
        return NULL;
    }
    pool->bytes = (int64_t)bytes;
    pool->refs = 1;
    return pool;
}

static torsh_status_t remember(torsh_memory_pool_t *pool, torsh_tensor_t *t)
{
    if (pool->n == pool->room) {
        int64_t room = pool->room ? 2 * pool->room : 16;
        torsh_tensor_t **more = torsh__alloc((size_t)room * sizeof *more);
        if (!more)
            return TORSH_ERR_MEMORY;
        if (pool->n)
            memcpy(more, pool->tensors, (size_t)pool->n * sizeof *more);
        torsh__free(pool->tensors);
        pool->tensors = more;
        pool->room = room;
    }
    pool->tensors[pool->n++] = t;
    return TORSH_OK;
}

torsh_tensor_t *torsh_tensor_from_pool(torsh_memory_pool_t *pool, const int64_t *shape, int ndim,
                                       torsh_dtype_t dtype)
{
    int64_t strides[TORSH_MAX_DIMS], bytes, n;
    if (!pool || (!shape && ndim > 0)) {
        if (!torsh__has_error())
            torsh__fail(TORSH_ERR_NULL, "tensor_from_pool: %s is NULL", pool ? "shape" : "the pool");
        return NULL;
    }
    if (ndim < 0 || ndim > TORSH_MAX_DIMS || !torsh_dtype_bytes(dtype)) {
        torsh__fail(TORSH_ERR_VALUE, "tensor_from_pool: %d dimensions of dtype %d", ndim, (int)dtype);
        return NULL;
    }
    for (int i = 0; i < ndim; i++)
        if (shape[i] < 0) {
            torsh__fail(TORSH_ERR_SHAPE, "tensor_from_pool: dimension %d is negative", i);
            return NULL;
        }
    n = torsh__contiguous_strides(ndim, shape, strides);
    if (n < 0 || __builtin_mul_overflow(n, (int64_t)torsh_dtype_bytes(dtype), &bytes) ||
        bytes > pool->bytes - pool->used) {
        char text[256];
        torsh__fail(TORSH_ERR_MEMORY,
                    "tensor_from_pool: a tensor of shape %s does not fit into the %lld bytes left",
                    torsh__shape_text(ndim, shape, text, sizeof text), (long long)(pool->bytes - pool->used));
        return NULL;
    }
    char *at = (char *)pool->block.handle + pool->used;
    if (bytes)
        memset(at, 0, (size_t)bytes);
    __atomic_fetch_add(&pool->refs, 1, __ATOMIC_RELAXED);
    torsh_tensor_t *t = torsh_tensor_from_blob(bytes ? at : NULL, shape, ndim, dtype, drop, pool);
    if (!t) {
        __atomic_fetch_sub(&pool->refs, 1, __ATOMIC_RELAXED);
        return NULL;
    }
    if (remember(pool, t) != TORSH_OK) {
        torsh_tensor_release(t);
        return NULL;
    }
    int64_t up = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    pool->used = up > pool->bytes - pool->used ? pool->bytes : pool->used + up;
    return t;
}

void torsh_memory_pool_free(torsh_memory_pool_t *pool)
{
    if (!pool)
        return;
    torsh_tensor_t **tensors = pool->tensors;
    int64_t n = pool->n;
    pool->tensors = NULL;
    for (int64_t i = 0; i < n; i++)
        torsh_tensor_release(tensors[i]);
    torsh__free(tensors);
    drop(pool);
}
