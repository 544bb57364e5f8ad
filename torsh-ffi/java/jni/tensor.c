/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* org.torsh.TensorNative: arrays, buffers, shapes, values, indexing, gradients. */
#include <stdlib.h>

#include "call.h"

#define METHOD(returns, name) JNIEXPORT returns JNICALL Java_org_torsh_TensorNative_##name

static bool no_memory(torsh__call_t *call, const void *p)
{
    if (!p && !(*call->env)->ExceptionCheck(call->env))
        torsh__throw_java(call->env, "java/lang/OutOfMemoryError", "%s", call->name);
    call->failed = call->failed || !p;
    return !p;
}

/* ---- arrays and buffers ---- */

/* Java gives `bytes`: do they make up a tensor of that shape? */
static bool fills(torsh__call_t *call, torsh__longs_t shape, jint dtype, jlong bytes)
{
    if (call->failed)
        return false;
    int64_t n = torsh_dtype_bytes((torsh_dtype_t)dtype);
    if (!n)
        torsh__throw_java(call->env, "org/torsh/MissingArgumentException", "%s: the dtype is null",
                          call->name);
    bool fits = n > 0;
    for (int i = 0; i < shape.n && fits; i++)
        fits = shape.v[i] >= 0 && !__builtin_mul_overflow(n, shape.v[i], &n);
    call->failed = !fits || n != bytes;
    if (call->failed && !(*call->env)->ExceptionCheck(call->env))
        torsh__throw_java(call->env, "org/torsh/ShapeMismatchException",
                          "%s: %lld bytes do not make up the shape", call->name, (long long)bytes);
    return !call->failed;
}

METHOD(jlong, fromArray)(JNIEnv *env, jclass cls, jobject array, jlong bytes, jlongArray shape, jint dtype)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "Tensor.of", 0);
    const torsh__longs_t sizes = torsh__longs(&call, "shape", shape, true);
    if (!fills(&call, sizes, dtype, bytes))
        return torsh__end(&call), 0;
    void *data = (*env)->GetPrimitiveArrayCritical(env, array, NULL);
    if (no_memory(&call, data))
        return torsh__end(&call), 0;
    torsh_tensor_t *t = torsh_tensor_from_array(data, sizes.v, sizes.n, (torsh_dtype_t)dtype);
    (*env)->ReleasePrimitiveArrayCritical(env, array, data, JNI_ABORT);
    return torsh__result(&call, t, NULL);
}

METHOD(void, toArray)(JNIEnv *env, jclass cls, jlong t, jobject array, jlong bytes)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "Tensor.toArray", t);
    void *data = call.failed ? NULL : (*env)->GetPrimitiveArrayCritical(env, array, NULL);
    if (call.failed || no_memory(&call, data))
        return;
    const torsh_status_t status = torsh_tensor_to_array(TENSOR(t), data, (size_t)bytes);
    (*env)->ReleasePrimitiveArrayCritical(env, array, data, 0);
    torsh__done(&call, status);
}

METHOD(jlong, fromBuffer)
(JNIEnv *env, jclass cls, jobject buffer, jlong offset, jlong bytes, jlongArray shape, jint dtype)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "Tensor.of", 0);
    const torsh__longs_t sizes = torsh__longs(&call, "shape", shape, true);
    if (!fills(&call, sizes, dtype, bytes))
        return torsh__end(&call), 0;
    char *data = (*env)->GetDirectBufferAddress(env, buffer);
    jobject kept = data ? (*env)->NewGlobalRef(env, buffer) : NULL;
    if (no_memory(&call, kept))
        return torsh__end(&call), 0;
    torsh_tensor_t *t = torsh_tensor_from_blob(data + offset, sizes.v, sizes.n, (torsh_dtype_t)dtype,
                                               torsh__delete_global, kept);
    if (!t)
        (*env)->DeleteGlobalRef(env, kept);
    return torsh__result(&call, t, NULL);
}

