// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "dummy_backend.h"

static torsh_status_t run_a(const torsh_call_t *)
{
    return TORSH_OK;
}
static torsh_status_t run_b(const torsh_call_t *)
{
    return TORSH_OK;
}
static torsh_status_t run_c(const torsh_call_t *)
{
    return TORSH_DECLINED;
}

static torsh_kernel_t kernel(int op, torsh_dtype_t dtype, torsh_kernel_fn run)
{
    return {torsh__op_names[op].name, torsh__op_names[op].schema, dtype, 0, run};
}

static torsh_backend_t with_kernels(torsh_backend_t backend, const std::vector<torsh_kernel_t> &kernels)
{
    backend.kernels = kernels.data();
    backend.n_kernels = (int32_t)kernels.size();
    return backend;
}

static std::string refusal(const torsh_backend_t &backend)
{
    const torsh_backend_t *before[16], *after[16];
    int n = torsh__backends(before, 16);
    EXPECT_EQ(torsh__backend_register(&backend), TORSH_ERR_VALUE);
    EXPECT_EQ(torsh__backends(after, 16), n) << "a refused backend leaves nothing behind";
    std::string message = torsh_error_message(torsh_last_error());
    torsh_clear_error();
    return message;
}

static std::vector<torsh_kernel_fn> chain(int32_t kind, int op, torsh_dtype_t dtype)
{
    std::vector<torsh_kernel_fn> runs;
    for (const torsh__kernel_slot_t *s = torsh__kernels(kind, op, dtype); s; s = s->next)
        runs.push_back(s->kernel->run);
    return runs;
}

using Runs = std::vector<torsh_kernel_fn>;

// The registry is one for the process: these tests run in this order, and alone where one is picked.
class Backend : public testing::Test
{
  protected:
    static inline const std::vector<torsh_kernel_t> fast_kernels = {kernel(OP_ADD, TORSH_F32, run_c),
                                                                    kernel(OP_ADD, TORSH_F32, run_a),
                                                                    kernel(OP_RELU, TORSH_U64, run_a)};
    static inline const std::vector<torsh_kernel_t> portable_kernels = {kernel(OP_ADD, TORSH_F32, run_b),
                                                                        kernel(OP_MUL, TORSH_BOOL, run_b)};
    static inline const torsh_backend_t fast = with_kernels(dummy::host_backend("host", 100), fast_kernels),
                                        portable = with_kernels(dummy::host_backend("host-portable", 1),
                                                                portable_kernels),
                                        absent =
                                            with_kernels(dummy::host_backend("host-amx", 0), fast_kernels),
                                        far = dummy::far_backend();
    static void SetUpTestSuite()
    {
        EXPECT_EQ(torsh__backend(TORSH_CPU), nullptr);
        EXPECT_EQ(torsh__kernels(TORSH_CPU, OP_ADD, TORSH_F32), nullptr);
        torsh_device_t device = {TORSH_CPU, -1};
        EXPECT_EQ(torsh__device_check(&device), TORSH_ERR_DEVICE) << "none is registered yet";
        torsh_clear_error();
        for (const torsh_backend_t *b : {&portable, &fast, &absent, &far, &fast})
            EXPECT_EQ(torsh__backend_register(b), TORSH_OK) << b->name << "; twice is once";
    }
    void TearDown() override
    {
        EXPECT_FALSE(torsh__has_error());
        torsh_clear_error();
        torsh__backend_use("host");
    }
};

TEST_F(Backend, the_highest_score_is_used_first)
{
    EXPECT_EQ(torsh__backend(TORSH_CPU), &fast);
    EXPECT_EQ(torsh__backend(TORSH_VULKAN), &far);
    EXPECT_EQ(torsh__backend(TORSH_CUDA), nullptr);
    EXPECT_EQ(torsh__backend(-1), nullptr);
    EXPECT_EQ(torsh__backend(99), nullptr);
}

TEST_F(Backend, a_chain_holds_the_kernels_of_all_usable_backends_in_order)
{
    EXPECT_EQ(chain(TORSH_CPU, OP_ADD, TORSH_F32), (Runs{run_c, run_a, run_b}));
    EXPECT_EQ(chain(TORSH_CPU, OP_MUL, TORSH_BOOL), Runs{run_b});
    EXPECT_EQ(chain(TORSH_CPU, OP_RELU, TORSH_U64), Runs{run_a});
    EXPECT_EQ(chain(TORSH_CPU, OP_RELU, TORSH_F32), Runs{});
    EXPECT_EQ(chain(TORSH_VULKAN, OP_ADD, TORSH_F32), Runs{});
}

