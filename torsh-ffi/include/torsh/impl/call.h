/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every operator's _with_error function behind one signature: what tools/opgen generates for the bindings and
 * the tests that choose an operator at run time. */
#ifndef TORSH_IMPL_CALL_H
#define TORSH_IMPL_CALL_H

#include <torsh.h>

/* One argument, ready for the C ABI. */
typedef struct torsh__value {
    union {
        torsh_tensor_t *tensor;
        torsh_scalar_t scalar;
        int64_t i;
        double f;
        int flag; /* also layouts and memory formats */
        struct {
            const int64_t *v;
            int n;
        } dims;
        struct {
            const torsh_tensor_t *const *v;
            int n;
        } list;
        torsh_dtype_t dtype;
        torsh_device_t device;
        const char *text;
        torsh_generator_t *generator;
    };
    bool given; /* optional numbers and dims: not None */
} torsh__value_t;

/* v: the schema's arguments in order, then those of out=. The first result is returned (a list of tensors as
 * if it were a tensor), the others go to more[]. */
typedef torsh_tensor_t *(*torsh__trampoline_t)(const torsh__value_t *v, torsh_tensor_t **more,
                                               torsh_error_t **error);

#endif
