// SPDX-License-Identifier: MIT OR Apache-2.0
// Accuracy and speed of the scalar functions, run by hand:
//   F="-O3 -ffp-contract=off -fno-math-errno -fno-trapping-math -Iops/include -Itorsh-backend-cpu/tests"
//   P=torsh-backend-cpu/tests/scalar_probe.c
//   gcc $F -DISA=base -c $P -o base.o && gcc $F -DISA=avx2 -mavx2 -mfma -mf16c -c $P -o avx2.o
//   gcc $F -DISA=avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma -mf16c
//   -mprefer-vector-width=512 \
//       -c $P -o avx512.o
//   gcc $F -mavx2 tools/ulp_sweep.c base.o avx2.o avx512.o -lm -o ulp_sweep
//   ./ulp_sweep sweep [stride [function ...]]   unary float32 over every stride-th of the 2^32 inputs,
//   against double libm
//   ./ulp_sweep pairs [count [function ...]]    binary float32 over random pairs, against double libm
//   ./ulp_sweep double [count [function ...]]   float64 over random inputs, against long double libm
//   ./ulp_sweep speed [function ...]            elements per nanosecond, 64 Ki elements (in L2) 16 times
//   over, beside libm
// An error is |got - exact| in units of the spacing of floats at the exact value; an infinity counts as
// 2^128.
#include "scalar_probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 1 << 16 };
typedef long double longdouble_t;

static double exact_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}
static double exact_rsqrt(double x)
{
    return 1.0 / sqrt(x);
}
static double exact_sign(double x)
{
    return (x > 0) - (x < 0);
}
static double exact_remainder(double x, double y)
{
    double m = fmod(x, y);
    return m != 0 && (m < 0) != (y < 0) ? (double)((float)m + (float)y) : m;
}
static longdouble_t exact_sigmoidl(longdouble_t x)
{
    return 1 / (1 + expl(-x));
}
static longdouble_t exact_rsqrtl(longdouble_t x)
{
    return 1 / sqrtl(x);
}
static longdouble_t exact_remainderl(longdouble_t x, longdouble_t y)
{
    longdouble_t m = fmodl(x, y);
    return m != 0 && (m < 0) != (y < 0) ? (longdouble_t)((double)m + (double)y) : m;
}
static float rsqrt_libm(float x)
{
    return 1.0f / sqrtf(x);
}
static float sigmoid_libm(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

typedef struct {
    const char *name;
    double (*d)(double);
    longdouble_t (*l)(longdouble_t);
    float (*libm)(float);
    float low, high; // where speed is measured
} unary_t;

static const unary_t unaries[] = {
    {"exp", exp, expl, expf, -10, 10},
    {"exp2", exp2, exp2l, exp2f, -10, 10},
    {"expm1", expm1, expm1l, expm1f, -5, 5},
    {"log", log, logl, logf, 1e-3f, 10},
    {"log2", log2, log2l, log2f, 1e-3f, 10},
    {"log10", log10, log10l, log10f, 1e-3f, 10},
    {"log1p", log1p, log1pl, log1pf, -.9f, 10},
    {"sin", sin, sinl, sinf, -10, 10},
    {"cos", cos, cosl, cosf, -10, 10},
    {"tan", tan, tanl, tanf, -10, 10},
    {"tanh", tanh, tanhl, tanhf, -5, 5},
    {"sinh", sinh, sinhl, sinhf, -5, 5},
    {"cosh", cosh, coshl, coshf, -5, 5},
    {"asin", asin, asinl, asinf, -1, 1},
    {"acos", acos, acosl, acosf, -1, 1},
    {"atan", atan, atanl, atanf, -5, 5},
    {"erf", erf, erfl, erff, -3, 3},
    {"erfc", erfc, erfcl, erfcf, -3, 6},
    {"sqrt", sqrt, sqrtl, sqrtf, 0, 10},
    {"rsqrt", exact_rsqrt, exact_rsqrtl, rsqrt_libm, 1e-3f, 10},
    {"sigmoid", exact_sigmoid, exact_sigmoidl, sigmoid_libm, -5, 5},
    {"floor", floor, floorl, floorf, -10, 10},
    {"ceil", ceil, ceill, ceilf, -10, 10},
    {"trunc", trunc, truncl, truncf, -10, 10},
    {"round", rint, rintl, rintf, -10, 10},
    {"abs", fabs, fabsl, fabsf, -10, 10},
    {"sign", exact_sign, NULL, NULL, -10, 10},
};

typedef struct {
    const char *name;
    double (*d)(double, double);
    longdouble_t (*l)(longdouble_t, longdouble_t);
    float (*libm)(float, float);
} binary_t;

static const binary_t binaries[] = {
    {"pow", pow, powl, powf},
    {"atan2", atan2, atan2l, atan2f},
    {"hypot", hypot, hypotl, hypotf},
    {"fmod", fmod, fmodl, fmodf},
    {"remainder", exact_remainder, exact_remainderl, NULL},
};

static const probe_t *probes[3];
static int n_probes;

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc == 0;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static uint64_t random64(void)
{
    static uint64_t s = 0x9e3779b97f4a7c15u; // xorshift64*, Vigna
    s ^= s >> 12, s ^= s << 25, s ^= s >> 27;
    return s * 0x2545f4914f6cdd1du;
}

// ---- error of a block ----

typedef struct {
    double ulp;
    double x, y;    // where
    long nan, zero; // NaN on one side only; a zero of the wrong sign
    double where_nan, where_zero;
} worst_t;

static void ulp_block(double *restrict e, const float *restrict got, const double *restrict exact, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double r = exact[i], g = (double)got[i];
        r = r > 0x1p128 ? 0x1p128 : r;
        r = r < -0x1p128 ? -0x1p128 : r;
        g = g > 0x1p128 ? 0x1p128 : g;
        g = g < -0x1p128 ? -0x1p128 : g;
        double a = fabs(r);
        a = a < 0x1p-126 ? 0x1p-126 : a;
        a = a < 0x1.fffffep127 ? a : 0x1.fffffep127;
        uint64_t u;
        memcpy(&u, &a, 8);
        u = ((2046ull << 52) - (u & (2047ull << 52))) + (23ull << 52); // 2^(23 - exponent)
        double scale;
        memcpy(&scale, &u, 8);
        e[i] = fabs(g - r) * scale;
    }
}

