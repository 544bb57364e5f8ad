/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Reads up to two numbers of a file; "max" and "-1" leave them as they are. Returns how many it read. */
static int read_numbers(const char *folder, const char *file, int64_t *a, int64_t *b)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    int n = fscanf(f, "%" SCNd64 " %" SCNd64, a, b);
    fclose(f);
    return n > 0 ? n : 0;
}

static int64_t min_limit(int64_t a, int64_t b)
{
    return a <= 0 ? b : b <= 0 ? a : a < b ? a : b;
}

static int64_t cpus_of_folder(const char *folder)
{
    int64_t quota = 0, period = 0, unused;
    if (read_numbers(folder, "cpu.max", &quota, &period) < 2 &&           /* version 2 */
        (read_numbers(folder, "cpu.cfs_quota_us", &quota, &unused) < 1 || /* version 1 */
         read_numbers(folder, "cpu.cfs_period_us", &period, &unused) < 1))
        return 0;
    return quota > 0 && period > 0 ? (quota - 1) / period + 1 : 0;
}

static int64_t memory_of_folder(const char *folder)
{
    int64_t bytes = 0, unused;
    if (read_numbers(folder, "memory.max", &bytes, &unused) < 1 &&
        read_numbers(folder, "memory.limit_in_bytes", &bytes, &unused) < 1)
        return 0;
    return bytes < INT64_MAX / 2 ? bytes : 0; /* version 1 writes a huge number for "none" */
}

/* The smallest limit of the group at `path` and of those above it, up to `mount`. Inside a container the path
 * may be the host's and lead nowhere: the mount's own root then holds what concerns us. */
static int64_t limit_along(const char *mount, char *path, int64_t (*limit_of)(const char *folder))
{
    char folder[PATH_MAX];
    int64_t limit = 0;
    for (;;) {
        if (snprintf(folder, sizeof folder, "%s%s", mount, path) < (int)sizeof folder)
            limit = min_limit(limit, limit_of(folder));
        char *slash = strrchr(path, '/');
        if (!slash)
            return limit;
        *slash = 0;
    }
}

/* `controller` in "cpu,cpuacct" */
static bool names_controller(const char *list, const char *controller)
{
    size_t bytes = strlen(controller);
    for (const char *p = list; (p = strstr(p, controller)); p += bytes)
        if ((p == list || p[-1] == ',') && (p[bytes] == ',' || p[bytes] == 0))
            return true;
    return false;
}

/* Lines of the file are "id:controllers:path"; version 2 has no controllers there. */
static int64_t limit(const char *proc, const char *root, const char *controller,
                     int64_t (*limit_of)(const char *folder))
{
    FILE *f = fopen(proc, "re");
    if (!f)
        return 0;
    int64_t result = 0;
    char line[PATH_MAX], mount[PATH_MAX];
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        controllers++;
        *path++ = 0;
        bool version_2 = *controllers == 0;
        if (!version_2 && !names_controller(controllers, controller))
            continue;
        int n = version_2 ? snprintf(mount, sizeof mount, "%s", root)
                          : snprintf(mount, sizeof mount, "%s/%s", root, controller);
        if (n < (int)sizeof mount)
            result = min_limit(result, limit_along(mount, path, limit_of));
    }
    fclose(f);
    return result;
}

int torsh__cgroup_cpus(const char *proc, const char *root)
{
    int64_t cpus = limit(proc, root, "cpu", cpus_of_folder);
    return cpus < INT_MAX ? (int)cpus : 0;
}

int64_t torsh__cgroup_memory(const char *proc, const char *root)
{
    return limit(proc, root, "memory", memory_of_folder);
}