METHOD(jobject, toBuffer)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "asByteBuffer", t);
    if (call.failed)
        return NULL;
    void *data = torsh_tensor_data_ptr(TENSOR(t));
    const int64_t bytes = torsh_tensor_numel(TENSOR(t)) * torsh_dtype_bytes(torsh_tensor_dtype(TENSOR(t)));
    static char nothing[1];
    if (!data && bytes) {
        torsh__throw_last(env);
        return NULL;
    }
    torsh_clear_error();
    return (*env)->NewDirectByteBuffer(env, data ? data : nothing, bytes);
}

/* ---- what a tensor is ---- */

static jlongArray numbers(JNIEnv *env, jlong t, const char *name,
                          const int64_t *(*of)(const torsh_tensor_t *))
{
    torsh__call_t call = torsh__begin(env, name, t);
    if (call.failed)
        return NULL;
    const int n = torsh_tensor_ndim(TENSOR(t));
    jlongArray array = (*env)->NewLongArray(env, n);
    if (array && n)
        (*env)->SetLongArrayRegion(env, array, 0, n, (const jlong *)of(TENSOR(t)));
    return array;
}

METHOD(jlongArray, shape)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    return numbers(env, t, "shape", torsh_tensor_shape);
}

METHOD(jlongArray, strides)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    return numbers(env, t, "strides", torsh_tensor_strides);
}

METHOD(jlong, device)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "device", t);
    const torsh_device_t d = torsh_tensor_device(call.failed ? NULL : TENSOR(t));
    return ((jlong)d.kind << 32) | (uint32_t)d.index;
}

static torsh_scalar_t item(JNIEnv *env, jlong t)
{
    torsh__call_t call = torsh__begin(env, "item", t);
    torsh_scalar_t value = torsh_scalar_i(0);
    if (!call.failed)
        torsh__done(&call, torsh_tensor_item(TENSOR(t), &value));
    return value;
}

METHOD(jdouble, itemDouble)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    const torsh_scalar_t s = item(env, t);
    return s.kind >= TORSH_SCALAR_FLOAT ? s.v.f : s.kind == TORSH_SCALAR_UINT ? (double)s.v.u : (double)s.v.i;
}

METHOD(jlong, itemLong)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    const torsh_scalar_t s = item(env, t);
    if (s.kind < TORSH_SCALAR_FLOAT)
        return s.v.i;
    if (s.v.f >= -0x1p63 && s.v.f < 0x1p63)
        return (jlong)s.v.f;
    torsh__throw_java(env, "org/torsh/InvalidValueException", "itemLong: %g is no long", s.v.f);
    return 0;
}

METHOD(jstring, text)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "toString", t);
    char *text = call.failed ? NULL : torsh_tensor_to_string(TENSOR(t));
    jstring result = call.failed ? NULL : torsh__string(&call, text);
    torsh_free(text);
    return result;
}

METHOD(jobjectArray, backends)(JNIEnv *env, jclass cls)
{
    (void)cls;
    enum { MOST = 32 };
    const char *names[MOST];
    const int all = torsh_list_backends(names, MOST), n = all < MOST ? all : MOST;
    jclass string = (*env)->FindClass(env, "java/lang/String");
    jobjectArray array = string ? (*env)->NewObjectArray(env, n, string, NULL) : NULL;
    for (int i = 0; array && i < n; i++) {
        jstring name = torsh__new_string(env, names[i]);
        if (!name)
            return NULL;
        (*env)->SetObjectArrayElement(env, array, i, name);
        (*env)->DeleteLocalRef(env, name);
    }
    return array;
}

/* ---- indexing ---- */

