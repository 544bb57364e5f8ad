/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "results.h"

#include "tensor_type.h"

torsh__results_t torsh__list_result = {"list", {NULL}, NULL};

/* As PyTorch shows them: each result on a line of its own. */
static PyObject *results_repr(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    PyObject *names = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "__match_args__");
    PyObject *type_name = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "__name__");
    PyObject *text = names && type_name ? PyUnicode_FromFormat("torsh.return_types.%U(\n", type_name) : NULL;
    Py_ssize_t n = text ? PyTuple_Size(names) : 0;
    for (Py_ssize_t i = 0; text && i < n; i++) {
        PyObject *line = PyUnicode_FromFormat("%U=%R%s", PyTuple_GetItem(names, i), PyTuple_GetItem(self, i),
                                              i + 1 < n ? ",\n" : ")");
        PyObject *longer = line ? PyUnicode_Concat(text, line) : NULL;
        Py_XDECREF(line);
        Py_DECREF(text);
        text = longer;
    }
    Py_XDECREF(type_name);
    Py_XDECREF(names);
    return text;
}

static PyMethodDef repr_def = {"__repr__", results_repr, METH_NOARGS, NULL};

static PyTypeObject *new_type(const torsh__results_t *r, int n)
{
    char name[96]; /* PyStructSequence_NewType keeps neither this nor the fields' array */
    PyOS_snprintf(name, sizeof name, "torsh.return_types.%s", r->name);
    PyStructSequence_Field fields[TORSH__MAX_RESULTS + 1] = {{NULL, NULL}};
    for (int i = 0; i < n; i++)
        fields[i].name = r->fields[i];
    PyStructSequence_Desc desc = {name, NULL, fields, n};
    PyTypeObject *type = PyStructSequence_NewType(&desc);
    PyObject *repr = type ? PyDescr_NewMethod(type, &repr_def) : NULL;
    if (!repr || PyObject_SetAttrString((PyObject *)type, "__repr__", repr) < 0)
        Py_CLEAR(type);
    Py_XDECREF(repr);
    return type;
}

PyObject *torsh__wrap_results(torsh__results_t *results, torsh_tensor_t *first, torsh_tensor_t **more, int n)
{
    if (results == &torsh__list_result)
        return torsh__wrap_list((torsh_tensor_list_t *)first);
    bool named = results->fields[0];
    if (named && !results->type)
        results->type = new_type(results, n);
    PyObject *all = !named ? PyTuple_New(n) : results->type ? PyStructSequence_New(results->type) : NULL;
    for (int i = 0; i < n; i++) {
        torsh_tensor_t *t = i ? more[i - 1] : first;
        PyObject *o = all ? torsh__wrap(t) : NULL;
        if (!all)
            torsh_tensor_release(t);
        else if (!o)
            Py_CLEAR(all);
        else if (named)
            PyStructSequence_SetItem(all, i, o);
        else
            PyTuple_SetItem(all, i, o);
    }
    return all;
}
