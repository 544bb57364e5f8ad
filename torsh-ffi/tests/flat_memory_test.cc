// SPDX-License-Identifier: MIT OR Apache-2.0
// Training does not grow: what is alive after many steps is what was alive after some. TORSH_TEST_STEPS says
// how many.
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <unistd.h>

#include "training.h"

static long resident_kb()
{
    long pages = 0, resident = 0;
    if (FILE *f = fopen("/proc/self/statm", "r")) {
        if (fscanf(f, "%ld %ld", &pages, &resident) != 2)
            resident = 0;
        fclose(f);
    }
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

struct Use {
    Alive alive;
    size_t malloced; // bytes, with what malloc keeps for this thread
    long resident_kb;
};

static Use use()
{
    return {alive(), mallinfo2().uordblks, resident_kb()};
}

enum { WARM = 1000 };

static int steps()
{
    const char *text = getenv("TORSH_TEST_STEPS");
    const int n = text ? atoi(text) : 2 * WARM;
    return n > WARM ? n : WARM + 1;
}

static void expect_flat(const Network &network)
{
    torsh_manual_seed(0);
    Module model(network.make(network.sizes));
    Optimizer optimizer = adam(model);
    const Tensor y = labels(network);
    Use before{}, after{};
    double loss = 0;
    const int n = steps();
    for (int i = 1; i <= n; i++) {
        const Tensor x = inputs(network); // new data each time, as in real training
        ASSERT_EQ(train(model, optimizer, x, y, &loss), TORSH_OK) << failure();
        if (i == WARM)
            before = use();
        if (i == n)
            after = use();
    }
    printf("%s: %ld KB resident after %d steps, %ld KB after %d; loss %g\n", network.name, before.resident_kb,
           WARM, after.resident_kb, n, loss);
    EXPECT_EQ(after.alive, before.alive);
#ifndef __SANITIZE_ADDRESS__ // it keeps what was freed
    EXPECT_LE(after.malloced, before.malloced + 4096) << "bytes in use of malloc";
    EXPECT_LE(after.resident_kb, before.resident_kb + 256);
#endif
}

TEST(flat_memory, mlp)
{
    expect_flat({"mlp", mlp, {16, 32, 64}, false});
}

TEST(flat_memory, cnn)
{
    expect_flat({"cnn", cnn, {4, 8, 4}, true});
}

// The test can fail: what a step would leave behind shows.
TEST(flat_memory, a_kept_tensor_shows)
{
    const Alive before = alive();
    const int64_t one = 1;
    Tensor kept(torsh_ones(&one, 1));
    EXPECT_FALSE(alive() == before);
}
