/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "number.h"

#include "convert.h"
#include "errors.h"
#include "index.h"
#include "python_ops.h"
#include "tensor_type.h"

/* ---- a + b ---- */

/* The operator with its operands the other way round, for a number on the left of one that commutes. */
static PyObject *commute(const torsh__function_t *f, PyObject *a, PyObject *b)
{
    return torsh__is_tensor(a) ? torsh__call_slot(f, a, b) : torsh__call_slot(f, b, a);
}

static PyObject *nb_add(PyObject *a, PyObject *b)
{
    return commute(&torsh__torch_add, a, b);
}

static PyObject *nb_subtract(PyObject *a, PyObject *b)
{
    return torsh__is_tensor(a) ? torsh__call_slot(&torsh__torch_sub, a, b)
                               : torsh__call_slot(&torsh__torch_rsub, b, a);
}

static PyObject *nb_multiply(PyObject *a, PyObject *b)
{
    return commute(&torsh__torch_mul, a, b);
}

/* PyTorch's number / tensor is reciprocal(tensor) * number, to the last bit. */
static PyObject *nb_true_divide(PyObject *a, PyObject *b)
{
    if (torsh__is_tensor(a))
        return torsh__call_slot(&torsh__torch_div, a, b);
    PyObject *reciprocal = torsh__call_slot(&torsh__torch_reciprocal, b, NULL);
    PyObject *result = reciprocal ? torsh__call_slot(&torsh__torch_mul, reciprocal, a) : NULL;
    Py_XDECREF(reciprocal);
    return result;
}

static PyObject *nb_floor_divide(PyObject *a, PyObject *b)
{
    return torsh__call_slot(&torsh__torch_floor_divide, a, b);
}

static PyObject *nb_remainder(PyObject *a, PyObject *b)
{
    return torsh__call_slot(&torsh__torch_remainder, a, b);
}

static PyObject *nb_power(PyObject *a, PyObject *b, PyObject *modulo)
{
    if (modulo != Py_None)
        Py_RETURN_NOTIMPLEMENTED;
    return torsh__call_slot(&torsh__torch_pow, a, b);
}

static PyObject *nb_matrix_multiply(PyObject *a, PyObject *b)
{
    return torsh__call_slot(&torsh__torch_matmul, a, b);
}

static PyObject *nb_and(PyObject *a, PyObject *b)
{
    return commute(&torsh__torch_bitwise_and, a, b);
}

static PyObject *nb_or(PyObject *a, PyObject *b)
{
    return commute(&torsh__torch_bitwise_or, a, b);
}

static PyObject *nb_xor(PyObject *a, PyObject *b)
{
    return commute(&torsh__torch_bitwise_xor, a, b);
}

/* ---- a += b ---- */

static PyObject *nb_inplace_add(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_add_, a, b);
}

static PyObject *nb_inplace_subtract(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_sub_, a, b);
}

static PyObject *nb_inplace_multiply(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_mul_, a, b);
}

static PyObject *nb_inplace_true_divide(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_div_, a, b);
}

static PyObject *nb_inplace_floor_divide(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_floor_divide_, a, b);
}

static PyObject *nb_inplace_remainder(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_remainder_, a, b);
}

static PyObject *nb_inplace_power(PyObject *a, PyObject *b, PyObject *modulo)
{
    (void)modulo;
    return torsh__call_slot_method(&torsh__method_pow_, a, b);
}

static PyObject *nb_inplace_and(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_bitwise_and_, a, b);
}

static PyObject *nb_inplace_or(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_bitwise_or_, a, b);
}

static PyObject *nb_inplace_xor(PyObject *a, PyObject *b)
{
    return torsh__call_slot_method(&torsh__method_bitwise_xor_, a, b);
}

/* ---- -a, a < b ---- */

static PyObject *nb_negative(PyObject *a)
{
    return torsh__call_slot(&torsh__torch_neg, a, NULL);
}

static PyObject *nb_positive(PyObject *a)
{
    if (torsh_tensor_dtype(torsh__tensor_of(a)) == TORSH_BOOL) {
        PyErr_SetString(PyExc_RuntimeError, "The `+` operator, on a bool tensor is not supported.");
        return NULL;
    }
    Py_INCREF(a);
    return a;
}

static PyObject *nb_absolute(PyObject *a)
{
    return torsh__call_slot(&torsh__torch_abs, a, NULL);
}

static bool is_integer(PyObject *a)
{
    torsh_dtype_t dtype = torsh_tensor_dtype(torsh__tensor_of(a));
    return !torsh_dtype_is_floating(dtype) && dtype != TORSH_C64 && dtype != TORSH_C128;
}

static PyObject *nb_invert(PyObject *a)
{
    if (!is_integer(a)) {
        PyErr_SetString(PyExc_TypeError,
                        "~ (operator.invert) is only implemented on integer and Boolean-type tensors");
        return NULL;
    }
    return torsh__call_slot(&torsh__torch_bitwise_not, a, NULL);
}

static PyObject *compare(PyObject *a, PyObject *b, int op)
{
    static const torsh__function_t *const functions[] = {
        [Py_LT] = &torsh__torch_lt, [Py_LE] = &torsh__torch_le, [Py_EQ] = &torsh__torch_eq,
        [Py_NE] = &torsh__torch_ne, [Py_GT] = &torsh__torch_gt, [Py_GE] = &torsh__torch_ge,
    };
    return torsh__call_slot(functions[op], a, b);
}

/* ---- bool(a), int(a) ---- */

static bool item(PyObject *self, torsh_scalar_t *scalar)
{
    if (torsh_tensor_item(torsh__tensor_of(self), scalar) == TORSH_OK)
        return true;
    torsh__raise_last();
    return false;
}

