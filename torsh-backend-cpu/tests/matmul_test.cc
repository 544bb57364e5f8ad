// SPDX-License-Identifier: MIT OR Apache-2.0
// mm, bmm, addmm and linear against sums in double; products of small binary fractions are exact until the
// last rounding.
#include "kernel_call.h"

#include <torsh/ops/linalg_params.h>

DECLARE_LISTS(matmul)

namespace
{

using Order = std::vector<int>;

/* What the dtype makes of a value: integers wrap. */
std::vector<double> wrapped(torsh_dtype_t dtype, std::vector<double> v)
{
    for (double &x : v)
        if (dtype == TORSH_U8)
            x = (double)(uint8_t)(int64_t)x;
    return v;
}

std::vector<double> product_of(const Array &a, const Array &b, double alpha = 1, const Array *self = nullptr,
                               double beta = 0)
{
    const size_t d = a.shape.size() - 2;
    const int64_t batch = d ? a.shape[0] : 1, m = a.shape[d], k = a.shape[d + 1], n = b.shape[d + 1];
    std::vector<double> c;
    for (int64_t i = 0; i < batch * m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++)
                sum += a.get(i * k + l) * b.get(i / m * k * n + l * n + j);
            sum *= alpha;
            if (beta != 0) {
                const size_t nd = self->shape.size();
                const int64_t columns = nd > 0 ? self->shape[nd - 1] : 1, rows = nd > 1 ? self->shape[0] : 1;
                sum += beta * self->get((rows > 1 ? i * columns : 0) + (columns > 1 ? j : 0));
            }
            c.push_back(sum);
        }
    return c;
}

const int64_t SIZES[][3] = {{1, 1, 1}, {3, 4, 5}, {1, 7, 9}, {9, 7, 1}, {0, 3, 4}, {3, 0, 4}, {33, 20, 65}};

TEST(Mm, matches_sums_for_all_dtypes_and_memory_orders)
{
    for (const Set &set : matmul_sets())
        for (torsh_dtype_t dtype : NUMBERS)
            for (auto [m, k, n] : SIZES)
                for (const Order &ao : {Order{0, 1}, Order{1, 0}})
                    for (const Order &bo : {Order{0, 1}, Order{1, 0}})
                        for (int c = 0; c < 3; c++) {
                            Array a = some(dtype, {m, k}).in_order(ao),
                                  b = some(dtype, {k, n}, 2).in_order(bo, 2);
                            Array out = Array(dtype, {m, n});
                            if (c)
                                out = c == 1 ? out.in_order({1, 0}) : out.in_order({0, 1}, 3);
                            ASSERT_EQ(call(set, "mm", {&a, &b}, {&out}, nullptr), TORSH_OK);
                            expect_close(out, wrapped(dtype, product_of(a, b)), 1, set.name);
                        }
}

TEST(Bmm, multiplies_each_of_a_batch)
{
    for (const Set &set : matmul_sets())
        for (torsh_dtype_t dtype : NUMBERS) {
            Array a = some(dtype, {3, 4, 5}).in_order({1, 0, 2}),
                  b = some(dtype, {3, 5, 6}, 2).in_order({2, 0, 1});
            Array out(dtype, {3, 4, 6});
            ASSERT_EQ(call(set, "bmm", {&a, &b}, {&out}, nullptr), TORSH_OK);
            expect_close(out, wrapped(dtype, product_of(a, b)), 1, set.name);
        }
}

TEST(Bmm, reads_an_expanded_operand)
{
    for (const Set &set : matmul_sets()) {
        Array a = some(TORSH_F32, {3, 4, 5}), b = some(TORSH_F32, {3, 5, 6}, 2), out(TORSH_F32, {3, 4, 6});
        b.strides[0] = 0;
        ASSERT_EQ(call(set, "bmm", {&a, &b}, {&out}, nullptr), TORSH_OK);
        expect_close(out, product_of(a, b), 1, set.name);
    }
}

TEST(Addmm, broadcasts_self)
{
    for (const Set &set : matmul_sets())
        for (torsh_dtype_t dtype : NUMBERS)
            for (const Shape &shape : {Shape{}, Shape{6}, Shape{1}, Shape{4, 1}, Shape{1, 6}, Shape{4, 6}})
                for (double beta : {1.0, 2.0})
                    for (int c = 0; c < 2; c++) {
                        Array self = some(dtype, shape, 3), a = some(dtype, {4, 5}),
                              b = some(dtype, {5, 6}, 2);
                        Array out = c ? Array(dtype, {4, 6}).in_order({1, 0}) : Array(dtype, {4, 6});
                        torsh__addmm_params_t p{torsh_scalar_f(beta), torsh_scalar_i(3)};
                        ASSERT_EQ(call(set, "addmm", {&self, &a, &b}, {&out}, &p), TORSH_OK);
                        /* 16-bit results are rounded once, so the sum in double rounds alike */
                        expect_close(out, wrapped(dtype, product_of(a, b, 3, &self, beta)), 1, set.name);
                    }
}

