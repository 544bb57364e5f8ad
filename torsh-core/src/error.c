/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <torsh/impl/core.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thread.h"

/* Errors use malloc directly: a failing allocation must be able to make one, and tests count the others. */
struct torsh_error {
    torsh_status_t status;
    bool is_static; /* one of no_memory[]: not freed */
    void *object;
    void (*destroy)(void *object);
    char *message;
};

/* What a failure leaves when there is no memory for an error of its own: the status survives, the text does
 * not. */
static torsh_error_t no_memory[] = {
#define X(name, value)                                                                                       \
    [value] = {TORSH_ERR_##name, true, NULL, NULL, #name ": there was no memory for the message"},
    TORSH_STATUS_LIST(X)
#undef X
};

static TORSH_TLS torsh_error_t *unread;
static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_at_thread_end(void *set)
{
    (void)set;
    torsh_clear_error();
}

static void make_key(void)
{
    if (pthread_key_create(&thread_end, free_at_thread_end) != 0)
        thread_end = (pthread_key_t)-1; /* setspecific then fails: a thread's last error is not freed */
}

static torsh_error_t *error_new(torsh_status_t status, char *message, void *object,
                                void (*destroy)(void *object))
{
    torsh_error_t *error = message ? malloc(sizeof *error) : NULL;
    if (!error) {
        free(message);
        if (object && destroy)
            destroy(object);
        int n = (int)(sizeof no_memory / sizeof no_memory[0]);
        return &no_memory[(int)status > 0 && (int)status < n ? status : TORSH_ERR_MEMORY];
    }
    *error = (torsh_error_t){status, false, object, destroy, message};
    return error;
}

static void set_unread(torsh_error_t *error)
{
    unread = error;
    if (error && !error->is_static) {
        pthread_once(&once, make_key);
        pthread_setspecific(thread_end, error); /* any value but NULL makes the key's destructor run */
    }
}

/* NULL: no memory */
static char *format_message(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = n >= 0 ? malloc((size_t)n + 1) : NULL;
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

torsh_status_t torsh__fail(torsh_status_t status, const char *format, ...)
{
    if (unread)
        return status;
    va_list args;
    va_start(args, format);
    set_unread(error_new(status, format_message(format, args), NULL, NULL));
    va_end(args);
    return status;
}

torsh_status_t torsh_error_raise(const char *message, void *object, void (*destroy)(void *object))
{
    if (unread) {
        if (object && destroy)
            destroy(object);
        return TORSH_ERR_CALLBACK;
    }
    char *text = strdup(message ? message : "error in a callback");
    set_unread(error_new(TORSH_ERR_CALLBACK, text, object, destroy));
    return TORSH_ERR_CALLBACK;
}

/* This thread's message becomes text + message or message + text; takes text over. Without memory it stays as
 * it was. */
static void extend_message(char *text, bool in_front)
{
    size_t more = text ? strlen(text) : 0, bytes = strlen(unread->message);
    char *both = text ? malloc(more + bytes + 1) : NULL;
    if (both) {
        memcpy(in_front ? both : both + bytes, text, more);
        memcpy(in_front ? both + more : both, unread->message, bytes);
        both[more + bytes] = 0;
        free(unread->message);
        unread->message = both;
    }
    free(text);
}

void torsh__error_prefix(const char *format, ...)
{
    if (!unread || unread->is_static)
        return;
    va_list args;
    va_start(args, format);
    extend_message(format_message(format, args), true);
    va_end(args);
}

void torsh__error_suffix(const char *format, ...)
{
    if (!unread || unread->is_static)
        return;
    va_list args;
    va_start(args, format);
    extend_message(format_message(format, args), false);
    va_end(args);
}

bool torsh__has_error(void)
{
    return unread != NULL;
}

const torsh_error_t *torsh_last_error(void)
{
    return unread;
}

torsh_error_t *torsh_error_take(void)
{
    torsh_error_t *error = unread;
    unread = NULL;
    return error;
}

void torsh_clear_error(void)
{
    torsh_error_free(torsh_error_take());
}

void torsh__error_give(torsh_error_t **error)
{
    if (error && !*error)
        *error = torsh_error_take();
}

void torsh__error_set(torsh_error_t *error)
{
    if (unread)
        torsh_error_free(error);
    else
        set_unread(error);
}

const char *torsh_error_message(const torsh_error_t *error)
{
    return error ? error->message : "";
}

torsh_status_t torsh_error_status(const torsh_error_t *error)
{
    return error ? error->status : TORSH_OK;
}

void *torsh_error_object(const torsh_error_t *error)
{
    return error ? error->object : NULL;
}

void torsh_error_free(torsh_error_t *error)
{
    if (!error || error->is_static)
        return;
    if (error->object && error->destroy)
        error->destroy(error->object);
    free(error->message);
    free(error);
}

const char *torsh_status_name(torsh_status_t status)
{
    switch (status) {
    case TORSH_OK:
        return "OK";
#define X(name, value)                                                                                       \
    case TORSH_ERR_##name:                                                                                   \
        return #name;
        TORSH_STATUS_LIST(X)
#undef X
    }
    return "UNKNOWN";
}

void torsh__assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "torsh: a mistake of ours: %s, %s:%d\n", condition, file, line);
    abort();
}
