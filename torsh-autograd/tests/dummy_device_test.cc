/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One operator of each kind on a device that is unlike the CPU in every way the backend interface allows: its
 * handles are no addresses, its memory is out of the host's reach, its kernels run when somebody reads or
 * waits. Results, gradients and gradients of gradients must be the CPU's. */
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torsh/backend_cpu.h>
#include <torsh/impl/autograd.h>
#include <torsh/ops.h>

extern "C" {
// clang-format off
#define RECORDS(X) \
    X(add_tensor) X(sub_tensor) X(mul_tensor) X(div_tensor) X(neg) X(exp) X(log) X(eq_tensor) \
    X(gt_tensor) X(ge_tensor) X(lt_tensor) X(logical_and) X(where_self) X(sum_dim_intlist) X(amax) \
    X(max_dim) X(mm) X(cat) X(fill__tensor) X(zero_) X(copy_) X(clone) X(_to_copy) X(scatter_add) \
    X(gather) X(bernoulli__float) X(_arange) X(_count_nonzero) X(_nonzero)
// clang-format on
#define X(name) extern const torsh__op_t torsh__record_##name;
RECORDS(X)
#undef X
}

#if defined(__SANITIZE_ADDRESS__)
/* The programs below nest calls and drop what they made: this test is about values, others are about leaks.
 */
extern "C" const char *__asan_default_options()
{
    return "detect_leaks=0";
}
#endif

