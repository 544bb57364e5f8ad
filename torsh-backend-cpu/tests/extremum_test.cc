// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/reduce_params.h>

DECLARE_LISTS(extremum)

namespace
{

struct Case {
    Shape shape;
    int64_t dim;
};
const Case CASES[] = {{{}, 0},         {{1}, 0},    {{5}, 0},       {{3, 63}, 1},   {{3, 64}, 1},
                      {{3, 65}, 1},    {{3, 4}, 0}, {{70, 300}, 0}, {{2, 5, 4}, 1}, {{4, 1000}, -1},
                      {{1000, 10}, 1}, {{0, 3}, 1}, {{2, 3, 0}, 1}, {{5, 257}, 0},  {{600}, 0}};

void check(const Set &set, const Case &c, const Array &x)
{
    const size_t d = (size_t)(c.dim < 0 ? c.dim + (int64_t)c.shape.size() : c.dim);
    int64_t outer = 1, n = 1, inner = 1;
    Shape result;
    for (size_t k = 0; k < c.shape.size(); k++) {
        (k < d ? outer : k == d ? n : inner) *= c.shape[k];
        if (k != d)
            result.push_back(c.shape[k]);
    }
    for (int largest = 0; largest < 2; largest++) {
        std::vector<double> values, places;
        for (int64_t i = 0; i < outer * inner; i++) {
            const int64_t from = i / inner * n * inner + i % inner;
            int64_t at = 0;
            double best = x.get(from);
            for (int64_t k = 1; k < n && !std::isnan(best); k++) {
                const double v = x.get(from + k * inner);
                if (std::isnan(v) || (largest ? v > best : v < best)) {
                    best = v;
                    at = k;
                }
            }
            values.push_back(best);
            places.push_back((double)at);
        }
        Array out(x.dtype, result), at(TORSH_I64, result);
        torsh__max_dim_params_t p{c.dim, 0};
        ASSERT_EQ(call(set, largest ? "max.dim" : "min.dim", {&x}, {&out, &at}, &p), TORSH_OK);
        expect_equal(out, values, set.name);
        expect_equal(at, places, set.name);
    }
}

TEST(Extremum, first_of_the_extremes_for_all_dtypes)
{
    for (const Set &set : extremum_sets())
        for (torsh_dtype_t t : ALL)
            for (const Case &c : CASES)
                for (unsigned seed = 0; seed < 3; seed++)
                    check(set, c, some(t, c.shape, seed)); /* few values: many ties */
}

TEST(Extremum, nan_beats_all_and_the_first_counts)
{
    for (const Set &set : extremum_sets())
        for (torsh_dtype_t t : FLOATS)
            for (const Case &c : CASES)
                for (int rarity : {1, 3, 60}) {
                    std::mt19937 random(7);
                    Array x = some(t, c.shape);
                    for (int64_t i = 0; i < x.n(); i++)
                        if (random() % rarity == 0)
                            x.set(i, NaN);
                    check(set, c, x);
                }
}

TEST(Extremum, infinities_and_signed_zeros)
{
    for (const Set &set : extremum_sets())
        for (torsh_dtype_t t : FLOATS) {
            check(set, {{2, 70}, 1}, Array(t, {2, 70}, -Inf));
            check(set, {{70, 2}, 0}, Array(t, {70, 2}, Inf));
            Array zeros(t, {70}, -0.0);
            zeros.set(5, 0.0);
            check(set, {{70}, 0}, zeros);
        }
}

TEST(Extremum, no_elements_have_no_extreme)
{
    for (const Set &set : extremum_sets()) {
        const Array x(TORSH_F32, {3, 0});
        Array out(TORSH_F32, {3}), at(TORSH_I64, {3});
        torsh__max_dim_params_t p{1, 0};
        EXPECT_EQ(call(set, "max.dim", {&x}, {&out, &at}, &p), TORSH_ERR_INDEX);
        EXPECT_EQ(message, "max(): Expected reduction dim 1 to have non-zero size.");
    }
}

} // namespace
