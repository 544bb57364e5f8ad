/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two-dimensional convolution and its gradients, one build per instruction set. */
#ifndef TORSH_BACKEND_CPU_CONV_H
#define TORSH_BACKEND_CPU_CONV_H

#include <torsh/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All operands are contiguous. input [n, ci, h, w]; weight [co, ci / groups, kh, kw]; output [n, co, ho, wo],
 * where ho = (h + 2 padding - dilation (kh - 1) - 1) / stride + 1; ci and co are multiples of groups. dtype:
 * f32, f64; f16 and bf16, which are computed in float and rounded once. */
typedef struct torsh__conv2d {
    int64_t n, ci, h, w, co, kh, kw, ho, wo;
    int64_t stride[2], padding[2], dilation[2], groups;
    torsh_dtype_t dtype;
    const void *input, *weight;
    const void *bias; /* [co] or NULL */
    void *output;
} torsh__conv2d_t;

/* Forward reads input, weight, bias; backward_input reads weight; backward_weight reads input. What is not
 * read may be NULL. As with products, the result does not depend on the number of threads. Uses the calling
 * thread's scratch memory, so a caller keeps nothing there. NOT_IMPLEMENTED for other dtypes, MEMORY when
 * there is no memory for scratch or copies. */
#define TORSH__CONV_DECLARE(isa)                                                                             \
    torsh_status_t torsh__conv2d_##isa(const torsh__conv2d_t *c, const torsh_host_t *host);                  \
    torsh_status_t torsh__conv2d_backward_input_##isa(const torsh__conv2d_t *c, const void *grad_output,     \
                                                      void *grad_input, const torsh_host_t *host);           \
    torsh_status_t torsh__conv2d_backward_weight_##isa(const torsh__conv2d_t *c, const void *grad_output,    \
                                                       void *grad_weight, const torsh_host_t *host);
TORSH__CONV_DECLARE(base)
TORSH__CONV_DECLARE(avx2)
TORSH__CONV_DECLARE(avx512)
#undef TORSH__CONV_DECLARE

#ifdef __cplusplus
}
#endif
#endif
