/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* max_pool2d_with_indices, and the list of all pooling kernels. */
#include "pool.h"

#include <torsh/ops/half.h>
#include <torsh/ops/nn_params.h>

#include "kernels.h"
#include "lanes.h"

enum { TILE = 256 }; /* outputs of a row whose maxima lie on the stack */

/* WIDE is compared; INDEX, as wide, holds a place in the window. */
#define S f32
#define ELEM float
#define WIDE float
#define INDEX int32_t
#define LOWEST -INFINITY
#define IS_NAN(x) ((x) != (x))
#include "pool_max_body.h"
#define S f64
#define ELEM double
#define WIDE double
#define INDEX int64_t
#define LOWEST -INFINITY
#define IS_NAN(x) ((x) != (x))
#include "pool_max_body.h"
#define S f16
#define ELEM uint16_t
#define WIDE float
#define INDEX int32_t
#define LOWEST -INFINITY
#define IS_NAN(x) ((x) != (x))
#define WIDEN f32_from_f16
#define NARROW f16_from_f32
#include "pool_max_body.h"
#define S bf16
#define ELEM uint16_t
#define WIDE float
#define INDEX int32_t
#define LOWEST -INFINITY
#define IS_NAN(x) ((x) != (x))
#define WIDEN f32_from_bf16
#define NARROW bf16_from_f32
#include "pool_max_body.h"
#define S i64
#define ELEM int64_t
#define WIDE int64_t
#define INDEX int64_t
#define LOWEST INT64_MIN
#define IS_NAN(x) 0
#include "pool_max_body.h"
#define S i32
#define ELEM int32_t
#define WIDE int32_t
#define INDEX int32_t
#define LOWEST INT32_MIN
#define IS_NAN(x) 0
#include "pool_max_body.h"
#define S u8
#define ELEM uint8_t
#define WIDE int32_t
#define INDEX int32_t
#define LOWEST 0
#define IS_NAN(x) 0
#include "pool_max_body.h"

static void (*max_rows(torsh_dtype_t dtype))(const void *, int64_t, int64_t)
{
    switch (dtype) {
    case TORSH_F32:
        return max_rows_f32;
    case TORSH_F64:
        return max_rows_f64;
    case TORSH_F16:
        return max_rows_f16;
    case TORSH_BF16:
        return max_rows_bf16;
    case TORSH_I64:
        return max_rows_i64;
    case TORSH_I32:
        return max_rows_i32;
    default:
        return max_rows_u8;
    }
}

static torsh_status_t max_pool(const torsh_call_t *call)
{
    const torsh__max_pool2d_with_indices_params_t *p = call->params;
    torsh__pool_t pool = {.in = cpu_at(&call->in[0]),
                          .out = cpu_at(&call->out[0]),
                          .indices = (int64_t *)cpu_at(&call->out[1])};
    torsh__pool_planes(&pool, &call->in[0], &call->out[0]);
    torsh__pool_windows(&pool, &p->kernel_size, &p->stride, &p->padding, &p->dilation);
    if (call->out[0].n == 0)
        return TORSH_OK;
    if (pool.kernel[0] * pool.dilation[0] * pool.size[1] + pool.kernel[1] * pool.dilation[1] > INT32_MAX)
        return torsh__cpu_host->fail(TORSH_ERR_NOT_IMPLEMENTED,
                                     "max_pool2d: windows that span more than 2^31 elements");
    cpu_range(pool.planes * pool.out_size[0],
              cpu_grain(pool.out_size[1] * (1 + pool.kernel[0] * pool.kernel[1] / 2)),
              max_rows(call->compute), &pool);
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {
    CPU_NUMBER(TORSH_OP_MAX_POOL2D_WITH_INDICES, 0, max_pool),
    CPU_FLOAT(TORSH_OP_AVG_POOL2D, 0, torsh__cpu_run_avg_pool),
    CPU_FLOAT(TORSH_OP__AVG_POOL2D_BACKWARD, 0, torsh__cpu_run_avg_pool_backward),
    CPU_FLOAT(TORSH_OP__ADAPTIVE_AVG_POOL2D, 0, torsh__cpu_run_adaptive_pool),
    CPU_FLOAT(TORSH_OP__ADAPTIVE_AVG_POOL2D_BWD, 0, torsh__cpu_run_adaptive_pool_backward),
};
CPU_LIST(pool);
