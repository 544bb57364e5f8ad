/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all JNI functions share: one call into the library, from Java's arguments to a result or an exception.
 * After a failure (an exception is pending) further steps do nothing.
 *
 * A tensor travels to Java as a number: its address, plus TORSH__SHARES and TORSH__PRESSURE. From Java comes
 * the bare address, 0 for null, or TORSH__CLOSED. */
#ifndef TORSH_JAVA_CALL_H
#define TORSH_JAVA_CALL_H

#include <jni.h>

#include <torsh.h>

enum {
    TORSH__CLOSED = 1,   /* from Java: an object that was closed */
    TORSH__SHARES = 1,   /* to Java: stands on memory that another tensor was counted for */
    TORSH__PRESSURE = 2, /* to Java: so much memory is alive that the collector should run */
};

enum { TORSH__ROOM = 24, TORSH__MAX_BLOCKS = 12 };

typedef struct {
    JNIEnv *env;
    const char *name; /* of the operator or function, for messages */
    torsh_error_t *error;
    bool failed;
    int n_blocks, used;
    void *blocks[TORSH__MAX_BLOCKS]; /* freed at the end */
    int64_t room[TORSH__ROOM];       /* short lists of numbers; longer ones get a block */
} torsh__call_t;

typedef struct {
    const int64_t *v;
    int n;
} torsh__longs_t;

typedef struct {
    const torsh_tensor_t *const *v;
    int n;
} torsh__tensors_t;

#define TENSOR(x) ((torsh_tensor_t *)(intptr_t)(x))
#define GENERATOR(x) ((torsh_generator_t *)(intptr_t)(x))

/* ---- a call ---- */

void torsh__refuse_closed(torsh__call_t *call);

/* handles: all single ones, or-ed: addresses are even, TORSH__CLOSED is not. */
static inline torsh__call_t torsh__begin(JNIEnv *env, const char *name, jlong handles)
{
    torsh__call_t call;
    call.env = env;
    call.name = name;
    call.error = NULL;
    call.failed = false;
    call.n_blocks = call.used = 0;
    if (handles & TORSH__CLOSED)
        torsh__refuse_closed(&call);
    return call;
}

/* Frees what the arguments needed. */
void torsh__end(torsh__call_t *call);

/* ---- arguments ---- */

/* Numbers for whose `bytes` the caller need not care; NULL and an exception if there is no memory. */
void *torsh__room(torsh__call_t *call, size_t bytes);
/* A null array is {NULL, 0}; if `required`, an exception. */
torsh__longs_t torsh__longs(torsh__call_t *call, const char *name, jlongArray array, bool required);
torsh__tensors_t torsh__tensors(torsh__call_t *call, const char *name, jlongArray array);
/* UTF-8; NULL for null. Text with a NUL inside is refused. */
const char *torsh__text(torsh__call_t *call, const char *name, jstring text);

static inline torsh_scalar_t torsh__scalar(jint kind, jlong bits)
{
    torsh_scalar_t s = {kind, {.c = {0, 0}}};
    s.v.i = bits;
    return s;
}

/* ---- results: each ends the call; an error becomes an exception ---- */

/* like: a result on its memory is a view and costs little; may be NULL. */
jlong torsh__result(torsh__call_t *call, torsh_tensor_t *result, const torsh_tensor_t *like);
jlongArray torsh__results(torsh__call_t *call, torsh_tensor_t **results, int n, const torsh_tensor_t *like);
jlongArray torsh__result_list(torsh__call_t *call, torsh_tensor_list_t *list, const torsh_tensor_t *like);
/* In place and out=: Java has the tensor already. */
void torsh__finish(torsh__call_t *call, torsh_tensor_t *result);
void torsh__done(torsh__call_t *call, torsh_status_t status);
/* NULL without an error is 0. */
jlong torsh__handle(torsh__call_t *call, void *handle);
jlong torsh__lent_tensor(torsh__call_t *call, torsh_tensor_t *lent);
jstring torsh__string(torsh__call_t *call, const char *text);

/* ---- exceptions ---- */

/* status -> class; generated */
extern const char *const torsh__exceptions[];
extern const int torsh__n_exceptions;

/* Throws what the error says and frees it. */
void torsh__throw(JNIEnv *env, torsh_error_t *error);
/* Throws this thread's error. */
void torsh__throw_last(JNIEnv *env);
/* Throws a class of Java's own. */
void torsh__throw_java(JNIEnv *env, const char *cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes the pending exception this thread's error: it travels through C as the error's object. */
torsh_status_t torsh__error_from_java(JNIEnv *env);
jstring torsh__new_string(JNIEnv *env, const char *utf8);

/* ---- memory, threads ---- */

/* Counts a tensor that goes to Java; the number that Java gets. */
jlong torsh__give(torsh_tensor_t *t, const torsh_tensor_t *like);
void torsh__take_back(jlong given);

/* This thread's environment; a thread that Java does not know is attached until torsh__detach. NULL: the
 * machine is gone. */
JNIEnv *torsh__attach(bool *attached);
void torsh__detach(bool attached);
/* For error objects and contexts: a global reference and how it goes, on any thread. */
void torsh__delete_global(void *ref);

#endif
