/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-tensor for our other libraries: the tensor itself, an operator's record, the one way to run it. */
#ifndef TORSH_IMPL_TENSOR_H
#define TORSH_IMPL_TENSOR_H

#include <torsh/impl/core.h>
#include <torsh/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TORSH_INLINE_DIMS 5
#define TORSH_MAX_OUT 4
#define TORSH_HAS_WRAPPER 0x80000000u

/* Counted with __atomic builtins, so that C++ reads this header too. */
typedef struct torsh__version {
    int32_t refs; /* unused where it lies in a storage */
    uint32_t value;
    const char *changed_by; /* the operator that wrote last, for messages */
} torsh__version_t;

typedef struct torsh__storage {
    int32_t refs;
    torsh__version_t version; /* of every tensor on this memory, but for those that came from .data */
    torsh_device_t device;
    torsh__block_t block;
    int64_t bytes; /* that tensors may use */
    void (*deleter)(void *ctx);
    void *ctx;
    bool foreign; /* memory of somebody else: deleter (if any) ends it */
} torsh__storage_t;

struct torsh_tensor {
    uint32_t refs; /* with TORSH_HAS_WRAPPER */
    int8_t dtype;
    bool requires_grad; /* a leaf that wants a gradient, or a result with a node: autograd keeps it true to
                           that */
    bool is_number;     /* promotes as a Python number does */
    bool is_immediate;  /* no storage: `value` is the element. Lives on the stack, is never retained */
    bool has_view_meta; /* autograd knows it as a differentiable view */
    int32_t ndim;
    torsh_device_t device;
    int64_t n;      /* elements */
    int64_t offset; /* elements */
    int64_t *shape, *strides;
    int64_t dims[2 * TORSH_INLINE_DIMS];
    torsh__storage_t *storage;
    torsh__version_t *version; /* the storage's, or own_version */
    torsh__version_t *own_version;
    void *autograd;       /* torsh-autograd's: gradient, node, view chain; NULL for most */
    void *wrapper;        /* the binding's object */
    torsh_scalar_t value; /* immediates; else of kind NONE */
};

typedef struct torsh_tensor_list {
    int32_t n;
    torsh_tensor_t *tensors[];
} torsh_tensor_list;

/* ---- making tensors ---- */

/* Uninitialised memory. strides NULL: row-major. */
TORSH_API torsh_status_t torsh__tensor_new(torsh_dtype_t dtype, torsh_device_t device, int ndim,
                                           const int64_t *shape, const int64_t *strides,
                                           torsh_tensor_t **out);
/* Another look at t's memory; offset in elements of the storage. No autograd. */
TORSH_API torsh_status_t torsh__tensor_alias(const torsh_tensor_t *t, int ndim, const int64_t *shape,
                                             const int64_t *strides, int64_t offset, torsh_tensor_t **out);
/* Changes shape and strides in place (resize of out=, transpose_ …); grows the storage if needed. */
TORSH_API torsh_status_t torsh__tensor_resize(torsh_tensor_t *t, int ndim, const int64_t *shape,
                                              const int64_t *strides);
TORSH_API torsh_tensor_list_t *torsh__tensor_list_new(int n);
/* Fills `t` (on the caller's stack) with a number: an operand without memory. */
TORSH_API void torsh__number(torsh_tensor_t *t, torsh_scalar_t value);
/* Gives this thread's cached tensor objects back. */
TORSH_API void torsh__objects_trim(void);

/* t has exactly these sizes. */
static inline bool torsh__has_shape(const torsh_tensor_t *t, int ndim, const int64_t *shape)
{
    bool same = t->ndim == ndim;
    for (int d = 0; same && d < ndim; d++)
        same = t->shape[d] == shape[d];
    return same;
}
static inline bool torsh__same_shape(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    return torsh__has_shape(a, b->ndim, b->shape);
}
static inline torsh_tensor_t *torsh__retain(const torsh_tensor_t *t)
{
    return torsh_tensor_retain(t);
}
static inline void torsh__release(torsh_tensor_t *t)
{
    torsh_tensor_release(t);
}
/* t's values were changed by this operator. */
static inline void torsh__changed_by(torsh_tensor_t *t, const char *op)
{
    __atomic_fetch_add(&t->version->value, 1u, __ATOMIC_RELAXED);
    __atomic_store_n(&t->version->changed_by, op, __ATOMIC_RELAXED);
}
static inline void torsh__bump_version(torsh_tensor_t *t)
{
    torsh__changed_by(t, NULL);
}

