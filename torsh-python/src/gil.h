/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who holds Python's lock: C calls back (hooks, wrappers, deleters) on threads that do and on threads that do
 * not. */
#ifndef TORSH_PYTHON_GIL_H
#define TORSH_PYTHON_GIL_H

#include "py.h"

typedef enum {
    TORSH__GIL_UNKNOWN, /* outside our own calls into C */
    TORSH__GIL_HELD,    /* a call into C that keeps the lock */
    TORSH__GIL_RELEASED /* a call into C that gave it up */
} torsh__gil_t;

extern _Thread_local torsh__gil_t torsh__gil __attribute__((tls_model("initial-exec")));

/* Around a call into C that keeps the lock: `was` is what enter returned. */
static inline torsh__gil_t torsh__gil_enter(void)
{
    torsh__gil_t was = torsh__gil;
    torsh__gil = TORSH__GIL_HELD;
    return was;
}
static inline void torsh__gil_leave(torsh__gil_t was)
{
    torsh__gil = was;
}

/* Around a long call: other Python threads run meanwhile. */
typedef struct {
    PyThreadState *thread;
    torsh__gil_t was;
} torsh__gil_release_t;
torsh__gil_release_t torsh__gil_release(void);
void torsh__gil_reacquire(torsh__gil_release_t *release);
/* Calls that gave the lock up and are still running: C's graphs may be changing under the garbage collector.
 */
extern int torsh__gil_n_released;

/* A call of this thread gave the lock up since its last backward. */
extern _Thread_local bool torsh__gil_forward_was_long;

/* Around Python code that C calls back. */
typedef struct {
    PyGILState_STATE state;
    torsh__gil_t was;
} torsh__gil_callback_t;
torsh__gil_callback_t torsh__gil_callback(void);
void torsh__gil_callback_end(torsh__gil_callback_t *callback);

/* Py_DECREF from any thread: at once where the lock is ours, else soon; never once the interpreter ends. */
void torsh__decref(void *object);

/* At import. -1 with an exception. */
int torsh__gil_init(void);

#endif
