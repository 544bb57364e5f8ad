// SPDX-License-Identifier: MIT OR Apache-2.0
// A graph may be as deep as memory allows: nothing walks it by recursion. All on a thread with little stack.
#include <pthread.h>

#include "training.h"

enum { LONG = 100000, STACK = 128 << 10 };

static void *call(void *f)
{
    ((void (*)())f)();
    return nullptr;
}

static void on_a_small_stack(void (*f)())
{
    pthread_attr_t attr;
    ASSERT_EQ(pthread_attr_init(&attr), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attr, STACK), 0);
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, &attr, call, (void *)f), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attr);
}

// Runs twice: what is kept for reuse after the first time is all there is after the second.
static void leaks_nothing(void (*f)())
{
    on_a_small_stack(f);
    torsh__objects_trim();
    const Alive before = alive();
    on_a_small_stack(f);
    torsh__objects_trim();
    const Alive after = alive();
    EXPECT_EQ(after.host, before.host);
    EXPECT_EQ(after.blocks, before.blocks);
    EXPECT_EQ(after.bytes, before.bytes);
}

static Tensor leaf(double value)
{
    Tensor x(torsh_tensor_from_array(&value, nullptr, 0, TORSH_F64));
    torsh_tensor_set_requires_grad(x.get(), true);
    return x;
}

static double item(const torsh_tensor_t *t)
{
    torsh_scalar_t s = {};
    EXPECT_EQ(torsh_tensor_item(t, &s), TORSH_OK) << failure();
    return s.v.f;
}

static Tensor times_one(const Tensor &x, int n)
{
    Tensor y(torsh_mul_scalar(x.get(), torsh_scalar_f(1)));
    for (int i = 1; i < n; i++)
        y.reset(torsh_mul_scalar(y.get(), torsh_scalar_f(1)));
    return y;
}

static void backward()
{
    const Tensor x = leaf(3), y = times_one(x, LONG);
    ASSERT_EQ(torsh_backward(y.get(), false), TORSH_OK) << failure();
    EXPECT_EQ(item(torsh_tensor_grad(x.get())), 1);
}

static void freed_unused()
{
    const Tensor x = leaf(3), y = times_one(x, LONG);
    EXPECT_EQ(item(y.get()), 3);
}

static void in_place()
{
    const Tensor x = leaf(3), y = times_one(x, 1);
    for (int i = 0; i < LONG; i++)
        Tensor(torsh_neg_(y.get()));
    ASSERT_EQ(torsh_backward(y.get(), false), TORSH_OK) << failure();
    EXPECT_EQ(item(torsh_tensor_grad(x.get())), 1);
}

// Each node saves its input, which owns the node before it.
static void saved_values()
{
    const Tensor x = leaf(1);
    Tensor y(torsh_mul(x.get(), x.get()));
    for (int i = 2; i < LONG; i++)
        y.reset(torsh_mul(y.get(), x.get()));
    ASSERT_EQ(torsh_backward(y.get(), true), TORSH_OK) << failure(); // the graph is kept, then freed with y
    EXPECT_EQ(item(torsh_tensor_grad(x.get())), LONG);
}

static void views()
{
    const Tensor x = leaf(2);
    Tensor y(torsh_alias(x.get()));
    for (int i = 1; i < LONG; i++)
        y.reset(torsh_alias(y.get()));
    ASSERT_EQ(torsh_backward(y.get(), false), TORSH_OK) << failure();
    EXPECT_EQ(item(torsh_tensor_grad(x.get())), 1);
}

// d² x^n / dx² = n (n - 1) at x = 1
static void differentiated_twice()
{
    const int n = 1000;
    const Tensor x = leaf(1);
    Tensor y(torsh_mul(x.get(), x.get()));
    for (int i = 2; i < n; i++)
        y.reset(torsh_mul(y.get(), x.get()));
    const torsh_tensor_t *root = y.get(), *input = x.get();
    torsh_tensor_t *first = nullptr, *second = nullptr;
    ASSERT_EQ(torsh_grad_with_error(&root, 1, nullptr, &input, 1, 1, 1, 0, &first, nullptr), TORSH_OK)
        << failure();
    EXPECT_EQ(item(first), n);
    root = first;
    EXPECT_EQ(torsh_grad_with_error(&root, 1, nullptr, &input, 1, 0, 0, 0, &second, nullptr), TORSH_OK)
        << failure();
    EXPECT_EQ(item(second), n * (n - 1.0));
    torsh_tensor_free(first);
    torsh_tensor_free(second);
}

TEST(long_chain, backward)
{
    leaks_nothing(backward);
}

TEST(long_chain, freed_without_backward)
{
    leaks_nothing(freed_unused);
}

TEST(long_chain, of_changes_in_place)
{
    leaks_nothing(in_place);
}

TEST(long_chain, of_saved_values)
{
    leaks_nothing(saved_values);
}

TEST(long_chain, of_views)
{
    leaks_nothing(views);
}

TEST(long_chain, differentiated_twice)
{
    leaks_nothing(differentiated_twice);
}
