/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of this plugin share: Vulkan's functions, a device with its stream, buffers, launches. */
#ifndef TORSH_VK_VULKAN_H
#define TORSH_VK_VULKAN_H

#define VK_NO_PROTOTYPES
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include <torsh/backend.h>
#include <vulkan/vulkan.h>

#include "shader_ids.h"

/* ---- loader.c: the functions that we call, found at run time ---- */

/* clang-format off */
#define VK_GLOBAL(X) \
    X(EnumerateInstanceVersion) X(CreateInstance)
#define VK_INSTANCE(X) \
    X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceFeatures2) \
    X(GetPhysicalDeviceQueueFamilyProperties) X(GetPhysicalDeviceMemoryProperties) X(CreateDevice) \
    X(GetDeviceProcAddr)
#define VK_DEVICE(X) \
    X(GetDeviceQueue) X(DeviceWaitIdle) X(CreateBuffer) X(DestroyBuffer) X(GetBufferMemoryRequirements) \
    X(AllocateMemory) X(FreeMemory) X(BindBufferMemory) X(MapMemory) X(GetBufferDeviceAddress) \
    X(CreateShaderModule) X(DestroyShaderModule) X(CreatePipelineLayout) X(CreateComputePipelines) \
    X(CreateCommandPool) X(ResetCommandPool) X(AllocateCommandBuffers) X(BeginCommandBuffer) \
    X(EndCommandBuffer) X(CreateFence) X(ResetFences) X(WaitForFences) X(QueueSubmit) X(CmdBindPipeline) \
    X(CmdPushConstants) X(CmdDispatch) X(CmdPipelineBarrier) X(CmdCopyBuffer)
/* clang-format on */

typedef struct vk_functions {
#define X(name) PFN_vk##name name;
    VK_GLOBAL(X) VK_INSTANCE(X) VK_DEVICE(X)
#undef X
} vk_functions_t;

extern const torsh_host_t *torsh__vk_host;
extern vk_functions_t torsh__vk; /* device functions go through the loader, so they serve every device */

/* How many devices can be used; opens the loader when first called. Nothing there: 0. */
int32_t torsh__vk_device_count(void);

/* ---- memory.c ---- */

typedef struct vk_slab vk_slab_t;

/* A block: the handle that core knows. Hazards are noticed by the barrier after which it was last used. */
typedef struct vk_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceAddress address; /* of the block's first byte */
    VkDeviceSize offset;     /* of the block in buffer */
    void *mapped;            /* staging chunks: the host's address */
    int64_t bytes;
    uint64_t read_at, written_at; /* vk_device.barriers + 1 at that time; 0: never */
    vk_slab_t *slab;              /* NULL: the buffer is its own */
    struct vk_buffer *next;       /* in a list of chunks, or of what waits to be freed */
} vk_buffer_t;

/* ---- stream.c ---- */

enum { VK_CHUNK_BYTES = 1 << 20, VK_BATCH_COMMANDS = 256, VK_BATCH_STAGED = 32 << 20, VK_BATCHES = 8 };

/* Commands that are submitted together, and what must live until they have run. */
typedef struct vk_batch {
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
    vk_buffer_t *chunks; /* of host memory, the first one in use */
    int64_t chunk_used;
    vk_buffer_t *dead;
    int64_t staged; /* bytes */
    int32_t n_commands;
    bool recording, submitted;
} vk_batch_t;

/* What a kernel found wrong on the device; the first one stays. */
enum {
    VK_ERROR_NONE,
    VK_ERROR_ZERO_DIVISION,
    VK_ERROR_INDEX,
    VK_ERROR_TARGET,
    VK_ERROR_VALUE_INDEX,
    VK_ERROR_SELF_INDEX
};

typedef struct vk_device {
    pthread_mutex_t mutex;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family, device_memory, host_memory; /* of queues; memory types */
    int64_t largest;                             /* bytes of one allocation that the driver can make at all */
    bool f64, i64, opened;
    torsh_device_properties_t properties;
    VkPipelineLayout layout;
    VkShaderModule modules[TORSH__VK_SHADERS];
    struct vk_pipeline *pipelines;
    int32_t n_pipelines, room_pipelines; /* an open hash table; room is a power of 2 */
    vk_slab_t *slab;                     /* small blocks come from it */
    vk_batch_t batches[VK_BATCHES];
    int32_t batch;          /* the one being recorded */
    vk_buffer_t *spare;     /* chunks that no batch uses */
    vk_buffer_t *oversized; /* such ones for one large transfer: they go when the device is next opened */
    vk_buffer_t *errors;    /* four words in host memory: what kernels found wrong */
    uint64_t barriers;
    torsh_device_counters_t counters;
} vk_device_t;

