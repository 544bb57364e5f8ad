/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The backend interface: all that core and a backend know of each other. A plugin sees this header alone. */
#ifndef TORSH_BACKEND_H
#define TORSH_BACKEND_H

#include <torsh/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TORSH_BACKEND_ABI 2
#define TORSH_MAX_DIMS 64

/* A kernel that will not take these operands says so before it writes anything; the next of its chain is
 * tried. */
#define TORSH_DECLINED ((torsh_status_t)-1)

/* An operand: elements at handle + offset, or (number) one value without memory. */
typedef struct torsh_view {
    void *handle;           /* the backend's buffer: an address on CPU and CUDA, an object elsewhere */
    int64_t offset;         /* bytes from the start of the buffer to the element at index 0 */
    const int64_t *shape;   /* elements */
    const int64_t *strides; /* elements; 0 where broadcast */
    int64_t n;              /* elements in all */
    int32_t ndim;
    torsh_dtype_t dtype;
    bool is_number; /* a scalar operand: value holds it, handle is NULL */
    torsh_scalar_t value;
} torsh_view_t;

/* params of an operator that takes lists of tensors say how many each has; the views stand one after the
 * other. */
typedef struct torsh_dims {
    const int64_t *v;
    int32_t n;
    int32_t given; /* 0: an optional list that was not given */
} torsh_dims_t;

/* Optional numbers of an operator's params. */
typedef struct torsh_opt_int {
    int64_t v;
    int32_t given;
} torsh_opt_int_t;

typedef struct torsh_opt_float {
    double v;
    int32_t given;
} torsh_opt_float_t;

typedef struct torsh_call {
    const char *op;         /* for messages: "add.Tensor" */
    const torsh_view_t *in; /* in the schema's order; an optional tensor not given has ndim -1 */
    const torsh_view_t *out;
    int32_t n_in, n_out;
    torsh_dtype_t compute;        /* the dtype that the operator computes in; selected the kernel */
    const void *params;           /* the operator's packed struct, torsh/ops/<family>_params.h */
    torsh_generator_t *generator; /* operators that draw random numbers, else NULL */
    void *stream;                 /* the backend's own */
} torsh_call_t;

typedef torsh_status_t (*torsh_kernel_fn)(const torsh_call_t *call);

/* What the caller must have done to the operands before the kernel sees them. */
enum {
    TORSH_ANY_STRIDES = 1, /* takes operands with any strides; else they come contiguous, the outputs too */
    TORSH_ANY_DTYPES = 2,  /* converts operands to and from the compute dtype itself */
    TORSH_MERGED = 4,    /* pointwise, reduction: all operands share one iteration space (broadcast: stride 0,
                            reduced: output stride 0), dimensions sorted and merged, innermost last */
    TORSH_OVERWRITES = 8 /* the output may be the very memory of the first input */
};

typedef struct torsh_kernel {
    const char *op;      /* "add.Tensor" */
    const char *schema;  /* the schema it was compiled for; another one is refused */
    torsh_dtype_t dtype; /* compute dtype */
    uint32_t flags;
    torsh_kernel_fn run;
} torsh_kernel_t;

/* What core offers a backend; a plugin links nothing of ours. */
typedef struct torsh_host {
    uint32_t abi;
    torsh_status_t (*fail)(torsh_status_t status, const char *format, ...);
    void *(*alloc)(size_t bytes);
    void (*free)(void *p);
    /* Runs task(ctx, i) for i in [0, n) on the pool, returns when all are done. Which thread runs a task is
     * not specified; tasks must be cut by shape alone, so that the results do not depend on the threads. */
    void (*parallel)(int64_t n, void (*task)(void *ctx, int64_t i), void *ctx);
    /* One block of scratch memory of at least `bytes`, 64-byte aligned, kept by the calling thread; NULL: no
     * memory. */
    void *(*scratch)(size_t bytes);
    /* Random numbers of a generator, held locked between begin and end. */
    void (*random_begin)(torsh_generator_t *g);
    uint32_t (*random_u32)(torsh_generator_t *g);
    void (*random_u32_block)(torsh_generator_t *g, uint32_t *out, int64_t n);
    void (*random_end)(torsh_generator_t *g);
    /* The second normal of a pair, which PyTorch keeps in the generator for the next call (manual_seed drops
     * it): take (false: there is none) and put, between begin and end. */
    bool (*random_take_normal)(torsh_generator_t *g, double *x);
    void (*random_put_normal)(torsh_generator_t *g, double x);
} torsh_host_t;

typedef struct torsh_backend {
    uint32_t abi;        /* TORSH_BACKEND_ABI */
    const char *name;    /* "cpu", "cpu-portable", "cuda" … */
    int32_t device_kind; /* TORSH_CPU … */
    int32_t score;       /* the highest of a device kind is used first; 0: not usable on this machine */
    int32_t (*device_count)(void);
    torsh_status_t (*properties)(int32_t device, torsh_device_properties_t *out);

    /* raw memory; the caching allocator stands on it. Memory belongs to the device kind, not to the backend.
     */
    torsh_status_t (*raw_alloc)(int32_t device, size_t bytes, void **handle);
    void (*raw_free)(int32_t device, void *handle, size_t bytes);
    /* the host's address of a buffer, or NULL if the host cannot reach it */
    void *(*map)(int32_t device, void *handle);

    /* in stream order; the two host copies return when the host memory may be used again */
    torsh_status_t (*copy_from_host)(void *stream, void *handle, int64_t offset, const void *host,
                                     size_t bytes);
    torsh_status_t (*copy_to_host)(void *stream, void *host, const void *handle, int64_t offset,
                                   size_t bytes);
    torsh_status_t (*copy)(void *stream, void *to, int64_t to_offset, const void *from, int64_t from_offset,
                           size_t bytes);

    void *(*current_stream)(int32_t device);
    torsh_status_t (*synchronize)(int32_t device); /* also reports what a deferred kernel found wrong */

    /* what the device was asked to do so far; NULL: not counted */
    torsh_status_t (*counters)(int32_t device, torsh_device_counters_t *out);

    const torsh_kernel_t *kernels;
    int32_t n_kernels;
} torsh_backend_t;

/* torsh_backend_init, the one symbol of a plugin. libtorsh-backend-vulkan.so, named after the device kind, is
 * looked for in the folders of TORSH_BACKEND_PATH and beside libtorsh when such a device is first asked for.
 * It fills in *out; without a usable device it says score 0. */
typedef torsh_status_t (*torsh_backend_init_t)(const torsh_host_t *host, torsh_backend_t *out);

#ifdef __cplusplus
}
#endif
#endif