/* ---- shape and stride arithmetic (shape.c) ---- */

/* Row-major strides; returns the number of elements, -1 on overflow. */
TORSH_API int64_t torsh__contiguous_strides(int ndim, const int64_t *shape, int64_t *strides);
TORSH_API bool torsh__is_contiguous(int ndim, const int64_t *shape, const int64_t *strides);
TORSH_API bool torsh__is_dense(int ndim, const int64_t *shape, const int64_t *strides);
/* d in [-n, n) to [0, n); a 0-d tensor takes -1 and 0. INDEX with PyTorch's message. */
TORSH_API torsh_status_t torsh__wrap_dim(int64_t d, int ndim, int64_t *out);
/* Marks wrapped dims (none given: all). INDEX; VALUE for a repeated one. */
TORSH_API torsh_status_t torsh__dim_mask(const char *op, torsh_dims_t dims, int ndim, bool *mask);
/* Broadcasts shape into (*ndim, out). SHAPE with PyTorch's message. */
TORSH_API torsh_status_t torsh__broadcast(const char *op, int ndim, const int64_t *shape, int *out_ndim,
                                          int64_t *out);
/* Writes "[2, 3]" and returns text. */
TORSH_API const char *torsh__shape_text(int ndim, const int64_t *shape, char *text, size_t bytes);
/* Strides with which t's elements show as the new shape, without a copy; false if there are none. */
TORSH_API bool torsh__view_strides(const torsh_tensor_t *t, int ndim, const int64_t *shape, int64_t *strides);
/* Replaces a single -1 of a shape for n elements. SHAPE with PyTorch's message. */
TORSH_API torsh_status_t torsh__infer_size(torsh_dims_t size, int64_t n, int64_t *shape);
/* PyTorch's result_type: dims before numbers, categories before sizes. Skips operands that are NULL. */
TORSH_API torsh_dtype_t torsh__result_type(const torsh_tensor_t *const *in, int n_in);
/* Whether a result of `from` may be written to `to` (no float to integer, no integer to bool). */
TORSH_API bool torsh__can_cast(torsh_dtype_t from, torsh_dtype_t to);

/* ---- operators ---- */

typedef enum {
    TORSH__POINTWISE, /* one kernel over an iteration space shared by all operands */
    TORSH__REDUCTION, /* the same, with results that have stride 0 where reduced */
    TORSH__VIEW,      /* shape arithmetic, no kernel */
    TORSH__KERNEL,    /* each backend's own */
    TORSH__COMPOSITE, /* over other operators, always expanded */
    TORSH__FUSED /* composite with grad: one node; a kernel, where there is one, replaces the composite */
} torsh__kind_t;

typedef enum {
    TORSH__ARG_TENSOR,
    TORSH__ARG_TENSOR_OPT,
    TORSH__ARG_TENSOR_LIST,
    TORSH__ARG_SCALAR,
    TORSH__ARG_SCALAR_OPT,
    TORSH__ARG_INT,
    TORSH__ARG_INT_OPT,
    TORSH__ARG_FLOAT,
    TORSH__ARG_FLOAT_OPT,
    TORSH__ARG_BOOL,
    TORSH__ARG_BOOL_OPT,
    TORSH__ARG_DIMS, /* int[] */
    TORSH__ARG_DIMS_OPT,
    TORSH__ARG_DTYPE, /* ScalarType? (and ScalarType) */
    TORSH__ARG_LAYOUT,
    TORSH__ARG_DEVICE,
    TORSH__ARG_MEMORY_FORMAT,
    TORSH__ARG_ENUM, /* str with listed choices, packed as an int */
    TORSH__ARG_GENERATOR
} torsh__arg_type_t;

typedef struct torsh__arg {
    const char *name;
    uint8_t type;    /* torsh__arg_type_t */
    uint16_t offset; /* in the params struct; of the count, for a list of tensors */
} torsh__arg_t;

/* How a tensor operand's dtype is settled (in_dtype), and a result's (out_dtype): a dtype, or one of these.
 */
enum {
    TORSH__COMPUTE = -2,   /* takes part in promotion, arrives in the compute dtype / has the compute dtype */
    TORSH__AS_IS = -3,     /* any dtype, not converted */
    TORSH__INDEX = -4,     /* int32 or int64, arrives as int64; anything else is an error */
    TORSH__BOOL_OR_U8 = -5 /* bool, but uint8 where the compute dtype is: any, all */
};

