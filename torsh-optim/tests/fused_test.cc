// SPDX-License-Identifier: MIT OR Apache-2.0
// One call over all tensors: groups, layouts, threads, checks.
#include "testing.h"

#include <torsh/impl/ops.h>

extern "C" {
#include "fused.h"
}

static Tensor ramp(std::vector<int64_t> shape, torsh_dtype_t dtype, double scale = 0.01)
{
    int64_t n = 1;
    for (int64_t d : shape)
        n *= d;
    Doubles v;
    for (int64_t i = 0; i < n; i++)
        v.push_back(scale * (double)(i % 101) - 0.3);
    return doubles(shape, v, dtype);
}

static torsh_status_t adam(std::vector<torsh_tensor_t *> p, std::vector<const torsh_tensor_t *> g,
                           std::vector<torsh_tensor_t *> &m, std::vector<torsh_tensor_t *> &v,
                           std::vector<int64_t> &steps, torsh_error_t **error = nullptr)
{
    return torsh_optim_adam_step(p.data(), g.data(), m.data(), v.data(), nullptr, steps.data(), (int)p.size(),
                                 0.1, 0.9, 0.999, 1e-8, 0.01, 0, 0, error);
}

static void release(const std::vector<torsh_tensor_t *> &list)
{
    for (torsh_tensor_t *t : list)
        torsh_tensor_free(t);
}

// Every tensor alone, and all together in one call.
TEST(fused, a_call_over_mixed_dtypes_equals_many_calls)
{
    const torsh_dtype_t dtypes[] = {TORSH_F32, TORSH_F64, TORSH_BF16, TORSH_F32, TORSH_F16, TORSH_F64,
                                    TORSH_F32, TORSH_F32, TORSH_BF16, TORSH_F32, TORSH_F32, TORSH_F32};
    std::vector<Tensor> one, all, grads;
    for (int i = 0; i < 12; i++) {
        one.push_back(ramp({i % 4, 5 + 300 * i}, dtypes[i])); // also empty ones
        all.push_back(ramp({i % 4, 5 + 300 * i}, dtypes[i]));
        grads.push_back(ramp({i % 4, 5 + 300 * i}, dtypes[i], 0.02));
    }
    std::vector<torsh_tensor_t *> p, m(12), v(12);
    std::vector<const torsh_tensor_t *> g;
    std::vector<int64_t> steps(12);
    for (int i = 0; i < 12; i++) {
        p.push_back(all[i].get());
        g.push_back(grads[i].get());
    }
    ASSERT_EQ(adam(p, g, m, v, steps), TORSH_OK) << failure();
    ASSERT_EQ(adam(p, g, m, v, steps), TORSH_OK) << failure();
    EXPECT_EQ(steps, std::vector<int64_t>(12, 2));
    for (int i = 0; i < 12; i++) {
        std::vector<torsh_tensor_t *> m1(1), v1(1);
        std::vector<int64_t> s1(1);
        adam({one[i].get()}, {g[i]}, m1, v1, s1);
        adam({one[i].get()}, {g[i]}, m1, v1, s1);
        EXPECT_EQ(values(one[i].get()), values(p[i])) << i;
        release(m1);
        release(v1);
    }
    release(m);
    release(v);
}

TEST(fused, the_number_of_threads_changes_no_bit)
{
    for (torsh_dtype_t dtype : {TORSH_F32, TORSH_BF16}) {
        Doubles want;
        for (int threads : {1, 2}) {
            torsh_set_num_threads(threads);
            Tensor a = ramp({70001}, dtype), b = ramp({33, 1025}, dtype), ga = ramp({70001}, dtype, 0.02),
                   gb = ramp({33, 1025}, dtype, 0.02);
            std::vector<torsh_tensor_t *> m(2), v(2);
            std::vector<int64_t> steps(2);
            const int64_t elsewhere = torsh__pool_tasks_elsewhere();
            for (int i = 0; i < 50; i++)
                ASSERT_EQ(adam({a.get(), b.get()}, {ga.get(), gb.get()}, m, v, steps), TORSH_OK);
            Doubles have = values(a.get()), more = values(b.get());
            have.insert(have.end(), more.begin(), more.end());
            if (threads == 1)
                want = have;
            EXPECT_EQ(have, want);
            // the work was split; on a busy machine the other thread may take a while to get a turn
            for (int i = 0; threads == 2 && i < 20000 && torsh__pool_tasks_elsewhere() == elsewhere; i++)
                ASSERT_EQ(adam({a.get(), b.get()}, {ga.get(), gb.get()}, m, v, steps), TORSH_OK);
            EXPECT_EQ(threads == 2, torsh__pool_tasks_elsewhere() > elsewhere);
            release(m);
            release(v);
        }
    }
}

