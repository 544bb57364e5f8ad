/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pipelines: made when a shader is first used with these constants, kept for the life of the process. */
#include "vulkan.h"

#include "shaders.h"

typedef struct vk_pipeline {
    VkPipeline pipeline; /* VK_NULL_HANDLE: a free place */
    int32_t shader;
    uint32_t spec[VK_MAX_SPEC]; /* those not given are 0 */
} vk_pipeline_t;

static uint32_t hash(int32_t shader, const uint32_t *spec)
{
    uint32_t h = (uint32_t)shader * 2654435761u;
    for (int i = 0; i < VK_MAX_SPEC; i++)
        h = (h ^ spec[i]) * 2654435761u + (h >> 15);
    return h ^ h >> 16;
}

/* The place of this pipeline, or the free one where it belongs. */
static vk_pipeline_t *place(vk_pipeline_t *table, int32_t room, int32_t shader, const uint32_t *spec)
{
    for (uint32_t at = hash(shader, spec);; at++) {
        vk_pipeline_t *p = &table[at & (uint32_t)(room - 1)];
        if (!p->pipeline || (p->shader == shader && memcmp(p->spec, spec, sizeof p->spec) == 0))
            return p;
    }
}

static torsh_status_t grow(vk_device_t *d)
{
    const int32_t room = d->room_pipelines ? 2 * d->room_pipelines : 128;
    vk_pipeline_t *table = torsh__vk_host->alloc((size_t)room * sizeof *table);
    if (!table)
        return TORSH_ERR_MEMORY;
    memset(table, 0, (size_t)room * sizeof *table);
    for (int32_t i = 0; i < d->room_pipelines; i++)
        if (d->pipelines[i].pipeline)
            *place(table, room, d->pipelines[i].shader, d->pipelines[i].spec) = d->pipelines[i];
    torsh__vk_host->free(d->pipelines);
    d->pipelines = table;
    d->room_pipelines = room;
    return TORSH_OK;
}

static VkResult module(vk_device_t *d, int32_t shader)
{
    const VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = torsh__vk_shaders[shader].bytes,
                                           .pCode = torsh__vk_shaders[shader].code};
    return d->modules[shader] ? VK_SUCCESS
                              : torsh__vk.CreateShaderModule(d->device, &info, NULL, &d->modules[shader]);
}

static torsh_status_t make(vk_device_t *d, vk_pipeline_t *p)
{
    VkSpecializationMapEntry entries[VK_MAX_SPEC];
    for (uint32_t i = 0; i < VK_MAX_SPEC; i++)
        entries[i] = (VkSpecializationMapEntry){i, 4 * i, 4};
    const VkSpecializationInfo spec = {VK_MAX_SPEC, entries, sizeof p->spec, p->spec};
    VkResult result = module(d, p->shader);
    if (result == VK_SUCCESS) {
        const VkComputePipelineCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
            .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                      .module = d->modules[p->shader],
                      .pName = "main",
                      .pSpecializationInfo = &spec},
            .layout = d->layout,
            .basePipelineIndex = -1};
        result = torsh__vk.CreateComputePipelines(d->device, VK_NULL_HANDLE, 1, &info, NULL, &p->pipeline);
    }
    if (result != VK_SUCCESS) {
        p->pipeline = VK_NULL_HANDLE;
        return torsh__vk_failed("making a pipeline", result);
    }
    d->n_pipelines++;
    d->counters.pipelines++;
    return TORSH_OK;
}

torsh_status_t torsh__vk_dispatch(vk_device_t *d, const vk_launch_t *l)
{
    vk_batch_t *b;
    uint32_t spec[VK_MAX_SPEC] = {0};
    memcpy(spec, l->spec, (size_t)l->n_spec * sizeof *spec);
    if (2 * d->n_pipelines >= d->room_pipelines)
        VK_TRY(grow(d));
    vk_pipeline_t *p = place(d->pipelines, d->room_pipelines, l->shader, spec);
    if (!p->pipeline) {
        p->shader = l->shader;
        memcpy(p->spec, spec, sizeof spec);
        VK_TRY(make(d, p));
    }
    VK_TRY(torsh__vk_record(d, &b));
    torsh__vk_uses(d, b, l->read, l->n_read, l->written, l->n_written);
    torsh__vk.CmdBindPipeline(b->commands, VK_PIPELINE_BIND_POINT_COMPUTE, p->pipeline);
    torsh__vk.CmdPushConstants(b->commands, d->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, l->push_bytes,
                               l->push);
    torsh__vk.CmdDispatch(b->commands, l->groups[0], l->groups[1], l->groups[2]);
    d->counters.dispatches++;
    return TORSH_OK;
}
