/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* uniform_, bernoulli_, random_, _randperm, bit for bit PyTorch's CPU streams (aten's DistributionsHelper.h
 * and DistributionTemplates.h, compared with 2.13). Numbers are drawn by one thread. */
#include "random.h"

#include <float.h>
#include <string.h>

#include <torsh/ops/half.h>
#include <torsh/ops/random_params.h>

#include "half_block.h"
#include "kernels.h"
#include "range.h"

/* ---- filling ---- */

typedef struct dim {
    int64_t n, stride;
} dim_t;

/* Dimensions by falling stride, those that follow on each other merged. Returns how many. */
static int by_memory(const torsh_view_t *v, dim_t *d)
{
    int n = 0;
    for (int32_t i = 0; i < v->ndim; i++) {
        if (v->shape[i] == 1)
            continue;
        int at = n++;
        for (; at > 0 && d[at - 1].stride < v->strides[i]; at--)
            d[at] = d[at - 1];
        d[at] = (dim_t){v->shape[i], v->strides[i]};
    }
    int merged = n > 0;
    for (int i = 1; i < n; i++) {
        if (d[merged - 1].stride == d[i].n * d[i].stride)
            d[merged - 1] = (dim_t){d[merged - 1].n * d[i].n, d[i].stride};
        else
            d[merged++] = d[i];
    }
    return merged;
}

torsh_status_t torsh__cpu_fill_random(const torsh_view_t *v, const torsh__fill_t *f)
{
    dim_t d[TORSH_MAX_DIMS];
    int64_t index[TORSH_MAX_DIMS] = {0};
    const int64_t bytes = cpu_bytes(v->dtype);
    const int n = by_memory(v, d);
    char *to = cpu_at(v), chunk[TORSH__RANDOM_CHUNK * 8];
    const bool dense = n == 0 || (n == 1 && d[0].stride == 1);
    torsh__cpu_host->random_begin(f->generator);
    for (int64_t i = 0; i < v->n; i += TORSH__RANDOM_CHUNK) {
        const int64_t some = cpu_least(TORSH__RANDOM_CHUNK, v->n - i);
        f->make(f, dense ? to + i * bytes : chunk, some);
        for (int64_t k = 0; !dense && k < some; k++) {
            memcpy(to, chunk + k * bytes, (size_t)bytes);
            for (int j = n - 1; j >= 0; j--) { /* to the next element */
                to += d[j].stride * bytes;
                if (++index[j] < d[j].n)
                    break;
                to -= d[j].n * d[j].stride * bytes;
                index[j] = 0;
            }
        }
    }
    torsh__cpu_host->random_end(f->generator);
    return TORSH_OK;
}

/* ---- uniform_ ---- */

static void make_f32(const torsh__fill_t *f, float *to, int64_t n)
{
    uint32_t u[TORSH__RANDOM_CHUNK];
    const float from = (float)f->from, end = (float)f->to, range = end - from;
    torsh__cpu_host->random_u32_block(f->generator, u, n);
    for (int64_t i = 0; i < n; i++) {
        const float x =
            __builtin_fmaf(torsh__uniform24(u[i]), range, from); /* PyTorch's compiler fuses the two */
        to[i] = x == end ? from : x; /* rounding may have reached the end, which is excluded */
    }
}

static void make_uniform(const torsh__fill_t *f, void *to, int64_t n)
{
    if (f->dtype == TORSH_F32) {
        make_f32(f, to, n);
    } else if (f->dtype == TORSH_F64) {
        uint32_t u[2 * TORSH__RANDOM_CHUNK];
        double *d = to;
        torsh__cpu_host->random_u32_block(f->generator, u, 2 * n);
        for (int64_t i = 0; i < n; i++) {
            const double x = __builtin_fma(torsh__uniform53(u, i), f->to - f->from, f->from);
            d[i] = x == f->to ? f->from : x;
        }
    } else { /* in float, rounded once, and what became the end by that is set back, too */
        float x[TORSH__RANDOM_CHUNK];
        uint16_t *d = to, ends[2];
        const float limits[2] = {(float)f->from, (float)f->to};
        make_f32(f, x, n);
        cpu_narrow(f->dtype, d, x, n);
        cpu_narrow(f->dtype, ends, limits, 2);
        for (int64_t i = 0; i < n; i++)
            d[i] = d[i] == ends[1] ? ends[0] : d[i];
    }
}

