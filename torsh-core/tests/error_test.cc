// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <torsh/impl/core.h>

class Error : public testing::Test
{
    void TearDown() override
    {
        torsh_clear_error();
    }
};

static std::string last()
{
    return torsh_error_message(torsh_last_error());
}

static void count(void *n)
{
    ++*(int *)n;
}

TEST_F(Error, fail_sets_code_and_message_and_returns_the_code)
{
    EXPECT_FALSE(torsh__has_error());
    EXPECT_EQ(torsh_last_error(), nullptr);
    EXPECT_EQ(torsh__fail(TORSH_ERR_SHAPE, "add: %d against %s", 3, "[4]"), TORSH_ERR_SHAPE);
    ASSERT_TRUE(torsh__has_error());
    EXPECT_EQ(last(), "add: 3 against [4]");
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_SHAPE);
}

TEST_F(Error, a_failure_never_overwrites_an_unread_error)
{
    int destroyed = 0;
    torsh__fail(TORSH_ERR_SHAPE, "first");
    EXPECT_EQ(torsh__fail(TORSH_ERR_DTYPE, "second"), TORSH_ERR_DTYPE);
    EXPECT_EQ(torsh_error_raise("third", &destroyed, count), TORSH_ERR_CALLBACK);
    EXPECT_EQ(last(), "first");
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_SHAPE);
    EXPECT_EQ(destroyed, 1) << "the object of an error that is not kept is not leaked";
}

TEST_F(Error, take_reads_and_clears)
{
    torsh__fail(TORSH_ERR_VALUE, "taken");
    torsh_error_t *error = torsh_error_take();
    EXPECT_STREQ(torsh_error_message(error), "taken");
    EXPECT_FALSE(torsh__has_error());
    EXPECT_EQ(torsh_error_take(), nullptr);
    torsh__fail(TORSH_ERR_INDEX, "next");
    EXPECT_EQ(last(), "next");
    torsh_error_free(error);
}

TEST_F(Error, a_long_message_is_not_cut)
{
    std::string text(100000, 'x');
    torsh__fail(TORSH_ERR_IO, "%s!", text.c_str());
    EXPECT_EQ(last(), text + "!");
}

TEST_F(Error, prefix_stands_in_front)
{
    torsh__error_prefix("nothing to prefix");
    EXPECT_FALSE(torsh__has_error());
    torsh__fail(TORSH_ERR_SHAPE, "linear: 3 against 4");
    torsh__error_prefix("layer%d: ", 2);
    EXPECT_EQ(last(), "layer2: linear: 3 against 4");
}

TEST_F(Error, suffix_stands_behind)
{
    torsh__error_suffix("nothing to extend");
    EXPECT_FALSE(torsh__has_error());
    torsh__fail(TORSH_ERR_SHAPE, "3 against 4");
    torsh__error_suffix(" (layer%d)", 2);
    torsh__error_suffix("%s", "");
    EXPECT_EQ(last(), "3 against 4 (layer2)");
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_SHAPE);
}

TEST_F(Error, give_moves_the_error_to_the_caller)
{
    torsh_error_t *error = nullptr;
    torsh__error_give(&error);
    EXPECT_EQ(error, nullptr);
    torsh__fail(TORSH_ERR_SHAPE, "given");
    torsh__error_give(&error);
    EXPECT_STREQ(torsh_error_message(error), "given");
    EXPECT_FALSE(torsh__has_error());
    torsh_error_free(error);
}

TEST_F(Error, give_without_a_place_leaves_the_error_unread)
{
    torsh__fail(TORSH_ERR_SHAPE, "stays");
    torsh__error_give(nullptr);
    EXPECT_EQ(last(), "stays");
}

TEST_F(Error, give_keeps_the_error_that_the_caller_holds)
{
    torsh_error_t *error = nullptr;
    torsh__fail(TORSH_ERR_SHAPE, "first");
    torsh__error_give(&error);
    torsh__fail(TORSH_ERR_SHAPE, "second");
    torsh__error_give(&error);
    EXPECT_STREQ(torsh_error_message(error), "first");
    EXPECT_EQ(last(), "second");
    torsh_error_free(error);
}

