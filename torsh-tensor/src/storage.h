/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counted memory, and the free lists of small objects. */
#ifndef TORSH_STORAGE_H
#define TORSH_STORAGE_H

#include <pthread.h>

#include <torsh/impl/tensor.h>

enum { TORSH__TENSOR_OBJECT, TORSH__STORAGE_OBJECT };

/* One size per kind. Uninitialised; NULL with an error. */
void *torsh__object_alloc(int kind, size_t bytes);
void torsh__object_free(int kind, void *object);

torsh_status_t torsh__storage_new(torsh_device_t device, int64_t bytes, torsh__storage_t **out);
void torsh__storage_release(torsh__storage_t *s);

#endif
