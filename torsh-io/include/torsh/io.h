/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh-io: state dicts and nested values in files, as PyTorch's torch.save and as safetensors. Part of the C
 * ABI.
 *
 *     torsh_state_t *state = torsh_load("model.pt", &error);          (either format, told by content)
 *     torsh_tensor_t *w = torsh_state_get(state, "fc.weight");        (lent)
 *     torsh_save_safetensors(state, "model.safetensors", &error);
 *     torsh_state_free(state);
 *
 * Reading executes nothing: of a pickle only data is taken, the list of what it may name is closed. Every
 * size, offset and checksum is checked; what is wrong is an IO error that names the file, the entry and the
 * byte. Loaded tensors are on the CPU and own their memory: nothing refers to the file afterwards. Tensors
 * that shared a storage when they were saved share one again (PyTorch's format; safetensors knows no
 * sharing). Writing to a path makes a temporary file beside it, which replaces the old file only when all of
 * it is on disk. */
#ifndef TORSH_IO_H
#define TORSH_IO_H

#include <torsh/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- values: what torch.save writes and torch.load(weights_only=True) reads ---- */

/* Counted; the same value may stand in several places (as in Python), but never inside itself. */
typedef struct torsh_value torsh_value_t;

enum {
    TORSH_VALUE_NONE = 0,
    TORSH_VALUE_BOOL = 1,
    TORSH_VALUE_INT = 2,
    TORSH_VALUE_FLOAT = 3,
    TORSH_VALUE_STRING = 4, /* UTF-8, also with NULs inside */
    TORSH_VALUE_LIST = 5,
    TORSH_VALUE_TUPLE = 6,
    TORSH_VALUE_DICT = 7, /* ordered; keys are NONE, BOOL, INT, FLOAT, STRING or BYTES */
    TORSH_VALUE_TENSOR = 8,
    TORSH_VALUE_BYTES = 9,
    TORSH_VALUE_COMPLEX = 10,
    TORSH_VALUE_DTYPE = 11,
    TORSH_VALUE_DEVICE = 12
};

/* The Python class of a TUPLE or DICT where it is not tuple or dict. */
enum {
    TORSH_CLASS_PLAIN = 0,
    TORSH_CLASS_ORDERED_DICT = 1, /* collections.OrderedDict */
    TORSH_CLASS_COUNTER = 2,      /* collections.Counter */
    TORSH_CLASS_SIZE = 3          /* torch.Size */
};

/* The caller owns the result. NULL with an error: MEMORY; VALUE for text that is not UTF-8 or an unfit class.
 */
TORSH_API torsh_value_t *torsh_value_new_none(void);
TORSH_API torsh_value_t *torsh_value_new_bool(int value);
TORSH_API torsh_value_t *torsh_value_new_int(int64_t value);
TORSH_API torsh_value_t *torsh_value_new_float(double value);
TORSH_API torsh_value_t *torsh_value_new_complex(double real, double imag);
TORSH_API torsh_value_t *torsh_value_new_string(const char *text, size_t bytes);
TORSH_API torsh_value_t *torsh_value_new_bytes(const void *data, size_t bytes);
TORSH_API torsh_value_t *torsh_value_new_dtype(torsh_dtype_t dtype);
TORSH_API torsh_value_t *torsh_value_new_device(torsh_device_t device);
/* Retains the tensor. The flags say how Python shall see it; the tensor itself is not touched. */
TORSH_API torsh_value_t *torsh_value_new_tensor(const torsh_tensor_t *tensor, int requires_grad,
                                                int is_parameter);
TORSH_API torsh_value_t *torsh_value_new_list(void);
TORSH_API torsh_value_t *torsh_value_new_tuple(int python_class); /* PLAIN or SIZE */
TORSH_API torsh_value_t *torsh_value_new_dict(int python_class);  /* PLAIN, ORDERED_DICT or COUNTER */

TORSH_API torsh_value_t *torsh_value_retain(const torsh_value_t *value);
TORSH_API void torsh_value_release(torsh_value_t *value);
TORSH_API void torsh_value_free(torsh_value_t *value); /* the same */

/* Appends to a LIST or TUPLE; takes the item over, also when it fails. NULL after an earlier failure: fails
 * as that. */
TORSH_API torsh_status_t torsh_value_add(torsh_value_t *value, torsh_value_t *item);
/* Sets key to item in a DICT, at its old place if it has one; takes both over, also when it fails. */
TORSH_API torsh_status_t torsh_value_add_pair(torsh_value_t *dict, torsh_value_t *key, torsh_value_t *item);
/* The same with a STRING key. */
TORSH_API torsh_status_t torsh_value_add_named(torsh_value_t *dict, const char *name, torsh_value_t *item);
/* The Python attributes of an ORDERED_DICT: a DICT (taken over; NULL removes it), such as {"_metadata": ...}
 * of a module's state_dict or {"__metadata__": ...} of a safetensors file. */
TORSH_API torsh_status_t torsh_value_set_attributes(torsh_value_t *dict, torsh_value_t *attributes);

