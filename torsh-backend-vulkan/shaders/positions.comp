// SPDX-License-Identifier: MIT OR Apache-2.0
// Several index tensors become one position: each call goes one dimension on. Negative indices count from the end.
// module positions
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FIRST = 0u;

layout(push_constant) uniform P {
    uvec2 to, index, errors;
    uint n, size;
    int dim;
} p;

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        int x = load_index(p.index, i), size = int(p.size);
        if (x < -size || x >= size) {
            report(p.errors, INDEX, x, p.dim, size);
            x = 0;
        }
        uint before = FIRST != 0u ? 0u : B32(p.to).v[i] * p.size;
        B32(p.to).v[i] = before + uint(x < 0 ? x + size : x);
    }
}
