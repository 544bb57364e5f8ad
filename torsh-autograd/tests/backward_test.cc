// SPDX-License-Identifier: MIT OR Apache-2.0
// Backward: what is added where, how long a graph lives, several threads.
#include <thread>

#include "graphs.h"

static std::vector<const torsh_tensor_t *> list(std::initializer_list<const Tensor *> all)
{
    std::vector<const torsh_tensor_t *> out;
    for (const Tensor *t : all)
        out.push_back(t->get());
    return out;
}

TEST(backward, adds_to_what_is_there)
{
    Tensor x = leaf({2}, {1, 2});
    for (int i = 1; i <= 2; i++) {
        ASSERT_EQ(torsh_backward(sum(times(x, 3)).get(), 0), TORSH_OK);
        EXPECT_EQ(grad(x), (Doubles{3.0 * i, 3.0 * i}));
    }
}

TEST(backward, gradients_that_meet_in_one_tensor_do_not_disturb_each_other)
{
    Tensor a = leaf({2}, {1, 2}), b = leaf({2}, {3, 4});
    Tensor s = own(torsh_add(a.get(), b.get()));
    Tensor loss = own(torsh_add(sum(s).get(), sum(times(a, 2)).get()));
    ASSERT_EQ(torsh_backward(loss.get(), 0), TORSH_OK);
    EXPECT_EQ(grad(a), (Doubles{3, 3}));
    EXPECT_EQ(grad(b), (Doubles{1, 1}));
    own(torsh_zero_(torsh_tensor_grad(a.get())));
    EXPECT_EQ(grad(b), (Doubles{1, 1})) << "the two gradients have memory of their own";
}

TEST(backward, into_inputs_alone_gives_each_its_own_memory)
{
    Tensor a = leaf({2}, {1, 2}), b = leaf({2}, {3, 4}), c = leaf({2}, {5, 6});
    Tensor loss = sum(own(torsh_add(own(torsh_add(a.get(), b.get())).get(), c.get())));
    auto roots = list({&loss}), inputs = list({&a, &b});
    ASSERT_EQ(torsh_backward_with_error(roots.data(), 1, nullptr, 0, 0, inputs.data(), 2, nullptr), TORSH_OK);
    own(torsh_add_scalar_(torsh_tensor_grad(a.get()), torsh_scalar_f(1)));
    EXPECT_EQ(grad(a), (Doubles{2, 2}));
    EXPECT_EQ(grad(b), (Doubles{1, 1}));
    EXPECT_EQ(torsh_tensor_grad(c.get()), nullptr);
}

TEST(backward, into_a_result_stops_there)
{
    Tensor x = leaf({2}, {1, 2}), y = times(x, 2), loss = sum(times(y, 3));
    auto roots = list({&loss}), inputs = list({&y});
    ASSERT_EQ(torsh_backward_with_error(roots.data(), 1, nullptr, 0, 0, inputs.data(), 1, nullptr), TORSH_OK);
    EXPECT_EQ(grad(y), (Doubles{3, 3}));
    EXPECT_EQ(torsh_tensor_grad(x.get()), nullptr);
}

TEST(backward, twice_needs_retain_graph)
{
    Tensor x = leaf({2}, {1, 2}), loss = sum(own(torsh_mul(x.get(), x.get())));
    ASSERT_EQ(torsh_backward(loss.get(), 1), TORSH_OK);
    ASSERT_EQ(torsh_backward(loss.get(), 0), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{4, 8}));
    EXPECT_EQ(torsh_backward(loss.get(), 0), TORSH_ERR_STATE);
    std::string text = named_failure();
    EXPECT_TRUE(contains(text, "Trying to backward through the graph a second time"));
    EXPECT_TRUE(contains(text, "(MulBackward0)"));
    EXPECT_EQ(grad(x), (Doubles{4, 8})) << "a failed backward adds nothing to x";
}