// Transposed parameters keep their layout; strided ones and gradients of another layout go through copies.
TEST(fused, any_layout_gives_the_same_numbers)
{
    Tensor plain = ramp({6, 4}, TORSH_F32), g = ramp({6, 4}, TORSH_F32, 0.02);
    Tensor turned(torsh_contiguous(Tensor(torsh_transpose(plain.get(), 0, 1)).get()));
    Tensor view(torsh_transpose(turned.get(), 0, 1)); // dense, not row-major
    Tensor turned_g(torsh_contiguous(Tensor(torsh_transpose(g.get(), 0, 1)).get()));
    Tensor view_g(torsh_transpose(turned_g.get(), 0, 1));
    Tensor wide = ramp({6, 8}, TORSH_F32);
    Tensor slice(torsh_narrow(wide.get(), 1, 2, 4)); // with gaps
    Tensor copied(torsh_copy_(slice.get(), plain.get()));
    const Doubles outside = values(Tensor(torsh_narrow(wide.get(), 1, 6, 2)).get());
    std::vector<torsh_tensor_t *> m(4), v(4);
    std::vector<int64_t> steps(4);
    Tensor dense = doubles({6, 4}, values(plain.get()), TORSH_F32);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(adam({plain.get(), view.get(), slice.get(), dense.get()},
                       {g.get(), g.get(), g.get(), view_g.get()}, m, v, steps),
                  TORSH_OK)
            << failure();
    EXPECT_EQ(values(view.get()), values(plain.get()));
    EXPECT_EQ(values(slice.get()), values(plain.get()));
    EXPECT_EQ(values(dense.get()), values(plain.get()));
    EXPECT_EQ(values(Tensor(torsh_narrow(wide.get(), 1, 6, 2)).get()), outside);
    EXPECT_EQ(torsh_tensor_strides(m[1])[0], 1); // state lies as its parameter
    release(m);
    release(v);
}

TEST(fused, versions_go_up_and_nothing_is_recorded)
{
    Tensor p = ramp({4}, TORSH_F32), g = ramp({4}, TORSH_F32);
    torsh_tensor_set_requires_grad(p.get(), true);
    const uint32_t version = torsh_tensor_version(p.get()), seen = torsh_tensor_version(g.get());
    std::vector<torsh_tensor_t *> m(1), v(1);
    std::vector<int64_t> steps(1);
    ASSERT_EQ(adam({p.get()}, {g.get()}, m, v, steps), TORSH_OK);
    EXPECT_EQ(torsh_tensor_version(p.get()), version + 1);
    EXPECT_EQ(torsh_tensor_version(g.get()), seen);
    EXPECT_TRUE(torsh_tensor_is_leaf(p.get()));
    EXPECT_TRUE(torsh_tensor_requires_grad(p.get()));
    release(m);
    release(v);
}

// A value saved for backward must not be changed by a step unseen.
TEST(fused, backward_after_a_step_notices)
{
    Tensor p = ramp({4}, TORSH_F32), g = ramp({4}, TORSH_F32);
    torsh_tensor_set_requires_grad(p.get(), true);
    Tensor square(torsh_mul(p.get(), p.get())), loss(torsh_sum(square.get()));
    torsh_tensor_t *list = p.get();
    const torsh_tensor_t *grads = g.get();
    ASSERT_EQ(torsh_optim_sgd_step(&list, &grads, nullptr, 1, 0.1, 0, 0, 0, 0, 0, nullptr), TORSH_OK);
    EXPECT_EQ(torsh_backward(loss.get(), false), TORSH_ERR_STATE);
    failure();
}

TEST(fused, parameters_without_gradient_stay)
{
    Tensor a = ramp({4}, TORSH_F32), b = ramp({4}, TORSH_F32), g = ramp({4}, TORSH_F32);
    const Doubles before = values(a.get());
    std::vector<torsh_tensor_t *> m(2), v(2);
    std::vector<int64_t> steps(2);
    ASSERT_EQ(adam({a.get(), b.get()}, {nullptr, g.get()}, m, v, steps), TORSH_OK);
    EXPECT_EQ(values(a.get()), before);
    EXPECT_NE(values(b.get()), before);
    EXPECT_EQ(steps, (std::vector<int64_t>{0, 1}));
    EXPECT_EQ(m[0], nullptr);
    release(m);
    release(v);
}

