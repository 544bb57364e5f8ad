/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vulkan's loader, opened at run time, and the devices that can be used. */
#include "vulkan.h"

#include <dlfcn.h>
#include <stdlib.h>

vk_functions_t torsh__vk;
vk_device_t torsh__vk_devices[VK_MAX_DEVICES] = {
    [0 ... VK_MAX_DEVICES - 1] = {.mutex = PTHREAD_MUTEX_INITIALIZER}};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int32_t n_devices;

static bool find(PFN_vkGetInstanceProcAddr get, VkInstance instance)
{
    bool all = true;
#define X(name) all &= (torsh__vk.name = (PFN_vk##name)get(instance, "vk" #name)) != NULL;
    if (!instance) {
        VK_GLOBAL(X)
    } else {
        VK_INSTANCE(X)
        VK_DEVICE(X)
    }
#undef X
    return all;
}

static bool find_queue(vk_device_t *d)
{
    VkQueueFamilyProperties families[16];
    uint32_t n = 16;
    torsh__vk.GetPhysicalDeviceQueueFamilyProperties(d->physical, &n, families);
    for (uint32_t i = 0; i < n; i++)
        if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
            d->family = i;
            return true;
        }
    return false;
}

/* The first memory type that has `want`, the one without `avoid` if there is one. */
static bool find_memory(const VkPhysicalDeviceMemoryProperties *m, VkMemoryPropertyFlags want,
                        VkMemoryPropertyFlags avoid, uint32_t *type)
{
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < m->memoryTypeCount; i++) {
            const VkMemoryPropertyFlags flags = m->memoryTypes[i].propertyFlags;
            if ((flags & want) == want && (pass || !(flags & avoid))) {
                *type = i;
                return true;
            }
        }
    return false;
}

static bool find_memories(vk_device_t *d)
{
    VkPhysicalDeviceMemoryProperties m;
    torsh__vk.GetPhysicalDeviceMemoryProperties(d->physical, &m);
    for (uint32_t i = 0; i < m.memoryHeapCount; i++)
        if (m.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
            d->properties.total_bytes += (int64_t)m.memoryHeaps[i].size;
    if (!find_memory(&m, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
                     &d->device_memory))
        return false;
    const int64_t heap = (int64_t)m.memoryHeaps[m.memoryTypes[d->device_memory].heapIndex].size;
    d->largest = heap < d->largest ? heap : d->largest;
    return find_memory(&m, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                       VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, &d->host_memory);
}

/* Vulkan 1.2 with pointers to buffers and 8- and 16-bit storage: every desktop driver of the last years. */
static bool usable(vk_device_t *d)
{
    VkPhysicalDeviceMaintenance3Properties limits = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
    VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                     .pNext = &limits};
    torsh__vk.GetPhysicalDeviceProperties2(d->physical, &p);
    if (p.properties.apiVersion < VK_API_VERSION_1_2)
        return false;
    d->largest =
        (int64_t)(limits.maxMemoryAllocationSize < INT64_MAX ? limits.maxMemoryAllocationSize : INT64_MAX);
    VkPhysicalDeviceVulkan12Features v12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
    VkPhysicalDeviceVulkan11Features v11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                                            .pNext = &v12};
    VkPhysicalDeviceFeatures2 f = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &v11};
    torsh__vk.GetPhysicalDeviceFeatures2(d->physical, &f);
    if (!v12.bufferDeviceAddress || !v12.storageBuffer8BitAccess || !v11.storageBuffer16BitAccess)
        return false;
    const char *without = getenv("TORSH_VULKAN_WITHOUT"); /* int64 or float64: as on devices that lack it */
    without = without ? without : "";
    d->i64 = f.features.shaderInt64 && strcmp(without, "int64") != 0;
    d->f64 = f.features.shaderFloat64 && d->i64 &&
             strcmp(without, "float64") != 0; /* float64 functions take their numbers apart in int64 */
    memcpy(d->properties.name, p.properties.deviceName, sizeof d->properties.name - 1);
    return find_queue(d) && find_memories(d);
}

static void start(void)
{
    void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return;
    PFN_vkGetInstanceProcAddr get = (PFN_vkGetInstanceProcAddr)dlsym(library, "vkGetInstanceProcAddr");
    uint32_t version = 0;
    if (!get || !find(get, NULL) || torsh__vk.EnumerateInstanceVersion(&version) != VK_SUCCESS ||
        version < VK_API_VERSION_1_2)
        return;
    const VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                   .pEngineName = "ToRSh",
                                   .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &app};
    VkInstance instance;
    if (torsh__vk.CreateInstance(&info, NULL, &instance) != VK_SUCCESS || !find(get, instance))
        return;
    VkPhysicalDevice physical[VK_MAX_DEVICES];
    uint32_t n = VK_MAX_DEVICES;
    if (torsh__vk.EnumeratePhysicalDevices(instance, &n, physical) < 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        vk_device_t *d = &torsh__vk_devices[n_devices];
        d->physical = physical[i];
        d->properties = (torsh_device_properties_t){0};
        if (usable(d))
            n_devices++;
    }
}

int32_t torsh__vk_device_count(void)
{
    pthread_once(&once, start);
    return n_devices;
}