TORSH_API int torsh_value_kind(const torsh_value_t *value); /* -1 for NULL */
TORSH_API int torsh_value_class(const torsh_value_t *value);
/* Of a value of that kind; 0, false or NULL of any other. What is a pointer is lent. */
TORSH_API bool torsh_value_bool(const torsh_value_t *value);
TORSH_API int64_t torsh_value_int(const torsh_value_t *value);
TORSH_API double torsh_value_float(const torsh_value_t *value);
TORSH_API void torsh_value_complex(const torsh_value_t *value, double *real, double *imag);
/* STRING and BYTES; a NUL follows the last byte. bytes may be NULL. */
TORSH_API const char *torsh_value_string(const torsh_value_t *value, size_t *bytes);
TORSH_API torsh_dtype_t torsh_value_dtype(const torsh_value_t *value);   /* TORSH_DTYPE_NONE */
TORSH_API torsh_device_t torsh_value_device(const torsh_value_t *value); /* kind -1 */
TORSH_API torsh_tensor_t *torsh_value_tensor(const torsh_value_t *value);
TORSH_API bool torsh_value_requires_grad(const torsh_value_t *value);
TORSH_API bool torsh_value_is_parameter(const torsh_value_t *value);
/* Items of a LIST or TUPLE, pairs of a DICT; item(i) of a DICT is the i-th pair's second half. */
TORSH_API int64_t torsh_value_n(const torsh_value_t *value);
TORSH_API torsh_value_t *torsh_value_item(const torsh_value_t *value, int64_t i);
TORSH_API torsh_value_t *torsh_value_key(const torsh_value_t *dict, int64_t i);
/* What a DICT has under that STRING; NULL (and no error) if nothing. */
TORSH_API torsh_value_t *torsh_value_get(const torsh_value_t *dict, const char *name);
TORSH_API torsh_value_t *torsh_value_attributes(const torsh_value_t *dict);

/* Reads a file of torch.save (the zip format of PyTorch 1.6 and later) or a safetensors file, which is an
 * ORDERED_DICT of tensors. NULL and IO, MEMORY; what is refused (other classes, sets, ints beyond 64 bits,
 * cycles, more than 1000 levels …) is named with its place. A buffer is read in place and not kept. */
TORSH_API torsh_value_t *torsh_value_load(const char *path, torsh_error_t **error);
TORSH_API torsh_value_t *torsh_value_load_buffer(const void *data, size_t bytes, torsh_error_t **error);
/* Writes torch.save's format. IO; VALUE for a tensor without memory, a storage used with two dtypes (as in
 * PyTorch) or values more than 1000 deep. Buffer: *data is freed with torsh_free. Tensors of other devices
 * are written as the CPU's. */
TORSH_API torsh_status_t torsh_value_save(const torsh_value_t *value, const char *path,
                                          torsh_error_t **error);
TORSH_API torsh_status_t torsh_value_save_buffer(const torsh_value_t *value, void **data, size_t *bytes,
                                                 torsh_error_t **error);

/* ---- state dicts: named tensors in order ---- */

typedef struct torsh_state torsh_state_t;

TORSH_API torsh_state_t *torsh_state_new(void);
/* A state on a DICT whose keys are strings without NULs and whose items are tensors (retained, not copied): a
 * part of a larger file, say. TYPE names the first key that does not fit. */
TORSH_API torsh_state_t *torsh_state_from_value(const torsh_value_t *dict, torsh_error_t **error);
TORSH_API void torsh_state_free(torsh_state_t *state);
/* Retains the tensor; replaces one of the same name, at its place. NULL after an earlier failure: fails as
 * that. */
TORSH_API torsh_status_t torsh_state_set(torsh_state_t *state, const char *name,
                                         const torsh_tensor_t *tensor);
/* Lent; NULL (and no error) if there is none of that name. */
TORSH_API torsh_tensor_t *torsh_state_get(const torsh_state_t *state, const char *name);
TORSH_API int torsh_state_n(const torsh_state_t *state);
/* In the order of setting or of the file. Lent; NULL beyond the end. */
TORSH_API const char *torsh_state_name(const torsh_state_t *state, int i);
TORSH_API torsh_tensor_t *torsh_state_tensor(const torsh_state_t *state, int i);
/* The DICT below, e.g. for its attributes. Lent. */
TORSH_API torsh_value_t *torsh_state_value(const torsh_state_t *state);

/* As torsh_value_load; a file that holds anything but named tensors is a TYPE error that names it. */
TORSH_API torsh_state_t *torsh_load(const char *path, torsh_error_t **error);
TORSH_API torsh_state_t *torsh_load_buffer(const void *data, size_t bytes, torsh_error_t **error);
/* PyTorch's format. */
TORSH_API torsh_status_t torsh_save(const torsh_state_t *state, const char *path, torsh_error_t **error);
TORSH_API torsh_status_t torsh_save_buffer(const torsh_state_t *state, void **data, size_t *bytes,
                                           torsh_error_t **error);
/* safetensors, with the attribute "__metadata__" (a DICT of strings) if there is one. Names keep their order,
 * data lies by element size, largest first. DTYPE for complex128, which the format lacks. */
TORSH_API torsh_status_t torsh_save_safetensors(const torsh_state_t *state, const char *path,
                                                torsh_error_t **error);
TORSH_API torsh_status_t torsh_save_safetensors_buffer(const torsh_state_t *state, void **data, size_t *bytes,
                                                       torsh_error_t **error);

#ifdef __cplusplus
}
#endif
#endif
