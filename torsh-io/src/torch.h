/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torch.save's files: a zip archive of a pickle and the storages that it speaks of. */
#ifndef TORSH_IO_TORCH_H
#define TORSH_IO_TORCH_H

#include <torsh/io.h>

#include "sink.h"
#include "source.h"

torsh_status_t torsh__torch_read(const torsh__source_t *source, torsh_value_t **out);
torsh_status_t torsh__torch_write(const torsh_value_t *value, torsh__sink_t *sink);

#endif
