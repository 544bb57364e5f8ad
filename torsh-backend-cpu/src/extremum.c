/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* max.dim and min.dim: the extreme along a dimension and where the first of its kind stands; NaN beats all
 * numbers. */
#include "kernels.h"

#include <torsh/ops/half.h>
#include <torsh/ops/reduce_params.h>

#include "lanes.h"
#include "range.h"

typedef struct job {
    const void *in;
    void *values;
    int64_t *indices;
    cpu_along_t a;
} job_t;

enum {
    STRIP = 256,     /* columns whose best values and indices lie on the stack */
    CHUNK = 1 << 30, /* rows or blocks that a 32-bit index counts */
    MAX = 1,
    MIN = 0
};

/* VALUE widens an ELEM to WIDE, which is compared; INDEX is an integer as wide, so that both are chosen in
 * one go. */
#define S f32
#define ELEM float
#define WIDE float
#define IS_NAN(x) ((x) != (x))
#define INDEX int32_t
#include "extremum_body.h"
#define S f64
#define ELEM double
#define WIDE double
#define IS_NAN(x) ((x) != (x))
#define INDEX int64_t
#include "extremum_body.h"
#define S f16
#define ELEM uint16_t
#define WIDE float
#define IS_NAN(x) ((x) != (x))
#define INDEX int32_t
#define VALUE f32_from_f16
#include "extremum_body.h"
#define S bf16
#define ELEM uint16_t
#define WIDE float
#define IS_NAN(x) ((x) != (x))
#define INDEX int32_t
#define VALUE f32_from_bf16
#include "extremum_body.h"
#define S i64
#define ELEM int64_t
#define WIDE int64_t
#define IS_NAN(x) ((void)(x), 0)
#define INDEX int64_t
#include "extremum_body.h"
#define S i32
#define ELEM int32_t
#define WIDE int32_t
#define IS_NAN(x) ((void)(x), 0)
#define INDEX int32_t
#include "extremum_body.h"
#define S u8
#define ELEM uint8_t
#define WIDE int32_t
#define IS_NAN(x) ((void)(x), 0)
#define INDEX int32_t
#include "extremum_body.h"

typedef void (*task_fn)(const void *, int64_t, int64_t);

/* bool goes as uint8: false < true */
#define TASKS(name)                                                                                          \
    {                                                                                                        \
        [TORSH_F32] = name##_f32, [TORSH_F64] = name##_f64, [TORSH_F16] = name##_f16,                        \
        [TORSH_BF16] = name##_bf16, [TORSH_I64] = name##_i64, [TORSH_I32] = name##_i32,                      \
        [TORSH_U8] = name##_u8, [TORSH_BOOL] = name##_u8                                                     \
    }
static const task_fn row_tasks[2][TORSH_BF16 + 1] = {[MIN] = TASKS(min_rows), [MAX] = TASKS(max_rows)};
static const task_fn column_tasks[2][TORSH_BF16 + 1] = {
    [MIN] = TASKS(min_columns), [MAX] = TASKS(max_columns)};

static torsh_status_t extremum(const torsh_call_t *call, int64_t dim, int largest)
{
    const torsh_view_t *in = &call->in[0];
    job_t j = {cpu_at(in), cpu_at(&call->out[0]), (int64_t *)cpu_at(&call->out[1]), cpu_along(in, dim)};
    if (call->out[0].n == 0)
        return TORSH_OK;
    if (j.a.n == 0)
        return torsh__cpu_host->fail(TORSH_ERR_INDEX,
                                     "%s(): Expected reduction dim %lld to have non-zero size.",
                                     largest ? "max" : "min", (long long)dim);
    if (j.a.inner == 1)
        cpu_range(j.a.outer, cpu_grain(j.a.n), row_tasks[largest][in->dtype], &j);
    else
        cpu_range(j.a.outer * ((j.a.inner + STRIP - 1) / STRIP),
                  cpu_grain(j.a.n * cpu_least(STRIP, j.a.inner)), column_tasks[largest][in->dtype], &j);
    return TORSH_OK;
}

static torsh_status_t max_dim(const torsh_call_t *call)
{
    return extremum(call, ((const torsh__max_dim_params_t *)call->params)->dim, MAX);
}

static torsh_status_t min_dim(const torsh_call_t *call)
{
    return extremum(call, ((const torsh__min_dim_params_t *)call->params)->dim, MIN);
}

static const torsh_kernel_t kernels[] = {
    CPU_ALL(TORSH_OP_MAX_DIM, 0, max_dim),
    CPU_ALL(TORSH_OP_MIN_DIM, 0, min_dim),
};
CPU_LIST(extremum);
