/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* normal_: Box and Muller (1958) in PyTorch's order. 16 or more elements in contiguous memory are made in
 * blocks of 16 out of 24-bit numbers (float64: 53-bit ones), others in pairs of doubles of which the
 * generator keeps the second. */
#include "random.h"

#include <math.h>

#include <torsh/ops/random_params.h>
#include <torsh/ops/scalar_base.h>

#include "half_block.h"
#include "range.h"

enum { BLOCK = 16, HALF = 8 };

#define INLINE static inline __attribute__((always_inline))
/* rounded once on every instruction set, so that all give the same numbers */
#define FMA __builtin_fmaf

/* ---- blocks of 16 ---- */

/* The functions below do what PyTorch's vectorized fill does, operation by operation: with other polynomials
 * one number in six would differ in its last bit. They are those of the Cephes library (Moshier 1989) for
 * single precision. */

/* log x for 0 < x <= 1 */
INLINE float cephes_log(float x)
{
    const uint32_t u = f32_bits(x);
    float e = (float)(int32_t)((u >> 23) - 126);
    x = f32_from_bits((u & 0x007fffffu) | 0x3f000000u);
    const int low = x < 0.707106781186547524f;
    e -= low ? 1.0f : 0.0f;
    x = x - 1.0f + (low ? x : 0.0f);
    const float z = x * x;
    float y = 7.0376836292e-2f;
    y = FMA(y, x, -1.1514610310e-1f);
    y = FMA(y, x, 1.1676998740e-1f);
    y = FMA(y, x, -1.2420140846e-1f);
    y = FMA(y, x, 1.4249322787e-1f);
    y = FMA(y, x, -1.6668057665e-1f);
    y = FMA(y, x, 2.0000714765e-1f);
    y = FMA(y, x, -2.4999993993e-1f);
    y = FMA(y, x, 3.3333331174e-1f);
    y = FMA(y * x, z, e * -2.12194440e-4f);
    y = FMA(z, -0.5f, y);
    return FMA(e, 0.693359375f, x + y);
}

/* sin and cos of x >= 0: octants, then one polynomial each within a quarter of pi */
INLINE void cephes_sincos(float x, float *sine, float *cosine)
{
    const int32_t octant = ((int32_t)(x * 1.27323954473516f) + 1) & ~1;
    const float y = (float)octant;
    x = FMA(y, -0.78515625f, x);
    x = FMA(y, -2.4187564849853515625e-4f, x);
    x = FMA(y, -3.77489497744594108e-8f, x);
    const float z = x * x;
    float c = 2.443315711809948e-5f;
    c = FMA(c, z, -1.388731625493765e-3f);
    c = FMA(c, z, 4.166664568298827e-2f);
    c = FMA(c * z, z, -(z * 0.5f)) + 1.0f;
    float s = -1.9515295891e-4f;
    s = FMA(s, z, 8.3321608736e-3f);
    s = FMA(s, z, -1.6666654611e-1f);
    s = FMA(s * z, x, x);
    const int swap = (octant & 2) != 0;
    const uint32_t sine_sign = (uint32_t)(octant & 4) << 29, cosine_sign = (uint32_t)(~(octant - 2) & 4)
                                                                           << 29;
    *sine = f32_from_bits(f32_bits(swap ? c : s) ^ sine_sign);
    *cosine = f32_from_bits(f32_bits(swap ? s : c) ^ cosine_sign);
}

/* 16 uniform numbers to normal ones, in place */
INLINE void block_f32(float *x, float mean, float std)
{
    float a[HALF], b[HALF];
    for (int j = 0; j < HALF; j++) {
        const float radius = sqrtf(-2.0f * cephes_log(1.0f - x[j]));
        float sine, cosine;
        cephes_sincos(6.28318530717958648f * x[HALF + j], &sine, &cosine);
        a[j] = FMA(radius * cosine, std, mean);
        b[j] = FMA(radius * sine, std, mean);
    }
    for (int j = 0; j < HALF; j++) {
        x[j] = a[j];
        x[HALF + j] = b[j];
    }
}

static void block_f64(double *x, double mean, double std)
{
    for (int j = 0; j < HALF; j++) {
        const double radius = sqrt(-2 * log(1 - x[j])), theta = 6.28318530717958648 * x[HALF + j];
        x[j] = fma(radius * cos(theta), std, mean);
        x[HALF + j] = fma(radius * sin(theta), std, mean);
    }
}

static void draw_f32(torsh_generator_t *g, float *to, int64_t n)
{
    uint32_t u[TORSH__RANDOM_CHUNK];
    for (int64_t i = 0; i < n; i += TORSH__RANDOM_CHUNK) {
        const int64_t some = cpu_least(TORSH__RANDOM_CHUNK, n - i);
        torsh__cpu_host->random_u32_block(g, u, some);
        for (int64_t k = 0; k < some; k++)
            to[i + k] = torsh__uniform24(u[k]);
    }
}

