// SPDX-License-Identifier: MIT OR Apache-2.0
// Optimizers and tensors that free themselves, values of tensors, the error of this thread.
#ifndef TORSH_OPTIM_TESTS_TESTING_H
#define TORSH_OPTIM_TESTS_TESTING_H

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <owned.h>
#include <torsh/backend_cpu.h>
#include <torsh/impl/autograd.h>
#include <torsh/impl/core.h>
#include <torsh/impl/tensor.h>
#include <torsh/ops.h>
#include <torsh/optim.h>

inline bool start()
{
    torsh__autograd_register();
    return torsh__backend_cpu_register() == TORSH_OK;
}
inline const bool started = start();

using Optimizer = Owned<torsh_optimizer_t, torsh_optimizer_free>;
using State = Owned<torsh_state_t, torsh_state_free>;
using Doubles = std::vector<double>;

inline Tensor doubles(std::vector<int64_t> shape, Doubles v, torsh_dtype_t dtype = TORSH_F64)
{
    v.push_back(0); // never empty
    Tensor t(torsh_tensor_from_array(v.data(), shape.data(), (int)shape.size(), TORSH_F64));
    return Tensor(torsh_to_dtype(t.get(), dtype));
}

inline Doubles values(const torsh_tensor_t *t)
{
    Tensor wide(torsh_to_dtype(t, TORSH_F64));
    Doubles out((size_t)torsh_tensor_numel(t));
    torsh_tensor_to_array(wide.get(), out.data(), out.size() * sizeof(double));
    return out;
}

inline testing::AssertionResult close(const Doubles &have, const Doubles &want, double tolerance)
{
    if (have.size() != want.size())
        return testing::AssertionFailure() << have.size() << " values instead of " << want.size();
    for (size_t i = 0; i < want.size(); i++)
        if (!(std::fabs(have[i] - want[i]) <= tolerance * std::fabs(want[i])))
            return testing::AssertionFailure()
                   << "value " << i << " is " << have[i] << " instead of " << want[i];
    return testing::AssertionSuccess();
}

#endif
