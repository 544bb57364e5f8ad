/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Optimizer steps: one launch over all parameters, which are cut into tasks as if they lay behind one
 * another. 16-bit floats compute in float, a block at a time. */
#include "kernels.h"

#include <math.h>

#include <torsh/ops/optim_params.h>
#include <torsh/ops/scalar_base.h>

#include "half_block.h"
#include "range.h"

enum { TASK = 1 << 14, BLOCK = 512, MAX_LISTS = 5 };

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define INLINE static inline __attribute__((always_inline))

/* What a step has: constant in each loop. FAR: lerp starts from the gradient, PyTorch's choice of the nearer
 * end. */
enum { DECAY = 1, MOMENTUM = 2, NESTEROV = 4, AMSGRAD = 8, FAR = 16 };

typedef struct sgd {
    int flags;
    double sign, lr, momentum, dampening, weight_decay;
    const int64_t *fresh;
} sgd_t;

typedef struct adam {
    int flags;
    double sign, lr, beta1, beta2, eps;
    double l2;     /* weight decay that is added to the gradient */
    double shrink; /* decoupled: what parameters are multiplied with */
    const int64_t *steps;
} adam_t;

/* Of a step number: the averages began at 0. */
typedef struct correction {
    int64_t step;
    double step_size, root;
} correction_t;

typedef struct adadelta {
    double sign, lr, rho, eps, weight_decay;
} adadelta_t;

#define S f32
#define REAL float
#define FMA T_FMA
#define SQRT sqrtf
#include "optim_body.h"
#define S f64
#define REAL double
#define FMA T_FMA64
#define SQRT sqrt
#include "optim_body.h"

typedef struct job {
    const torsh_view_t *in; /* list after list: parameters, gradients, state */
    int32_t n_tensors, n_lists;
    torsh_dtype_t dtype;
    /* tensor i: n elements at at[list], of float if `dtype` has 16 bits */
    void (*step)(const struct job *job, int32_t i, void *const *at, int64_t n);
    const void *how;
    correction_t correction; /* of the first tensor; mostly of all */
} job_t;

/* A piece of 16-bit floats by way of float. The gradient, list 1, is not written. */
static void half_piece(const job_t *j, int32_t i, void *const *at, int64_t n)
{
    float room[MAX_LISTS][BLOCK];
    void *wide[MAX_LISTS];
    for (int l = 0; l < j->n_lists; l++)
        wide[l] = room[l];
    for (int64_t k = 0; k < n; k += BLOCK) {
        const int64_t m = cpu_least(BLOCK, n - k);
        for (int l = 0; l < j->n_lists; l++)
            cpu_widen(j->dtype, room[l], (const uint16_t *)at[l] + k, m);
        j->step(j, i, wide, m);
        for (int l = 0; l < j->n_lists; l++)
            if (l != 1)
                cpu_narrow(j->dtype, (uint16_t *)at[l] + k, room[l], m);
    }
}

/* Elements [from, to) of all parameters behind one another. */
static void run_range(const void *ctx, int64_t from, int64_t to)
{
    const job_t *j = ctx;
    const int64_t bytes = cpu_bytes(j->dtype);
    int64_t first = 0; /* element that tensor i begins with */
    for (int32_t i = 0; i < j->n_tensors && first < to; first += j->in[i++].n) {
        const int64_t begin = from > first ? from - first : 0, end = cpu_least(j->in[i].n, to - first);
        void *at[MAX_LISTS];
        if (begin >= end)
            continue;
        for (int l = 0; l < j->n_lists; l++)
            at[l] = cpu_at(&j->in[l * j->n_tensors + i]) + begin * bytes;
        if (bytes == 2)
            half_piece(j, i, at, end - begin);
        else
            j->step(j, i, at, end - begin);
    }
}

static torsh_status_t run(const torsh_call_t *call, job_t *j, int32_t n_tensors)
{
    int64_t n = 0;
    j->in = call->in;
    j->dtype = call->compute;
    j->n_tensors = n_tensors;
    j->n_lists = n_tensors ? call->n_in / n_tensors : 0;
    for (int32_t i = 0; i < n_tensors; i++)
        n += j->in[i].n;
    cpu_range(n, TASK, run_range, j);
    return TORSH_OK;
}