TEST_F(Backend, a_lookup_of_what_does_not_exist_finds_nothing)
{
    EXPECT_EQ(torsh__kernels(-1, OP_ADD, TORSH_F32), nullptr);
    EXPECT_EQ(torsh__kernels(TORSH_DEVICE_KINDS, OP_ADD, TORSH_F32), nullptr);
    EXPECT_EQ(torsh__kernels(TORSH_META, OP_ADD, TORSH_F32), nullptr);
    EXPECT_EQ(torsh__kernels(TORSH_CPU, -1, TORSH_F32), nullptr);
    EXPECT_EQ(torsh__kernels(TORSH_CPU, torsh__n_ops, TORSH_F32), nullptr);
    for (int dtype : {-1, 8, 30, 1000})
        EXPECT_EQ(torsh__kernels(TORSH_CPU, OP_ADD, (torsh_dtype_t)dtype), nullptr);
}

TEST_F(Backend, use_puts_a_backend_first_and_back)
{
    EXPECT_EQ(torsh__backend_use("host-portable"), TORSH_OK);
    EXPECT_EQ(torsh__backend(TORSH_CPU), &portable);
    EXPECT_EQ(chain(TORSH_CPU, OP_ADD, TORSH_F32), (Runs{run_b, run_c, run_a}));
    EXPECT_EQ(torsh__backend_use("host"), TORSH_OK);
    EXPECT_EQ(chain(TORSH_CPU, OP_ADD, TORSH_F32), (Runs{run_c, run_a, run_b}));
    EXPECT_EQ(torsh__backend(TORSH_VULKAN), &far) << "other kinds stay";
}

TEST_F(Backend, use_of_what_is_not_there_or_not_usable_is_a_value_error)
{
    for (const char *name : {"nowhere", "host-amx"}) {
        EXPECT_EQ(torsh__backend_use(name), TORSH_ERR_VALUE);
        EXPECT_NE(std::string(torsh_error_message(torsh_last_error())).find(name), std::string::npos);
        torsh_clear_error();
    }
    EXPECT_EQ(torsh__backend_use(nullptr), TORSH_ERR_NULL);
    torsh_clear_error();
    EXPECT_EQ(torsh__backend(TORSH_CPU), &fast);
}

TEST_F(Backend, switching_back_and_forth_is_safe_for_who_looks_up_and_builds_each_table_once)
{
    std::atomic<bool> stop{false};
    std::thread reader([&] {
        while (!stop)
            EXPECT_EQ(chain(TORSH_CPU, OP_ADD, TORSH_F32).size(), 3u);
    });
    const torsh__kernel_slot_t *fast_slot = torsh__kernels(TORSH_CPU, OP_ADD, TORSH_F32);
    for (int i = 0; i < 1000; i++) {
        torsh__backend_use("host-portable");
        torsh__backend_use("host");
        EXPECT_EQ(torsh__kernels(TORSH_CPU, OP_ADD, TORSH_F32), fast_slot);
    }
    stop = true;
    reader.join();
}

TEST_F(Backend, backends_are_listed_as_registered)
{
    const torsh_backend_t *list[2] = {nullptr, nullptr};
    EXPECT_EQ(torsh__backends(list, 2), 4);
    EXPECT_EQ(list[0], &portable);
    EXPECT_EQ(list[1], &fast);
    EXPECT_EQ(torsh__backends(nullptr, 0), 4);
}

TEST_F(Backend, another_interface_is_refused)
{
    torsh_backend_t b = dummy::host_backend("new");
    b.abi = 77;
    EXPECT_NE(refusal(b).find("interface 77"), std::string::npos);
}

TEST_F(Backend, an_unknown_operator_or_another_schema_is_refused)
{
    std::vector<torsh_kernel_t> kernels = {kernel(OP_ADD, TORSH_F32, run_a),
                                           {"sub.Tensor", "", TORSH_F32, 0, run_a}};
    EXPECT_NE(refusal(with_kernels(dummy::host_backend("new"), kernels)).find("sub.Tensor"),
              std::string::npos);
    kernels[1] = {"relu", "relu(Tensor self, int n) -> Tensor", TORSH_F32, 0, run_a};
    std::string message = refusal(with_kernels(dummy::host_backend("new"), kernels));
    EXPECT_NE(message.find("relu(Tensor self, int n) -> Tensor"), std::string::npos);
    EXPECT_NE(message.find("relu(Tensor self) -> Tensor"), std::string::npos);
}