typedef struct float_kind {
    const char *name, *limits_name;
    double max;
    int digits;
} float_kind_t;

static float_kind_t kind_of(torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_F32:
        return (float_kind_t){"float", "Float", FLT_MAX, 24};
    case TORSH_F64:
        return (float_kind_t){"double", "Double", DBL_MAX, 53};
    case TORSH_F16:
        return (float_kind_t){"c10::Half", "Half", 65504, 11};
    default:
        return (float_kind_t){"c10::BFloat16", "BFloat16", 0x1.fep127, 8};
    }
}

static torsh_status_t uniform(const torsh_call_t *call)
{
    const torsh__uniform__params_t *p = call->params;
    const torsh_view_t *out = &call->out[0];
    const float_kind_t k = kind_of(out->dtype);
    if (!(p->from >= -k.max && p->from <= k.max))
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "from is out of bounds for %s", k.name);
    if (!(p->to >= -k.max && p->to <= k.max))
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "to is out of bounds for %s", k.name);
    if (p->from > p->to)
        return torsh__cpu_host->fail(
            TORSH_ERR_VALUE, "uniform_ expects to return a [from, to) range, but found from=%g > to=%g",
            p->from, p->to);
    if (p->to - p->from > k.max)
        return torsh__cpu_host->fail(
            TORSH_ERR_VALUE,
            "uniform_ expects to-from <= std::numeric_limits<%s>::max(), but found to=%g and "
            "from=%g which result in to-from to exceed the limit",
            k.limits_name, p->to, p->from);
    const torsh__fill_t f = {.make = make_uniform,
                             .generator = call->generator,
                             .dtype = out->dtype,
                             .from = p->from,
                             .to = p->to};
    return torsh__cpu_fill_random(out, &f);
}

/* ---- bernoulli_ ---- */

static void make_bernoulli(const torsh__fill_t *f, void *to, int64_t n)
{
    uint32_t u[2 * TORSH__RANDOM_CHUNK];
    uint8_t one[TORSH__RANDOM_CHUNK];
    torsh__cpu_host->random_u32_block(f->generator, u, 2 * n);
    for (int64_t i = 0; i < n; i++)
        one[i] = torsh__uniform53(u, i) < f->from;
    switch (f->dtype) {
    case TORSH_F32:
        for (int64_t i = 0; i < n; i++)
            ((float *)to)[i] = one[i];
        break;
    case TORSH_F64:
        for (int64_t i = 0; i < n; i++)
            ((double *)to)[i] = one[i];
        break;
    case TORSH_F16:
    case TORSH_BF16:
        for (int64_t i = 0; i < n; i++)
            ((uint16_t *)to)[i] = one[i] ? (f->dtype == TORSH_F16 ? 0x3c00 : 0x3f80) : 0;
        break;
    case TORSH_I64:
        for (int64_t i = 0; i < n; i++)
            ((int64_t *)to)[i] = one[i];
        break;
    case TORSH_I32:
        for (int64_t i = 0; i < n; i++)
            ((int32_t *)to)[i] = one[i];
        break;
    default:
        memcpy(to, one, (size_t)n);
    }
}

static torsh_status_t bernoulli(const torsh_call_t *call)
{
    const torsh__bernoulli__float_params_t *p = call->params;
    if (!(p->p >= 0 && p->p <= 1))
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "bernoulli_ expects p to be in [0, 1], but got p=%g",
                                     p->p);
    const torsh__fill_t f = {
        .make = make_bernoulli, .generator = call->generator, .dtype = call->out[0].dtype, .from = p->p};
    return torsh__cpu_fill_random(&call->out[0], &f);
}

/* ---- random_ ---- */

