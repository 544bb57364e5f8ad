// SPDX-License-Identifier: MIT OR Apache-2.0
// Views under in-place writing, version counters, hooks, functions with a derivative of their own.
#include "graphs.h"

/* ---- views and in-place ---- */

TEST(views, gradient_of_a_base_written_through_a_view)
{
    Tensor x = leaf({2, 2}, {1, 2, 3, 4}), y = times(x, 1), v = row(y, 0);
    own(torsh_mul_scalar_(v.get(), torsh_scalar_f(10)));
    EXPECT_EQ(name_of(y), "CopySlices");
    ASSERT_EQ(torsh_backward(sum(y).get(), 0), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{10, 10, 1, 1}));
}

TEST(views, gradient_of_a_view_whose_base_was_written)
{
    Tensor x = leaf({2, 2}, {1, 2, 3, 4}), y = times(x, 1), v = row(y, 1);
    own(torsh_mul_scalar_(y.get(), torsh_scalar_f(3)));
    ASSERT_EQ(torsh_backward(sum(v).get(), 0), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{0, 0, 3, 3}));
}

TEST(views, made_anew_come_before_the_node_that_asks_for_them)
{
    Tensor x = leaf({4}, {1, 2, 3, 4}), y = times(x, 1), v = row(y, 1);
    own(torsh_mul_scalar_(y.get(), torsh_scalar_f(3)));
    Tensor loss = times(v, 5); /* v's node is made while this one is */
    const torsh_tensor_t *roots[] = {loss.get()}, *inputs[] = {x.get()};
    torsh_tensor_t *result = nullptr;
    ASSERT_EQ(torsh_grad_with_error(roots, 1, nullptr, inputs, 1, 0, 0, 0, &result, nullptr), TORSH_OK)
        << named_failure();
    EXPECT_EQ(values(own(result)), (Doubles{0, 15, 0, 0}));
}

TEST(views, of_views_and_of_something_that_requires_grad_only_after_writing)
{
    Tensor w = leaf({2}, {5, 7}), base = tensor({2, 2}, {1, 2, 3, 4}), v = row(base, 0), vv = row(v, 1);
    EXPECT_FALSE(torsh_tensor_requires_grad(vv.get()));
    own(torsh_mul_(v.get(), w.get()));
    EXPECT_TRUE(torsh_tensor_requires_grad(base.get()));
    EXPECT_TRUE(torsh_tensor_requires_grad(vv.get()));
    EXPECT_EQ(torsh_tensor_base(vv.get()), base.get());
    ASSERT_EQ(torsh_backward(vv.get(), 0), TORSH_OK);
    EXPECT_EQ(grad(w), (Doubles{0, 2}));
}

