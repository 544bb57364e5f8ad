// SPDX-License-Identifier: MIT OR Apache-2.0
// Leaves and their gradients, on top of the tensors of torsh-tensor's tests.
#ifndef TORSH_AUTOGRAD_TESTS_GRAPHS_H
#define TORSH_AUTOGRAD_TESTS_GRAPHS_H

#include <tensors.h>
#include <torsh/impl/autograd.h>

inline const bool autograd_is_there = (torsh__autograd_register(), true);

inline Tensor leaf(const Ints &shape, const Doubles &v)
{
    Tensor t = tensor(shape, v);
    EXPECT_EQ(torsh_tensor_set_requires_grad(t.get(), 1), TORSH_OK);
    return t;
}

inline Doubles grad(const Tensor &t)
{
    return values(torsh_tensor_grad(t.get()));
}

inline Tensor times(const Tensor &t, double by)
{
    return own(torsh_mul_scalar(t.get(), torsh_scalar_f(by)));
}
inline Tensor sum(const Tensor &t)
{
    return own(torsh_sum(t.get()));
}
inline Tensor row(const Tensor &t, int64_t i)
{
    return own(torsh_select(t.get(), 0, i));
}

inline std::string name_of(const Tensor &t)
{
    torsh_node_t *node = torsh_tensor_grad_fn(t.get());
    return node ? torsh_node_name(node) : "";
}

struct NoGrad {
    bool was = torsh_set_grad_enabled(false);
    ~NoGrad()
    {
        torsh_set_grad_enabled(was);
    }
};

#endif
