/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "numpy.h"

#include "args.h"
#include "errors.h"
#include "gil.h"
#include "python_ops.h"
#include "tensor_type.h"

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION /* runs on NumPy 1.22 to 2.x */
#include <numpy/arrayobject.h>

static const struct {
    torsh_dtype_t dtype;
    int npy;
} pairs[] = {
    {TORSH_F32, NPY_FLOAT32},   {TORSH_F64, NPY_FLOAT64},     {TORSH_I64, NPY_INT64},
    {TORSH_I32, NPY_INT32},     {TORSH_U8, NPY_UINT8},        {TORSH_BOOL, NPY_BOOL},
    {TORSH_F16, NPY_FLOAT16},   {TORSH_I16, NPY_INT16},       {TORSH_I8, NPY_INT8},
    {TORSH_U16, NPY_UINT16},    {TORSH_U32, NPY_UINT32},      {TORSH_U64, NPY_UINT64},
    {TORSH_C64, NPY_COMPLEX64}, {TORSH_C128, NPY_COMPLEX128}, {TORSH_I64, NPY_LONGLONG},
    {TORSH_U64, NPY_ULONGLONG},
};
enum { N_PAIRS = sizeof pairs / sizeof *pairs, MAX_DIMS = 64 };

static torsh_dtype_t dtype_of(int npy)
{
    for (int i = 0; i < N_PAIRS; i++)
        if (pairs[i].npy == npy)
            return pairs[i].dtype;
    return TORSH_DTYPE_NONE;
}

bool torsh__is_array(PyObject *o)
{
    return PyArray_Check(o);
}

PyObject *torsh__numpy_number(PyObject *o)
{
    if (PyArray_IsScalar(o, Bool))
        return PyBool_FromLong(PyObject_IsTrue(o));
    if (PyArray_IsScalar(o, Integer))
        return PyNumber_Index(o);
    if (PyArray_IsScalar(o, Floating))
        return PyNumber_Float(o);
    if (PyArray_IsScalar(o, ComplexFloating))
        return PyObject_CallFunctionObjArgs((PyObject *)&PyComplex_Type, o, NULL);
    return NULL;
}

torsh_dtype_t torsh__dtype_of_numpy(PyObject *o)
{
    if (PyArray_Check(o))
        return dtype_of(PyArray_TYPE((PyArrayObject *)o));
    if (!PyArray_CheckScalar(o))
        return TORSH_DTYPE_NONE;
    PyArray_Descr *descr = PyArray_DescrFromScalar(o);
    torsh_dtype_t dtype = descr ? dtype_of(descr->type_num) : TORSH_DTYPE_NONE;
    Py_XDECREF(descr);
    return dtype;
}

/* ---- from NumPy ---- */

static PyObject *refuse_dtype(PyArrayObject *a)
{
    PyObject *descr = (PyObject *)PyArray_DESCR(a);
    PyObject *type = PyObject_GetAttrString(descr, "type");
    PyObject *name = type ? PyObject_GetAttrString(type, "__name__") : NULL;
    if (name)
        PyErr_Format(
            PyExc_TypeError,
            "can't convert np.ndarray of type numpy.%U. The only supported types are: float64, float32, "
            "float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and "
            "bool.",
            name);
    Py_XDECREF(name);
    Py_XDECREF(type);
    return NULL;
}

PyObject *torsh__from_array(PyObject *o, bool warn)
{
    PyArrayObject *a = (PyArrayObject *)o;
    int ndim = PyArray_NDIM(a);
    torsh_dtype_t dtype = dtype_of(PyArray_TYPE(a));
    if (dtype == TORSH_DTYPE_NONE)
        return refuse_dtype(a);
    if (!PyArray_ISNOTSWAPPED(a)) {
        PyErr_SetString(PyExc_ValueError,
                        "given numpy array has byte order different from the native byte order. "
                        "Conversion between byte orders is currently not supported.");
        return NULL;
    }
    if (warn && !PyArray_ISWRITEABLE(a) &&
        PyErr_WarnEx(
            PyExc_UserWarning,
            "The given NumPy array is not writable, and torsh does not support non-writable tensors. This "
            "means writing to this tensor will result in undefined behavior. You may want to copy the array "
            "to protect its data or make it writable before converting it to a tensor.",
            1) < 0)
        return NULL;
    int64_t shape[MAX_DIMS], strides[MAX_DIMS];
    npy_intp item = PyArray_ITEMSIZE(a);
    for (int i = 0; i < ndim; i++) {
        shape[i] = PyArray_DIM(a, i);
        npy_intp stride = PyArray_STRIDE(a, i);
        if (stride < 0) {
            PyErr_SetString(
                PyExc_ValueError,
                "At least one stride in the given numpy array is negative, and tensors with negative "
                "strides are not currently supported. (You can probably work around this by making a copy "
                "of your array  with array.copy().) ");
            return NULL;
        }
        if (stride % item) {
            PyErr_SetString(PyExc_ValueError,
                            "given numpy array strides not a multiple of the element byte size. "
                            "Copy the numpy array to reallocate the memory.");
            return NULL;
        }
        strides[i] = stride / item;
    }
    Py_INCREF(o);
    torsh_tensor_t *t =
        torsh_tensor_from_blob_strided(PyArray_DATA(a), shape, strides, ndim, dtype, torsh__decref, o);
    if (!t)
        Py_DECREF(o);
    return torsh__wrap(t);
}

