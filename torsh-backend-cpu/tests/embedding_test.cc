// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/nn_params.h>

DECLARE_LISTS(embedding)

namespace
{

const torsh__embedding_params_t PARAMS{-1, 0, 0};

TEST(Embedding, gives_the_named_rows)
{
    for (const Set &set : embedding_sets())
        for (torsh_dtype_t t : ALL)
            for (int64_t width : {0, 1, 3, 64, 257})
                for (const Shape &shape : {Shape{}, Shape{0}, Shape{9}, Shape{7, 30}}) {
                    const Array weight = some(t, {50, width}), at = indices(shape, 0, 50);
                    Shape result = shape;
                    result.push_back(width);
                    Array out(t, result);
                    ASSERT_EQ(call(set, "embedding", {&weight, &at}, {&out}, &PARAMS), TORSH_OK);
                    std::vector<double> want;
                    for (int64_t i = 0; i < at.n(); i++)
                        for (int64_t k = 0; k < width; k++)
                            want.push_back(weight.get((int64_t)at.get(i) * width + k));
                    expect_equal(out, want, set.name);
                }
}

TEST(Embedding, refuses_indices_out_of_range)
{
    for (const Set &set : embedding_sets())
        for (double bad : {50.0, -1.0}) {
            const Array weight = some(TORSH_F32, {50, 3}), at(TORSH_I64, {2}, bad);
            Array out(TORSH_F32, {2, 3});
            EXPECT_EQ(call(set, "embedding", {&weight, &at}, {&out}, &PARAMS), TORSH_ERR_INDEX);
            EXPECT_EQ(message, "index out of range in self");
        }
}

} // namespace
