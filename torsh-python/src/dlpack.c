/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "dlpack.h"

#include <stdlib.h>

#include "args.h"
#include "errors.h"
#include "gil.h"
#include "python_ops.h"
#include "tensor_type.h"

/* ---- the standard's structs ---- */

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

/* version 0, in a capsule "dltensor" */
typedef struct dl_managed {
    dl_tensor_t tensor;
    void *manager_ctx;
    void (*deleter)(struct dl_managed *self);
} dl_managed_t;

/* version 1, in a capsule "dltensor_versioned": also for memory that must not be written */
typedef struct dl_versioned {
    struct {
        uint32_t major, minor;
    } version;
    void *manager_ctx;
    void (*deleter)(struct dl_versioned *self);
    uint64_t flags;
    dl_tensor_t tensor;
} dl_versioned_t;
enum { DL_MAJOR = 1, DL_IS_COPIED = 2 };

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

/* Any thread may call them, with or without Python's lock. */
static void managed_deleter(dl_managed_t *m)
{
    torsh__decref(m->manager_ctx);
    free(m);
}
static void versioned_deleter(dl_versioned_t *m)
{
    torsh__decref(m->manager_ctx);
    free(m);
}

/* Nobody took it: whoever does renames the capsule. */
static void managed_capsule_ends(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor"))
        managed_deleter(PyCapsule_GetPointer(capsule, "dltensor"));
}
static void versioned_capsule_ends(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor_versioned"))
        versioned_deleter(PyCapsule_GetPointer(capsule, "dltensor_versioned"));
}

/* room: for shape and strides */
static void describe(const torsh_tensor_t *t, dl_tensor_t *d, int64_t *room)
{
    int pair = 0, ndim = torsh_tensor_ndim(t);
    while (pairs[pair].dtype != torsh_tensor_dtype(t))
        pair++;
    d->data = torsh_tensor_data_ptr(t);
    d->device.type = DL_CPU;
    d->ndim = ndim;
    d->dtype.code = pairs[pair].code;
    d->dtype.bits = pairs[pair].bits;
    d->dtype.lanes = 1;
    d->shape = room;
    d->strides = room + ndim;
    for (int i = 0; i < ndim; i++) {
        d->shape[i] = torsh_tensor_shape(t)[i];
        d->strides[i] = torsh_tensor_strides(t)[i];
    }
}

/* owner: the tensor's object, which the capsule takes over. */
static PyObject *managed_capsule(PyObject *owner)
{
    const torsh_tensor_t *t = torsh__tensor_of(owner);
    dl_managed_t *m = calloc(1, sizeof *m + 2 * (size_t)torsh_tensor_ndim(t) * sizeof(int64_t));
    if (!m) {
        Py_DECREF(owner);
        return PyErr_NoMemory();
    }
    m->manager_ctx = owner;
    m->deleter = managed_deleter;
    describe(t, &m->tensor, (int64_t *)(m + 1));
    PyObject *capsule = PyCapsule_New(m, "dltensor", managed_capsule_ends);
    if (!capsule)
        managed_deleter(m);
    return capsule;
}

static PyObject *versioned_capsule(PyObject *owner, bool copied)
{
    const torsh_tensor_t *t = torsh__tensor_of(owner);
    dl_versioned_t *m = calloc(1, sizeof *m + 2 * (size_t)torsh_tensor_ndim(t) * sizeof(int64_t));
    if (!m) {
        Py_DECREF(owner);
        return PyErr_NoMemory();
    }
    m->version.major = DL_MAJOR;
    m->manager_ctx = owner;
    m->deleter = versioned_deleter;
    m->flags = copied ? DL_IS_COPIED : 0;
    describe(t, &m->tensor, (int64_t *)(m + 1));
    PyObject *capsule = PyCapsule_New(m, "dltensor_versioned", versioned_capsule_ends);
    if (!capsule)
        versioned_deleter(m);
    return capsule;
}