static void worst_of(worst_t *w, const double *e, const float *got, const double *exact, const float *x,
                     const float *y, int64_t n)
{
    double m = 0;
    int64_t odd = 0;
    for (int64_t i = 0; i < n; i++) {
        m = e[i] > m ? e[i] : m;
        odd += (e[i] != e[i]) | (exact[i] == 0);
    }
    for (int64_t i = 0; m > w->ulp && i < n; i++)
        if (e[i] > w->ulp)
            w->ulp = e[i], w->x = x[i], w->y = y ? y[i] : 0;
    for (int64_t i = 0; odd && i < n; i++) {
        if ((got[i] != got[i]) != (exact[i] != exact[i]))
            w->nan++, w->where_nan = x[i];
        if (exact[i] == 0 && got[i] == 0 && !signbit(exact[i]) != !signbit(got[i]))
            w->zero++, w->where_zero = x[i];
    }
}

static void print_worst(const char *name, const char *isa, const worst_t *w)
{
    printf("%-10s %-7s %.4f at %a (%.9g) %a", name, isa, w->ulp, w->x, w->x, w->y);
    if (w->nan)
        printf("  NaN differs: %ld, as at %a", w->nan, w->where_nan);
    if (w->zero)
        printf("  zero's sign differs: %ld, as at %a", w->zero, w->where_zero);
    printf("\n");
    fflush(stdout);
}

// ---- float32 ----

static float x32[BLOCK], y32[BLOCK], got32[BLOCK];
static double exact64[BLOCK], error64[BLOCK];

static void sweep(const unary_t *f, int64_t stride)
{
    worst_t w[3];
    memset(w, 0, sizeof w);
    for (int64_t u = 0; u < (int64_t)1 << 32;) {
        int64_t n = 0;
        for (; n < BLOCK && u < (int64_t)1 << 32; n++, u += stride)
            x32[n] = float_of((uint32_t)u);
        for (int64_t i = 0; i < n; i++)
            exact64[i] = f->d((double)x32[i]);
        for (int p = 0; p < n_probes; p++) {
            const probe_unary_t *g = probes[p]->unary;
            while (strcmp(g->name, f->name) != 0)
                g++;
            g->f32(got32, x32, n);
            ulp_block(error64, got32, exact64, n);
            worst_of(&w[p], error64, got32, exact64, x32, NULL, n);
        }
    }
    for (int p = 0; p < n_probes; p++)
        print_worst(f->name, probes[p]->isa, &w[p]);
}

