/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-core for our other libraries. */
#ifndef TORSH_IMPL_CORE_H
#define TORSH_IMPL_CORE_H

#include <torsh/backend.h>
#include <torsh/core.h>

#ifdef __cplusplus
extern "C" {
#else
#include <stdatomic.h>
#endif

#define TRY(expr)                                                                                            \
    do {                                                                                                     \
        torsh_status_t try_status_ = (expr);                                                                 \
        if (__builtin_expect(try_status_ != TORSH_OK, 0))                                                    \
            return try_status_;                                                                              \
    } while (0)

#define TRY_GOTO(label, expr)                                                                                \
    do {                                                                                                     \
        status = (expr);                                                                                     \
        if (__builtin_expect(status != TORSH_OK, 0))                                                         \
            goto label;                                                                                      \
    } while (0)

/* Our own mistakes only: user input, files and memory never abort. */
#define TORSH_ASSERT(condition)                                                                              \
    do {                                                                                                     \
        if (__builtin_expect(!(condition), 0))                                                               \
            torsh__assert_failed(#condition, __FILE__, __LINE__);                                            \
    } while (0)

TORSH_API void torsh__assert_failed(const char *condition, const char *file, int line)
    __attribute__((noreturn));

/* Makes this thread's error (the first one stays) and returns `status`. There is no other way to fail. */
TORSH_API torsh_status_t torsh__fail(torsh_status_t status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts text in front of this thread's error message, e.g. the file's name. */
TORSH_API void torsh__error_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Puts text behind it, where the first sentence has to stay PyTorch's, e.g. the path of the module that
 * called. */
TORSH_API void torsh__error_suffix(const char *format, ...) __attribute__((format(printf, 1, 2)));
TORSH_API bool torsh__has_error(void);
/* The end of every _with_error function: moves this thread's error into *error (NULL: it stays unread). */
TORSH_API void torsh__error_give(torsh_error_t **error);
/* Puts a taken error back as this thread's (takes it over). */
TORSH_API void torsh__error_set(torsh_error_t *error);

/* torsh_dtype_bytes without a call. */
static inline int torsh__dtype_bytes(int dtype)
{
    switch (dtype) {
#define X(name, value, bytes, text)                                                                          \
    case value:                                                                                              \
        return bytes;
        TORSH_DTYPE_LIST(X)
#undef X
    }
    return 0;
}

/* Host memory; calloc'ed; all of the library's own allocations come through here, so that tests can make the
 * n-th fail. */
TORSH_API void *torsh__calloc(size_t bytes);
/* Uninitialised; NULL with an error. */
TORSH_API void *torsh__alloc(size_t bytes);
TORSH_API void torsh__free(void *p);
/* Test hook: the allocation after `n` more ones fails, once; -1: none. Counts host and device blocks of all
 * threads. */
TORSH_API void torsh__fail_allocation_after(int64_t n);
/* For allocators of their own: true if this allocation is the one that shall fail. */
TORSH_API bool torsh__allocation_fails(void);
/* Live host allocations made by torsh__alloc/calloc; tests look for leaks with it. */
TORSH_API int64_t torsh__live_allocations(void);

/* ---- device blocks: the caching allocator ---- */

typedef struct torsh__block {
    void *handle;
    int64_t bytes; /* what was really reserved */
} torsh__block_t;

/* bytes may be 0 (handle NULL). Blocks are 64-byte aligned. */
TORSH_API torsh_status_t torsh__block_alloc(torsh_device_t device, int64_t bytes, torsh__block_t *block);
TORSH_API void torsh__block_free(torsh_device_t device, torsh__block_t block);
/* Gives cached blocks back to the system. */
TORSH_API void torsh__block_trim(torsh_device_t device);
typedef struct torsh__memory_stats {
    int64_t allocated, reserved, peak_allocated, live_blocks;
} torsh__memory_stats_t;
TORSH_API torsh__memory_stats_t torsh__memory_stats(torsh_device_t device);

/* ---- backends ---- */

/* A chain of kernels for one (device kind, operator, dtype): the backend in use first. */
typedef struct torsh__kernel_slot {
    const torsh_kernel_t *kernel; /* NULL: none */
    const struct torsh__kernel_slot *next;
} torsh__kernel_slot_t;

/* The operators by id, generated from ops/: registration turns names into ids with it. */
typedef struct torsh__op_name {
    const char *name;
    const char *schema;
} torsh__op_name_t;
extern TORSH_API const torsh__op_name_t torsh__op_names[];
extern TORSH_API const int torsh__n_ops;

/* Adds a backend; the struct must live on. Refuses another abi, unknown operators, another schema. */
TORSH_API torsh_status_t torsh__backend_register(const torsh_backend_t *backend);
/* The backend in use for a device kind, or NULL. */
TORSH_API const torsh_backend_t *torsh__backend(int32_t device_kind);
/* Registered backends in order; returns how many. */
TORSH_API int torsh__backends(const torsh_backend_t **out, int max);
/* Puts the kernels of this backend first for its device kind. VALUE if there is none of that name. */
TORSH_API torsh_status_t torsh__backend_use(const char *name);
/* First kernel of the chain; one load. */
TORSH_API const torsh__kernel_slot_t *torsh__kernels(int32_t device_kind, int op_id, torsh_dtype_t dtype);
/* What core offers to every backend. */
extern TORSH_API const torsh_host_t torsh__host;
/* NULL-safe checks: the device exists (DEVICE error otherwise); fills in index -1. */
TORSH_API torsh_status_t torsh__device_check(torsh_device_t *device);

/* Runs task(ctx, i) for i in [0, n) on the pool; see torsh_host_t. Reentrant calls run on the caller. */
TORSH_API void torsh__parallel(int64_t n, void (*task)(void *ctx, int64_t i), void *ctx);
/* How many tasks ran on a thread other than the caller's: tests show with it that work was split. */
TORSH_API int64_t torsh__pool_tasks_elsewhere(void);
/* Ends the pool's threads, e.g. at torsh_cleanup; the next parallel call starts them again. */
TORSH_API void torsh__pool_stop(void);

#ifdef __cplusplus
}
#endif
#endif
