/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The stream of a device: commands are recorded into batches and submitted when a batch is full or the host
 * reads. A barrier stands only where a command reads or writes what was written since the last one, or writes
 * what was read. */
#include "vulkan.h"

void torsh__vk_drop_oversized(vk_device_t *d)
{
    while (d->oversized) {
        vk_buffer_t *next = d->oversized->next;
        torsh__vk_buffer_delete(d, d->oversized);
        d->oversized = next;
    }
}

static void retire(vk_device_t *d, vk_batch_t *b)
{
    while (b->dead) {
        vk_buffer_t *next = b->dead->next;
        torsh__vk_buffer_delete(d, b->dead);
        b->dead = next;
    }
    while (b->chunks) {
        vk_buffer_t *next = b->chunks->next;
        vk_buffer_t **list = b->chunks->bytes > VK_CHUNK_BYTES ? &d->oversized : &d->spare;
        b->chunks->next = *list;
        *list = b->chunks;
        b->chunks = next;
    }
    b->chunk_used = 0;
    b->n_commands = 0;
    b->staged = 0;
    b->submitted = b->recording = false;
}

static torsh_status_t await(vk_device_t *d, vk_batch_t *b)
{
    if (!b->submitted)
        return TORSH_OK;
    VkResult result = torsh__vk.WaitForFences(d->device, 1, &b->fence, VK_TRUE, UINT64_MAX);
    if (result == VK_SUCCESS)
        result = torsh__vk.ResetFences(d->device, 1, &b->fence);
    if (result == VK_SUCCESS)
        result = torsh__vk.ResetCommandPool(d->device, b->pool, 0);
    if (result != VK_SUCCESS)
        return torsh__vk_failed("waiting", result);
    retire(d, b);
    return TORSH_OK;
}

torsh_status_t torsh__vk_record(vk_device_t *d, vk_batch_t **batch)
{
    vk_batch_t *b = &d->batches[d->batch];
    if (!b->recording) {
        VK_TRY(await(d, b)); /* the oldest one */
        const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                                .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
        const VkResult result = torsh__vk.BeginCommandBuffer(b->commands, &begin);
        if (result != VK_SUCCESS)
            return torsh__vk_failed("recording", result);
        b->recording = true;
    }
    *batch = b;
    return TORSH_OK;
}

static torsh_status_t chunk_new(vk_device_t *d, vk_batch_t *b, int64_t bytes)
{
    vk_buffer_t *chunk = d->spare;
    if (bytes <= VK_CHUNK_BYTES && chunk)
        d->spare = chunk->next;
    else
        VK_TRY(torsh__vk_buffer_new(d, bytes > VK_CHUNK_BYTES ? bytes : VK_CHUNK_BYTES, true, &chunk));
    chunk->read_at = chunk->written_at = 0;
    chunk->next = b->chunks;
    b->chunks = chunk;
    b->chunk_used = 0;
    return TORSH_OK;
}

torsh_status_t torsh__vk_stage(vk_device_t *d, int64_t bytes, void **host, VkDeviceAddress *address,
                               vk_buffer_t **chunk, VkDeviceSize *offset)
{
    vk_batch_t *b;
    VK_TRY(torsh__vk_record(d, &b));
    if (!b->chunks || b->chunk_used + bytes > b->chunks->bytes)
        VK_TRY(chunk_new(d, b, bytes));
    const int64_t at = b->chunk_used;
    b->chunk_used += (bytes + 15) / 16 * 16;
    b->staged += bytes;
    *host = (char *)b->chunks->mapped + at;
    if (address)
        *address = b->chunks->address + (VkDeviceAddress)at;
    if (chunk)
        *chunk = b->chunks;
    if (offset)
        *offset = (VkDeviceSize)at;
    return TORSH_OK;
}

static void barrier(vk_batch_t *b, VkPipelineStageFlags after, VkAccessFlags reads)
{
    const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask =
                                        VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                                    .dstAccessMask = reads};
    torsh__vk.CmdPipelineBarrier(b->commands,
                                 VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, after,
                                 0, 1, &memory, 0, NULL, 0, NULL);
}

void torsh__vk_uses(vk_device_t *d, vk_batch_t *b, vk_buffer_t *const *read, int n_read,
                    vk_buffer_t *const *written, int n_written)
{
    bool hazard = false;
    uint64_t now = d->barriers + 1;
    for (int i = 0; i < n_read; i++)
        hazard |= read[i] && read[i]->written_at == now;
    for (int i = 0; i < n_written; i++)
        hazard |= written[i] && (written[i]->written_at == now || written[i]->read_at == now);
    if (hazard) {
        barrier(b, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                    VK_ACCESS_TRANSFER_WRITE_BIT);
        now = ++d->barriers + 1;
        d->counters.barriers++;
    }
    for (int i = 0; i < n_read; i++)
        if (read[i])
            read[i]->read_at = now;
    for (int i = 0; i < n_written; i++)
        if (written[i])
            written[i]->written_at = now;
    b->n_commands++;
}

torsh_status_t torsh__vk_submit(vk_device_t *d)
{
    vk_batch_t *b = &d->batches[d->batch];
    if (!b->recording || b->n_commands == 0)
        return TORSH_OK;
    /* what shaders report, and what is copied for the host */
    barrier(b, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    VkResult result = torsh__vk.EndCommandBuffer(b->commands);
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &b->commands};
    if (result == VK_SUCCESS)
        result = torsh__vk.QueueSubmit(d->queue, 1, &info, b->fence);
    if (result != VK_SUCCESS)
        return torsh__vk_failed("submitting", result);
    b->recording = false;
    b->submitted = true;
    d->batch = (d->batch + 1) % VK_BATCHES;
    d->counters.submissions++;
    return TORSH_OK;
}

