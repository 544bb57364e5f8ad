// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cgroup.h"

class Cgroup : public testing::Test
{
  protected:
    std::filesystem::path root = testing::TempDir() + "torsh_cgroup";

    void SetUp() override
    {
        std::filesystem::remove_all(root);
    }
    void TearDown() override
    {
        std::filesystem::remove_all(root);
    }
    void write(const std::string &file, const std::string &text)
    {
        std::filesystem::create_directories((root / file).parent_path());
        std::ofstream(root / file) << text;
    }
    int cpus()
    {
        return torsh__cgroup_cpus((root / "proc").c_str(), root.c_str());
    }
    int64_t memory()
    {
        return torsh__cgroup_memory((root / "proc").c_str(), root.c_str());
    }
};

TEST_F(Cgroup, version_2_takes_the_smallest_limit_on_the_way_up)
{
    write("proc", "0::/a/b\n");
    write("a/b/cpu.max", "max 100000\n");
    write("a/cpu.max", "250000 100000\n");
    write("cpu.max", "800000 100000\n");
    write("a/b/memory.max", "max\n");
    write("a/memory.max", "1000000\n");
    EXPECT_EQ(cpus(), 3) << "a started core counts";
    EXPECT_EQ(memory(), 1000000);
}

TEST_F(Cgroup, version_1_reads_quota_and_period_of_the_controllers_folder)
{
    write("proc", "5:memory:/m\n2:cpuacct,cpu:/x\n1:cpuset:/y\n");
    write("cpu/x/cpu.cfs_quota_us", "50000\n");
    write("cpu/x/cpu.cfs_period_us", "100000\n");
    write("memory/m/memory.limit_in_bytes", "5000\n");
    EXPECT_EQ(cpus(), 1);
    EXPECT_EQ(memory(), 5000);
}

TEST_F(Cgroup, a_path_of_the_hosts_falls_back_to_the_mounts_root)
{
    write("proc", "0::/docker/0123\n");
    write("cpu.max", "400000 100000\n");
    EXPECT_EQ(cpus(), 4);
}

TEST_F(Cgroup, no_limit_is_zero)
{
    EXPECT_EQ(cpus(), 0) << "no such file";
    write("proc", "not a line of ours\n\n3:cpu:/x\n4:memory:/\n0::/\n");
    write("cpu/x/cpu.cfs_quota_us", "-1\n");
    write("cpu/x/cpu.cfs_period_us", "100000\n");
    write("memory/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(cpus(), 0);
    EXPECT_EQ(memory(), 0);
}
