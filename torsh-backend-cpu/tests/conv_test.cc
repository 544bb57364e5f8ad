// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolutions and their gradients of every instruction set that this machine has, against plain loops in
// float64.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "conv.h"
#include "gemm_host.h"

namespace
{

struct Isa {
    const char *name;
    torsh_status_t (*forward)(const torsh__conv2d_t *, const torsh_host_t *);
    torsh_status_t (*input)(const torsh__conv2d_t *, const void *, void *, const torsh_host_t *);
    torsh_status_t (*weight)(const torsh__conv2d_t *, const void *, void *, const torsh_host_t *);
};

std::vector<Isa> isas()
{
    std::vector<Isa> all{
        {"base", torsh__conv2d_base, torsh__conv2d_backward_input_base, torsh__conv2d_backward_weight_base}};
    if (has_avx2())
        all.push_back({"avx2", torsh__conv2d_avx2, torsh__conv2d_backward_input_avx2,
                       torsh__conv2d_backward_weight_avx2});
    if (has_avx512())
        all.push_back({"avx512", torsh__conv2d_avx512, torsh__conv2d_backward_input_avx512,
                       torsh__conv2d_backward_weight_avx512});
    return all;
}

/* Values of any floating dtype that 16 bits hold exactly, and as doubles. */
struct Array {
    torsh_dtype_t dtype;
    std::vector<unsigned char> bytes;
    int64_t n;

    int element() const
    {
        return dtype == TORSH_F64 ? 8 : dtype == TORSH_F32 ? 4 : 2;
    }

    Array(torsh_dtype_t d, int64_t count, unsigned seed) : dtype(d), n(count)
    {
        std::mt19937 random(seed);
        bytes.resize((count + 1) * element());
        for (int64_t i = 0; i <= count; i++) {
            const double x = (double)((int)(random() % 65) - 32) / 16;
            const float f = (float)x;
            uint32_t bits;
            std::memcpy(&bits, &f, 4);
            if (dtype == TORSH_F64)
                std::memcpy(&bytes[i * 8], &x, 8);
            else if (dtype == TORSH_F32)
                std::memcpy(&bytes[i * 4], &f, 4);
            else {
                uint16_t h = (uint16_t)(bits >> 16);
                if (dtype == TORSH_F16) /* the exponent's bias is 15, not 127 */
                    h = f == 0
                            ? 0
                            : (uint16_t)((bits >> 16 & 0x8000) | ((bits & 0x7fffffff) - (112u << 23)) >> 13);
                std::memcpy(&bytes[i * 2], &h, 2);
            }
        }
    }

    double operator[](int64_t i) const
    {
        if (dtype == TORSH_F64) {
            double x;
            std::memcpy(&x, &bytes[i * 8], 8);
            return x;
        }
        uint32_t bits;
        if (dtype == TORSH_F32) {
            std::memcpy(&bits, &bytes[i * 4], 4);
        } else {
            uint16_t h;
            std::memcpy(&h, &bytes[i * 2], 2);
            bits = (uint32_t)h << 16;
            if (dtype == TORSH_F16) {
                const double fraction = h & 1023, sign = h & 0x8000 ? -1 : 1;
                const int exponent = h >> 10 & 31;
                return exponent == 31 ? NAN
                                      : sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25)
                                                         : std::ldexp(fraction, -24));
            }
        }
        float f;
        std::memcpy(&f, &bits, 4);
        return f;
    }
};

struct Case {
    torsh_dtype_t dtype;
    int64_t n, ci, h, w, co, kh, kw;
    int64_t stride[2], padding[2], dilation[2], groups;
    bool bias;
};

/* got against want, where `size` is the sum of what was added up, without signs */
void expect_near(const Array &got, const std::vector<double> &want, const std::vector<double> &size)
{
    const double eps = got.dtype == TORSH_F64 ? 0x1p-52 : 0x1p-23;
    const double last = got.dtype == TORSH_F16 ? 0x1p-11 : got.dtype == TORSH_BF16 ? 0x1p-8 : 0;
    for (size_t i = 0; i < want.size(); i++)
        ASSERT_LE(std::fabs(got[i] - want[i]), 8 * eps * size[i] + last * std::fabs(want[i]))
            << "element " << i << " got " << got[i] << " want " << want[i];
}