namespace
{
const torsh__op_t *const records[] = {
#define X(name) &torsh__record_##name,
    RECORDS(X)
#undef X
};

/* ---- the device ---- */

std::map<uintptr_t, std::vector<char>> memory;
std::vector<std::function<torsh_status_t()>> queue;
uintptr_t next_handle = 1;
int kernels_run;

torsh_status_t synchronize(int32_t)
{
    torsh_status_t status = TORSH_OK;
    std::vector<std::function<torsh_status_t()>> work;
    work.swap(queue);
    for (auto &w : work)
        if (status == TORSH_OK)
            status = w();
    return status;
}

torsh_status_t raw_alloc(int32_t, size_t bytes, void **handle)
{
    memory[next_handle].resize(bytes ? bytes : 1, (char)0x5a);
    *handle = reinterpret_cast<void *>(next_handle++);
    return TORSH_OK;
}

void raw_free(int32_t device, void *handle, size_t)
{
    synchronize(device);
    memory.erase(reinterpret_cast<uintptr_t>(handle));
}

char *address(const void *handle)
{
    return memory.at(reinterpret_cast<uintptr_t>(handle)).data();
}

torsh_status_t from_host(void *, void *handle, int64_t at, const void *host, size_t bytes)
{
    std::vector<char> data(static_cast<const char *>(host), static_cast<const char *>(host) + bytes);
    queue.push_back([=] {
        memcpy(address(handle) + at, data.data(), data.size());
        return TORSH_OK;
    });
    return TORSH_OK;
}

torsh_status_t to_host(void *, void *host, const void *handle, int64_t at, size_t bytes)
{
    TRY(synchronize(0));
    memcpy(host, address(handle) + at, bytes);
    return TORSH_OK;
}

torsh_status_t copy(void *, void *to, int64_t to_at, const void *from, int64_t from_at, size_t bytes)
{
    queue.push_back([=] {
        memmove(address(to) + to_at, address(from) + from_at, bytes);
        return TORSH_OK;
    });
    return TORSH_OK;
}

struct deferred_view {
    torsh_view_t view;
    std::vector<int64_t> shape, strides;
};

deferred_view keep(const torsh_view_t &v)
{
    deferred_view d{v, {}, {}};
    if (v.ndim > 0) {
        d.shape.assign(v.shape, v.shape + v.ndim);
        d.strides.assign(v.strides, v.strides + v.ndim);
    }
    return d;
}

torsh_status_t run(const torsh_call_t *call)
{
    const torsh__op_t *op = nullptr;
    for (const torsh__op_t *r : records)
        if (!strcmp(r->name, call->op))
            op = r;
    std::shared_ptr<void> params(torsh__params_copy(op, call->params), torsh__free);
    std::vector<deferred_view> in, out;
    for (int i = 0; i < call->n_in; i++)
        in.push_back(keep(call->in[i]));
    for (int i = 0; i < call->n_out; i++)
        out.push_back(keep(call->out[i]));
    torsh_call_t later = *call;
    queue.push_back([=]() mutable {
        std::vector<torsh_view_t> a, b;
        auto resolve = [](std::vector<deferred_view> &from, std::vector<torsh_view_t> &to) {
            for (auto &d : from) {
                d.view.shape = d.shape.data();
                d.view.strides = d.strides.data();
                if (d.view.handle)
                    d.view.handle = address(d.view.handle);
                to.push_back(d.view);
            }
        };
        resolve(in, a);
        resolve(out, b);
        later.in = a.data();
        later.out = b.data();
        later.params = params.get();
        kernels_run++;
        return torsh__kernels(TORSH_CPU, op->id, later.compute)->kernel->run(&later);
    });
    return TORSH_OK;
}

const torsh_device_t far_device = {TORSH_VULKAN, 0};

bool set_up()
{
    static torsh_backend_t far;
    static std::vector<torsh_kernel_t> kernels;
    torsh__autograd_register();
    if (torsh__backend_cpu_register() != TORSH_OK)
        return false;
    const torsh_backend_t *cpu = torsh__backend(TORSH_CPU);
    for (int i = 0; i < cpu->n_kernels; i++)
        for (const torsh__op_t *r : records)
            if (!strcmp(cpu->kernels[i].op, r->name)) {
                kernels.push_back(cpu->kernels[i]);
                kernels.back().run = run;
            }
    far = *cpu;
    far.name = "far";
    far.device_kind = TORSH_VULKAN;
    far.score = 1;
    far.raw_alloc = raw_alloc;
    far.raw_free = raw_free;
    far.map = [](int32_t, void *) -> void * { return nullptr; };
    far.copy_from_host = from_host;
    far.copy_to_host = to_host;
    far.copy = copy;
    far.synchronize = synchronize;
    far.kernels = kernels.data();
    far.n_kernels = (int32_t)kernels.size();
    return torsh__backend_register(&far) == TORSH_OK;
}
const bool ready = set_up();

/* ---- the same program on both devices ---- */

typedef torsh_tensor_t *T;

std::vector<double> values(const torsh_tensor_t *t)
{
    T f = torsh_to_dtype(t, TORSH_F64);
    std::vector<double> v(f ? (size_t)torsh_tensor_numel(f) : 0);
    EXPECT_NE(f, nullptr) << torsh_error_message(torsh_last_error());
    EXPECT_EQ(torsh_tensor_to_array(f, v.data(), v.size() * sizeof(double)), TORSH_OK);
    torsh_tensor_free(f);
    return v;
}

T input(std::vector<float> data, std::vector<int64_t> shape, torsh_device_t device)
{
    T host = torsh_tensor_from_array(data.data(), shape.data(), (int)shape.size(), TORSH_F32);
    T t = torsh_to_device_with_error(host, device, TORSH_F32, 0, 1, -1, nullptr);
    torsh_tensor_free(host);
    EXPECT_EQ(torsh_tensor_set_requires_grad(t, 1), TORSH_OK);
    return t;
}

/* Result, gradients of both inputs, and gradients of the sum of their squares. */
std::vector<std::vector<double>> program(std::function<T(T, T)> f, torsh_device_t device)
{
    std::vector<std::vector<double>> out;
    T a = input({0.5f, -1, 2, 3, 0.25f, -2}, {2, 3}, device),
      b = input({1, 2, -0.5f, 0.125f, 4, 1.5f}, {2, 3}, device);
    T y = f(a, b);
    EXPECT_NE(y, nullptr) << torsh_error_message(torsh_last_error());
    if (!y)
        return out;
    EXPECT_EQ(torsh_tensor_device(y).kind, device.kind);
    out.push_back(values(y));
    if (torsh_tensor_requires_grad(y)) {
        T loss = torsh_sum(torsh_mul(y, y));
        const torsh_tensor_t *roots[] = {loss}, *inputs[] = {a, b};
        T grads[2] = {nullptr, nullptr};
        EXPECT_EQ(torsh_grad_with_error(roots, 1, nullptr, inputs, 2, 1, 1, 1, grads, nullptr), TORSH_OK)
            << torsh_error_message(torsh_last_error());
        T again = nullptr;
        for (T g : grads) {
            if (!g)
                continue;
            out.push_back(values(g));
            T square = torsh_sum(torsh_mul(g, g));
            again = again ? torsh_add(again, square) : square;
        }
        if (again && torsh_tensor_requires_grad(again)) {
            EXPECT_EQ(torsh_backward(again, 0), TORSH_OK) << torsh_error_message(torsh_last_error());
            for (T t : {a, b})
                if (torsh_tensor_grad(t))
                    out.push_back(values(torsh_tensor_grad(t)));
        }
    }
    torsh_clear_error();
    return out;
}

/* tolerance: for what the CPU has a fused kernel of, and this device only the composite */
void same_on_both(std::function<T(T, T)> f, double tolerance = 0)
{
    ASSERT_TRUE(ready);
    auto cpu = program(f, {TORSH_CPU, 0});
    int before = kernels_run;
    auto far = program(f, far_device);
    EXPECT_GT(kernels_run, before);
    ASSERT_EQ(cpu.size(), far.size());
    for (size_t i = 0; i < cpu.size(); i++)
        for (size_t k = 0; k < cpu[i].size() && cpu[i].size() == far[i].size(); k++)
            EXPECT_NEAR(cpu[i][k], far[i][k], tolerance * (1 + std::abs(cpu[i][k])))
                << "value " << i << ", element " << k;
    EXPECT_GE(cpu.size(), 1u);
}

TEST(both_devices, add_with_alpha_and_scalar)
{
    same_on_both([](T a, T b) {
        return torsh_add_scalar(torsh_add_with_error(a, b, torsh_scalar_f(2.5), nullptr), torsh_scalar_i(3));
    });
}

TEST(both_devices, add_in_place_and_out)
{
    same_on_both([](T a, T b) {
        T c = torsh_clone(a);
        torsh_add_(c, b);
        T out = torsh_empty_like(b);
        torsh_set_grad_enabled(false);
        torsh_add_out(c, b, out);
        torsh_set_grad_enabled(true);
        return torsh_mul(c, out);
    });
}

TEST(both_devices, sum_over_a_dimension)
{
    same_on_both([](T a, T b) {
        const int64_t dim = 1;
        return torsh_sum_dim(torsh_mul(a, b), &dim, 1);
    });
}

TEST(both_devices, max_values_and_indices)
{
    same_on_both([](T a, T b) {
        T indices = nullptr, values = torsh_max_dim(torsh_mul(a, b), 1, &indices);
        return torsh_mul(values, indices);
    });
}

TEST(both_devices, transpose_and_writing_through_it)
{
    same_on_both([](T a, T b) {
        T c = torsh_clone(a), view = torsh_transpose(c, 0, 1);
        torsh_mul_(view, torsh_transpose(b, 0, 1));
        return torsh_mul(c, torsh_transpose(view, 0, 1));
    });
}

TEST(both_devices, mm)
{
    same_on_both([](T a, T b) { return torsh_mm(a, torsh_transpose(b, 0, 1)); });
}

TEST(both_devices, softmax_by_its_composite)
{
    same_on_both([](T a, T b) { return torsh_mul(torsh_softmax(a, 1), torsh_log_softmax(b, 1)); }, 1e-5);
}

TEST(both_devices, mean)
{
    same_on_both([](T a, T b) { return torsh_mean(torsh_div(a, b)); });
}

TEST(both_devices, nonzero)
{
    same_on_both([](T a, T b) { return torsh_nonzero(torsh_gt(a, b)); });
}

TEST(both_devices, cat)
{
    same_on_both([](T a, T b) {
        const torsh_tensor_t *list[] = {a, b, a};
        return torsh_mul(torsh_cat_with_error(list, 3, 1, nullptr),
                         torsh_cat_with_error(list, 3, 1, nullptr));
    });
}

TEST(both_devices, where_with_mixed_dtypes)
{
    same_on_both([](T a, T b) { return torsh_where(torsh_gt(a, b), torsh_mul(a, a), torsh_gt(b, a)); });
}

TEST(both_devices, dropout)
{
    same_on_both([](T a, T b) {
        torsh_manual_seed(3);
        return torsh_dropout(torsh_mul(a, b), 0.5, 1);
    });
}

TEST(both_devices, arange)
{
    ASSERT_TRUE(ready);
    torsh_error_t *error = nullptr;
    T t = torsh_arange_with_error(torsh_scalar_i(5), TORSH_DTYPE_NONE, -1, far_device, nullptr, &error);
    ASSERT_NE(t, nullptr) << torsh_error_message(error);
    EXPECT_EQ(values(t), (std::vector<double>{0, 1, 2, 3, 4}));
    torsh_tensor_free(t);
}

TEST(both_devices, tensors_of_two_devices_do_not_mix)
{
    T a = input({1, 2}, {2}, {TORSH_CPU, 0}), b = input({1, 2}, {2}, far_device);
    EXPECT_EQ(torsh_add(a, b), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_DEVICE);
    torsh_clear_error();
    EXPECT_EQ(torsh_tensor_data_ptr(b), nullptr);
    torsh_clear_error();
    torsh_tensor_free(a);
    torsh_tensor_free(b);
}

TEST(both_devices, an_operator_without_kernel_says_so)
{
    T b = input({1, 2}, {2}, far_device);
    EXPECT_EQ(torsh_tanh(b), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_NOT_IMPLEMENTED);
    EXPECT_NE(strstr(torsh_error_message(torsh_last_error()), "tanh"), nullptr);
    torsh_clear_error();
    torsh_tensor_free(b);
}
} // namespace