static void make_integers(const torsh__fill_t *f, void *to, int64_t n)
{
    int64_t x[TORSH__RANDOM_CHUNK];
    uint32_t u[2 * TORSH__RANDOM_CHUNK];
    if (!f->wide) {
        torsh__cpu_host->random_u32_block(f->generator, u, n);
        for (int64_t i = 0; i < n; i++)
            x[i] = (int64_t)(u[i] % f->range) + f->base;
    } else {
        torsh__cpu_host->random_u32_block(f->generator, u, 2 * n);
        for (int64_t i = 0; i < n; i++) {
            const uint64_t r = (uint64_t)u[2 * i] << 32 | u[2 * i + 1];
            x[i] = (int64_t)(f->range ? r % f->range + (uint64_t)f->base : r);
        }
    }
    switch (f->dtype) {
    case TORSH_F32:
        for (int64_t i = 0; i < n; i++)
            ((float *)to)[i] = (float)x[i];
        break;
    case TORSH_F64:
        for (int64_t i = 0; i < n; i++)
            ((double *)to)[i] = (double)x[i];
        break;
    case TORSH_F16:
        for (int64_t i = 0; i < n; i++)
            ((uint16_t *)to)[i] = f16_from_f32((float)x[i]);
        break;
    case TORSH_BF16:
        for (int64_t i = 0; i < n; i++)
            ((uint16_t *)to)[i] = bf16_from_f32((float)x[i]);
        break;
    case TORSH_I64:
        memcpy(to, x, (size_t)n * sizeof *x);
        break;
    case TORSH_I32:
        for (int64_t i = 0; i < n; i++)
            ((int32_t *)to)[i] = (int32_t)x[i];
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            ((uint8_t *)to)[i] = (uint8_t)x[i];
    }
}

/* The integer that x becomes in a floating dtype. */
static int64_t as_dtype(torsh_dtype_t dtype, int64_t x)
{
    const float f = (float)x;
    const double d = dtype == TORSH_F64    ? (double)x
                     : dtype == TORSH_F16  ? f32_from_f16(f16_from_f32(f))
                     : dtype == TORSH_BF16 ? f32_from_bf16(bf16_from_f32(f))
                                           : f;
    return d >= 0x1p63 ? INT64_MAX : d < -0x1p63 ? INT64_MIN : (int64_t)d;
}

static int log2_of(int64_t x)
{
    const uint64_t a = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    return a ? 63 - __builtin_clzll(a) : 0;
}

/* Ends that the dtype cannot hold exactly are moved inwards (aten's update_from and update_to). */
static int64_t inner_from(torsh_dtype_t dtype, int64_t from)
{
    const int64_t next = as_dtype(dtype, from + 1);
    return next < from ? next + (INT64_C(1) << (log2_of(from + 1) - kind_of(dtype).digits + 1)) : from;
}

static int64_t inner_to(torsh_dtype_t dtype, int64_t to)
{
    const int64_t last = as_dtype(dtype, to - 1);
    return last >= to ? last - (INT64_C(1) << (log2_of(to - 1) - kind_of(dtype).digits + 1)) : to;
}

/* Is x a value of the dtype, which messages call `name`? *largest: what a missing end means. */
static int in_range(torsh_dtype_t dtype, int64_t x, const char **name, int64_t *largest)
{
    switch (dtype) {
    case TORSH_I64:
        *name = "long", *largest = INT64_MAX;
        return 1;
    case TORSH_I32:
        *name = "int", *largest = INT32_MAX;
        return x >= INT32_MIN && x <= INT32_MAX;
    case TORSH_U8:
        *name = "unsigned char", *largest = UINT8_MAX;
        return x >= 0 && x <= UINT8_MAX;
    case TORSH_BOOL:
        *name = "bool", *largest = 1;
        return x == 0 || x == 1;
    default:
        break;
    }
    const float_kind_t k = kind_of(dtype);
    *name = k.name;
    *largest = INT64_C(1) << k.digits;
    return (double)x >= -k.max && (double)x <= k.max;
}

