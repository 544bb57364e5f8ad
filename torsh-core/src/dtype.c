/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdatomic.h>

#include <torsh/impl/core.h>

const char *torsh_dtype_name(torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_DTYPE_NONE:
        return "none";
#define X(name, value, bytes, text)                                                                          \
    case TORSH_##name:                                                                                       \
        return text;
        TORSH_DTYPE_LIST(X)
#undef X
    }
    return "invalid";
}

int torsh_dtype_bytes(torsh_dtype_t dtype)
{
    return torsh__dtype_bytes(dtype);
}

bool torsh_dtype_is_floating(torsh_dtype_t dtype)
{
    return dtype == TORSH_F32 || dtype == TORSH_F64 || dtype == TORSH_F16 || dtype == TORSH_BF16;
}

static bool is_complex(torsh_dtype_t dtype)
{
    return dtype == TORSH_C64 || dtype == TORSH_C128;
}

/* PyTorch promotes uint16, uint32 and uint64 with floating dtypes only. */
static bool is_bare_unsigned(torsh_dtype_t dtype)
{
    return dtype == TORSH_U16 || dtype == TORSH_U32 || dtype == TORSH_U64;
}

/* the names that PyTorch's message uses */
static const char *type_name(torsh_dtype_t dtype)
{
    static const char *const names[] = {
        [TORSH_U8] = "Byte",          [TORSH_I8] = "Char",
        [TORSH_I16] = "Short",        [TORSH_I32] = "Int",
        [TORSH_I64] = "Long",         [TORSH_F16] = "Half",
        [TORSH_F32] = "Float",        [TORSH_F64] = "Double",
        [TORSH_C64] = "ComplexFloat", [TORSH_C128] = "ComplexDouble",
        [TORSH_BOOL] = "Bool",        [TORSH_BF16] = "BFloat16",
        [TORSH_U16] = "UInt16",       [TORSH_U32] = "UInt32",
        [TORSH_U64] = "UInt64",
    };
    return names[dtype];
}

static torsh_dtype_t wider(torsh_dtype_t a, torsh_dtype_t b)
{
    return torsh_dtype_bytes(a) >= torsh_dtype_bytes(b) ? a : b;
}

torsh_dtype_t torsh_promote_types(torsh_dtype_t a, torsh_dtype_t b)
{
    if (torsh_dtype_bytes(a) == 0 || torsh_dtype_bytes(b) == 0) {
        torsh__fail(TORSH_ERR_DTYPE, "promote_types: %d and %d must be dtypes", (int)a, (int)b);
        return TORSH_DTYPE_NONE;
    }
    if (a == b)
        return a;

    bool a_floats = torsh_dtype_is_floating(a), b_floats = torsh_dtype_is_floating(b);
    if ((is_bare_unsigned(a) && !b_floats) || (is_bare_unsigned(b) && !a_floats)) {
        torsh__fail(
            TORSH_ERR_DTYPE,
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote %s and %s",
            type_name(a), type_name(b));
        return TORSH_DTYPE_NONE;
    }
    if (is_complex(a) || is_complex(b))
        return wider(a, b) == TORSH_C128 || a == TORSH_F64 || b == TORSH_F64 ? TORSH_C128 : TORSH_C64;
    if (a_floats && b_floats) /* float16 and bfloat16: neither holds the other */
        return torsh_dtype_bytes(a) == torsh_dtype_bytes(b) ? TORSH_F32 : wider(a, b);
    if (a_floats || b_floats)
        return a_floats ? a : b;
    if (a == TORSH_BOOL || b == TORSH_BOOL)
        return a == TORSH_BOOL ? b : a;
    /* of two integers of the same width one is uint8, the other int8 */
    return torsh_dtype_bytes(a) == torsh_dtype_bytes(b) ? TORSH_I16 : wider(a, b);
}

static _Atomic torsh_dtype_t default_dtype = TORSH_F32;

torsh_dtype_t torsh_get_default_dtype(void)
{
    return atomic_load_explicit(&default_dtype, memory_order_relaxed);
}

torsh_status_t torsh_set_default_dtype(torsh_dtype_t dtype)
{
    if (!torsh_dtype_is_floating(dtype))
        return torsh__fail(TORSH_ERR_VALUE,
                           "only floating-point types are supported as the default type, and %s is none",
                           torsh_dtype_name(dtype));
    atomic_store_explicit(&default_dtype, dtype, memory_order_relaxed);
    return TORSH_OK;
}
