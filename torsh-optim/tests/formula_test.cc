// SPDX-License-Identifier: MIT OR Apache-2.0
// Five steps of each optimizer against torch 2.13's, in float64:
//     p = torch.tensor([1., -2., 3., 0.5], dtype=dtype, requires_grad=True)
//     for s in range(5):
//         p.grad = torch.tensor([.1, -.2, .3, -.4], dtype=dtype) * (s + 1) - torch.tensor([.3, .1, .2, 0.],
//         dtype=dtype) o.step()
#include "testing.h"

using Make = std::function<torsh_optimizer_t *(torsh_tensor_t **)>;

static Doubles five_steps(const Make &make, torsh_dtype_t dtype)
{
    Tensor p = doubles({4}, {1, -2, 3, 0.5}, dtype);
    torsh_tensor_set_requires_grad(p.get(), true);
    torsh_tensor_t *list = p.get();
    Optimizer o(make(&list));
    EXPECT_NE(o, nullptr) << failure();
    for (int s = 1; s <= 5 && o; s++) {
        Tensor g = doubles({4}, {0.1 * s - 0.3, -0.2 * s - 0.1, 0.3 * s - 0.2, -0.4 * s}, dtype);
        torsh_tensor_set_grad(p.get(), g.get());
        EXPECT_EQ(torsh_optimizer_step(o.get()), TORSH_OK) << failure();
    }
    EXPECT_TRUE(torsh_tensor_is_leaf(p.get()));
    return values(p.get());
}

// float64 to rounding, float32 to 1e-6; 16 bits see their own roundings only
static void expect(const Make &make, const Doubles &want)
{
    EXPECT_TRUE(close(five_steps(make, TORSH_F64), want, 1e-14));
    EXPECT_TRUE(close(five_steps(make, TORSH_F32), want, 1e-6));
    EXPECT_TRUE(close(five_steps(make, TORSH_F16), want, 4e-3));
    EXPECT_TRUE(close(five_steps(make, TORSH_BF16), want, 3e-2));
}

static Make adam(double lr, double b1, double b2, double eps, double decay, int decoupled, int amsgrad,
                 int maximize)
{
    return [=](torsh_tensor_t **p) {
        return torsh_adam_new_with_error(p, 1, lr, b1, b2, eps, decay, decoupled, amsgrad, maximize, nullptr);
    };
}

static Make sgd(double lr, double momentum, double dampening, double decay, int nesterov, int maximize)
{
    return [=](torsh_tensor_t **p) {
        return torsh_sgd_new_with_error(p, 1, lr, momentum, dampening, decay, nesterov, maximize, nullptr);
    };
}

static Make adadelta(double lr, double rho, double eps, double decay, int maximize)
{
    return [=](torsh_tensor_t **p) {
        return torsh_adadelta_new_with_error(p, 1, lr, rho, eps, decay, maximize, nullptr);
    };
}

TEST(formula, adam) // Adam([p], 0.1)
{
    expect(adam(0.1, 0.9, 0.999, 1e-8, 0, 0, 0, 0),
           {1.2805644330365751, -1.5080262022441433, 2.5372389757962668, 0.98508308848177528});
}

TEST(formula,
     adam_with_penalty_and_amsgrad) // Adam([p], 0.1, (0.8, 0.9), 1e-6, weight_decay=0.1, amsgrad=True)
{
    expect(adam(0.1, 0.8, 0.9, 1e-6, 0.1, 0, 1, 0),
           {0.98253195424200923, -1.5000345830984794, 2.5065933008983086, 0.98685404251133735});
}

TEST(formula, adam_uphill_with_a_short_memory) // Adam([p], 0.1, (0.3, 0.9), maximize=True)
{
    expect(adam(0.1, 0.3, 0.9, 1e-8, 0, 0, 0, 1),
           {0.95604134828086884, -2.5774112597019929, 3.598366342618939, -0.086495751694043777});
}

