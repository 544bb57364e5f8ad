// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <sched.h>

#include "cpus.h"

TEST(Cpus, the_variable_decides)
{
    setenv("TORSH_NUM_THREADS", "7", 1);
    EXPECT_EQ(torsh__usable_cpus(), 7);
}

TEST(Cpus, a_variable_that_is_no_number_is_passed_over)
{
    unsetenv("TORSH_NUM_THREADS");
    int cpus = torsh__usable_cpus();
    for (const char *text : {"", "0", "-3", "two", "4x"}) {
        setenv("TORSH_NUM_THREADS", text, 1);
        EXPECT_EQ(torsh__usable_cpus(), cpus) << text;
    }
}

TEST(Cpus, affinity_bounds_them)
{
    unsetenv("TORSH_NUM_THREADS");
    cpu_set_t before, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_GE(torsh__usable_cpus(), 1);
    EXPECT_LE(torsh__usable_cpus(), CPU_COUNT(&before));
    int first = 0;
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(torsh__usable_cpus(), 1);
    sched_setaffinity(0, sizeof before, &before);
}
