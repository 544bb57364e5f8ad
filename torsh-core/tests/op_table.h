// SPDX-License-Identifier: MIT OR Apache-2.0
// The operators that core's tests know; in programs the table is generated. Include it once in a program.
#ifndef TORSH_CORE_TESTS_OP_TABLE_H
#define TORSH_CORE_TESTS_OP_TABLE_H

#include <torsh/impl/core.h>

enum { OP_ADD, OP_MUL, OP_RELU };

extern "C" {
const torsh__op_name_t torsh__op_names[] = {
    {"add.Tensor", "add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"},
    {"mul.Tensor", "mul.Tensor(Tensor self, Tensor other) -> Tensor"},
    {"relu", "relu(Tensor self) -> Tensor"},
};
const int torsh__n_ops = 3;
}

#endif
