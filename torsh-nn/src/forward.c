/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Running a module; errors learn where they happened. */
#include <stdio.h>

#include "module.h"

/* The modules that run on this thread, innermost first. */
typedef struct frame {
    const torsh_module_t *module;
    struct frame *parent;
    bool noted; /* a module in this one failed, and the error says where */
} frame_t;

static _Thread_local frame_t *top;

static const char *name_in(const torsh_module_t *parent, const torsh_module_t *m)
{
    for (int i = 0; i < parent->n; i++)
        if (parent->members[i].child == m)
            return parent->members[i].name;
    return "?"; /* run by a forward function that does not contain it */
}

/* Writes "0.1" for what lies below the outermost module; returns the bytes that it took. */
static size_t path_of(const frame_t *f, char *text, size_t bytes)
{
    if (!f->parent)
        return 0;
    size_t at = path_of(f->parent, text, bytes);
    int n = at < bytes ? snprintf(text + at, bytes - at, "%s%s", at ? "." : "",
                                  name_in(f->parent->module, f->module))
                       : 0;
    return at + (n > 0 ? (size_t)n : 0);
}

static void note(const frame_t *f, const torsh_tensor_t *input)
{
    char path[256] = "", shape[256];
    size_t bytes = path_of(f, path, sizeof path);
    torsh__error_suffix(" (module %s%s%s, input %s %s)", path, bytes ? ": " : "", f->module->class->type,
                        torsh__shape_text(input->ndim, input->shape, shape, sizeof shape),
                        torsh_dtype_name((torsh_dtype_t)input->dtype));
}

torsh_status_t torsh__forward(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    frame_t frame = {m, top, false};
    top = &frame;
    torsh_status_t status = m->class->forward(m, input, output);
    top = frame.parent;
    if (status != TORSH_OK && !frame.noted)
        note(&frame, input);
    if (top)
        top->noted = status != TORSH_OK;
    return status;
}

/* An unread error of before, put aside: to operators it would turn a module's missing bias into a failure. */
static torsh_status_t run(torsh_module_t *m, const torsh_tensor_t *input, torsh_tensor_t **output)
{
    if (!m || !input)
        return torsh__nn_null("module_forward", m ? "input" : "module");
    torsh_error_t *before = torsh_error_take();
    torsh_status_t status = torsh__forward(m, input, output);
    if (before) {
        torsh_clear_error();
        torsh__error_set(before);
    }
    return status;
}

torsh_tensor_t *torsh_module_forward_with_error(torsh_module_t *m, const torsh_tensor_t *input,
                                                torsh_error_t **error)
{
    torsh_tensor_t *output = NULL;
    if (error && *error)
        return NULL;
    if (run(m, input, &output) == TORSH_OK)
        return output;
    if (error) {
        torsh__error_give(error);
        if (top)
            top->noted = false; /* what the caller makes of it is another error */
    }
    return NULL;
}

torsh_tensor_t *torsh_module_forward(torsh_module_t *m, const torsh_tensor_t *input)
{
    return torsh_module_forward_with_error(m, input, NULL);
}
