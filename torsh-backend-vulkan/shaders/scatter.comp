// SPDX-License-Identifier: MIT OR Apache-2.0
// Adding or setting by index. An invocation owns the elements that can meet in one place and takes them in order, so
// the result is always the same.
// module scatter_f32 T_F32
// module scatter_f64 T_F64
// module scatter_i32 T_I32
// module scatter_i64 T_I64
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint MODE = 0u; // 0: rows are added, 1: rows are set, 2: scatter_add
layout(constant_id = 2) const uint POSITIONS = 0u;

layout(push_constant) uniform P {
    uvec2 to, from, at, errors, table, alpha; // rows of the table: index's shape, strides of to, from and index
    uint n, n_at, rows, inner, ndim, dim, error;
} p;

int index_at(uint k)
{
    int at = POSITIONS != 0u ? int(B32(p.at).v[k]) : load_index(p.at, k);
    if (at < 0 || at >= int(p.rows)) {
        report(p.errors, p.error, at, int(p.dim), int(p.rows));
        return -1;
    }
    return at;
}

void rows(uint i)
{
    uint c = i % p.inner, o = i / p.inner;
    for (uint k = 0u; k < p.n_at; k++) {
        int at = index_at(k);
        if (at < 0)
            continue;
        uint to = (o * p.rows + uint(at)) * p.inner + c;
        T x = load(p.from, DTYPE, (o * p.n_at + k) * p.inner + c);
        store(p.to, DTYPE, to, MODE == 1u ? x : load(p.to, DTYPE, to) + from_bits(p.alpha) * x);
    }
}

void elements(uint i)
{
    uint to = 0u, from = 0u, at = 0u, rest = i;
    for (uint d = p.ndim; d-- > 0u;) {
        if (d == p.dim)
            continue;
        uint size = B32(p.table).v[4u * d], next = rest / size, x = rest - next * size;
        to += x * B32(p.table).v[4u * d + 1u];
        from += x * B32(p.table).v[4u * d + 2u];
        at += x * B32(p.table).v[4u * d + 3u];
        rest = next;
    }
    uint s_to = B32(p.table).v[4u * p.dim + 1u], s_from = B32(p.table).v[4u * p.dim + 2u], s_at = B32(p.table).v[4u * p.dim + 3u];
    for (uint k = 0u; k < p.n_at; k++) {
        int x = index_at(at + k * s_at);
        if (x >= 0)
            store(p.to, DTYPE, to + uint(x) * s_to, load(p.to, DTYPE, to + uint(x) * s_to) + load(p.from, DTYPE, from + k * s_from));
    }
}

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step)
        if (MODE == 2u)
            elements(i);
        else
            rows(i);
}