void check(const Case &t)
{
    torsh__conv2d_t c{};
    c.n = t.n, c.ci = t.ci, c.h = t.h, c.w = t.w, c.co = t.co, c.kh = t.kh, c.kw = t.kw, c.groups = t.groups;
    c.dtype = t.dtype;
    for (int d = 0; d < 2; d++)
        c.stride[d] = t.stride[d], c.padding[d] = t.padding[d], c.dilation[d] = t.dilation[d];
    c.ho = (c.h + 2 * c.padding[0] - c.dilation[0] * (c.kh - 1) - 1) / c.stride[0] + 1;
    c.wo = (c.w + 2 * c.padding[1] - c.dilation[1] * (c.kw - 1) - 1) / c.stride[1] + 1;
    SCOPED_TRACE(testing::Message() << "dtype " << c.dtype << " n " << c.n << " ci " << c.ci << " " << c.h
                                    << "x" << c.w << " co " << c.co << " kernel " << c.kh << "x" << c.kw
                                    << " stride " << c.stride[0] << "," << c.stride[1] << " padding "
                                    << c.padding[0] << "," << c.padding[1] << " dilation " << c.dilation[0]
                                    << "," << c.dilation[1] << " groups " << c.groups);
    const int64_t cig = c.ci / c.groups, cog = c.co / c.groups, weights = c.co * cig * c.kh * c.kw;
    const int64_t inputs = c.n * c.ci * c.h * c.w, outputs = c.n * c.co * c.ho * c.wo;
    const Array x(t.dtype, inputs, 1), w(t.dtype, weights, 2), bias(t.dtype, c.co, 3),
        gy(t.dtype, outputs, 4);
    c.input = x.bytes.data(), c.weight = w.bytes.data(), c.bias = t.bias ? bias.bytes.data() : nullptr;

    std::vector<double> y(outputs), y_size(outputs), gx(inputs), gx_size(inputs), gw(weights),
        gw_size(weights);
    for (int64_t b = 0; b < c.n; b++)
        for (int64_t o = 0; o < c.co; o++)
            for (int64_t i = 0; i < c.ho; i++)
                for (int64_t j = 0; j < c.wo; j++) {
                    const int64_t at = ((b * c.co + o) * c.ho + i) * c.wo + j;
                    if (t.bias)
                        y[at] += bias[o], y_size[at] += std::fabs(bias[o]);
                    for (int64_t k = 0; k < cig * c.kh * c.kw; k++) {
                        const int64_t ch = k / (c.kh * c.kw), p = k / c.kw % c.kh, q = k % c.kw;
                        const int64_t h = i * c.stride[0] - c.padding[0] + p * c.dilation[0];
                        const int64_t v = j * c.stride[1] - c.padding[1] + q * c.dilation[1];
                        if (h < 0 || h >= c.h || v < 0 || v >= c.w)
                            continue;
                        const int64_t in = ((b * c.ci + o / cog * cig + ch) * c.h + h) * c.w + v;
                        const int64_t wt = o * cig * c.kh * c.kw + k;
                        y[at] += x[in] * w[wt], y_size[at] += std::fabs(x[in] * w[wt]);
                        gx[in] += gy[at] * w[wt], gx_size[in] += std::fabs(gy[at] * w[wt]);
                        gw[wt] += gy[at] * x[in], gw_size[wt] += std::fabs(gy[at] * x[in]);
                    }
                }

    const torsh_host_t host = make_host();
    for (const Isa &isa : isas()) {
        SCOPED_TRACE(isa.name);
        std::vector<unsigned char> first[3];
        for (int run = 0; run < 2; run++) {
            threads = run ? 2 : 1;
            Array out(t.dtype, outputs, 5), grad_x(t.dtype, inputs, 6), grad_w(t.dtype, weights, 7);
            const Array untouched[3] = {out, grad_x, grad_w};
            c.output = out.bytes.data();
            ASSERT_EQ(isa.forward(&c, &host), TORSH_OK);
            ASSERT_EQ(isa.input(&c, gy.bytes.data(), grad_x.bytes.data(), &host), TORSH_OK);
            ASSERT_EQ(isa.weight(&c, gy.bytes.data(), grad_w.bytes.data(), &host), TORSH_OK);
            const Array *got[3] = {&out, &grad_x, &grad_w};
            for (int i = 0; i < 3; i++) {
                ASSERT_EQ((*got[i])[got[i]->n], untouched[i][got[i]->n]) << "wrote behind the end";
                if (run) {
                    ASSERT_EQ(got[i]->bytes, first[i]) << "depends on the number of threads";
                }
                first[i] = got[i]->bytes;
            }
            if (run)
                continue;
            {
                SCOPED_TRACE("forward");
                expect_near(out, y, y_size);
            }
            {
                SCOPED_TRACE("backward_input");
                expect_near(grad_x, gx, gx_size);
            }
            {
                SCOPED_TRACE("backward_weight");
                expect_near(grad_w, gw, gw_size);
            }
        }
    }
}

