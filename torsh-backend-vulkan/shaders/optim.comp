// SPDX-License-Identifier: MIT OR Apache-2.0
// Optimizer steps over the elements of one parameter: what each number is stands in optim.c.
// module optim_f32 T_F32
// module optim_f64 T_F64
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint WHAT = 0u; // 0: sgd, 1: adam, 2: adadelta
layout(constant_id = 2) const uint FLAGS = 0u;

const uint DECAY = 1u, MOMENTUM = 2u, NESTEROV = 4u, AMSGRAD = 8u, FAR = 16u;

layout(push_constant) uniform P {
    uvec2 at[5], k[8];
    uint n;
} p;

bool has(uint flag)
{
    return (FLAGS & flag) != 0u;
}

T get(uint list, uint i)
{
    return load(p.at[list], DTYPE, i);
}

void put(uint list, uint i, T x)
{
    store(p.at[list], DTYPE, i, x);
}

T number(uint i)
{
    return from_bits(p.k[i]);
}

// sign, -lr, decay, momentum, keep
void sgd(uint i)
{
    T x = get(0u, i), d = get(1u, i) * number(0u);
    if (has(DECAY))
        d += x * number(2u);
    if (has(MOMENTUM)) {
        T b = d * number(4u) + get(2u, i) * number(3u);
        put(2u, i, b);
        d = has(NESTEROV) ? d + b * number(3u) : b;
    }
    put(0u, i, x + d * number(1u));
}

// sign, shrink, decay, weight of the gradient, beta2, eps, -step size, root
void adam(uint i)
{
    T x = get(0u, i) * number(1u), d = get(1u, i) * number(0u), m = get(2u, i), weight = number(3u);
    if (has(DECAY))
        d += x * number(2u);
    T average = has(FAR) ? d + (weight - T(1)) * (d - m) : m + weight * (d - m);
    T square = get(3u, i) * number(4u) + (T(1) - number(4u)) * d * d, top = square;
    put(2u, i, average);
    put(3u, i, square);
    if (has(AMSGRAD)) {
        T largest = get(4u, i);
        top = largest > square || largest != largest ? largest : square;
        put(4u, i, top);
    }
    put(0u, i, x + number(6u) * average / (sqrt(top) / number(7u) + number(5u)));
}

// sign, -lr, decay, rho, 1 - rho, eps
void adadelta(uint i)
{
    T x = get(0u, i), d = get(1u, i) * number(0u), old = get(3u, i);
    if (has(DECAY))
        d += x * number(2u);
    T square = get(2u, i) * number(3u) + number(4u) * d * d;
    T delta = sqrt(old + number(5u)) / sqrt(square + number(5u)) * d;
    put(2u, i, square);
    put(3u, i, old * number(3u) + number(4u) * delta * delta);
    put(0u, i, x + delta * number(1u));
}

void main()
{
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < p.n; i += step)
        switch (WHAT) {
        case 0u:
            sgd(i);
            break;
        case 1u:
            adam(i);
            break;
        default:
            adadelta(i);
        }
}
