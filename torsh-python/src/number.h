/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A Tensor as a number: operators, comparison, conversion; and its length and items. */
#ifndef TORSH_PYTHON_NUMBER_H
#define TORSH_PYTHON_NUMBER_H

#include "py.h"

enum { TORSH__N_NUMBER_SLOTS = 36 };
extern PyType_Slot torsh__number_slots[TORSH__N_NUMBER_SLOTS];

#endif
