/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One step of an optimizer over all parameters of a group; Python keeps the state. */
#ifndef TORSH_PYTHON_OPTIM_H
#define TORSH_PYTHON_OPTIM_H

#include "py.h"

extern PyMethodDef torsh__optim_functions[];

#endif
