// SPDX-License-Identifier: MIT OR Apache-2.0
// out[i][j] = self[index[i][j]][j] for dim 0, and so on.
// module gather
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint BYTES = 4u;

layout(push_constant) uniform P {
    uvec2 to, from, at, errors, table; // rows of the table: index's shape, self's strides
    uint n, ndim, dim, size;
} p;

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        int at = load_index(p.at, i);
        if (at < 0 || at >= int(p.size)) {
            report(p.errors, VALUE_INDEX, at, int(p.dim), int(p.size));
            continue;
        }
        uint from = 0u, rest = i;
        for (uint d = p.ndim; d-- > 0u;) {
            uint size = B32(p.table).v[2u * d], next = rest / size;
            from += (d == p.dim ? uint(at) : rest - next * size) * B32(p.table).v[2u * d + 1u];
            rest = next;
        }
        if (BYTES == 1u)
            B8(p.to).v[i] = B8(p.from).v[from];
        else if (BYTES == 2u)
            B16(p.to).v[i] = B16(p.from).v[from];
        else if (BYTES == 4u)
            B32(p.to).v[i] = B32(p.from).v[from];
        else
            B64(p.to).v[i] = B64(p.from).v[from];
    }
}
