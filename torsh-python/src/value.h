/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* save and load: Python's values as C's, and back. */
#ifndef TORSH_PYTHON_VALUE_H
#define TORSH_PYTHON_VALUE_H

#include "py.h"

extern PyMethodDef torsh__value_functions[];

#endif
