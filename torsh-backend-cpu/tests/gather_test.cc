// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/index_params.h>

DECLARE_LISTS(select)

namespace
{

struct Case {
    Shape shape;
    int64_t dim;
    Shape index;
};
const Case CASES[] = {{{5, 4}, 0, {3, 4}},
                      {{5, 4}, 0, {9, 2}},
                      {{5, 4}, 1, {2, 9}},
                      {{3, 5, 4}, 1, {2, 7, 3}},
                      {{3, 5, 4}, -1, {3, 5, 1}},
                      {{5}, 0, {9}},
                      {{}, 0, {}},
                      {{5, 4}, 0, {0, 4}},
                      {{4, 3, 2, 5}, 1, {4, 7, 2, 3}},
                      {{40, 30}, 1, {40, 2000}},
                      {{40, 300}, 0, {500, 300}}};

TEST(Gather, looks_up_along_a_dimension)
{
    for (const Set &set : select_sets())
        for (torsh_dtype_t t : ALL)
            for (const Case &c : CASES) {
                const size_t d = (size_t)(c.dim < 0 ? c.dim + (int64_t)c.shape.size() : c.dim);
                const Array x = some(t, c.shape),
                            index = indices(c.index, 0, c.shape.empty() ? 1 : c.shape[d]);
                Array out(t, c.index);
                torsh__gather_params_t p{c.dim, 0};
                ASSERT_EQ(call(set, "gather", {&x, &index}, {&out}, &p), TORSH_OK);
                std::vector<double> want;
                for (int64_t i = 0; i < index.n(); i++) {
                    Shape at(c.index.size());
                    int64_t rest = i;
                    for (size_t k = at.size(); k-- > 0; rest /= c.index[k])
                        at[k] = rest % c.index[k];
                    if (!at.empty())
                        at[d] = (int64_t)index.get(i);
                    want.push_back(x.at(at));
                }
                expect_equal(out, want, set.name);
            }
}

TEST(Gather, names_the_first_bad_index)
{
    for (const Set &set : select_sets())
        for (int t : {1, 4}) {
            const Array x = some(TORSH_F32, {5, 4});
            Array index(TORSH_I64, {30000, 4}), out(TORSH_F32, {30000, 4});
            index.set(50000, 7);
            index.set(110000, -1);
            torsh__gather_params_t p{-2, 0};
            threads = t;
            EXPECT_EQ(call(set, "gather", {&x, &index}, {&out}, &p), TORSH_ERR_VALUE);
            threads = 1;
            EXPECT_EQ(message, "index 7 is out of bounds for dimension 0 with size 5");
        }
}

} // namespace
