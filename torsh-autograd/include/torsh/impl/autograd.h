/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TORSH_IMPL_AUTOGRAD_H
#define TORSH_IMPL_AUTOGRAD_H

#include <torsh/autograd.h>
#include <torsh/impl/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Plugs autograd into torsh-tensor. Before the first operator; more than once does no harm. */
TORSH_API void torsh__autograd_register(void);

#ifdef __cplusplus
}
#endif
#endif
