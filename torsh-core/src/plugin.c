/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Backends in files of their own. They are opened when a device of their kind is first asked for, and stay.
 */
#define _GNU_SOURCE /* dladdr */
#include "plugin.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

typedef struct plugin {
    bool tried;
    torsh_status_t status;
    char why[512];
    union {
        torsh_backend_t backend;
        char room[4096]; /* one made for a later interface writes more, and is then refused */
    } u;
} plugin_t;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static plugin_t plugins[TORSH_DEVICE_KINDS];

static bool exists(const char *folder, size_t bytes, const char *name, char *path)
{
    int n = snprintf(path, PATH_BYTES, "%.*s/%s", (int)bytes, folder, name);
    return n > 0 && n < PATH_BYTES && access(path, R_OK) == 0;
}

static bool find_in_path(const char *name, char *path)
{
    const char *folders = getenv("TORSH_BACKEND_PATH");
    while (folders && *folders) {
        size_t bytes = strcspn(folders, ":");
        if (bytes > 0 && exists(folders, bytes, name, path))
            return true;
        folders += bytes + (folders[bytes] == ':');
    }
    return false;
}

static bool find_beside(const char *name, char *path)
{
    Dl_info info;
    if (!dladdr((void *)torsh__plugin_load, &info) || !info.dli_fname)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    return slash ? exists(info.dli_fname, (size_t)(slash - info.dli_fname), name, path)
                 : exists(".", 1, name, path);
}

static torsh_status_t open_plugin(plugin_t *p, const char *path, int32_t device_kind)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return torsh__fail(TORSH_ERR_DEVICE, "%s", dlerror());
    torsh_backend_init_t init = (torsh_backend_init_t)dlsym(library, "torsh_backend_init");
    if (!init)
        return torsh__fail(TORSH_ERR_DEVICE, "%s: it has no torsh_backend_init", path);
    TRY(init(&torsh__host, &p->u.backend));
    TRY(torsh__backend_register(&p->u.backend));
    if (p->u.backend.device_kind != device_kind)
        return torsh__fail(TORSH_ERR_DEVICE, "%s: its devices are of another kind", path);
    return TORSH_OK;
}

static void load(plugin_t *p, int32_t device_kind)
{
    char name[64], path[PATH_BYTES], kind[24];
    snprintf(name, sizeof name, "libtorsh-backend-%s.so",
             torsh_device_name((torsh_device_t){device_kind, -1}, kind));
    if (!find_in_path(name, path) && !find_beside(name, path))
        return;
    p->status = open_plugin(p, path, device_kind);
    if (p->status != TORSH_OK)
        snprintf(p->why, sizeof p->why, "%s", torsh_error_message(torsh_last_error()));
}

torsh_status_t torsh__plugin_load(int32_t device_kind)
{
    if (device_kind <= TORSH_CPU || device_kind >= TORSH_DEVICE_KINDS || device_kind == TORSH_META)
        return TORSH_OK;
    plugin_t *p = &plugins[device_kind];
    bool first = false;
    pthread_mutex_lock(&mutex);
    if (!p->tried) {
        first = p->tried = true;
        load(p, device_kind);
    }
    pthread_mutex_unlock(&mutex);
    return p->status == TORSH_OK || first ? p->status : torsh__fail(p->status, "%s", p->why);
}
