/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a container leaves us. The files are arguments for the tests' sake. */
#ifndef TORSH_CORE_CGROUP_H
#define TORSH_CORE_CGROUP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Cores that the CPU quota is worth, rounded up; 0: no quota.
 * proc: "/proc/self/cgroup", root: "/sys/fs/cgroup" */
int torsh__cgroup_cpus(const char *proc, const char *root);
/* Bytes of memory allowed; 0: no limit. */
int64_t torsh__cgroup_memory(const char *proc, const char *root);

#ifdef __cplusplus
}
#endif
#endif
