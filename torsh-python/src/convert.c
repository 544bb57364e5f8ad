/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "convert.h"

#include <stdlib.h>

#include "dtype.h"
#include "errors.h"
#include "generator.h"
#include "numpy.h"
#include "tensor_type.h"

/* ---- room ---- */

int64_t *torsh__call_alloc(torsh__call_t *call, Py_ssize_t n)
{
    enum { N_CELLS = sizeof call->cells / sizeof *call->cells };
    if (n <= N_CELLS - call->used) {
        int64_t *room = call->cells + call->used;
        call->used += (int)n;
        return room;
    }
    int64_t *chunk = malloc(((size_t)n + 1) * sizeof *chunk);
    if (!chunk) {
        PyErr_NoMemory();
        return NULL;
    }
    chunk[0] = (int64_t)(intptr_t)call->heap;
    call->heap = chunk;
    return chunk + 1;
}

void torsh__call_free(torsh__call_t *call)
{
    while (call->n_made > 0)
        torsh_tensor_release(call->made[--call->n_made]);
    while (call->heap) {
        int64_t *next = (int64_t *)(intptr_t)call->heap[0];
        free(call->heap);
        call->heap = next;
    }
}

/* ---- numbers ---- */

/* 0-d and not part of a graph: PyTorch takes it for a number. */
static bool is_number_tensor(PyObject *o)
{
    return torsh__is_tensor(o) && torsh_tensor_ndim(torsh__tensor_of(o)) == 0 &&
           !torsh_tensor_requires_grad(torsh__tensor_of(o));
}

static int item(PyObject *o, torsh_scalar_t *scalar)
{
    if (torsh_tensor_item(torsh__tensor_of(o), scalar) == TORSH_OK)
        return 1;
    torsh_clear_error();
    return 0;
}

static int long_to_scalar(PyObject *o, torsh_scalar_t *scalar)
{
    int overflow;
    int64_t i = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (!overflow) {
        *scalar = torsh_scalar_i(i);
        return i == -1 && PyErr_Occurred() ? -1 : 1;
    }
    uint64_t u = overflow > 0 ? PyLong_AsUnsignedLongLong(o) : (uint64_t)-1;
    if (u == (uint64_t)-1 && (overflow < 0 || PyErr_Occurred())) {
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
        return -1;
    }
    scalar->kind = TORSH_SCALAR_UINT;
    scalar->v.u = u;
    return 1;
}

int torsh__to_scalar(PyObject *o, torsh_scalar_t *scalar)
{
    if (PyFloat_Check(o)) {
        *scalar = torsh_scalar_f(PyFloat_AsDouble(o));
        return 1;
    }
    if (PyBool_Check(o)) {
        *scalar = torsh_scalar_b(o == Py_True);
        return 1;
    }
    if (PyLong_Check(o))
        return long_to_scalar(o, scalar);
    if (PyComplex_Check(o)) {
        *scalar = torsh_scalar_c(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o));
        return 1;
    }
    if (is_number_tensor(o))
        return item(o, scalar);
    PyObject *number = torsh__numpy_number(o);
    if (!number)
        return PyErr_Occurred() ? -1 : 0;
    int ok = torsh__to_scalar(number, scalar);
    Py_DECREF(number);
    return ok;
}

PyObject *torsh__from_scalar(torsh_scalar_t scalar)
{
    switch (scalar.kind) {
    case TORSH_SCALAR_BOOL:
        return PyBool_FromLong(scalar.v.i != 0);
    case TORSH_SCALAR_INT:
        return PyLong_FromLongLong(scalar.v.i);
    case TORSH_SCALAR_UINT:
        return PyLong_FromUnsignedLongLong(scalar.v.u);
    case TORSH_SCALAR_FLOAT:
        return PyFloat_FromDouble(scalar.v.f);
    default:
        return PyComplex_FromDoubles(scalar.v.c[0], scalar.v.c[1]);
    }
}

int torsh__long_to_int(PyObject *o, int64_t *i)
{
    int overflow;
    *i = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow)
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
    return overflow || (*i == -1 && PyErr_Occurred()) ? -1 : 1;
}