static void draw_f64(torsh_generator_t *g, double *to, int64_t n)
{
    uint32_t u[2 * TORSH__RANDOM_CHUNK];
    for (int64_t i = 0; i < n; i += TORSH__RANDOM_CHUNK) {
        const int64_t some = cpu_least(TORSH__RANDOM_CHUNK, n - i);
        torsh__cpu_host->random_u32_block(g, u, 2 * some);
        for (int64_t k = 0; k < some; k++)
            to[i + k] = torsh__uniform53(u, k);
    }
}

typedef struct job {
    void *to;
    torsh_dtype_t dtype;
    double mean, std;
} job_t;

static void blocks_range(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    for (int64_t b = first; b < last; b++) {
        if (j->dtype == TORSH_F64)
            block_f64((double *)j->to + b * BLOCK, j->mean, j->std);
        else
            block_f32((float *)j->to + b * BLOCK, (float)j->mean, (float)j->std);
    }
}

/* n >= 16 elements of float32 or float64: uniform numbers for all, then in place. The last 16 are drawn
 * afresh where blocks do not come out even. */
static void fill_wide(torsh_generator_t *g, const job_t *j, int64_t n)
{
    float tail_f32[BLOCK];
    double tail_f64[BLOCK];
    job_t tail = *j;
    torsh__cpu_host->random_begin(g);
    if (j->dtype == TORSH_F64) {
        tail.to = tail_f64;
        draw_f64(g, j->to, n);
        if (n % BLOCK)
            draw_f64(g, tail_f64, BLOCK);
    } else {
        tail.to = tail_f32;
        draw_f32(g, j->to, n);
        if (n % BLOCK)
            draw_f32(g, tail_f32, BLOCK);
    }
    torsh__cpu_host->random_end(g);
    cpu_range(n / BLOCK, cpu_grain(4 * BLOCK), blocks_range, j);
    if (n % BLOCK == 0)
        return;
    blocks_range(&tail, 0, 1);
    for (int i = 0; i < BLOCK; i++) {
        if (j->dtype == TORSH_F64)
            ((double *)j->to)[n - BLOCK + i] = tail_f64[i];
        else
            ((float *)j->to)[n - BLOCK + i] = tail_f32[i];
    }
}

/* As above for 16-bit floats, which PyTorch draws a block at a time. */
static void fill_half(torsh_generator_t *g, const job_t *j, int64_t n)
{
    enum { SOME = 32 * BLOCK };
    float x[SOME];
    uint16_t *to = j->to;
    torsh__cpu_host->random_begin(g);
    for (int64_t i = 0; i + BLOCK <= n; i += SOME) {
        const int64_t some = cpu_least(SOME, (n - i) / BLOCK * BLOCK);
        draw_f32(g, x, some);
        for (int64_t b = 0; b < some; b += BLOCK)
            block_f32(x + b, (float)j->mean, (float)j->std);
        cpu_narrow(j->dtype, to + i, x, some);
    }
    if (n % BLOCK) {
        draw_f32(g, x, BLOCK);
        block_f32(x, (float)j->mean, (float)j->std);
        cpu_narrow(j->dtype, to + n - BLOCK, x, BLOCK);
    }
    torsh__cpu_host->random_end(g);
}

/* ---- pairs ---- */

static double next_normal(torsh_generator_t *g)
{
    double x;
    uint32_t u[4];
    if (torsh__cpu_host->random_take_normal(g, &x))
        return x;
    torsh__cpu_host->random_u32_block(g, u, 4);
    const double radius = sqrt(-2 * log1p(-torsh__uniform53(u, 1)));
    const double theta = 6.28318530717958648 * torsh__uniform53(u, 0);
    torsh__cpu_host->random_put_normal(g, radius * sin(theta));
    return radius * cos(theta);
}

static void make_pairs(const torsh__fill_t *f, void *to, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double x = fma(next_normal(f->generator), f->to, f->from);
        switch (f->dtype) {
        case TORSH_F32:
            ((float *)to)[i] = (float)x;
            break;
        case TORSH_F64:
            ((double *)to)[i] = x;
            break;
        case TORSH_F16:
            ((uint16_t *)to)[i] = f16_from_f32((float)x);
            break;
        default:
            ((uint16_t *)to)[i] = bf16_from_f32((float)x);
        }
    }
}

torsh_status_t torsh__cpu_run_normal(const torsh_call_t *call)
{
    const torsh__normal__params_t *p = call->params;
    const torsh_view_t *out = &call->out[0];
    if (!(p->std >= 0))
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "normal expects std >= 0.0, but found std %g", p->std);
    if (out->n < BLOCK || !torsh__is_contiguous(out)) {
        const torsh__fill_t f = {.make = make_pairs,
                                 .generator = call->generator,
                                 .dtype = out->dtype,
                                 .from = p->mean,
                                 .to = p->std};
        return torsh__cpu_fill_random(out, &f);
    }
    const job_t j = {cpu_at(out), out->dtype, p->mean, p->std};
    if (out->dtype == TORSH_F32 || out->dtype == TORSH_F64)
        fill_wide(call->generator, &j, out->n);
    else
        fill_half(call->generator, &j, out->n);
    return TORSH_OK;
}
