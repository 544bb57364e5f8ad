/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The argument parser: one for all operators, over signatures that tools/opgen generates. Overloads,
 * keywords, aliases and messages are PyTorch's. */
#ifndef TORSH_PYTHON_PARSE_H
#define TORSH_PYTHON_PARSE_H

#include <torsh/impl/call.h>

#include "py.h"

typedef enum {
    TORSH__TENSOR,
    TORSH__TENSOR_OPT,
    TORSH__TENSOR_LIST,
    TORSH__SCALAR,
    TORSH__SCALAR_OPT,
    TORSH__INT,
    TORSH__INT_OPT,
    TORSH__FLOAT,
    TORSH__FLOAT_OPT,
    TORSH__BOOL,
    TORSH__BOOL_OPT,
    TORSH__DIMS,
    TORSH__DIMS_OPT,
    TORSH__DTYPE,
    TORSH__LAYOUT,
    TORSH__MEMORY_FORMAT,
    TORSH__DEVICE,
    TORSH__TEXT,
    TORSH__TEXT_OPT,
    TORSH__TRUE, /* a bool that chooses the overload: it has no value to pass on */
    TORSH__FALSE,
    TORSH__GENERATOR,
    TORSH__OUT,
    TORSH__OUT_LIST
} torsh__kind_t;

enum {
    TORSH__KWONLY = 1,
    TORSH__OPTIONAL = 2,
    TORSH__NUMBER = 4, /* a number may stand for the tensor */
    TORSH__MAX_VALUES = 16,
    TORSH__MAX_RESULTS = 4
};

typedef struct {
    uint16_t name; /* in torsh__param_names and torsh__interned */
    uint8_t kind;  /* torsh__kind_t */
    uint8_t slot;  /* among the values of the call */
    uint8_t flags;
    uint8_t fixed; /* int[2]: 2; a lone int is accepted */
    uint8_t alias; /* other names for the same, see parse.c; 0: none */
} torsh__param_t;

/* Several results: a list, or a tuple, named where the schema names them. */
typedef struct {
    const char *name;
    const char *fields[TORSH__MAX_RESULTS];
    PyTypeObject *type; /* made at first use */
} torsh__results_t;
extern torsh__results_t torsh__list_result; /* a torsh_tensor_list_t */

typedef struct {
    const char *text; /* "(Tensor input, *, torsh.dtype dtype = None)" */
    const torsh__param_t *params;
    const torsh__value_t *defaults;
    torsh__results_t *results; /* NULL: one tensor */
    torsh__trampoline_t call, call_out;
    int64_t work; /* above so many elements other threads may run meanwhile; 0: never */
    int8_t n_params, n_positional, self_slot, out_slot, requires_grad_slot, n_results;
    bool varargs, factory;
    bool hidden; /* an overload on a number: not in messages */
} torsh__signature_t;

typedef struct {
    const char *name;
    const torsh__signature_t *const *signatures;
    int n;
    bool numbers; /* some of them take numbers for tensors: tried last */
} torsh__function_t;

/* What a call holds while it is parsed and run. */
typedef struct {
    torsh__value_t v[TORSH__MAX_VALUES];
    bool out;     /* out= was given */
    bool numbers; /* numbers may stand for tensors */
    int8_t n_made;
    torsh_tensor_t *made[TORSH__MAX_VALUES]; /* the tensors that do */
    int64_t work;                            /* elements of all tensors */
    int64_t *heap; /* lists of ints or tensors that did not fit into `cells`, chained by their first cell */
    int used;
    int64_t cells[24];
} torsh__call_t;

extern const char *const torsh__param_names[];
extern PyObject *torsh__interned[];
extern const int torsh__n_param_names;

/* Calls an operator as Python does: n positional arguments, then the keywords' values. */
PyObject *torsh__call(const torsh__function_t *f, PyObject *self, PyObject *const *args, Py_ssize_t n,
                      PyObject *keywords);
/* The same for an operator slot (a + b): Py_NotImplemented where no overload takes these arguments. */
PyObject *torsh__call_slot(const torsh__function_t *f, PyObject *a, PyObject *b);
/* The same for a method of `self` with one argument (a += b). */
PyObject *torsh__call_slot_method(const torsh__function_t *f, PyObject *self, PyObject *b);

/* Raises the TypeError that PyTorch would for arguments that no overload takes. Returns NULL. */
PyObject *torsh__parse_error(const torsh__function_t *f, PyObject *const *args, Py_ssize_t n,
                             PyObject *keywords);
/* The position of a parameter's keyword (its name or an alias of it) in `keywords`, or -1. */
Py_ssize_t torsh__find_keyword(const torsh__param_t *p, PyObject *keywords);

int torsh__parse_init(void);

#endif