const torsh_dtype_t DTYPES[] = {TORSH_F32, TORSH_F64, TORSH_F16, TORSH_BF16};

TEST(Conv, kernels_strides_paddings_and_dilations)
{
    for (int64_t kernel : {1, 2, 3, 5})
        for (int64_t stride : {1, 2, 3})
            for (int64_t padding : {0, 1, 3})
                for (int64_t dilation : {1, 2})
                    check({TORSH_F32,
                           2,
                           3,
                           11,
                           13,
                           5,
                           kernel,
                           kernel,
                           {stride, stride},
                           {padding, padding},
                           {dilation, dilation},
                           1,
                           true});
}

TEST(Conv, the_two_dimensions_differ)
{
    for (torsh_dtype_t dtype : DTYPES) {
        check({dtype, 2, 4, 9, 20, 6, 3, 1, {1, 2}, {2, 0}, {2, 1}, 1, true});
        check({dtype, 1, 2, 20, 7, 3, 1, 4, {3, 1}, {0, 2}, {1, 3}, 1, false});
        check({dtype, 1, 3, 14, 9, 4, 2, 3, {2, 4}, {1, 1}, {3, 2}, 1, false});
    }
}

TEST(Conv, every_width_around_a_vector)
{
    for (int64_t w : {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 40})
        for (int64_t h : {1, 2, 6}) {
            check({TORSH_F32, 1, 2, h, w, 3, 3, 3, {1, 1}, {1, 1}, {1, 1}, 1, true});
            check({TORSH_F64, 1, 2, h, w, 3, 3, 3, {1, 1}, {1, 1}, {1, 1}, 1, false});
            check({TORSH_F32, 1, 2, h, w, 3, 1, 1, {1, 1}, {0, 0}, {1, 1}, 1, false});
            check({TORSH_F32, 1, 2, h, w, 3, 3, 3, {2, 2}, {1, 1}, {1, 1}, 1, false});
        }
}

TEST(Conv, many_channels_and_several_tiles)
{
    for (torsh_dtype_t dtype : DTYPES) {
        check({dtype, 2, 70, 23, 22, 40, 3, 3, {1, 1}, {1, 1}, {1, 1}, 1, true});
        check({dtype, 1, 33, 17, 19, 100, 3, 3, {2, 2}, {1, 1}, {1, 1}, 1, false});
        check({dtype, 20, 16, 9, 9, 32, 1, 1, {1, 1}, {0, 0}, {1, 1}, 1, true});
        check({dtype, 5, 16, 9, 9, 20, 1, 1, {2, 2}, {0, 0}, {1, 1}, 1, true});
    }
}

