/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every operator's _with_error function behind one signature, generated from the operator table. In C, where
 * any number may stand for an enum. */
#ifndef TORSH_FFI_TESTS_OP_CALL_H
#define TORSH_FFI_TESTS_OP_CALL_H

#include <torsh.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An argument as the generated callers take it. */
typedef struct {
    union {
        torsh_tensor_t *tensor;
        torsh_scalar_t scalar;
        int64_t i;
        double f;
        int flag;
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
    bool given;
} torsh__value_t;

typedef struct {
    const char *name, *kinds;
    torsh_tensor_t *(*call)(const torsh__value_t *v, torsh_tensor_t **more, torsh_error_t **error);
    int n_results;
    bool returns_list;
} op_call_t;

extern const op_call_t op_calls[];
extern const int n_op_calls;

#ifdef __cplusplus
}
#endif
#endif
