/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the modules torsh.vulkan and its like ask about devices. */
#ifndef TORSH_PYTHON_DEVICES_H
#define TORSH_PYTHON_DEVICES_H

#include "py.h"

extern PyMethodDef torsh__devices_functions[];

#endif
