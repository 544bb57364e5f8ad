/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Conversion to another dtype or device. */
#ifndef TORSH_PYTHON_TO_H
#define TORSH_PYTHON_TO_H

#include "py.h"

/* `tensor` (taken over; NULL: an exception is set already) with this dtype on this device; NONE and kind -1
 * leave what it has. copy: never `tensor` itself. */
PyObject *torsh__converted(PyObject *tensor, torsh_dtype_t dtype, torsh_device_t device, bool copy);

extern PyMethodDef torsh__to_methods[];

#endif
