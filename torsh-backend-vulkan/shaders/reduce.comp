// SPDX-License-Identifier: MIT OR Apache-2.0
// A reduction of the table. Short ones: an invocation each. Long ones: a group each, or, in two passes, a group for
// each part of one; how they are cut depends on the shape alone.
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint OP = 0u;
layout(constant_id = 1) const uint GROUPED = 0u;
layout(constant_id = 2) const uint D_OUT = 0u;
layout(constant_id = 3) const uint D_IN = 0u;
layout(constant_id = 4) const uint MAPPED = 0u; // 0: the second pass

layout(push_constant) uniform P {
    uvec2 out_, in_, table;
    uint kept, reduced, kept_dims, reduced_dims, parts, part;
} p;

T combine(T v_a, T v_b)
{
    switch (OP) {
#define COMBINE
CASES
#undef COMBINE
    }
    return v_a;
}

T map(T v_self)
{
    switch (OP) {
#define MAP
CASES
#undef MAP
    }
    return v_self;
}

// rows of the table: shape, strides of input and result; kept dimensions, then the reduced ones
uint place(uint i, uint first, uint dims, uint column)
{
    uint at = 0u;
    for (uint d = dims; d-- > 0u;) {
        uint row = 3u * (first + d), size = B32(p.table).v[row], next = i / size;
        at += (i - next * size) * B32(p.table).v[row + column];
        i = next;
    }
    return at;
}

T value(uint base, uint r)
{
    T x = load(p.in_, D_IN, base + place(r, p.kept_dims, p.reduced_dims, 1u));
    return MAPPED != 0u ? map(x) : x;
}

// truth values are 0 and 1 in any type
void store_result(uint at, T x)
{
#ifndef T_I32
    if (D_OUT == BOOL || D_OUT == U8) {
        store_bool(p.out_, at, x != T(0));
        return;
    }
#endif
    store(p.out_, D_OUT, at, x);
}

shared T lanes[64];

void main()
{
    if (GROUPED == 0u) {
        const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
        for (uint i = gl_GlobalInvocationID.x; i < p.kept; i += step) {
            uint base = place(i, 0u, p.kept_dims, 1u);
            T x = value(base, 0u);
            for (uint r = 1u; r < p.reduced; r++)
                x = combine(x, value(base, r));
            store_result(place(i, 0u, p.kept_dims, 2u), x);
        }
        return;
    }
    const uint lane = gl_LocalInvocationID.x, groups = p.kept * p.parts;
    for (uint g = gl_WorkGroupID.x; g < groups; g += gl_NumWorkGroups.x) {
        uint i = g / p.parts, begin = g % p.parts * p.part, end = min(p.reduced, begin + p.part);
        uint base = place(i, 0u, p.kept_dims, 1u), n = min(end - begin, 64u);
        if (lane < n) {
            T x = value(base, begin + lane);
            for (uint r = begin + lane + 64u; r < end; r += 64u)
                x = combine(x, value(base, r));
            lanes[lane] = x;
        }
        barrier();
        for (uint half_ = 32u; half_ > 0u; half_ >>= 1) {
            if (lane < half_ && lane + half_ < n)
                lanes[lane] = combine(lanes[lane], lanes[lane + half_]);
            barrier();
        }
        if (lane == 0u) {
            if (p.parts == 1u)
                store_result(place(i, 0u, p.kept_dims, 2u), lanes[0]);
            else
                store(p.out_, NATIVE, g, lanes[0]);
        }
        barrier();
    }
}