int torsh__to_int(PyObject *o, int64_t *i)
{
    if (PyLong_Check(o))
        return PyBool_Check(o) ? 0 : torsh__long_to_int(o, i);
    torsh_scalar_t scalar;
    int ok = PyFloat_Check(o) || PyComplex_Check(o) ? 0 : torsh__to_scalar(o, &scalar);
    if (ok <= 0 || scalar.kind != TORSH_SCALAR_INT)
        return ok < 0 ? -1 : 0;
    *i = scalar.v.i;
    return 1;
}

int torsh__to_double(PyObject *o, double *f)
{
    if (PyFloat_Check(o)) {
        *f = PyFloat_AsDouble(o);
        return 1;
    }
    torsh_scalar_t scalar;
    int ok = torsh__to_scalar(o, &scalar);
    if (ok <= 0 || scalar.kind == TORSH_SCALAR_COMPLEX)
        return ok < 0 ? -1 : 0;
    *f = scalar.kind == TORSH_SCALAR_FLOAT  ? scalar.v.f
         : scalar.kind == TORSH_SCALAR_UINT ? (double)scalar.v.u
                                            : (double)scalar.v.i;
    return 1;
}

static int to_bool(PyObject *o, int *flag)
{
    if (!PyBool_Check(o)) {
        torsh_scalar_t scalar;
        int ok =
            PyLong_Check(o) || PyFloat_Check(o) || torsh__is_tensor(o) ? 0 : torsh__to_scalar(o, &scalar);
        if (ok <= 0 || scalar.kind != TORSH_SCALAR_BOOL)
            return ok < 0 ? -1 : 0;
        *flag = (int)scalar.v.i;
        return 1;
    }
    *flag = o == Py_True;
    return 1;
}

/* ---- lists ---- */

/* In a list, an int that is too large is a TypeError, which names its place: PyTorch's. */
static int item_to_int(PyObject *o, int64_t *i)
{
    int ok = torsh__to_int(o, i);
    if (ok >= 0 || !PyErr_ExceptionMatches(PyExc_ValueError))
        return ok;
    PyErr_Clear();
    return 0;
}

int torsh__convert_dims(torsh__call_t *call, PyObject *const *items, Py_ssize_t n, torsh__value_t *v)
{
    int64_t *dims = torsh__call_alloc(call, n);
    if (!dims)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        int ok = item_to_int(items[i], &dims[i]);
        if (ok <= 0)
            return ok;
    }
    v->dims.v = dims;
    v->dims.n = (int)n;
    v->given = true;
    return 1;
}

static PyObject *list_item(PyObject *list, Py_ssize_t i)
{
    return PyTuple_Check(list) ? PyTuple_GetItem(list, i) : PyList_GetItem(list, i);
}

static Py_ssize_t list_size(PyObject *list)
{
    return PyTuple_Check(list) ? PyTuple_Size(list) : PyList_Size(list);
}

static int to_dims(torsh__call_t *call, const torsh__param_t *p, PyObject *o, torsh__value_t *v)
{
    v->given = true;
    if (!PyTuple_Check(o) && !PyList_Check(o)) {
        int64_t i = 0;
        int ok = p->fixed ? torsh__to_int(o, &i) : 0;
        int64_t *dims = ok > 0 ? torsh__call_alloc(call, p->fixed) : NULL;
        for (int d = 0; dims && d < p->fixed; d++)
            dims[d] = i;
        v->dims.v = dims;
        v->dims.n = p->fixed;
        return dims ? 1 : ok > 0 ? -1 : ok;
    }
    Py_ssize_t n = list_size(o);
    int64_t *dims = torsh__call_alloc(call, n);
    if (!dims)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        int ok = item_to_int(list_item(o, i), &dims[i]);
        if (ok <= 0)
            return ok;
    }
    v->dims.v = dims;
    v->dims.n = (int)n;
    return 1;
}

static int to_tensors(torsh__call_t *call, PyObject *o, torsh__value_t *v)
{
    if (!PyTuple_Check(o) && !PyList_Check(o))
        return 0;
    Py_ssize_t n = list_size(o);
    const torsh_tensor_t **tensors = (const torsh_tensor_t **)torsh__call_alloc(call, n);
    if (!tensors)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = list_item(o, i);
        if (!torsh__is_tensor(item))
            return 0;
        tensors[i] = torsh__tensor_of(item);
        call->work += torsh_tensor_numel(tensors[i]);
    }
    v->list.v = tensors;
    v->list.n = (int)n;
    return 1;
}

