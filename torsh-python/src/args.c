/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "args.h"

static int count(const torsh__args_t *spec)
{
    int n = 0;
    while (n < TORSH__MAX_ARGS && spec->names[n])
        n++;
    return n;
}

static int find(const torsh__args_t *spec, int n, PyObject *keyword)
{
    for (int i = 0; i < n; i++)
        if (PyUnicode_CompareWithASCIIString(keyword, spec->names[i]) == 0)
            return i;
    return -1;
}

bool torsh__args(const torsh__args_t *spec, PyObject *const *args, Py_ssize_t n, PyObject *keywords,
                 PyObject **out)
{
    int n_names = count(spec);
    if (n > spec->n_positional) {
        PyErr_Format(PyExc_TypeError, "%s() takes %d positional argument%s but %zd %s given", spec->function,
                     spec->n_positional, spec->n_positional == 1 ? "" : "s", n, n == 1 ? "was" : "were");
        return false;
    }
    for (int i = 0; i < n_names; i++)
        out[i] = i < n ? args[i] : NULL;
    Py_ssize_t n_keywords = keywords ? PyTuple_Size(keywords) : 0;
    for (Py_ssize_t k = 0; k < n_keywords; k++) {
        PyObject *keyword = PyTuple_GetItem(keywords, k);
        int i = find(spec, n_names, keyword);
        if (i < 0 || out[i]) {
            PyErr_Format(PyExc_TypeError,
                         i < 0 ? "%s() got an unexpected keyword argument '%U'"
                               : "%s() got multiple values for argument '%U'",
                         spec->function, keyword);
            return false;
        }
        out[i] = args[n + k];
    }
    for (int i = 0; i < spec->n_required; i++) {
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'", spec->function,
                         spec->names[i]);
            return false;
        }
    }
    return true;
}

PyObject *torsh__type_name(PyObject *o)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(o), "__name__");
    if (!name)
        PyErr_Clear();
    return name ? name : PyUnicode_FromString("object");
}

PyObject *torsh__bad_arg(const torsh__args_t *spec, int i, const char *expected, PyObject *got)
{
    PyObject *type = torsh__type_name(got);
    PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be %s, not %U", spec->function, spec->names[i],
                 expected, type);
    Py_XDECREF(type);
    return NULL;
}
