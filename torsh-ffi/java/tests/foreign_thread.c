/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ForeignThreadTest's other half. */
#include <pthread.h>

#include <jni.h>
#include <torsh.h>

typedef struct {
    JavaVM *machine;
    torsh_tensor_t *tensor;
    bool unknown;
} task_t;

static bool unknown(JavaVM *machine)
{
    void *env;
    return (*machine)->GetEnv(machine, &env, JNI_VERSION_10) == JNI_EDETACHED;
}

static void *run(void *arg)
{
    task_t *task = arg;
    task->unknown = unknown(task->machine);
    torsh_tensor_release(task->tensor);
    task->unknown = task->unknown && unknown(task->machine);
    return NULL;
}

JNIEXPORT jboolean JNICALL Java_ForeignThreadTest_release(JNIEnv *env, jclass cls, jlong tensor)
{
    (void)cls;
    task_t task = {NULL, (torsh_tensor_t *)(intptr_t)tensor, false};
    pthread_t thread;
    if ((*env)->GetJavaVM(env, &task.machine) != JNI_OK || pthread_create(&thread, NULL, run, &task))
        return JNI_FALSE;
    pthread_join(thread, NULL);
    return task.unknown;
}
