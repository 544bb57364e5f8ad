/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The backends of the CPU: host memory, and the kernels of one instruction set each. */
#include <torsh/backend_cpu.h>

#include <cpuid.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <torsh/impl/core.h>

#include "cpu.h"
#include "cpu_families.h"

const torsh_host_t *torsh__cpu_host;

/* ---- kernels, by instruction set ---- */

/* Files of kernels written by hand: each exports torsh__cpu_<name>_<isa>. Those of the operator table come on
 * top. */
#define FILES(X)                                                                                             \
    X(conv_kernels)                                                                                          \
    X(create)                                                                                                \
    X(embedding)                                                                                             \
    X(extremum) X(loss) X(matmul) X(nonzero) X(norm) X(optim) X(pool) X(random) X(select) X(softmax)

#define DECLARE(name) extern const torsh__cpu_list_t name##_base, name##_avx2, name##_avx512;
#define FILE_LIST(file) DECLARE(torsh__cpu_##file)
#define FAMILY_LIST(family) DECLARE(torsh__cpu_##family##_ops)
FILES(FILE_LIST)
TORSH__CPU_FAMILIES(FAMILY_LIST)
#undef FILE_LIST
#undef FAMILY_LIST

#define FILE_LIST(file) &CPU_CAT(torsh__cpu_##file, SET),
#define FAMILY_LIST(family) &CPU_CAT(torsh__cpu_##family##_ops, SET),
#define SET base
static const torsh__cpu_list_t *const lists_base[] = {TORSH__CPU_FAMILIES(FAMILY_LIST) FILES(FILE_LIST)};
#undef SET
#define SET avx2
static const torsh__cpu_list_t *const lists_avx2[] = {TORSH__CPU_FAMILIES(FAMILY_LIST) FILES(FILE_LIST)};
#undef SET
#define SET avx512
static const torsh__cpu_list_t *const lists_avx512[] = {TORSH__CPU_FAMILIES(FAMILY_LIST) FILES(FILE_LIST)};
#undef SET

enum { N_LISTS = sizeof lists_base / sizeof *lists_base };

typedef struct instruction_set {
    const char *name;
    const torsh__cpu_list_t *const *lists;
    int (*usable)(void);
} instruction_set_t;

static int always(void)
{
    return 1;
}

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); /* every such CPU has f16c */
}

static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

/* the best last */
static const instruction_set_t sets[] = {
    {"base", lists_base, always}, {"avx2", lists_avx2, has_avx2}, {"avx512", lists_avx512, has_avx512}};
enum { N_SETS = sizeof sets / sizeof *sets };

/* The best that this machine has, or the one that TORSH_CPU_ISA names. */
static torsh_status_t choose(const instruction_set_t **set)
{
    const char *wanted = getenv("TORSH_CPU_ISA");
    __builtin_cpu_init();
    for (int i = N_SETS - 1; i >= 0; i--) {
        if (wanted && *wanted && strcmp(sets[i].name, wanted) != 0)
            continue;
        if (sets[i].usable()) {
            *set = &sets[i];
            return TORSH_OK;
        }
    }
    return torsh__fail(TORSH_ERR_VALUE, "TORSH_CPU_ISA=%s: one of base, avx2, avx512 that this machine has",
                       wanted);
}

/* ---- the device ---- */

static int32_t device_count(void)
{
    return 1;
}

static torsh_status_t properties(int32_t device, torsh_device_properties_t *out)
{
    (void)device;
    unsigned words[12] = {0};
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < 3; i++)
        __get_cpuid(0x80000002u + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]);
    memcpy(out->name, words, sizeof words);
    out->total_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return TORSH_OK;
}

/* Large blocks lie on huge pages, which are touched many times faster. */
enum { HUGE_PAGE = 2 << 20, ALIGNMENT = 64 };

static torsh_status_t raw_alloc(int32_t device, size_t bytes, void **handle)
{
    (void)device;
    const size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    if (bytes > SIZE_MAX - alignment)
        return TORSH_ERR_MEMORY;
    void *p;
    if (posix_memalign(&p, alignment, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT) != 0)
        return TORSH_ERR_MEMORY;
    if (alignment == HUGE_PAGE)
        madvise(p, bytes, MADV_HUGEPAGE); /* a wish */
    *handle = p;
    return TORSH_OK;
}

static void raw_free(int32_t device, void *handle, size_t bytes)
{
    (void)device, (void)bytes;
    free(handle);
}

static void *map(int32_t device, void *handle)
{
    (void)device;
    return handle;
}

static torsh_status_t copy_from_host(void *stream, void *handle, int64_t offset, const void *host,
                                     size_t bytes)
{
    (void)stream;
    if (bytes)
        memcpy((char *)handle + offset, host, bytes);
    return TORSH_OK;
}

static torsh_status_t copy_to_host(void *stream, void *host, const void *handle, int64_t offset, size_t bytes)
{
    (void)stream;
    if (bytes)
        memcpy(host, (const char *)handle + offset, bytes);
    return TORSH_OK;
}

static torsh_status_t copy(void *stream, void *to, int64_t to_offset, const void *from, int64_t from_offset,
                           size_t bytes)
{
    (void)stream;
    if (bytes)
        memmove((char *)to + to_offset, (const char *)from + from_offset, bytes);
    return TORSH_OK;
}

/* Kernels have finished when they return. */
static void *current_stream(int32_t device)
{
    (void)device;
    return NULL;
}

static torsh_status_t synchronize(int32_t device)
{
    (void)device;
    return TORSH_OK;
}

/* ---- registration ---- */

static torsh_backend_t cpu = {
    .abi = TORSH_BACKEND_ABI,
    .name = "cpu",
    .device_kind = TORSH_CPU,
    .score = 2,
    .device_count = device_count,
    .properties = properties,
    .raw_alloc = raw_alloc,
    .raw_free = raw_free,
    .map = map,
    .copy_from_host = copy_from_host,
    .copy_to_host = copy_to_host,
    .copy = copy,
    .current_stream = current_stream,
    .synchronize = synchronize,
};
static torsh_backend_t portable;

/* One list of all kernels of an instruction set; it stays for the life of the process. */
static torsh_status_t collect(torsh_backend_t *backend, const instruction_set_t *set)
{
    int32_t n = 0;
    for (int i = 0; i < N_LISTS; i++)
        n += set->lists[i]->n;
    torsh_kernel_t *kernels = malloc((size_t)n * sizeof *kernels);
    if (!kernels)
        return torsh__fail(TORSH_ERR_MEMORY, "no memory for the list of kernels");
    backend->kernels = kernels;
    backend->n_kernels = n;
    for (int i = 0; i < N_LISTS; i++) {
        memcpy(kernels, set->lists[i]->kernels, (size_t)set->lists[i]->n * sizeof *kernels);
        kernels += set->lists[i]->n;
    }
    return TORSH_OK;
}

torsh_status_t torsh__backend_cpu_register(void)
{
    static bool done;
    if (done)
        return TORSH_OK;
    const instruction_set_t *set = NULL;
    torsh__cpu_host = &torsh__host;
    TRY(choose(&set));
    TRY(collect(&cpu, set));
    portable = cpu;
    portable.name = "cpu-portable";
    portable.score = 1;
    TRY(collect(&portable, &sets[0]));
    TRY(torsh__backend_register(&cpu));
    TRY(torsh__backend_register(&portable));
    done = true;
    return TORSH_OK;
}