/* ---- the optimizers ---- */

static void sgd_step(const job_t *j, int32_t i, void *const *at, int64_t n)
{
    const sgd_t *s = j->how;
    const double keep = s->flags & MOMENTUM && s->fresh[i] ? 1 : 1 - s->dampening;
    j->dtype == TORSH_F64 ? sgd_f64(s, keep, at, n) : sgd_f32(s, keep, at, n);
}

static torsh_status_t run_sgd(const torsh_call_t *call)
{
    const torsh___optim_sgd__params_t *p = call->params;
    const int momentum = p->n_momentum_buffers ? MOMENTUM | (p->nesterov ? NESTEROV : 0) : 0;
    const sgd_t s = {.flags = momentum | (p->weight_decay != 0 ? DECAY : 0),
                     .sign = p->maximize ? -1 : 1,
                     .lr = p->lr,
                     .momentum = p->momentum,
                     .dampening = p->dampening,
                     .weight_decay = p->weight_decay,
                     .fresh = p->fresh.v};
    job_t j = {.step = sgd_step, .how = &s};
    return run(call, &j, p->n_self);
}

/* As PyTorch computes them: in double, by pow. */
static correction_t correction_of(const adam_t *s, int64_t step)
{
    const double done1 = 1 - pow(s->beta1, (double)step), done2 = 1 - pow(s->beta2, (double)step);
    return (correction_t){step, s->lr / done1, pow(done2, 0.5)};
}

static void adam_step(const job_t *j, int32_t i, void *const *at, int64_t n)
{
    const adam_t *s = j->how;
    const correction_t c = s->steps[i] == j->correction.step ? j->correction : correction_of(s, s->steps[i]);
    j->dtype == TORSH_F64 ? adam_f64(s, &c, at, n) : adam_f32(s, &c, at, n);
}

static torsh_status_t run_adam(const torsh_call_t *call)
{
    const torsh___optim_adam__params_t *p = call->params;
    const double l2 = p->decoupled ? 0 : p->weight_decay;
    const adam_t s = {.flags = (p->n_max_exp_avg_sqs ? AMSGRAD : 0) | (l2 != 0 ? DECAY : 0) |
                               (1 - p->beta1 < 0.5 ? 0 : FAR),
                      .sign = p->maximize ? -1 : 1,
                      .lr = p->lr,
                      .beta1 = p->beta1,
                      .beta2 = p->beta2,
                      .eps = p->eps,
                      .l2 = l2,
                      .shrink = p->decoupled ? 1 - p->lr * p->weight_decay : 1,
                      .steps = p->steps.v};
    job_t j = {.step = adam_step, .how = &s};
    if (p->n_self > 0)
        j.correction = correction_of(&s, s.steps[0]);
    return run(call, &j, p->n_self);
}

static void adadelta_step(const job_t *j, int32_t i, void *const *at, int64_t n)
{
    (void)i;
    j->dtype == TORSH_F64 ? adadelta_f64(j->how, at, n) : adadelta_f32(j->how, at, n);
}

static torsh_status_t run_adadelta(const torsh_call_t *call)
{
    const torsh___optim_adadelta__params_t *p = call->params;
    const adadelta_t s = {p->maximize ? -1 : 1, p->lr, p->rho, p->eps, p->weight_decay};
    job_t j = {.step = adadelta_step, .how = &s};
    return run(call, &j, p->n_self);
}

static const torsh_kernel_t kernels[] = {
    CPU_FLOAT(TORSH_OP__OPTIM_SGD_, 0, run_sgd),
    CPU_FLOAT(TORSH_OP__OPTIM_ADAM_, 0, run_adam),
    CPU_FLOAT(TORSH_OP__OPTIM_ADADELTA_, 0, run_adadelta),
};
CPU_LIST(optim);
