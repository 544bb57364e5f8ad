// SPDX-License-Identifier: MIT OR Apache-2.0
// Two small networks, their data and a step of training: what the promises about memory, threads, forks and
// failures are tested with.
#ifndef TORSH_FFI_TESTS_TRAINING_H
#define TORSH_FFI_TESTS_TRAINING_H

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <owned.h>
#include <torsh.h>
#include <torsh/impl/core.h>
#include <torsh/impl/tensor.h>

inline const bool started = torsh_init() == TORSH_OK;

using Module = Owned<torsh_module_t, torsh_module_free>;
using Optimizer = Owned<torsh_optimizer_t, torsh_optimizer_free>;
using State = Owned<torsh_state_t, torsh_state_free>;

struct Sizes {
    int64_t batch, in, hidden; // CNN: images of in x in, hidden filters
};

enum { CLASSES = 10 };

// What a model is made of, in order; adds nothing more after a failure.
inline torsh_module_t *sequential(std::initializer_list<torsh_module_t *> modules)
{
    torsh_module_t *all = torsh_sequential_new();
    torsh_status_t status = all ? TORSH_OK : TORSH_ERR_MEMORY;
    for (torsh_module_t *m : modules) {
        const torsh_status_t added = torsh_sequential_add(all, m);
        status = status == TORSH_OK ? added : status;
    }
    if (status == TORSH_OK)
        return all;
    torsh_module_free(all);
    return nullptr;
}

inline torsh_module_t *mlp(Sizes s)
{
    return sequential({torsh_linear_new(s.in, s.hidden, true), torsh_relu_new(),
                       torsh_linear_new(s.hidden, CLASSES, true)});
}

inline torsh_module_t *cnn(Sizes s)
{
    return sequential({torsh_conv2d_new(1, s.hidden, 3, 1, 1), torsh_batch_norm2d_new(s.hidden),
                       torsh_relu_new(), torsh_max_pool2d_new(2, 2, 0), torsh_flatten_new(),
                       torsh_linear_new(s.hidden * (s.in / 2) * (s.in / 2), CLASSES, true)});
}

struct Network {
    const char *name;
    torsh_module_t *(*make)(Sizes);
    Sizes sizes;
    bool images;
};

inline Tensor inputs(const Network &n)
{
    const int64_t rows[] = {n.sizes.batch, n.sizes.in}, images[] = {n.sizes.batch, 1, n.sizes.in, n.sizes.in};
    return Tensor(n.images ? torsh_rand(images, 4) : torsh_rand(rows, 2));
}

inline Tensor labels(const Network &n)
{
    std::vector<int64_t> ids;
    for (int64_t i = 0; i < n.sizes.batch; i++)
        ids.push_back(i * 7 % CLASSES);
    return Tensor(torsh_tensor_from_array(ids.data(), &n.sizes.batch, 1, TORSH_I64));
}

inline Optimizer adam(const Module &m)
{
    return Optimizer(torsh_adam_new(torsh_module_parameters(m.get()), 0.001, 0.9, 0.999, 1e-8));
}

// One step; *stepped: the parameters have been changed. A failure leaves this thread's error.
inline torsh_status_t train(const Module &m, const Optimizer &o, const Tensor &x, const Tensor &y,
                            double *loss, bool *stepped = nullptr)
{
    TRY(torsh_optimizer_zero_grad(o.get()));
    Tensor out(torsh_module_forward(m.get(), x.get())), l(torsh_cross_entropy(out.get(), y.get()));
    if (!l)
        return torsh_error_status(torsh_last_error());
    TRY(torsh_backward(l.get(), false));
    TRY(torsh_optimizer_step(o.get()));
    if (stepped)
        *stepped = true;
    torsh_scalar_t value;
    TRY(torsh_tensor_item(l.get(), &value));
    *loss = value.v.f;
    return TORSH_OK;
}

// Bytes of all parameters, to be compared to the last bit.
inline std::string parameters(const Module &m)
{
    std::string all;
    torsh_tensor_list_t *list = torsh_module_parameters(m.get());
    for (int i = 0; i < torsh_tensor_list_n(list); i++) {
        const torsh_tensor_t *t = torsh_tensor_list_get(list, i);
        std::string bytes((size_t)torsh_tensor_numel(t) * (size_t)torsh_dtype_bytes(torsh_tensor_dtype(t)),
                          0);
        EXPECT_EQ(torsh_tensor_to_array(t, bytes.data(), bytes.size()), TORSH_OK) << failure();
        all += bytes;
    }
    return all;
}

// What is alive now, kept for reuse or not.
struct Alive {
    int64_t host, blocks, bytes, reserved;
    bool operator==(const Alive &o) const
    {
        return host == o.host && blocks == o.blocks && bytes == o.bytes && reserved == o.reserved;
    }
};

inline Alive alive()
{
    const torsh__memory_stats_t s = torsh__memory_stats({TORSH_CPU, 0});
    return {torsh__live_allocations(), s.live_blocks, s.allocated, s.reserved};
}

inline std::ostream &operator<<(std::ostream &out, const Alive &a)
{
    return out << a.host << " host allocations, " << a.blocks << " blocks of " << a.bytes << " bytes, "
               << a.reserved << " reserved";
}

#endif
