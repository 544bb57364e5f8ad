/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "parse.h"

#include "convert.h"
#include "errors.h"
#include "gil.h"
#include "results.h"
#include "tensor_type.h"

/* By torsh__param_t.alias: other names that PyTorch takes: NumPy's, and of split, which is written in Python
 * there. */
static const char *const alias_names[][3] = {
    {NULL},           {"axis", NULL}, {"keepdims", NULL},
    {"x", "a", "x1"}, {"x2", NULL},   {"split_size_or_sections", NULL},
};
enum { N_ALIASES = sizeof alias_names / sizeof *alias_names };
static PyObject *aliases[N_ALIASES][3];

static Py_ssize_t find(PyObject *name, PyObject *keywords, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyTuple_GetItem(keywords, i) == name)
            return i;
    for (Py_ssize_t i = 0; i < n; i++) /* names made at run time are not interned */
        if (PyUnicode_Compare(PyTuple_GetItem(keywords, i), name) == 0)
            return i;
    return -1;
}

Py_ssize_t torsh__find_keyword(const torsh__param_t *p, PyObject *keywords)
{
    Py_ssize_t n = PyTuple_Size(keywords);
    Py_ssize_t at = find(torsh__interned[p->name], keywords, n);
    for (int i = 0; at < 0 && i < 3 && aliases[p->alias][i]; i++)
        at = find(aliases[p->alias][i], keywords, n);
    return at;
}

/* 1: the arguments fit, call->v is filled; 0: they do not; -1: an exception is set. */
static int match(const torsh__signature_t *s, torsh__call_t *call, PyObject *self, PyObject *const *args,
                 Py_ssize_t n, PyObject *keywords)
{
    call->used = 0;
    call->work = 0;
    call->heap = NULL;
    call->out = false;
    call->n_made = 0;
    Py_ssize_t n_keywords = keywords ? PyTuple_Size(keywords) : 0;
    Py_ssize_t unused = n_keywords;
    if (self && s->self_slot >= 0) {
        torsh_tensor_t *t = torsh__tensor_of(self);
        call->v[s->self_slot].tensor = t;
        call->work = torsh_tensor_numel(t);
    }
    int first = 0;
    if (s->varargs && n > 0 && !PyTuple_Check(args[0]) && !PyList_Check(args[0])) {
        /* view(2, 3): all positional arguments are one list */
        int ok = torsh__convert_dims(call, args, n, &call->v[s->params[0].slot]);
        if (ok <= 0)
            return ok;
        first = 1;
    } else if (n > s->n_positional) {
        return 0;
    }
    for (int i = first; i < s->n_params; i++) {
        const torsh__param_t *p = &s->params[i];
        torsh__value_t *v = &call->v[p->slot];
        PyObject *o;
        if (i < n && i < s->n_positional) {
            o = args[i];
        } else {
            Py_ssize_t at = unused ? torsh__find_keyword(p, keywords) : -1;
            if (at < 0) {
                if (!(p->flags & TORSH__OPTIONAL))
                    return 0;
                *v = s->defaults[p->slot];
                continue;
            }
            unused--;
            o = args[n + at];
        }
        if (p->kind <= TORSH__TENSOR_OPT && Py_TYPE(o) == torsh__tensor_type) {
            v->tensor = torsh__tensor_of(o);
            call->work += torsh_tensor_numel(v->tensor);
            continue;
        }
        int ok = torsh__convert(call, p, o, v);
        if (ok > 0 && p->kind == TORSH__OUT_LIST && call->out && v->list.n != s->n_results) {
            PyErr_Format(PyExc_TypeError, "expected tuple of %d elements but got %d", s->n_results,
                         v->list.n);
            return -1;
        }
        if (ok <= 0)
            return ok;
    }
    return unused == 0;
}

static const torsh__signature_t *choose(const torsh__function_t *f, torsh__call_t *call, PyObject *self,
                                        PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    for (int numbers = 0; numbers <= f->numbers; numbers++)
        for (int i = 0; i < f->n; i++) {
            call->numbers = numbers;
            int ok = match(f->signatures[i], call, self, args, n, keywords);
            if (ok > 0)
                return f->signatures[i];
            torsh__call_free(call);
            if (ok < 0)
                return NULL;
        }
    return NULL;
}

/* ---- running ---- */

