// SPDX-License-Identifier: MIT OR Apache-2.0
// Any one allocation may fail, host's or device's: the call says so, nothing leaks, and what goes on works.
#include "training.h"

static const Network NETWORKS[] = {{"mlp", mlp, {4, 6, 5}, false}, {"cnn", cnn, {2, 8, 3}, true}};

// Nothing lies ready for reuse, so that every allocation happens.
static void forget_caches()
{
    torsh__objects_trim();
    torsh__block_trim({TORSH_CPU, 0});
}

static Alive alive_without_caches()
{
    forget_caches();
    return alive();
}

// The hook has fired if the next allocation would not fail either.
static bool hook_fired()
{
    const bool waiting = [] {
        for (int i = 0; i < 100000; i++)
            if (torsh__allocation_fails())
                return true;
        return false;
    }();
    torsh__fail_allocation_after(-1);
    return !waiting;
}

// f(n) with allocation n failing, for n = 0, 1, … until f gets by without reaching it. f returns a status and
// leaves an error if it is not OK. How often an error was reported; caches may do without memory, so a
// failure may also pass.
template <class F> static int for_each_allocation(F f)
{
    int reported = 0;
    for (int n = 0; n < 100000; n++) {
        forget_caches();
        bool fired = false;
        const torsh_status_t returned =
            f([&] { torsh__fail_allocation_after(n); }, [&] { fired = hook_fired(); });
        torsh_status_t status;
        const std::string text = failure(&status);
        EXPECT_EQ(returned, status) << "allocation " << n << ": " << text;
        if (returned != TORSH_OK) {
            reported++;
            EXPECT_EQ(status, TORSH_ERR_MEMORY) << "allocation " << n << ": " << text;
            EXPECT_NE(text.find("allocate"), std::string::npos) << "allocation " << n << ": " << text;
            EXPECT_TRUE(fired);
        }
        if (testing::Test::HasFailure())
            return -1;
        if (!fired)
            return reported;
    }
    ADD_FAILURE() << "never gets by";
    return -1;
}

class FailingAllocation : public testing::TestWithParam<Network>
{
  protected:
    static void SetUpTestSuite()
    {
        torsh_set_num_threads(1); // numbers of allocations that do not depend on who comes first
    }
};

TEST_P(FailingAllocation, in_a_step_of_training)
{
    const Network &network = GetParam();
    const Tensor x = inputs(network), y = labels(network);
    // what happens without a failure
    std::string begin, one, two;
    double losses[2];
    const auto make = [&] {
        torsh_manual_seed(2);
        return Module(network.make(network.sizes));
    };
    {
        Module model = make();
        Optimizer optimizer = adam(model);
        begin = parameters(model);
        ASSERT_EQ(train(model, optimizer, x, y, &losses[0]), TORSH_OK) << failure();
        one = parameters(model);
        ASSERT_EQ(train(model, optimizer, x, y, &losses[1]), TORSH_OK) << failure();
        two = parameters(model);
    }
    const Alive before = alive_without_caches();
    const int reported = for_each_allocation([&](auto arm, auto disarm) {
        Module model = make();
        Optimizer optimizer = adam(model);
        torsh_module_parameters(model.get()); // the list is made once
        forget_caches();
        double loss;
        bool stepped = false;
        arm();
        const torsh_status_t status = train(model, optimizer, x, y, &loss, &stepped);
        disarm();
        torsh_error_t *error = torsh_error_take();
        EXPECT_TRUE(parameters(model) == (stepped ? one : begin)) << "half a step";
        EXPECT_EQ(train(model, optimizer, x, y, &loss), TORSH_OK) << failure();
        EXPECT_EQ(loss, losses[stepped]);
        EXPECT_TRUE(parameters(model) == (stepped ? two : one)) << "a clean step after the failure";
        torsh__error_set(error);
        return status;
    });
    EXPECT_GT(reported, 20);
    EXPECT_EQ(alive_without_caches(), before);
    printf("%s: %d failures reported\n", network.name, reported);
}

TEST_P(FailingAllocation, in_making_a_module)
{
    const Network &network = GetParam();
    const Alive before = alive_without_caches();
    const int reported = for_each_allocation([&](auto arm, auto disarm) {
        arm();
        Module model(network.make(network.sizes));
        Optimizer optimizer = adam(model);
        disarm();
        return model && optimizer ? TORSH_OK : torsh_error_status(torsh_last_error());
    });
    EXPECT_GT(reported, 20);
    EXPECT_EQ(alive_without_caches(), before);
    printf("%s: %d failures reported\n", network.name, reported);
}

// Model and optimizer, in either format, and back again.
TEST_P(FailingAllocation, in_saving_and_loading)
{
    const Network &network = GetParam();
    Module model(network.make(network.sizes));
    Optimizer optimizer = adam(model);
    const Tensor x = inputs(network), y = labels(network);
    double loss;
    ASSERT_EQ(train(model, optimizer, x, y, &loss), TORSH_OK) << failure();
    const std::string want = parameters(model);
    using Save = torsh_status_t (*)(const torsh_state_t *, void **, size_t *, torsh_error_t **);
    for (Save save : {(Save)torsh_save_buffer, (Save)torsh_save_safetensors_buffer}) {
        const Alive before = alive_without_caches();
        const int reported = for_each_allocation([&](auto arm, auto disarm) {
            void *data = nullptr;
            size_t bytes = 0;
            const auto there_and_back = [&] {
                State state(torsh_module_state(model.get()));
                if (!state)
                    return torsh_error_status(torsh_last_error());
                TRY(save(state.get(), &data, &bytes, nullptr));
                State read(torsh_load_buffer(data, bytes, nullptr));
                if (!read)
                    return torsh_error_status(torsh_last_error());
                TRY(torsh_module_load_state(model.get(), read.get(), true, nullptr));
                State steps(torsh_optimizer_state(optimizer.get()));
                if (!steps)
                    return torsh_error_status(torsh_last_error());
                return torsh_optimizer_load_state(optimizer.get(), steps.get(), nullptr);
            };
            arm();
            const torsh_status_t status = there_and_back();
            disarm();
            torsh_free(data);
            torsh_error_t *error = torsh_error_take();
            EXPECT_TRUE(parameters(model) == want);
            torsh__error_set(error);
            return status;
        });
        EXPECT_GT(reported, 20);
        EXPECT_EQ(alive_without_caches(), before);
        printf("%s: %d failures reported\n", network.name, reported);
    }
    EXPECT_EQ(train(model, optimizer, x, y, &loss), TORSH_OK) << failure();
}

INSTANTIATE_TEST_SUITE_P(networks, FailingAllocation, testing::ValuesIn(NETWORKS),
                         [](const auto &info) { return std::string(info.param.name); });
