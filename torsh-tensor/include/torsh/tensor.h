/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-tensor: the tensor, its memory, views of it. The operators themselves are in <torsh/ops.h>. Part of
 * the C ABI. */
#ifndef TORSH_TENSOR_H
#define TORSH_TENSOR_H

#include <torsh/core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A counted handle. Functions that make one give the caller a reference; arguments are borrowed. */
typedef struct torsh_tensor torsh_tensor_t;

/* Copies shape[0]*…*shape[ndim-1] elements of `dtype` from `data` (row-major). SHAPE, DTYPE, NULL, MEMORY. */
TORSH_API torsh_tensor_t *torsh_tensor_from_array(const void *data, const int64_t *shape, int ndim,
                                                  torsh_dtype_t dtype);
/* Wraps caller memory without a copy; deleter(ctx) runs once, on whichever thread drops the last reference.
 * strides in elements, NULL: row-major. On failure the deleter has not run. */
TORSH_API torsh_tensor_t *torsh_tensor_from_blob(void *data, const int64_t *shape, int ndim,
                                                 torsh_dtype_t dtype, void (*deleter)(void *ctx), void *ctx);
TORSH_API torsh_tensor_t *torsh_tensor_from_blob_strided(void *data, const int64_t *shape,
                                                         const int64_t *strides, int ndim,
                                                         torsh_dtype_t dtype, void (*deleter)(void *ctx),
                                                         void *ctx);
TORSH_API torsh_tensor_t *torsh_tensor_retain(const torsh_tensor_t *t);
TORSH_API void torsh_tensor_release(torsh_tensor_t *t);
TORSH_API void torsh_tensor_free(torsh_tensor_t *t); /* the same */

/* What is asked of NULL is 0, NULL, false, TORSH_DTYPE_NONE, kind -1. */
TORSH_API int torsh_tensor_ndim(const torsh_tensor_t *t);
TORSH_API const int64_t *torsh_tensor_shape(const torsh_tensor_t *t);   /* lent */
TORSH_API const int64_t *torsh_tensor_strides(const torsh_tensor_t *t); /* lent; in elements */
TORSH_API int64_t torsh_tensor_storage_offset(const torsh_tensor_t *t); /* elements */
TORSH_API int64_t torsh_tensor_numel(const torsh_tensor_t *t);
TORSH_API torsh_dtype_t torsh_tensor_dtype(const torsh_tensor_t *t);
TORSH_API torsh_device_t torsh_tensor_device(const torsh_tensor_t *t);
TORSH_API bool torsh_tensor_is_contiguous(const torsh_tensor_t *t);
/* The element at index 0 of a CPU tensor (strides as they are); NULL with a DEVICE error for another device.
 */
TORSH_API void *torsh_tensor_data_ptr(const torsh_tensor_t *t);
/* Identity and size of the memory that views share. */
TORSH_API const void *torsh_tensor_storage(const torsh_tensor_t *t);
TORSH_API int64_t torsh_tensor_storage_bytes(const torsh_tensor_t *t);
/* How often the values were changed in place; shared by a tensor, its views and its detach(). */
TORSH_API uint32_t torsh_tensor_version(const torsh_tensor_t *t);
/* The only element, of any device, as a number. VALUE if there is not exactly one. */
TORSH_API torsh_status_t torsh_tensor_item(const torsh_tensor_t *t, torsh_scalar_t *value);
/* Copies all elements, row-major and of the tensor's own dtype, to host memory of `bytes` bytes. */
TORSH_API torsh_status_t torsh_tensor_to_array(const torsh_tensor_t *t, void *data, size_t bytes);
/* PyTorch's repr; the caller frees it with torsh_free. */
TORSH_API char *torsh_tensor_to_string(const torsh_tensor_t *t);

/* How tensors print: digits behind the point (4), elements shown at each edge of a dimension (3) of tensors
 * with more than `threshold` elements (1000), columns of a line (80), exponents: 1 always, 0 never, -1 (so it
 * is at first) as the values ask for it. */
