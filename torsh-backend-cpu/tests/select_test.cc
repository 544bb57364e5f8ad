// SPDX-License-Identifier: MIT OR Apache-2.0
// index_select, _index and embedding.
#include "kernel_call.h"

#include <torsh/ops/index_params.h>
#include <torsh/ops/nn_params.h>

DECLARE_LISTS(select)

namespace
{

struct Along {
    int64_t outer = 1, n = 1, inner = 1;
    Along(const Shape &shape, size_t first, size_t count = 1)
    {
        for (size_t d = 0; d < shape.size(); d++)
            (d < first ? outer : d < first + count ? n : inner) *= shape[d];
    }
};

std::vector<double> selected(const Array &x, Along a, const Array &at)
{
    std::vector<double> want;
    for (int64_t o = 0; o < a.outer; o++)
        for (int64_t k = 0; k < at.n(); k++)
            for (int64_t i = 0; i < a.inner; i++)
                want.push_back(x.get((o * a.n + (int64_t)at.get(k)) * a.inner + i));
    return want;
}

struct Case {
    Shape shape;
    int64_t dim, n;
};
const Case CASES[] = {{{5, 4}, 0, 7}, {{5, 4}, -1, 3}, {{3, 5, 4}, 1, 9}, {{5}, 0, 100},
                      {{5, 0}, 0, 3}, {{5, 4}, 0, 0},  {{}, 0, 1},        {{300, 40}, 0, 2000}};

TEST(IndexSelect, takes_slices_for_all_dtypes)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (const Case &c : CASES) {
                const size_t d = (size_t)(c.dim < 0 ? c.dim + (int64_t)c.shape.size() : c.dim);
                const Array x = some(t, c.shape), at = indices({c.n}, 0, c.shape.empty() ? 1 : c.shape[d]);
                Shape result = c.shape;
                if (!result.empty())
                    result[d] = c.n;
                Array out(t, result);
                torsh__index_select_params_t p{c.dim};
                ASSERT_EQ(call(set, "index_select", {&x, &at}, {&out}, &p), TORSH_OK);
                expect_equal(out, selected(x, Along(c.shape, d), at), set.name);
            }
}

TEST(IndexSelect, refuses_indices_out_of_range)
{
    for (const Set &set : select_sets())
        for (double bad : {5.0, -1.0, 1e15}) {
            const Array x = some(TORSH_F32, {5, 4});
            Array at(TORSH_I64, {3000}), out(TORSH_F32, {3000, 4});
            at.set(2999, bad);
            torsh__index_select_params_t p{0};
            EXPECT_EQ(call(set, "index_select", {&x, &at}, {&out}, &p), TORSH_ERR_INDEX);
            EXPECT_EQ(message, "index out of range in self");
        }
}

TEST(IndexSelect, does_not_depend_on_threads)
{
    for (const Set &set : select_sets()) {
        const Array x = some(TORSH_F32, {7, 300, 50}), at = indices({500}, 0, 300);
        Array out(TORSH_F32, {7, 500, 50});
        torsh__index_select_params_t p{1};
        expect_threads_agree(out, [&] { call(set, "index_select", {&x, &at}, {&out}, &p); });
    }
}

/* Shape of x, first indexed dimension, how many, shape of the indices. */
struct Many {
    Shape shape;
    int64_t first, count;
    Shape index;
};
const Many MANY[] = {{{5, 4}, 0, 1, {3}},    {{5, 4}, 0, 2, {3, 2}},    {{5, 4}, 1, 1, {2, 2}},
                     {{3, 5, 4}, 1, 2, {7}}, {{3, 5, 4}, 0, 3, {}},     {{5, 0}, 0, 1, {3}},
                     {{5, 4}, 0, 1, {0}},    {{3, 5, 4}, 1, 1, {2, 3}}, {{2, 30, 40}, 1, 2, {70, 30}}};

TEST(Index, replaces_dimensions_by_those_of_the_indices)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (const Many &m : MANY) {
                const Array x = some(t, m.shape);
                std::vector<Array> index;
                Array at(TORSH_I64, m.index); /* counted over all indexed dimensions */
                for (int64_t j = 0; j < m.count; j++) {
                    const int64_t size = m.shape[(size_t)(m.first + j)];
                    index.push_back(indices(m.index, -size, size, (unsigned)j));
                    for (int64_t k = 0; k < at.n(); k++)
                        at.set(k, at.get(k) * (double)size + index.back().get(k) +
                                      (index.back().get(k) < 0 ? (double)size : 0));
                }
                std::vector<const Array *> in{&x};
                for (const Array &i : index)
                    in.push_back(&i);
                Shape result(m.shape.begin(), m.shape.begin() + m.first);
                result.insert(result.end(), m.index.begin(), m.index.end());
                result.insert(result.end(), m.shape.begin() + m.first + m.count, m.shape.end());
                Array out(t, result);
                torsh___index_params_t p{(int32_t)m.count, m.first};
                ASSERT_EQ(call(set, "_index", in, {&out}, &p), TORSH_OK);
                expect_equal(out, selected(x, Along(m.shape, (size_t)m.first, (size_t)m.count), at),
                             set.name);
            }
}

TEST(Index, names_the_dimension_of_a_bad_index)
{
    for (const Set &set : select_sets()) {
        const Array x = some(TORSH_F32, {2, 5, 3}), good(TORSH_I64, {2});
        const Array bad(TORSH_I64, {2}, std::vector<double>{1, -4});
        Array out(TORSH_F32, {2, 2});
        torsh___index_params_t p{2, 1};
        EXPECT_EQ(call(set, "_index", {&x, &good, &bad}, {&out}, &p), TORSH_ERR_INDEX);
        EXPECT_EQ(message, "index -4 is out of bounds for dimension 2 with size 3");
    }
}

} // namespace