extern vk_device_t torsh__vk_devices[];
enum { VK_MAX_DEVICES = 8 };

/* The device, opened when first needed, its mutex held; NULL with an error. */
vk_device_t *torsh__vk_open(int32_t device);
/* That of a call; a stream is its device. */
static inline vk_device_t *vk_open(const torsh_call_t *call)
{
    return torsh__vk_open((int32_t)((vk_device_t *)call->stream - torsh__vk_devices));
}
static inline torsh_status_t vk_close(vk_device_t *d, torsh_status_t status)
{
    pthread_mutex_unlock(&d->mutex);
    return status;
}
torsh_status_t torsh__vk_failed(const char *what, VkResult result);

torsh_status_t torsh__vk_buffer_new(vk_device_t *d, int64_t bytes, bool host, vk_buffer_t **out);
void torsh__vk_buffer_delete(vk_device_t *d, vk_buffer_t *b);
torsh_status_t torsh__vk_raw_alloc(int32_t device, size_t bytes, void **handle);
void torsh__vk_raw_free(int32_t device, void *handle, size_t bytes);

/* The rest is called with the mutex held. */

/* A batch that can be recorded into. */
torsh_status_t torsh__vk_record(vk_device_t *d, vk_batch_t **batch);
/* Host memory that lives until the batch has run: arguments, numbers, data on its way. 16-byte aligned. */
torsh_status_t torsh__vk_stage(vk_device_t *d, int64_t bytes, void **host, VkDeviceAddress *address,
                               vk_buffer_t **chunk, VkDeviceSize *offset);
/* Commands that follow read and write these blocks (NULL: none): a barrier if earlier ones are in the way. */
void torsh__vk_uses(vk_device_t *d, vk_batch_t *b, vk_buffer_t *const *read, int n_read,
                    vk_buffer_t *const *written, int n_written);
torsh_status_t torsh__vk_submit(vk_device_t *d);
void torsh__vk_drop_oversized(vk_device_t *d);
/* Submits and waits for all work; an error that a kernel found is this call's. */
torsh_status_t torsh__vk_wait(vk_device_t *d);

torsh_status_t torsh__vk_copy_from_host(void *stream, void *handle, int64_t offset, const void *host,
                                        size_t bytes);
torsh_status_t torsh__vk_copy_to_host(void *stream, void *host, const void *handle, int64_t offset,
                                      size_t bytes);
torsh_status_t torsh__vk_copy(void *stream, void *to, int64_t to_offset, const void *from,
                              int64_t from_offset, size_t bytes);
torsh_status_t torsh__vk_synchronize(int32_t device);

/* ---- pipeline.c ---- */

enum { VK_MAX_SPEC = 8, VK_PUSH_BYTES = 128, VK_GROUP = 256 };

/* One dispatch. Shaders take their operands' addresses in the push constants. */
typedef struct vk_launch {
    int32_t shader;
    int32_t n_spec;
    uint32_t spec[VK_MAX_SPEC]; /* constants 0, 1, ... of the pipeline */
    const void *push;
    uint32_t push_bytes;
    uint32_t groups[3];
    vk_buffer_t *read[8], *written[8];
    int n_read, n_written;
} vk_launch_t;

torsh_status_t torsh__vk_dispatch(vk_device_t *d, const vk_launch_t *l);

/* ---- operands ---- */

static inline VkDeviceAddress vk_address(const torsh_view_t *v)
{
    return v->handle ? ((const vk_buffer_t *)v->handle)->address + (VkDeviceAddress)v->offset : 0;
}

static inline void vk_reads(vk_launch_t *l, const torsh_view_t *v)
{
    l->read[l->n_read++] = v->handle;
}

static inline void vk_writes(vk_launch_t *l, const torsh_view_t *v)
{
    l->written[l->n_written++] = v->handle;
}

/* Groups for n invocations; shaders go on in steps of the whole grid. */
static inline void vk_groups(vk_launch_t *l, int64_t n)
{
    const int64_t groups = (n + VK_GROUP - 1) / VK_GROUP;
    l->groups[0] = (uint32_t)(groups < 65535 ? groups : 65535);
    l->groups[1] = l->groups[2] = 1;
}