// ---- what is refused, before anything is written

static std::string refused(std::vector<torsh_tensor_t *> p, std::vector<const torsh_tensor_t *> g,
                           torsh_status_t want, torsh_tensor_t *m = nullptr)
{
    std::vector<torsh_tensor_t *> ms(p.size()), vs(p.size());
    std::vector<int64_t> steps(p.size());
    torsh_error_t *e = nullptr;
    ms[0] = m;
    const Doubles before = p[0] ? values(p[0]) : Doubles();
    EXPECT_EQ(adam(p, g, ms, vs, steps, &e), want);
    EXPECT_EQ(p[0] ? values(p[0]) : Doubles(), before);
    ms[0] = m ? nullptr : ms[0];
    release(ms);
    release(vs);
    return take_message(e);
}

TEST(fused, checks_what_belongs_together)
{
    Tensor p = ramp({4}, TORSH_F32), q = ramp({4}, TORSH_F32), g = ramp({4}, TORSH_F32),
           long_g = ramp({5}, TORSH_F32), wide_g = ramp({4}, TORSH_F64), ids = ramp({4}, TORSH_I64);
    EXPECT_EQ(refused({p.get(), q.get()}, {g.get(), long_g.get()}, TORSH_ERR_SHAPE),
              "_optim_adam_: tensor 1 of grads has the shape [5], but its parameter [4]");
    EXPECT_EQ(refused({p.get()}, {wide_g.get()}, TORSH_ERR_DTYPE),
              "_optim_adam_: tensor 0 of grads is float64, but its parameter is float32");
    EXPECT_EQ(refused({ids.get()}, {ids.get()}, TORSH_ERR_NOT_IMPLEMENTED),
              "\"_optim_adam_\" not implemented for 'int64'");
    EXPECT_EQ(refused({nullptr}, {g.get()}, TORSH_ERR_NULL), "_optim_adam_: tensor 0 of self is NULL");
    EXPECT_NE(refused({p.get()}, {p.get()}, TORSH_ERR_VALUE).find("self and grads of tensor 0"),
              std::string::npos);
    EXPECT_NE(refused({p.get()}, {g.get()}, TORSH_ERR_VALUE, p.get()).find("self and exp_avgs of tensor 0"),
              std::string::npos);
    Tensor one = ramp({1}, TORSH_F32);
    const int64_t four = 4;
    Tensor spread(torsh_expand(one.get(), &four, 1));
    EXPECT_EQ(refused({spread.get()}, {g.get()}, TORSH_ERR_VALUE)
                  .rfind("unsupported operation: more than one element of the written-to tensor refers to a "
                         "single memory",
                         0),
              0u);
    Tensor far(torsh_to_device(g.get(), {TORSH_META, 0}, TORSH_F32));
    EXPECT_EQ(
        refused({p.get()}, {far.get()}, TORSH_ERR_DEVICE)
            .rfind("Expected all tensors to be on the same device, but found at least two devices, cpu", 0),
        0u);
}

TEST(fused, parts_of_one_storage_are_no_overlap)
{
    Tensor flat = ramp({8}, TORSH_F32), g = ramp({4}, TORSH_F32);
    Tensor a(torsh_narrow(flat.get(), 0, 0, 4)), b(torsh_narrow(flat.get(), 0, 4, 4));
    std::vector<torsh_tensor_t *> m(1, b.get()), v(1);
    std::vector<int64_t> steps(1);
    EXPECT_EQ(adam({a.get()}, {g.get()}, m, v, steps), TORSH_OK) << failure();
    release(v);
}

