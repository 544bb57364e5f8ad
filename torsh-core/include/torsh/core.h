/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-core: statuses and errors, dtypes, devices, scalars, host memory. Part of the C ABI. */
#ifndef TORSH_CORE_H
#define TORSH_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TORSH_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ---- */

/* X(name, value, what PyTorch calls it). The values are fixed. */
#define TORSH_STATUS_LIST(X)                                                                                 \
    X(SHAPE, 1)           /* sizes that do not fit together */                                               \
    X(DTYPE, 2)           /* a dtype that the operator does not take, or mixed ones */                       \
    X(DEVICE, 3)          /* tensors on different devices, or a device that is not there */                  \
    X(INDEX, 4)           /* a dimension or an index out of range */                                         \
    X(VALUE, 5)           /* an argument with a value that makes no sense */                                 \
    X(TYPE, 6)            /* an argument of the wrong type */                                                \
    X(MEMORY, 7)          /* memory could not be had */                                                      \
    X(NULL, 8)            /* NULL for a required argument */                                                 \
    X(NOT_IMPLEMENTED, 9) /* there is no kernel or feature of that kind in this build */                     \
    X(IO, 10)             /* a file that cannot be read, written or understood */                            \
    X(STATE, 11)          /* backward twice, in-place on a saved value, … */                               \
    X(CALLBACK, 12)       /* an error out of user code, carried through with its own object */               \
    X(INTERNAL, 13)       /* our mistake */

typedef enum {
    TORSH_OK = 0,
#define X(name, value) TORSH_ERR_##name = value,
    TORSH_STATUS_LIST(X)
#undef X
} torsh_status_t;

/* ---- dtype ---- */

/* X(name, value, bytes, PyTorch's name). The values are PyTorch's and are fixed. */
#define TORSH_DTYPE_LIST(X)                                                                                  \
    X(U8, 0, 1, "uint8")                                                                                     \
    X(I8, 1, 1, "int8")                                                                                      \
    X(I16, 2, 2, "int16")                                                                                    \
    X(I32, 3, 4, "int32")                                                                                    \
    X(I64, 4, 8, "int64")                                                                                    \
    X(F16, 5, 2, "float16")                                                                                  \
    X(F32, 6, 4, "float32")                                                                                  \
    X(F64, 7, 8, "float64")                                                                                  \
    X(C64, 9, 8, "complex64")                                                                                \
    X(C128, 10, 16, "complex128")                                                                            \
    X(BOOL, 11, 1, "bool")                                                                                   \
    X(BF16, 15, 2, "bfloat16")                                                                               \
    X(U16, 27, 2, "uint16")                                                                                  \
    X(U32, 28, 4, "uint32")                                                                                  \
    X(U64, 29, 8, "uint64")

typedef enum {
    TORSH_DTYPE_NONE = -1, /* an optional dtype that was not given */
#define X(name, value, bytes, text) TORSH_##name = value,
    TORSH_DTYPE_LIST(X)
#undef X
} torsh_dtype_t;

/* PyTorch's name of the dtype without "torch.", e.g. "float32"; "none" for TORSH_DTYPE_NONE. */
TORSH_API const char *torsh_dtype_name(torsh_dtype_t dtype);
/* Bytes of one element; 0 for a value that is no dtype. */
TORSH_API int torsh_dtype_bytes(torsh_dtype_t dtype);
/* true for float16, bfloat16, float32, float64 */
TORSH_API bool torsh_dtype_is_floating(torsh_dtype_t dtype);
/* PyTorch's promote_types; both must be dtypes. DTYPE_NONE with a DTYPE error where PyTorch refuses: uint16,
 * uint32 or uint64 with anything but itself and floating dtypes. */
TORSH_API torsh_dtype_t torsh_promote_types(torsh_dtype_t a, torsh_dtype_t b);
/* float32 at first, as in PyTorch. set: floating dtypes only, else VALUE. */
TORSH_API torsh_dtype_t torsh_get_default_dtype(void);
TORSH_API torsh_status_t torsh_set_default_dtype(torsh_dtype_t dtype);

/* ---- device ---- */

enum { TORSH_CPU = 0, TORSH_CUDA = 1, TORSH_VULKAN = 2, TORSH_META = 3, TORSH_DEVICE_KINDS = 4 };

/* kind -1: an optional device that was not given. index -1: the current one of that kind. */
typedef struct torsh_device {
    int32_t kind;
    int32_t index;
} torsh_device_t;

/* Reads "cpu", "cuda:1" …; VALUE for anything else. */
TORSH_API torsh_status_t torsh_device_parse(const char *text, torsh_device_t *device);
/* Writes "cpu", "cuda:0" … into text (at least 24 bytes) and returns it. */
TORSH_API char *torsh_device_name(torsh_device_t device, char *text);

typedef struct torsh_device_properties {
    char name[128];
    int64_t total_bytes;
} torsh_device_properties_t;

/* Memory of a device in bytes: in use by tensors, taken from the driver (what was freed is kept for later),
 * and the most that was in use at a time. */
typedef struct torsh_device_memory {
    int64_t allocated, reserved, peak_allocated;
} torsh_device_memory_t;

/* What a device was asked to do since the program began. Devices that work while the host goes on count; for
 * the others all is 0. */
typedef struct torsh_device_counters {
    int64_t submissions; /* batches of work handed to the driver */
    int64_t dispatches;  /* kernels */
    int64_t barriers;    /* between kernels of which one needs what another wrote */
    int64_t pipelines;   /* kernels made ready, each when first used */
    int64_t uploads, uploaded_bytes, downloads, downloaded_bytes;
} torsh_device_counters_t;

