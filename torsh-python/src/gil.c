/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "gil.h"

#include <stdatomic.h>
#include <stdlib.h>

_Thread_local torsh__gil_t torsh__gil __attribute__((tls_model("initial-exec"))) = TORSH__GIL_UNKNOWN;
_Thread_local bool torsh__gil_forward_was_long;
int torsh__gil_n_released;

static atomic_bool ending; /* the interpreter: whoever lacks the lock will not get it again */

torsh__gil_release_t torsh__gil_release(void)
{
    torsh__gil_n_released++;
    torsh__gil_forward_was_long = true;
    torsh__gil_release_t release = {.was = torsh__gil};
    torsh__gil = TORSH__GIL_RELEASED;
    release.thread = PyEval_SaveThread();
    return release;
}

static int drain(void *ignored);

void torsh__gil_reacquire(torsh__gil_release_t *release)
{
    PyEval_RestoreThread(release->thread);
    torsh__gil = release->was;
    torsh__gil_n_released--;
    drain(NULL);
}

torsh__gil_callback_t torsh__gil_callback(void)
{
    torsh__gil_callback_t callback = {.was = torsh__gil};
    if (callback.was != TORSH__GIL_HELD)
        callback.state = PyGILState_Ensure();
    torsh__gil = TORSH__GIL_UNKNOWN;
    return callback;
}

void torsh__gil_callback_end(torsh__gil_callback_t *callback)
{
    torsh__gil = callback->was;
    if (callback->was != TORSH__GIL_HELD)
        PyGILState_Release(callback->state);
}

/* ---- references dropped by threads that do not have the lock ---- */

typedef struct dropped {
    PyObject *object;
    struct dropped *next;
} dropped_t;

static _Atomic(dropped_t *) queue;

static int drain(void *ignored)
{
    (void)ignored;
    dropped_t *d = atomic_exchange(&queue, NULL);
    while (d) {
        dropped_t *next = d->next;
        Py_DECREF(d->object);
        free(d);
        d = next;
    }
    return 0;
}

void torsh__decref(void *object)
{
    if (torsh__gil == TORSH__GIL_HELD) {
        torsh__gil = TORSH__GIL_UNKNOWN; /* it may run Python code */
        Py_DECREF((PyObject *)object);
        torsh__gil = TORSH__GIL_HELD;
        return;
    }
    dropped_t *d = atomic_load(&ending) ? NULL : malloc(sizeof *d);
    if (!d)
        return; /* leaks: on purpose at the end, without memory for want of anything better */
    d->object = object;
    d->next = atomic_load(&queue);
    while (!atomic_compare_exchange_weak(&queue, &d->next, d))
        ;
    if (torsh__gil == TORSH__GIL_UNKNOWN)
        Py_AddPendingCall(drain, NULL); /* a full list of pending calls holds a drain already */
}

/* ---- wrappers ---- */

static void wrapper_retain(void *wrapper)
{
    torsh__gil_callback_t callback = torsh__gil_callback();
    Py_INCREF((PyObject *)wrapper);
    torsh__gil_callback_end(&callback);
}

static const torsh_wrapper_vtable_t vtable = {wrapper_retain, torsh__decref};

static PyObject *at_exit(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    drain(NULL);
    atomic_store(&ending, true);
    Py_RETURN_NONE;
}

static PyMethodDef at_exit_def = {"_at_exit", at_exit, METH_NOARGS, NULL};

int torsh__gil_init(void)
{
    torsh_wrapper_register(&vtable);
    PyObject *function = PyCFunction_NewEx(&at_exit_def, NULL, NULL);
    PyObject *atexit = function ? PyImport_ImportModule("atexit") : NULL;
    PyObject *done = atexit ? PyObject_CallMethod(atexit, "register", "O", function) : NULL;
    Py_XDECREF(done);
    Py_XDECREF(atexit);
    Py_XDECREF(function);
    return done ? 0 : -1;
}
