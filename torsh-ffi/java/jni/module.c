/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* org.torsh.internal.ModuleNative: lists of parameters, and modules whose forward is Java. */
#include "call.h"

#define METHOD(returns, name) JNIEXPORT returns JNICALL Java_org_torsh_internal_ModuleNative_##name

/* torsh_forward_t: ctx is an org.torsh.nn.Slot, whose run(input) gives the address of the result, retained.
 */
static torsh_status_t forward(void *ctx, torsh_module_t *module, const torsh_tensor_t *input,
                              torsh_tensor_t **output)
{
    (void)module;
    bool attached;
    JNIEnv *env = torsh__attach(&attached);
    if (!env)
        return torsh_error_raise("Java has ended", NULL, NULL);
    jclass cls = (*env)->GetObjectClass(env, ctx);
    jmethodID run = (*env)->GetMethodID(env, cls, "run", "(J)J");
    const jlong given = run ? torsh__give(torsh_tensor_retain(input), input) : 0;
    const jlong result = run ? (*env)->CallLongMethod(env, ctx, run, given) : 0;
    torsh_status_t status = TORSH_OK;
    if ((*env)->ExceptionCheck(env))
        status = torsh__error_from_java(env);
    else
        *output = TENSOR(result);
    (*env)->DeleteLocalRef(env, cls);
    torsh__detach(attached);
    return status;
}

METHOD(jlong, create)(JNIEnv *env, jclass cls, jstring type, jobject slot)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "Module", 0);
    const char *text = torsh__text(&call, "type", type);
    jobject kept = call.failed ? NULL : (*env)->NewGlobalRef(env, slot);
    if (!kept)
        return torsh__end(&call), 0;
    torsh_module_t *m = torsh_module_new(text, forward, kept, torsh__delete_global, &call.error);
    if (!m)
        (*env)->DeleteGlobalRef(env, kept);
    return torsh__handle(&call, m);
}

/* Another reference to a tensor, not counted as Java's. */
METHOD(jlong, retain)(JNIEnv *env, jclass cls, jlong t)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "forward", t);
    return call.failed ? 0 : torsh__handle(&call, torsh_tensor_retain(TENSOR(t)));
}

METHOD(jlongArray, tensors)(JNIEnv *env, jclass cls, jlong module, jboolean buffers)
{
    (void)cls;
    torsh__call_t call = torsh__begin(env, "parameters", module);
    if (call.failed)
        return NULL;
    torsh_module_t *m = (void *)(intptr_t)module;
    torsh_tensor_list_t *list = buffers ? torsh_module_buffers(m) : torsh_module_parameters(m);
    torsh__done(&call, list ? TORSH_OK : TORSH_ERR_MEMORY);
    const int n = torsh_tensor_list_n(list);
    jlongArray array = list ? (*env)->NewLongArray(env, n) : NULL;
    for (int i = 0; array && i < n; i++) {
        torsh_tensor_t *t = torsh_tensor_list_get(list, i);
        const jlong given = torsh__give(torsh_tensor_retain(t), t);
        (*env)->SetLongArrayRegion(env, array, i, 1, &given);
    }
    return array;
}
