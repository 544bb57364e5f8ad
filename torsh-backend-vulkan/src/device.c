/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A device: opened when it is first used. */
#include "vulkan.h"

#include <stdlib.h>
#include <unistd.h>

torsh_status_t torsh__vk_failed(const char *what, VkResult result)
{
    const bool memory = result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY;
    return torsh__vk_host->fail(memory ? TORSH_ERR_MEMORY : TORSH_ERR_DEVICE,
                                "vulkan: %s failed (VkResult %d)%s", what, (int)result,
                                result == VK_ERROR_DEVICE_LOST ? ": the device was lost" : "");
}

static VkResult open_layout(vk_device_t *d)
{
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, VK_PUSH_BYTES};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    return torsh__vk.CreatePipelineLayout(d->device, &info, NULL, &d->layout);
}

static VkResult open_batch(vk_device_t *d, vk_batch_t *b)
{
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = d->family};
    VkResult result = torsh__vk.CreateCommandPool(d->device, &pool, NULL, &b->pool);
    if (result != VK_SUCCESS)
        return result;
    const VkCommandBufferAllocateInfo commands = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                  .commandPool = b->pool,
                                                  .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                  .commandBufferCount = 1};
    result = torsh__vk.AllocateCommandBuffers(d->device, &commands, &b->commands);
    if (result != VK_SUCCESS)
        return result;
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    return torsh__vk.CreateFence(d->device, &fence, NULL, &b->fence);
}

static VkResult open_device(vk_device_t *d)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = d->family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    VkPhysicalDeviceVulkan12Features v12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                            .bufferDeviceAddress = VK_TRUE,
                                            .storageBuffer8BitAccess = VK_TRUE};
    VkPhysicalDeviceVulkan11Features v11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                                            .pNext = &v12,
                                            .storageBuffer16BitAccess = VK_TRUE};
    const VkPhysicalDeviceFeatures features = {.shaderFloat64 = d->f64, .shaderInt64 = d->i64};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &v11,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .pEnabledFeatures = &features};
    VkResult result = torsh__vk.CreateDevice(d->physical, &info, NULL, &d->device);
    if (result != VK_SUCCESS)
        return result;
    torsh__vk.GetDeviceQueue(d->device, d->family, 0, &d->queue);
    result = open_layout(d);
    for (int i = 0; i < VK_BATCHES && result == VK_SUCCESS; i++)
        result = open_batch(d, &d->batches[i]);
    return result;
}

/* Work that was submitted ends before the driver is unloaded. */
static void at_exit(void)
{
    for (int i = 0; i < torsh__vk_device_count(); i++)
        if (torsh__vk_devices[i].opened)
            torsh__vk.DeviceWaitIdle(torsh__vk_devices[i].device);
}

static pid_t owner;

/* A child of fork has none of the driver's threads. */
static torsh_status_t open_once(vk_device_t *d)
{
    if (d->opened)
        return owner == getpid()
                   ? TORSH_OK
                   : torsh__vk_host->fail(TORSH_ERR_DEVICE,
                                          "vulkan: a child of fork cannot use the devices that its "
                                          "parent opened; start it with another method");
    const VkResult result = open_device(d);
    if (result != VK_SUCCESS)
        return torsh__vk_failed("opening the device", result);
    VK_TRY(torsh__vk_buffer_new(d, 16, true, &d->errors));
    memset(d->errors->mapped, 0, 16);
    if (!owner)
        atexit(at_exit);
    owner = getpid();
    d->opened = true;
    return TORSH_OK;
}

/* Full batches are submitted between kernels, never between a kernel's arguments and its commands. */
static torsh_status_t submit_full(vk_device_t *d)
{
    const vk_batch_t *b = &d->batches[d->batch];
    torsh__vk_drop_oversized(d);
    return b->n_commands >= VK_BATCH_COMMANDS || b->staged >= VK_BATCH_STAGED ? torsh__vk_submit(d)
                                                                              : TORSH_OK;
}

vk_device_t *torsh__vk_open(int32_t device)
{
    vk_device_t *d = &torsh__vk_devices[device];
    pthread_mutex_lock(&d->mutex);
    if (open_once(d) == TORSH_OK && submit_full(d) == TORSH_OK)
        return d;
    pthread_mutex_unlock(&d->mutex);
    return NULL;
}
