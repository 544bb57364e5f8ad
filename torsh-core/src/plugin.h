/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_CORE_PLUGIN_H
#define TORSH_CORE_PLUGIN_H

#include <torsh/impl/core.h>

/* Looks once for the backend of a device kind that has none: libtorsh-backend-KIND.so in the folders of
 * TORSH_BACKEND_PATH, then beside this library. None is no error; one that cannot be loaded or is refused is,
 * each time. */
torsh_status_t torsh__plugin_load(int32_t device_kind);

#endif