TEST_F(Backend, what_is_incomplete_is_refused)
{
    torsh_backend_t b = dummy::host_backend("new");
    b.raw_free = nullptr;
    EXPECT_NE(refusal(b).find("new"), std::string::npos);
    b = dummy::host_backend(nullptr);
    refusal(b);
    b = dummy::host_backend("new");
    b.device_kind = TORSH_META;
    refusal(b);
    b = dummy::host_backend("host");
    EXPECT_NE(refusal(b).find("already"), std::string::npos);
    b = dummy::host_backend("new");
    b.n_kernels = 3;
    refusal(b);
    std::vector<torsh_kernel_t> kernels = {kernel(OP_ADD, (torsh_dtype_t)8, run_a)};
    refusal(with_kernels(dummy::host_backend("new"), kernels));
    kernels = {kernel(OP_ADD, TORSH_F32, nullptr)};
    refusal(with_kernels(dummy::host_backend("new"), kernels));
    EXPECT_EQ(torsh__backend_register(nullptr), TORSH_ERR_NULL);
    torsh_clear_error();
}

TEST_F(Backend, a_registration_without_memory_can_be_tried_again)
{
    static const torsh_backend_t late = with_kernels(dummy::host_backend("late", 2), portable_kernels);
    for (int n : {0, 1}) {
        torsh__fail_allocation_after(n);
        EXPECT_EQ(torsh__backend_register(&late), TORSH_ERR_MEMORY);
        torsh_clear_error();
        EXPECT_EQ(torsh__backends(nullptr, 0), 4);
        EXPECT_EQ(chain(TORSH_CPU, OP_ADD, TORSH_F32).size(), 3u);
    }
    EXPECT_EQ(torsh__backend_register(&late), TORSH_OK);
    EXPECT_EQ(chain(TORSH_CPU, OP_ADD, TORSH_F32), (Runs{run_c, run_a, run_b, run_b}));
}

TEST_F(Backend, device_check_fills_in_the_index_and_knows_how_many_there_are)
{
    torsh_device_t device = {TORSH_CPU, -1};
    EXPECT_EQ(torsh__device_check(&device), TORSH_OK);
    EXPECT_EQ(device.index, 0);
    device = {TORSH_VULKAN, 1};
    EXPECT_EQ(torsh__device_check(&device), TORSH_OK);
    EXPECT_EQ(device.index, 1);
    device = {TORSH_META, -1};
    EXPECT_EQ(torsh__device_check(&device), TORSH_OK);
    EXPECT_EQ(device.index, 0);
    device = {TORSH_VULKAN, 2};
    EXPECT_EQ(torsh__device_check(&device), TORSH_ERR_DEVICE);
    EXPECT_EQ(std::string(torsh_error_message(torsh_last_error())).find("vulkan:2"), 0u);
    torsh_clear_error();
    device = {TORSH_CUDA, 0};
    EXPECT_EQ(torsh__device_check(&device), TORSH_ERR_DEVICE);
    torsh_clear_error();
    EXPECT_EQ(torsh__device_check(nullptr), TORSH_ERR_NULL);
    torsh_clear_error();
}

TEST_F(Backend, the_interface_carries_a_device_that_defers_and_whose_memory_is_far)
{
    torsh_device_t device = {TORSH_VULKAN, 1};
    torsh__block_t a, b;
    ASSERT_EQ(torsh__block_alloc(device, 100, &a), TORSH_OK);
    ASSERT_EQ(torsh__block_alloc(device, 100, &b), TORSH_OK);
    EXPECT_EQ(far.map(1, a.handle), nullptr);
    void *stream = far.current_stream(1);
    char text[] = "far away", back[16] = "";
    EXPECT_EQ(far.copy_from_host(stream, a.handle, 4, text, sizeof text), TORSH_OK);
    text[0] = 'x'; // the host memory may be used again
    EXPECT_EQ(far.copy(stream, b.handle, 8, a.handle, 4, sizeof text), TORSH_OK);
    EXPECT_EQ(far.copy_to_host(stream, back, b.handle, 8, sizeof text), TORSH_OK);
    EXPECT_STREQ(back, "far away");
    torsh__block_free(device, a);
    torsh__block_free(device, b);
    torsh__block_trim(device);
}
