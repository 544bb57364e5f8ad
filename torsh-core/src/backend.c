/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The backends, and for each device kind a flat table [operator][dtype] of chains of kernels. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <torsh/impl/core.h>

#include "fork.h"
#include "plugin.h"

enum { MAX_BACKENDS = 16, DTYPE_SLOTS = 15 };

/* A table is built whole and then published, so that lookups take no lock. It stays: kernels of an old one
 * may still run when another backend is chosen. There is one for each backend that was ever first among the
 * same others. */
typedef struct table {
    struct table *next;
    const torsh_backend_t *first;
    int n_backends;
    torsh__kernel_slot_t *slots; /* n_ops * DTYPE_SLOTS heads, then what follows them in their chains */
} table_t;

typedef struct entry {
    const torsh_backend_t *backend;
    int32_t *ids; /* of its kernels' operators */
} entry_t;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static entry_t entries[MAX_BACKENDS];
static int n_entries;
static const torsh_backend_t *chosen[TORSH_DEVICE_KINDS]; /* by torsh__backend_use */
static table_t *tables;
static const torsh_backend_t *_Atomic in_use[TORSH_DEVICE_KINDS];
static torsh__kernel_slot_t *_Atomic slots_in_use[TORSH_DEVICE_KINDS];

/* -1: no dtype */
static int dtype_slot(torsh_dtype_t dtype)
{
    static const int8_t slot[] = {
        [TORSH_U8] = 1,    [TORSH_I8] = 2,    [TORSH_I16] = 3,  [TORSH_I32] = 4,  [TORSH_I64] = 5,
        [TORSH_F16] = 6,   [TORSH_F32] = 7,   [TORSH_F64] = 8,  [TORSH_C64] = 9,  [TORSH_C128] = 10,
        [TORSH_BOOL] = 11, [TORSH_BF16] = 12, [TORSH_U16] = 13, [TORSH_U32] = 14, [TORSH_U64] = 15,
    };
    return (unsigned)dtype < sizeof slot ? slot[dtype] - 1 : -1;
}