/* For the conversions that say it in these words. */
static bool only_element(PyObject *self, torsh_scalar_t *scalar)
{
    if (torsh_tensor_numel(torsh__tensor_of(self)) == 1)
        return item(self, scalar);
    PyErr_SetString(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
    return false;
}

static int nb_bool(PyObject *self)
{
    int64_t n = torsh_tensor_numel(torsh__tensor_of(self));
    torsh_scalar_t s;
    if (n != 1) {
        PyErr_SetString(PyExc_RuntimeError,
                        n ? "Boolean value of Tensor with more than one value is ambiguous"
                          : "Boolean value of Tensor with no values is ambiguous");
        return -1;
    }
    if (!item(self, &s))
        return -1;
    return s.kind == TORSH_SCALAR_FLOAT     ? s.v.f != 0
           : s.kind == TORSH_SCALAR_COMPLEX ? s.v.c[0] != 0 || s.v.c[1] != 0
                                            : s.v.i != 0;
}

static PyObject *nb_int(PyObject *self)
{
    torsh_scalar_t s;
    PyObject *number = only_element(self, &s) ? torsh__from_scalar(s) : NULL;
    PyObject *i = number ? PyNumber_Long(number) : NULL;
    Py_XDECREF(number);
    return i;
}

static PyObject *nb_float(PyObject *self)
{
    torsh_scalar_t s;
    PyObject *number = only_element(self, &s) ? torsh__from_scalar(s) : NULL;
    PyObject *f = number ? PyNumber_Float(number) : NULL;
    Py_XDECREF(number);
    return f;
}

static PyObject *nb_index(PyObject *self)
{
    torsh_scalar_t s;
    if (torsh_tensor_numel(torsh__tensor_of(self)) != 1 || !is_integer(self)) {
        PyErr_SetString(PyExc_TypeError,
                        "only integer tensors of a single element can be converted to an index");
        return NULL;
    }
    PyObject *number = item(self, &s) ? torsh__from_scalar(s) : NULL;
    PyObject *i = number ? PyNumber_Long(number) : NULL;
    Py_XDECREF(number);
    return i;
}

/* ---- len(a), iteration, in ---- */

static Py_ssize_t length(PyObject *self)
{
    const torsh_tensor_t *t = torsh__tensor_of(self);
    if (torsh_tensor_ndim(t))
        return (Py_ssize_t)torsh_tensor_shape(t)[0];
    PyErr_SetString(PyExc_TypeError, "len() of a 0-d tensor");
    return -1;
}

static PyObject *iterate(PyObject *self)
{
    if (torsh_tensor_ndim(torsh__tensor_of(self)) == 0) {
        PyErr_SetString(PyExc_TypeError, "iteration over a 0-d tensor");
        return NULL;
    }
    PyObject *rows = torsh__call_slot(&torsh__torch_unbind, self, NULL);
    PyObject *iterator = rows ? PyObject_GetIter(rows) : NULL;
    Py_XDECREF(rows);
    return iterator;
}

static int contains(PyObject *self, PyObject *value)
{
    PyObject *equal = torsh__call_slot(&torsh__torch_eq, self, value);
    if (equal == Py_NotImplemented) {
        Py_DECREF(equal);
        PyErr_Format(PyExc_RuntimeError,
                     "Tensor.__contains__ only supports Tensor or scalar, but you passed in a %R.",
                     (PyObject *)Py_TYPE(value));
        return -1;
    }
    PyObject *any = equal ? torsh__call_slot(&torsh__torch_any, equal, NULL) : NULL;
    int found = any ? nb_bool(any) : -1;
    Py_XDECREF(any);
    Py_XDECREF(equal);
    return found;
}

PyType_Slot torsh__number_slots[TORSH__N_NUMBER_SLOTS] = {
    {Py_nb_add, nb_add},
    {Py_nb_subtract, nb_subtract},
    {Py_nb_multiply, nb_multiply},
    {Py_nb_true_divide, nb_true_divide},
    {Py_nb_floor_divide, nb_floor_divide},
    {Py_nb_remainder, nb_remainder},
    {Py_nb_power, nb_power},
    {Py_nb_matrix_multiply, nb_matrix_multiply},
    {Py_nb_and, nb_and},
    {Py_nb_or, nb_or},
    {Py_nb_xor, nb_xor},
    {Py_nb_inplace_add, nb_inplace_add},
    {Py_nb_inplace_subtract, nb_inplace_subtract},
    {Py_nb_inplace_multiply, nb_inplace_multiply},
    {Py_nb_inplace_true_divide, nb_inplace_true_divide},
    {Py_nb_inplace_floor_divide, nb_inplace_floor_divide},
    {Py_nb_inplace_remainder, nb_inplace_remainder},
    {Py_nb_inplace_power, nb_inplace_power},
    {Py_nb_inplace_and, nb_inplace_and},
    {Py_nb_inplace_or, nb_inplace_or},
    {Py_nb_inplace_xor, nb_inplace_xor},
    {Py_nb_negative, nb_negative},
    {Py_nb_positive, nb_positive},
    {Py_nb_absolute, nb_absolute},
    {Py_nb_invert, nb_invert},
    {Py_nb_bool, nb_bool},
    {Py_nb_int, nb_int},
    {Py_nb_float, nb_float},
    {Py_nb_index, nb_index},
    {Py_tp_richcompare, compare},
    {Py_tp_iter, iterate},
    {Py_sq_contains, contains},
    {Py_mp_length, length},
    {Py_mp_subscript, torsh__index_get},
    {Py_mp_ass_subscript, torsh__index_set},
    {0, NULL},
};
