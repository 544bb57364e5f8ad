/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What programs ask about devices, and waiting for them. */
#include <string.h>

#include <torsh/impl/core.h>

static torsh_status_t no_place(const char *function)
{
    return torsh__fail(TORSH_ERR_NULL, "%s: out is NULL", function);
}

int torsh_device_count(int kind)
{
    torsh_device_t device = {kind, 0};
    if (kind < 0 || kind >= TORSH_DEVICE_KINDS)
        return 0;
    if (kind == TORSH_META)
        return 1;
    bool earlier_error = torsh__has_error();
    if (torsh__device_check(&device) == TORSH_OK)
        return torsh__backend(kind)->device_count();
    if (!earlier_error) /* there are none: an answer */
        torsh_clear_error();
    return 0;
}

torsh_status_t torsh_device_properties(torsh_device_t device, torsh_device_properties_t *out)
{
    if (!out)
        return no_place("device_properties");
    TRY(torsh__device_check(&device));
    if (device.kind == TORSH_META)
        return torsh__fail(TORSH_ERR_DEVICE, "device_properties: the meta device has none");
    return torsh__backend(device.kind)->properties(device.index, out);
}

torsh_status_t torsh_device_memory(torsh_device_t device, torsh_device_memory_t *out)
{
    if (!out)
        return no_place("device_memory");
    TRY(torsh__device_check(&device));
    torsh__memory_stats_t stats = torsh__memory_stats(device);
    *out = (torsh_device_memory_t){stats.allocated, stats.reserved, stats.peak_allocated};
    return TORSH_OK;
}

torsh_status_t torsh_device_counters(torsh_device_t device, torsh_device_counters_t *out)
{
    if (!out)
        return no_place("device_counters");
    TRY(torsh__device_check(&device));
    const torsh_backend_t *backend = torsh__backend(device.kind);
    memset(out, 0, sizeof *out);
    return backend && backend->counters ? backend->counters(device.index, out) : TORSH_OK;
}

torsh_status_t torsh_device_synchronize(torsh_device_t device)
{
    TRY(torsh__device_check(&device));
    const torsh_backend_t *backend = torsh__backend(device.kind);
    return backend ? backend->synchronize(device.index) : TORSH_OK;
}
