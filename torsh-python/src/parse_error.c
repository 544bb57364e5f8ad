/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arguments that no overload takes: the TypeError that PyTorch raises. */
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "convert.h"
#include "parse.h"
#include "tensor_type.h"

static const char *kind_name(torsh__kind_t kind)
{
    static const char *const names[] = {
        [TORSH__TENSOR] = "Tensor",
        [TORSH__TENSOR_OPT] = "Tensor",
        [TORSH__TENSOR_LIST] = "tuple of Tensors",
        [TORSH__SCALAR] = "Number",
        [TORSH__SCALAR_OPT] = "Number",
        [TORSH__INT] = "int",
        [TORSH__INT_OPT] = "int",
        [TORSH__FLOAT] = "float",
        [TORSH__FLOAT_OPT] = "float",
        [TORSH__BOOL] = "bool",
        [TORSH__BOOL_OPT] = "bool",
        [TORSH__DIMS] = "tuple of ints",
        [TORSH__DIMS_OPT] = "tuple of ints",
        [TORSH__DTYPE] = "torsh.dtype",
        [TORSH__LAYOUT] = "torsh.layout",
        [TORSH__MEMORY_FORMAT] = "torsh.memory_format",
        [TORSH__DEVICE] = "torsh.device",
        [TORSH__TEXT] = "str",
        [TORSH__TEXT_OPT] = "str",
        [TORSH__TRUE] = "bool",
        [TORSH__FALSE] = "bool",
        [TORSH__GENERATOR] = "torsh.Generator",
        [TORSH__OUT] = "Tensor",
        [TORSH__OUT_LIST] = "tuple of Tensors",
    };
    return names[kind];
}

/* Why one argument is refused. at: its position, -1 for a keyword. */
static void refuse(const char *function, const torsh__param_t *p, PyObject *o, Py_ssize_t at)
{
    const char *name = torsh__param_names[p->name];
    bool list = PyTuple_Check(o) || PyList_Check(o);
    Py_ssize_t n = list ? PySequence_Size(o) : 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(o, i);
        PyObject *type = item ? torsh__type_name(item) : NULL;
        int64_t ignored;
        bool bad = false, overflow = false;
        if (!type)
            PyErr_Clear();
        else if (p->kind == TORSH__DIMS || p->kind == TORSH__DIMS_OPT)
            bad = torsh__to_int(item, &ignored) <= 0, overflow = bad && PyErr_Occurred();
        else if (p->kind == TORSH__TENSOR_LIST || p->kind == TORSH__OUT_LIST)
            bad = !torsh__is_tensor(item);
        if (bad) {
            if (p->kind == TORSH__TENSOR_LIST || p->kind == TORSH__OUT_LIST)
                PyErr_Format(PyExc_TypeError, "expected Tensor as element %zd in argument %zd, but got %U", i,
                             at, type);
            else if (overflow)
                PyErr_Format(
                    PyExc_TypeError,
                    "%s(): argument '%s' failed to unpack the object at pos %zd with error \"Overflow "
                    "when unpacking long long\"",
                    function, name, i + 1);
            else
                PyErr_Format(
                    PyExc_TypeError,
                    "%s(): argument '%s' failed to unpack the object at pos %zd with error \"type must be "
                    "tuple of ints,but got %U\"",
                    function, name, i + 1, type);
        }
        Py_XDECREF(type);
        Py_XDECREF(item);
        if (bad)
            return;
    }
    PyObject *type = torsh__type_name(o);
    if (at >= 0)
        PyErr_Format(PyExc_TypeError, "%s(): argument '%s' (position %zd) must be %s, not %U", function, name,
                     at + 1, kind_name(p->kind), type);
    else
        PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be %s, not %U", function, name,
                     kind_name(p->kind), type);
    Py_XDECREF(type);
}

static void too_many(const torsh__function_t *f, const torsh__signature_t *s, Py_ssize_t n)
{
    int required = 0;
    for (int i = 0; i < s->n_positional; i++)
        required += !(s->params[i].flags & TORSH__OPTIONAL);
    if (required == s->n_positional)
        PyErr_Format(PyExc_TypeError, "%s() takes %d positional argument%s but %zd %s given", f->name,
                     s->n_positional, s->n_positional == 1 ? "" : "s", n, n == 1 ? "was" : "were");
    else
        PyErr_Format(PyExc_TypeError, "%s() takes from %d to %d positional arguments but %zd %s given",
                     f->name, required, s->n_positional, n, n == 1 ? "was" : "were");
}

static void missing(const torsh__function_t *f, const torsh__signature_t *s, Py_ssize_t n, PyObject *keywords)
{
    char names[512] = "";
    int count = 0;
    for (int i = 0; i < s->n_params; i++) {
        const torsh__param_t *p = &s->params[i];
        if (i < n || (p->flags & TORSH__OPTIONAL) || (keywords && torsh__find_keyword(p, keywords) >= 0))
            continue;
        size_t used = strlen(names);
        PyOS_snprintf(names + used, sizeof names - used, "%s\"%s\"", count++ ? ", " : "",
                      torsh__param_names[p->name]);
    }
    PyErr_Format(PyExc_TypeError, "%s() missing %d required positional arguments: %s", f->name, count, names);
}

