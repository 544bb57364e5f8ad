/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_BACKEND_CPU_H
#define TORSH_BACKEND_CPU_H

#include <torsh/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Adds the backends "cpu" (the widest instruction set of this machine) and "cpu-portable" (baseline). Once is
 * enough. */
TORSH_API torsh_status_t torsh__backend_cpu_register(void);

#ifdef __cplusplus
}
#endif
#endif
