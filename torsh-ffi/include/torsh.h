/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ToRSh: PyTorch's programming model in C.
 *
 *     #include <stdio.h>
 *     #include <torsh.h>
 *
 *     int main(void)
 *     {
 *         float x[] = {1, 2, 3}, y[] = {4, 5, 6};
 *         int64_t shape[] = {3};
 *         torsh_tensor_t *a = torsh_tensor_from_array(x, shape, 1, TORSH_F32);
 *         torsh_tensor_t *b = torsh_tensor_from_array(y, shape, 1, TORSH_F32);
 *         torsh_tensor_t *c = torsh_add(a, b);
 *         printf("%g\n", ((float *)torsh_tensor_data_ptr(c))[2]);  // 9
 *         torsh_tensor_free(a), torsh_tensor_free(b), torsh_tensor_free(c);
 *     }
 *
 * Arguments are borrowed, results are yours: free them. NULL as a result means failure: torsh_last_error()
 * says why, and as long as nobody has read it, further calls on NULL do nothing, so that calls nest without a
 * check at each step. Every operator also has a form torsh_<op>_with_error with all arguments of PyTorch's
 * schema. See docs/c.md. */
#ifndef TORSH_H
#define TORSH_H

#include <stdio.h>

#include <torsh/autograd.h>
#include <torsh/core.h>
#include <torsh/io.h>
#include <torsh/nn.h>
#include <torsh/ops.h>
#include <torsh/optim.h>
#include <torsh/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Optional, counted. The last cleanup waits for devices and frees caches; tensors that are still held stay
 * valid. */
TORSH_API torsh_status_t torsh_init(void);
TORSH_API void torsh_cleanup(void);

/* Sets of kernels, e.g. "cpu" and "cpu-portable": writes up to max names, returns how many there are. */
TORSH_API int torsh_list_backends(const char **names, int max);
/* Uses this one first for its kind of device. VALUE if there is none of that name. */
TORSH_API torsh_status_t torsh_set_backend(const char *name);
/* The one in use for TORSH_CPU, …; NULL if there is none. */
TORSH_API const char *torsh_get_backend(int device_kind);

#ifdef __cplusplus
}
#endif
#endif
