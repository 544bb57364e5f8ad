/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A small static program: the tensor library and the CPU's kernels, no autograd, two operators. */
#include <math.h>
#include <stdio.h>

#include <torsh/backend_cpu.h>
#include <torsh/ops.h>

int main(void)
{
    const float data[] = {1, 2, 3, 4};
    const int64_t shape[] = {2, 2};
    if (torsh__backend_cpu_register() != TORSH_OK)
        return 1;
    torsh_tensor_t *a = torsh_tensor_from_array(data, shape, 2, TORSH_F32);
    torsh_tensor_t *b = torsh_add(a, a), *c = torsh_mm(a, b);
    if (!c) {
        fprintf(stderr, "%s\n", torsh_error_message(torsh_last_error()));
        return 1;
    }
    const float *p = torsh_tensor_data_ptr(c);
    printf("%g %g %g %g\n", p[0], p[1], p[2], p[3]);
    int right = p[0] == 14 && p[3] == 44;
    torsh_tensor_free(a), torsh_tensor_free(b), torsh_tensor_free(c);
    return !right;
}
