/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all modules are made of. A class puts its own fields behind a torsh_module_t. */
#ifndef TORSH_NN_MODULE_H
#define TORSH_NN_MODULE_H

#include <torsh/impl/tensor.h>
#include <torsh/nn.h>

typedef struct torsh__class {
    const char *type;
    int64_t version; /* of the state's layout, as in PyTorch */
    torsh_status_t (*forward)(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output);
    void (*destroy)(torsh_module_t *m); /* the class's own fields; may be NULL */
} torsh__class_t;

enum { TORSH__PARAMETER = 1, TORSH__BUFFER = 2, TORSH__UNSAVED = 4, TORSH__CHILD = 8 };

typedef struct torsh__member {
    char *name;
    int kind;
    torsh_tensor_t *tensor; /* NULL: a name that stands for none */
    torsh_module_t *child;
} torsh__member_t;

/* What a walk through a module has found. */
typedef struct torsh__found {
    char *name; /* "0.weight" */
    torsh_tensor_t *tensor;
    const torsh_module_t *owner;
} torsh__found_t;

typedef struct torsh__finds {
    int n, capacity;
    torsh__found_t *v;
} torsh__finds_t;

/* A list that is lent, with its names. */
typedef struct torsh__lent {
    torsh_tensor_list_t *list;
    torsh__finds_t finds;
} torsh__lent_t;

struct torsh_module {
    int32_t refs;
    bool training;
    const torsh__class_t *class;
    int n, capacity;
    torsh__member_t *members; /* in the order of adding */
    torsh__lent_t parameters, buffers;
};

/* ---- making (module.c) ---- */

/* bytes: of the class's struct, zeroed behind the module. */
torsh_status_t torsh__module_new(const torsh__class_t *class, size_t bytes, torsh_module_t **out);
/* The end of a constructor: the module, or NULL with its error. Frees what has begun. */
torsh_module_t *torsh__module_made(torsh_status_t status, torsh_module_t *m, torsh_error_t **error);
/* An uninitialised tensor of the default dtype on the CPU (ndim -1: none) under a name; *tensor is lent. */
torsh_status_t torsh__add_parameter(torsh_module_t *m, const char *name, int ndim, const int64_t *shape,
                                    torsh_tensor_t **tensor);
torsh_status_t torsh__add_buffer(torsh_module_t *m, const char *name, torsh_dtype_t dtype, int ndim,
                                 const int64_t *shape, torsh_tensor_t **tensor);
/* What a failed call with a missing argument returns: an earlier error, or NULL. */
torsh_status_t torsh__nn_null(const char *function, const char *argument);

/* Member i, as the class added them; its tensor may be NULL. */
static inline torsh_tensor_t *torsh__tensor_at(const torsh_module_t *m, int i)
{
    return m->members[i].tensor;
}

/* The end of a forward that is one operator. */
static inline torsh_status_t torsh__output(torsh_tensor_t *t, torsh_tensor_t **output)
{
    *output = t;
    return t ? TORSH_OK : torsh_error_status(torsh_last_error());
}

/* ---- walking (walk.c) ---- */

/* All tensors of these kinds, the module's own before those of the modules in it. once: no tensor twice. */
torsh_status_t torsh__find(const torsh_module_t *m, int kinds, bool once, torsh__finds_t *finds);
void torsh__finds_free(torsh__finds_t *finds);
/* Whether m is what, or has it somewhere in it. */
bool torsh__contains(const torsh_module_t *m, const torsh_module_t *what);
/* "prefix.name" (or "name"); NULL with an error. */
char *torsh__join(const char *prefix, const char *name);

/* ---- running (forward.c) ---- */

torsh_status_t torsh__forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output);

/* ---- numbers (init.c) ---- */

torsh_status_t torsh__init_constant(torsh_tensor_t *t, double value);
torsh_status_t torsh__init_normal(torsh_tensor_t *t, double mean, double std, torsh_generator_t *generator);
torsh_status_t torsh__init_linear(torsh_tensor_t *weight, torsh_tensor_t *bias, torsh_generator_t *generator);

/* One or two sizes, as an operator takes them. */
typedef struct torsh__pair {
    int64_t v[2];
    int n;
} torsh__pair_t;

/* VALUE for more or fewer numbers; none, where that is allowed, stays none. */
torsh_status_t torsh__pair(const char *what, const int64_t *v, int n, bool optional, torsh__pair_t *pair);

#endif
