// SPDX-License-Identifier: MIT OR Apache-2.0
// cat and flip, for any memory order of operands and result.
#include "kernel_call.h"

#include <algorithm>
#include <numeric>

#include <torsh/ops/index_params.h>

DECLARE_LISTS(select)

namespace
{

/* Row-major place of element i of a tensor of this shape, by dimension. */
Shape position(const Shape &shape, int64_t i)
{
    Shape at(shape.size());
    for (size_t d = shape.size(); d-- > 0; i /= shape[d])
        at[d] = i % shape[d];
    return at;
}

std::vector<double> joined(const std::vector<Array> &parts, size_t dim, const Shape &shape)
{
    std::vector<double> want;
    for (int64_t i = 0; i < product(shape); i++) {
        Shape at = position(shape, i);
        for (const Array &a : parts) {
            if (a.n() == 0)
                continue;
            if (at[dim] < a.shape[dim]) {
                want.push_back(a.at(at));
                break;
            }
            at[dim] -= a.shape[dim];
        }
    }
    return want;
}

void check_cat(const Set &set, const std::vector<Array> &parts, int64_t dim, Array out)
{
    std::vector<const Array *> in;
    for (const Array &a : parts)
        in.push_back(&a);
    const size_t d = (size_t)(dim < 0 ? dim + (int64_t)out.shape.size() : dim);
    torsh__cat_params_t p{(int32_t)parts.size(), dim};
    ASSERT_EQ(call(set, "cat", in, {&out}, &p), TORSH_OK);
    expect_equal(out, joined(parts, d, out.shape), set.name);
}

TEST(Cat, joins_along_any_dimension_for_all_dtypes)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL) {
            check_cat(set, {some(t, {3, 4}), some(t, {5, 4}, 2), some(t, {0, 4})}, 0, Array(t, {8, 4}));
            check_cat(set, {some(t, {2, 3, 4}), some(t, {2, 5, 4}, 2)}, -2, Array(t, {2, 8, 4}));
            check_cat(set, {some(t, {7, 1}), some(t, {7, 2}, 2), some(t, {7, 40}, 3)}, 1, Array(t, {7, 43}));
            check_cat(set, {some(t, {3}), some(t, {1}, 2)}, 0, Array(t, {4}));
        }
}

TEST(Cat, skips_empty_vectors)
{
    for (const Set &set : select_sets())
        check_cat(set, {some(TORSH_F32, {0}), some(TORSH_F32, {2, 3}), some(TORSH_F32, {0})}, 1,
                  Array(TORSH_F32, {2, 3}));
}

TEST(Cat, takes_any_strides)
{
    std::mt19937 random(5);
    for (const Set &set : select_sets())
        for (int round = 0; round < 60; round++) {
            const torsh_dtype_t t = ALL[random() % 8];
            const size_t ndim = 1 + random() % 4, dim = random() % ndim;
            Shape shape(ndim);
            for (int64_t &s : shape)
                s = 1 + random() % 20;
            std::vector<Array> parts;
            std::vector<int> order(ndim);
            std::iota(order.begin(), order.end(), 0);
            int64_t size = 0;
            for (unsigned i = 0; i < 3; i++) {
                std::shuffle(order.begin(), order.end(), random);
                shape[dim] = 1 + random() % 20;
                size += shape[dim];
                parts.push_back(some(t, shape, i).in_order(order, 1 + random() % 2));
            }
            shape[dim] = size;
            std::shuffle(order.begin(), order.end(), random);
            check_cat(set, parts, (int64_t)dim, Array(t, shape).in_order(order, 1 + random() % 2));
        }
}

TEST(Cat, reads_broadcast_operands)
{
    for (const Set &set : select_sets()) {
        Array a = some(TORSH_F32, {1, 40});
        a.shape[0] = 30;
        a.strides[0] = 0;
        check_cat(set, {a, a}, 0, Array(TORSH_F32, {60, 40}));
    }
}

TEST(Cat, large_rows_are_cut_without_loss)
{
    for (const Set &set : select_sets()) {
        check_cat(set, {some(TORSH_F32, {2, 9000}), some(TORSH_F32, {2, 4097}, 2)}, 1,
                  Array(TORSH_F32, {2, 13097}));
        check_cat(set, {some(TORSH_U8, {70000})}, 0, Array(TORSH_U8, {70000}));
        check_cat(set, {some(TORSH_F32, {300, 111}).in_order({1, 0})}, 0, Array(TORSH_F32, {300, 111}));
    }
}

TEST(Flip, reverses_the_given_dimensions)
{
    const Shape shapes[] = {{}, {5}, {3, 4}, {2, 3, 4}, {0, 3}, {1, 40}, {30, 50}};
    const Shape choices[] = {{}, {0}, {-1}, {0, 1}, {2, 0}};
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (const Shape &shape : shapes)
                for (const Shape &which : choices) {
                    Shape turned(shape.size());
                    bool fits = true;
                    for (int64_t d : which) {
                        const int64_t at = d < 0 ? d + (int64_t)shape.size() : d;
                        fits = fits && at >= 0 && at < (int64_t)shape.size();
                        if (fits)
                            turned[(size_t)at] = 1;
                    }
                    if (!fits)
                        continue;
                    const Array x = some(t, shape);
                    std::vector<double> want;
                    for (int64_t i = 0; i < x.n(); i++) {
                        Shape at = position(shape, i);
                        for (size_t d = 0; d < at.size(); d++)
                            at[d] = turned[d] ? shape[d] - 1 - at[d] : at[d];
                        want.push_back(x.at(at));
                    }
                    Array out(t, shape);
                    torsh__flip_params_t p{dims(which)};
                    ASSERT_EQ(call(set, "flip", {&x}, {&out}, &p), TORSH_OK);
                    expect_equal(out, want, set.name);
                    if (shape.size() == 2) {
                        const Array transposed = x.in_order({1, 0});
                        ASSERT_EQ(call(set, "flip", {&transposed}, {&out}, &p), TORSH_OK);
                        expect_equal(out, want, set.name);
                    }
                }
}

} // namespace
