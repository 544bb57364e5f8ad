// SPDX-License-Identifier: MIT OR Apache-2.0
// Paths: whole files or none, and what the system says.
#include <gtest/gtest.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "testing.h"

class File : public testing::Test
{
  protected:
    std::string directory, path;
    State state = small_state();

    void SetUp() override
    {
        directory = testing::TempDir() + "torsh-io-XXXXXX";
        ASSERT_NE(mkdtemp(directory.data()), nullptr);
        path = directory + "/x.pt";
    }
    void TearDown() override
    {
        for (const std::string &name : names())
            remove((directory + "/" + name).c_str());
        rmdir(directory.c_str());
    }
    std::vector<std::string> names() const
    {
        std::vector<std::string> found;
        DIR *d = opendir(directory.c_str());
        while (dirent *e = readdir(d))
            if (e->d_name != std::string(".") && e->d_name != std::string(".."))
                found.push_back(e->d_name);
        closedir(d);
        return found;
    }
    std::string content(const std::string &of) const
    {
        std::stringstream s;
        s << std::ifstream(of).rdbuf();
        return s.str();
    }
    std::string save_error(const std::string &to, torsh_status_t expected = TORSH_ERR_IO)
    {
        torsh_error_t *error = nullptr;
        EXPECT_EQ(torsh_save(state.get(), to.c_str(), &error), expected);
        return take_message(error);
    }
    std::string load_error_of(const std::string &from)
    {
        torsh_error_t *error = nullptr;
        State s(torsh_load(from.c_str(), &error));
        EXPECT_EQ(s, nullptr);
        EXPECT_EQ(torsh_error_status(error), TORSH_ERR_IO);
        return take_message(error);
    }
};

TEST_F(File, both_formats_go_through_files)
{
    EXPECT_EQ(save_error(path, TORSH_OK), "");
    State s(torsh_load(path.c_str(), nullptr));
    EXPECT_EQ(data(torsh_state_get(s.get(), "fc.weight"))[5], 6);
    EXPECT_EQ(torsh_save_safetensors(state.get(), path.c_str(), nullptr), TORSH_OK);
    s.reset(torsh_load(path.c_str(), nullptr));
    EXPECT_EQ(data(torsh_state_get(s.get(), "fc.weight"))[5], 6);
    EXPECT_EQ(content(path), save_safetensors(state));
    EXPECT_EQ(names(), std::vector<std::string>{"x.pt"});
}

TEST_F(File, errors_of_reading_name_the_file)
{
    EXPECT_EQ(load_error_of(path), path + ": cannot be opened: No such file or directory");
    EXPECT_EQ(load_error_of(directory), directory + ": is a directory, not a file");
    EXPECT_EQ(load_error_of("/dev/zero"), "/dev/zero: is a device or a pipe, not a file");
    mkfifo(path.c_str(), 0600);
    EXPECT_EQ(load_error_of(path), path + ": is a device or a pipe, not a file")
        << "and does not wait for a writer";
    remove(path.c_str());
    std::ofstream(path) << "PK\3\4";
    EXPECT_EQ(load_error_of(path),
              path +
                  ": is truncated: it starts as a zip archive and ends, at byte 4, without a zip directory");
    std::ofstream(path) << "";
    EXPECT_EQ(load_error_of(path), path + ": is empty");
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_load(nullptr, &error), nullptr);
    EXPECT_EQ(take_message(error), "load: path is NULL");
}

TEST_F(File, a_failed_save_leaves_the_old_file_and_nothing_else)
{
    std::ofstream(path) << "old";
    torsh_value_add_named(torsh_state_value(state.get()), "z", torsh_value_new_none());
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_save_safetensors(state.get(), path.c_str(), &error), TORSH_ERR_TYPE);
    EXPECT_EQ(take_message(error), path + ": holds None under 'z', where a tensor is asked for");
    EXPECT_EQ(content(path), "old");
    EXPECT_EQ(names(), std::vector<std::string>{"x.pt"});
}

