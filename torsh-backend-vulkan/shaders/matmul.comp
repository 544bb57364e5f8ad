// SPDX-License-Identifier: MIT OR Apache-2.0
// c = alpha * a @ b + beta * self. A group makes a tile of 32 x 32 of c, an invocation 2 x 2; tiles of a and b pass
// through shared memory.
// module matmul_f32 T_F32
// module matmul_f64 T_F64
// module matmul_i32 T_I32
// module matmul_i64 T_I64
layout(local_size_x = 16, local_size_y = 16) in;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint HAS_SELF = 0u;

layout(push_constant) uniform P {
    uvec2 a, b, c, self, alpha, beta;
    uint m, n, k, batch, a_rs, a_cs, b_rs, b_cs, c_rs, c_cs, a_bs, b_bs, c_bs, s_rs, s_cs;
} p;

const uint TILE = 32u, DEPTH = 16u;
shared T tile_a[32][17], tile_b[16][33];

void main()
{
    const uint x = gl_LocalInvocationID.x, y = gl_LocalInvocationID.y, t = y * 16u + x;
    const uint row0 = gl_WorkGroupID.y * TILE, column0 = gl_WorkGroupID.x * TILE;
    for (uint g = gl_WorkGroupID.z; g < p.batch; g += gl_NumWorkGroups.z) {
        T sum[2][2] = T[2][2](T[2](T(0), T(0)), T[2](T(0), T(0)));
        for (uint k0 = 0u; k0 < p.k; k0 += DEPTH) {
            for (uint e = t; e < TILE * DEPTH; e += 256u) {
                uint r = e / DEPTH, k = e % DEPTH, row = row0 + r;
                tile_a[r][k] = row < p.m && k0 + k < p.k ? load(p.a, DTYPE, g * p.a_bs + row * p.a_rs + (k0 + k) * p.a_cs) : T(0);
                uint c = e % TILE, kb = e / TILE, column = column0 + c;
                tile_b[kb][c] = column < p.n && k0 + kb < p.k ? load(p.b, DTYPE, g * p.b_bs + (k0 + kb) * p.b_rs + column * p.b_cs) : T(0);
            }
            barrier();
            for (uint k = 0u; k < DEPTH; k++) {
                T a0 = tile_a[y][k], a1 = tile_a[y + 16u][k], b0 = tile_b[k][x], b1 = tile_b[k][x + 16u];
                sum[0][0] += a0 * b0;
                sum[0][1] += a0 * b1;
                sum[1][0] += a1 * b0;
                sum[1][1] += a1 * b1;
            }
            barrier();
        }
        for (uint i = 0u; i < 2u; i++)
            for (uint j = 0u; j < 2u; j++) {
                uint row = row0 + y + 16u * i, column = column0 + x + 16u * j;
                if (row >= p.m || column >= p.n)
                    continue;
                T result = sum[i][j];
                if (HAS_SELF != 0u)
                    result = from_bits(p.alpha) * result + from_bits(p.beta) * load(p.self, DTYPE, row * p.s_rs + column * p.s_cs);
                else
                    result = from_bits(p.alpha) * result;
                store(p.c, DTYPE, g * p.c_bs + row * p.c_rs + column * p.c_cs, result);
            }
    }
}
