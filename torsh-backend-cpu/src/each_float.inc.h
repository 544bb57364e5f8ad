/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Includes the file BODY once for each floating dtype. It sees S (suffix), ELEM (type in memory), REAL (type
 * to compute in), K (its suffix) and, where these differ, WIDEN and NARROW; it undefines them. */
#define S f32
#define ELEM float
#define REAL float
#define K f32
#include BODY
#define S f64
#define ELEM double
#define REAL double
#define K f64
#include BODY
#define S f16
#define ELEM uint16_t
#define REAL float
#define K f32
#define WIDEN f32_from_f16
#define NARROW f16_from_f32
#include BODY
#define S bf16
#define ELEM uint16_t
#define REAL float
#define K f32
#define WIDEN f32_from_bf16
#define NARROW bf16_from_f32
#include BODY
#undef BODY
