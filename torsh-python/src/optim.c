/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "optim.h"

#include <stdlib.h>
#include <torsh/optim.h>

#include "args.h"
#include "convert.h"
#include "errors.h"
#include "gil.h"
#include "tensor_type.h"

enum { MAX_STATES = 3, LONG_WORK = 1 << 16 };

/* A group's parameters that have gradients, with what the optimizer remembers of each: state[p] is a dict of
 * tensors. */
typedef struct {
    int n, n_states;
    int64_t work;
    const char *names[MAX_STATES];
    torsh_tensor_t **params;
    const torsh_tensor_t **grads;
    torsh_tensor_t **states[MAX_STATES];
    int64_t *steps;   /* NULL: not counted */
    PyObject **dicts; /* lent */
    void *room;
} group_t;

/* state[p], made if it is not there; lent. */
static PyObject *dict_of(PyObject *state, PyObject *param)
{
    PyObject *dict = PyDict_GetItemWithError(state, param);
    if (dict || PyErr_Occurred() || !(dict = PyDict_New()))
        return dict;
    int failed = PyDict_SetItem(state, param, dict);
    Py_DECREF(dict);
    return failed ? NULL : dict;
}

static bool read_step(PyObject *dict, int64_t *step)
{
    PyObject *o = PyDict_GetItemString(dict, "step");
    double f = 0;
    if (o && torsh__to_double(o, &f) <= 0) {
        PyErr_SetString(PyExc_TypeError, "an optimizer's state holds a 'step' that is no number");
        return false;
    }
    *step = (int64_t)f;
    return true;
}

static bool add(group_t *g, PyObject *state, PyObject *param)
{
    torsh_tensor_t *t = torsh__tensor_of(param);
    torsh_tensor_t *grad = torsh_tensor_grad(t);
    if (!grad)
        return true;
    bool stateless = !g->steps && g->n_states == 0;
    PyObject *dict = stateless ? NULL : dict_of(state, param);
    if ((!dict && !stateless) || (g->steps && !read_step(dict, &g->steps[g->n])))
        return false;
    for (int s = 0; s < g->n_states; s++) {
        PyObject *o = PyDict_GetItemString(dict, g->names[s]);
        if (o && o != Py_None && !torsh__is_tensor(o)) {
            PyErr_Format(PyExc_TypeError, "an optimizer's state holds a '%s' that is no Tensor", g->names[s]);
            return false;
        }
        g->states[s][g->n] = o && o != Py_None ? torsh__tensor_of(o) : NULL;
    }
    g->dicts[g->n] = dict;
    g->params[g->n] = t;
    g->grads[g->n++] = grad;
    g->work += torsh_tensor_numel(t);
    return true;
}

static bool open_group(group_t *g, PyObject *params, PyObject *state, bool counted)
{
    if (!PyList_Check(params) || !PyDict_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "a step takes a list of parameters and a dict of states");
        return false;
    }
    Py_ssize_t n = PyList_Size(params);
    size_t words = (size_t)n * (4 + MAX_STATES) + 1;
    g->room = calloc(words, sizeof(void *));
    if (!g->room) {
        PyErr_NoMemory();
        return false;
    }
    void **at = g->room;
    g->params = (torsh_tensor_t **)at;
    g->grads = (const torsh_tensor_t **)(at + n);
    g->dicts = (PyObject **)(at + 2 * n);
    g->steps = counted ? (int64_t *)(at + 3 * n) : NULL;
    for (int s = 0; s < MAX_STATES; s++)
        g->states[s] = (torsh_tensor_t **)(at + (4 + s) * n);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *param = PyList_GetItem(params, i);
        if (!torsh__is_tensor(param)) {
            PyErr_SetString(PyExc_TypeError, "a parameter is not a Tensor");
            return false;
        }
        if (!add(g, state, param))
            return false;
    }
    return true;
}

/* state[p]["step"] is a tensor, as in PyTorch: its number is changed where it lies. */
static bool write_step(PyObject *dict, int64_t step)
{
    float value = (float)step;
    PyObject *o = PyDict_GetItemString(dict, "step");
    torsh_tensor_t *t = o && torsh__is_tensor(o) ? torsh__tensor_of(o) : NULL;
    if (t && torsh_tensor_dtype(t) == TORSH_F32 && torsh_tensor_device(t).kind == TORSH_CPU) {
        *(float *)torsh_tensor_data_ptr(t) = value;
        return true;
    }
    o = torsh__wrap(torsh_tensor_from_array(&value, NULL, 0, TORSH_F32));
    bool ok = o && PyDict_SetItemString(dict, "step", o) == 0;
    Py_XDECREF(o);
    return ok;
}

/* Puts what the step made into the dicts. */
static bool write_back(group_t *g)
{
    bool ok = true;
    for (int i = 0; i < g->n; i++) {
        if (g->steps)
            ok = ok && write_step(g->dicts[i], g->steps[i]);
        for (int s = 0; s < g->n_states; s++) {
            torsh_tensor_t *t = g->states[s][i];
            if (!t || torsh_tensor_wrapper(t))
                continue;
            PyObject *o = torsh__wrap(t);
            ok = ok && o && PyDict_SetItemString(g->dicts[i], g->names[s], o) == 0;
            Py_XDECREF(o);
        }
    }
    return ok;
}

