/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fork: the child has one thread and a copy of every lock, so all locks are taken around it. */
#ifndef TORSH_CORE_FORK_H
#define TORSH_CORE_FORK_H

/* Registers the handlers once; whatever owns a lock calls it before the lock can be held. */
void torsh__watch_forks(void);

void torsh__threads_lock(void);
void torsh__threads_unlock(void);
void torsh__caches_lock(void);
void torsh__caches_unlock(void);
void torsh__generator_lock_default(void);
void torsh__generator_unlock_default(void);
void torsh__registry_lock(void);
void torsh__registry_unlock(void);
/* In the child: the workers are not there, they start again with the next parallel call. */
void torsh__pool_forget_workers(void);

#endif
