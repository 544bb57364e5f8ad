/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "op_call.h"

#include <op_calls.h>

const int n_op_calls = sizeof op_calls / sizeof *op_calls;
