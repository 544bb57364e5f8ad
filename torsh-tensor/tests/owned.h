// SPDX-License-Identifier: MIT OR Apache-2.0
// What frees itself, for the tests of all libraries: Owned<torsh_module_t, torsh_module_free>.
#ifndef TORSH_TENSOR_TESTS_OWNED_H
#define TORSH_TENSOR_TESTS_OWNED_H

#include <memory>
#include <string>

#include <torsh/core.h>
#include <torsh/tensor.h>

template <auto F> struct Free {
    template <class T> void operator()(T *object) const
    {
        F(object);
    }
};
template <class T, auto F> using Owned = std::unique_ptr<T, Free<F>>;
using Tensor = Owned<torsh_tensor_t, torsh_tensor_free>;

// The text of an error, which is freed; "" of NULL.
inline std::string take_message(torsh_error_t *error)
{
    std::string text = error ? torsh_error_message(error) : "";
    torsh_error_free(error);
    return text;
}

// This thread's unread error, read.
inline std::string failure(torsh_status_t *status = nullptr)
{
    torsh_error_t *error = torsh_error_take();
    if (status)
        *status = torsh_error_status(error);
    return take_message(error);
}

#endif
