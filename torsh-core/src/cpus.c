/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#include "cpus.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "cgroup.h"

enum { MAX_THREADS = 1024 };

/* Machines with more cores than cpu_set_t holds refuse the small set: a larger one is tried. */
static int cpus_of_affinity(void)
{
    for (int n = 1024; n <= 1 << 20; n *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)n);
        if (!set)
            break;
        int failed = sched_getaffinity(0, CPU_ALLOC_SIZE((size_t)n), set);
        int cpus = failed ? 0 : CPU_COUNT_S(CPU_ALLOC_SIZE((size_t)n), set);
        CPU_FREE(set);
        if (cpus > 0)
            return cpus;
    }
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int torsh__usable_cpus(void)
{
    int cpus = 0;
    const char *text = getenv("TORSH_NUM_THREADS");
    if (text && *text) {
        char *end;
        long n = strtol(text, &end, 10);
        if (*end == 0 && n >= 1)
            cpus = n < MAX_THREADS ? (int)n : MAX_THREADS;
    }
    if (cpus == 0) {
        int quota = torsh__cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
        cpus = cpus_of_affinity();
        if (quota > 0 && quota < cpus)
            cpus = quota;
    }
    return cpus < 1 ? 1 : cpus < MAX_THREADS ? cpus : MAX_THREADS;
}