static void unexpected_keyword(const torsh__function_t *f, const torsh__signature_t *s, Py_ssize_t n,
                               PyObject *keywords)
{
    for (Py_ssize_t k = 0; k < PyTuple_Size(keywords); k++) {
        PyObject *keyword = PyTuple_GetItem(keywords, k);
        int at = -1;
        for (int i = 0; i < s->n_params && at < 0; i++)
            if (torsh__find_keyword(&s->params[i], keywords) == k)
                at = i;
        if (at >= 0 && at < n) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", f->name, keyword);
            return;
        }
        if (at < 0) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", f->name, keyword);
            return;
        }
    }
}

/* What is wrong with the call when this signature was meant. */
static void explain(const torsh__function_t *f, const torsh__signature_t *s, PyObject *const *args,
                    Py_ssize_t n, PyObject *keywords)
{
    bool spread = s->varargs && n > 0 && !PyTuple_Check(args[0]) && !PyList_Check(args[0]);
    if (n > s->n_positional && !spread) {
        too_many(f, s, n);
        return;
    }
    torsh__call_t call = {.heap = NULL};
    for (int i = 0; i < s->n_params && !PyErr_Occurred(); i++) {
        const torsh__param_t *p = &s->params[i];
        bool by_position = i < n && i < s->n_positional;
        Py_ssize_t at = by_position || !keywords ? -1 : torsh__find_keyword(p, keywords);
        torsh__value_t v;
        if (!by_position && at < 0) {
            if (!(p->flags & TORSH__OPTIONAL))
                missing(f, s, n, keywords);
        } else if (i == 0 && spread) {
            PyObject *list = PyTuple_New(n);
            for (Py_ssize_t j = 0; list && j < n; j++) {
                Py_INCREF(args[j]);
                PyTuple_SetItem(list, j, args[j]);
            }
            if (list && torsh__convert(&call, p, list, &v) == 0)
                refuse(f->name, p, n == 1 ? args[0] : list, 0);
            Py_XDECREF(list);
        } else {
            PyObject *o = by_position ? args[i] : args[n + at];
            if (torsh__convert(&call, p, o, &v) == 0)
                refuse(f->name, p, o, by_position ? i : -1);
        }
    }
    torsh__call_free(&call);
    if (!PyErr_Occurred())
        unexpected_keyword(f, s, n, keywords);
}

/* Overloads on a number are not shown: PyTorch's lists say that a Tensor is expected. */
static bool plausible(const torsh__signature_t *s, Py_ssize_t n)
{
    int required = 0;
    for (int i = 0; i < s->n_params; i++)
        required += !(s->params[i].flags & TORSH__OPTIONAL);
    return !s->hidden && n >= required && n <= s->n_params;
}

/* "Tensor, dim=str" */
static PyObject *given(PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    PyObject *text = PyUnicode_FromString("");
    Py_ssize_t all = n + (keywords ? PyTuple_Size(keywords) : 0);
    for (Py_ssize_t i = 0; text && i < all; i++) {
        PyObject *type = torsh__type_name(args[i]);
        PyObject *longer = i < n ? PyUnicode_FromFormat("%U%s%U", text, i ? ", " : "", type)
                                 : PyUnicode_FromFormat("%U%s%U=%U", text, i ? ", " : "",
                                                        PyTuple_GetItem(keywords, i - n), type);
        Py_DECREF(type);
        Py_DECREF(text);
        text = longer;
    }
    return text;
}

PyObject *torsh__parse_error(const torsh__function_t *f, PyObject *const *args, Py_ssize_t n,
                             PyObject *keywords)
{
    const torsh__signature_t *only = f->n == 1 ? f->signatures[0] : NULL;
    int n_plausible = 0, n_shown = 0;
    for (int i = 0; i < f->n; i++) {
        n_shown += !f->signatures[i]->hidden;
        if (f->n > 1 && plausible(f->signatures[i], n + (keywords ? PyTuple_Size(keywords) : 0)))
            only = n_plausible++ ? NULL : f->signatures[i];
    }
    if (only) {
        explain(f, only, args, n, keywords);
        return NULL;
    }
    PyObject *types = given(args, n, keywords);
    PyObject *text =
        types ? PyUnicode_FromFormat("%s() received an invalid combination of arguments - got (%U), but "
                                     "expected %s",
                                     f->name, types, n_shown > 1 ? "one of:\n" : "")
              : NULL;
    for (int i = 0; text && i < f->n; i++) {
        if (f->signatures[i]->hidden)
            continue;
        PyObject *longer =
            PyUnicode_FromFormat(n_shown > 1 ? "%U * %s\n" : "%U%s", text, f->signatures[i]->text);
        Py_DECREF(text);
        text = longer;
    }
    if (text)
        PyErr_SetObject(PyExc_TypeError, text);
    Py_XDECREF(text);
    Py_XDECREF(types);
    return NULL;
}