typedef struct torsh_print_options {
    int32_t precision, edgeitems, linewidth, sci_mode;
    int64_t threshold;
} torsh_print_options_t;
TORSH_API torsh_print_options_t torsh_get_print_options(void);
/* For the whole process; not while another thread prints. VALUE. */
TORSH_API torsh_status_t torsh_set_print_options(torsh_print_options_t options);
/* A tensor on the same memory with a version counter of its own, without history: PyTorch's `.data`. */
TORSH_API torsh_tensor_t *torsh_tensor_data(const torsh_tensor_t *t);
/* Makes t look at what `other` looks at (same dtype and device not required): PyTorch's `t.data = other`. */
TORSH_API torsh_status_t torsh_tensor_set_data(torsh_tensor_t *t, const torsh_tensor_t *other);

/* Several tensors, owned: what split, chunk and the like return. */
typedef struct torsh_tensor_list torsh_tensor_list_t;
TORSH_API int torsh_tensor_list_n(const torsh_tensor_list_t *list);
TORSH_API torsh_tensor_t *torsh_tensor_list_get(const torsh_tensor_list_t *list, int i); /* lent */
TORSH_API void torsh_tensor_list_free(torsh_tensor_list_t *list);

/* ---- indexing ---- */

enum {
    TORSH_INDEX_INT = 0,   /* start */
    TORSH_INDEX_SLICE = 1, /* start, stop, step; INT64_MIN where not given */
    TORSH_INDEX_NONE = 2,  /* a new dimension of size 1 */
    TORSH_INDEX_ELLIPSIS = 3,
    TORSH_INDEX_TENSOR = 4, /* integers, or a mask (bool, uint8) */
    TORSH_INDEX_BOOL = 5    /* True or False: start 1 or 0 */
};

typedef struct torsh_index {
    int32_t kind;
    int64_t start, stop, step;
    const torsh_tensor_t *tensor;
} torsh_index_t;

/* self[items]: a view where no tensor indexes, else a copy. INDEX, SHAPE, TYPE. */
TORSH_API torsh_tensor_t *torsh_index_get(const torsh_tensor_t *self, const torsh_index_t *items, int n,
                                          torsh_error_t **error);
/* self[items] = value, with broadcasting and conversion. */
TORSH_API torsh_status_t torsh_index_set(torsh_tensor_t *self, const torsh_index_t *items, int n,
                                         const torsh_tensor_t *value, torsh_error_t **error);

/* A 0-d CPU tensor that takes part in promotion as a number does. */
TORSH_API torsh_tensor_t *torsh_tensor_from_scalar(torsh_scalar_t value);

/* ---- pools ---- */

/* A fixed piece of CPU memory that tensors are made from; a full pool is a MEMORY error. */
typedef struct torsh_memory_pool torsh_memory_pool_t;
TORSH_API torsh_memory_pool_t *torsh_memory_pool_new(size_t bytes);
/* Zero-filled; the pool owns the tensor: retain it to keep it beyond the pool. */
TORSH_API torsh_tensor_t *torsh_tensor_from_pool(torsh_memory_pool_t *pool, const int64_t *shape, int ndim,
                                                 torsh_dtype_t dtype);
/* Releases the pool's tensors; memory that somebody retained lives on. */
TORSH_API void torsh_memory_pool_free(torsh_memory_pool_t *pool);

/* ---- identity of language objects ---- */

/* A binding's object for a tensor (or node, module). While there is one, it owns one reference; retaining
 * from it and releasing to it move a strong reference on the wrapper, so that it lives exactly as long as the
 * tensor. */
typedef struct torsh_wrapper_vtable {
    void (*retain)(void *wrapper);
    void (*release)(void *wrapper);
} torsh_wrapper_vtable_t;
TORSH_API void torsh_wrapper_register(const torsh_wrapper_vtable_t *vtable);
/* NULL if there is none. */
TORSH_API void *torsh_tensor_wrapper(const torsh_tensor_t *t);
/* Attaches: the wrapper takes over the caller's reference. */
TORSH_API void torsh_tensor_set_wrapper(torsh_tensor_t *t, void *wrapper);
/* From the wrapper's own destructor: detaches it and drops its reference. */
TORSH_API void torsh_tensor_drop_wrapper(torsh_tensor_t *t);
/* References held by others than the wrapper. */
TORSH_API int64_t torsh_tensor_use_count(const torsh_tensor_t *t);

#ifdef __cplusplus
}
#endif
#endif