TEST_F(File, an_allocation_that_fails_leaves_the_old_file)
{
    std::ofstream(path) << "old";
    torsh_status_t status = TORSH_ERR_MEMORY;
    for (int64_t n = 0; status != TORSH_OK; n++) {
        torsh_error_t *error = nullptr;
        torsh__fail_allocation_after(n);
        status = torsh_save(state.get(), path.c_str(), &error);
        torsh__fail_allocation_after(-1);
        ASSERT_EQ(torsh_error_status(error), status);
        take_message(error);
        ASSERT_TRUE(status == TORSH_OK || (status == TORSH_ERR_MEMORY && content(path) == "old"));
        ASSERT_EQ(names(), std::vector<std::string>{"x.pt"});
    }
    EXPECT_TRUE(State(torsh_load(path.c_str(), nullptr)));
}

TEST_F(File, a_full_disk_is_reported_and_leaves_the_old_file)
{
    torsh_state_set(state.get(), "large", floats({1000, 1000}).get());
    EXPECT_EQ(save_error("/dev/full"), "/dev/full: cannot be written: No space left on device");
    std::ofstream(path) << "old";
    struct rlimit old, small = {100000, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    EXPECT_EQ(save_error(path), path + ": cannot be written: File too large");
    setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(content(path), "old");
    EXPECT_EQ(names(), std::vector<std::string>{"x.pt"});
}

TEST_F(File, places_that_cannot_be_written)
{
    EXPECT_EQ(save_error(directory), directory + ": cannot be written: Is a directory");
    EXPECT_EQ(save_error(directory + "/no/x"),
              directory + "/no/x: cannot be written: No such file or directory");
    EXPECT_EQ(save_error(directory + "/no/"), directory + "/no/: cannot be written: Is a directory");
    EXPECT_EQ(save_error(""), ": cannot be written: No such file or directory");
    EXPECT_EQ(save_error("/proc/x"), "/proc/x: cannot be written: No such file or directory");
    std::string longest = directory + "/" + std::string(255, 'x');
    EXPECT_EQ(save_error(longest, TORSH_OK), "");
    EXPECT_EQ(save_error(longest + "x"), longest + "x: cannot be given its name: File name too long");
    EXPECT_EQ(names(), std::vector<std::string>{std::string(255, 'x')});
    torsh_error_t *error = nullptr;
    EXPECT_EQ(torsh_save(nullptr, path.c_str(), &error), TORSH_ERR_NULL);
    EXPECT_EQ(take_message(error), path + ": save: value is NULL");
}

TEST_F(File, a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own)
{
    mode_t mask = umask(022);
    struct stat st;
    ASSERT_EQ(save_error(path, TORSH_OK), "");
    ASSERT_EQ(stat(path.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777, 0644u);
    chmod(path.c_str(), 0600);
    ASSERT_EQ(save_error(path, TORSH_OK), "");
    ASSERT_EQ(stat(path.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777, 0600u);
    umask(mask);
}

TEST_F(File, a_symbolic_link_stays_one)
{
    std::string link = directory + "/link";
    std::ofstream(path) << "old";
    ASSERT_EQ(symlink("x.pt", link.c_str()), 0);
    ASSERT_EQ(save_error(link, TORSH_OK), "");
    struct stat st;
    ASSERT_EQ(lstat(link.c_str(), &st), 0);
    EXPECT_TRUE(S_ISLNK(st.st_mode));
    EXPECT_TRUE(State(torsh_load(path.c_str(), nullptr)));
}

TEST_F(File, a_relative_path_is_written_where_we_stand)
{
    char *before = getcwd(nullptr, 0);
    ASSERT_EQ(chdir(directory.c_str()), 0);
    EXPECT_EQ(save_error("x.pt", TORSH_OK), "");
    ASSERT_EQ(chdir(before), 0);
    free(before);
    EXPECT_TRUE(State(torsh_load(path.c_str(), nullptr)));
}
