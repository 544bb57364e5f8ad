/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "dlpack.h"

#include <stdlib.h>

#include "args.h"
#include "errors.h"
#include "gil.h"
#include "python_ops.h"
#include "tensor_type.h"

/* ---- the standard's structs, version 0 ---- */

enum { DL_CPU = 1, DL_CUDA_HOST = 3 };
enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_COMPLEX = 5, DL_BOOL = 6 };

typedef struct {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides; /* strides NULL: row-major */
    uint64_t byte_offset;
} dl_tensor_t;

typedef struct dl_managed {
    dl_tensor_t tensor;
    void *manager_ctx;
    void (*deleter)(struct dl_managed *self);
} dl_managed_t;

static const struct {
    torsh_dtype_t dtype;
    uint8_t code, bits;
} pairs[] = {
    {TORSH_F32, DL_FLOAT, 32},   {TORSH_F64, DL_FLOAT, 64},   {TORSH_F16, DL_FLOAT, 16},
    {TORSH_BF16, DL_BFLOAT, 16}, {TORSH_I64, DL_INT, 64},     {TORSH_I32, DL_INT, 32},
    {TORSH_I16, DL_INT, 16},     {TORSH_I8, DL_INT, 8},       {TORSH_U8, DL_UINT, 8},
    {TORSH_U16, DL_UINT, 16},    {TORSH_U32, DL_UINT, 32},    {TORSH_U64, DL_UINT, 64},
    {TORSH_BOOL, DL_BOOL, 8},    {TORSH_C64, DL_COMPLEX, 64}, {TORSH_C128, DL_COMPLEX, 128},
};
enum { N_PAIRS = sizeof pairs / sizeof *pairs };

/* ---- out ---- */

/* Any thread may call it, with or without Python's lock. */
static void exported_deleter(dl_managed_t *m)
{
    torsh__decref(m->manager_ctx);
    free(m);
}

static void capsule_destructor(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor")) { /* nobody took it */
        dl_managed_t *m = PyCapsule_GetPointer(capsule, "dltensor");
        m->deleter(m);
    }
}

static PyObject *export(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"__dlpack__", 0, 0, {"stream", "max_version", "dl_device", "copy"}};
    PyObject *a[4];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    const torsh_tensor_t *t = torsh__tensor_of(self);
    if (torsh_tensor_requires_grad(t)) {
        PyErr_SetString(PyExc_BufferError, "Can't export tensors that require gradient, use tensor.detach()");
        return NULL;
    }
    if (torsh_tensor_device(t).kind != TORSH_CPU) {
        PyErr_SetString(PyExc_BufferError, "Can't export tensors that are not on the CPU");
        return NULL;
    }
    int pair = 0, ndim = torsh_tensor_ndim(t);
    while (pairs[pair].dtype != torsh_tensor_dtype(t))
        pair++;
    /* a tensor of its own keeps the memory: `self.data = other` must not take it away */
    PyObject *owner = a[3] == Py_True ? PyObject_CallMethod(self, "clone", NULL)
                                      : torsh__call_slot(&torsh__torch_detach, self, NULL);
    if (!owner)
        return NULL;
    t = torsh__tensor_of(owner);
    dl_managed_t *m = malloc(sizeof *m + 2 * (size_t)ndim * sizeof(int64_t));
    if (!m) {
        Py_DECREF(owner);
        return PyErr_NoMemory();
    }
    *m = (dl_managed_t){.manager_ctx = owner, .deleter = exported_deleter};
    m->tensor.data = torsh_tensor_data_ptr(t);
    m->tensor.device.type = DL_CPU;
    m->tensor.ndim = ndim;
    m->tensor.dtype.code = pairs[pair].code;
    m->tensor.dtype.bits = pairs[pair].bits;
    m->tensor.dtype.lanes = 1;
    m->tensor.shape = (int64_t *)(m + 1);
    m->tensor.strides = m->tensor.shape + ndim;
    for (int i = 0; i < ndim; i++) {
        m->tensor.shape[i] = torsh_tensor_shape(t)[i];
        m->tensor.strides[i] = torsh_tensor_strides(t)[i];
    }
    PyObject *capsule = PyCapsule_New(m, "dltensor", capsule_destructor);
    if (!capsule)
        exported_deleter(m);
    return capsule;
}

static PyObject *export_device(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    if (torsh_tensor_device(torsh__tensor_of(self)).kind == TORSH_CPU)
        return Py_BuildValue("ii", DL_CPU, 0);
    PyErr_SetString(PyExc_BufferError, "Can't export tensors that are not on the CPU");
    return NULL;
}

/* ---- in ---- */

static void imported_deleter(void *ctx)
{
    dl_managed_t *m = ctx;
    if (m->deleter)
        m->deleter(m);
}

static PyObject *import(PyObject *capsule)
{
    dl_managed_t *m = PyCapsule_GetPointer(capsule, "dltensor");
    if (!m)
        return NULL;
    const dl_tensor_t *d = &m->tensor;
    torsh_dtype_t dtype = TORSH_DTYPE_NONE;
    for (int i = 0; i < N_PAIRS; i++)
        if (d->dtype.code == pairs[i].code && d->dtype.bits == pairs[i].bits && d->dtype.lanes == 1)
            dtype = pairs[i].dtype;
    if (dtype == TORSH_DTYPE_NONE) {
        PyErr_Format(PyExc_BufferError, "from_dlpack(): no dtype with code %d, %d bits and %d lanes",
                     d->dtype.code, d->dtype.bits, d->dtype.lanes);
        return NULL;
    }
    if (d->device.type != DL_CPU && d->device.type != DL_CUDA_HOST) {
        PyErr_SetString(PyExc_BufferError, "from_dlpack(): the memory is not the CPU's");
        return NULL;
    }
    char *data = (char *)d->data + d->byte_offset;
    torsh_tensor_t *t =
        d->strides
            ? torsh_tensor_from_blob_strided(data, d->shape, d->strides, d->ndim, dtype, imported_deleter, m)
            : torsh_tensor_from_blob(data, d->shape, d->ndim, dtype, imported_deleter, m);
    if (t)
        PyCapsule_SetName(capsule, "used_dltensor");
    return torsh__wrap(t);
}

static PyObject *from_dlpack(PyObject *self, PyObject *o)
{
    (void)self;
    if (PyCapsule_CheckExact(o))
        return import(o);
    PyObject *capsule = PyObject_CallMethod(o, "__dlpack__", NULL);
    PyObject *t = capsule ? import(capsule) : NULL;
    Py_XDECREF(capsule);
    return t;
}

PyMethodDef torsh__dlpack_methods[] = {
    {"__dlpack__", TORSH__FAST(export), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"__dlpack_device__", export_device, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMethodDef torsh__dlpack_functions[] = {
    {"from_dlpack", from_dlpack, METH_O,
     "from_dlpack(ext_tensor)\nA tensor on the memory of another library's array (or of a DLPack capsule)."},
    {NULL, NULL, 0, NULL},
};
