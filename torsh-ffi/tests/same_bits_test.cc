// SPDX-License-Identifier: MIT OR Apache-2.0
// The number of threads changes no bit of a training: losses and parameters after 50 steps.
#include "training.h"

static const Network NETWORKS[] = {{"mlp", mlp, {256, 512, 384}, false}, {"cnn", cnn, {16, 32, 16}, true}};

struct Training {
    std::vector<double> losses;
    std::string parameters;
};

static Training fifty_steps(const Network &network, int threads)
{
    torsh_set_num_threads(threads);
    torsh_manual_seed(5);
    Module model(network.make(network.sizes));
    Optimizer optimizer = adam(model);
    const Tensor x = inputs(network), y = labels(network);
    const int64_t elsewhere = torsh__pool_tasks_elsewhere();
    Training run;
    for (int i = 0; i < 50; i++) {
        run.losses.push_back(0);
        EXPECT_EQ(train(model, optimizer, x, y, &run.losses.back()), TORSH_OK) << failure();
    }
    run.parameters = parameters(model);
    // the work was split; on a busy machine the other thread may take a while to get a turn
    double loss;
    for (int i = 0; threads > 1 && i < 2000 && torsh__pool_tasks_elsewhere() == elsewhere; i++)
        EXPECT_EQ(train(model, optimizer, x, y, &loss), TORSH_OK) << failure();
    EXPECT_EQ(threads > 1, torsh__pool_tasks_elsewhere() > elsewhere);
    return run;
}

class SameBits : public testing::TestWithParam<Network>
{
};

TEST_P(SameBits, with_one_two_and_three_threads)
{
    const Training one = fifty_steps(GetParam(), 1);
    EXPECT_LT(one.losses.back(), 0.9 * one.losses[0]) << "it learns, so that a difference would spread";
    for (int threads : {2, 3, 2}) {
        const Training more = fifty_steps(GetParam(), threads);
        for (size_t i = 0; i < one.losses.size(); i++)
            ASSERT_EQ(memcmp(&one.losses[i], &more.losses[i], sizeof(double)), 0)
                << threads << " threads, step " << i << ": " << one.losses[i] << " " << more.losses[i];
        EXPECT_TRUE(one.parameters == more.parameters) << threads << " threads";
    }
}

INSTANTIATE_TEST_SUITE_P(networks, SameBits, testing::ValuesIn(NETWORKS),
                         [](const auto &info) { return std::string(info.param.name); });