static inline int32_t vk_bytes(torsh_dtype_t dtype)
{
    switch (dtype) {
    case TORSH_F16:
    case TORSH_BF16:
    case TORSH_I16:
    case TORSH_U16:
        return 2;
    case TORSH_F32:
    case TORSH_I32:
    case TORSH_U32:
        return 4;
    case TORSH_F64:
    case TORSH_I64:
    case TORSH_U64:
    case TORSH_C64:
        return 8;
    case TORSH_C128:
        return 16;
    default:
        return 1;
    }
}

/* The types that shaders compute in. */
enum { VK_F32, VK_F64, VK_I32, VK_I64 };
static inline int vk_class(torsh_dtype_t dtype)
{
    return dtype == TORSH_F64                                                ? VK_F64
           : dtype == TORSH_F32 || dtype == TORSH_F16 || dtype == TORSH_BF16 ? VK_F32
           : dtype == TORSH_I64                                              ? VK_I64
                                                                             : VK_I32;
}
/* The dtype in which numbers of a class lie in memory. */
static inline torsh_dtype_t vk_native(int class)
{
    return class == VK_F32   ? TORSH_F32
           : class == VK_F64 ? TORSH_F64
           : class == VK_I32 ? TORSH_I32
                             : TORSH_I64;
}
/* A number as a shader of that class reads it. */
uint64_t torsh__vk_number(torsh_scalar_t value, int class);
/* The same, first made one of the dtype that the operator computes in. */
uint64_t torsh__vk_operand(torsh_scalar_t value, torsh_dtype_t compute);
/* Does the device compute in the class, and are the views small enough for its 32-bit indices? */
torsh_status_t torsh__vk_check(const vk_device_t *d, const torsh_call_t *call);
/* The error that the device lacks a dtype. */
torsh_status_t torsh__vk_lacks(const vk_device_t *d, const char *op, torsh_dtype_t dtype);

/* copy.c: to[...] = from[...], elements of `bytes`; strides may be negative. Handles of the blocks for the
 * order of work; NULL: staged memory. */
torsh_status_t torsh__vk_copy_strided(vk_device_t *d, int32_t bytes, int ndim, const int64_t *shape,
                                      vk_buffer_t *to, VkDeviceAddress to_address, const int64_t *to_strides,
                                      vk_buffer_t *from, VkDeviceAddress from_address,
                                      const int64_t *from_strides);

typedef struct vk_list {
    const torsh_kernel_t *kernels;
    int32_t n;
} vk_list_t;

#define VK_LIST(name) const vk_list_t torsh__vk_##name##_kernels = {kernels, sizeof kernels / sizeof *kernels}
/* Rows for several dtypes. An operator's name is two arguments once it is expanded, so these do not nest. */
#define VK_FLOAT(op, flags, run)                                                                             \
    {op, TORSH_F16, flags, run}, {op, TORSH_BF16, flags, run}, {op, TORSH_F32, flags, run},                  \
    {                                                                                                        \
        op, TORSH_F64, flags, run                                                                            \
    }
#define VK_NUMBER(op, flags, run)                                                                            \
    {op, TORSH_F16, flags, run}, {op, TORSH_BF16, flags, run}, {op, TORSH_F32, flags, run},                  \
        {op, TORSH_F64, flags, run}, {op, TORSH_U8, flags, run}, {op, TORSH_I32, flags, run},                \
    {                                                                                                        \
        op, TORSH_I64, flags, run                                                                            \
    }
#define VK_ALL(op, flags, run)                                                                               \
    {op, TORSH_F16, flags, run}, {op, TORSH_BF16, flags, run}, {op, TORSH_F32, flags, run},                  \
        {op, TORSH_F64, flags, run}, {op, TORSH_U8, flags, run}, {op, TORSH_I32, flags, run},                \
        {op, TORSH_I64, flags, run},                                                                         \
    {                                                                                                        \
        op, TORSH_BOOL, flags, run                                                                           \
    }

#define VK_TRY(expr)                                                                                         \
    do {                                                                                                     \
        torsh_status_t try_status_ = (expr);                                                                 \
        if (try_status_ != TORSH_OK)                                                                         \
            return try_status_;                                                                              \
    } while (0)

#endif
