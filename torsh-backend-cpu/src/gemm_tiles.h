/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_BACKEND_CPU_GEMM_TILES_H
#define TORSH_BACKEND_CPU_GEMM_TILES_H

#include "gemm_block.h"

#define torsh__gemm_tiles TORSH__PASTE(torsh__gemm_tiles, ISA)

/* A product of any size, floating dtypes only: packed, blocked, and in parallel where it is large enough. */
torsh_status_t torsh__gemm_tiles(const torsh__gemm_t *g, const torsh_host_t *host);

#endif
