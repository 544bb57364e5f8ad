// SPDX-License-Identifier: MIT OR Apache-2.0
// Elements from one dtype to another; int64 and float64 where the device has them.
// module convert
// module convert_i64 HAS_I64
// module convert_f64 HAS_I64 HAS_F64
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FROM = 0u;
layout(constant_id = 1) const uint TO = 0u;

layout(push_constant) uniform P {
    uvec2 to, from, table;
    uint n, ndim, s_to, s_from;
} p;

#ifdef HAS_I64
#define INTEGER int64_t
#else
#define INTEGER int
#endif
#ifdef HAS_F64
#define REAL double
#else
#define REAL float
#endif

bool is_real(uint dtype)
{
    return dtype == F16 || dtype == BF16 || dtype == F32 || dtype == F64;
}

REAL load_real(uint i)
{
#ifdef HAS_F64
    if (FROM == F64)
        return packDouble2x32(B64(p.from).v[i]);
#endif
    if (FROM == F32)
        return REAL(uintBitsToFloat(B32(p.from).v[i]));
    uint h = uint(B16(p.from).v[i]);
    return REAL(FROM == BF16 ? f32_from_bf16(h) : f32_from_f16(h));
}

INTEGER load_integer(uint i)
{
#ifdef HAS_I64
    if (FROM == I64 || FROM == U64)
        return int64_t(packUint2x32(B64(p.from).v[i]));
    if (FROM == U32)
        return int64_t(B32(p.from).v[i]);
#endif
    if (FROM == I32)
        return INTEGER(int(B32(p.from).v[i]));
    if (FROM == I16)
        return INTEGER((int(uint(B16(p.from).v[i])) << 16) >> 16);
    if (FROM == U16)
        return INTEGER(uint(B16(p.from).v[i]));
    if (FROM == I8)
        return INTEGER((int(uint(B8(p.from).v[i])) << 24) >> 24);
    return INTEGER(uint(B8(p.from).v[i]));
}

void store_real(uint i, REAL x)
{
#ifdef HAS_F64
    if (TO == F64) {
        B64(p.to).v[i] = unpackDouble2x32(x);
        return;
    }
#endif
    if (TO == F32)
        B32(p.to).v[i] = floatBitsToUint(float(x));
    else if (TO == BF16)
        B16(p.to).v[i] = uint16_t(bf16_from_f32(float(x)));
    else
        B16(p.to).v[i] = uint16_t(f16_from_f32(float(x)));
}

void store_integer(uint i, INTEGER x)
{
#ifdef HAS_I64
    if (TO == I64 || TO == U64) {
        B64(p.to).v[i] = unpackUint2x32(uint64_t(x));
        return;
    }
    uint low = uint(uint64_t(x) & 0xfffffffful);
#else
    uint low = uint(x);
#endif
    if (TO == I32 || TO == U32)
        B32(p.to).v[i] = low;
    else if (TO == I16 || TO == U16)
        B16(p.to).v[i] = uint16_t(low & 0xffffu);
    else
        B8(p.to).v[i] = uint8_t(low & 255u);
}

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        uint to = i * p.s_to, from = i * p.s_from;
        if (p.ndim > 1u) {
            to = from = 0u;
            uint rest = i;
            for (uint d = p.ndim; d-- > 0u;) {
                uint size = B32(p.table).v[3u * d], next = rest / size, x = rest - next * size;
                to += x * B32(p.table).v[3u * d + 1u];
                from += x * B32(p.table).v[3u * d + 2u];
                rest = next;
            }
        }
        if (is_real(FROM)) {
            REAL x = load_real(from);
            if (TO == BOOL)
                store_bool(p.to, to, x != REAL(0));
            else if (is_real(TO))
                store_real(to, x);
            else
                store_integer(to, INTEGER(x));
        } else {
            INTEGER x = load_integer(from);
            if (TO == BOOL)
                store_bool(p.to, to, x != INTEGER(0));
            else if (is_real(TO))
#ifdef HAS_I64 // rounded once
                store_real(to, FROM == U64 ? REAL(uint64_t(x)) : TO == F32 ? REAL(float(x)) : REAL(x));
#else
                store_real(to, REAL(x));
#endif
            else
                store_integer(to, x);
        }
    }
}
