/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loads the network that examples/python/train_digits.py trained, runs it on the test digits, and compares
 * its logits with Python's, bit by bit.   predict_digits [FOLDER] (default: this one) */
#include <stdio.h>
#include <string.h>

#include <torsh.h>

static int failed(const char *what)
{
    const torsh_error_t *error = torsh_last_error();
    fprintf(stderr, "%s: %s\n", what, error ? torsh_error_message(error) : "failed");
    return 1;
}

static torsh_module_t *network(void)
{
    torsh_module_t *net = torsh_sequential_new();
    torsh_sequential_add(net, torsh_conv2d_new(1, 32, 3, 1, 1));
    torsh_sequential_add(net, torsh_relu_new());
    torsh_sequential_add(net, torsh_conv2d_new(32, 64, 3, 1, 1));
    torsh_sequential_add(net, torsh_relu_new());
    torsh_sequential_add(net, torsh_max_pool2d_new(2, 2, 0));
    torsh_sequential_add(net, torsh_flatten_new());
    torsh_sequential_add(net, torsh_dropout_new(0.4));
    torsh_sequential_add(net, torsh_linear_new(1024, 128, true));
    torsh_sequential_add(net, torsh_relu_new());
    torsh_sequential_add(net, torsh_dropout_new(0.3));
    torsh_sequential_add(net, torsh_linear_new(128, 10, true));
    return net;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    char path[4096];
    torsh_error_t *error = NULL;
    snprintf(path, sizeof path, "%s/digits.pt", folder);
    torsh_state_t *weights = torsh_load(path, &error), *test = NULL;
    snprintf(path, sizeof path, "%s/digits_test.pt", folder);
    if (weights)
        test = torsh_load(path, &error);
    if (!test) {
        fprintf(stderr, "%s\n", error ? torsh_error_message(error) : "cannot load");
        return 1;
    }
    torsh_module_t *net = network();
    if (!net || torsh_module_load_state(net, weights, true, NULL) != TORSH_OK)
        return failed("load_state");
    torsh_module_train(net, false);
    bool was = torsh_set_grad_enabled(false);
    torsh_tensor_t *logits = torsh_module_forward(net, torsh_state_get(test, "x"));
    if (!logits)
        return failed("forward");

    const torsh_tensor_t *expected = torsh_state_get(test, "logits");
    size_t bytes = (size_t)torsh_tensor_numel(logits) * sizeof(float);
    bool same = expected && torsh_tensor_numel(expected) == torsh_tensor_numel(logits) &&
                memcmp(torsh_tensor_data_ptr(logits), torsh_tensor_data_ptr(expected), bytes) == 0;

    torsh_tensor_t *predicted = torsh_argmax_with_error(logits, (const int64_t[]){1}, false, NULL);
    torsh_tensor_t *right = torsh_eq(predicted, torsh_state_get(test, "y"));
    torsh_tensor_t *count = torsh_sum(right);
    torsh_scalar_t n;
    if (torsh_tensor_item(count, &n) != TORSH_OK)
        return failed("count");
    printf("C: %lld of %lld test digits are right; logits %s Python's to the last bit\n", (long long)n.v.i,
           (long long)torsh_tensor_numel(predicted), same ? "equal" : "DIFFER from");
    torsh_tensor_free(logits);
    torsh_tensor_free(predicted);
    torsh_tensor_free(right);
    torsh_tensor_free(count);
    torsh_module_free(net);
    torsh_state_free(weights);
    torsh_state_free(test);
    torsh_set_grad_enabled(was);
    return same ? 0 : 1;
}
