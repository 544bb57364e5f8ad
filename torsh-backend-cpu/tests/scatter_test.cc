// SPDX-License-Identifier: MIT OR Apache-2.0
// index_add, scatter_add and _index_put_.
#include "kernel_call.h"

#include <torsh/ops/index_params.h>

DECLARE_LISTS(select)

namespace
{

double sum_of(torsh_dtype_t t, double a, double b)
{
    return t == TORSH_BOOL ? a != 0 || b != 0 : t == TORSH_U8 ? (double)(uint8_t)(int64_t)(a + b) : a + b;
}

/* Row-major place of element i of `shape` in a tensor of shape `in`, coordinate d replaced. */
int64_t place_in(const Shape &in, const Shape &shape, int64_t i, size_t d, int64_t coordinate)
{
    Shape at(shape.size());
    for (size_t k = at.size(); k-- > 0; i /= shape[k])
        at[k] = i % shape[k];
    if (!at.empty())
        at[d] = coordinate;
    int64_t place = 0;
    for (size_t k = 0; k < at.size(); k++)
        place = place * in[k] + at[k];
    return place;
}

struct Case {
    Shape shape;
    int64_t dim, n;
};
const Case CASES[] = {{{5, 4}, 0, 7}, {{5, 4}, -1, 3}, {{3, 5, 4}, 1, 9},     {{5}, 0, 100},
                      {{5, 0}, 0, 3}, {{5, 4}, 0, 0},  {{100, 300}, 0, 1000}, {{40, 30, 4}, 0, 50}};

TEST(IndexAdd, adds_in_place_and_out_of_place)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (const Case &c : CASES)
                for (int64_t alpha : {1, 2})
                    for (int in_place = 0; in_place < 2; in_place++) {
                        const size_t d = (size_t)(c.dim < 0 ? c.dim + (int64_t)c.shape.size() : c.dim);
                        Shape from = c.shape;
                        from[d] = c.n;
                        Array self = some(t, c.shape), source = some(t, from, 2), out(t, c.shape);
                        const Array index = indices({c.n}, 0, c.shape[d]);
                        std::vector<double> want = self.values();
                        int64_t inner = 1;
                        for (size_t k = d + 1; k < from.size(); k++)
                            inner *= from[k];
                        for (int64_t i = 0; i < source.n(); i++) {
                            double &x = want[(size_t)place_in(c.shape, from, i, d,
                                                              (int64_t)index.get(i / inner % c.n))];
                            x = sum_of(t, x, (double)alpha * source.get(i));
                        }
                        torsh__index_add_params_t p{c.dim, torsh_scalar_i(alpha)};
                        Array &to = in_place ? self : out;
                        ASSERT_EQ(call(set, "index_add", {&self, &index, &source}, {&to}, &p), TORSH_OK);
                        expect_close(to, want, 1, set.name); /* eighths: exact but for the last rounding */
                    }
}

TEST(IndexAdd, half_sums_are_rounded_once)
{
    for (const Set &set : select_sets()) {
        Array self(TORSH_BF16, {1, 70}, 256), source(TORSH_BF16, {40, 70}, 0.5), out(TORSH_BF16, {1, 70});
        const Array index(TORSH_I64, {40});
        torsh__index_add_params_t p{0, torsh_scalar_i(1)};
        ASSERT_EQ(call(set, "index_add", {&self, &index, &source}, {&out}, &p), TORSH_OK);
        expect_equal(out, std::vector<double>(70, 276), set.name); /* step by step it would stay at 256 */
    }
}

struct Scatter {
    Shape shape;
    int64_t dim;
    Shape index;
};
const Scatter SCATTERS[] = {{{5, 4}, 0, {3, 4}},
                            {{5, 4}, 0, {9, 2}},
                            {{5, 4}, 1, {2, 9}},
                            {{3, 5, 4}, 1, {2, 7, 3}},
                            {{3, 5, 4}, -1, {3, 5, 1}},
                            {{5}, 0, {9}},
                            {{}, 0, {}},
                            {{5, 4}, 0, {0, 4}},
                            {{4, 3, 2, 5}, 1, {4, 7, 2, 3}},
                            {{3, 300}, 1, {3, 2000}},
                            {{40, 300}, 0, {50, 300}}};

