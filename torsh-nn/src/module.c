/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The module: counting, members, and modules out of a function. */
#include "module.h"

#include <string.h>

torsh_status_t torsh__nn_null(const char *function, const char *argument)
{
    return torsh__has_error() ? torsh_error_status(torsh_last_error())
                              : torsh__fail(TORSH_ERR_NULL, "%s: %s is NULL", function, argument);
}

/* ---- life ---- */

torsh_status_t torsh__module_new(const torsh__class_t *class, size_t bytes, torsh_module_t **out)
{
    torsh_module_t *m = torsh__calloc(bytes);
    if (!m)
        return TORSH_ERR_MEMORY;
    m->refs = 1;
    m->training = true;
    m->class = class;
    *out = m;
    return TORSH_OK;
}

torsh_module_t *torsh__module_made(torsh_status_t status, torsh_module_t *m, torsh_error_t **error)
{
    if (status == TORSH_OK)
        return m;
    torsh_module_release(m);
    if (error)
        torsh__error_give(error);
    return NULL;
}

torsh_module_t *torsh_module_retain(const torsh_module_t *module)
{
    torsh_module_t *m = (torsh_module_t *)module;
    if (m)
        __atomic_fetch_add(&m->refs, 1, __ATOMIC_RELAXED);
    return m;
}

static void lent_free(torsh__lent_t *lent)
{
    torsh_tensor_list_free(lent->list);
    torsh__finds_free(&lent->finds);
}

void torsh_module_release(torsh_module_t *m)
{
    if (!m || __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (m->class->destroy)
        m->class->destroy(m);
    for (int i = 0; i < m->n; i++) {
        torsh__free(m->members[i].name);
        torsh__release(m->members[i].tensor);
        torsh_module_release(m->members[i].child);
    }
    torsh__free(m->members);
    lent_free(&m->parameters);
    lent_free(&m->buffers);
    torsh__free(m);
}

void torsh_module_free(torsh_module_t *m)
{
    torsh_module_release(m);
}

torsh_status_t torsh_module_train(torsh_module_t *m, int mode)
{
    if (!m)
        return torsh__nn_null("module_train", "module");
    m->training = mode != 0;
    for (int i = 0; i < m->n; i++)
        if (m->members[i].child)
            torsh_module_train(m->members[i].child, mode);
    return TORSH_OK;
}

bool torsh_module_is_training(const torsh_module_t *m)
{
    return m && m->training;
}

const char *torsh_module_type(const torsh_module_t *m)
{
    return m ? m->class->type : "";
}

/* ---- members ---- */

static torsh_status_t check_name(const torsh_module_t *m, const char *what, const char *name)
{
    if (!*name)
        return torsh__fail(TORSH_ERR_VALUE, "%s name can't be empty string \"\"", what);
    if (strchr(name, '.'))
        return torsh__fail(TORSH_ERR_VALUE, "%s name can't contain \".\", but it is \"%s\"", what, name);
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->members[i].name, name) == 0)
            return torsh__fail(TORSH_ERR_VALUE, "attribute '%s' already exists (%s)", name, m->class->type);
    return TORSH_OK;
}

/* Takes over one reference of tensor or child, if it succeeds. */
static torsh_status_t add(torsh_module_t *m, const char *name, int kind, torsh_tensor_t *tensor,
                          torsh_module_t *child)
{
    if (m->n == m->capacity) {
        int capacity = m->capacity ? 2 * m->capacity : 4;
        torsh__member_t *more = torsh__alloc((size_t)capacity * sizeof *more);
        if (!more)
            return TORSH_ERR_MEMORY;
        if (m->n)
            memcpy(more, m->members, (size_t)m->n * sizeof *more);
        torsh__free(m->members);
        m->members = more;
        m->capacity = capacity;
    }
    char *own = torsh__join(NULL, name);
    if (!own)
        return TORSH_ERR_MEMORY;
    m->members[m->n++] = (torsh__member_t){own, kind, tensor, child};
    return TORSH_OK;
}

static torsh_status_t add_tensor(torsh_module_t *m, const char *name, int kind, const char *what,
                                 torsh_tensor_t *tensor)
{
    if (!m || !name)
        return torsh__nn_null("module_add", m ? "name" : "module");
    if (!tensor && torsh__has_error()) /* it could not be made */
        return torsh_error_status(torsh_last_error());
    TRY(check_name(m, what, name));
    TRY(add(m, name, kind, tensor, NULL));
    if (tensor)
        torsh__retain(tensor);
    return TORSH_OK;
}

