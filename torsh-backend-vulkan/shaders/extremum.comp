// SPDX-License-Identifier: MIT OR Apache-2.0
// The largest or smallest along a dimension and where the first of its kind stands; NaN beats all numbers.
// module extremum_f32 T_F32
// module extremum_f64 T_F64
// module extremum_i32 T_I32
// module extremum_i64 T_I64
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint LARGEST = 0u;

layout(push_constant) uniform P {
    uvec2 from, values, indices;
    uint n, rows, inner;
} p;

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        uint at = i / p.inner * p.rows * p.inner + i % p.inner, best = 0u;
        T y = load(p.from, DTYPE, at);
        for (uint r = 1u; r < p.rows && y == y; r++) {
            T x = load(p.from, DTYPE, at + r * p.inner);
            if (x != x || (LARGEST != 0u ? x > y : x < y)) {
                y = x;
                best = r;
            }
        }
        store(p.values, DTYPE, i, y);
        B64(p.indices).v[i] = uvec2(best, 0u);
    }
}
