// SPDX-License-Identifier: MIT OR Apache-2.0
// Rows by index: to[o][k] = from[o][at[k]], rows of `inner` elements.
// module select
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint BYTES = 4u;
layout(constant_id = 1) const uint POSITIONS = 0u; // 1: indices are checked positions of 4 bytes

layout(push_constant) uniform P {
    uvec2 to, from, at, errors;
    uint n, n_at, rows, inner;
} p;

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step) {
        uint c = i % p.inner, k = i / p.inner % p.n_at, o = i / p.inner / p.n_at;
        int at = POSITIONS != 0u ? int(B32(p.at).v[k]) : load_index(p.at, k);
        if (at < 0 || at >= int(p.rows)) {
            report(p.errors, SELF_INDEX, at, 0, int(p.rows));
            continue;
        }
        uint from = (o * p.rows + uint(at)) * p.inner + c;
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
