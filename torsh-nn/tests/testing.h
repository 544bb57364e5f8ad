// SPDX-License-Identifier: MIT OR Apache-2.0
// Modules and tensors that free themselves, values of tensors, the error of this thread.
#ifndef TORSH_NN_TESTS_TESTING_H
#define TORSH_NN_TESTS_TESTING_H

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <owned.h>
#include <torsh/backend_cpu.h>
#include <torsh/impl/autograd.h>
#include <torsh/impl/core.h>
#include <torsh/impl/tensor.h>
#include <torsh/nn.h>
#include <torsh/ops.h>

inline bool start()
{
    torsh__autograd_register();
    return torsh__backend_cpu_register() == TORSH_OK;
}
inline const bool started = start();

using Module = Owned<torsh_module_t, torsh_module_free>;
using State = Owned<torsh_state_t, torsh_state_free>;
using Doubles = std::vector<double>;

inline Tensor floats(std::vector<int64_t> shape, const Doubles &values)
{
    std::vector<float> v(values.begin(), values.end());
    v.push_back(0); // never empty
    return Tensor(torsh_tensor_from_array(v.data(), shape.data(), (int)shape.size(), TORSH_F32));
}

// (0, 1, 2, …) * scale + first
inline Tensor ramp(std::vector<int64_t> shape, double scale, double first)
{
    int64_t n = 1;
    for (int64_t d : shape)
        n *= d;
    Doubles v;
    for (int64_t i = 0; i < n; i++)
        v.push_back((double)i * scale + first);
    return floats(shape, v);
}

inline Doubles values(const torsh_tensor_t *t, size_t most = 1000000)
{
    Doubles out;
    if (!t)
        return out;
    const size_t each = (size_t)torsh_dtype_bytes(torsh_tensor_dtype(t));
    std::vector<char> raw((size_t)torsh_tensor_numel(t) * each + 1);
    if (torsh_tensor_to_array(t, raw.data(), raw.size() - 1) != TORSH_OK)
        return out;
    for (size_t i = 0; i < (size_t)torsh_tensor_numel(t) && i < most; i++)
        out.push_back(torsh__scalar_double(torsh__scalar_load(raw.data() + i * each, torsh_tensor_dtype(t))));
    return out;
}

inline testing::AssertionResult close(const Doubles &have, const Doubles &want, double tolerance)
{
    if (have.size() != want.size())
        return testing::AssertionFailure() << have.size() << " values instead of " << want.size();
    for (size_t i = 0; i < want.size(); i++)
        if (!(std::fabs(have[i] - want[i]) <= tolerance * std::fmax(1, std::fabs(want[i]))))
            return testing::AssertionFailure()
                   << "value " << i << " is " << have[i] << " instead of " << want[i];
    return testing::AssertionSuccess();
}

inline Tensor run(const Module &m, const Tensor &x)
{
    return Tensor(torsh_module_forward(m.get(), x.get()));
}

// Leaks nothing: what is alive after some calls stays as much after more (freed objects are kept for reuse,
// some).
template <class F> bool keeps_nothing(F f)
{
    for (int i = 0; i < 100; i++)
        f();
    int64_t before = torsh__live_allocations();
    for (int i = 0; i < 10; i++)
        f();
    return torsh__live_allocations() == before;
}

// f with the n-th allocation failing, for every n: each time it either says so (returns false, with a MEMORY
// error) or can do without (caches); until many n in a row are beyond its last one. How many failures it
// reported; -1 for a wrong one.
template <class F> int fails_cleanly(F f)
{
    int reported = 0;
    for (int n = 0, in_a_row = 0; in_a_row < 50; n++) {
        torsh__objects_trim(); // kept objects would be taken instead of new ones
        torsh__fail_allocation_after(n);
        const bool done = f();
        torsh__fail_allocation_after(-1);
        torsh_status_t status;
        const std::string text = failure(&status);
        if (status != (done ? TORSH_OK : TORSH_ERR_MEMORY)) {
            ADD_FAILURE() << "allocation " << n << (done ? " was not missed: " : ": ") << text;
            return -1;
        }
        reported += !done;
        in_a_row = done ? in_a_row + 1 : 0;
    }
    return reported;
}

#endif
