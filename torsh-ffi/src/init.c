/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What makes the separate libraries one: built-in backends and autograd are registered when libtorsh is
 * loaded. */
#include <torsh.h>

#include <torsh/backend_cpu.h>
#include <torsh/impl/autograd.h>
#include <torsh/impl/core.h>

static int32_t users;

/* An explicit list: the order of registration is the order of torsh_list_backends. In libtorsh nothing is
 * dropped, for all of it is linked whole, so here a constructor may call it. */
__attribute__((constructor)) static void register_all(void)
{
    torsh__autograd_register();
    if (torsh__backend_cpu_register() != TORSH_OK)
        fprintf(stderr, "torsh: %s\n", torsh_error_message(torsh_last_error()));
}

torsh_status_t torsh_init(void)
{
    __atomic_fetch_add(&users, 1, __ATOMIC_RELAXED);
    return TORSH_OK;
}

void torsh_cleanup(void)
{
    if (__atomic_fetch_sub(&users, 1, __ATOMIC_ACQ_REL) > 1)
        return;
    const torsh_backend_t *backends[16];
    int n = torsh__backends(backends, 16);
    for (int i = 0; i < n && i < 16; i++)
        for (int d = 0; d < backends[i]->device_count(); d++) {
            backends[i]->synchronize(d);
            torsh__block_trim((torsh_device_t){backends[i]->device_kind, d});
        }
    torsh__objects_trim();
    torsh__pool_stop();
}

int torsh_list_backends(const char **names, int max)
{
    const torsh_backend_t *backends[64];
    int n = torsh__backends(backends, 64);
    for (int i = 0; i < n && i < max; i++)
        names[i] = backends[i]->name;
    return n;
}

torsh_status_t torsh_set_backend(const char *name)
{
    return name ? torsh__backend_use(name) : torsh__fail(TORSH_ERR_NULL, "set_backend: the name is NULL");
}

const char *torsh_get_backend(int device_kind)
{
    const torsh_backend_t *b = torsh__backend(device_kind);
    return b ? b->name : NULL;
}
