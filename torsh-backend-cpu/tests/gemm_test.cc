// SPDX-License-Identifier: MIT OR Apache-2.0
// Matrix products of every instruction set that this machine has, against plain loops in float64 or uint64.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "gemm.h"
#include "gemm_host.h"

namespace
{

struct Isa {
    const char *name;
    torsh_status_t (*gemm)(const torsh__gemm_t *, const torsh_host_t *);
};

std::vector<Isa> isas()
{
    std::vector<Isa> all{{"base", torsh__gemm_base}};
    if (has_avx2())
        all.push_back({"avx2", torsh__gemm_avx2});
    if (has_avx512())
        all.push_back({"avx512", torsh__gemm_avx512});
    return all;
}

struct Type {
    torsh_dtype_t dtype;
    size_t bytes;
    double epsilon; /* 0: integers */
    bool is_signed;
};

const Type TYPES[] = {
    {TORSH_F32, 4, 0x1p-23, true}, {TORSH_F64, 8, 0x1p-52, true}, {TORSH_F16, 2, 0x1p-10, true},
    {TORSH_BF16, 2, 0x1p-7, true}, {TORSH_U8, 1, 0, false},       {TORSH_I8, 1, 0, true},
    {TORSH_I16, 2, 0, true},       {TORSH_I32, 4, 0, true},       {TORSH_I64, 8, 0, true}};

const Type &type_of(torsh_dtype_t dtype)
{
    const Type *t = TYPES;
    while (t->dtype != dtype)
        t++;
    return *t;
}

/* Elements of any dtype, read as double or uint64. */
struct Array {
    Type type;
    std::vector<unsigned char> bytes;
    std::vector<double> reals; /* as they were made */
    std::vector<uint64_t> wholes;

    Array(torsh_dtype_t dtype, int64_t n, unsigned seed) : type(type_of(dtype)), bytes((n + 1) * type.bytes)
    {
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<double> uniform(-1, 1);
        for (size_t i = 0; i < bytes.size(); i += type.bytes) {
            uint64_t bits = random();
            const double d = uniform(random);
            const float f = (float)d;
            if (dtype == TORSH_F16)
                bits = 0x3000 + (bits & 0x8bff); /* either sign, 0.125 to 0.5 */
            else if (dtype == TORSH_BF16)
                bits = 0x3e80 + (bits & 0x80ff);
            else if (type.epsilon)
                std::memcpy(&bits, dtype == TORSH_F64 ? (const void *)&d : &f, type.bytes);
            std::memcpy(&bytes[i], &bits, type.bytes);
            reals.push_back(real((int64_t)(i / type.bytes)));
            wholes.push_back(whole((int64_t)(i / type.bytes)));
        }
    }

    uint64_t whole(int64_t i) const
    {
        const int shift = 64 - 8 * (int)type.bytes;
        uint64_t x = 0;
        std::memcpy(&x, &bytes[i * type.bytes], type.bytes);
        return type.is_signed ? (uint64_t)((int64_t)(x << shift) >> shift) : x;
    }

