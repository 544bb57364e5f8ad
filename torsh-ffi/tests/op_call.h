/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All operators, generated from their table. In C, where any number may stand for an enum. */
#ifndef TORSH_FFI_TESTS_OP_CALL_H
#define TORSH_FFI_TESTS_OP_CALL_H

#include <torsh/impl/call.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *overload;           /* "max.dim", in place "add_.Tensor" */
    const char *name;               /* "torsh_max_dim" */
    const char *kinds, *names;      /* of the arguments, as tools/opgen calls them, with spaces between */
    const torsh__value_t *defaults; /* NULL: all bytes 0 */
    torsh__trampoline_t call;
    int n_args, n_required, n_results;
    bool returns_list;
} op_call_t;

extern const op_call_t op_calls[];
extern const int n_op_calls;

#ifdef __cplusplus
}

#include <iterator>
#include <sstream>
#include <string>
#include <vector>

// What is set off by spaces: an op_call_t's kinds and names.
inline std::vector<std::string> words(const std::string &text)
{
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}
#endif
#endif