/* Takes the error that a kernel reported. */
static torsh_status_t found_wrong(vk_device_t *d)
{
    uint32_t e[4], *reported = d->errors->mapped;
    if (__builtin_expect(reported[0] == VK_ERROR_NONE, 1))
        return TORSH_OK;
    memcpy(e, reported, sizeof e);
    memset(reported, 0, sizeof e);
    const int value = (int)e[1], dim = (int)e[2], n = (int)e[3];
    switch (e[0]) {
    case VK_ERROR_ZERO_DIVISION:
        return torsh__vk_host->fail(TORSH_ERR_VALUE, "ZeroDivisionError");
    case VK_ERROR_TARGET:
        return torsh__vk_host->fail(TORSH_ERR_INDEX, "Target %d is out of bounds.", value);
    case VK_ERROR_SELF_INDEX:
        return torsh__vk_host->fail(TORSH_ERR_INDEX, "index out of range in self");
    default:
        return torsh__vk_host->fail(e[0] == VK_ERROR_INDEX ? TORSH_ERR_INDEX : TORSH_ERR_VALUE,
                                    "index %d is out of bounds for dimension %d with size %d", value, dim, n);
    }
}

torsh_status_t torsh__vk_wait(vk_device_t *d)
{
    VK_TRY(torsh__vk_submit(d));
    for (int i = 0; i < VK_BATCHES; i++) /* from the oldest on */
        VK_TRY(await(d, &d->batches[(d->batch + i) % VK_BATCHES]));
    vk_batch_t *b = &d->batches[d->batch];
    if (b->recording) { /* without commands: begun for the sake of what it frees */
        const VkCommandBuffer commands = b->commands;
        torsh__vk.EndCommandBuffer(commands);
        torsh__vk.ResetCommandPool(d->device, b->pool, 0);
        retire(d, b);
    }
    return found_wrong(d);
}

torsh_status_t torsh__vk_synchronize(int32_t device)
{
    if (!torsh__vk_devices[device].opened)
        return TORSH_OK;
    vk_device_t *d = torsh__vk_open(device);
    return d ? vk_close(d, torsh__vk_wait(d)) : TORSH_ERR_DEVICE;
}

/* ---- copies of bytes; a stream is its device ---- */

static torsh_status_t record_copy(vk_device_t *d, vk_buffer_t *to, VkDeviceSize to_offset, vk_buffer_t *from,
                                  VkDeviceSize from_offset, size_t bytes)
{
    vk_batch_t *b;
    VK_TRY(torsh__vk_record(d, &b));
    torsh__vk_uses(d, b, &from, 1, &to, 1);
    const VkBufferCopy region = {from_offset, to_offset, bytes};
    torsh__vk.CmdCopyBuffer(b->commands, from->buffer, to->buffer, 1, &region);
    return TORSH_OK;
}

static torsh_status_t upload(vk_device_t *d, vk_buffer_t *to, VkDeviceSize offset, const void *host,
                             size_t bytes)
{
    void *at;
    vk_buffer_t *chunk;
    VkDeviceSize from;
    VK_TRY(torsh__vk_stage(d, (int64_t)bytes, &at, NULL, &chunk, &from));
    memcpy(at, host, bytes);
    d->counters.uploads++;
    d->counters.uploaded_bytes += (int64_t)bytes;
    return record_copy(d, to, offset, chunk, from, bytes);
}

torsh_status_t torsh__vk_copy_from_host(void *stream, void *handle, int64_t offset, const void *host,
                                        size_t bytes)
{
    vk_device_t *d = torsh__vk_open((int32_t)((vk_device_t *)stream - torsh__vk_devices));
    vk_buffer_t *to = handle;
    return d ? vk_close(d, upload(d, to, to->offset + (VkDeviceSize)offset, host, bytes)) : TORSH_ERR_DEVICE;
}

static torsh_status_t download(vk_device_t *d, void *host, vk_buffer_t *from, VkDeviceSize offset,
                               size_t bytes)
{
    void *at;
    vk_buffer_t *chunk;
    VkDeviceSize to;
    VK_TRY(torsh__vk_stage(d, (int64_t)bytes, &at, NULL, &chunk, &to));
    VK_TRY(record_copy(d, chunk, to, from, offset, bytes));
    d->counters.downloads++;
    d->counters.downloaded_bytes += (int64_t)bytes;
    VK_TRY(torsh__vk_wait(d));
    memcpy(host, at, bytes); /* the chunk is spare, but nobody takes it before the device is closed */
    return TORSH_OK;
}

torsh_status_t torsh__vk_copy_to_host(void *stream, void *host, const void *handle, int64_t offset,
                                      size_t bytes)
{
    vk_device_t *d = torsh__vk_open((int32_t)((vk_device_t *)stream - torsh__vk_devices));
    vk_buffer_t *from = (vk_buffer_t *)handle;
    return d ? vk_close(d, download(d, host, from, from->offset + (VkDeviceSize)offset, bytes))
             : TORSH_ERR_DEVICE;
}

torsh_status_t torsh__vk_copy(void *stream, void *to, int64_t to_offset, const void *from,
                              int64_t from_offset, size_t bytes)
{
    vk_device_t *d = torsh__vk_open((int32_t)((vk_device_t *)stream - torsh__vk_devices));
    vk_buffer_t *a = to, *b = (vk_buffer_t *)from;
    return d ? vk_close(d, record_copy(d, a, a->offset + (VkDeviceSize)to_offset, b,
                                       b->offset + (VkDeviceSize)from_offset, bytes))
             : TORSH_ERR_DEVICE;
}