TEST(views, of_leaves_and_several_at_once_refuse_to_be_written)
{
    Tensor x = leaf({2, 2}, {1, 2, 3, 4}), v = row(x, 0);
    EXPECT_EQ(torsh_zero_(v.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "STATE: a view of a leaf Variable that requires grad is being used in an in-place operation. "
              "(zero_)");
    EXPECT_EQ(torsh_zero_(x.get()), nullptr);
    EXPECT_EQ(named_failure(),
              "STATE: a leaf Variable that requires grad is being used in an in-place operation. (zero_)");
    Tensor y = times(x, 1);
    List rows(torsh_unbind_with_error(y.get(), 0, nullptr));
    EXPECT_EQ(torsh_zero_(torsh_tensor_list_get(rows.get(), 0)), nullptr);
    EXPECT_TRUE(contains(named_failure(), "zero_: the output of a function that returns multiple views"));
    Tensor made_off;
    {
        NoGrad off;
        made_off = row(y, 0);
    }
    Tensor factor = leaf({2}, {1, 1});
    EXPECT_EQ(torsh_mul_(made_off.get(), factor.get()), nullptr);
    EXPECT_TRUE(contains(named_failure(), "A view was created in no_grad mode"));
    NoGrad off;
    EXPECT_EQ(own(torsh_zero_(v.get())).get(), v.get());
    EXPECT_EQ(values(x), (Doubles{0, 0, 3, 4}));
}

TEST(versions, name_who_changed_what_was_saved)
{
    Tensor x = leaf({2}, {1, 2}), y = times(x, 2), z = own(torsh_mul(y.get(), y.get()));
    own(torsh_add_scalar_(y.get(), torsh_scalar_f(1)));
    EXPECT_EQ(torsh_backward(sum(z).get(), 0), TORSH_ERR_STATE);
    std::string text = named_failure();
    EXPECT_TRUE(
        contains(text, "one of the variables needed for gradient computation has been modified by an inplace "
                       "operation: [torsh.FloatTensor [2]], which is output 0 of Add, is at version 1; "
                       "expected version 0 instead"))
        << text;
    EXPECT_TRUE(contains(text, "changed by add.Tensor after MulBackward0 had saved it")) << text;
}

TEST(versions, are_shared_by_detach_but_not_by_data)
{
    Tensor x = leaf({2}, {1, 2}), y = own(torsh_exp(x.get()));
    Tensor data = own(torsh_tensor_data(y.get()));
    own(torsh_zero_(data.get()));
    ASSERT_EQ(torsh_backward(sum(y).get(), 1), TORSH_OK) << "nobody noticed";
    Tensor detached = own(torsh_detach(y.get()));
    own(torsh_zero_(detached.get()));
    EXPECT_EQ(torsh_backward(sum(y).get(), 0), TORSH_ERR_STATE);
    EXPECT_TRUE(contains(named_failure(), "changed by zero_ after ExpBackward0"));
}

/* ---- hooks ---- */

struct Seen {
    std::vector<std::string> calls;
};
struct Hook {
    Seen *seen;
    std::string name;
    double factor;
    torsh_tensor_t *tensor = nullptr; /* from which to remove `id` while running */
    int64_t id = 0;
    torsh_status_t status = TORSH_OK;
};

static torsh_status_t run(void *ctx, const torsh_tensor_t *grad, torsh_tensor_t **replacement)
{
    Hook *h = (Hook *)ctx;
    std::string name = h->name;
    h->seen->calls.push_back(name);
    if (h->factor != 1)
        *replacement = torsh_mul_scalar(grad, torsh_scalar_f(h->factor));
    torsh_status_t status = h->status;
    if (h->tensor)
        torsh_tensor_remove_hook(h->tensor, h->id); /* may end h */
    return status;
}
static void destroy(void *ctx)
{
    ((Hook *)ctx)->seen->calls.push_back("end of " + ((Hook *)ctx)->name);
    delete (Hook *)ctx;
}
static int64_t add(const Tensor &t, Hook *h)
{
    int64_t id = 0;
    EXPECT_EQ(torsh_tensor_register_hook(t.get(), run, h, destroy, &id), TORSH_OK);
    return id;
}
using Strings = std::vector<std::string>;

TEST(hooks, run_in_order_and_replace_the_gradient)
{
    Seen seen;
    Tensor x = leaf({1}, {1}), y = times(x, 2);
    add(y, new Hook{&seen, "a", 10});
    add(y, new Hook{&seen, "b", 3});
    ASSERT_EQ(torsh_backward(y.get(), 0), TORSH_OK);
    EXPECT_EQ(seen.calls, (Strings{"a", "b"}));
    EXPECT_EQ(grad(x), (Doubles{60}));
    y.reset();
    EXPECT_EQ(seen.calls, (Strings{"a", "b", "end of a", "end of b"}));
}

TEST(hooks, may_remove_themselves_and_others)
{
    Seen seen;
    Tensor x = leaf({1}, {1});
    Hook *a = new Hook{&seen, "a", 2}, *b = new Hook{&seen, "b", 1};
    int64_t ida = add(x, a);
    add(x, b);
    int64_t idc = add(x, new Hook{&seen, "c", 100});
    a->tensor = b->tensor = x.get();
    a->id = ida;
    b->id = idc;
    ASSERT_EQ(torsh_backward(times(x, 1).get(), 0), TORSH_OK);
    EXPECT_EQ(seen.calls, (Strings{"a", "end of a", "b", "end of c"}));
    EXPECT_EQ(grad(x), (Doubles{2}));
    EXPECT_FALSE(torsh_tensor_remove_hook(x.get(), ida));
}

TEST(hooks, are_found_again_after_in_place)
{
    Seen seen;
    Tensor x = leaf({2}, {1, 2}), y = times(x, 2);
    int64_t id = add(y, new Hook{&seen, "a", 10});
    own(torsh_mul_scalar_(y.get(), torsh_scalar_f(3)));
    own(torsh_zero_(row(y, 0).get()));
    EXPECT_TRUE(torsh_tensor_remove_hook(y.get(), id));
    EXPECT_FALSE(torsh_tensor_remove_hook(y.get(), id));
    ASSERT_EQ(torsh_backward(sum(y).get(), 0), TORSH_OK);
    EXPECT_EQ(seen.calls, (Strings{"end of a"}));
    EXPECT_EQ(grad(x), (Doubles{0, 6}));
}

TEST(hooks, that_fail_carry_their_error_out_and_leave_the_graph_usable)
{
    Seen seen;
    Tensor x = leaf({1}, {1}), y = own(torsh_mul(x.get(), x.get()));
    Hook *h = new Hook{&seen, "a", 1};
    int64_t id = add(y, h);
    h->status = TORSH_ERR_VALUE;
    torsh__fail(TORSH_ERR_VALUE, "by the hook");
    EXPECT_EQ(torsh_backward(y.get(), 0), TORSH_ERR_VALUE);
    EXPECT_EQ(named_failure(), "VALUE: by the hook");
    EXPECT_TRUE(torsh_tensor_remove_hook(y.get(), id));
    ASSERT_EQ(torsh_backward(y.get(), 0), TORSH_OK);
    EXPECT_EQ(grad(x), (Doubles{2}));
}

static torsh_status_t after(void *ctx, const torsh_tensor_t *leaf, torsh_tensor_t **)
{
    ((Seen *)ctx)->calls.push_back(torsh_tensor_grad(leaf) ? "has grad" : "has none");
    return TORSH_OK;
}

TEST(hooks, after_accumulation_see_the_leaf)
{
    Seen seen;
    Tensor x = leaf({1}, {1}), y = times(x, 2);
    ASSERT_EQ(torsh_tensor_register_post_accumulate_hook(x.get(), after, &seen, nullptr, nullptr), TORSH_OK);
    const torsh_tensor_t *roots[] = {y.get()}, *inputs[] = {x.get()};
    ASSERT_EQ(torsh_backward_with_error(roots, 1, nullptr, 1, 0, inputs, 1, nullptr), TORSH_OK);
    torsh_tensor_t *result = nullptr;
    ASSERT_EQ(torsh_grad_with_error(roots, 1, nullptr, inputs, 1, 0, 0, 0, &result, nullptr), TORSH_OK);
    torsh_tensor_free(result);
    EXPECT_EQ(seen.calls, (Strings{"has grad"})) << "torsh_grad accumulates nothing";
    EXPECT_EQ(torsh_tensor_register_post_accumulate_hook(y.get(), after, &seen, nullptr, nullptr),
              TORSH_ERR_STATE);
    named_failure();
    EXPECT_EQ(torsh_tensor_register_hook(tensor({1}, {1}).get(), after, &seen, nullptr, nullptr),
              TORSH_ERR_STATE);
    EXPECT_TRUE(contains(named_failure(), "doesn't require gradient"));
}

TEST(retain_grad, keeps_the_gradient_of_a_result_across_in_place)
{
    Tensor x = leaf({1}, {1}), y = times(x, 2);
    ASSERT_EQ(torsh_tensor_retain_grad(y.get()), TORSH_OK);
    own(torsh_mul_scalar_(y.get(), torsh_scalar_f(3)));
    ASSERT_EQ(torsh_backward(times(y, 5).get(), 0), TORSH_OK);
    EXPECT_EQ(grad(y), (Doubles{5})) << "that of the value after the change";
    EXPECT_EQ(grad(x), (Doubles{30}));
}

/* ---- functions ---- */

struct Double {
    torsh_saved_t *saved;
    int *destroyed;
};
/* d (x²) = 2 x grad */
static torsh_status_t square_backward(void *ctx, const torsh_tensor_t *const *grads, int,
                                      torsh_tensor_t **out, int)
{
    Tensor x = own(torsh_saved_get(((Double *)ctx)->saved, nullptr));
    if (!x)
        return TORSH_ERR_STATE;
    out[0] = torsh_mul(own(torsh_mul(x.get(), grads[0])).get(), number(2, TORSH_F32).get());
    return TORSH_OK;
}
static void square_destroy(void *ctx)
{
    Double *d = (Double *)ctx;
    ++*d->destroyed;
    torsh_saved_free(d->saved);
    delete d;
}
static const torsh_function_t square = {"Square", square_backward, square_destroy, nullptr};

static Tensor squared(const Tensor &x, int *destroyed)
{
    Tensor y;
    {
        NoGrad off;
        y = own(torsh_mul(x.get(), x.get()));
    }
    const torsh_tensor_t *in[] = {x.get()};
    torsh_tensor_t *out[] = {y.get()};
    Double *ctx = new Double{torsh_saved_new(x.get(), 0), destroyed};
    EXPECT_EQ(torsh_function_record(&square, ctx, in, 1, out, 1, nullptr, nullptr), TORSH_OK);
    return y;
}

TEST(functions, have_a_derivative_of_their_own)
{
    int destroyed = 0;
    {
        Tensor x = leaf({2}, {3, 4}), y = squared(x, &destroyed);
        EXPECT_EQ(name_of(y), "Square");
        ASSERT_EQ(torsh_backward(sum(y).get(), 0), TORSH_OK);
        EXPECT_EQ(grad(x), (Doubles{6, 8}));
        EXPECT_EQ(destroyed, 0);
        EXPECT_EQ(torsh_backward(sum(y).get(), 0), TORSH_ERR_STATE);
        EXPECT_TRUE(contains(named_failure(), "second time"));
    }
    EXPECT_EQ(destroyed, 1);
    squared(tensor({1}, {1}), &destroyed);
    EXPECT_EQ(destroyed, 2) << "nothing requires grad: it ends at once";
}

TEST(functions, notice_that_a_saved_value_changed)
{
    int destroyed = 0;
    Tensor x = leaf({1}, {3}), y = times(x, 1), z = squared(y, &destroyed);
    own(torsh_zero_(y.get()));
    EXPECT_EQ(torsh_backward(z.get(), 0), TORSH_ERR_STATE);
    EXPECT_TRUE(contains(named_failure(), "modified by an inplace operation"));
}

TEST(functions, refuse_what_is_missing_and_leaves_that_are_written)
{
    int destroyed = 0;
    Tensor x = leaf({1}, {3});
    const torsh_tensor_t *in[] = {x.get()};
    torsh_tensor_t *out[] = {x.get()};
    const bool dirty[] = {true};
    auto ctx = [&] { return new Double{nullptr, &destroyed}; };
    EXPECT_EQ(torsh_function_record(&square, ctx(), in, 1, nullptr, 1, nullptr, nullptr), TORSH_ERR_NULL);
    EXPECT_EQ(named_failure(), "NULL: function_record: outputs is NULL");
    EXPECT_EQ(torsh_function_record(&square, ctx(), in, 1, out, 1, dirty, nullptr), TORSH_ERR_STATE);
    EXPECT_TRUE(
        contains(named_failure(),
                 "a leaf Variable that requires grad is being used in an in-place operation. (Square)"));
    EXPECT_EQ(destroyed, 2);
}
