/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the rows that the generator writes consist of, and the drivers that they call. */
#ifndef TORSH_VK_KERNELS_H
#define TORSH_VK_KERNELS_H

#include "vulkan.h"

enum { VK_MAX_OPERANDS = 4, VK_MAX_INTS = 2 };

/* How a field of the params struct becomes a parameter of a shader: SCALAR and FLOAT a number, the others an
 * int. */
enum { VK_PARAM_SCALAR, VK_PARAM_FLOAT, VK_PARAM_INT, VK_PARAM_INT32 };

typedef struct vk_param {
    int16_t kind, offset;
} vk_param_t;

/* A formula in one type. */
typedef struct vk_pointwise {
    int16_t shader, op;
    int8_t class;
    int8_t n_in;                /* operands that the formula has: */
    int8_t at[VK_MAX_OPERANDS]; /* - where they stand in the call */
    int8_t truth, unused;       /* - bits: bool whatever the class is, not read */
    int8_t exponent;            /* 1 + which of them must not be a negative number; 0: none */
    int8_t n_params;
    const vk_param_t *params;
} vk_pointwise_t;

/* Another formula where an operand is a certain number: x ** 2. */
typedef struct vk_when {
    double number;
    const vk_pointwise_t *op;
} vk_when_t;

typedef struct vk_reduce {
    int16_t shader, op;
    int8_t class;
    bool has_identity;
    torsh_scalar_t identity;
} vk_reduce_t;

torsh_status_t torsh__vk_pointwise(const torsh_call_t *call, const vk_pointwise_t *op);
torsh_status_t torsh__vk_pointwise_when(const torsh_call_t *call, const vk_pointwise_t *op, int at,
                                        const vk_when_t *when, int n);
torsh_status_t torsh__vk_reduce(const torsh_call_t *call, const vk_reduce_t *op);
/* out = the call's operand number `at`, converted */
torsh_status_t torsh__vk_convert(const torsh_call_t *call, int at);
/* out = 0 */
torsh_status_t torsh__vk_zero(const torsh_call_t *call);
/* A view's elements all become this number; the device is open. */
torsh_status_t torsh__vk_fill(vk_device_t *d, const torsh_view_t *out, torsh_scalar_t value);

#endif
