/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "pickle.h"

/* The first of each meaning (and dtype) is what is written; further ones are other versions' names for it. */
static const torsh__global_t globals[] = {
    {"torch._utils", "_rebuild_tensor_v2", TORSH__REBUILD_TENSOR_V2, TORSH_DTYPE_NONE},
    {"torch._utils", "_rebuild_tensor_v3", TORSH__REBUILD_TENSOR_V3, TORSH_DTYPE_NONE},
    {"torch._utils", "_rebuild_parameter", TORSH__REBUILD_PARAMETER, TORSH_DTYPE_NONE},
    {"collections", "OrderedDict", TORSH__ORDERED_DICT, TORSH_DTYPE_NONE},
    {"collections", "Counter", TORSH__COUNTER, TORSH_DTYPE_NONE},
    {"torch", "Size", TORSH__SIZE, TORSH_DTYPE_NONE},
    {"torch", "device", TORSH__DEVICE, TORSH_DTYPE_NONE},
    {"__builtin__", "complex", TORSH__COMPLEX, TORSH_DTYPE_NONE},
    {"builtins", "complex", TORSH__COMPLEX, TORSH_DTYPE_NONE},
    {"_codecs", "encode", TORSH__ENCODE, TORSH_DTYPE_NONE},
    {"__builtin__", "bytes", TORSH__BYTES, TORSH_DTYPE_NONE},
    {"torch.storage", "UntypedStorage", TORSH__UNTYPED_STORAGE, TORSH_U8},
    {"torch", "UntypedStorage", TORSH__UNTYPED_STORAGE, TORSH_U8},
    {"torch", "ByteStorage", TORSH__TYPED_STORAGE, TORSH_U8},
    {"torch", "CharStorage", TORSH__TYPED_STORAGE, TORSH_I8},
    {"torch", "ShortStorage", TORSH__TYPED_STORAGE, TORSH_I16},
    {"torch", "IntStorage", TORSH__TYPED_STORAGE, TORSH_I32},
    {"torch", "LongStorage", TORSH__TYPED_STORAGE, TORSH_I64},
    {"torch", "HalfStorage", TORSH__TYPED_STORAGE, TORSH_F16},
    {"torch", "FloatStorage", TORSH__TYPED_STORAGE, TORSH_F32},
    {"torch", "DoubleStorage", TORSH__TYPED_STORAGE, TORSH_F64},
    {"torch", "ComplexFloatStorage", TORSH__TYPED_STORAGE, TORSH_C64},
    {"torch", "ComplexDoubleStorage", TORSH__TYPED_STORAGE, TORSH_C128},
    {"torch", "BoolStorage", TORSH__TYPED_STORAGE, TORSH_BOOL},
    {"torch", "BFloat16Storage", TORSH__TYPED_STORAGE, TORSH_BF16},
#define X(name, value, bytes, text) {"torch", text, TORSH__DTYPE, TORSH_##name},
    TORSH_DTYPE_LIST(X)
#undef X
};
#define N_GLOBALS (sizeof globals / sizeof *globals)

static bool same(const char *a, const char *b, size_t b_bytes)
{
    return strlen(a) == b_bytes && memcmp(a, b, b_bytes) == 0;
}

const torsh__global_t *torsh__global_find(const char *module, size_t module_bytes, const char *name,
                                          size_t name_bytes)
{
    /* before PyTorch 1.6 the storages of a GPU had classes of their own */
    if (same("torch.cuda", module, module_bytes) && name_bytes > 7 &&
        memcmp(name + name_bytes - 7, "Storage", 7) == 0)
        module_bytes = 5;
    for (size_t i = 0; i < N_GLOBALS; i++)
        if (same(globals[i].module, module, module_bytes) && same(globals[i].name, name, name_bytes))
            return &globals[i];
    return NULL;
}

const torsh__global_t *torsh__global_of(torsh__meaning_t meaning, torsh_dtype_t dtype)
{
    for (size_t i = 0; i < N_GLOBALS; i++)
        if (globals[i].meaning == meaning &&
            ((meaning != TORSH__TYPED_STORAGE && meaning != TORSH__DTYPE) || globals[i].dtype == dtype))
            return &globals[i];
    return NULL;
}