TEST(ScatterAdd, adds_where_the_index_says)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (const Scatter &c : SCATTERS)
                for (int in_place = 0; in_place < 2; in_place++) {
                    const size_t d = (size_t)(c.dim < 0 ? c.dim + (int64_t)c.shape.size() : c.dim);
                    Shape from = c.index;
                    for (int64_t &s : from)
                        s += 1; /* src may be larger than index */
                    Array self = some(t, c.shape), source = some(t, from, 2), out(t, c.shape);
                    const Array index = indices(c.index, 0, c.shape.empty() ? 1 : c.shape[d]);
                    std::vector<double> want = self.values();
                    for (int64_t i = 0; i < index.n(); i++) {
                        const int64_t at = (int64_t)index.get(i);
                        double &x = want[(size_t)place_in(c.shape, c.index, i, d, at)];
                        int64_t own = 0; /* coordinate of i in dimension d */
                        if (!c.index.empty()) {
                            int64_t inner = 1;
                            for (size_t k = d + 1; k < c.index.size(); k++)
                                inner *= c.index[k];
                            own = i / inner % c.index[d];
                        }
                        x = sum_of(t, x, source.get(place_in(from, c.index, i, d, own)));
                    }
                    torsh__scatter_add_params_t p{c.dim};
                    Array &to = in_place ? self : out;
                    ASSERT_EQ(call(set, "scatter_add", {&self, &index, &source}, {&to}, &p), TORSH_OK);
                    expect_close(to, want, 1, set.name);
                }
}

TEST(ScatterAdd, does_not_depend_on_threads)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : {TORSH_F32, TORSH_BF16})
            for (int64_t dim : {0, 1}) {
                const Array self = normal(t, {60, 500}), source = normal(t, {900, 500}, 2);
                const Array index = indices({dim ? 60 : 900, 500}, 0, dim ? 500 : 60);
                Array out(t, {60, 500});
                torsh__scatter_add_params_t p{dim};
                expect_threads_agree(out, [&] {
                    call(set, "scatter_add", {&self, &index, &source}, {&out}, &p);
                });
            }
}

TEST(IndexPut, sets_or_adds_what_index_would_read)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (int accumulate = 0; accumulate < 2; accumulate++) {
                Array self = some(t, {3, 5, 4, 70});
                const Array a(TORSH_I64, {3}, std::vector<double>{-1, 2, 4}),
                    b(TORSH_I64, {3}, std::vector<double>{0, -1, 0});
                const Array values = some(t, {3, 3, 70}, 2); /* the first and last are the same place */
                std::vector<double> want = self.values();
                for (int64_t o = 0; o < 3; o++)
                    for (int64_t k = 0; k < 3; k++)
                        for (int64_t i = 0; i < 70; i++) {
                            const int64_t r = k == 1 ? 2 : 4, c = k == 1 ? 3 : 0;
                            double &x = want[(size_t)(((o * 5 + r) * 4 + c) * 70 + i)];
                            const double v = values.get((o * 3 + k) * 70 + i);
                            x = accumulate ? sum_of(t, x, v) : v;
                        }
                torsh___index_put__params_t p{2, 1, accumulate};
                ASSERT_EQ(call(set, "_index_put_", {&self, &values, &a, &b}, {&self}, &p), TORSH_OK);
                expect_close(self, want, 1, set.name);
            }
}

TEST(IndexPut, writes_nothing_when_an_index_is_bad)
{
    for (const Set &set : select_sets())
        for (int accumulate = 0; accumulate < 2; accumulate++) {
            Array self = some(TORSH_F32, {5, 3});
            const Array values = some(TORSH_F32, {2, 3}, 2), at(TORSH_I64, {2}, std::vector<double>{0, 7});
            const auto before = self.bytes;
            torsh___index_put__params_t p{1, 0, accumulate};
            EXPECT_EQ(call(set, "_index_put_", {&self, &values, &at}, {&self}, &p), TORSH_ERR_INDEX);
            EXPECT_EQ(message, "index 7 is out of bounds for dimension 0 with size 5");
            EXPECT_TRUE(self.bytes == before);
        }
}

TEST(IndexAdd, writes_nothing_when_an_index_is_bad)
{
    for (const Set &set : select_sets())
        for (const char *op : {"index_add", "scatter_add"}) {
            Array self = some(TORSH_F32, {5, 3});
            const bool scatter = !std::strcmp(op, "scatter_add");
            const Array source = some(TORSH_F32, {2, 3}, 2);
            Array at(TORSH_I64, scatter ? Shape{2, 3} : Shape{2});
            at.set(1, -1);
            const auto before = self.bytes;
            torsh__index_add_params_t add{-2, torsh_scalar_i(1)};
            torsh__scatter_add_params_t p{-2};
            EXPECT_EQ(call(set, op, {&self, &at, &source}, {&self}, scatter ? (void *)&p : (void *)&add),
                      scatter ? TORSH_ERR_VALUE : TORSH_ERR_INDEX);
            EXPECT_EQ(message, "index -1 is out of bounds for dimension 0 with size 5");
            EXPECT_TRUE(self.bytes == before);
        }
}

} // namespace
