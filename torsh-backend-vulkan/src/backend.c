/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The plugin: what core gets to see. */
#include "vulkan.h"

const torsh_host_t *torsh__vk_host;

/* Lists of kernels: those of the operator table, and files of kernels written by hand. */
#define LISTS(X) X(extremum) X(index) X(loss) X(matmul) X(move) X(ops) X(optim) X(softmax)

#define X(name) extern const vk_list_t torsh__vk_##name##_kernels;
LISTS(X)
#undef X

static torsh_status_t properties(int32_t device, torsh_device_properties_t *out)
{
    *out = torsh__vk_devices[device].properties;
    return TORSH_OK;
}

/* Memory of the device is out of the host's reach. */
static void *map(int32_t device, void *handle)
{
    (void)device, (void)handle;
    return NULL;
}

/* A device has one stream: itself. */
static void *current_stream(int32_t device)
{
    return &torsh__vk_devices[device];
}

static torsh_status_t counters(int32_t device, torsh_device_counters_t *out)
{
    vk_device_t *d = &torsh__vk_devices[device];
    pthread_mutex_lock(&d->mutex);
    *out = d->counters;
    return vk_close(d, TORSH_OK);
}

static torsh_status_t collect(torsh_backend_t *backend)
{
#define X(name) &torsh__vk_##name##_kernels,
    static const vk_list_t *const lists[] = {LISTS(X)};
#undef X
    enum { N = sizeof lists / sizeof *lists };
    int32_t n = 0;
    for (int i = 0; i < N; i++)
        n += lists[i]->n;
    torsh_kernel_t *kernels = torsh__vk_host->alloc((size_t)n * sizeof *kernels);
    if (!kernels)
        return TORSH_ERR_MEMORY;
    backend->kernels = kernels;
    backend->n_kernels = n;
    for (int i = 0; i < N; i++) {
        memcpy(kernels, lists[i]->kernels, (size_t)lists[i]->n * sizeof *kernels);
        kernels += lists[i]->n;
    }
    return TORSH_OK;
}

__attribute__((visibility("default"))) torsh_status_t torsh_backend_init(const torsh_host_t *host,
                                                                         torsh_backend_t *out);

torsh_status_t torsh_backend_init(const torsh_host_t *host, torsh_backend_t *out)
{
    torsh__vk_host = host;
    *out = (torsh_backend_t){
        .abi = TORSH_BACKEND_ABI,
        .name = "vulkan",
        .device_kind = TORSH_VULKAN,
        .score = torsh__vk_device_count() > 0,
        .device_count = torsh__vk_device_count,
        .properties = properties,
        .raw_alloc = torsh__vk_raw_alloc,
        .raw_free = torsh__vk_raw_free,
        .map = map,
        .copy_from_host = torsh__vk_copy_from_host,
        .copy_to_host = torsh__vk_copy_to_host,
        .copy = torsh__vk_copy,
        .current_stream = current_stream,
        .synchronize = torsh__vk_synchronize,
        .counters = counters,
    };
    return collect(out);
}