/* A number where a tensor is expected: a 0-d tensor that promotes as the number does, and lives as long as
 * the call. */
static int to_number_tensor(torsh__call_t *call, PyObject *o, torsh__value_t *v)
{
    torsh_scalar_t scalar;
    int ok = torsh__to_scalar(o, &scalar);
    if (ok <= 0)
        return ok;
    v->tensor = torsh_tensor_from_scalar(scalar);
    if (!v->tensor) {
        torsh__raise_last();
        return -1;
    }
    call->made[call->n_made++] = v->tensor;
    return 1;
}

/* ---- all kinds ---- */

/* What None stands for where it is allowed; 0 where it is not. */
static int convert_none(const torsh__param_t *p, torsh__value_t *v)
{
    v->given = false;
    switch ((torsh__kind_t)p->kind) {
    case TORSH__TENSOR_OPT:
    case TORSH__OUT:
    case TORSH__OUT_LIST:
        v->tensor = NULL;
        return 1;
    case TORSH__DIMS_OPT:
        v->dims.v = NULL;
        v->dims.n = 0;
        return 1;
    case TORSH__SCALAR_OPT:
    case TORSH__INT_OPT:
    case TORSH__FLOAT_OPT:
    case TORSH__BOOL_OPT:
        return 1;
    case TORSH__DTYPE:
        v->dtype = TORSH_DTYPE_NONE;
        return p->flags & TORSH__OPTIONAL ? 1 : 0;
    case TORSH__LAYOUT:
    case TORSH__MEMORY_FORMAT:
        v->flag = -1;
        return 1;
    case TORSH__DEVICE:
        v->device = (torsh_device_t){-1, -1};
        return p->flags & TORSH__OPTIONAL ? 1 : 0;
    case TORSH__GENERATOR:
        v->generator = NULL;
        return 1;
    case TORSH__TEXT_OPT:
        v->text = NULL;
        return 1;
    default:
        return 0;
    }
}

int torsh__convert(torsh__call_t *call, const torsh__param_t *p, PyObject *o, torsh__value_t *v)
{
    if (o == Py_None)
        return convert_none(p, v);
    int ok;
    v->given = true;
    switch ((torsh__kind_t)p->kind) {
    case TORSH__TENSOR:
    case TORSH__TENSOR_OPT:
    case TORSH__OUT:
        if (!torsh__is_tensor(o))
            return call->numbers && (p->flags & TORSH__NUMBER) ? to_number_tensor(call, o, v) : 0;
        v->tensor = torsh__tensor_of(o);
        call->work += torsh_tensor_numel(v->tensor);
        call->out |= p->kind == TORSH__OUT;
        return 1;
    case TORSH__OUT_LIST:
        call->out = true;
        return to_tensors(call, o, v);
    case TORSH__TENSOR_LIST:
        return to_tensors(call, o, v);
    case TORSH__SCALAR:
    case TORSH__SCALAR_OPT:
        return torsh__to_scalar(o, &v->scalar);
    case TORSH__INT:
    case TORSH__INT_OPT:
        return torsh__to_int(o, &v->i);
    case TORSH__FLOAT:
    case TORSH__FLOAT_OPT:
        return torsh__to_double(o, &v->f);
    case TORSH__BOOL:
    case TORSH__BOOL_OPT:
        return to_bool(o, &v->flag);
    case TORSH__DIMS:
    case TORSH__DIMS_OPT:
        return to_dims(call, p, o, v);
    case TORSH__DTYPE:
        return torsh__to_dtype(o, &v->dtype);
    case TORSH__LAYOUT:
        return torsh__to_layout(o, &v->flag);
    case TORSH__MEMORY_FORMAT:
        return torsh__to_memory_format(o, &v->flag);
    case TORSH__DEVICE:
        return torsh__to_device(o, &v->device);
    case TORSH__TRUE:
    case TORSH__FALSE:
        ok = to_bool(o, &v->flag);
        return ok > 0 ? v->flag == (p->kind == TORSH__TRUE) : ok;
    case TORSH__TEXT:
    case TORSH__TEXT_OPT:
        v->text = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, NULL) : NULL;
        return v->text ? 1 : PyErr_Occurred() ? -1 : 0;
    case TORSH__GENERATOR:
        return torsh__to_generator(o, &v->generator);
    }
    return 0;
}