static torsh_index_t *items(torsh__call_t *call, jintArray kinds, jlongArray numbers, jlongArray tensors,
                            int *n)
{
    const torsh__tensors_t t = torsh__tensors(call, "tensors", tensors);
    const torsh__longs_t v = torsh__longs(call, "numbers", numbers, true);
    *n = t.n;
    if (call->failed)
        return NULL;
    const size_t count = (size_t)t.n + !t.n;
    torsh_index_t *out = torsh__room(call, count * sizeof *out);
    jint *kind = out ? torsh__room(call, count * sizeof *kind) : NULL;
    if (!kind)
        return NULL;
    (*call->env)->GetIntArrayRegion(call->env, kinds, 0, t.n, kind);
    for (int i = 0; i < t.n; i++)
        out[i] = (torsh_index_t){kind[i], v.v[3 * i], v.v[3 * i + 1], v.v[3 * i + 2], t.v[i]};
    return out;
}

METHOD(jlong, index)
(JNIEnv *env, jclass cls, jlong t, jintArray kinds, jlongArray numbers, jlongArray tensors)
{
    (void)cls;
    int n;
    torsh__call_t call = torsh__begin(env, "get", t);
    const torsh_index_t *all = items(&call, kinds, numbers, tensors, &n);
    if (call.failed)
        return torsh__end(&call), 0;
    return torsh__result(&call, torsh_index_get(TENSOR(t), all, n, &call.error), TENSOR(t));
}

METHOD(void, setIndex)
(JNIEnv *env, jclass cls, jlong t, jintArray kinds, jlongArray numbers, jlongArray tensors, jlong value)
{
    (void)cls;
    int n;
    torsh__call_t call = torsh__begin(env, "set", t | value);
    const torsh_index_t *all = items(&call, kinds, numbers, tensors, &n);
    if (call.failed)
        torsh__end(&call);
    else
        torsh__done(&call, torsh_index_set(TENSOR(t), all, n, TENSOR(value), &call.error));
}

/* ---- gradients ---- */

static torsh__tensors_t gradients(torsh__call_t *call, jlongArray array, int n_roots)
{
    torsh__tensors_t g = {NULL, 0};
    if (array)
        g = torsh__tensors(call, "gradients", array);
    if (!call->failed && array && g.n != n_roots) {
        torsh__throw_java(call->env, "org/torsh/InvalidValueException", "%s: got %d tensors and %d gradients",
                          call->name, n_roots, g.n);
        call->failed = true;
    }
    return g;
}

METHOD(void, backward)
(JNIEnv *env, jclass cls, jlongArray roots, jlongArray grads, jboolean retain_graph, jboolean create_graph,
 jlongArray inputs)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "backward", 0);
    const torsh__tensors_t r = torsh__tensors(&call, "roots", roots), g = gradients(&call, grads, r.n),
                           in = torsh__tensors(&call, "inputs", inputs);
    if (call.failed) {
        torsh__end(&call);
        return;
    }
    torsh__done(&call, torsh_backward_with_error(r.v, r.n, g.v, retain_graph || create_graph, create_graph,
                                                 in.v, in.n, &call.error));
}

METHOD(jlongArray, grad)
(JNIEnv *env, jclass cls, jlongArray roots, jlongArray grads, jlongArray inputs, jboolean retain_graph,
 jboolean create_graph, jboolean allow_unused)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "grad", 0);
    const torsh__tensors_t r = torsh__tensors(&call, "roots", roots), g = gradients(&call, grads, r.n),
                           in = torsh__tensors(&call, "inputs", inputs);
    const size_t n = call.failed ? 0 : (size_t)in.n;
    torsh_tensor_t **results = call.failed ? NULL : calloc(n + 1, sizeof *results);
    jlongArray array = NULL;
    if (!call.failed && !no_memory(&call, results)) {
        const torsh_status_t status =
            torsh_grad_with_error(r.v, r.n, g.v, in.v, in.n, retain_graph || create_graph, create_graph,
                                  allow_unused, results, &call.error);
        torsh__done(&call, status);
        array = status == TORSH_OK ? (*env)->NewLongArray(env, (jsize)n) : NULL;
        for (size_t i = 0; array && i < n; i++) {
            const jlong given = torsh__give(results[i], NULL);
            (*env)->SetLongArrayRegion(env, array, (jsize)i, 1, &given);
        }
    }
    torsh__end(&call);
    free(results);
    return array;
}