static int64_t factory_elements(const torsh__signature_t *s, const torsh__call_t *call)
{
    int64_t n = 0;
    for (int i = 0; i < s->n_params; i++) {
        const torsh__value_t *v = &call->v[s->params[i].slot];
        if (s->params[i].kind == TORSH__DIMS) {
            n = 1;
            for (int d = 0; d < v->dims.n; d++)
                if (__builtin_mul_overflow(n, v->dims.v[d], &n))
                    return 0; /* an error to come */
        }
    }
    return n;
}

/* While the lock is released another thread may empty a list that we took tensors from. */
static void hold_lists(const torsh__signature_t *s, const torsh__call_t *call, bool hold)
{
    for (int i = 0; i < s->n_params; i++) {
        if (s->params[i].kind != TORSH__TENSOR_LIST)
            continue;
        const torsh__value_t *v = &call->v[s->params[i].slot];
        for (int j = 0; j < v->list.n; j++) {
            PyObject *o = torsh_tensor_wrapper(v->list.v[j]);
            if (hold)
                Py_INCREF(o);
            else
                Py_DECREF(o);
        }
    }
}

static PyObject *run(const torsh__signature_t *s, torsh__call_t *call)
{
    torsh_error_t *error = NULL;
    torsh_tensor_t *more[TORSH__MAX_RESULTS] = {NULL};
    torsh__trampoline_t trampoline = call->out ? s->call_out : s->call;
    int64_t work = s->factory ? factory_elements(s, call) : call->work;
    torsh_tensor_t *result;
    if (s->work && work > s->work) {
        hold_lists(s, call, true);
        torsh__gil_release_t release = torsh__gil_release();
        result = trampoline(call->v, more, &error);
        torsh__gil_reacquire(&release);
        hold_lists(s, call, false);
    } else {
        torsh__gil_t was = torsh__gil_enter();
        result = trampoline(call->v, more, &error);
        torsh__gil_leave(was);
    }
    if (result && call->out && s->n_results > 1)
        for (int i = 1; i < s->n_results; i++)
            more[i - 1] = torsh_tensor_retain(call->v[s->out_slot].list.v[i]);
    torsh__call_free(call);
    if (!result)
        return torsh__raise(error);
    if (s->requires_grad_slot >= 0 && call->v[s->requires_grad_slot].flag &&
        torsh_tensor_set_requires_grad(result, true) != TORSH_OK) {
        torsh_tensor_release(result);
        return torsh__raise_last();
    }
    return s->results ? torsh__wrap_results(s->results, result, more, s->n_results) : torsh__wrap(result);
}

PyObject *torsh__call(const torsh__function_t *f, PyObject *self, PyObject *const *args, Py_ssize_t n,
                      PyObject *keywords)
{
    torsh__call_t call;
    const torsh__signature_t *s = choose(f, &call, self, args, n, keywords);
    if (s)
        return run(s, &call);
    return PyErr_Occurred() ? NULL : torsh__parse_error(f, args, n, keywords);
}

static PyObject *call_or_not_implemented(const torsh__function_t *f, PyObject *self, PyObject *const *args,
                                         int n)
{
    torsh__call_t call;
    const torsh__signature_t *s = choose(f, &call, self, args, n, NULL);
    if (s)
        return run(s, &call);
    if (PyErr_Occurred())
        return NULL;
    Py_INCREF(Py_NotImplemented);
    return Py_NotImplemented;
}

PyObject *torsh__call_slot(const torsh__function_t *f, PyObject *a, PyObject *b)
{
    PyObject *args[] = {a, b};
    return call_or_not_implemented(f, NULL, args, b ? 2 : 1);
}

PyObject *torsh__call_slot_method(const torsh__function_t *f, PyObject *self, PyObject *b)
{
    return call_or_not_implemented(f, self, &b, 1);
}

int torsh__parse_init(void)
{
    for (int i = 0; i < torsh__n_param_names; i++)
        if (!(torsh__interned[i] = PyUnicode_InternFromString(torsh__param_names[i])))
            return -1;
    for (int i = 0; i < N_ALIASES; i++)
        for (int j = 0; j < 3 && alias_names[i][j]; j++)
            if (!(aliases[i][j] = PyUnicode_InternFromString(alias_names[i][j])))
                return -1;
    return 0;
}
