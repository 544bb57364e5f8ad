// SPDX-License-Identifier: MIT OR Apache-2.0
// How many elements are not zero, and where they are, by one group that walks through all. -0 is 0, NaN is not.
// module nonzero_f32 T_F32
// module nonzero_f64 T_F64
// module nonzero_i32 T_I32
// module nonzero_i64 T_I64
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint FILL = 0u;

layout(push_constant) uniform P {
    uvec2 from, to, table; // the table: the shape
    uint n, ndim;
} p;

shared uint sums[256];

void main()
{
    const uint lane = gl_LocalInvocationID.x;
    uint found = 0u;
    for (uint begin = 0u; begin < p.n; begin += 256u) {
        uint i = begin + lane;
        bool is_set = i < p.n && load(p.from, DTYPE, i) != T(0);
        sums[lane] = is_set ? 1u : 0u;
        barrier();
        for (uint step = 1u; step < 256u; step <<= 1) { // how many stand before and at each lane
            uint before = lane >= step ? sums[lane - step] : 0u;
            barrier();
            sums[lane] += before;
            barrier();
        }
        if (FILL != 0u && is_set) {
            uint row = (found + sums[lane] - 1u) * p.ndim, rest = i;
            for (uint d = p.ndim; d-- > 0u;) {
                uint size = B32(p.table).v[d], next = rest / size;
                B64(p.to).v[row + d] = uvec2(rest - next * size, 0u);
                rest = next;
            }
        }
        found += sums[255];
        barrier();
    }
    if (FILL == 0u && lane == 0u)
        B64(p.to).v[0] = uvec2(found, 0u);
}