TEST(fused, null_lists_are_refused)
{
    Tensor p = ramp({4}, TORSH_F32);
    torsh_tensor_t *list = p.get(), *state = nullptr;
    const torsh_tensor_t *g = p.get();
    torsh_error_t *e = nullptr;
    EXPECT_EQ(torsh_optim_sgd_step(&list, nullptr, nullptr, 1, 0.1, 0, 0, 0, 0, 0, &e), TORSH_ERR_NULL);
    EXPECT_EQ(take_message(e), "optim_sgd_step: grads is NULL");
    e = nullptr;
    EXPECT_EQ(torsh_optim_sgd_step(&list, &g, nullptr, 1, 0.1, 0.9, 0, 0, 0, 0, &e), TORSH_ERR_NULL);
    EXPECT_EQ(take_message(e), "optim_sgd_step: the state is NULL");
    e = nullptr;
    EXPECT_EQ(torsh_optim_adadelta_step(nullptr, &g, &state, &state, 1, 1, 0.9, 1e-6, 0, 0, &e),
              TORSH_ERR_NULL);
    EXPECT_EQ(take_message(e), "optim_adadelta_step: params is NULL");
    e = nullptr;
    EXPECT_EQ(torsh_optim_sgd_step(&list, &g, nullptr, -1, 0.1, 0, 0, 0, 0, 0, &e), TORSH_ERR_VALUE);
    take_message(e);
    EXPECT_EQ(torsh_optim_sgd_step(nullptr, nullptr, nullptr, 0, 0.1, 0, 0, 0, 0, 0, nullptr), TORSH_OK);
}

// ---- where there is no kernel

// An operator whose id has no kernel: a copy of the record under the id of a view. Then the composite runs.
static Doubles three_steps(const torsh__op_t &record, bool composite, int n_lists, const void *params,
                           int64_t first,
                           void (*expand)(torsh__scope_t *, const void *, int64_t, torsh_tensor_t *const *))
{
    Tensor p = ramp({3, 4}, TORSH_F64), g = ramp({3, 4}, TORSH_F64, 0.02);
    torsh_tensor_set_requires_grad(p.get(), true);
    std::vector<Tensor> state;
    std::vector<torsh_tensor_t *> t = {p.get(), g.get()};
    for (int i = 2; i < n_lists; i++) {
        state.push_back(doubles({3, 4}, Doubles(12, 0)));
        t.push_back(state.back().get());
    }
    torsh__op_t op = record;
    op.id = composite ? torsh__record_t.id : record.id;
    for (int64_t step = 1; step <= 3; step++) {
        const int64_t number = first < 0 ? step == 1 : step;
        torsh__fused_t f = {&op, params, &number, 1, n_lists, {}, expand};
        for (int i = 0; i < n_lists; i++)
            f.lists[i] = &t[(size_t)i];
        EXPECT_EQ(torsh__fused(&f), TORSH_OK) << failure();
        EXPECT_GE(torsh_tensor_version(p.get()), (uint32_t)step);
    }
    EXPECT_TRUE(torsh_tensor_is_leaf(p.get()));
    EXPECT_TRUE(torsh_is_grad_enabled());
    return values(p.get());
}

TEST(fused, composites_agree_with_kernels)
{
    ASSERT_EQ(torsh__kernels(TORSH_CPU, torsh__record_t.id, TORSH_F64), nullptr);
    for (int odd = 0; odd < 2; odd++) {
        torsh___optim_sgd__params_t sgd = {};
        sgd.lr = 0.1, sgd.momentum = 0.9, sgd.dampening = odd ? 0 : 0.2, sgd.weight_decay = 0.1;
        sgd.nesterov = sgd.maximize = odd;
        for (int lists : {2, 3})
            EXPECT_TRUE(close(
                three_steps(torsh__record__optim_sgd_, true, lists, &sgd, -1, torsh__sgd_composite),
                three_steps(torsh__record__optim_sgd_, false, lists, &sgd, -1, torsh__sgd_composite), 1e-11));
        torsh___optim_adam__params_t adam = {};
        adam.lr = 0.1, adam.beta1 = odd ? 0.3 : 0.9, adam.beta2 = 0.9, adam.eps = 1e-6,
        adam.weight_decay = 0.1;
        adam.decoupled = adam.maximize = odd;
        for (int lists : {4, 5})
            EXPECT_TRUE(
                close(three_steps(torsh__record__optim_adam_, true, lists, &adam, 1, torsh__adam_composite),
                      three_steps(torsh__record__optim_adam_, false, lists, &adam, 1, torsh__adam_composite),
                      1e-11));
        torsh___optim_adadelta__params_t ada = {};
        ada.lr = 0.5, ada.rho = 0.8, ada.eps = 1e-5, ada.weight_decay = odd ? 0 : 0.1;
        ada.maximize = odd;
        EXPECT_TRUE(
            close(three_steps(torsh__record__optim_adadelta_, true, 4, &ada, 1, torsh__adadelta_composite),
                  three_steps(torsh__record__optim_adadelta_, false, 4, &ada, 1, torsh__adadelta_composite),
                  1e-11));
    }
}