TEST(formula, adamw) // AdamW([p], 0.1, weight_decay=0.1)
{
    expect(adam(0.1, 0.9, 0.999, 1e-8, 0.1, 1, 0, 0),
           {1.2231102908679679, -1.4197876318039888, 2.3994763267477492, 0.95090419476633681});
}

TEST(formula, sgd) // SGD([p], 0.1)
{
    expect(sgd(0.1, 0, 0, 0, 0, 0), {1, -1.6499999999999997, 2.6500000000000004, 1.1000000000000001});
}

TEST(formula, sgd_with_momentum_dampening_and_penalty) // SGD([p], 0.1, 0.9, 0.5, 0.1)
{
    expect(sgd(0.1, 0.9, 0.5, 0.1, 0, 0),
           {0.9926918055062498, -1.3904044893437499, 2.3830962948499996, 1.1667104083343751});
}

TEST(formula, sgd_nesterov_uphill) // SGD([p], 0.1, 0.9, nesterov=True, maximize=True)
{
    expect(sgd(0.1, 0.9, 0, 0, 1, 1),
           {0.93043719999999996, -3.0389526999999998, 3.9693899000000004, -1.2413116000000002});
}

TEST(formula, adadelta) // Adadelta([p])
{
    expect(adadelta(1, 0.9, 1e-6, 0, 0),
           {0.99957601837552801, -1.977029516034986, 2.9733948251023907, 0.5242129263484967});
}

TEST(formula, adadelta_uphill_with_penalty) // Adadelta([p], 0.5, 0.8, 1e-5, 0.1, maximize=True)
{
    expect(adadelta(0.5, 0.8, 1e-5, 0.1, 1),
           {0.99366415453855517, -2.0289863743305814, 3.0170436004534333, 0.47305141584536109});
}

// What is left out must be left out: 0 * inf would be NaN.
TEST(formula, infinite_parameters_stay_without_decay)
{
    for (int kind = 0; kind < 3; kind++) {
        Tensor p = doubles({2}, {-INFINITY, 1}), g = doubles({2}, {0, 1});
        torsh_tensor_set_requires_grad(p.get(), true);
        torsh_tensor_set_grad(p.get(), g.get());
        torsh_tensor_t *list = p.get();
        Optimizer o(kind == 0 ? torsh_sgd_new_with_error(&list, 1, 0.1, 0.9, 0, 0, 0, 0, nullptr)
                    : kind == 1
                        ? torsh_adam_new_with_error(&list, 1, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0, 0, nullptr)
                        : torsh_adadelta_new_with_error(&list, 1, 1, 0.9, 1e-6, 0, 0, nullptr));
        ASSERT_EQ(torsh_optimizer_step(o.get()), TORSH_OK);
        EXPECT_EQ(values(p.get())[0], -INFINITY) << kind;
    }
}

// torch.maximum: NaN wins, and stays
TEST(formula, amsgrad_keeps_nan)
{
    Tensor p = doubles({1}, {1}), nan = doubles({1}, {NAN}), one = doubles({1}, {1});
    torsh_tensor_set_requires_grad(p.get(), true);
    torsh_tensor_t *list = p.get(), *m = nullptr, *v = nullptr, *top = nullptr;
    int64_t steps = 0;
    const torsh_tensor_t *g = nan.get();
    ASSERT_EQ(
        torsh_optim_adam_step(&list, &g, &m, &v, &top, &steps, 1, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0, nullptr),
        TORSH_OK);
    g = one.get();
    ASSERT_EQ(
        torsh_optim_adam_step(&list, &g, &m, &v, &top, &steps, 1, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0, nullptr),
        TORSH_OK);
    EXPECT_TRUE(std::isnan(values(top)[0]));
    EXPECT_EQ(steps, 2);
    for (torsh_tensor_t *t : {m, v, top})
        torsh_tensor_free(t);
}
