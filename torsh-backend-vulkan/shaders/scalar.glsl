// SPDX-License-Identifier: MIT OR Apache-2.0
// The scalar functions that expressions of the operator table call, as ops/include/torsh/ops/scalar.h has them in C.
// GLSL's own exp, log, sin … are too coarse; these are good to a few units in the last place, and float32 ones need
// no float64. The generator makes kernels of a type only for expressions whose functions are here in that type.
// Methods and coefficients: the C headers, unless said otherwise. Those of one type alone are in scalar_f32.glsl and
// scalar_f64.glsl, which stand in front of this.

#ifdef T_F64
#define SQRT_HALF 0.7071067811865476LF
#define SQRT_2_BY_PI 0.7978845608028654LF
#define GELU_CUBE 0.044715LF
#define INVERSE_SQRT_2PI 0.3989422804014327LF
#define GELU_CUBE_3 0.134145LF
#else
#define SQRT_HALF 0.7071067811865476
#define SQRT_2_BY_PI 0.7978845608028654
#define GELU_CUBE 0.044715
#define INVERSE_SQRT_2PI 0.3989422804014327
#define GELU_CUBE_3 0.134145
#endif

#if defined(T_F32) || defined(T_F64)
T t_sqrt(T x) { return sqrt(x); }
T t_abs(T x) { return abs(x); }
T t_floor(T x) { return floor(x); }
T t_ceil(T x) { return ceil(x); }
T t_trunc(T x) { return trunc(x); }
T t_round(T x) { return roundEven(x); }
T t_rsqrt(T x) { return T(1) / sqrt(x); }
T t_sign(T x) { return T(x > T(0)) - T(x < T(0)); }

T t_remainder(T x, T y)
{
    T m = t_fmod(x, y);
    return m != T(0) && (m < T(0)) != (y < T(0)) ? m + y : m;
}

T t_div_trunc(T x, T y)
{
    return trunc(x / y);
}

// floor of the exact quotient, built from the remainder; x / 0 stays inf or NaN
T t_div_floor(T x, T y)
{
    T m = t_fmod(x, y), q = (x - m) / y;
    q = m != T(0) && (m < T(0)) != (y < T(0)) ? q - T(1) : q;
    T f = floor(q);
    f = q - f > T(0.5) ? f + T(1) : f;
    T quotient = x / y;
    f = q == T(0) ? copy_sign(T(0), quotient) : f;
    return y == T(0) ? quotient : f;
}

T t_gelu(T x)
{
    return T(0.5) * x * (T(1) + t_erf(x * SQRT_HALF));
}

T t_gelu_tanh(T x)
{
    T u = SQRT_2_BY_PI * (x + GELU_CUBE * x * x * x);
    return T(0.5) * x * (T(1) + t_tanh(u));
}

T t_gelu_grad(T g, T x)
{
    T cdf = T(0.5) * (T(1) + t_erf(x * SQRT_HALF));
    T pdf = INVERSE_SQRT_2PI * t_exp(T(-0.5) * x * x);
    return g * (cdf + x * pdf);
}

T t_gelu_tanh_grad(T g, T x)
{
    T square = x * x, t = t_tanh(SQRT_2_BY_PI * (x + GELU_CUBE * square * x));
    T slope = SQRT_2_BY_PI * (T(1) + GELU_CUBE_3 * square);
    return g * (T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * slope);
}

T t_silu_grad(T g, T x)
{
    T s = t_sigmoid(x);
    return g * s * (T(1) + x * (T(1) - s));
}
#endif

#if defined(T_I32) || defined(T_I64)
T t_abs(T a) { return a < T(0) ? -a : a; }
T t_sign(T a) { return T(a > T(0)) - T(a < T(0)); }

// divisors are checked elsewhere: 0 must only not trap
T t_div_trunc(T a, T b)
{
    T d = b == T(0) || b == T(-1) ? T(1) : b;
    return b == T(-1) ? -a : a / d;
}

T t_fmod(T a, T b)
{
    return a - b * t_div_trunc(a, b);
}

T t_div_floor(T a, T b)
{
    T q = t_div_trunc(a, b), m = a - b * q;
    return m != T(0) && (m ^ b) < T(0) ? q - T(1) : q;
}

T t_remainder(T a, T b)
{
    T m = t_fmod(a, b);
    return m != T(0) && (m ^ b) < T(0) ? m + b : m;
}

// wraps; a negative exponent gives 0 but for the bases 1 and -1
T t_pow(T a, T b)
{
    T r = T(1), p = a;
    for (T e = b; e > T(0); e >>= 1, p *= p)
        r *= (e & T(1)) != T(0) ? p : T(1);
    T inverse = a == T(1) ? T(1) : a == T(-1) ? T(1) - T(2) * (b & T(1)) : T(0);
    return b < T(0) ? inverse : r;
}
#endif
