/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trains a two-layer network on handwritten digits in C alone.
 *
 *     train_mlp [DATA]          trains, and says how many test images it gets right
 *     train_mlp DATA FILE       saves the network there as well
 *     train_mlp DATA --load FILE   tests a saved one instead
 *
 * The same program stands in examples/python, ruby and java: all print the same numbers, and load each
 * other's files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <torsh.h>

enum { PIXELS = 64, CLASSES = 10, ROOM = 2000, EPOCHS = 30, BATCH = 32 };

typedef struct digits {
    float x[ROOM][PIXELS];
    int64_t y[ROOM];
    int64_t n;
} digits_t;

static digits_t train, test;

/* Every fourth image is a test image. */
static int read_digits(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return 1;
    }
    char line[1024];
    for (int64_t i = 0; fgets(line, sizeof line, file); i++) {
        digits_t *set = i % 4 == 3 ? &test : &train;
        char *at = line;
        for (int p = 0; p < PIXELS && set->n < ROOM; p++, at++)
            set->x[set->n][p] = (float)strtol(at, &at, 10) / 16;
        set->y[set->n++] = strtol(at, &at, 10);
    }
    fclose(file);
    return 0;
}

static int failed(const char *what)
{
    const torsh_error_t *error = torsh_last_error();
    fprintf(stderr, "%s: %s\n", what, error ? torsh_error_message(error) : "failed");
    return 1;
}

static double accuracy(torsh_module_t *net)
{
    const int64_t shape[] = {test.n, PIXELS};
    torsh_scalar_t right = torsh_scalar_i(-1);
    bool was = torsh_set_grad_enabled(false);
    torsh_tensor_t *x = torsh_tensor_from_array(test.x, shape, 2, TORSH_F32);
    torsh_tensor_t *y = torsh_tensor_from_array(test.y, shape, 1, TORSH_I64);
    torsh_tensor_t *logits = torsh_module_forward(net, x);
    torsh_tensor_t *predicted = torsh_argmax_with_error(logits, (const int64_t[]){1}, false, NULL);
    torsh_tensor_t *same = torsh_eq(predicted, y), *sum = torsh_sum(same);
    torsh_tensor_item(sum, &right);
    const float *first = torsh_tensor_data_ptr(logits);
    printf("logits of the first test image");
    for (int c = 0; first && c < CLASSES; c++)
        printf(" %.9g", first[c]);
    printf("\n");
    torsh_tensor_free(x), torsh_tensor_free(y), torsh_tensor_free(logits);
    torsh_tensor_free(predicted), torsh_tensor_free(same), torsh_tensor_free(sum);
    torsh_set_grad_enabled(was);
    return 100.0 * (double)right.v.i / (double)test.n;
}

static int fit(torsh_module_t *net)
{
    torsh_optimizer_t *adam = torsh_adam_new(torsh_module_parameters(net), 0.002, 0.9, 0.999, 1e-8);
    const int64_t shape[] = {train.n, PIXELS};
    torsh_tensor_t *x = torsh_tensor_from_array(train.x, shape, 2, TORSH_F32);
    torsh_tensor_t *y = torsh_tensor_from_array(train.y, shape, 1, TORSH_I64);
    if (!adam || !x || !y)
        return failed("setting up");

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        torsh_tensor_t *order = torsh_randperm(train.n);
        double total = 0;
        for (int64_t start = 0; start < train.n; start += BATCH) {
            int64_t length = train.n - start < BATCH ? train.n - start : BATCH;
            torsh_tensor_t *picked = torsh_narrow(order, 0, start, length);
            torsh_tensor_t *xb = torsh_index_select(x, 0, picked), *yb = torsh_index_select(y, 0, picked);
            torsh_optimizer_zero_grad(adam);
            torsh_tensor_t *out = torsh_module_forward(net, xb), *loss = torsh_cross_entropy(out, yb);
            torsh_scalar_t value;
            if (torsh_backward(loss, false) != TORSH_OK || torsh_optimizer_step(adam) != TORSH_OK ||
                torsh_tensor_item(loss, &value) != TORSH_OK)
                return failed("a step");
            total += value.v.f * (double)length;
            torsh_tensor_free(picked), torsh_tensor_free(xb), torsh_tensor_free(yb);
            torsh_tensor_free(out), torsh_tensor_free(loss);
        }
        torsh_tensor_free(order);
        if (epoch % 5 == 4)
            printf("epoch %2d  loss %.17g\n", epoch + 1, total / (double)train.n);
    }
    torsh_tensor_free(x), torsh_tensor_free(y);
    torsh_optimizer_free(adam);
    return 0;
}

static int load(torsh_module_t *net, const char *path)
{
    torsh_state_t *state = torsh_load(path, NULL);
    if (!state || torsh_module_load_state(net, state, true, NULL) != TORSH_OK)
        return failed(path);
    torsh_state_free(state);
    return 0;
}

static int save(torsh_module_t *net, const char *path)
{
    torsh_state_t *state = torsh_module_state(net);
    if (!state || torsh_save(state, path, NULL) != TORSH_OK)
        return failed(path);
    torsh_state_free(state);
    return 0;
}

int main(int argc, char **argv)
{
    const bool loads = argc == 4 && strcmp(argv[2], "--load") == 0;
    if (read_digits(argc > 1 ? argv[1] : "examples/data/digits.csv"))
        return 1;
    torsh_manual_seed(0);
    torsh_module_t *net = torsh_sequential_new();
    torsh_sequential_add(net, torsh_linear_new(PIXELS, 128, true));
    torsh_sequential_add(net, torsh_relu_new());
    if (torsh_sequential_add(net, torsh_linear_new(128, CLASSES, true)) != TORSH_OK)
        return failed("the network");
    if (loads ? load(net, argv[3]) : fit(net))
        return 1;
    if (argc == 3 && save(net, argv[2]))
        return 1;
    printf("test accuracy %.2f %%\n", accuracy(net));
    torsh_module_free(net);
    return 0;
}