typedef struct torsh__meta {
    torsh_dtype_t dtype;
    int32_t ndim;
    bool strided;   /* strides are set; else row-major */
    int64_t offset; /* views: elements */
    int64_t shape[TORSH_MAX_DIMS], strides[TORSH_MAX_DIMS];
} torsh__meta_t;

typedef struct torsh__op torsh__op_t;
typedef struct torsh__scope torsh__scope_t;

/* What a shape rule sees: it fills out[]; dtypes are already there. */
typedef struct torsh__infer {
    const torsh__op_t *op;
    const torsh_tensor_t *const *in;
    int n_in;
    const void *params;
    torsh__meta_t *out;
} torsh__infer_t;

typedef torsh_status_t (*torsh__infer_fn)(const torsh__infer_t *x);
typedef torsh_status_t (*torsh__dtype_fn)(const torsh__infer_t *x, torsh_dtype_t *compute);
/* Generated: unpacks params and calls the composite; leaves new references in out (or one list). */
typedef torsh_status_t (*torsh__composite_fn)(torsh__scope_t *s, const torsh_tensor_t *const *in, int n_in,
                                              const void *params, torsh_tensor_t **out);

struct torsh__op {
    const char *name; /* "add.Tensor" */
    const char *schema;
    int16_t id;   /* slot of its kernels and derivatives */
    uint8_t kind; /* torsh__kind_t */
    int8_t n_args, n_tensors, n_out;
    bool returns_list;
    bool mutates_self;         /* exists in place only: copy_, fill_ … */
    bool multi_view;           /* several views at once: they refuse in-place writing */
    bool factory;              /* no tensor decides device and dtype: the params do */
    bool random;               /* draws from a generator */
    bool allocates;            /* the allocation is all there is to do: empty */
    bool takes_any;            /* an operand may have any dtype and device: copy_, _to_copy */
    bool self_overlap;         /* in place, several indices of self may name one element: fill_ */
    bool exact_out;            /* out= must have the result's dtype: PyTorch's kernel does not convert here */
    bool exact_with_numbers;   /* the same where an operand is a number */
    uint8_t nondifferentiable; /* bit i: result i has no gradient */
    uint32_t dtypes;           /* compute dtypes allowed: bit by dtype value */
    uint32_t checked_args;     /* bit a: args[a] is a scalar or a dtype, which may hold nonsense */
    uint16_t params_bytes;
    int16_t dtype_arg, device_arg, generator_arg; /* offsets in params, or -1 */
    const torsh__arg_t *args;
    const int8_t *in_dtype;  /* per tensor argument */
    const int8_t *out_dtype; /* per result */
    torsh__dtype_fn dtype;
    torsh__infer_fn infer;
    torsh__composite_fn composite;
};

enum { TORSH__NEW, TORSH__INPLACE, TORSH__OUT };

/* The one way to run an operator. in: all tensors, lists spread out, NULL for optional ones not given.
 * NEW: out[0..n_out) receive references. INPLACE: in[0] is written; out[0] is it, retained. OUT: out[] are
 * given and written; the same ones, retained, come back. returns_list: out[0] receives a torsh_tensor_list_t.
 */
TORSH_API torsh_status_t torsh__run(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                                    const void *params, torsh_tensor_t **out, int mode);
/* What generated entry functions call: the ABI's rules about NULL and errors around torsh__run. */
TORSH_API torsh_tensor_t *torsh__enter(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                                       const void *params, torsh_tensor_t **out, int mode,
                                       torsh_error_t **error);
/* Checks of arguments that the entry functions make before they pack; false: *error (or the thread's) is set.
 */
TORSH_API bool torsh__list_ok(const torsh__op_t *op, const char *arg, const torsh_tensor_t *const *tensors,
                              int n, torsh_error_t **error);
TORSH_API bool torsh__dims_ok(const torsh__op_t *op, const char *arg, const int64_t *dims, int n,
                              torsh_error_t **error);
TORSH_API bool torsh__choice(const torsh__op_t *op, const char *arg, const char *text,
                             const char *const *choices, int n, int *choice, torsh_error_t **error);
/* Hands further results to the caller, or drops them where he gave NULL. */
TORSH_API void torsh__give(torsh_tensor_t **slot, torsh_tensor_t *t);

/* ---- scopes: composites and derivatives ---- */

/* Owns temporaries. After a failure every call returns the dead tensor and does nothing. */
struct torsh__scope {
    torsh_status_t status;
    int32_t n, capacity;
    torsh_tensor_t **temps;
    torsh_tensor_t *first[24];
};