/* -1: no operator of that name */
static int find_op(const char *name)
{
    int low = 0, high = torsh__n_ops;
    while (low < high) {
        int middle = low + (high - low) / 2, order = strcmp(name, torsh__op_names[middle].name);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static torsh_status_t refuse(const torsh_backend_t *backend, const char *why, const char *what)
{
    return torsh__fail(TORSH_ERR_VALUE, "backend %s: %s%s", backend->name, why, what);
}

static torsh_status_t check_kernel(const torsh_backend_t *backend, const torsh_kernel_t *kernel, int32_t *id)
{
    if (!kernel->op || !kernel->schema || !kernel->run)
        return refuse(backend,
                      "a kernel without operator, schema or function: ", kernel->op ? kernel->op : "?");
    *id = find_op(kernel->op);
    if (*id < 0)
        return refuse(backend, "there is no operator ", kernel->op);
    const char *schema = torsh__op_names[*id].schema;
    if (strcmp(kernel->schema, schema) != 0)
        return torsh__fail(TORSH_ERR_VALUE, "backend %s: its kernel was compiled for %s, this library has %s",
                           backend->name, kernel->schema, schema);
    if (dtype_slot(kernel->dtype) < 0)
        return torsh__fail(TORSH_ERR_VALUE, "backend %s: a kernel of %s for dtype %d, which there is not",
                           backend->name, kernel->op, (int)kernel->dtype);
    return TORSH_OK;
}

static torsh_status_t check_backend(const torsh_backend_t *b)
{
    if (b->abi != TORSH_BACKEND_ABI) /* before anything else is read: its struct may be another */
        return torsh__fail(TORSH_ERR_VALUE, "a backend made for interface %u; this library has interface %u",
                           b->abi, TORSH_BACKEND_ABI);
    if (!b->name)
        return torsh__fail(TORSH_ERR_VALUE, "a backend without a name");
    if (b->device_kind < 0 || b->device_kind >= TORSH_DEVICE_KINDS || b->device_kind == TORSH_META)
        return torsh__fail(TORSH_ERR_VALUE, "backend %s: device kind %d can have none", b->name,
                           b->device_kind);
    if (!b->device_count || !b->properties || !b->raw_alloc || !b->raw_free || !b->map ||
        !b->copy_from_host || !b->copy_to_host || !b->copy || !b->current_stream || !b->synchronize)
        return refuse(b, "a function is missing", "");
    if (b->n_kernels < 0 || (b->n_kernels > 0 && !b->kernels))
        return refuse(b, "its list of kernels is missing", "");
    for (int i = 0; i < n_entries; i++)
        if (strcmp(entries[i].backend->name, b->name) == 0)
            return refuse(b, "there is one of that name already", "");
    if (n_entries == MAX_BACKENDS)
        return refuse(b, "too many backends", "");
    return TORSH_OK;
}

/* Usable backends of a kind in the order of their kernels, the chosen one first, then by score; how many. */
static int order_backends(int32_t kind, const torsh_backend_t *first, const entry_t **out)
{
    int n = 0;
    for (int i = 0; i < n_entries; i++) {
        const torsh_backend_t *b = entries[i].backend;
        if (b->device_kind != kind || b->score <= 0)
            continue;
        int at = n++;
        for (; at > 0 && out[at - 1]->backend != first &&
               (b == first || b->score > out[at - 1]->backend->score);
             at--)
            out[at] = out[at - 1];
        out[at] = &entries[i];
    }
    return n;
}

static torsh_status_t build_table(const entry_t *const *order, int n, table_t **out)
{
    size_t heads = (size_t)torsh__n_ops * DTYPE_SLOTS, kernels = 0;
    for (int b = 0; b < n; b++)
        kernels += (size_t)order[b]->backend->n_kernels;
    /* never freed, so not among the allocations that tests look for */
    table_t *table = torsh__allocation_fails() ? NULL : malloc(sizeof *table);
    torsh__kernel_slot_t *slots = table ? calloc(heads + kernels + 1, sizeof *slots) : NULL;
    if (!slots) {
        free(table);
        return torsh__fail(TORSH_ERR_MEMORY, "no memory for the table of kernels");
    }
    torsh__kernel_slot_t *spare = slots + heads;
    for (int b = n - 1; b >= 0; b--) /* from the last kernel to the first: each goes in front of its chain */
        for (int k = order[b]->backend->n_kernels - 1; k >= 0; k--) {
            const torsh_kernel_t *kernel = &order[b]->backend->kernels[k];
            torsh__kernel_slot_t *head = &slots[order[b]->ids[k] * DTYPE_SLOTS + dtype_slot(kernel->dtype)];
            if (head->kernel) {
                *spare = *head;
                head->next = spare++;
            }
            head->kernel = kernel;
        }
    *table = (table_t){NULL, order[0]->backend, n, slots};
    *out = table;
    return TORSH_OK;
}

/* Publishes the table of a kind for the backends registered now. */
static torsh_status_t rechain(int32_t kind, const torsh_backend_t *first)
{
    const entry_t *order[MAX_BACKENDS];
    int n = order_backends(kind, first, order);
    if (n == 0)
        return TORSH_OK;
    table_t *table = tables;
    while (table && (table->first != order[0]->backend || table->n_backends != n))
        table = table->next;
    if (!table) {
        TRY(build_table(order, n, &table));
        table->next = tables;
        tables = table;
    }
    atomic_store_explicit(&slots_in_use[kind], table->slots, memory_order_release);
    atomic_store_explicit(&in_use[kind], order[0]->backend, memory_order_release);
    return TORSH_OK;
}

static torsh_status_t register_locked(const torsh_backend_t *backend)
{
    for (int i = 0; i < n_entries; i++)
        if (entries[i].backend == backend)
            return TORSH_OK;
    TRY(check_backend(backend));
    bool fails = torsh__allocation_fails();
    int32_t *ids = fails ? NULL : malloc((size_t)(backend->n_kernels + 1) * sizeof *ids);
    if (!ids)
        return torsh__fail(TORSH_ERR_MEMORY, "backend %s: no memory for %d kernels", backend->name,
                           backend->n_kernels);
    torsh_status_t status = TORSH_OK;
    for (int k = 0; k < backend->n_kernels; k++)
        TRY_GOTO(failed, check_kernel(backend, &backend->kernels[k], &ids[k]));
    entries[n_entries++] = (entry_t){backend, ids};
    TRY_GOTO(failed_after_entry, rechain(backend->device_kind, chosen[backend->device_kind]));
    return TORSH_OK;
failed_after_entry:
    n_entries--;
failed:
    free(ids);
    return status;
}

torsh_status_t torsh__backend_register(const torsh_backend_t *backend)
{
    if (!backend)
        return torsh__fail(TORSH_ERR_NULL, "torsh__backend_register: backend is NULL");
    torsh__watch_forks();
    pthread_mutex_lock(&mutex);
    torsh_status_t status = register_locked(backend);
    pthread_mutex_unlock(&mutex);
    return status;
}

const torsh_backend_t *torsh__backend(int32_t device_kind)
{
    if (device_kind < 0 || device_kind >= TORSH_DEVICE_KINDS)
        return NULL;
    return atomic_load_explicit(&in_use[device_kind], memory_order_acquire);
}

int torsh__backends(const torsh_backend_t **out, int max)
{
    pthread_mutex_lock(&mutex);
    int n = n_entries;
    for (int i = 0; i < n && i < max; i++)
        out[i] = entries[i].backend;
    pthread_mutex_unlock(&mutex);
    return n;
}

static torsh_status_t use_locked(const char *name)
{
    const torsh_backend_t *found = NULL;
    for (int i = 0; i < n_entries; i++)
        if (strcmp(entries[i].backend->name, name) == 0)
            found = entries[i].backend;
    if (!found)
        return torsh__fail(TORSH_ERR_VALUE, "there is no backend %s", name);
    if (found->score <= 0)
        return torsh__fail(TORSH_ERR_VALUE, "backend %s cannot be used on this machine", name);
    TRY(rechain(found->device_kind, found));
    chosen[found->device_kind] = found;
    return TORSH_OK;
}

torsh_status_t torsh__backend_use(const char *name)
{
    if (!name)
        return torsh__fail(TORSH_ERR_NULL, "torsh__backend_use: name is NULL");
    pthread_mutex_lock(&mutex);
    torsh_status_t status = use_locked(name);
    pthread_mutex_unlock(&mutex);
    return status;
}

const torsh__kernel_slot_t *torsh__kernels(int32_t device_kind, int op_id, torsh_dtype_t dtype)
{
    if ((uint32_t)device_kind >= TORSH_DEVICE_KINDS)
        return NULL;
    torsh__kernel_slot_t *slots = atomic_load_explicit(&slots_in_use[device_kind], memory_order_acquire);
    int slot = dtype_slot(dtype);
    if (!slots || slot < 0 || (unsigned)op_id >= (unsigned)torsh__n_ops)
        return NULL;
    const torsh__kernel_slot_t *head = &slots[op_id * DTYPE_SLOTS + slot];
    return head->kernel ? head : NULL;
}

torsh_status_t torsh__device_check(torsh_device_t *device)
{
    char name[24];
    if (!device)
        return torsh__fail(TORSH_ERR_NULL, "torsh__device_check: device is NULL");
    int32_t index = device->index < 0 ? 0 : device->index, count = 1;
    if (device->kind != TORSH_META) {
        const torsh_backend_t *backend = torsh__backend(device->kind);
        if (!backend) {
            TRY(torsh__plugin_load(device->kind));
            backend = torsh__backend(device->kind);
        }
        if (!backend)
            return torsh__fail(TORSH_ERR_DEVICE, "%s: no backend for this device is loaded",
                               torsh_device_name(*device, name));
        count = backend->device_count();
    }
    if (index >= count)
        return torsh__fail(TORSH_ERR_DEVICE, "%s: invalid device ordinal, there are %d devices of this kind",
                           torsh_device_name(*device, name), count);
    device->index = index;
    return TORSH_OK;
}

void torsh__registry_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void torsh__registry_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}
