/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Moving a module to another device or dtype. */
#include <torsh/autograd.h>
#include <torsh/impl/ops.h>

#include "module.h"

/* *out: t as asked for, or NULL if it is that already. */
static torsh_status_t moved(const torsh_tensor_t *t, torsh_dtype_t dtype, torsh_device_t device,
                            torsh_tensor_t **out)
{
    torsh__scope_t s;
    const torsh_dtype_t to = dtype != TORSH_DTYPE_NONE && torsh_dtype_is_floating((torsh_dtype_t)t->dtype)
                                 ? dtype
                                 : (torsh_dtype_t)t->dtype;
    const torsh_device_t on = device.kind >= 0 ? device : t->device;
    if (to == t->dtype && on.kind == t->device.kind && on.index == t->device.index)
        return TORSH_OK;
    bool was = torsh__autograd && torsh__autograd->set_enabled(false);
    torsh__scope_open(&s);
    torsh_tensor_t *made = op__to_copy(&s, t, to, -1, on, (torsh_opt_int_t){0, 0}, 0, -1);
    torsh_status_t status = s.status;
    if (status == TORSH_OK)
        *out = torsh__retain(made);
    torsh__scope_close(&s);
    if (torsh__autograd)
        torsh__autograd->set_enabled(was);
    return status;
}

static torsh_status_t to(torsh_module_t *m, torsh_dtype_t dtype, torsh_device_t device)
{
    torsh__finds_t finds;
    torsh_status_t status = TORSH_OK;
    if (dtype != TORSH_DTYPE_NONE && !torsh_dtype_is_floating(dtype))
        return torsh__fail(
            TORSH_ERR_TYPE,
            "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.%s",
            torsh_dtype_name(dtype));
    if (device.kind >= 0)
        TRY(torsh__device_check(&device));
    TRY(torsh__find(m, TORSH__PARAMETER | TORSH__BUFFER | TORSH__UNSAVED, true, &finds));
    torsh_tensor_list_t *values = torsh__tensor_list_new(finds.n), *grads = torsh__tensor_list_new(finds.n);
    if (!values || !grads)
        TRY_GOTO(done, TORSH_ERR_MEMORY);
    for (int i = 0; i < finds.n; i++) { /* everything is made before anything changes */
        const torsh_tensor_t *t = finds.v[i].tensor, *grad = torsh_tensor_grad(t);
        TRY_GOTO(done, moved(t, dtype, device, &values->tensors[i]));
        if (grad)
            TRY_GOTO(done, moved(grad, dtype, device, &grads->tensors[i]));
    }
    for (int i = 0; i < finds.n; i++) {
        if (values->tensors[i])
            TRY_GOTO(done, torsh_tensor_set_data(finds.v[i].tensor, values->tensors[i]));
        if (grads->tensors[i])
            TRY_GOTO(done, torsh_tensor_set_grad(finds.v[i].tensor, grads->tensors[i]));
    }
done:
    torsh_tensor_list_free(values);
    torsh_tensor_list_free(grads);
    torsh__finds_free(&finds);
    return status;
}

torsh_status_t torsh_module_to(torsh_module_t *m, torsh_dtype_t dtype, torsh_device_t device,
                               torsh_error_t **error)
{
    if (error && *error)
        return torsh_error_status(*error);
    torsh_status_t status = m ? to(m, dtype, device) : torsh__nn_null("module_to", "module");
    if (status != TORSH_OK && error)
        torsh__error_give(error);
    return status;
}