    double real(int64_t i) const
    {
        const uint64_t x = whole(i);
        if (type.dtype == TORSH_F16) {
            const int exponent = x >> 10 & 31, fraction = x & 1023, sign = x & 0x8000 ? -1 : 1;
            if (exponent == 31)
                return fraction ? NAN : sign * INFINITY;
            return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
        }
        double d;
        float f;
        const uint32_t bits = (uint32_t)(type.dtype == TORSH_BF16 ? x << 16 : x);
        std::memcpy(&d, &x, 8);
        std::memcpy(&f, &bits, 4);
        return type.dtype == TORSH_F64 ? d : f;
    }
};

enum Layout { ROWS, COLUMNS, GAPS };

struct Case {
    torsh_dtype_t dtype = TORSH_F32;
    int64_t m = 1, n = 1, k = 1, batch = 1;
    Layout a = ROWS, b = ROWS;
    double alpha = 1, beta = 0;
    int bias = 0; /* its stride; 0: none */
    int relu = 0;
    bool share_b = false;
};

void strides(Layout layout, int64_t rows, int64_t columns, int64_t *rs, int64_t *cs)
{
    *rs = layout == ROWS ? columns : layout == COLUMNS ? 1 : 2 * columns + 3;
    *cs = layout == ROWS ? 1 : layout == COLUMNS ? rows : 2;
}

struct Want {
    double sum, bound;
    uint64_t whole;
};

/* What element (i, j) of C should be, where at, a_at and b_at are its place, its row of A and its column of
 * B. */
Want want(const torsh__gemm_t &g, const Array &a, const Array &b, const Array &bias, const Array &c0,
          int64_t at, int64_t a_at, int64_t b_at, int64_t j)
{
    const Type &type = a.type;
    if (!type.epsilon) {
        uint64_t sum = 0;
        for (int64_t k = 0; k < g.k; k++)
            sum += a.wholes[a_at + k * g.a_cs] * b.wholes[b_at + k * g.b_rs];
        sum = (uint64_t)(int64_t)g.alpha * sum + (uint64_t)(int64_t)g.beta * c0.whole(at);
        sum += g.bias ? bias.whole(j * g.bias_stride) : 0;
        Array cut(type.dtype, 1, 0);
        std::memcpy(cut.bytes.data(), &sum, type.bytes);
        return {0, 0, g.relu && type.is_signed && (int64_t)cut.whole(0) < 0 ? 0 : cut.whole(0)};
    }
    double sum = 0, size = 0;
    for (int64_t k = 0; k < g.k; k++) {
        const double x = g.alpha * a.reals[a_at + k * g.a_cs] * b.reals[b_at + k * g.b_rs];
        sum += x, size += std::fabs(x);
    }
    for (double x : {g.beta != 0 ? g.beta * c0.real(at) : 0, g.bias ? bias.real(j * g.bias_stride) : 0})
        sum += x, size += std::fabs(x);
    if (g.relu && sum < 0)
        sum = 0;
    /* the rounding errors of sums of a few hundred in a row grow as the root of the length */
    const double eps = type.bytes == 2 ? 0x1p-23 : type.epsilon;
    return {sum, eps * size * (2 + std::sqrt((double)g.k) / 4) + type.epsilon * std::fabs(sum) / 2, 0};
}

/* One product on every instruction set, with one and with two threads. */
void check(const Case &t)
{
    SCOPED_TRACE(testing::PrintToString(
        std::vector<double>{(double)t.dtype, (double)t.m, (double)t.n, (double)t.k, (double)t.batch,
                            (double)t.a, (double)t.b, t.alpha, t.beta, (double)t.bias, (double)t.relu}));
    torsh__gemm_t g{};
    g.dtype = t.dtype, g.m = t.m, g.n = t.n, g.k = t.k, g.batch = t.batch;
    g.alpha = t.alpha, g.beta = t.beta, g.relu = t.relu, g.bias_stride = t.bias;
    strides(t.a, t.m, t.k, &g.a_rs, &g.a_cs);
    strides(t.b, t.k, t.n, &g.b_rs, &g.b_cs);
    g.a_bs = t.m * g.a_rs + (t.share_b ? 0 : t.k * g.a_cs);
    g.b_bs = t.share_b ? 0 : t.k * g.b_rs + t.n * g.b_cs;
    g.c_rs = t.n + (t.share_b ? 0 : 3);
    g.c_bs = t.m * g.c_rs;
    const Array a(t.dtype, t.batch * g.a_bs + t.m * g.a_rs + t.k * g.a_cs, 1);
    const Array b(t.dtype, t.batch * g.b_bs + t.k * g.b_rs + t.n * g.b_cs, 2);
    const Array bias(t.dtype, t.n * (t.bias + 1), 3), c0(t.dtype, t.batch * g.c_bs, 4);
    g.a = a.bytes.data(), g.b = b.bytes.data(), g.bias = t.bias ? bias.bytes.data() : nullptr;

    std::vector<Want> wants;
    for (int64_t p = 0; p < t.batch; p++)
        for (int64_t i = 0; i < t.m; i++)
            for (int64_t j = 0; j < t.n; j++)
                wants.push_back(want(g, a, b, bias, c0, p * g.c_bs + i * g.c_rs + j, p * g.a_bs + i * g.a_rs,
                                     p * g.b_bs + j * g.b_cs, j));
    const torsh_host_t host = make_host();
    for (const Isa &isa : isas()) {
        SCOPED_TRACE(isa.name);
        Array c = c0, again = c0;
        threads = 1;
        g.c = c.bytes.data();
        ASSERT_EQ(isa.gemm(&g, &host), TORSH_OK);
        threads = 2;
        g.c = again.bytes.data();
        ASSERT_EQ(isa.gemm(&g, &host), TORSH_OK);
        ASSERT_EQ(c.bytes, again.bytes) << "depends on the number of threads";
        const Want *w = wants.data();
        for (int64_t at = 0; at < t.batch * g.c_bs; at++) {
            const int64_t i = at / g.c_rs, j = at % g.c_rs;
            if (j >= t.n) {
                ASSERT_EQ(c.whole(at), c0.whole(at)) << "wrote between the rows";
                continue;
            }
            if (c.type.epsilon)
                ASSERT_LE(std::fabs(c.real(at) - w->sum), w->bound)
                    << i << " " << j << " got " << c.real(at) << " want " << w->sum;
            else
                ASSERT_EQ(c.whole(at), w->whole) << i << " " << j;
            w++;
        }
    }
}

const torsh_dtype_t FLOATING[] = {TORSH_F32, TORSH_F64, TORSH_F16, TORSH_BF16};
const torsh_dtype_t ALL[] = {TORSH_F32, TORSH_F64, TORSH_F16, TORSH_BF16, TORSH_U8,
                             TORSH_I8,  TORSH_I16, TORSH_I32, TORSH_I64};
const Layout LAYOUTS[] = {ROWS, COLUMNS, GAPS};

Case make(torsh_dtype_t dtype, int64_t m, int64_t n, int64_t k, Layout a = ROWS, Layout b = ROWS)
{
    Case t;
    t.dtype = dtype, t.m = m, t.n = n, t.k = k, t.a = a, t.b = b;
    return t;
}

TEST(Gemm, every_size_around_the_microkernel)
{
    for (int64_t m : {1, 2, 3, 5, 6, 7, 13, 14, 15, 29})
        for (int64_t n : {1, 2, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65})
            for (int64_t k : {1, 3, 16, 65})
                check(make(TORSH_F32, m, n, k)), check(make(TORSH_F64, m, n, k));
}

TEST(Gemm, strides_of_both_operands)
{
    for (torsh_dtype_t dtype : ALL)
        for (Layout a : LAYOUTS)
            for (Layout b : LAYOUTS)
                for (int64_t m : {1, 3, 20, 50})
                    for (int64_t n : {1, 4, 40, 70})
                        for (int64_t k : {2, 31, 100})
                            check(make(dtype, m, n, k, a, b));
}

TEST(Gemm, k_in_several_blocks)
{
    for (torsh_dtype_t dtype : FLOATING)
        for (Layout a : LAYOUTS)
            for (Layout b : LAYOUTS) {
                check(make(dtype, 17, 33, 800, a, b));
                check(make(dtype, 120, 90, 401, a, b));
            }
}

TEST(Gemm, a_small_result_of_a_long_k)
{
    for (torsh_dtype_t dtype : FLOATING) {
        Case t = make(dtype, 20, 35, 13000, COLUMNS, ROWS);
        check(t);
        t = make(dtype, 9, 12, 6400, ROWS, COLUMNS);
        t.bias = 2, t.relu = 1, t.beta = 3;
        check(t);
    }
}

TEST(Gemm, many_tiles_with_a_common_copy_of_b)
{
    for (torsh_dtype_t dtype : FLOATING)
        for (Layout a : LAYOUTS)
            for (Layout b : LAYOUTS)
                check(make(dtype, 250, 430, 200, a, b));
}

TEST(Gemm, alpha_beta_bias_and_relu)
{
    for (torsh_dtype_t dtype : ALL)
        for (int64_t m : {1, 9, 70})
            for (int64_t n : {1, 8, 50, 400})
                for (int64_t k : {0, 5, 390})
                    for (int bias : {0, 1, 3})
                        for (int relu : {0, 1}) {
                            Case t = make(dtype, m, n, k, ROWS, bias == 3 ? COLUMNS : ROWS);
                            t.bias = bias, t.relu = relu;
                            t.beta = relu + bias, t.alpha = type_of(dtype).epsilon ? 0.5 : 3;
                            check(t);
                        }
}

TEST(Gemm, batches)
{
    for (torsh_dtype_t dtype : ALL)
        for (bool share : {false, true})
            for (int64_t m : {1, 4, 60}) {
                Case t = make(dtype, m, 20, 30, ROWS, COLUMNS);
                t.batch = 7, t.share_b = share, t.bias = 1;
                check(t);
            }
    Case large = make(TORSH_F32, 300, 410, 390);
    large.batch = 2, large.bias = 2;
    check(large);
}

TEST(Gemm, long_sums_of_one_sign_keep_their_digits)
{
    const torsh_host_t host = make_host();
    const int64_t k = 1 << 20;
    const std::vector<float> x(3 * k, 1.0f / 3), y(3 * k, 1.0f / 7);
    const double want = (double)x[0] * y[0] * (double)k;
    for (const Isa &isa : isas())
        for (int64_t m : {1, 3})
            for (int64_t n : {1, 3})
                for (Layout a : {ROWS, COLUMNS})
                    for (Layout b : {ROWS, COLUMNS}) {
                        float c[9];
                        torsh__gemm_t g{};
                        g.m = m, g.n = n, g.k = k, g.batch = 1, g.dtype = TORSH_F32, g.alpha = 1;
                        g.a = x.data(), g.b = y.data(), g.c = c, g.c_rs = n;
                        strides(a, m, k, &g.a_rs, &g.a_cs);
                        strides(b, k, n, &g.b_rs, &g.b_cs);
                        ASSERT_EQ(isa.gemm(&g, &host), TORSH_OK);
                        for (int64_t i = 0; i < m * n; i++)
                            EXPECT_NEAR(c[i] / want, 1, 4e-5) << isa.name << " " << m << n << a << b;
                    }
}

TEST(Gemm, zero_sizes)
{
    for (torsh_dtype_t dtype : ALL) {
        check(make(dtype, 0, 5, 3));
        check(make(dtype, 5, 0, 3));
        check(make(dtype, 5, 300, 0));
        Case t = make(dtype, 5, 3, 0);
        t.beta = 2;
        check(t);
        t.batch = 0;
        check(t);
    }
}

TEST(Gemm, nan_and_inf_go_where_ieee_says)
{
    const torsh_host_t host = make_host();
    for (const Isa &isa : isas())
        for (int64_t m : {1, 3, 70})
            for (int64_t n : {1, 5, 90}) {
                const int64_t k = 70;
                std::vector<float> a(m * k, 1), b(k * n, 1), c(m * n, NAN), bias(n, 0);
                a[(m - 1) * k + 7] = INFINITY;
                b[9 * n + n - 1] = NAN;
                torsh__gemm_t g{};
                g.m = m, g.n = n, g.k = k, g.batch = 1, g.dtype = TORSH_F32, g.alpha = 1, g.relu = 1;
                g.a = a.data(), g.a_rs = k, g.a_cs = 1, g.b = b.data(), g.b_rs = n, g.b_cs = 1;
                g.c = c.data(), g.c_rs = n, g.bias = bias.data(), g.bias_stride = 1;
                ASSERT_EQ(isa.gemm(&g, &host), TORSH_OK);
                for (int64_t i = 0; i < m; i++)
                    for (int64_t j = 0; j < n; j++) {
                        float x = c[i * n + j];
                        if (j == n - 1)
                            EXPECT_TRUE(std::isnan(x)) << i << " " << j;
                        else if (i == m - 1)
                            EXPECT_EQ(x, INFINITY) << i << " " << j;
                        else
                            EXPECT_EQ(x, 70) << i << " " << j;
                    }
            }
}

TEST(Gemm, other_dtypes_and_no_scratch_memory_are_errors)
{
    torsh_host_t host = make_host();
    host.scratch = [](size_t) -> void * { return nullptr; };
    std::vector<float> x(200 * 200, 1), y(200 * 200);
    torsh__gemm_t g{};
    g.m = g.n = g.k = 200, g.batch = 1, g.alpha = 1;
    g.a = g.b = x.data(), g.c = y.data(), g.a_rs = g.b_rs = g.c_rs = 200, g.a_cs = g.b_cs = 1;
    for (const Isa &isa : isas()) {
        g.dtype = TORSH_C64;
        EXPECT_EQ(isa.gemm(&g, &host), TORSH_ERR_NOT_IMPLEMENTED);
        g.dtype = TORSH_F32;
        EXPECT_EQ(isa.gemm(&g, &host), TORSH_ERR_MEMORY);
    }
}

} // namespace