TEST(Addmm, works_in_place)
{
    for (const Set &set : matmul_sets())
        for (torsh_dtype_t dtype : NUMBERS) {
            Array self = some(dtype, {4, 6}, 3), a = some(dtype, {4, 5}), b = some(dtype, {5, 6}, 2);
            const auto want = wrapped(dtype, product_of(a, b, 1, &self, 2));
            torsh__addmm_params_t p{torsh_scalar_i(2), torsh_scalar_i(1)};
            EXPECT_TRUE(flags_of(set, "addmm", dtype) & TORSH_OVERWRITES);
            ASSERT_EQ(call(set, "addmm", {&self, &a, &b}, {&self}, &p), TORSH_OK);
            expect_close(self, want, 1, set.name);
        }
}

TEST(Addmm, does_not_read_self_with_beta_0)
{
    for (const Set &set : matmul_sets()) {
        Array self(TORSH_F32, {4, 6}, NaN), a = some(TORSH_F32, {4, 5}), b = some(TORSH_F32, {5, 6}, 2);
        Array out(TORSH_F32, {4, 6}, NaN);
        torsh__addmm_params_t p{torsh_scalar_i(0), torsh_scalar_i(1)};
        ASSERT_EQ(call(set, "addmm", {&self, &a, &b}, {&out}, &p), TORSH_OK);
        expect_close(out, product_of(a, b), 1, set.name);
    }
}

std::vector<double> linear_of(const Array &x, const Array &w, const Array &bias)
{
    const int64_t k = x.shape.back(), n = w.n() / (k ? k : 1);
    std::vector<double> y;
    for (int64_t i = 0; i < (k ? x.n() / k : product(Shape(x.shape.begin(), x.shape.end() - 1))); i++)
        for (int64_t j = 0; j < (k ? n : w.shape[0]); j++) {
            double sum = bias.given ? bias.get(j) : 0;
            for (int64_t l = 0; l < k; l++)
                sum += x.get(i * k + l) * w.get(j * k + l);
            y.push_back(sum);
        }
    return y;
}

TEST(Linear, takes_any_number_of_leading_dimensions)
{
    const Array none;
    for (const Set &set : matmul_sets())
        for (torsh_dtype_t dtype : NUMBERS)
            for (const Shape &lead : {Shape{}, Shape{3}, Shape{2, 3}, Shape{2, 1, 3, 2}, Shape{0, 2}})
                for (int64_t k : {0, 1, 5, 40})
                    for (int with_bias = 0; with_bias < 2; with_bias++) {
                        Shape in = lead, result = lead;
                        in.push_back(k);
                        result.push_back(7);
                        Array x = some(dtype, in), w = some(dtype, {7, k}, 2), bias = some(dtype, {7}, 3);
                        Array out(dtype, result);
                        const Array &b = with_bias ? bias : none;
                        ASSERT_EQ(call(set, "linear", {&x, &w, &b}, {&out}, nullptr), TORSH_OK);
                        expect_close(out, wrapped(dtype, linear_of(x, w, b)), 1, set.name);
                    }
}

TEST(Linear, reads_inputs_in_any_memory_order)
{
    const Array none;
    for (const Set &set : matmul_sets())
        for (const Order &order : {Order{2, 1, 0, 3}, Order{3, 0, 2, 1}, Order{1, 3, 0, 2}}) {
            Array x = some(TORSH_F32, {2, 3, 4, 5}).in_order(order, 2),
                  w = some(TORSH_F32, {6, 5}, 2).in_order({1, 0});
            Array out(TORSH_F32, {2, 3, 4, 6});
            ASSERT_EQ(call(set, "linear", {&x, &w, &none}, {&out}, nullptr), TORSH_OK);
            expect_close(out, linear_of(x, w, none), 1, set.name);
        }
}

TEST(Linear, one_feature_without_a_dimension)
{
    for (const Set &set : matmul_sets()) {
        Array x = some(TORSH_F32, {4, 5}), w = some(TORSH_F32, {5}, 2), bias = some(TORSH_F32, {}, 3),
              out(TORSH_F32, {4});
        ASSERT_EQ(call(set, "linear", {&x, &w, &bias}, {&out}, nullptr), TORSH_OK);
        expect_close(out, linear_of(x, w, bias), 1, set.name);
    }
}

TEST(Mm, does_not_depend_on_threads)
{
    for (const Set &set : matmul_sets()) {
        Array a = normal(TORSH_F32, {200, 300}), b = normal(TORSH_F32, {300, 150}, 2),
              out(TORSH_F32, {200, 150});
        expect_threads_agree(out, [&] { call(set, "mm", {&a, &b}, {&out}, nullptr); });
    }
}

} // namespace
