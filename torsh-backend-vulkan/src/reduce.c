/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The driver of reductions. How one is cut depends on its shape alone, so the same numbers give the same
 * result. */
#include "kernels.h"

typedef struct push {
    VkDeviceAddress out, in, table;
    uint32_t kept, reduced, kept_dims, reduced_dims, parts, part;
} push_t;

enum { OP, GROUPED, D_OUT, D_IN, MAPPED, N_SPEC };
enum { SHORT = 64 /* up to here one invocation sums up */, PART = 4096, MAX_PARTS = 4096 };

typedef struct space {
    int64_t shape[TORSH_MAX_DIMS], in[TORSH_MAX_DIMS], out[TORSH_MAX_DIMS];
    int kept_dims, dims;
    int64_t kept, reduced;
} space_t;

/* Kept dimensions first. */
static void split(const torsh_view_t *in, const torsh_view_t *out, space_t *s)
{
    *s = (space_t){.kept = 1, .reduced = 1};
    for (int reduced = 0; reduced < 2; reduced++) {
        for (int k = 0; k < in->ndim; k++) {
            if (in->shape[k] == 1 || (out->strides[k] == 0) != reduced)
                continue;
            s->shape[s->dims] = in->shape[k];
            s->in[s->dims] = in->strides[k];
            s->out[s->dims++] = out->strides[k];
            *(reduced ? &s->reduced : &s->kept) *= in->shape[k];
        }
        s->kept_dims = reduced ? s->kept_dims : s->dims;
    }
}

static torsh_status_t table(vk_device_t *d, const space_t *s, VkDeviceAddress *address)
{
    void *at;
    VK_TRY(torsh__vk_stage(d, 12 * (s->dims + 1), &at, address, NULL, NULL));
    uint32_t *row = at;
    for (int k = 0; k < s->dims; k++, row += 3) {
        row[0] = (uint32_t)s->shape[k];
        row[1] = (uint32_t)s->in[k];
        row[2] = (uint32_t)s->out[k];
    }
    return TORSH_OK;
}

/* The parts' results, in a row for each that is kept, become one. */
static torsh_status_t second_pass(vk_device_t *d, const vk_launch_t *first, const push_t *parts,
                                  const space_t *s, const torsh_view_t *out)
{
    space_t rows = *s;
    rows.dims = s->kept_dims + 1;
    rows.shape[s->kept_dims] = parts->parts;
    rows.in[s->kept_dims] = 1;
    rows.out[s->kept_dims] = 0;
    int64_t stride = parts->parts;
    for (int k = s->kept_dims - 1; k >= 0; k--) {
        rows.in[k] = stride;
        stride *= s->shape[k];
    }
    push_t p = *parts;
    p.in = parts->out;
    p.out = vk_address(out);
    p.reduced = p.part = parts->parts;
    p.reduced_dims = 1;
    p.parts = 1;
    VK_TRY(table(d, &rows, &p.table));
    vk_launch_t l = *first;
    l.push = &p;
    l.spec[D_IN] = (uint32_t)vk_native(vk_class((torsh_dtype_t)first->spec[D_IN]));
    l.spec[D_OUT] = (uint32_t)out->dtype;
    l.spec[MAPPED] = 0;
    l.groups[0] = p.kept < 65535 ? p.kept : 65535;
    l.n_read = l.n_written = 0;
    l.read[l.n_read++] = first->written[0];
    vk_writes(&l, out);
    return torsh__vk_dispatch(d, &l);
}

static torsh_status_t run(vk_device_t *d, const torsh_call_t *call, const vk_reduce_t *op)
{
    const torsh_view_t *in = &call->in[0], *out = &call->out[0];
    space_t s;
    VK_TRY(torsh__vk_check(d, call));
    split(in, out, &s);
    if (s.kept == 0)
        return TORSH_OK;
    push_t p = {.in = vk_address(in),
                .out = vk_address(out),
                .kept = (uint32_t)s.kept,
                .reduced = (uint32_t)s.reduced,
                .kept_dims = (uint32_t)s.kept_dims,
                .reduced_dims = (uint32_t)(s.dims - s.kept_dims),
                .parts = 1,
                .part = (uint32_t)s.reduced};
    VK_TRY(table(d, &s, &p.table));
    vk_launch_t l = {
        .shader = op->shader,
        .n_spec = N_SPEC,
        .spec = {(uint32_t)op->op, s.reduced > SHORT, (uint32_t)out->dtype, (uint32_t)in->dtype, 1},
        .push = &p,
        .push_bytes = sizeof p,
        .groups = {1, 1, 1}};
    vk_reads(&l, in);
    if (!l.spec[GROUPED]) {
        vk_writes(&l, out);
        l.groups[0] = (uint32_t)(s.kept + 63) / 64;
        l.groups[0] = l.groups[0] < 65535 ? l.groups[0] : 65535;
        return torsh__vk_dispatch(d, &l);
    }
    const int64_t parts = (s.reduced + PART - 1) / PART;
    if (parts > 1 && s.kept * parts <= 1 << 16) {
        p.parts = (uint32_t)(parts < MAX_PARTS ? parts : MAX_PARTS);
        p.part = (uint32_t)((s.reduced + p.parts - 1) / p.parts);
        p.parts = (uint32_t)((s.reduced + p.part - 1) / p.part);
    }
    l.groups[0] = (uint32_t)(s.kept * p.parts < 65535 ? s.kept * p.parts : 65535);
    if (p.parts == 1) {
        vk_writes(&l, out);
        return torsh__vk_dispatch(d, &l);
    }
    void *host;
    vk_buffer_t *chunk;
    VK_TRY(torsh__vk_stage(d, s.kept * p.parts * 8, &host, &p.out, &chunk, NULL));
    l.written[l.n_written++] = chunk;
    VK_TRY(torsh__vk_dispatch(d, &l));
    return second_pass(d, &l, &p, &s, out);
}

static torsh_status_t without_elements(vk_device_t *d, const torsh_call_t *call, const vk_reduce_t *op)
{
    if (!op->has_identity)
        return torsh__vk_host->fail(TORSH_ERR_VALUE,
                                    "%s(): Expected reduction dim to be specified for input.numel() == 0. "
                                    "Specify the reduction dim with the 'dim' argument.",
                                    call->op);
    /* the result in its own shape: the dimensions that were reduced have no strides in it */
    torsh_view_t out = call->out[0];
    int64_t shape[TORSH_MAX_DIMS], strides[TORSH_MAX_DIMS];
    out.n = 1;
    for (int k = 0; k < out.ndim; k++) {
        strides[k] = out.strides[k];
        shape[k] = strides[k] ? out.shape[k] : 1;
        out.n *= shape[k];
    }
    out.shape = shape;
    out.strides = strides;
    return out.n ? torsh__vk_fill(d, &out, op->identity) : TORSH_OK;
}

torsh_status_t torsh__vk_reduce(const torsh_call_t *call, const vk_reduce_t *op)
{
    vk_device_t *d = vk_open(call);
    if (!d)
        return TORSH_ERR_DEVICE;
    return vk_close(d, call->in[0].n ? run(d, call, op) : without_elements(d, call, op));
}