static float any_float(int kind)
{
    uint64_t r = random64();
    if (kind == 0)
        return float_of((uint32_t)(r >> 32));
    if (kind == 1)
        return (float)((double)(int64_t)r * 0x1p-63 * 10);
    if (kind == 2)
        return (float)((int64_t)r >> 59); // small integers
    static const float special[] = {
        0,        1,        0.5f,    INFINITY, NAN, 1e-45f,      1.17549435e-38f, 3.40282347e38f,
        16777216, 16777215, 8388609, 1e-30f,   3,   2147483648.f};
    float s = special[(r >> 8) % (sizeof special / sizeof *special)];
    return r & 1 ? -s : s;
}

static void pairs(const binary_t *f, int64_t count)
{
    worst_t w[3];
    memset(w, 0, sizeof w);
    for (int64_t done = 0; done < count; done += BLOCK) {
        for (int64_t i = 0; i < BLOCK; i++) {
            uint64_t r = random64() >> 32;
            x32[i] = any_float((int)(r & 3));
            y32[i] = any_float((int)(r >> 2 & 3));
            exact64[i] = f->d((double)x32[i], (double)y32[i]);
        }
        for (int p = 0; p < n_probes; p++) {
            const probe_binary_t *g = probes[p]->binary;
            while (strcmp(g->name, f->name) != 0)
                g++;
            g->f32(got32, x32, y32, BLOCK);
            ulp_block(error64, got32, exact64, BLOCK);
            worst_of(&w[p], error64, got32, exact64, x32, y32, BLOCK);
        }
    }
    for (int p = 0; p < n_probes; p++)
        print_worst(f->name, probes[p]->isa, &w[p]);
}

// ---- float64 ----

static double x64[BLOCK], y64[BLOCK], got64[BLOCK];
static longdouble_t exact80[BLOCK];

static double any_double(int kind)
{
    uint64_t r = random64();
    double d;
    memcpy(&d, &r, 8);
    if (kind == 0)
        return d;
    d = (double)(int64_t)r * 0x1p-63;
    return kind == 1 ? d * 800 : (kind == 2 ? d * 8 : d);
}

static double ulp64(double got, longdouble_t r)
{
    longdouble_t g =
        got > 0x1p1023 && isinf(got) ? 0x1p1024L : (got < 0 && isinf(got) ? -0x1p1024L : (longdouble_t)got);
    r = r > 0x1p1024L ? 0x1p1024L : (r < -0x1p1024L ? -0x1p1024L : r);
    longdouble_t a = fabsl(r) < 0x1p-1022L ? 0x1p-1022L : fabsl(r);
    int e = ilogbl(a < 0x1.fp1023L ? a : 0x1.fp1023L);
    return (double)ldexpl(fabsl(g - r), 52 - e);
}

static void sweep64(const char *name, const unary_t *f, const binary_t *b, int64_t count)
{
    worst_t w[3];
    memset(w, 0, sizeof w);
    for (int64_t done = 0; done < count; done += BLOCK) {
        for (int64_t i = 0; i < BLOCK; i++) {
            uint64_t r = random64() >> 32;
            x64[i] = any_double((int)(r & 3));
            y64[i] = any_double((int)(r >> 2 & 3));
            exact80[i] = f ? f->l(x64[i]) : b->l(x64[i], y64[i]);
        }
        for (int p = 0; p < n_probes; p++) {
            const probe_unary_t *g = probes[p]->unary;
            const probe_binary_t *h = probes[p]->binary;
            while (f && strcmp(g->name, name) != 0)
                g++;
            while (b && strcmp(h->name, name) != 0)
                h++;
            f ? g->f64(got64, x64, BLOCK) : h->f64(got64, x64, y64, BLOCK);
            for (int64_t i = 0; i < BLOCK; i++) {
                double e = ulp64(got64[i], exact80[i]);
                if (e > w[p].ulp)
                    w[p].ulp = e, w[p].x = x64[i], w[p].y = b ? y64[i] : 0;
                if ((got64[i] != got64[i]) != (exact80[i] != exact80[i]))
                    w[p].nan++, w[p].where_nan = x64[i];
                if (exact80[i] == 0 && got64[i] == 0 && !signbit(exact80[i]) != !signbit(got64[i]))
                    w[p].zero++, w[p].where_zero = x64[i];
            }
        }
    }
    for (int p = 0; p < n_probes; p++)
        print_worst(name, probes[p]->isa, &w[p]);
}

// ---- speed ----

enum { ROUNDS = 7, REPEAT = 16 };

// the best of some rounds, elements per nanosecond
#define MEASURE(call)                                                                                        \
    ({                                                                                                       \
        double best = 1e9;                                                                                   \
        for (int round = 0; round < ROUNDS; round++) {                                                       \
            double start = seconds();                                                                        \
            for (int k = 0; k < REPEAT; k++) {                                                               \
                call;                                                                                        \
            }                                                                                                \
            double t = seconds() - start;                                                                    \
            best = t < best ? t : best;                                                                      \
        }                                                                                                    \
        1e-9 * BLOCK *REPEAT / best;                                                                         \
    })