torsh_status_t torsh_module_add_parameter(torsh_module_t *m, const char *name, torsh_tensor_t *tensor)
{
    if (tensor && !torsh_dtype_is_floating((torsh_dtype_t)tensor->dtype))
        return torsh__fail(TORSH_ERR_DTYPE,
                           "Only Tensors of floating point and complex dtype can require gradients, but "
                           "parameter '%s' is %s",
                           name ? name : "", torsh_dtype_name((torsh_dtype_t)tensor->dtype));
    TRY(add_tensor(m, name, TORSH__PARAMETER, "parameter", tensor));
    if (tensor)
        tensor->requires_grad = true;
    return TORSH_OK;
}

torsh_status_t torsh_module_add_buffer(torsh_module_t *m, const char *name, torsh_tensor_t *tensor,
                                       int persistent)
{
    return add_tensor(m, name, TORSH__BUFFER | (persistent ? 0 : TORSH__UNSAVED), "buffer", tensor);
}

static torsh_status_t add_module(torsh_module_t *m, const char *name, torsh_module_t *child)
{
    if (!m || !name || !child)
        return torsh__nn_null("module_add_module", !m ? "module" : name ? "child" : "name");
    TRY(check_name(m, "module", name));
    if (torsh__contains(child, m))
        return torsh__fail(TORSH_ERR_VALUE, "module '%s' would contain itself", name);
    return add(m, name, TORSH__CHILD, NULL, child);
}

torsh_status_t torsh_module_add_module(torsh_module_t *m, const char *name, torsh_module_t *child)
{
    torsh_status_t status = add_module(m, name, child);
    if (status != TORSH_OK)
        torsh_module_release(child);
    return status;
}

torsh_status_t torsh__add_buffer(torsh_module_t *m, const char *name, torsh_dtype_t dtype, int ndim,
                                 const int64_t *shape, torsh_tensor_t **tensor)
{
    torsh_tensor_t *t = NULL;
    if (ndim >= 0)
        TRY(torsh__tensor_new(dtype, (torsh_device_t){TORSH_CPU, 0}, ndim, shape, NULL, &t));
    torsh_status_t status = add(m, name, TORSH__BUFFER, t, NULL);
    if (status != TORSH_OK)
        torsh__release(t);
    else if (tensor)
        *tensor = t;
    return status;
}

torsh_status_t torsh__add_parameter(torsh_module_t *m, const char *name, int ndim, const int64_t *shape,
                                    torsh_tensor_t **tensor)
{
    torsh_tensor_t *t = NULL;
    TRY(torsh__add_buffer(m, name, torsh_get_default_dtype(), ndim, shape, &t));
    m->members[m->n - 1].kind = TORSH__PARAMETER;
    if (t)
        t->requires_grad = true;
    if (tensor)
        *tensor = t;
    return TORSH_OK;
}

/* ---- modules out of a function ---- */

typedef struct custom {
    torsh_module_t m;
    torsh__class_t class; /* its own: the type is the caller's */
    char *type;
    torsh_forward_t forward;
    void *ctx;
    void (*destroy)(void *ctx);
} custom_t;

static torsh_status_t custom_forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    custom_t *c = (custom_t *)m;
    torsh_status_t status = c->forward(c->ctx, m, input, output);
    if (status != TORSH_OK) {
        torsh__release(*output);
        *output = NULL;
        return torsh__has_error() ? torsh_error_status(torsh_last_error())
                                  : torsh__fail(status, "%s: forward failed without an error", c->type);
    }
    if (!*output)
        return torsh__fail(TORSH_ERR_CALLBACK, "%s: forward returned no output", c->type);
    return TORSH_OK;
}

static void custom_destroy(torsh_module_t *m)
{
    custom_t *c = (custom_t *)m;
    if (c->destroy)
        c->destroy(c->ctx);
    torsh__free(c->type);
}

static torsh_status_t custom_new(const char *type, torsh_forward_t forward, torsh_module_t **out)
{
    static const torsh__class_t class = {"Module", 1, custom_forward, custom_destroy};
    if (!type || !forward)
        return torsh__nn_null("module_new", type ? "forward" : "type");
    TRY(torsh__module_new(&class, sizeof(custom_t), out));
    custom_t *c = (custom_t *)*out;
    if (!(c->type = torsh__join(NULL, type)))
        return TORSH_ERR_MEMORY;
    c->class = class;
    c->class.type = c->type;
    c->m.class = &c->class;
    c->forward = forward;
    return TORSH_OK;
}

torsh_module_t *torsh_module_new(const char *type, torsh_forward_t forward, void *ctx,
                                 void (*destroy)(void *ctx), torsh_error_t **error)
{
    torsh_module_t *m = NULL;
    if (error && *error)
        return NULL;
    const torsh_status_t status = custom_new(type, forward, &m);
    if (!torsh__module_made(status, m, error))
        return NULL;
    ((custom_t *)m)->ctx = ctx;
    ((custom_t *)m)->destroy = destroy;
    return m;
}
