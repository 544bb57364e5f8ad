// SPDX-License-Identifier: MIT OR Apache-2.0
// Elements of 1, 2, 4 or 8 bytes from one place to another, as they are.
// module copy
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint BYTES = 4u;

layout(push_constant) uniform P {
    uvec2 to, from, table;
    uint n, ndim, s_to, s_from, base; // strides may be negative: base is what the first index reads
} p;

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        uint to = i * p.s_to, from = p.base + i * p.s_from;
        if (p.ndim > 1u) { // rows of the table: shape, strides
            to = 0u;
            from = p.base;
            uint rest = i;
            for (uint d = p.ndim; d-- > 0u;) {
                uint size = B32(p.table).v[3u * d], next = rest / size, x = rest - next * size;
                to += x * B32(p.table).v[3u * d + 1u];
                from += x * B32(p.table).v[3u * d + 2u];
                rest = next;
            }
        }
        if (BYTES == 1u)
            B8(p.to).v[to] = B8(p.from).v[from];
        else if (BYTES == 2u)
            B16(p.to).v[to] = B16(p.from).v[from];
        else if (BYTES == 4u)
            B32(p.to).v[to] = B32(p.from).v[from];
        else
            B64(p.to).v[to] = B64(p.from).v[from];
    }
}