/* How many devices of a kind (TORSH_VULKAN …) can be used; 0 without driver or plugin. */
TORSH_API int torsh_device_count(int kind);
/* index -1: the first device. DEVICE if there is no such device; this holds for the next four. */
TORSH_API torsh_status_t torsh_device_properties(torsh_device_t device, torsh_device_properties_t *out);
TORSH_API torsh_status_t torsh_device_memory(torsh_device_t device, torsh_device_memory_t *out);
TORSH_API torsh_status_t torsh_device_counters(torsh_device_t device, torsh_device_counters_t *out);
/* Waits until all work of the device is done; the first error that a kernel found in the meantime is
 * returned. */
TORSH_API torsh_status_t torsh_device_synchronize(torsh_device_t device);

/* ---- scalars: a number that knows its kind; an int64 never passes through double ---- */

enum {
    TORSH_SCALAR_NONE = 0,
    TORSH_SCALAR_BOOL = 1,
    TORSH_SCALAR_INT = 2,
    TORSH_SCALAR_UINT = 3,
    TORSH_SCALAR_FLOAT = 4,
    TORSH_SCALAR_COMPLEX = 5
};

typedef struct torsh_scalar {
    int64_t kind;
    union {
        int64_t i; /* BOOL: 0 or 1; INT */
        uint64_t u;
        double f;
        double c[2]; /* COMPLEX: real, imaginary */
    } v;
} torsh_scalar_t;

static inline torsh_scalar_t torsh_scalar_i(int64_t i)
{
    torsh_scalar_t s;
    s.kind = TORSH_SCALAR_INT;
    s.v.c[1] = 0;
    s.v.i = i;
    return s;
}

static inline torsh_scalar_t torsh_scalar_f(double f)
{
    torsh_scalar_t s;
    s.kind = TORSH_SCALAR_FLOAT;
    s.v.c[1] = 0;
    s.v.f = f;
    return s;
}

static inline torsh_scalar_t torsh_scalar_b(bool b)
{
    torsh_scalar_t s;
    s.kind = TORSH_SCALAR_BOOL;
    s.v.c[1] = 0;
    s.v.i = b;
    return s;
}

static inline torsh_scalar_t torsh_scalar_c(double real, double imag)
{
    torsh_scalar_t s;
    s.kind = TORSH_SCALAR_COMPLEX;
    s.v.c[0] = real;
    s.v.c[1] = imag;
    return s;
}

/* ---- errors ---- */

typedef struct torsh_error torsh_error_t;

/* This thread's unread error, or NULL. Lent: valid until it is taken or cleared. */
TORSH_API const torsh_error_t *torsh_last_error(void);
/* Reads and clears this thread's error: the caller frees it. NULL if there is none. */
TORSH_API torsh_error_t *torsh_error_take(void);
TORSH_API void torsh_clear_error(void);
/* The text, the status, and (CALLBACK only) the object that user code attached, of an error. */
TORSH_API const char *torsh_error_message(const torsh_error_t *error);
TORSH_API torsh_status_t torsh_error_status(const torsh_error_t *error);
TORSH_API void *torsh_error_object(const torsh_error_t *error);
TORSH_API void torsh_error_free(torsh_error_t *error);
/* For callbacks: makes this thread's error out of user code's own failure and returns CALLBACK.
 * `object` (may be NULL) is carried along; `destroy` runs on it when the error is freed. */
TORSH_API torsh_status_t torsh_error_raise(const char *message, void *object, void (*destroy)(void *object));
/* Name of a status, e.g. "SHAPE". */
TORSH_API const char *torsh_status_name(torsh_status_t status);

/* ---- memory, threads, start and end ---- */

/* As malloc and free; NULL with a MEMORY error. */
TORSH_API void *torsh_malloc(size_t bytes);
TORSH_API void torsh_free(void *p);
/* Bytes that tensors of a device hold now, as blocks of memory: what a garbage collector that sees handles
 * only needs to know when to run. 0 for a device that is not there. */
TORSH_API int64_t torsh_memory_allocated(torsh_device_t device);

/* Threads that kernels use: TORSH_NUM_THREADS, else the cores that affinity and cgroup quota leave. n >= 1.
 */
TORSH_API int torsh_get_num_threads(void);
TORSH_API torsh_status_t torsh_set_num_threads(int n);

/* ---- random numbers ---- */

/* A stream of random numbers; on the CPU PyTorch's mt19937, so that the same seed gives the same numbers. */
typedef struct torsh_generator torsh_generator_t;

/* The generator that operators use when they are given NULL. Lent. */
TORSH_API torsh_generator_t *torsh_default_generator(void);
TORSH_API torsh_generator_t *torsh_generator_new(void); /* seeded with 67280421310721, as PyTorch's */
TORSH_API torsh_generator_t *torsh_generator_retain(torsh_generator_t *generator);
TORSH_API void torsh_generator_free(torsh_generator_t *generator);
TORSH_API void torsh_generator_manual_seed(torsh_generator_t *generator, uint64_t seed);
TORSH_API uint64_t torsh_generator_initial_seed(const torsh_generator_t *generator);
/* The whole state as bytes, to be set again later. set: VALUE if it is not a state of ours. */
TORSH_API size_t torsh_generator_state_bytes(void);
TORSH_API torsh_status_t torsh_generator_get_state(const torsh_generator_t *generator, void *state);
TORSH_API torsh_status_t torsh_generator_set_state(torsh_generator_t *generator, const void *state,
                                                   size_t bytes);
/* Seeds the default generator. */
TORSH_API void torsh_manual_seed(uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