TEST_F(Error, set_puts_a_taken_error_back_unless_there_is_one)
{
    torsh__fail(TORSH_ERR_STATE, "first");
    torsh_error_t *first = torsh_error_take();
    torsh__error_set(first);
    EXPECT_EQ(torsh_last_error(), first);
    first = torsh_error_take();
    torsh__fail(TORSH_ERR_STATE, "second");
    torsh__error_set(first);
    EXPECT_EQ(last(), "second");
    torsh_clear_error();
    torsh__error_set(nullptr);
    EXPECT_FALSE(torsh__has_error());
}

TEST_F(Error, raise_carries_an_object_until_the_error_is_freed)
{
    int destroyed = 0;
    EXPECT_EQ(torsh_error_raise("ValueError: no", &destroyed, count), TORSH_ERR_CALLBACK);
    torsh_error_t *error = torsh_error_take();
    EXPECT_EQ(torsh_error_object(error), &destroyed);
    EXPECT_EQ(torsh_error_status(error), TORSH_ERR_CALLBACK);
    EXPECT_EQ(destroyed, 0);
    torsh_error_free(error);
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(torsh_error_raise(nullptr, nullptr, nullptr), TORSH_ERR_CALLBACK);
    EXPECT_NE(last(), "");
}

TEST_F(Error, every_thread_has_its_own_and_frees_it_at_its_end)
{
    int destroyed = 0;
    torsh__fail(TORSH_ERR_SHAPE, "mine");
    std::thread([&] {
        EXPECT_FALSE(torsh__has_error());
        torsh_error_raise("its", &destroyed, count);
        EXPECT_EQ(last(), "its");
    }).join();
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(last(), "mine");
}

TEST_F(Error, null_is_no_error)
{
    EXPECT_STREQ(torsh_error_message(nullptr), "");
    EXPECT_EQ(torsh_error_status(nullptr), TORSH_OK);
    EXPECT_EQ(torsh_error_object(nullptr), nullptr);
    torsh_error_free(nullptr);
    torsh_clear_error();
}

TEST_F(Error, statuses_have_names)
{
    EXPECT_STREQ(torsh_status_name(TORSH_OK), "OK");
    EXPECT_STREQ(torsh_status_name(TORSH_ERR_NULL), "NULL");
    EXPECT_STREQ(torsh_status_name(TORSH_ERR_INTERNAL), "INTERNAL");
    EXPECT_STREQ(torsh_status_name((torsh_status_t)99), "UNKNOWN");
}

TEST_F(Error, our_own_mistakes_name_the_condition_and_the_place)
{
    EXPECT_DEATH(TORSH_ASSERT(1 + 1 == 3), "1 \\+ 1 == 3.*error_test.cc");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // their memory cannot be limited
[[noreturn]] static void fail_without_memory()
{
    int destroyed = 0;
    struct rlimit limit = {1 << 28, 1 << 28};
    setrlimit(RLIMIT_AS, &limit);
    for (size_t bytes = 1 << 20; bytes >= 1; bytes /= 2)
        for (void *volatile p = malloc(bytes); p; p = malloc(bytes))
            ;
    torsh__fail(TORSH_ERR_SHAPE, "%d", 7);
    bool shape = torsh_error_status(torsh_last_error()) == TORSH_ERR_SHAPE &&
                 strstr(torsh_error_message(torsh_last_error()), "memory");
    torsh__error_prefix("x");
    torsh_clear_error();
    torsh_error_raise("x", &destroyed, count);
    torsh_error_t *error = torsh_error_take();
    bool callback = torsh_error_status(error) == TORSH_ERR_CALLBACK && destroyed == 1;
    torsh_error_free(error);
    _exit(shape && callback ? 0 : 1);
}

TEST_F(Error, without_memory_the_status_survives)
{
    EXPECT_EXIT(fail_without_memory(), testing::ExitedWithCode(0), "");
}
#endif
