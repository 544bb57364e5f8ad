/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What torsh__host offers of a generator; between begin and end, except those two. NULL is the default
 * generator. */
#ifndef TORSH_CORE_GENERATOR_H
#define TORSH_CORE_GENERATOR_H

#include <torsh/core.h>

void torsh__random_begin(torsh_generator_t *generator);
void torsh__random_end(torsh_generator_t *generator);
uint32_t torsh__random_u32(torsh_generator_t *generator);
void torsh__random_u32_block(torsh_generator_t *generator, uint32_t *out, int64_t n);
bool torsh__random_take_normal(torsh_generator_t *generator, double *x);
void torsh__random_put_normal(torsh_generator_t *generator, double x);

#endif
