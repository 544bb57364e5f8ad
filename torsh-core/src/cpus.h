/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_CORE_CPUS_H
#define TORSH_CORE_CPUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* TORSH_NUM_THREADS, else the cores that affinity and the container's quota leave; at least 1. */
int torsh__usable_cpus(void);

#ifdef __cplusplus
}
#endif
#endif
