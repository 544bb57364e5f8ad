/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Java's collector does not see what tensors weigh: their bytes are counted here, and beyond a limit the
 * result that crosses it carries TORSH__PRESSURE, on which org.torsh.internal.Pressure asks the collector to
 * run. */
#include <stdatomic.h>

#include "call.h"

/* a tensor's own object, and what the allocator rounds up to */
enum { OBJECT_BYTES = 320 };

static _Atomic int64_t alive, limit = INT64_MAX;

jlong torsh__give(torsh_tensor_t *t, const torsh_tensor_t *like)
{
    if (!t)
        return 0;
    const bool shares = like && torsh_tensor_storage(t) == torsh_tensor_storage(like);
    const int64_t bytes = OBJECT_BYTES + (shares ? 0 : torsh_tensor_storage_bytes(t));
    const int64_t now = atomic_fetch_add_explicit(&alive, bytes, memory_order_relaxed) + bytes;
    const bool pressure = now > atomic_load_explicit(&limit, memory_order_relaxed);
    return (jlong)(intptr_t)t | (shares ? TORSH__SHARES : 0) | (pressure ? TORSH__PRESSURE : 0);
}

void torsh__take_back(jlong given)
{
    torsh_tensor_t *t = TENSOR(given & ~(jlong)(TORSH__SHARES | TORSH__PRESSURE));
    if (!t)
        return;
    const int64_t bytes = OBJECT_BYTES + (given & TORSH__SHARES ? 0 : torsh_tensor_storage_bytes(t));
    atomic_fetch_sub_explicit(&alive, bytes, memory_order_relaxed);
    torsh_tensor_release(t);
}

JNIEXPORT jlong JNICALL Java_org_torsh_internal_Pressure_alive(JNIEnv *env, jclass cls)
{
    (void)env, (void)cls;
    return atomic_load_explicit(&alive, memory_order_relaxed);
}

JNIEXPORT void JNICALL Java_org_torsh_internal_Pressure_setLimit(JNIEnv *env, jclass cls, jlong bytes)
{
    (void)env, (void)cls;
    atomic_store_explicit(&limit, bytes, memory_order_relaxed);
}

/* ---- threads ---- */

static JavaVM *machine;

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    (void)reserved;
    machine = vm;
    return JNI_VERSION_10;
}

JNIEnv *torsh__attach(bool *attached)
{
    void *env = NULL;
    *attached = false;
    if (!machine)
        return NULL;
    if ((*machine)->GetEnv(machine, &env, JNI_VERSION_10) == JNI_OK)
        return env;
    /* a daemon: the program's end does not wait for a thread of ours */
    *attached = (*machine)->AttachCurrentThreadAsDaemon(machine, &env, NULL) == JNI_OK;
    return *attached ? env : NULL;
}

void torsh__detach(bool attached)
{
    if (attached)
        (*machine)->DetachCurrentThread(machine);
}

void torsh__delete_global(void *ref)
{
    bool attached;
    JNIEnv *env = torsh__attach(&attached);
    if (env)
        (*env)->DeleteGlobalRef(env, ref);
    torsh__detach(attached);
}

/* ---- Java's objects go ---- */

enum {
    TENSOR_KIND,
    MODULE_KIND,
    OPTIMIZER_KIND,
    GENERATOR_KIND,
    STATE_KIND
}; /* as in org.torsh.internal.Handle */

JNIEXPORT void JNICALL Java_org_torsh_internal_Handle_release(JNIEnv *env, jclass cls, jint kind, jlong given)
{
    (void)env, (void)cls;
    void *p = (void *)(intptr_t)given;
    switch (kind) {
    case TENSOR_KIND:
        torsh__take_back(given);
        break;
    case MODULE_KIND:
        torsh_module_release(p);
        break;
    case OPTIMIZER_KIND:
        torsh_optimizer_free(p);
        break;
    case GENERATOR_KIND:
        torsh_generator_free(p);
        break;
    case STATE_KIND:
        torsh_state_free(p);
        break;
    default:
        break;
    }
}