static torsh_status_t random_from(const torsh_call_t *call)
{
    const torsh__random__from_params_t *p = call->params;
    const torsh_dtype_t dtype = call->out[0].dtype;
    const int is_float = dtype != TORSH_I64 && dtype != TORSH_I32 && dtype != TORSH_U8 && dtype != TORSH_BOOL;
    int64_t from = p->from, last;
    const char *name;
    torsh__fill_t f = {.make = make_integers, .generator = call->generator, .dtype = dtype, .wide = true};
    if (p->to.given) {
        int64_t to = p->to.v;
        if (from >= to)
            return torsh__cpu_host->fail(
                TORSH_ERR_VALUE, "random_ expects 'from' to be less than 'to', but got from=%lld >= to=%lld",
                (long long)from, (long long)to);
        if (is_float) {
            from = inner_from(dtype, from);
            to = inner_to(dtype, to);
            if (from >= to)
                return torsh__cpu_host->fail(
                    TORSH_ERR_VALUE,
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to "
                    "dtype, but got from=%lld >= to=%lld",
                    (long long)from, (long long)to);
        }
        last = to - 1;
        int64_t unused;
        if (!in_range(dtype, from, &name, &unused))
            return torsh__cpu_host->fail(TORSH_ERR_VALUE, "from is out of bounds for %s", name);
        if (!in_range(dtype, last, &name, &unused))
            return torsh__cpu_host->fail(TORSH_ERR_VALUE, "to - 1 is out of bounds for %s", name);
    } else if (from != INT64_MIN) {
        in_range(dtype, 0, &name, &last);
        if (is_float && (from = inner_from(dtype, from)) >= last)
            return torsh__cpu_host->fail(
                TORSH_ERR_VALUE,
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' "
                "casted to dtype, but got from=%lld > to_inc=%lld",
                (long long)from, (long long)last);
        int64_t unused;
        if (!in_range(dtype, from, &name, &unused) || from > last)
            return torsh__cpu_host->fail(TORSH_ERR_VALUE, "from is out of bounds for %s", name);
    } else {
        if (call->out[0].n && dtype != TORSH_I64 && dtype != TORSH_F64 && dtype != TORSH_F32 &&
            dtype != TORSH_BF16)
            return torsh__cpu_host->fail(
                TORSH_ERR_VALUE,
                "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16");
        return torsh__cpu_fill_random(&call->out[0], &f);
    }
    f.base = from;
    f.range = (uint64_t)last - (uint64_t)from + 1;
    f.wide = f.range == 0 || f.range >= 1u << 28; /* from there on 32 bits would be too uneven */
    return torsh__cpu_fill_random(&call->out[0], &f);
}

/* From 0 to the largest: the dtype decides how many bits are drawn. */
static torsh_status_t random_all(const torsh_call_t *call)
{
    const torsh_dtype_t dtype = call->out[0].dtype;
    const char *unused;
    int64_t last;
    in_range(dtype, 0, &unused, &last);
    const torsh__fill_t f = {.make = make_integers,
                             .generator = call->generator,
                             .dtype = dtype,
                             .range = (uint64_t)last + 1,
                             .wide = dtype == TORSH_I64 || dtype == TORSH_F64};
    return torsh__cpu_fill_random(&call->out[0], &f);
}

/* ---- _randperm ---- */

static torsh_status_t randperm(const torsh_call_t *call)
{
    const torsh___randperm_params_t *p = call->params;
    int64_t *x = (int64_t *)cpu_at(&call->out[0]);
    const int64_t n = p->n;
    torsh_generator_t *g = call->generator;
    torsh__cpu_host->random_begin(g);
    if (n < UINT32_MAX / 20) { /* Fisher and Yates from the front */
        for (int64_t i = 0; i < n; i++)
            x[i] = i;
        for (int64_t i = 0; i < n - 1; i++) {
            const int64_t k = i + torsh__cpu_host->random_u32(g) % (uint32_t)(n - i), y = x[i];
            x[i] = x[k];
            x[k] = y;
        }
    } else { /* 32 bits would be too uneven: inside out, with 64 */
        for (int64_t i = 0; i < n; i++) {
            const int64_t k = (int64_t)(torsh__random_u64(g) % (uint64_t)(i + 1));
            x[i] = i;
            x[i] = x[k];
            x[k] = i;
        }
    }
    torsh__cpu_host->random_end(g);
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {
    CPU_FLOAT(TORSH_OP_UNIFORM_, TORSH_ANY_STRIDES | TORSH_OVERWRITES, uniform),
    CPU_FLOAT(TORSH_OP_NORMAL_, TORSH_ANY_STRIDES | TORSH_OVERWRITES, torsh__cpu_run_normal),
    CPU_ALL(TORSH_OP_BERNOULLI__FLOAT, TORSH_ANY_STRIDES | TORSH_OVERWRITES, bernoulli),
    CPU_ALL(TORSH_OP_RANDOM__FROM, TORSH_ANY_STRIDES | TORSH_OVERWRITES, random_from),
    CPU_ALL(TORSH_OP_RANDOM_, TORSH_ANY_STRIDES | TORSH_OVERWRITES, random_all),
    {TORSH_OP__RANDPERM, TORSH_I64, 0, randperm},
};
CPU_LIST(random);
