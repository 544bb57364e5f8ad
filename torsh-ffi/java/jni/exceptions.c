/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Errors of the library as Java's exceptions, and Java's exceptions through C. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "call.h"

jstring torsh__new_string(JNIEnv *env, const char *utf8)
{
    const size_t n = strlen(utf8);
    bool ascii = true;
    for (size_t i = 0; i < n; i++)
        ascii = ascii && (unsigned char)utf8[i] < 0x80;
    if (ascii)
        return (*env)->NewStringUTF(env, utf8);
    /* NewStringUTF reads Java's own encoding, which is not UTF-8 */
    jclass cls = (*env)->FindClass(env, "java/lang/String");
    jmethodID make = cls ? (*env)->GetMethodID(env, cls, "<init>", "([BLjava/lang/String;)V") : NULL;
    jbyteArray bytes = make ? (*env)->NewByteArray(env, (jsize)n) : NULL;
    jstring name = bytes ? (*env)->NewStringUTF(env, "UTF-8") : NULL;
    if (!name)
        return NULL;
    (*env)->SetByteArrayRegion(env, bytes, 0, (jsize)n, (const jbyte *)utf8);
    return (*env)->NewObject(env, cls, make, bytes, name);
}

/* A class that only exists in the jar has a fallback for programs that use the JNI library alone. */
static void throw_text(JNIEnv *env, const char *name, const char *text)
{
    jclass cls = (*env)->FindClass(env, name);
    if (!cls) {
        (*env)->ExceptionClear(env);
        cls = (*env)->FindClass(env, "java/lang/RuntimeException");
    }
    jmethodID make = cls ? (*env)->GetMethodID(env, cls, "<init>", "(Ljava/lang/String;)V") : NULL;
    jstring message = make ? torsh__new_string(env, text) : NULL;
    jobject exception = message ? (*env)->NewObject(env, cls, make, message) : NULL;
    if (exception)
        (*env)->Throw(env, exception);
}

void torsh__throw_java(JNIEnv *env, const char *cls, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    throw_text(env, cls, text);
}

void torsh__throw(JNIEnv *env, torsh_error_t *error)
{
    const torsh_status_t status = torsh_error_status(error);
    jobject thrown = status == TORSH_ERR_CALLBACK ? torsh_error_object(error) : NULL;
    if (thrown)
        (*env)->Throw(env, (*env)->NewLocalRef(env, thrown));
    else
        throw_text(env,
                   (int)status < torsh__n_exceptions ? torsh__exceptions[status] : "org/torsh/TorshException",
                   error ? torsh_error_message(error) : "failed without an error");
    torsh_error_free(error);
}

void torsh__throw_last(JNIEnv *env)
{
    torsh__throw(env, torsh_error_take());
}

torsh_status_t torsh__error_from_java(JNIEnv *env)
{
    jthrowable thrown = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    jobject kept = thrown ? (*env)->NewGlobalRef(env, thrown) : NULL;
    return torsh_error_raise("an exception out of Java", kept, kept ? torsh__delete_global : NULL);
}
