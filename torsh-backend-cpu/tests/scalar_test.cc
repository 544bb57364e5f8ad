// SPDX-License-Identifier: MIT OR Apache-2.0
// Accuracy of the scalar functions, as vectorized loops of every instruction set that this machine has,
// against long double libm. tools/ulp_sweep.c measures the same over all 2^32 inputs; the bounds here are
// what it found, rounded up.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torsh/ops/scalar.h>

#include "scalar_probe.h"

namespace
{

using std::string;
using std::vector;
using longdouble = long double;

const float inf32 = std::numeric_limits<float>::infinity();
const float nan32 = std::numeric_limits<float>::quiet_NaN();

vector<const probe_t *> probes()
{
    vector<const probe_t *> found;
    if (&probe_base)
        found.push_back(&probe_base);
    if (&probe_avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found.push_back(&probe_avx2);
    if (&probe_avx512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        found.push_back(&probe_avx512);
    return found;
}

template <class Row> const Row &row(const Row *rows, const string &name)
{
    while (name != rows->name)
        rows++;
    return *rows;
}

// |got - exact| in units of the spacing of T at exact; overflow counts as the power of two it stands for. 1e9
// where only one is NaN or a zero has the wrong sign.
template <class T, class Exact> double ulps(T got, Exact exact)
{
    using limits = std::numeric_limits<T>;
    if (std::isnan(got) || std::isnan(exact))
        return std::isnan(got) && std::isnan(exact) ? 0 : 1e9;
    if (exact == 0 && got == 0)
        return std::signbit(exact) == std::signbit(got) ? 0 : 1e9;
    const Exact top = std::ldexp((Exact)1, limits::max_exponent);
    const Exact g = std::min(std::max((Exact)got, -top), top), e = std::min(std::max(exact, -top), top);
    const Exact a = std::min(std::max(std::fabs(e), (Exact)limits::min()), (Exact)limits::max());
    return (double)std::ldexp(std::fabs(g - e), limits::digits - 1 - std::ilogb(a));
}

template <class Real> Real exact_sigmoid(Real x)
{
    return 1 / (1 + std::exp(-x));
}
template <class Real> Real exact_rsqrt(Real x)
{
    return 1 / std::sqrt(x);
}
template <class Real> Real exact_sign(Real x)
{
    return (Real)((x > 0) - (x < 0));
}

struct unary_t {
    const char *name;
    longdouble (*exact)(longdouble);
    double (*nearly)(double);    // exact to some 2^-29 ulp of a float, and faster
    double fma32, base32, ulp64; // bounds: float32 with FMA and without, float64
};

const unary_t unaries[] = {
    {"exp", std::exp, std::exp, 1, 1, 1.1},
    {"exp2", std::exp2, std::exp2, 1, 1.2, 1},
    {"expm1", std::expm1, std::expm1, 1, 1, 1},
    {"log", std::log, std::log, 1, 1.2, 1},
    {"log2", std::log2, std::log2, 1, 1, 1},
    {"log10", std::log10, std::log10, 1, 1, 2},
    {"log1p", std::log1p, std::log1p, 1, 1, 1},
    {"sin", std::sin, std::sin, 0.52, 0.52, 1},
    {"cos", std::cos, std::cos, 0.52, 0.52, 1},
    {"tan", std::tan, std::tan, 1, 1, 15}, // float64: glibc's, 14.4 at the hardest argument
    {"tanh", std::tanh, std::tanh, 1, 1.2, 1.5},
    {"sinh", std::sinh, std::sinh, 1, 1, 2},
    {"cosh", std::cosh, std::cosh, 1, 1, 2},
    {"asin", std::asin, std::asin, 1, 1, 1},
    {"acos", std::acos, std::acos, 1, 1, 1},
    {"atan", std::atan, std::atan, 1, 1, 1},
    {"erf", std::erf, std::erf, 1, 1.5, 1.5},
    {"erfc", std::erfc, std::erfc, 1, 1, 5}, // float64: glibc's
    {"sqrt", std::sqrt, std::sqrt, 0.5, 0.5, 0.5},
    {"rsqrt", exact_rsqrt, exact_rsqrt, 1.5, 1.5, 1.5}, // 1 / sqrt(x), as torch
    {"sigmoid", exact_sigmoid, exact_sigmoid, 2, 2, 2},
    {"floor", std::floor, std::floor, 0, 0, 0},
    {"ceil", std::ceil, std::ceil, 0, 0, 0},
    {"trunc", std::trunc, std::trunc, 0, 0, 0},
    {"round", std::rint, std::rint, 0, 0, 0},
    {"abs", std::fabs, std::fabs, 0, 0, 0},
    {"sign", exact_sign, exact_sign, 0, 0, 0},
};

// clang-format off
const vector<float> special32 = {
    0, -0.0f, inf32, -inf32, nan32, 1e-45f, -1e-45f, 1e-39f, 1.17549435e-38f, 1.1754942e-38f,
    3.40282347e38f, -3.40282347e38f, 1, -1, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 8388607.5f,
    8388609, 16777216, 1.57079637f, 3.14159274f, 1e10f, 1e30f,
    // thresholds of exp, exp2, expm1, erfc, tanh
    88.7228f, 88.7229f, 89.41f, -87.3366f, -103.972f, -103.973f, -104, 127.99999f, 128, -149, -149.5f, -150,
    -17.3287f, 10.05f, 10.06f, 9.01f,
    // where sweeps found large errors
    0x1.47d0fep+34f, -0x1.ffe6bap+101f, 0x1.f16434p+101f, 0x1.110ee4p+50f, 0x1.ff23a4p-1f, 0x1.ab9f2cp+4f};
// clang-format on

class EveryUnary : public testing::TestWithParam<unary_t>
{
};

TEST_P(EveryUnary, float32_is_within_its_bound_over_all_magnitudes)
{
    const unary_t &f = GetParam();
    const uint64_t stride = 1021; // 2^22 of 2^32
    vector<float> x = special32;
    for (uint64_t u = 0; u < (uint64_t)1 << 32; u += stride)
        x.push_back(f32_from_bits((uint32_t)u));
    vector<double> nearly(x.size());
    for (size_t i = 0; i < x.size(); i++)
        nearly[i] = f.nearly((double)x[i]);
    vector<float> got(x.size());
    for (const probe_t *p : probes()) {
        row(p->unary, f.name).f32(got.data(), x.data(), (int64_t)x.size());
        const double bound = string(p->isa) == "base" ? f.base32 : f.fma32;
        for (size_t i = 0; i < x.size(); i++)
            if (ulps(got[i], nearly[i]) > bound - 1e-3) { // too close to say, or wrong: ask long double
                ASSERT_LE(ulps(got[i], f.exact((longdouble)x[i])), bound)
                    << p->isa << ": " << f.name << "(" << x[i] << ") is " << got[i];
            }
    }
}

TEST_P(EveryUnary, float64_is_within_its_bound_over_all_magnitudes)
{
    const unary_t &f = GetParam();
    vector<double> x(special32.begin(), special32.end());
    for (double s : {709.782, 709.79, -745.13, -745.14, -708.4, 5e-324, -5e-324, 2.2250738585072014e-308,
                     1.7976931348623157e308, 4503599627370495.5, 4503599627370497.0, 0x1p65, 0x1.8p577, 26.54,
                     5.95, 0.7, 20.0, 0.25 * M_PI})
        x.push_back(s);
    x.push_back(std::ldexp(6381956970095103.0, 797)); // the double nearest to an odd multiple of pi/2
    std::mt19937_64 bits(1);
    for (int i = 0; i < 1 << 17; i++) {
        uint64_t r = bits();
        double unit = (double)(int64_t)r * 0x1p-63;
        x.push_back(i % 4 == 0 ? f64_from_bits(r) : unit * (i % 4 == 1 ? 1 : (i % 4 == 2 ? 10 : 800)));
    }
    vector<double> got(x.size());
    for (const probe_t *p : probes()) {
        row(p->unary, f.name).f64(got.data(), x.data(), (int64_t)x.size());
        for (size_t i = 0; i < x.size(); i++)
            ASSERT_LE(ulps(got[i], f.exact((longdouble)x[i])), f.ulp64)
                << p->isa << ": " << f.name << "(" << x[i] << ") is " << got[i];
    }
}

INSTANTIATE_TEST_SUITE_P(Scalar, EveryUnary, testing::ValuesIn(unaries),
                         [](const testing::TestParamInfo<unary_t> &i) { return string(i.param.name); });

// ---- two arguments ------------------------------------------------------------------------------

float torch_remainder(float x, float y)
{
    float m = std::fmod(x, y);
    return m != 0 && (m < 0) != (y < 0) ? m + y : m;
}

// c10's div_floor_floating, which follows Python
float torch_div_floor(float x, float y)
{
    if (y == 0)
        return x / y;
    float m = std::fmod(x, y), q = (x - m) / y;
    if (m != 0 && (y < 0) != (m < 0))
        q -= 1;
    if (q == 0)
        return std::copysign(0.0f, x / y);
    float f = std::floor(q);
    return q - f > 0.5f ? f + 1 : f;
}

struct binary_t {
    const char *name;
    std::function<longdouble(float, float)> exact;
    double ulp;
};

const binary_t binaries[] = {
    {"pow", [](float x, float y) { return std::pow((longdouble)x, (longdouble)y); }, 0.6},
    {"atan2", [](float x, float y) { return std::atan2((longdouble)x, (longdouble)y); }, 1},
    {"hypot", [](float x, float y) { return std::hypot((longdouble)x, (longdouble)y); }, 0.51},
    {"fmod", [](float x, float y) { return std::fmod((longdouble)x, (longdouble)y); }, 0},
    {"remainder", [](float x, float y) { return (longdouble)torch_remainder(x, y); }, 0},
    {"div_floor", [](float x, float y) { return (longdouble)torch_div_floor(x, y); }, 0},
    {"div_trunc", [](float x, float y) { return (longdouble)std::trunc(x / y); }, 0},
};

class EveryBinary : public testing::TestWithParam<binary_t>
{
};

TEST_P(EveryBinary, float32_is_within_its_bound_for_special_and_random_pairs)
{
    const binary_t &f = GetParam();
    vector<float> x, y;
    for (float a : special32)
        for (float b : special32)
            x.push_back(a), y.push_back(b);
    std::mt19937_64 bits(2);
    for (int i = 0; i < 1 << 20; i++) {
        uint64_t r = bits(), s = bits();
        bool near = i & 1;
        x.push_back(near ? (float)(int64_t)r * 0x1p-60f : f32_from_bits((uint32_t)r));
        y.push_back(i & 2 ? (float)(int64_t)s * 0x1p-60f
                          : (i & 4 ? (float)((int64_t)s >> 59) : f32_from_bits((uint32_t)s)));
    }
    vector<float> got(x.size());
    for (const probe_t *p : probes()) {
        row(p->binary, f.name).f32(got.data(), x.data(), y.data(), (int64_t)x.size());
        for (size_t i = 0; i < x.size(); i++)
            ASSERT_LE(ulps(got[i], f.exact(x[i], y[i])), f.ulp)
                << p->isa << ": " << f.name << "(" << x[i] << ", " << y[i] << ") is " << got[i];
    }
}

INSTANTIATE_TEST_SUITE_P(Scalar, EveryBinary, testing::ValuesIn(binaries),
                         [](const testing::TestParamInfo<binary_t> &i) { return string(i.param.name); });

// ---- integers -----------------------------------------------------------------------------------

template <class T> vector<T> edge_integers()
{
    const T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    vector<T> v = {low, (T)(low + 1), (T)(low / 2), (T)(high / 2), (T)(high - 1), high};
    for (int i = -20; i <= 20; i++)
        v.push_back((T)i);
    return v;
}

template <class T> T wrapping_pow(T a, T b)
{
    if (b < 0)
        return a == 1 ? 1 : (a == -1 ? (b % 2 ? -1 : 1) : 0);
    uint64_t r = 1, p = (uint64_t)a;
    for (uint64_t e = (uint64_t)b; e; e >>= 1, p *= p)
        r = e & 1 ? r * p : r;
    return (T)r;
}

template <class T> void check_integers(void (*probe_int_t::*loop)(T *, const T *, const T *, int64_t))
{
    vector<T> x, y;
    for (T a : edge_integers<T>())
        for (T b : edge_integers<T>())
            x.push_back(a), y.push_back(b);
    std::mt19937_64 bits(3);
    for (int i = 0; i < 100000; i++)
        x.push_back((T)bits()), y.push_back((T)((int64_t)bits() >> (i % 64)));
    vector<T> got(x.size());
    for (const probe_t *p : probes())
        for (const probe_int_t *f = p->integer; f->name; f++) {
            (f->*loop)(got.data(), x.data(), y.data(), (int64_t)x.size());
            for (size_t i = 0; i < x.size(); i++) {
                const string name = f->name;
                const __int128 a = x[i], b = y[i];
                if (b == 0 && name != "pow")
                    continue; // it came this far, so it did not trap
                const __int128 q = name == "pow" ? 0 : a / b, m = name == "pow" ? 0 : a % b;
                const bool down = m != 0 && (m < 0) != (b < 0);
                const __int128 want = name == "div_trunc"   ? q
                                      : name == "div_floor" ? q - down
                                      : name == "fmod"      ? m
                                      : name == "remainder" ? (down ? m + b : m)
                                                            : wrapping_pow(x[i], y[i]);
                ASSERT_EQ(got[i], (T)want) << p->isa << ": " << name << "(" << x[i] << ", " << y[i] << ")";
            }
        }
}

TEST(Integers, int32_division_and_power_match_torch_and_do_not_trap)
{
    check_integers(&probe_int_t::i32);
}
TEST(Integers, int64_division_and_power_match_torch_and_do_not_trap)
{
    check_integers(&probe_int_t::i64);
}

TEST(Integers, abs_and_sign_wrap_at_the_lowest_value)
{
    EXPECT_EQ(abs_i32(INT32_MIN), INT32_MIN);
    EXPECT_EQ(abs_i64(INT64_MIN), INT64_MIN);
    EXPECT_EQ(sign_i32(INT32_MIN), -1);
    EXPECT_EQ(sign_i64(0), 0);
}

TEST(Integers, zero_divisors_are_found_at_any_stride)
{
    const int32_t a[] = {1, 0, 2, 3};
    const int64_t b[] = {0, 5};
    EXPECT_TRUE(any_zero_i32(a, 4, 1));
    EXPECT_FALSE(any_zero_i32(a, 2, 2));
    EXPECT_FALSE(any_zero_i64(b, 0, 1));
    EXPECT_TRUE(any_zero_i64(b, 1, 0));
}

// ---- 16-bit floats ------------------------------------------------------------------------------

// the value of a 16-bit pattern by its definition; -> false for NaN
bool half_value(uint16_t h, int exponent_bits, longdouble *value)
{
    const int digits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
    const int e = (h & 0x7fff) >> digits, m = h & ((1 << digits) - 1), top = (1 << exponent_bits) - 1;
    if (e == top && m != 0)
        return false;
    longdouble v = e == top ? (longdouble)inf32
                   : e == 0 ? std::ldexp((longdouble)m, 1 - bias - digits)
                            : std::ldexp((longdouble)(m + (1 << digits)), e - bias - digits);
    *value = h >> 15 ? -v : v;
    return true;
}

void check_to_float(int exponent_bits, void (*block)(float *, const uint16_t *, int64_t),
                    float (*one)(uint16_t))
{
    vector<uint16_t> h(65536);
    vector<float> f(65536);
    for (size_t i = 0; i < h.size(); i++)
        h[i] = (uint16_t)i;
    block(f.data(), h.data(), 65536);
    for (size_t i = 0; i < h.size(); i++) {
        longdouble v;
        ASSERT_EQ(f32_bits(f[i]), f32_bits(one(h[i]))) << i;
        if (half_value(h[i], exponent_bits, &v)) {
            ASSERT_EQ((longdouble)f[i], v) << i;
            ASSERT_EQ(std::signbit(f[i]), (bool)(h[i] >> 15)) << i;
        } else {
            ASSERT_EQ(f32_bits(f[i]) & 0x7fc00000u, 0x7fc00000u) << i; // NaN and quiet
            ASSERT_EQ(std::signbit(f[i]), (bool)(h[i] >> 15)) << i;
        }
    }
}

// At every 16-bit number: its own value, the midpoint to the next, and the floats beside each.
void check_from_float(int exponent_bits, void (*block)(uint16_t *, const float *, int64_t),
                      uint16_t (*one)(float))
{
    const uint16_t infinity = (uint16_t)(((1 << exponent_bits) - 1) << (15 - exponent_bits));
    vector<float> f;
    vector<uint16_t> want, got;
    auto add = [&](float x, uint16_t h) {
        f.push_back(x), want.push_back(h);
        f.push_back(-x), want.push_back(h | 0x8000);
    };
    for (uint16_t h = 0; h < infinity; h++) {
        longdouble low, high;
        half_value(h, exponent_bits, &low);
        if (h + 1 < infinity)
            half_value(h + 1, exponent_bits, &high);
        else
            high = std::ldexp(1.0L, 1 << (exponent_bits - 1)); // where inf would lie
        const float middle = (float)((low + high) / 2);        // exact
        add((float)low, h);
        add(std::nextafter((float)low, inf32), h);
        add(std::nextafter(middle, 0.0f), h);
        add(middle, h & 1 ? h + 1 : h); // to even
        add(std::nextafter(middle, inf32), h + 1);
        if (h + 1 < infinity)
            add(std::nextafter((float)high, 0.0f), h + 1);
    }
    add(3.40282347e38f, infinity);
    add(inf32, infinity);
    add(1e-45f, 0);
    got.resize(f.size());
    block(got.data(), f.data(), (int64_t)f.size());
    for (size_t i = 0; i < f.size(); i++) {
        ASSERT_EQ(got[i], want[i]) << f[i];
        ASSERT_EQ(one(f[i]), want[i]) << f[i];
    }
    for (uint32_t payload : {1u, 0x2000u, 0x12345u, 0x3fffffu, 0x400000u, 0x7fffffu})
        for (uint32_t sign : {0u, 0x80000000u}) {
            const vector<float> nan(16, f32_from_bits(sign | 0x7f800000u | payload));
            uint16_t h[16];
            block(h, nan.data(), 16);
            longdouble v;
            EXPECT_FALSE(half_value(h[0], exponent_bits, &v));
            EXPECT_EQ(h[0], one(nan[0]));
            EXPECT_TRUE(h[0] & (1 << (14 - exponent_bits))); // quiet
            EXPECT_EQ((uint32_t)h[0] >> 15, sign >> 31);
        }
}

TEST(Half, f16_to_float_is_exact_for_all_patterns)
{
    for (const probe_t *p : probes())
        check_to_float(5, p->f32_from_f16, p->f32_from_f16_one);
}

TEST(Half, bf16_to_float_is_exact_for_all_patterns)
{
    for (const probe_t *p : probes())
        check_to_float(8, p->f32_from_bf16, p->f32_from_bf16_one);
}

TEST(Half, float_to_f16_rounds_to_nearest_even_at_every_boundary)
{
    for (const probe_t *p : probes())
        check_from_float(5, p->f16_from_f32, p->f16_from_f32_one);
}

TEST(Half, float_to_bf16_rounds_to_nearest_even_at_every_boundary)
{
    for (const probe_t *p : probes())
        check_from_float(8, p->bf16_from_f32, p->bf16_from_f32_one);
}

TEST(Half, blocks_of_any_length_write_only_their_elements)
{
    for (const probe_t *p : probes())
        for (int64_t n = 0; n < 40; n++) {
            vector<float> f(64, 1.5f);
            vector<uint16_t> h(64, 0xabcd);
            p->f16_from_f32(h.data(), f.data(), n);
            for (int64_t i = 0; i < 64; i++)
                ASSERT_EQ(h[(size_t)i], i < n ? 0x3e00 : 0xabcd);
            p->f32_from_f16(f.data(), h.data(), n);
            p->bf16_from_f32(h.data(), f.data(), n);
            for (int64_t i = 0; i < 64; i++)
                ASSERT_EQ(h[(size_t)i], i < n ? 0x3fc0 : 0xabcd);
        }
}

TEST(Generic, the_argument_type_chooses_the_function)
{
    const int8_t small = -7, three = 3;
    EXPECT_EQ(t_exp(1.0f), exp_f32(1.0f));
    EXPECT_EQ(t_exp(1.0), exp_f64(1.0));
    EXPECT_EQ(t_remainder(small, three), 2);
    EXPECT_EQ(t_div_floor(INT64_C(-7), INT64_C(3)), -3);
    EXPECT_EQ(t_pow(2.0f, 0.5f), pow_f32(2.0f, 0.5f));
    EXPECT_EQ(t_abs(-2.5), 2.5);
}

} // namespace
