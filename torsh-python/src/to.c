/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "to.h"

#include <string.h>

#include "args.h"
#include "convert.h"
#include "dtype.h"
#include "errors.h"
#include "gil.h"
#include "tensor_type.h"

static PyObject *convert(PyObject *self, torsh_dtype_t dtype, torsh_device_t device, bool non_blocking,
                         bool copy, int format)
{
    torsh_tensor_t *t = torsh__tensor_of(self), *result;
    torsh_error_t *error = NULL;
    if (dtype == TORSH_DTYPE_NONE)
        dtype = torsh_tensor_dtype(t);
    if (device.kind < 0)
        device = torsh_tensor_device(t);
    if (torsh_tensor_numel(t) > 1 << 16) {
        torsh__gil_release_t release = torsh__gil_release();
        result = torsh_to_device_with_error(t, device, dtype, non_blocking, copy, format, &error);
        torsh__gil_reacquire(&release);
    } else {
        torsh__gil_t was = torsh__gil_enter();
        result = torsh_to_device_with_error(t, device, dtype, non_blocking, copy, format, &error);
        torsh__gil_leave(was);
    }
    return result ? torsh__wrap(result) : torsh__raise(error);
}

PyObject *torsh__converted(PyObject *tensor, torsh_dtype_t dtype, torsh_device_t device, bool copy)
{
    if (!tensor)
        return NULL;
    PyObject *result = convert(tensor, dtype, device, false, copy, -1);
    Py_DECREF(tensor);
    return result;
}

/* to(device=None, dtype=None, non_blocking=False, copy=False, *, memory_format=None), to(dtype, …),
 * to(tensor, …) */
static PyObject *to(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t forms[] = {
        {"to", 0, 4, {"device", "dtype", "non_blocking", "copy", "memory_format"}},
        {"to", 1, 3, {"dtype", "non_blocking", "copy", "memory_format"}},
        {"to", 1, 3, {"other", "non_blocking", "copy", "memory_format"}},
    };
    torsh_dtype_t dtype = TORSH_DTYPE_NONE;
    torsh_device_t device = {-1, -1};
    int form = n && torsh__to_dtype(args[0], &dtype) ? 1 : n && torsh__is_tensor(args[0]) ? 2 : 0;
    PyObject *a[5];
    if (!torsh__args(&forms[form], args, n, keywords, a))
        return NULL;
    PyObject **rest = form ? a + 1 : a + 2; /* non_blocking, copy, memory_format */
    if (form == 2) {
        dtype = torsh_tensor_dtype(torsh__tensor_of(a[0]));
        device = torsh_tensor_device(torsh__tensor_of(a[0]));
    } else if (form == 0) {
        int ok = a[0] && a[0] != Py_None ? torsh__to_device(a[0], &device) : 1;
        if (ok <= 0)
            return ok < 0 ? NULL : torsh__bad_arg(&forms[0], 0, "torsh.device", a[0]);
        if (a[1] && a[1] != Py_None && !torsh__to_dtype(a[1], &dtype))
            return torsh__bad_arg(&forms[0], 1, "torsh.dtype", a[1]);
    }
    int format = -1;
    if (rest[2] && rest[2] != Py_None && !torsh__to_memory_format(rest[2], &format))
        return torsh__bad_arg(&forms[form], (int)(rest - a) + 2, "torsh.memory_format", rest[2]);
    for (int i = 0; i < 2; i++)
        if (rest[i] && !PyBool_Check(rest[i]))
            return torsh__bad_arg(&forms[form], (int)(rest - a) + i, "bool", rest[i]);
    return convert(self, dtype, device, rest[0] == Py_True, rest[1] == Py_True, format);
}

static PyObject *to_dtype(PyObject *self, torsh_dtype_t dtype)
{
    return convert(self, dtype, (torsh_device_t){-1, -1}, false, false, -1);
}

static PyObject *to_half(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_F16);
}

static PyObject *to_bfloat16(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_BF16);
}

static PyObject *to_float(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_F32);
}

static PyObject *to_double(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_F64);
}

static PyObject *to_int8(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_I8);
}

static PyObject *to_short(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_I16);
}

static PyObject *to_int(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_I32);
}

static PyObject *to_long(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_I64);
}

static PyObject *to_byte(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_U8);
}

static PyObject *to_bool(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return to_dtype(self, TORSH_BOOL);
}

static PyObject *cpu(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return convert(self, TORSH_DTYPE_NONE, (torsh_device_t){TORSH_CPU, -1}, false, false, -1);
}