static PyObject *from_numpy(PyObject *self, PyObject *o)
{
    (void)self;
    if (PyArray_Check(o))
        return torsh__from_array(o, true);
    PyObject *type = torsh__type_name(o);
    PyErr_Format(PyExc_TypeError, "expected np.ndarray (got %U)", type);
    Py_XDECREF(type);
    return NULL;
}

/* ---- to NumPy ---- */

PyObject *torsh__to_array(PyObject *self)
{
    torsh_tensor_t *t = torsh__tensor_of(self);
    torsh_device_t device = torsh_tensor_device(t);
    if (device.kind != TORSH_CPU) {
        char text[24];
        PyErr_Format(
            PyExc_TypeError,
            "can't convert %s device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first.",
            torsh_device_name(device, text));
        return NULL;
    }
    if (torsh_tensor_requires_grad(t)) {
        PyErr_SetString(PyExc_RuntimeError, "Can't call numpy() on Tensor that requires grad. Use "
                                            "tensor.detach().numpy() instead.");
        return NULL;
    }
    torsh_dtype_t dtype = torsh_tensor_dtype(t);
    int npy = -1;
    for (int i = N_PAIRS - 1; i >= 0; i--)
        if (pairs[i].dtype == dtype)
            npy = pairs[i].npy;
    if (npy < 0) {
        PyErr_SetString(PyExc_TypeError, dtype == TORSH_BF16 ? "Got unsupported ScalarType BFloat16"
                                                             : "Got unsupported ScalarType");
        return NULL;
    }
    int ndim = torsh_tensor_ndim(t);
    npy_intp shape[MAX_DIMS], strides[MAX_DIMS];
    for (int i = 0; i < ndim; i++) {
        shape[i] = torsh_tensor_shape(t)[i];
        strides[i] = torsh_tensor_strides(t)[i] * torsh_dtype_bytes(dtype);
    }
    void *data = torsh_tensor_data_ptr(t);
    if (!data && torsh_last_error())
        return torsh__raise_last();
    /* a tensor of its own keeps the memory: `self.data = other` must not take it away */
    PyObject *owner = torsh__call_slot(&torsh__torch_detach, self, NULL);
    if (!owner)
        return NULL;
    PyObject *array =
        PyArray_New(&PyArray_Type, ndim, shape, npy, strides, data, 0, NPY_ARRAY_WRITEABLE, NULL);
    if (!array)
        Py_DECREF(owner);
    else if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0)
        Py_CLEAR(array);
    return array;
}

static PyObject *numpy(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"numpy", 0, 0, {"force"}};
    PyObject *force;
    if (!torsh__args(&spec, args, n, keywords, &force))
        return NULL;
    if (force != Py_True)
        return torsh__to_array(self);
    PyObject *detached = torsh__call_slot(&torsh__torch_detach, self, NULL);
    PyObject *host = detached ? PyObject_CallMethod(detached, "cpu", NULL) : NULL;
    PyObject *array = host ? torsh__to_array(host) : NULL;
    Py_XDECREF(host);
    Py_XDECREF(detached);
    return array;
}

static PyObject *array(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"__array__", 0, 1, {"dtype", "copy"}};
    PyObject *a, *out[2];
    if (!torsh__args(&spec, args, n, keywords, out) || !(a = torsh__to_array(self)))
        return NULL;
    PyObject *changed = NULL;
    if (out[0] && out[0] != Py_None)
        changed = PyObject_CallMethod(a, "astype", "OssOO", out[0], "K", "unsafe", Py_True,
                                      out[1] == Py_True ? Py_True : Py_False);
    else if (out[1] == Py_True)
        changed = PyObject_CallMethod(a, "copy", NULL);
    else
        return a;
    Py_DECREF(a);
    return changed;
}

/* What a NumPy function of tensors gives back: a tensor again. */
static PyObject *array_wrap(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"__array_wrap__", 1, 3, {"array", "context", "return_scalar"}};
    PyObject *out[3];
    if (!torsh__args(&spec, args, n, keywords, out))
        return NULL;
    return PyArray_Check(out[0]) ? torsh__from_array(out[0], false)
                                 : torsh__bad_arg(&spec, 0, "np.ndarray", out[0]);
}

PyMethodDef torsh__numpy_methods[] = {
    {"numpy", TORSH__FAST(numpy), METH_FASTCALL | METH_KEYWORDS,
     "numpy(*, force=False)\nAn array on the same memory."},
    {"__array__", TORSH__FAST(array), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"__array_wrap__", TORSH__FAST(array_wrap), METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMethodDef torsh__numpy_functions[] = {
    {"from_numpy", from_numpy, METH_O, "from_numpy(array)\nA tensor on the array's memory."},
    {NULL, NULL, 0, NULL},
};

int torsh__numpy_init(void)
{
    import_array1(-1);
    return 0;
}