TEST(backward, begins_at_one_element_or_with_a_gradient)
{
    Tensor x = leaf({2}, {1, 2}), y = times(x, 2), g = tensor({2}, {10, 20}), wrong = tensor({3}, {1, 2, 3});
    EXPECT_EQ(torsh_backward(y.get(), 1), TORSH_ERR_SHAPE);
    EXPECT_EQ(named_failure(), "SHAPE: grad can be implicitly created only for scalar outputs");
    auto roots = list({&y}), bad = list({&wrong}), good = list({&g});
    EXPECT_EQ(torsh_backward_with_error(roots.data(), 1, bad.data(), 1, 0, nullptr, 0, nullptr),
              TORSH_ERR_SHAPE);
    EXPECT_TRUE(
        contains(named_failure(), "grad_output[0] has a shape of [3] and output[0] has a shape of [2]"));
    auto two = list({&y, &y}), one_bad = list({&g, &wrong});
    EXPECT_EQ(torsh_backward_with_error(two.data(), 2, one_bad.data(), 1, 0, nullptr, 0, nullptr),
              TORSH_ERR_SHAPE);
    EXPECT_TRUE(
        contains(named_failure(), "grad_output[1] has a shape of [3] and output[1] has a shape of [2]"));
    ASSERT_EQ(torsh_backward_with_error(roots.data(), 1, good.data(), 0, 0, nullptr, 0, nullptr), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{20, 40}));
    EXPECT_EQ(torsh_backward(g.get(), 0), TORSH_ERR_STATE);
    EXPECT_EQ(named_failure(),
              "STATE: element 0 of tensors does not require grad and does not have a grad_fn");
    EXPECT_EQ(torsh_backward(nullptr, 0), TORSH_ERR_NULL);
    EXPECT_EQ(named_failure(), "NULL: backward: tensor 0 is NULL");
}

TEST(grad, sets_every_result_whatever_fails)
{
    Tensor x = leaf({2}, {1, 2}), plain = tensor({2}, {1, 2}), other = leaf({1}, {1}),
           loss = sum(times(x, 2));
    auto roots = list({&loss}), inputs = list({&plain, &x}), unused = list({&x, &other});
    torsh_tensor_t *junk = (torsh_tensor_t *)0x10, *results[] = {junk, junk};
    EXPECT_EQ(torsh_grad_with_error(roots.data(), 1, nullptr, inputs.data(), 2, 1, 0, 0, results, nullptr),
              TORSH_ERR_STATE);
    EXPECT_EQ(named_failure(), "STATE: One of the differentiated Tensors does not require grad (input 0)");
    EXPECT_EQ(results[0], nullptr);
    EXPECT_EQ(results[1], nullptr);
    EXPECT_EQ(torsh_grad_with_error(roots.data(), 1, nullptr, unused.data(), 2, 1, 0, 0, results, nullptr),
              TORSH_ERR_STATE);
    EXPECT_TRUE(contains(named_failure(), "at index 1 appears to not have been used in the graph"));
    ASSERT_EQ(torsh_grad_with_error(roots.data(), 1, nullptr, unused.data(), 2, 1, 0, 1, results, nullptr),
              TORSH_OK);
    EXPECT_EQ(values(own(results[0])), (Doubles{2, 2}));
    EXPECT_EQ(results[1], nullptr);
    EXPECT_EQ(torsh_tensor_grad(x.get()), nullptr);
    auto twice = list({&x, &x});
    ASSERT_EQ(torsh_grad_with_error(roots.data(), 1, nullptr, twice.data(), 2, 0, 0, 0, results, nullptr),
              TORSH_OK);
    EXPECT_EQ(values(own(results[0])), values(own(results[1])));
}

TEST(grad, of_a_gradient)
{
    Tensor x = leaf({}, {3}), cube = own(torsh_mul(own(torsh_mul(x.get(), x.get())).get(), x.get()));
    auto roots = list({&cube}), inputs = list({&x});
    torsh_tensor_t *first = nullptr, *second = nullptr;
    ASSERT_EQ(torsh_grad_with_error(roots.data(), 1, nullptr, inputs.data(), 1, 1, 1, 0, &first, nullptr),
              TORSH_OK);
    Tensor d = own(first);
    EXPECT_EQ(values(d), (Doubles{27}));
    auto again = list({&d});
    ASSERT_EQ(torsh_grad_with_error(again.data(), 1, nullptr, inputs.data(), 1, 0, 0, 0, &second, nullptr),
              TORSH_OK);
    EXPECT_EQ(values(own(second)), (Doubles{18}));
}

TEST(grad, mode_is_off_only_where_it_was_turned_off)
{
    Tensor x = leaf({2}, {1, 2});
    {
        NoGrad off;
        EXPECT_FALSE(torsh_tensor_requires_grad(times(x, 2).get()));
        bool elsewhere = false;
        std::thread([&] { elsewhere = torsh_is_grad_enabled(); }).join();
        EXPECT_TRUE(elsewhere);
    }
    EXPECT_TRUE(torsh_tensor_requires_grad(times(x, 2).get()));
}