static PyObject *cuda(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"cuda", 0, 2, {"device", "non_blocking"}};
    PyObject *a[2];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    torsh_device_t device = {TORSH_CUDA, -1};
    int64_t index = -1;
    if (a[0] && a[0] != Py_None) {
        int ok = torsh__to_int(a[0], &index);
        if (ok > 0)
            device.index = (int32_t)index;
        else if (ok < 0 || (ok = torsh__to_device(a[0], &device)) <= 0)
            return ok < 0 ? NULL : torsh__bad_arg(&spec, 0, "torsh.device", a[0]);
    }
    return convert(self, TORSH_DTYPE_NONE, device, a[1] == Py_True, false, -1);
}

/* ---- type(): dtypes by their old names ---- */

static const struct {
    const char *name;
    torsh_dtype_t dtype;
} old_names[] = {
    {"FloatTensor", TORSH_F32},  {"DoubleTensor", TORSH_F64},       {"HalfTensor", TORSH_F16},
    {"LongTensor", TORSH_I64},   {"BFloat16Tensor", TORSH_BF16},    {"IntTensor", TORSH_I32},
    {"BoolTensor", TORSH_BOOL},  {"ByteTensor", TORSH_U8},          {"CharTensor", TORSH_I8},
    {"ShortTensor", TORSH_I16},  {"ComplexFloatTensor", TORSH_C64}, {"ComplexDoubleTensor", TORSH_C128},
    {"UInt16Tensor", TORSH_U16}, {"UInt32Tensor", TORSH_U32},       {"UInt64Tensor", TORSH_U64},
};
enum { N_OLD_NAMES = sizeof old_names / sizeof *old_names };

static PyObject *type(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    static const torsh__args_t spec = {"type", 0, 2, {"dtype", "non_blocking"}};
    PyObject *a[2];
    if (!torsh__args(&spec, args, n, keywords, a))
        return NULL;
    torsh_tensor_t *t = torsh__tensor_of(self);
    torsh_dtype_t dtype = torsh_tensor_dtype(t);
    if (!a[0] || a[0] == Py_None) {
        char device[24];
        torsh_device_name((torsh_device_t){torsh_tensor_device(t).kind, -1}, device);
        bool host = torsh_tensor_device(t).kind == TORSH_CPU;
        for (int i = 0; i < N_OLD_NAMES; i++)
            if (old_names[i].dtype == dtype)
                return PyUnicode_FromFormat("torsh.%s%s%s", host ? "" : device, host ? "" : ".",
                                            old_names[i].name);
    }
    const char *name = a[0] && PyUnicode_Check(a[0]) ? PyUnicode_AsUTF8AndSize(a[0], NULL) : NULL;
    const char *last = name ? strrchr(name, '.') : NULL;
    for (int i = 0; name && i < N_OLD_NAMES; i++)
        if (strcmp(last ? last + 1 : name, old_names[i].name) == 0)
            return to_dtype(self, old_names[i].dtype);
    if (!torsh__to_dtype(a[0], &dtype))
        return torsh__bad_arg(&spec, 0, "torsh.dtype or the name of a tensor type", a[0]);
    return to_dtype(self, dtype);
}

PyMethodDef torsh__to_methods[] = {
    {"to", TORSH__FAST(to), METH_FASTCALL | METH_KEYWORDS,
     "to(dtype), to(device, dtype), to(tensor): self with that dtype on that device, itself if it is so "
     "already."},
    {"half", to_half, METH_NOARGS, "As to(torsh.float16)."},
    {"bfloat16", to_bfloat16, METH_NOARGS, "As to(torsh.bfloat16)."},
    {"float", to_float, METH_NOARGS, "As to(torsh.float32)."},
    {"double", to_double, METH_NOARGS, "As to(torsh.float64)."},
    {"char", to_int8, METH_NOARGS, "As to(torsh.int8)."},
    {"short", to_short, METH_NOARGS, "As to(torsh.int16)."},
    {"int", to_int, METH_NOARGS, "As to(torsh.int32)."},
    {"long", to_long, METH_NOARGS, "As to(torsh.int64)."},
    {"byte", to_byte, METH_NOARGS, "As to(torsh.uint8)."},
    {"bool", to_bool, METH_NOARGS, "As to(torsh.bool)."},
    {"cpu", cpu, METH_NOARGS, "As to('cpu')."},
    {"cuda", TORSH__FAST(cuda), METH_FASTCALL | METH_KEYWORDS, "As to('cuda')."},
    {"type", TORSH__FAST(type), METH_FASTCALL | METH_KEYWORDS,
     "The tensor type's name, or self converted to a dtype."},
    {NULL, NULL, 0, NULL},
};
