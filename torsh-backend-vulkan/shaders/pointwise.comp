// SPDX-License-Identifier: MIT OR Apache-2.0
// One formula of the table, element by element. The cases come from the generator, one to an operator; constants
// choose one when the pipeline is made, and say how the operands lie in memory.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint OP = 0u;
layout(constant_id = 1) const uint TABLE = 0u; // 0: one dimension, its strides in p; 1: shape and strides at p.table
layout(constant_id = 2) const uint D_OUT = 0u; // dtypes in memory
layout(constant_id = 3) const uint D0 = 0u;
layout(constant_id = 4) const uint D1 = 0u;
layout(constant_id = 5) const uint D2 = 0u;
layout(constant_id = 6) const uint D3 = 0u;

layout(push_constant) uniform P {
    uvec2 out_, in0, in1, in2, in3, table, errors, k0, k1, k2, k3;
    int i0, i1;
    uint n, ndim, s_out, s0, s1, s2, s3;
} p;

void element(uint i, uint at, uint a[4])
{
    switch (OP) {
#define POINTWISE
CASES
#undef POINTWISE
    }
}

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        uint at = 0u, a[4] = uint[](0u, 0u, 0u, 0u);
        if (TABLE == 0u) {
            at = i * p.s_out;
            a = uint[](i * p.s0, i * p.s1, i * p.s2, i * p.s3);
        } else {
            uint rest = i;
            for (uint d = p.ndim; d-- > 0u;) { // a row of the table: shape, strides of the result, of the operands
                uint row = 6u * d, size = B32(p.table).v[row], next = rest / size, x = rest - next * size;
                at += x * B32(p.table).v[row + 1u];
                for (uint k = 0u; k < 4u; k++)
                    a[k] += x * B32(p.table).v[row + 2u + k];
                rest = next;
            }
        }
        element(i, at, a);
    }
}