TEST(detach_, keeps_grad)
{
    Tensor x = leaf({2}, {1, 2}), y = times(x, 2);
    ASSERT_EQ(torsh_backward(sum(y).get(), 0), TORSH_OK);
    ASSERT_EQ(torsh_tensor_detach_(x.get()), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{2, 2}));
    EXPECT_FALSE(torsh_tensor_requires_grad(x.get()));
    ASSERT_EQ(torsh_tensor_retain_grad(y.get()), TORSH_OK);
    ASSERT_EQ(torsh_tensor_detach_(y.get()), TORSH_OK);
    EXPECT_TRUE(torsh_tensor_is_leaf(y.get()));
    Tensor view = row(times(leaf({2}, {1, 2}), 1), 0);
    EXPECT_EQ(torsh_tensor_detach_(view.get()), TORSH_ERR_STATE);
    EXPECT_TRUE(contains(named_failure(), "Can't detach views in-place"));
}

TEST(out, is_not_recorded)
{
    Tensor x = leaf({2}, {1, 2}), plain = tensor({2}, {1, 2}), out = tensor({2}, {0, 0}),
           scalar = tensor({}, {0});
    const std::string refused = "STATE: add(): functions with out=... arguments don't support automatic "
                                "differentiation, but one of the arguments requires grad.";
    EXPECT_EQ(torsh_add_out(x.get(), x.get(), out.get()), nullptr);
    EXPECT_EQ(named_failure(), refused);
    EXPECT_EQ(torsh_add_out(plain.get(), plain.get(), x.get()), nullptr);
    EXPECT_EQ(named_failure(), refused);
    EXPECT_EQ(values(x), (Doubles{1, 2}));
    const int64_t dim[] = {0};
    EXPECT_EQ(torsh_mean_dim_out(x.get(), dim, 1, scalar.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(), "mean(): functions with out=... arguments"));
    NoGrad off;
    EXPECT_EQ(values(own(torsh_add_out(x.get(), x.get(), out.get()))), (Doubles{2, 4}));
}

/* ---- threads ---- */

TEST(threads, run_backward_over_graphs_of_their_own)
{
    std::vector<Doubles> got(4);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < got.size(); i++)
        threads.emplace_back([i, &got] {
            for (int round = 0; round < 50; round++) {
                Tensor x = leaf({2}, {1, (double)i});
                EXPECT_EQ(torsh_backward(sum(own(torsh_mul(x.get(), times(x, 2).get()))).get(), 0), TORSH_OK);
                got[i] = grad(x);
            }
        });
    for (std::thread &t : threads)
        t.join();
    for (size_t i = 0; i < got.size(); i++)
        EXPECT_EQ(got[i], (Doubles{4, 4.0 * (double)i}));
}

TEST(threads, add_to_one_leaf_without_losing_anything)
{
    enum { THREADS = 4, ROUNDS = 300 };
    Tensor x = leaf({3}, {1, 2, 3});
    std::vector<std::thread> threads;
    for (int i = 0; i < THREADS; i++)
        threads.emplace_back([&x] {
            for (int round = 0; round < ROUNDS; round++)
                EXPECT_EQ(torsh_backward(sum(times(x, 2)).get(), 0), TORSH_OK);
        });
    for (std::thread &t : threads)
        t.join();
    EXPECT_EQ(grad(x), Doubles(3, 2.0 * THREADS * ROUNDS));
}

TEST(backward, gives_everything_back)
{
    EXPECT_TRUE(keeps_nothing([] {
        Tensor x = leaf({2, 2}, {1, 2, 3, 4}), y = own(torsh_exp(x.get())), v = row(y, 0);
        own(torsh_mul_scalar_(v.get(), torsh_scalar_f(2)));
        Tensor loss = sum(own(torsh_mul(y.get(), y.get())));
        torsh_backward(loss.get(), 1);
        torsh_backward(loss.get(), 0);
        torsh_backward(loss.get(), 0);
        named_failure();
    }));
}

TEST(backward, frees_a_long_chain_without_recursion)
{
    Tensor x = leaf({1}, {1}), y = times(x, 1);
    for (int i = 0; i < 200000; i++)
        y = times(y, 1);
    ASSERT_EQ(torsh_backward(y.get(), 0), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{1}));
}
