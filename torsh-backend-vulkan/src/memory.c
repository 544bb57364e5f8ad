/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Raw blocks under core's caching allocator. Drivers allow few thousand allocations, so small blocks lie side
 * by side in slabs; a slab goes when the last of its blocks has gone. */
#include "vulkan.h"

enum { SLAB_BYTES = 4 << 20, SLAB_BLOCK = SLAB_BYTES / 8, ALIGNMENT = 64 };

struct vk_slab {
    vk_buffer_t *whole;
    int64_t used;
    int32_t live; /* blocks, and 1 while new ones come from it */
};

static VkResult create(vk_device_t *d, vk_buffer_t *b, bool host)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = (VkDeviceSize)b->bytes,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT};
    VkResult result = torsh__vk.CreateBuffer(d->device, &info, NULL, &b->buffer);
    if (result != VK_SUCCESS)
        return result;
    VkMemoryRequirements needs;
    torsh__vk.GetBufferMemoryRequirements(d->device, b->buffer, &needs);
    const VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                             .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    const VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .pNext = &flags,
                                         .allocationSize = needs.size,
                                         .memoryTypeIndex = host ? d->host_memory : d->device_memory};
    if (!(needs.memoryTypeBits >> memory.memoryTypeIndex & 1))
        return VK_ERROR_FEATURE_NOT_PRESENT;
    if ((result = torsh__vk.AllocateMemory(d->device, &memory, NULL, &b->memory)) != VK_SUCCESS)
        return result;
    if ((result = torsh__vk.BindBufferMemory(d->device, b->buffer, b->memory, 0)) != VK_SUCCESS)
        return result;
    const VkBufferDeviceAddressInfo address = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                               .buffer = b->buffer};
    b->address = torsh__vk.GetBufferDeviceAddress(d->device, &address);
    return host ? torsh__vk.MapMemory(d->device, b->memory, 0, VK_WHOLE_SIZE, 0, &b->mapped) : VK_SUCCESS;
}

torsh_status_t torsh__vk_buffer_new(vk_device_t *d, int64_t bytes, bool host, vk_buffer_t **out)
{
    vk_buffer_t *b = torsh__vk_host->alloc(sizeof *b);
    if (!b)
        return TORSH_ERR_MEMORY;
    *b = (vk_buffer_t){.bytes = bytes};
    const VkResult result = create(d, b, host);
    if (result != VK_SUCCESS) {
        torsh__vk_buffer_delete(d, b);
        return torsh__vk_failed("allocating memory", result);
    }
    *out = b;
    return TORSH_OK;
}

static void slab_release(vk_device_t *d, vk_slab_t *slab)
{
    if (--slab->live > 0)
        return;
    torsh__vk_buffer_delete(d, slab->whole);
    torsh__vk_host->free(slab);
}

void torsh__vk_buffer_delete(vk_device_t *d, vk_buffer_t *b)
{
    if (b->slab) {
        slab_release(d, b->slab);
    } else {
        torsh__vk.DestroyBuffer(d->device, b->buffer, NULL);
        torsh__vk.FreeMemory(d->device, b->memory, NULL);
    }
    torsh__vk_host->free(b);
}

static torsh_status_t slab_new(vk_device_t *d)
{
    vk_slab_t *slab = torsh__vk_host->alloc(sizeof *slab);
    if (!slab)
        return TORSH_ERR_MEMORY;
    *slab = (vk_slab_t){.live = 1};
    const torsh_status_t status = torsh__vk_buffer_new(d, SLAB_BYTES, false, &slab->whole);
    if (status != TORSH_OK) {
        torsh__vk_host->free(slab);
        return status;
    }
    if (d->slab)
        slab_release(d, d->slab);
    d->slab = slab;
    return TORSH_OK;
}

static torsh_status_t alloc(vk_device_t *d, int64_t bytes, vk_buffer_t **out)
{
    if (bytes > d->largest)
        return torsh__vk_failed("allocating memory", VK_ERROR_OUT_OF_DEVICE_MEMORY);
    if (bytes > SLAB_BLOCK)
        return torsh__vk_buffer_new(d, bytes, false, out);
    const int64_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!d->slab || d->slab->used + rounded > SLAB_BYTES)
        VK_TRY(slab_new(d));
    vk_buffer_t *b = torsh__vk_host->alloc(sizeof *b);
    if (!b)
        return TORSH_ERR_MEMORY;
    vk_slab_t *slab = d->slab;
    *b = (vk_buffer_t){.buffer = slab->whole->buffer,
                       .address = slab->whole->address + (VkDeviceAddress)slab->used,
                       .offset = (VkDeviceSize)slab->used,
                       .bytes = bytes,
                       .slab = slab};
    slab->used += rounded;
    slab->live++;
    *out = b;
    return TORSH_OK;
}

torsh_status_t torsh__vk_raw_alloc(int32_t device, size_t bytes, void **handle)
{
    vk_device_t *d = torsh__vk_open(device);
    if (!d)
        return TORSH_ERR_DEVICE;
    vk_buffer_t *b;
    const torsh_status_t status = alloc(d, (int64_t)bytes, &b);
    if (status == TORSH_OK)
        *handle = b;
    else if (status ==
             TORSH_ERR_MEMORY) /* core gives cached blocks back and asks again: let them really go */
        torsh__vk_wait(d);
    return vk_close(d, status);
}

/* Commands that are recorded or running may still use the block: it goes with the batch that is recorded now.
 */
void torsh__vk_raw_free(int32_t device, void *handle, size_t bytes)
{
    (void)bytes;
    vk_device_t *d = torsh__vk_open(device);
    vk_batch_t *batch;
    vk_buffer_t *b = handle;
    if (!d)
        return;
    if (torsh__vk_record(d, &batch) == TORSH_OK) {
        b->next = batch->dead;
        batch->dead = b;
    }
    vk_close(d, TORSH_OK);
}
