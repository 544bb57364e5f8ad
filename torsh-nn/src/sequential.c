/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "module.h"

static torsh_status_t forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    torsh_tensor_t *x = torsh__retain(input);
    for (int i = 0; i < m->n; i++) {
        torsh_tensor_t *y = NULL;
        if (!m->members[i].child)
            continue;
        torsh_status_t status = torsh__forward(m->members[i].child, x, &y);
        torsh__release(x);
        TRY(status);
        x = y;
    }
    *output = x;
    return TORSH_OK;
}

static const torsh__class_t class = {"Sequential", 1, forward, NULL};

torsh_module_t *torsh_sequential_new(void)
{
    torsh_module_t *m = NULL;
    torsh_status_t status = torsh__module_new(&class, sizeof *m, &m);
    return torsh__module_made(status, m, NULL);
}

torsh_status_t torsh_sequential_add(torsh_module_t *sequential, torsh_module_t *module)
{
    char name[16];
    torsh_status_t status = TORSH_OK;
    int n = 0;
    if (!sequential || !module)
        status = torsh__nn_null("sequential_add", sequential ? "module" : "sequential");
    else if (sequential->class != &class)
        status =
            torsh__fail(TORSH_ERR_TYPE, "sequential_add: a %s is no Sequential", sequential->class->type);
    if (status != TORSH_OK) {
        torsh_module_release(module);
        return status;
    }
    for (int i = 0; i < sequential->n; i++)
        n += sequential->members[i].child != NULL;
    snprintf(name, sizeof name, "%d", n);
    return torsh_module_add_module(sequential, name, module);
}
