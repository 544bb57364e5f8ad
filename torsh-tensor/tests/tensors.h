// SPDX-License-Identifier: MIT OR Apache-2.0
// Tensors that free themselves, their values, and this thread's error: for the tests of this library and of
// those above it.
#ifndef TORSH_TENSOR_TESTS_TENSORS_H
#define TORSH_TENSOR_TESTS_TENSORS_H

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <owned.h>
#include <torsh/backend_cpu.h>
#include <torsh/impl/core.h>
#include <torsh/impl/tensor.h>
#include <torsh/ops.h>

using List = Owned<torsh_tensor_list_t, torsh_tensor_list_free>;
using Ints = std::vector<int64_t>;
using Doubles = std::vector<double>;

inline const bool kernels_are_there = torsh__backend_cpu_register() == TORSH_OK;

inline Tensor own(torsh_tensor_t *t)
{
    return Tensor(t);
}

// Values, converted to dtype as C converts them.
inline Tensor tensor(const Ints &shape, const Doubles &values, torsh_dtype_t dtype = TORSH_F32)
{
    size_t each = (size_t)torsh_dtype_bytes(dtype);
    std::vector<char> raw(values.size() * each + 16);
    for (size_t i = 0; i < values.size(); i++)
        torsh__scalar_store(torsh_scalar_f(values[i]), dtype, raw.data() + i * each);
    return own(torsh_tensor_from_array(raw.data(), shape.data(), (int)shape.size(), dtype));
}

// first, first + 1, …
inline Tensor ramp(const Ints &shape, double first = 0, torsh_dtype_t dtype = TORSH_F32)
{
    int64_t n = 1;
    for (int64_t d : shape)
        n *= d;
    Doubles values;
    for (int64_t i = 0; i < n; i++)
        values.push_back(first + (double)i);
    return tensor(shape, values, dtype);
}

inline Tensor number(double value, torsh_dtype_t dtype)
{
    return tensor({}, {value}, dtype);
}

inline Ints shape(const torsh_tensor_t *t)
{
    return t ? Ints(torsh_tensor_shape(t), torsh_tensor_shape(t) + torsh_tensor_ndim(t)) : Ints{-1};
}
inline Ints shape(const Tensor &t)
{
    return shape(t.get());
}

inline Ints strides(const Tensor &t)
{
    return t ? Ints(torsh_tensor_strides(t.get()), torsh_tensor_strides(t.get()) + torsh_tensor_ndim(t.get()))
             : Ints{-1};
}

inline torsh_dtype_t dtype(const Tensor &t)
{
    return t ? torsh_tensor_dtype(t.get()) : TORSH_DTYPE_NONE;
}

// All elements, row-major.
inline Doubles values(const torsh_tensor_t *t)
{
    Doubles out;
    if (!t)
        return out;
    size_t each = (size_t)torsh_dtype_bytes(torsh_tensor_dtype(t)), n = (size_t)torsh_tensor_numel(t);
    std::vector<char> raw(n * each + 1);
    EXPECT_EQ(torsh_tensor_to_array(t, raw.data(), n * each), TORSH_OK);
    for (size_t i = 0; i < n; i++)
        out.push_back(torsh__scalar_double(torsh__scalar_load(raw.data() + i * each, torsh_tensor_dtype(t))));
    return out;
}
inline Doubles values(const Tensor &t)
{
    return values(t.get());
}

// This thread's unread error, read: "SHAPE: text"; "" if there is none.
inline std::string named_failure()
{
    torsh_status_t status;
    const std::string text = failure(&status);
    return status == TORSH_OK ? text : torsh_status_name(status) + (": " + text);
}

inline testing::AssertionResult contains(const std::string &text, const std::string &part)
{
    if (text.find(part) != std::string::npos)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << '"' << text << "\" does not contain \"" << part << '"';
}

// Nothing is kept: after a first round, what is alive stays as much after more.
template <class F> bool keeps_nothing(F f)
{
    for (int i = 0; i < 100; i++)
        f();
    int64_t before = torsh__live_allocations();
    for (int i = 0; i < 10; i++)
        f();
    return torsh__live_allocations() == before;
}

#endif
