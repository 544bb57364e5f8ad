/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What norm.c and batch_norm.c share. */
#ifndef TORSH_CPU_NORM_H
#define TORSH_CPU_NORM_H

#include "cpu.h"
#include "float_value.h"

#define torsh__cpu_run_batch_norm CPU_NAME(torsh__cpu_run_batch_norm)
torsh_status_t torsh__cpu_run_batch_norm(const torsh_call_t *call);

#endif
