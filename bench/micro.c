/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What calls of the C ABI cost beside their work, one thread: "name nanoseconds" a line, the best of several
 * runs. Exits with 1 if a result is wrong. */
#include <stdio.h>
#include <time.h>

#include <torsh.h>

enum { CALLS = 20000, RUNS = 7 };

static torsh_tensor_t *a, *b, *leaf, *big;
static int wrong;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void add(void)
{
    torsh_tensor_free(torsh_add(a, b));
}

static void add_recorded(void)
{
    torsh_tensor_free(torsh_add(leaf, b));
}

static void add_in_place(void)
{
    torsh_tensor_free(torsh_add__with_error(a, b, torsh_scalar_i(0), NULL));
}

static void alloc_and_free(void)
{
    torsh_tensor_free(torsh_empty_like(a));
}

static void alloc_and_free_1M(void)
{
    torsh_tensor_free(torsh_empty_like(big));
}

static void view(void)
{
    torsh_tensor_free(torsh_alias(a));
}

static void item(void)
{
    torsh_scalar_t value;
    torsh_tensor_t *first = torsh_select(a, 0, 0);
    wrong |= torsh_tensor_item(first, &value) != TORSH_OK || value.v.f != 1;
    torsh_tensor_free(first);
}

static void sum(void)
{
    torsh_tensor_free(torsh_sum(a));
}

/* forward and backward of sum(leaf + b) */
static void backward_of_add(void)
{
    torsh_tensor_t *c = torsh_add(leaf, b), *loss = torsh_sum(c);
    wrong |= torsh_backward(loss, false) != TORSH_OK;
    torsh_tensor_free(c);
    torsh_tensor_free(loss);
    torsh_tensor_set_grad(leaf, NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
} benchmarks[] = {
    {"add", add},
    {"add_recorded", add_recorded},
    {"add_in_place", add_in_place},
    {"alloc_and_free", alloc_and_free},
    {"alloc_and_free_1M", alloc_and_free_1M},
    {"view", view},
    {"select_item", item},
    {"sum", sum},
    {"backward_of_add", backward_of_add},
};

static int equals(const torsh_tensor_t *t, float expected)
{
    const float *p = t ? torsh_tensor_data_ptr(t) : NULL;
    for (int i = 0; i < 4; i++)
        if (!p || p[i] != expected * (float)(i + 1))
            return 0;
    return 1;
}

/* What is timed below is right. */
static int check(void)
{
    torsh_tensor_t *c = torsh_add(a, b), *d = torsh_add(leaf, b), *loss = torsh_sum(d);
    int right = equals(c, 2) && torsh_backward(loss, false) == TORSH_OK;
    const torsh_tensor_t *grad = torsh_tensor_grad(leaf);
    for (int i = 0; i < 4; i++)
        right = right && grad && ((const float *)torsh_tensor_data_ptr(grad))[i] == 1;
    torsh_tensor_free(c);
    torsh_tensor_free(d);
    torsh_tensor_free(loss);
    torsh_tensor_set_grad(leaf, NULL);
    return right;
}

int main(void)
{
    const float values[] = {1, 2, 3, 4};
    const int64_t shape[] = {4}, large[] = {1 << 20};
    torsh_set_num_threads(1);
    a = torsh_tensor_from_array(values, shape, 1, TORSH_F32);
    b = torsh_tensor_from_array(values, shape, 1, TORSH_F32);
    leaf = torsh_tensor_from_array(values, shape, 1, TORSH_F32);
    big = torsh_zeros(large, 1);
    torsh_tensor_set_requires_grad(leaf, true);
    if (!big || !check()) {
        const torsh_error_t *error = torsh_last_error();
        fprintf(stderr, "micro: %s\n", error ? torsh_error_message(error) : "wrong results");
        return 1;
    }
    for (size_t i = 0; i < sizeof benchmarks / sizeof *benchmarks; i++) {
        double best = 1e30;
        for (int r = 0; r < RUNS; r++) {
            const double begin = now();
            for (int n = 0; n < CALLS; n++)
                benchmarks[i].run();
            const double each = (now() - begin) / CALLS;
            best = each < best ? each : best;
        }
        printf("%s %.1f\n", benchmarks[i].name, best);
    }
    wrong |= !equals(a, 1) || torsh_last_error() != NULL;
    torsh_tensor_free(a);
    torsh_tensor_free(b);
    torsh_tensor_free(leaf);
    torsh_tensor_free(big);
    return wrong;
}
