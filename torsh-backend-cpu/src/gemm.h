/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Matrix product C = act(beta C + alpha A B + bias), one build per instruction set. */
#ifndef TORSH_BACKEND_CPU_GEMM_H
#define TORSH_BACKEND_CPU_GEMM_H

#include <torsh/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A is m x k, B is k x n, C is m x n; strides in elements, any value (0 and negative too) for A and B.
 * dtype: f32, f64; f16, bf16 (added up in float, rounded once); u8, i8, i16, i32, i64 (wrapping).
 * C must not overlap A or B. beta 0 does not read C. k 0 leaves beta C + bias. */
typedef struct torsh__gemm {
    int64_t m, n, k;
    const void *a;
    int64_t a_rs, a_cs; /* from one row to the next, from one column to the next */
    const void *b;
    int64_t b_rs, b_cs;
    void *c;
    int64_t c_rs;       /* the columns of C are contiguous */
    double alpha, beta; /* integers: truncated to int64 */
    const void *bias;   /* of the dtype, one value a column; NULL: none */
    int64_t bias_stride;
    int relu; /* 1: negative results become 0, NaN stays */
    torsh_dtype_t dtype;
    int64_t batch; /* independent products; 1 for one */
    int64_t a_bs, b_bs, c_bs;
} torsh__gemm_t;

/* The result does not depend on the number of threads: work is cut by shape alone. A few rows or columns,
 * small, and large products go different ways, which round differently. Uses the calling thread's scratch
 * memory, so a caller keeps nothing there. NOT_IMPLEMENTED for other dtypes, MEMORY when there is no scratch
 * memory. */
torsh_status_t torsh__gemm_base(const torsh__gemm_t *g, const torsh_host_t *host);
torsh_status_t torsh__gemm_avx2(const torsh__gemm_t *g, const torsh_host_t *host);
torsh_status_t torsh__gemm_avx512(const torsh__gemm_t *g, const torsh_host_t *host);

/* Inside a build for one instruction set, names without a suffix mean that set's. */
#ifdef ISA
#define TORSH__PASTE_(a, b) a##_##b
#define TORSH__PASTE(a, b) TORSH__PASTE_(a, b)
#define torsh__gemm(g, host) TORSH__PASTE(torsh__gemm, ISA)(g, host)
#endif

#ifdef __cplusplus
}
#endif
#endif
