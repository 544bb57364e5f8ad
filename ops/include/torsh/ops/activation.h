/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_OPS_ACTIVATION_H
#define TORSH_OPS_ACTIVATION_H

#include <torsh/ops/scalar.h>

#define T float
#define F(name) name##_f32
#include <torsh/ops/activation.inc.h>
#undef T
#undef F
#define T double
#define F(name) name##_f64
#include <torsh/ops/activation.inc.h>
#undef T
#undef F

#define t_gelu(x) _Generic((x), float : gelu_f32, double : gelu_f64)(x)
#define t_gelu_tanh(x) _Generic((x), float : gelu_tanh_f32, double : gelu_tanh_f64)(x)
#define t_gelu_grad(g, x) _Generic((x), float : gelu_grad_f32, double : gelu_grad_f64)(g, x)
#define t_gelu_tanh_grad(g, x) _Generic((x), float : gelu_tanh_grad_f32, double : gelu_tanh_grad_f64)(g, x)
#define t_silu_grad(g, x) _Generic((x), float : silu_grad_f32, double : silu_grad_f64)(g, x)

#endif
