/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Through a module and all in it: lists with names, and names to tensors. */
#include <string.h>

#include "module.h"

char *torsh__join(const char *prefix, const char *name)
{
    const size_t before = prefix && *prefix ? strlen(prefix) + 1 : 0, bytes = strlen(name) + 1;
    char *text = torsh__alloc(before + bytes);
    if (!text)
        return NULL;
    if (before) {
        memcpy(text, prefix, before - 1);
        text[before - 1] = '.';
    }
    memcpy(text + before, name, bytes);
    return text;
}

bool torsh__contains(const torsh_module_t *m, const torsh_module_t *what)
{
    bool found = m == what;
    for (int i = 0; i < m->n && !found; i++)
        found = m->members[i].child && torsh__contains(m->members[i].child, what);
    return found;
}

/* ---- lists ---- */

void torsh__finds_free(torsh__finds_t *finds)
{
    for (int i = 0; i < finds->n; i++)
        torsh__free(finds->v[i].name);
    torsh__free(finds->v);
    *finds = (torsh__finds_t){0};
}

static torsh_status_t found(torsh__finds_t *finds, const char *prefix, const torsh_module_t *m,
                            const torsh__member_t *member)
{
    if (finds->n == finds->capacity) {
        const int capacity = finds->capacity ? 2 * finds->capacity : 8;
        torsh__found_t *more = torsh__alloc((size_t)capacity * sizeof *more);
        if (!more)
            return TORSH_ERR_MEMORY;
        if (finds->n)
            memcpy(more, finds->v, (size_t)finds->n * sizeof *more);
        torsh__free(finds->v);
        finds->v = more;
        finds->capacity = capacity;
    }
    char *name = torsh__join(prefix, member->name);
    if (!name)
        return TORSH_ERR_MEMORY;
    finds->v[finds->n++] = (torsh__found_t){name, member->tensor, m};
    return TORSH_OK;
}

static bool known(const torsh__finds_t *finds, const torsh_tensor_t *t)
{
    for (int i = 0; i < finds->n; i++)
        if (finds->v[i].tensor == t)
            return true;
    return false;
}

static torsh_status_t find(const torsh_module_t *m, const char *prefix, int kinds, bool once,
                           torsh__finds_t *finds)
{
    /* a module's parameters stand before its buffers, whatever the order of adding */
    for (int pass = TORSH__PARAMETER; pass <= TORSH__BUFFER; pass *= 2)
        for (int i = 0; i < m->n; i++) {
            const torsh__member_t *member = &m->members[i];
            const int kind = member->kind;
            if (member->tensor && (kind & pass) && (kind & ~kinds) == 0 &&
                !(once && known(finds, member->tensor)))
                TRY(found(finds, prefix, m, member));
        }
    for (int i = 0; i < m->n; i++) {
        const torsh__member_t *member = &m->members[i];
        char *path = member->child ? torsh__join(prefix, member->name) : NULL;
        if (!member->child)
            continue;
        torsh_status_t status = path ? find(member->child, path, kinds, once, finds) : TORSH_ERR_MEMORY;
        torsh__free(path);
        TRY(status);
    }
    return TORSH_OK;
}

torsh_status_t torsh__find(const torsh_module_t *m, int kinds, bool once, torsh__finds_t *finds)
{
    *finds = (torsh__finds_t){0};
    torsh_status_t status = find(m, NULL, kinds, once, finds);
    if (status != TORSH_OK)
        torsh__finds_free(finds);
    return status;
}

static bool same(const torsh__lent_t *lent, const torsh__finds_t *finds)
{
    bool same = lent->list && lent->list->n == finds->n;
    for (int i = 0; same && i < finds->n; i++)
        same = lent->list->tensors[i] == finds->v[i].tensor &&
               strcmp(lent->finds.v[i].name, finds->v[i].name) == 0;
    return same;
}

/* The list of before as long as it is still true: callers may hold it. */
static torsh_tensor_list_t *lend(const torsh_module_t *m, int kinds, torsh__lent_t *lent)
{
    torsh__finds_t finds;
    if (torsh__find(m, kinds, true, &finds) != TORSH_OK)
        return NULL;
    if (same(lent, &finds)) {
        torsh__finds_free(&finds);
        return lent->list;
    }
    torsh_tensor_list_t *list = torsh__tensor_list_new(finds.n);
    if (!list) {
        torsh__finds_free(&finds);
        return NULL;
    }
    for (int i = 0; i < finds.n; i++)
        list->tensors[i] = torsh__retain(finds.v[i].tensor);
    torsh_tensor_list_free(lent->list);
    torsh__finds_free(&lent->finds);
    *lent = (torsh__lent_t){list, finds};
    return list;
}

torsh_tensor_list_t *torsh_module_parameters(torsh_module_t *m)
{
    if (!m) {
        torsh__nn_null("module_parameters", "module");
        return NULL;
    }
    return lend(m, TORSH__PARAMETER, &m->parameters);
}

torsh_tensor_list_t *torsh_module_buffers(torsh_module_t *m)
{
    if (!m) {
        torsh__nn_null("module_buffers", "module");
        return NULL;
    }
    return lend(m, TORSH__BUFFER | TORSH__UNSAVED, &m->buffers);
}

static const char *name_of(const torsh__lent_t *lent, int i)
{
    return i >= 0 && i < lent->finds.n ? lent->finds.v[i].name : NULL;
}

const char *torsh_module_parameter_name(torsh_module_t *m, int i)
{
    return m && (m->parameters.list || torsh_module_parameters(m)) ? name_of(&m->parameters, i) : NULL;
}

const char *torsh_module_buffer_name(torsh_module_t *m, int i)
{
    return m && (m->buffers.list || torsh_module_buffers(m)) ? name_of(&m->buffers, i) : NULL;
}

/* ---- by name ---- */

/* The member that a path ends at. */
static const torsh__member_t *at_path(const torsh_module_t *m, const char *path)
{
    while (m) {
        const char *dot = strchr(path, '.');
        const size_t bytes = dot ? (size_t)(dot - path) : strlen(path);
        const torsh__member_t *member = NULL;
        for (int i = 0; i < m->n && !member; i++)
            if (strncmp(m->members[i].name, path, bytes) == 0 && m->members[i].name[bytes] == 0)
                member = &m->members[i];
        if (!member || !dot)
            return member;
        m = member->child;
        path = dot + 1;
    }
    return NULL;
}

torsh_tensor_t *torsh_module_tensor(const torsh_module_t *m, const char *name)
{
    const torsh__member_t *member = name ? at_path(m, name) : NULL;
    return member ? member->tensor : NULL;
}

torsh_module_t *torsh_module_child(const torsh_module_t *m, const char *name)
{
    const torsh__member_t *member = name ? at_path(m, name) : NULL;
    return member ? member->child : NULL;
}
