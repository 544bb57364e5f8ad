/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TORSH_FALLBACK=cpu: what a device has no kernel for runs on the CPU, with a warning once an operator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <torsh/impl/ops.h>

#include "run.h"

enum { SOME = 16, OPS = 2048 };

static bool wanted(void)
{
    const char *text = getenv("TORSH_FALLBACK");
    return text && strcmp(text, "cpu") == 0;
}

static void warn_once(const torsh__plan_t *p)
{
    static uint8_t warned[OPS];
    char device[24];
    if (p->op->id < OPS && !__atomic_exchange_n(&warned[p->op->id], 1, __ATOMIC_RELAXED))
        fprintf(stderr,
                "torsh: \"%s\" has no kernel for '%s' on %s and runs on the CPU (TORSH_FALLBACK=cpu)\n",
                p->op->name, torsh_dtype_name(p->compute), torsh_device_name(p->device, device));
}

/* A dense copy on the CPU, in the tensor's own order. */
static torsh_status_t to_cpu(const torsh_tensor_t *t, torsh_tensor_t **out)
{
    const bool dense = torsh__is_dense(t->ndim, t->shape, t->strides);
    torsh_tensor_t *c;
    TRY(torsh__tensor_new((torsh_dtype_t)t->dtype, (torsh_device_t){TORSH_CPU, 0}, t->ndim, t->shape,
                          dense ? t->strides : NULL, &c));
    torsh_status_t status = torsh__copy(c, t);
    if (status != TORSH_OK) {
        torsh_tensor_release(c);
        return status;
    }
    *out = c;
    return TORSH_OK;
}

torsh_status_t torsh__fallback(const torsh__plan_t *p, torsh_tensor_t *const *out)
{
    const torsh_tensor_t *few[SOME], **in = few;
    torsh_tensor_t *to[TORSH_MAX_OUT] = {NULL};
    torsh_status_t status = TORSH_OK;
    torsh__plan_t cpu = *p;
    cpu.device = (torsh_device_t){TORSH_CPU, 0};
    cpu.alike = false;
    if (p->device.kind == TORSH_CPU || !wanted() || !torsh__has_kernel(&cpu))
        return torsh__no_kernel(p);
    warn_once(p);
    if (p->n_in > SOME && !(in = torsh__calloc((size_t)p->n_in * sizeof *in)))
        return TORSH_ERR_MEMORY;
    for (int i = 0; i < p->n_in; i++)
        in[i] = NULL;
    for (int i = 0; i < p->n_in; i++) {
        const torsh_tensor_t *t = p->in[i];
        if (t && !t->is_immediate && t->device.kind != TORSH_CPU)
            TRY_GOTO(done, to_cpu(t, (torsh_tensor_t **)&in[i]));
        else
            in[i] = t ? torsh_tensor_retain(t) : NULL;
    }
    for (int i = 0; i < p->op->n_out; i++) {
        const bool is_self = p->mode == TORSH__INPLACE || (p->op->mutates_self && i == 0);
        if (is_self)
            to[i] = torsh_tensor_retain(in[0]);
        else
            TRY_GOTO(done, to_cpu(out[i], &to[i]));
    }
    cpu.in = in;
    cpu.self = p->mode == TORSH__INPLACE ? in[0] : NULL;
    TRY_GOTO(done, torsh__launch(&cpu, to));
    for (int i = 0; i < p->op->n_out; i++)
        TRY_GOTO(done, torsh__copy(out[i], to[i]));
done:
    for (int i = 0; i < p->n_in; i++)
        torsh_tensor_release((torsh_tensor_t *)in[i]);
    for (int i = 0; i < p->op->n_out; i++)
        torsh_tensor_release(to[i]);
    if (in != few)
        torsh__free(in);
    return status == TORSH_DECLINED ? torsh__no_kernel(p) : status;
}
