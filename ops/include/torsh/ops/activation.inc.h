/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Activations too long for a line of the table, once per type: T, and F(name) for name_f32 or name_f64. */

/* x Phi(x) (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415) */
T_INLINE T F(gelu)(T x)
{
    return (T)0.5 * x * ((T)1 + t_erf(x * (T)0.7071067811865476));
}

T_INLINE T F(gelu_tanh)(T x)
{
    T u = (T)0.7978845608028654 * (x + (T)0.044715 * x * x * x);
    return (T)0.5 * x * ((T)1 + t_tanh(u));
}

/* g (Phi(x) + x phi(x)) */
T_INLINE T F(gelu_grad)(T g, T x)
{
    T cdf = (T)0.5 * ((T)1 + t_erf(x * (T)0.7071067811865476));
    T pdf = (T)0.3989422804014327 * t_exp((T)-0.5 * x * x);
    return g * (cdf + x * pdf);
}

T_INLINE T F(gelu_tanh_grad)(T g, T x)
{
    T square = x * x, t = t_tanh((T)0.7978845608028654 * (x + (T)0.044715 * square * x));
    T slope = (T)0.7978845608028654 * ((T)1 + (T)0.134145 * square);
    return g * ((T)0.5 * ((T)1 + t) + (T)0.5 * x * ((T)1 - t * t) * slope);
}

/* g s (1 + x (1 - s)) with s = sigmoid(x) */
T_INLINE T F(silu_grad)(T g, T x)
{
    T s = t_sigmoid(x);
    return g * s * ((T)1 + x * ((T)1 - s));
}