static PyObject *export(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"__dlpack__", 0, 0, {"stream", "max_version", "dl_device", "copy"}};
    PyObject *a[4];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    bool versioned = false, copy = a[3] == Py_True;
    if (a[1] && a[1] != Py_None) {
        PyObject *major = PyTuple_Check(a[1]) && PyTuple_Size(a[1]) == 2 ? PyTuple_GetItem(a[1], 0) : NULL;
        if (!major || !PyLong_Check(major))
            return torsh__bad_arg(&spec, 1, "a tuple of two ints", a[1]);
        versioned = PyLong_AsLong(major) >= DL_MAJOR;
        if (PyErr_Occurred())
            return NULL;
    }
    const torsh_tensor_t *t = torsh__tensor_of(self);
    if (torsh_tensor_requires_grad(t)) {
        PyErr_SetString(PyExc_BufferError, "Can't export tensors that require gradient, use tensor.detach()");
        return NULL;
    }
    if (torsh_tensor_device(t).kind != TORSH_CPU) {
        PyErr_SetString(PyExc_BufferError, "Can't export tensors that are not on the CPU");
        return NULL;
    }
    /* a tensor of its own keeps the memory: `self.data = other` must not take it away */
    PyObject *owner =
        copy ? PyObject_CallMethod(self, "clone", NULL) : torsh__call_slot(&torsh__torch_detach, self, NULL);
    if (!owner)
        return NULL;
    return versioned ? versioned_capsule(owner, copy) : managed_capsule(owner);
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

static void managed_ends(void *ctx)
{
    dl_managed_t *m = ctx;
    if (m->deleter)
        m->deleter(m);
}
static void versioned_ends(void *ctx)
{
    dl_versioned_t *m = ctx;
    if (m->deleter)
        m->deleter(m);
}

/* A tensor on the memory that d describes, which ends(ctx) gives back. NULL with an exception. */
static torsh_tensor_t *tensor_on(const dl_tensor_t *d, void (*ends)(void *), void *ctx)
{
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
        d->strides ? torsh_tensor_from_blob_strided(data, d->shape, d->strides, d->ndim, dtype, ends, ctx)
                   : torsh_tensor_from_blob(data, d->shape, d->ndim, dtype, ends, ctx);
    if (!t)
        torsh__raise_last();
    return t;
}

static PyObject *import(PyObject *capsule)
{
    bool versioned = PyCapsule_IsValid(capsule, "dltensor_versioned");
    void *m = PyCapsule_GetPointer(capsule, versioned ? "dltensor_versioned" : "dltensor");
    if (!m)
        return NULL;
    torsh_tensor_t *t;
    if (!versioned) {
        t = tensor_on(&((dl_managed_t *)m)->tensor, managed_ends, m);
    } else if (((dl_versioned_t *)m)->version.major == DL_MAJOR) {
        t = tensor_on(&((dl_versioned_t *)m)->tensor, versioned_ends, m);
    } else {
        PyErr_Format(PyExc_BufferError, "from_dlpack(): version %d of DLPack is not known",
                     (int)((dl_versioned_t *)m)->version.major);
        return NULL;
    }
    if (!t)
        return NULL;
    PyCapsule_SetName(capsule, versioned ? "used_dltensor_versioned" : "used_dltensor");
    return torsh__wrap(t);
}

/* o.__dlpack__(max_version=(1, 0)); libraries from before version 1 do not know the argument. */
static PyObject *ask(PyObject *o)
{
    PyObject *method = PyObject_GetAttrString(o, "__dlpack__"), *capsule = NULL;
    PyObject *none = PyTuple_New(0), *keywords = Py_BuildValue("{s(ii)}", "max_version", DL_MAJOR, 0);
    if (method && none && keywords) {
        capsule = PyObject_Call(method, none, keywords);
        if (!capsule && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            capsule = PyObject_Call(method, none, NULL);
        }
    }
    Py_XDECREF(keywords);
    Py_XDECREF(none);
    Py_XDECREF(method);
    return capsule;
}

static PyObject *from_dlpack(PyObject *self, PyObject *o)
{
    (void)self;
    if (PyCapsule_CheckExact(o))
        return import(o);
    PyObject *capsule = ask(o);
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