typedef struct {
    group_t group;
    double numbers[6];
    bool flags[3];
} job_t;

typedef torsh_status_t (*step_t)(job_t *job, torsh_error_t **error);

static PyObject *run(job_t *job, PyObject *params, PyObject *state, bool counted, step_t step)
{
    group_t *g = &job->group;
    PyObject *result = NULL;
    if (open_group(g, params, state, counted)) {
        torsh_error_t *error = NULL;
        torsh_status_t status;
        if (g->work > LONG_WORK) {
            torsh__gil_release_t release = torsh__gil_release();
            status = step(job, &error);
            torsh__gil_reacquire(&release);
        } else {
            torsh__gil_t was = torsh__gil_enter();
            status = step(job, &error);
            torsh__gil_leave(was);
        }
        if (status != TORSH_OK)
            torsh__raise(error);
        else if (write_back(g))
            result = Py_None;
    }
    free(g->room);
    Py_XINCREF(result);
    return result;
}

/* Numbers and flags that follow params and state. */
static bool options(const torsh__args_t *spec, PyObject **a, int n_numbers, int n_flags, job_t *job)
{
    for (int i = 0; i < n_numbers; i++) {
        int ok = torsh__to_double(a[2 + i], &job->numbers[i]);
        if (ok <= 0)
            return ok < 0 ? false : torsh__bad_arg(spec, 2 + i, "float", a[2 + i]);
    }
    for (int i = 0; i < n_flags; i++) {
        int truth = PyObject_IsTrue(a[2 + n_numbers + i]);
        if (truth < 0)
            return false;
        job->flags[i] = truth;
    }
    return true;
}

static torsh_status_t sgd(job_t *job, torsh_error_t **error)
{
    const group_t *g = &job->group;
    const double *x = job->numbers;
    return torsh_optim_sgd_step(g->params, g->grads, g->n_states ? g->states[0] : NULL, g->n, x[0], x[1],
                                x[2], x[3], job->flags[0], job->flags[1], error);
}

static PyObject *sgd_step(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {
        "_sgd_step",
        8,
        8,
        {"params", "state", "lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"}};
    PyObject *a[8];
    job_t job = {.group = {.names = {"momentum_buffer"}}};
    if (!torsh__args(&spec, args, n, keywords, a) || !options(&spec, a, 4, 2, &job))
        return NULL;
    job.group.n_states = job.numbers[1] != 0;
    return run(&job, a[0], a[1], false, sgd);
}

static torsh_status_t adam(job_t *job, torsh_error_t **error)
{
    const group_t *g = &job->group;
    const double *x = job->numbers;
    return torsh_optim_adam_step(g->params, g->grads, g->states[0], g->states[1],
                                 g->n_states > 2 ? g->states[2] : NULL, g->steps, g->n, x[0], x[1], x[2],
                                 x[3], x[4], job->flags[0], job->flags[2], error);
}

static PyObject *adam_step(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {"_adam_step",
                                       10,
                                       10,
                                       {"params", "state", "lr", "beta1", "beta2", "eps", "weight_decay",
                                        "decoupled", "amsgrad", "maximize"}};
    PyObject *a[10];
    job_t job = {.group = {.n_states = 2, .names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}}};
    if (!torsh__args(&spec, args, n, keywords, a) || !options(&spec, a, 5, 3, &job))
        return NULL;
    job.group.n_states += job.flags[1];
    return run(&job, a[0], a[1], true, adam);
}

static torsh_status_t adadelta(job_t *job, torsh_error_t **error)
{
    const group_t *g = &job->group;
    const double *x = job->numbers;
    for (int i = 0; i < g->n; i++)
        g->steps[i]++; /* C does not ask how many */
    return torsh_optim_adadelta_step(g->params, g->grads, g->states[0], g->states[1], g->n, x[0], x[1], x[2],
                                     x[3], job->flags[0], error);
}

static PyObject *adadelta_step(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *keywords)
{
    (void)self;
    static const torsh__args_t spec = {
        "_adadelta_step", 7, 7, {"params", "state", "lr", "rho", "eps", "weight_decay", "maximize"}};
    PyObject *a[7];
    job_t job = {.group = {.n_states = 2, .names = {"square_avg", "acc_delta"}}};
    if (!torsh__args(&spec, args, n, keywords, a) || !options(&spec, a, 4, 1, &job))
        return NULL;
    return run(&job, a[0], a[1], true, adadelta);
}

PyMethodDef torsh__optim_functions[] = {
    {"_sgd_step", TORSH__FAST(sgd_step), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"_adam_step", TORSH__FAST(adam_step), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"_adadelta_step", TORSH__FAST(adadelta_step), METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};
