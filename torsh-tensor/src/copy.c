/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies between any two tensors, also across devices; no autograd. */
#include <torsh/impl/ops.h>

#include "run.h"

static bool same_device(const torsh_tensor_t *a, const torsh_tensor_t *b)
{
    return a->device.kind == b->device.kind && a->device.index == b->device.index;
}

static torsh_status_t copy_within(torsh_tensor_t *self, const torsh_tensor_t *src)
{
    const torsh__copy__params_t params = {0};
    const torsh_tensor_t *in[] = {self, src};
    torsh__plan_t p;
    p.op = &torsh__record_copy_;
    p.in = in;
    p.n_in = 2;
    p.params = &params;
    p.mode = TORSH__INPLACE;
    p.device = self->device;
    p.compute = (torsh_dtype_t)self->dtype;
    p.alike = false;
    p.meta[0].dtype = p.compute;
    torsh_status_t status = torsh__has_kernel(&p) ? torsh__launch(&p, &self) : TORSH_DECLINED;
    return status == TORSH_DECLINED ? torsh__no_kernel(&p) : status;
}

/* Both contiguous, one dtype, different devices. */
static torsh_status_t transfer(torsh_tensor_t *to, const torsh_tensor_t *from)
{
    size_t bytes = (size_t)to->n * (size_t)torsh_dtype_bytes((torsh_dtype_t)to->dtype);
    int64_t a = to->offset * torsh_dtype_bytes((torsh_dtype_t)to->dtype);
    int64_t b = from->offset * torsh_dtype_bytes((torsh_dtype_t)from->dtype);
    if (!bytes)
        return TORSH_OK;
    if (to->device.kind == TORSH_CPU) {
        const torsh_backend_t *k = torsh__backend(from->device.kind);
        return k->copy_to_host(k->current_stream(from->device.index), (char *)to->storage->block.handle + a,
                               from->storage->block.handle, b, bytes);
    }
    const torsh_backend_t *k = torsh__backend(to->device.kind);
    void *stream = k->current_stream(to->device.index);
    if (from->device.kind == TORSH_CPU)
        return k->copy_from_host(stream, to->storage->block.handle, a,
                                 (const char *)from->storage->block.handle + b, bytes);
    /* between two devices: through the host */
    torsh_tensor_t *host;
    TRY(torsh__tensor_new((torsh_dtype_t)to->dtype, (torsh_device_t){TORSH_CPU, 0}, to->ndim, to->shape, NULL,
                          &host));
    torsh_status_t status = transfer(host, from);
    if (status == TORSH_OK)
        status = transfer(to, host);
    torsh_tensor_release(host);
    return status;
}

static torsh_status_t copy_across(torsh_tensor_t *self, const torsh_tensor_t *src)
{
    torsh_tensor_t *packed = NULL, *landed = NULL;
    torsh_status_t status;
    TRY_GOTO(done, torsh__contiguous_as(src, (torsh_dtype_t)self->dtype, &packed));
    bool direct = packed->n == self->n && torsh__is_contiguous(self->ndim, self->shape, self->strides);
    if (direct) {
        status = transfer(self, packed);
    } else {
        TRY_GOTO(done, torsh__tensor_new((torsh_dtype_t)self->dtype, self->device, packed->ndim,
                                         packed->shape, NULL, &landed));
        TRY_GOTO(done, transfer(landed, packed));
        status = copy_within(self, landed);
    }
done:
    torsh_tensor_release(packed);
    torsh_tensor_release(landed);
    return status;
}

torsh_status_t torsh__copy(torsh_tensor_t *self, const torsh_tensor_t *src)
{
    if (self->n == 0 || self->device.kind == TORSH_META)
        return TORSH_OK;
    if (src->device.kind == TORSH_META && !src->is_immediate)
        return torsh__fail(TORSH_ERR_NOT_IMPLEMENTED, "Cannot copy out of meta tensor; no data!");
    return src->is_immediate || same_device(self, src) ? copy_within(self, src) : copy_across(self, src);
}

torsh_status_t torsh__contiguous_as(const torsh_tensor_t *t, torsh_dtype_t dtype, torsh_tensor_t **out)
{
    torsh_tensor_t *c;
    if (t->is_immediate) {
        TRY(torsh__tensor_new(dtype, (torsh_device_t){TORSH_CPU, 0}, 0, NULL, NULL, &c));
        torsh__scalar_store(t->value, dtype, c->storage->block.handle);
        *out = c;
        return TORSH_OK;
    }
    if (t->dtype == dtype && torsh__is_contiguous(t->ndim, t->shape, t->strides)) {
        *out = torsh_tensor_retain(t);
        return TORSH_OK;
    }
    TRY(torsh__tensor_new(dtype, t->device, t->ndim, t->shape, NULL, &c));
    torsh_status_t status = torsh__copy(c, t);
    if (status != TORSH_OK) {
        torsh_tensor_release(c);
        return status;
    }
    *out = c;
    return TORSH_OK;
}
