// SPDX-License-Identifier: MIT OR Apache-2.0
// The negative log likelihood of target classes and its gradient.
// module loss_f32 T_F32
// module loss_f64 T_F64
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint MODE = 0u;      // 0: one sum, by one group; 1: a loss for each target; 2: the gradient
layout(constant_id = 2) const uint REDUCTION = 0u; // 0: none, 1: mean, 2: sum
layout(constant_id = 3) const uint WEIGHTED = 0u;

layout(push_constant) uniform P {
    uvec2 self, target, weight, out_, total, grad, errors;
    uint n, classes;
    int ignore;
} p;

// of target i; -1: it is ignored, or wrong
int class_of(uint i)
{
    int t = load_index(p.target, i);
    if (t == p.ignore)
        return -1;
    if (t < 0 || t >= int(p.classes)) {
        report(p.errors, TARGET, t, 0, 0);
        return -1;
    }
    return t;
}

T weight_of(int t)
{
    return WEIGHTED != 0u ? load(p.weight, DTYPE, uint(t)) : T(1);
}

shared T sums[64], weights[64];

void add_up()
{
    const uint lane = gl_LocalInvocationID.x;
    T sum = T(0), all = T(0);
    for (uint i = lane; i < p.n; i += 64u) {
        int t = class_of(i);
        if (t >= 0) {
            T w = weight_of(t);
            sum -= w * load(p.self, DTYPE, i * p.classes + uint(t));
            all += w;
        }
    }
    sums[lane] = sum;
    weights[lane] = all;
    barrier();
    for (uint half_ = 32u; half_ > 0u; half_ >>= 1) {
        if (lane < half_) {
            sums[lane] += sums[lane + half_];
            weights[lane] += weights[lane + half_];
        }
        barrier();
    }
    if (lane == 0u) {
        store(p.out_, DTYPE, 0u, REDUCTION == 1u ? sums[0] / weights[0] : sums[0]);
        store(p.total, DTYPE, 0u, weights[0]);
    }
}

void main()
{
    if (MODE == 0u) {
        add_up();
        return;
    }
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x, n = MODE == 1u ? p.n : p.n * p.classes;
    for (uint i = gl_GlobalInvocationID.x; i < n; i += step) {
        if (MODE == 1u) {
            int t = class_of(i);
            store(p.out_, DTYPE, i, t < 0 ? T(0) : -weight_of(t) * load(p.self, DTYPE, i * p.classes + uint(t)));
            if (i == 0u)
                store(p.total, DTYPE, 0u, T(0));
        } else {
            uint row = i / p.classes;
            int t = class_of(row);
            T grad = T(0);
            if (t == int(i % p.classes)) {
                grad = -load(p.grad, DTYPE, REDUCTION == 0u ? row : 0u) * weight_of(t);
                if (REDUCTION == 1u)
                    grad /= load(p.total, DTYPE, 0u);
            }
            store(p.out_, DTYPE, i, grad);
        }
    }
}
