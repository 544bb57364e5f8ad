/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The calls that documents show, as they stand there. */
#include <gtest/gtest.h>
#include <torsh.h>

TEST(published, add)
{
    torsh_init();
    float data[] = {1, 2, 3, 4};
    int64_t shape[] = {2, 2};
    torsh_tensor_t *a = torsh_tensor_from_array(data, shape, 2, TORSH_F32);
    torsh_tensor_t *b = torsh_tensor_from_array(data, shape, 2, TORSH_F32);
    torsh_tensor_t *c = torsh_add(a, b);
    ASSERT_NE(c, nullptr);
    EXPECT_EQ(static_cast<float *>(torsh_tensor_data_ptr(c))[3], 8);
    torsh_tensor_free(a);
    torsh_tensor_free(b);
    torsh_tensor_free(c);
    torsh_cleanup();
}

TEST(published, train_a_step)
{
    torsh_module_t *model = torsh_sequential_new();
    torsh_sequential_add(model, torsh_linear_new(784, 128, true));
    torsh_sequential_add(model, torsh_relu_new());
    torsh_sequential_add(model, torsh_linear_new(128, 10, true));
    torsh_optimizer_t *adam = torsh_adam_new(torsh_module_parameters(model), 0.001, 0.9, 0.999, 1e-8);
    ASSERT_NE(adam, nullptr);
    const int64_t shape[] = {4, 784}, ids[] = {1, 2, 3, 4}, four = 4;
    torsh_tensor_t *x = torsh_rand(shape, 2), *y = torsh_tensor_from_array(ids, &four, 1, TORSH_I64);
    double first = 0, last = 0;
    for (int step = 0; step < 20; step++) {
        torsh_optimizer_zero_grad(adam);
        torsh_tensor_t *out = torsh_module_forward(model, x), *loss = torsh_cross_entropy(out, y);
        ASSERT_NE(loss, nullptr) << torsh_error_message(torsh_last_error());
        ASSERT_EQ(torsh_backward(loss, false), TORSH_OK);
        torsh_optimizer_step(adam);
        torsh_scalar_t value;
        ASSERT_EQ(torsh_tensor_item(loss, &value), TORSH_OK);
        (step ? last : first) = value.v.f;
        torsh_tensor_free(out);
        torsh_tensor_free(loss);
    }
    EXPECT_LT(last, first / 2);
    torsh_tensor_free(x);
    torsh_tensor_free(y);
    torsh_optimizer_free(adam);
    torsh_module_free(model);
}

TEST(published, errors)
{
    float data[] = {1, 2, 3, 4, 5, 6};
    int64_t shape[] = {2, 3};
    torsh_tensor_t *a = torsh_tensor_from_array(data, shape, 2, TORSH_F32);
    torsh_error_t *error = NULL;
    torsh_tensor_t *c = torsh_matmul_with_error(a, a, &error);
    EXPECT_EQ(c, nullptr);
    ASSERT_NE(error, nullptr);
    EXPECT_NE(strstr(torsh_error_message(error), "2x3"), nullptr) << torsh_error_message(error);
    EXPECT_EQ(torsh_error_status(error), TORSH_ERR_SHAPE);
    torsh_error_free(error);
    /* calls nest without a check at each step: the first failure stays */
    EXPECT_EQ(torsh_add(torsh_matmul(a, a), a), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_SHAPE);
    torsh_clear_error();
    EXPECT_EQ(torsh_add(NULL, a), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_NULL);
    torsh_clear_error();
    torsh_tensor_release(a);
}

TEST(published, pool)
{
    void *p = torsh_malloc(100);
    torsh_free(p);
    torsh_memory_pool_t *pool = torsh_memory_pool_new(1 << 20);
    const int64_t shape[] = {2, 3}, huge[] = {1 << 20};
    torsh_tensor_t *t = torsh_tensor_from_pool(pool, shape, 2, TORSH_F32);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(torsh_tensor_from_pool(pool, huge, 1, TORSH_F32), nullptr);
    EXPECT_EQ(torsh_error_status(torsh_last_error()), TORSH_ERR_MEMORY);
    torsh_clear_error();
    torsh_tensor_retain(t);
    torsh_memory_pool_free(pool);
    EXPECT_EQ(static_cast<float *>(torsh_tensor_data_ptr(t))[5], 0); /* what was retained lives on */
    torsh_tensor_release(t);
}