static void libm_loop(float (*f)(float))
{
    for (int64_t i = 0; i < BLOCK; i++)
        got32[i] = f(x32[i]);
}
static void libm_loop2(float (*f)(float, float))
{
    for (int64_t i = 0; i < BLOCK; i++)
        got32[i] = f(x32[i], y32[i]);
}
static void libm_loop64(double (*f)(double))
{
    for (int64_t i = 0; i < BLOCK; i++)
        got64[i] = f(x64[i]);
}

static void speed(int argc, char **argv)
{
    printf("elements/ns          float32:");
    for (int p = 0; p < n_probes; p++)
        printf(" %7s", probes[p]->isa);
    printf("    libm   float64:");
    for (int p = 0; p < n_probes; p++)
        printf(" %7s", probes[p]->isa);
    printf("    libm\n");
    for (const unary_t *f = unaries; f < unaries + sizeof unaries / sizeof *unaries; f++) {
        if (!wanted(f->name, argc, argv))
            continue;
        for (int64_t i = 0; i < BLOCK; i++) {
            x64[i] = f->low + (f->high - f->low) * (double)(random64() >> 11) * 0x1p-53;
            x32[i] = (float)x64[i];
        }
        printf("%-29s", f->name);
        const probe_unary_t *g = NULL;
        for (int p = 0; p < n_probes; p++) {
            for (g = probes[p]->unary; strcmp(g->name, f->name) != 0;)
                g++;
            printf(" %7.3f", MEASURE(g->f32(got32, x32, BLOCK)));
        }
        printf(" %7.3f           ", f->libm ? MEASURE(libm_loop(f->libm)) : 0.0);
        for (int p = 0; p < n_probes; p++) {
            for (g = probes[p]->unary; strcmp(g->name, f->name) != 0;)
                g++;
            printf(" %7.3f", MEASURE(g->f64(got64, x64, BLOCK)));
        }
        printf(" %7.3f\n", MEASURE(libm_loop64(f->d)));
        fflush(stdout);
    }
    for (int64_t i = 0; i < BLOCK; i++) {
        x32[i] = (float)(10 * (double)(random64() >> 11) * 0x1p-53 + 1e-3);
        y32[i] = (float)(10 * (double)(random64() >> 11) * 0x1p-53 - 5);
    }
    for (const binary_t *f = binaries; f < binaries + sizeof binaries / sizeof *binaries; f++) {
        if (!wanted(f->name, argc, argv))
            continue;
        printf("%-29s", f->name);
        for (int p = 0; p < n_probes; p++) {
            const probe_binary_t *g = probes[p]->binary;
            while (strcmp(g->name, f->name) != 0)
                g++;
            printf(" %7.3f", MEASURE(g->f32(got32, x32, y32, BLOCK)));
        }
        printf(" %7.3f\n", f->libm ? MEASURE(libm_loop2(f->libm)) : 0.0);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (&probe_base)
        probes[n_probes++] = &probe_base;
    if (&probe_avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        probes[n_probes++] = &probe_avx2;
    if (&probe_avx512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        probes[n_probes++] = &probe_avx512;
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "speed") == 0) {
        speed(argc - 2, argv + 2);
        return 0;
    }
    int64_t count = argc > 2 ? atoll(argv[2]) : 0;
    int names = argc > 3 ? argc - 3 : 0;
    int found = 0;
    for (const unary_t *f = unaries; f < unaries + sizeof unaries / sizeof *unaries; f++) {
        if (!wanted(f->name, names, argv + 3))
            continue;
        if (strcmp(mode, "sweep") == 0)
            found = 1, sweep(f, count > 0 ? count : 1);
        if (strcmp(mode, "double") == 0 && f->l)
            found = 1, sweep64(f->name, f, NULL, count > 0 ? count : 1 << 24);
    }
    for (const binary_t *f = binaries; f < binaries + sizeof binaries / sizeof *binaries; f++) {
        if (!wanted(f->name, names, argv + 3))
            continue;
        if (strcmp(mode, "pairs") == 0)
            found = 1, pairs(f, count > 0 ? count : 1 << 26);
        if (strcmp(mode, "double") == 0)
            found = 1, sweep64(f->name, NULL, f, count > 0 ? count : 1 << 24);
    }
    if (!found)
        fprintf(stderr, "usage: %s sweep|pairs|double|speed [stride or count] [function ...]\n", argv[0]);
    return !found;
}
