/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Settings of the process: default dtype, threads. */
#ifndef TORSH_PYTHON_SETTINGS_H
#define TORSH_PYTHON_SETTINGS_H

#include "py.h"

extern PyMethodDef torsh__settings_functions[];

#endif
