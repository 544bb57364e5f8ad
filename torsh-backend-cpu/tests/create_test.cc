// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <torsh/ops/create_params.h>

DECLARE_LISTS(create)

namespace
{

Array linspace(const Set &set, torsh_dtype_t t, torsh_scalar_t start, torsh_scalar_t end, int64_t steps)
{
    Array out(t, {steps});
    torsh__linspace_params_t p{start, end, steps, t, -1, {-1, 0}, {0, 0}};
    EXPECT_EQ(call(set, "linspace", {}, {&out}, &p), TORSH_OK);
    return out;
}

TEST(Linspace, hits_both_ends_for_all_dtypes)
{
    for (const Set &set : create_sets())
        for (torsh_dtype_t t : NUMBERS) {
            const auto i = torsh_scalar_i;
            expect_equal(linspace(set, t, i(0), i(10), 5),
                         is_float(t) ? std::vector<double>{0, 2.5, 5, 7.5, 10}
                                     : std::vector<double>{0, 2, 5, 7, 10},
                         set.name);
            expect_equal(linspace(set, t, i(3), i(9), 1), {3}, set.name);
            expect_equal(linspace(set, t, i(3), i(9), 0), {}, set.name);
            expect_equal(linspace(set, t, i(9), i(3), 4), {9, 7, 5, 3}, set.name);
            EXPECT_EQ(linspace(set, t, i(0), i(100), 1000).get(999), 100);
        }
}

TEST(Linspace, floats_are_within_one_rounding)
{
    for (const Set &set : create_sets())
        for (torsh_dtype_t t : FLOATS) {
            std::vector<double> want;
            for (int i = 0; i < 2001; i++)
                want.push_back(-1 + 2.0 * i / 2000);
            expect_close(linspace(set, t, torsh_scalar_f(-1), torsh_scalar_f(1), 2001), want, 1.01, set.name,
                         t == TORSH_F64 ? 2 : 1e-3); /* float64 has nothing wider to compute in */
        }
}

TEST(Linspace, refuses_negative_steps)
{
    for (const Set &set : create_sets()) {
        Array out(TORSH_F32, {0});
        torsh__linspace_params_t p{torsh_scalar_i(0), torsh_scalar_i(1), -1, TORSH_F32, -1, {-1, 0}, {0, 0}};
        EXPECT_EQ(call(set, "linspace", {}, {&out}, &p), TORSH_ERR_VALUE);
        EXPECT_EQ(message, "number of steps must be non-negative");
    }
}

} // namespace
