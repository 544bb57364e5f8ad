// SPDX-License-Identifier: MIT OR Apache-2.0
// After a fork the child trains on, with the pool's threads started anew, to the parent's numbers.
#include <sys/wait.h>
#include <unistd.h>

#include "training.h"

#ifndef __SANITIZE_THREAD__ // it ends a child that starts threads

static const Network NETWORKS[] = {{"mlp", mlp, {256, 512, 384}, false}, {"cnn", cnn, {16, 32, 16}, true}};

// Losses of ten further steps and the parameters then, as bytes; with new data, so that the generator is used
// too.
static std::string go_on(const Network &network, const Module &model, const Optimizer &optimizer)
{
    const Tensor y = labels(network);
    std::string all;
    for (int i = 0; i < 10; i++) {
        const Tensor x = inputs(network);
        double loss = 0;
        if (train(model, optimizer, x, y, &loss) != TORSH_OK)
            return failure();
        all.append((const char *)&loss, sizeof loss);
    }
    return all + parameters(model);
}

// Whether another thread runs tasks, given some time.
static bool is_split(const Network &network, const Module &model)
{
    const int64_t before = torsh__pool_tasks_elsewhere();
    const Tensor x = inputs(network);
    for (int i = 0; i < 20000 && torsh__pool_tasks_elsewhere() == before; i++)
        Tensor(torsh_module_forward(model.get(), x.get()));
    return torsh__pool_tasks_elsewhere() > before;
}

class Fork : public testing::TestWithParam<Network>
{
};

TEST_P(Fork, the_child_trains_to_the_same_bits)
{
    torsh_set_num_threads(2);
    torsh_manual_seed(1);
    Module model(GetParam().make(GetParam().sizes));
    Optimizer optimizer = adam(model);
    go_on(GetParam(), model, optimizer);
    ASSERT_TRUE(is_split(GetParam(), model)) << "the pool is in use before the fork";
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        alarm(50);
        const std::string all = go_on(GetParam(), model, optimizer);
        const bool written = write(ends[1], all.data(), all.size()) == (ssize_t)all.size();
        _exit(!written ? 2 : is_split(GetParam(), model) ? 0 : 3);
    }
    close(ends[1]);
    std::string theirs;
    char part[4096];
    for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;)
        theirs.append(part, (size_t)n);
    close(ends[0]);
    int status = -1;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0) << "3: the child's pool has no threads";
    EXPECT_TRUE(theirs == go_on(GetParam(), model, optimizer)) << theirs.size() << " bytes from the child";
    EXPECT_TRUE(is_split(GetParam(), model)) << "and goes on in the parent";
}

INSTANTIATE_TEST_SUITE_P(networks, Fork, testing::ValuesIn(NETWORKS),
                         [](const auto &info) { return std::string(info.param.name); });

#endif
