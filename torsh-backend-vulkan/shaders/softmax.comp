// SPDX-License-Identifier: MIT OR Apache-2.0
// softmax, log_softmax and their gradients: an invocation to a short row, a group to a long one.
// module softmax_f32 T_F32
// module softmax_f64 T_F64
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint LOGARITHM = 0u;
layout(constant_id = 1) const uint BACKWARD = 0u;
layout(constant_id = 2) const uint D_OUT = 0u;
layout(constant_id = 3) const uint D_IN = 0u;
layout(constant_id = 4) const uint D_RESULT = 0u; // of the forward call, which the gradient reads
layout(constant_id = 5) const uint GROUPED = 0u;

layout(push_constant) uniform P {
    uvec2 out_, in_, result;
    uint rows, n, inner; // inner: the step from one element of a row to the next
} p;

shared T lanes[64];
const uint LANES = GROUPED != 0u ? 64u : 1u; // that share a row

uint own_lane()
{
    return GROUPED != 0u ? gl_LocalInvocationID.x : 0u;
}

T larger(T a, T b)
{
    return a > b || a != a ? a : b;
}

// of all lanes, for all of them
T all_lanes(T x, bool largest)
{
    if (GROUPED == 0u)
        return x;
    const uint lane = gl_LocalInvocationID.x;
    lanes[lane] = x;
    barrier();
    for (uint step = 32u; step > 0u; step >>= 1) {
        if (lane < step)
            lanes[lane] = largest ? larger(lanes[lane], lanes[lane + step]) : lanes[lane] + lanes[lane + step];
        barrier();
    }
    T y = lanes[0];
    barrier();
    return y;
}

void forward(uint base)
{
    const uint lane = own_lane();
    T top = load(p.in_, D_IN, base), sum = T(0);
    for (uint i = lane; i < p.n; i += LANES)
        top = larger(top, load(p.in_, D_IN, base + i * p.inner));
    top = all_lanes(top, true);
    for (uint i = lane; i < p.n; i += LANES)
        sum += t_exp(load(p.in_, D_IN, base + i * p.inner) - top);
    sum = all_lanes(sum, false);
    T shift = LOGARITHM != 0u ? t_log(sum) : T(0);
    for (uint i = lane; i < p.n; i += LANES) {
        T x = load(p.in_, D_IN, base + i * p.inner) - top;
        store(p.out_, D_OUT, base + i * p.inner, LOGARITHM != 0u ? x - shift : t_exp(x) / sum);
    }
}

void backward(uint base)
{
    const uint lane = own_lane();
    T sum = T(0);
    for (uint i = lane; i < p.n; i += LANES) {
        T g = load(p.in_, D_IN, base + i * p.inner);
        sum += LOGARITHM != 0u ? g : g * load(p.result, D_RESULT, base + i * p.inner);
    }
    sum = all_lanes(sum, false);
    for (uint i = lane; i < p.n; i += LANES) {
        uint at = base + i * p.inner;
        T g = load(p.in_, D_IN, at), y = load(p.result, D_RESULT, at);
        store(p.out_, D_OUT, at, LOGARITHM != 0u ? g - t_exp(y) * sum : y * (g - sum));
    }
}

void main()
{
    const uint first = GROUPED != 0u ? gl_WorkGroupID.x : gl_GlobalInvocationID.x;
    const uint step = GROUPED != 0u ? gl_NumWorkGroups.x : gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint row = first; row < p.rows; row += step) {
        uint base = row / p.inner * p.n * p.inner + row % p.inner;
        if (BACKWARD != 0u)
            backward(base);
        else
            forward(base);
    }
}
