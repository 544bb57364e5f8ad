/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "generator.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <torsh/impl/core.h>

#include "fork.h"
#include "mt19937.h"

#define DEFAULT_SEED UINT64_C(67280421310721)

struct torsh_generator {
    _Atomic int64_t references;
    pthread_mutex_t mutex; /* guards what follows */
    uint64_t seed;
    bool has_normal; /* normal: the second number of a pair, for the next call that wants one */
    double normal;
    torsh__mt19937_t mt;
};

/* The state as PyTorch's get_state() lays it out, so that either reads the other's. */
typedef struct state {
    uint64_t seed;
    int32_t left, seeded;
    uint64_t next, state[TORSH__MT_N];
    double unused_x, normal, unused_rho;
    int32_t has_normal, pad;
    float unused_float;
    uint8_t has_float, pad_end[3];
} state_t;
_Static_assert(sizeof(state_t) == 5056, "PyTorch's size");

static torsh_generator_t default_generator = {.references = 1, .mutex = PTHREAD_MUTEX_INITIALIZER};

static void seed_locked(torsh_generator_t *g, uint64_t seed)
{
    g->seed = seed;
    g->has_normal = false;
    g->normal = 0;
    torsh__mt_seed(&g->mt, (uint32_t)seed);
}

static void start_default(void)
{
    seed_locked(&default_generator, DEFAULT_SEED);
    torsh__watch_forks();
}

torsh_generator_t *torsh_default_generator(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_default);
    return &default_generator;
}

static torsh_generator_t *or_default(const torsh_generator_t *generator)
{
    return generator ? (torsh_generator_t *)generator : torsh_default_generator();
}

torsh_generator_t *torsh_generator_new(void)
{
    torsh_generator_t *g = torsh__calloc(sizeof *g);
    if (!g)
        return NULL;
    atomic_init(&g->references, 1);
    pthread_mutex_init(&g->mutex, NULL);
    seed_locked(g, DEFAULT_SEED);
    return g;
}

torsh_generator_t *torsh_generator_retain(torsh_generator_t *g)
{
    if (g)
        atomic_fetch_add_explicit(&g->references, 1, memory_order_relaxed);
    return g;
}

void torsh_generator_free(torsh_generator_t *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->references, 1, memory_order_acq_rel) != 1 ||
        g == &default_generator)
        return;
    pthread_mutex_destroy(&g->mutex);
    torsh__free(g);
}

void torsh_generator_manual_seed(torsh_generator_t *generator, uint64_t seed)
{
    torsh_generator_t *g = or_default(generator);
    pthread_mutex_lock(&g->mutex);
    seed_locked(g, seed);
    pthread_mutex_unlock(&g->mutex);
}

void torsh_manual_seed(uint64_t seed)
{
    torsh_generator_manual_seed(NULL, seed);
}

uint64_t torsh_generator_initial_seed(const torsh_generator_t *generator)
{
    torsh_generator_t *g = or_default(generator);
    pthread_mutex_lock(&g->mutex);
    uint64_t seed = g->seed;
    pthread_mutex_unlock(&g->mutex);
    return seed;
}

size_t torsh_generator_state_bytes(void)
{
    return sizeof(state_t);
}

torsh_status_t torsh_generator_get_state(const torsh_generator_t *generator, void *state)
{
    if (!state)
        return torsh__fail(TORSH_ERR_NULL, "torsh_generator_get_state: state is NULL");
    state_t s = {.seeded = 1};
    torsh_generator_t *g = or_default(generator);
    pthread_mutex_lock(&g->mutex);
    s.seed = g->seed;
    s.left = g->mt.left;
    s.next = g->mt.next;
    for (int i = 0; i < TORSH__MT_N; i++)
        s.state[i] = g->mt.state[i];
    s.has_normal = g->has_normal;
    s.normal = g->normal;
    pthread_mutex_unlock(&g->mutex);
    memcpy(state, &s, sizeof s); /* the caller's bytes may lie anywhere */
    return TORSH_OK;
}

torsh_status_t torsh_generator_set_state(torsh_generator_t *generator, const void *state, size_t bytes)
{
    if (!state)
        return torsh__fail(TORSH_ERR_NULL, "torsh_generator_set_state: state is NULL");
    state_t s;
    if (bytes != sizeof s)
        return torsh__fail(
            TORSH_ERR_VALUE,
            "Expected a CPUGeneratorImplState of size %zu but found the input RNG state size to be %zu",
            sizeof s, bytes);
    memcpy(&s, state, sizeof s);
    bool fresh = s.left == 1 && (s.next == 0 || s.next == TORSH__MT_N);
    bool within = s.left >= 1 && s.left <= TORSH__MT_N && s.next == (uint64_t)(TORSH__MT_N + 1 - s.left);
    if (s.seeded != 1 || (!fresh && !within))
        return torsh__fail(TORSH_ERR_VALUE,
                           "Invalid mt19937 state: seeded %" PRId32 ", left %" PRId32 ", next %" PRIu64,
                           s.seeded, s.left, s.next);
    torsh_generator_t *g = or_default(generator);
    pthread_mutex_lock(&g->mutex);
    g->seed = s.seed;
    g->mt.left = s.left;
    g->mt.next = (uint32_t)s.next;
    for (int i = 0; i < TORSH__MT_N; i++)
        g->mt.state[i] = (uint32_t)s.state[i];
    g->has_normal = s.has_normal != 0;
    g->normal = g->has_normal ? s.normal : 0;
    pthread_mutex_unlock(&g->mutex);
    return TORSH_OK;
}

void torsh__random_begin(torsh_generator_t *generator)
{
    pthread_mutex_lock(&or_default(generator)->mutex);
}

void torsh__random_end(torsh_generator_t *generator)
{
    pthread_mutex_unlock(&or_default(generator)->mutex);
}

uint32_t torsh__random_u32(torsh_generator_t *generator)
{
    return torsh__mt_u32(&or_default(generator)->mt);
}

void torsh__random_u32_block(torsh_generator_t *generator, uint32_t *out, int64_t n)
{
    torsh__mt_block(&or_default(generator)->mt, out, n);
}

bool torsh__random_take_normal(torsh_generator_t *generator, double *x)
{
    torsh_generator_t *g = or_default(generator);
    if (!g->has_normal)
        return false;
    *x = g->normal;
    g->has_normal = false;
    g->normal = 0;
    return true;
}

void torsh__random_put_normal(torsh_generator_t *generator, double x)
{
    torsh_generator_t *g = or_default(generator);
    g->has_normal = true;
    g->normal = x;
}

void torsh__generator_lock_default(void)
{
    pthread_mutex_lock(&default_generator.mutex);
}

void torsh__generator_unlock_default(void)
{
    pthread_mutex_unlock(&default_generator.mutex);
}