TORSH_API void torsh__scope_open(torsh__scope_t *s);
TORSH_API void torsh__scope_close(torsh__scope_t *s);
TORSH_API torsh_tensor_t *torsh__scope_dead(void);
/* Takes t over (on failure: releases it) and lends it back. */
TORSH_API torsh_tensor_t *torsh__scope_keep(torsh__scope_t *s, torsh_tensor_t *t);
/* Runs an operator inside a scope: what the generated op_* functions call. */
TORSH_API torsh_tensor_t *torsh__scope_run(torsh__scope_t *s, const torsh__op_t *op,
                                           const torsh_tensor_t *const *in, int n_in, const void *params,
                                           torsh_tensor_t **const *extra, int mode);
static inline bool scope_ok(const torsh__scope_t *s)
{
    return s->status == TORSH_OK;
}
/* torsh__fail inside a composite. */
#define scope_fail(s, ...)                                                                                   \
    ((s)->status == TORSH_OK ? (void)((s)->status = torsh__fail(__VA_ARGS__)) : (void)0)
/* Size of dimension d (negative: from the end); 1 when the scope has failed or t is dead. */
TORSH_API int64_t torsh__size(torsh__scope_t *s, const torsh_tensor_t *t, int64_t d);

/* ---- autograd's hook: NULL until torsh__autograd_register() ---- */

typedef struct torsh__autograd {
    /* grad mode is on, the operator has a derivative, and an input wants a gradient */
    bool (*should_record)(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in);
    /* before the kernel: makes the node and saves the inputs. mode as in torsh__run */
    torsh_status_t (*begin)(const torsh__op_t *op, const torsh_tensor_t *const *in, int n_in,
                            const void *params, int mode, void **node);
    /* after it: saves results, makes the node their history. node NULL: an in-place write that nobody records
     */
    torsh_status_t (*end)(void *node, const torsh__op_t *op, torsh_tensor_t *const *out, int n_out, int mode);
    void (*abandon)(void *node); /* the kernel failed */
    /* a view was made (recorded or not): it remembers its base and how it came about; index: among several
     * made at once, else -1 */
    torsh_status_t (*viewed)(const torsh__op_t *op, const torsh_tensor_t *base, const void *params,
                             torsh_tensor_t *view, int index);
    /* may this tensor be written in place now? STATE otherwise */
    torsh_status_t (*check_inplace)(const torsh__op_t *op, const torsh_tensor_t *self, bool recording);
    void (*release)(torsh_tensor_t *t); /* t goes away */
    /* grad mode is on and t requires grad */
    bool (*recording)(const torsh_tensor_t *t);
    /* what print adds: "grad_fn=<MulBackward0>", "requires_grad=True", or NULL */
    const char *(*describe)(const torsh_tensor_t *t, char *text, size_t bytes);
    /* a copy of t that goes on with its history */
    torsh_tensor_t *(*clone)(torsh__scope_t *s, const torsh_tensor_t *t);
    /* turns grad mode off or back; returns what it was */
    bool (*set_enabled)(bool enabled);
} torsh__autograd_t;

extern TORSH_API const torsh__autograd_t *torsh__autograd;

/* A deep copy of an operator's params (dims included), for whoever keeps them. NULL with an error. */
TORSH_API void *torsh__params_copy(const torsh__op_t *op, const void *params);

/* self <- src, also across devices, with conversion and broadcasting; no autograd. */
TORSH_API torsh_status_t torsh__copy(torsh_tensor_t *self, const torsh_tensor_t *src);
/* A contiguous tensor of this dtype with t's values: t itself retained if it already is. No autograd. */
TORSH_API torsh_status_t torsh__contiguous_as(const torsh_tensor_t *t, torsh_dtype_t dtype,
                                              torsh_tensor_t **out);
TORSH_API torsh_scalar_t torsh__scalar_cast(torsh_scalar_t s, torsh_dtype_t dtype);
/* One element in memory <-> a scalar; the conversion is C's, bool is != 0. */
TORSH_API void torsh__scalar_store(torsh_scalar_t s, torsh_dtype_t dtype, void *to);
TORSH_API torsh_scalar_t torsh__scalar_load(const void *from, torsh_dtype_t dtype);
TORSH_API double torsh__scalar_double(torsh_scalar_t s);
TORSH_API int64_t torsh__scalar_int(torsh_scalar_t s);

#ifdef __cplusplus
}
#endif
#endif
