/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The class ToRSh of the default package: native void init(), native long tensorFromArray(float[], long[]);
 * static or not. */
#include "call.h"

JNIEXPORT void JNICALL Java_ToRSh_init(JNIEnv *env, jobject self)
{
    (void)self;
    torsh__call_t call = torsh__begin(env, "init", 0);
    torsh__done(&call, torsh_init());
}

/* The address of a tensor that the caller owns. */
JNIEXPORT jlong JNICALL Java_ToRSh_tensorFromArray(JNIEnv *env, jobject self, jfloatArray data,
                                                   jlongArray shape)
{
    (void)self;
    torsh__call_t call = torsh__begin(env, "tensorFromArray", 0);
    const torsh__longs_t sizes = torsh__longs(&call, "shape", shape, true);
    if (!call.failed && !data) {
        torsh__throw_java(env, "java/lang/NullPointerException", "tensorFromArray: data is null");
        call.failed = true;
    }
    if (!call.failed) {
        int64_t n = 1;
        bool fits = true;
        for (int i = 0; i < sizes.n && fits; i++)
            fits = sizes.v[i] >= 0 && !__builtin_mul_overflow(n, sizes.v[i], &n);
        if (!fits || n != (*env)->GetArrayLength(env, data)) {
            torsh__throw_java(env, "org/torsh/ShapeMismatchException",
                              "tensorFromArray: an array of %d values does not fill the shape",
                              (int)(*env)->GetArrayLength(env, data));
            call.failed = true;
        }
    }
    if (call.failed)
        return torsh__end(&call), 0;
    void *values = (*env)->GetPrimitiveArrayCritical(env, data, NULL);
    torsh_tensor_t *t = values ? torsh_tensor_from_array(values, sizes.v, sizes.n, TORSH_F32) : NULL;
    if (values)
        (*env)->ReleasePrimitiveArrayCritical(env, data, values, JNI_ABORT);
    return torsh__handle(&call, t);
}
