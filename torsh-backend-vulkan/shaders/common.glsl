// SPDX-License-Identifier: MIT OR Apache-2.0
// In front of every shader: memory by address, the type T that a module computes in, and how its numbers lie in
// memory. T_F32 also reads and writes float16 and bfloat16, T_I32 uint8 and bool.
#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_16bit_storage : require
#if defined(T_F64) || defined(T_I64) || defined(HAS_I64)
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#endif

layout(buffer_reference, std430, buffer_reference_align = 1) buffer B8 { uint8_t v[]; };
layout(buffer_reference, std430, buffer_reference_align = 2) buffer B16 { uint16_t v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer B32 { uint v[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer B64 { uvec2 v[]; };

// torsh_dtype_t
const uint U8 = 0u, I8 = 1u, I16 = 2u, I32 = 3u, I64 = 4u, F16 = 5u, F32 = 6u, F64 = 7u, BOOL = 11u, BF16 = 15u, U16 = 27u, U32 = 28u, U64 = 29u;

// what went wrong: the first one stays
const uint ZERO_DIVISION = 1u, INDEX = 2u, TARGET = 3u, VALUE_INDEX = 4u, SELF_INDEX = 5u;
void report(uvec2 errors, uint what, int value, int dim, int size)
{
    if (atomicCompSwap(B32(errors).v[0], 0u, what) == 0u) {
        B32(errors).v[1] = uint(value);
        B32(errors).v[2] = uint(dim);
        B32(errors).v[3] = uint(size);
    }
}

float f32_from_bf16(uint h)
{
    return uintBitsToFloat(h << 16);
}

uint bf16_from_f32(float f)
{
    uint u = floatBitsToUint(f);
    return (u & 0x7fffffffu) > 0x7f800000u ? (u >> 16) | 0x40u : (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
}

// float16, subnormals included, in integers: what packHalf2x16 does with them is the driver's choice
float f32_from_f16(uint h)
{
    uint sign = (h & 0x8000u) << 16, m = (h & 0x7fffu) << 13;
    float small = float(h & 0x7fffu) * 5.9604644775390625e-8;
    uint u = m < (1u << 23) ? floatBitsToUint(small) : m + (112u << 23);
    return uintBitsToFloat((m >= 0x0f800000u ? m | 0x7f800000u : u) | sign);
}

uint f16_from_f32(float f)
{
    uint u = floatBitsToUint(f), sign = (u >> 16) & 0x8000u, a = u & 0x7fffffffu;
    uint normal = (a - (112u << 23) + 0xfffu + ((a >> 13) & 1u)) >> 13;
    uint small = uint(roundEven(uintBitsToFloat(a) * 16777216.0));
    uint h = a < (113u << 23) ? small : normal;
    h = a >= 0x477ff000u ? 0x7c00u : h;
    h = a > 0x7f800000u ? 0x7e00u | (a >> 13 & 0x3ffu) : h;
    return h | sign;
}

#if defined(T_F32)
#define T float
const uint NATIVE = F32;
T from_bits(uvec2 k) { return uintBitsToFloat(k.x); }
T load(uvec2 p, uint dtype, uint i)
{
    if (dtype == F32)
        return uintBitsToFloat(B32(p).v[i]);
    uint h = uint(B16(p).v[i]);
    return dtype == BF16 ? f32_from_bf16(h) : f32_from_f16(h);
}
void store(uvec2 p, uint dtype, uint i, T x)
{
    if (dtype == F32)
        B32(p).v[i] = floatBitsToUint(x);
    else
        B16(p).v[i] = uint16_t(dtype == BF16 ? bf16_from_f32(x) : f16_from_f32(x));
}
#elif defined(T_F64)
#define T double
const uint NATIVE = F64;
T from_bits(uvec2 k) { return packDouble2x32(k); }
T load(uvec2 p, uint dtype, uint i) { return packDouble2x32(B64(p).v[i]); }
void store(uvec2 p, uint dtype, uint i, T x) { B64(p).v[i] = unpackDouble2x32(x); }
#elif defined(T_I64)
#define T int64_t
const uint NATIVE = I64;
T from_bits(uvec2 k) { return int64_t(packUint2x32(k)); }
T load(uvec2 p, uint dtype, uint i) { return int64_t(packUint2x32(B64(p).v[i])); }
void store(uvec2 p, uint dtype, uint i, T x) { B64(p).v[i] = unpackUint2x32(uint64_t(x)); }
#elif defined(T_I32)
#define T int
const uint NATIVE = I32;
T from_bits(uvec2 k) { return int(k.x); }
T load(uvec2 p, uint dtype, uint i) { return dtype == I32 ? int(B32(p).v[i]) : int(uint(B8(p).v[i])); }
void store(uvec2 p, uint dtype, uint i, T x)
{
    if (dtype == I32)
        B32(p).v[i] = uint(x);
    else
        B8(p).v[i] = uint8_t(dtype == BOOL ? uint(x != 0) : uint(x) & 255u);
}
#endif

bool load_bool(uvec2 p, uint i)
{
    return uint(B8(p).v[i]) != 0u;
}

void store_bool(uvec2 p, uint i, bool x)
{
    B8(p).v[i] = uint8_t(x ? 1u : 0u);
}

// an int64 index without int64: what does not fit is far outside of everything
int load_index(uvec2 p, uint i)
{
    uvec2 w = B64(p).v[i];
    bool fits = w.y == ((w.x & 0x80000000u) != 0u ? 0xffffffffu : 0u);
    return fits ? int(w.x) : 0x7fffffff;
}
