/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* DLPack: memory shared with any other library. */
#ifndef TORSH_PYTHON_DLPACK_H
#define TORSH_PYTHON_DLPACK_H

#include "py.h"

extern PyMethodDef torsh__dlpack_methods[];
extern PyMethodDef torsh__dlpack_functions[];

#endif