TEST(Conv, groups_and_depthwise)
{
    for (torsh_dtype_t dtype : DTYPES)
        for (int64_t stride : {1, 2})
            for (int64_t padding : {0, 2})
                for (int64_t dilation : {1, 2}) {
                    check({dtype,
                           3,
                           6,
                           12,
                           40,
                           9,
                           3,
                           3,
                           {stride, stride},
                           {padding, padding},
                           {dilation, dilation},
                           3,
                           true});
                    check({dtype,
                           3,
                           6,
                           12,
                           40,
                           6,
                           3,
                           3,
                           {stride, stride},
                           {padding, padding},
                           {dilation, dilation},
                           6,
                           true});
                    check({dtype, 2, 5, 9, 23, 10, 3, 2, {stride, 1}, {padding, 1}, {1, dilation}, 5, false});
                }
}

TEST(Conv, kernel_larger_than_the_image)
{
    check({TORSH_F32, 2, 2, 3, 2, 3, 7, 7, {1, 1}, {3, 3}, {1, 1}, 1, true});
    check({TORSH_F32, 2, 2, 3, 2, 2, 7, 7, {1, 1}, {3, 3}, {1, 1}, 2, true});
    check({TORSH_F32, 1, 2, 2, 2, 3, 3, 3, {1, 1}, {5, 5}, {1, 1}, 1, true});
}

TEST(Conv, no_images)
{
    for (torsh_dtype_t dtype : DTYPES) {
        check({dtype, 0, 2, 5, 5, 3, 3, 3, {1, 1}, {1, 1}, {1, 1}, 1, true});
        check({dtype, 0, 2, 5, 5, 2, 3, 3, {1, 1}, {1, 1}, {1, 1}, 2, true});
    }
}

TEST(Conv, nan_stays_where_the_kernel_reaches)
{
    const torsh_host_t host = make_host();
    std::vector<float> x(2 * 8 * 40, 1), w(3 * 2 * 9, 1), y(3 * 8 * 40);
    x[3 * 40 + 17] = NAN;
    torsh__conv2d_t c{};
    c.n = 1, c.ci = 2, c.h = 8, c.w = 40, c.co = 3, c.kh = c.kw = 3, c.ho = 8, c.wo = 40, c.groups = 1;
    c.stride[0] = c.stride[1] = c.padding[0] = c.padding[1] = c.dilation[0] = c.dilation[1] = 1;
    c.dtype = TORSH_F32, c.input = x.data(), c.weight = w.data(), c.output = y.data();
    for (const Isa &isa : isas()) {
        ASSERT_EQ(isa.forward(&c, &host), TORSH_OK);
        for (int64_t o = 0; o < 3; o++)
            for (int64_t i = 0; i < 8; i++)
                for (int64_t j = 0; j < 40; j++)
                    EXPECT_EQ(std::isnan(y[(o * 8 + i) * 40 + j]),
                              std::abs(i - 3) <= 1 && std::abs(j - 17) <= 1);
    }
}

TEST(Conv, other_dtypes_and_no_memory_are_errors)
{
    torsh_host_t host = make_host();
    std::vector<float> x(64 * 64, 1), w(9, 1), y(64 * 64);
    torsh__conv2d_t c{};
    c.n = c.ci = c.co = c.groups = 1, c.h = c.w = c.ho = c.wo = 64, c.kh = c.kw = 3;
    c.stride[0] = c.stride[1] = c.padding[0] = c.padding[1] = c.dilation[0] = c.dilation[1] = 1;
    c.input = x.data(), c.weight = w.data(), c.output = y.data();
    for (const Isa &isa : isas()) {
        c.dtype = TORSH_I64;
        EXPECT_EQ(isa.forward(&c, &host), TORSH_ERR_NOT_IMPLEMENTED);
        c.dtype = TORSH_F32;
        torsh_host_t none = host;
        none.scratch = [](size_t) -> void * { return nullptr; };
        EXPECT_EQ(isa.forward(&c, &none), TORSH_ERR_MEMORY);
        EXPECT_EQ(isa.input(&c, y.data(), x.data(), &none), TORSH_ERR_MEMORY);
        EXPECT_EQ(isa.weight(&c, y.data(), w.data(), &none), TORSH_ERR_MEMORY);
    }
}

} // namespace
