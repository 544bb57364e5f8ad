/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* _count_nonzero and _nonzero: how many elements are not 0, and where they are. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/index_params.h>

#include "lanes.h"
#include "range.h"

enum { BLOCK = CPU_TASK_WORK, GROUP = 64 };

/* -0 is 0, NaN is not. */
#define S u8
#define ELEM uint8_t
#define IS_SET(x) ((x) != 0)
#include "nonzero_body.h"
#define S half
#define ELEM uint16_t
#define IS_SET(x) (((x)&0x7fff) != 0)
#include "nonzero_body.h"
#define S i32
#define ELEM uint32_t
#define IS_SET(x) ((x) != 0)
#include "nonzero_body.h"
#define S f32
#define ELEM uint32_t
#define IS_SET(x) (((x)&0x7fffffff) != 0)
#include "nonzero_body.h"
#define S i64
#define ELEM uint64_t
#define IS_SET(x) ((x) != 0)
#include "nonzero_body.h"
#define S f64
#define ELEM uint64_t
#define IS_SET(x) (((x)&INT64_MAX) != 0)
#include "nonzero_body.h"

typedef struct job {
    const torsh_view_t *self;
    int64_t bytes;
    uint64_t (*bits)(const void *group, int64_t n); /* of up to GROUP elements */
    int64_t (*count)(const void *elements, int64_t n);
    int64_t *counts; /* of each block; later, where each block begins in the result */
    int64_t *out;
} job_t;

static job_t job_of(const torsh_view_t *self)
{
    job_t j = {.self = self, .bytes = cpu_bytes(self->dtype)};
#define KIND(name) j.bits = bits_##name, j.count = count_##name
    switch (self->dtype) {
    case TORSH_U8:
    case TORSH_BOOL:
        KIND(u8);
        break;
    case TORSH_F16:
    case TORSH_BF16:
        KIND(half);
        break;
    case TORSH_I32:
        KIND(i32);
        break;
    case TORSH_F32:
        KIND(f32);
        break;
    case TORSH_I64:
        KIND(i64);
        break;
    default:
        KIND(f64);
    }
#undef KIND
    return j;
}

static void count_blocks(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    for (int64_t b = first; b < last; b++) {
        j->counts[b] =
            j->count(cpu_at(j->self) + b * BLOCK * j->bytes, cpu_least(BLOCK, j->self->n - b * BLOCK));
    }
}

/* Counts of all blocks in scratch memory; NULL: none. */
static torsh_status_t count(job_t *j, int64_t *blocks, int64_t *total)
{
    *blocks = (j->self->n + BLOCK - 1) / BLOCK;
    *total = 0;
    j->counts = torsh__cpu_host->scratch((size_t)(*blocks + 1) * sizeof(int64_t));
    if (!j->counts)
        return cpu_no_scratch();
    cpu_range(*blocks, 1, count_blocks, j);
    for (int64_t b = 0; b < *blocks; b++)
        *total += j->counts[b];
    return TORSH_OK;
}

static torsh_status_t count_nonzero(const torsh_call_t *call)
{
    job_t j = job_of(&call->in[0]);
    int64_t blocks;
    return count(&j, &blocks, (int64_t *)cpu_at(&call->out[0]));
}

/* Where a group begins: its coordinates, the last of which may have run on over the end of its row. */
typedef struct place {
    int64_t at[TORSH_MAX_DIMS];
} place_t;

static void next_row(const torsh_view_t *self, place_t *p)
{
    const int32_t last = self->ndim - 1;
    p->at[last] -= self->shape[last];
    for (int32_t d = last - 1; d >= 0 && ++p->at[d] == self->shape[d]; d--)
        p->at[d] = 0;
}

static int64_t *write_group(const torsh_view_t *self, place_t *p, uint64_t bits, int64_t *out)
{
    const int32_t last = self->ndim - 1;
    const int64_t n = self->shape[last];
    for (; bits; bits &= bits - 1, out += last + 1) {
        const int bit = __builtin_ctzll(bits);
        while (p->at[last] + bit >= n)
            next_row(self, p);
        for (int32_t d = 0; d < last; d++)
            out[d] = p->at[d];
        out[last] = p->at[last] + bit;
    }
    p->at[last] += GROUP;
    return out;
}

static void write_blocks(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    for (int64_t b = first; b < last; b++) {
        const int64_t end = cpu_least(j->self->n, (b + 1) * BLOCK);
        int64_t *out = j->out + j->counts[b] * j->self->ndim, rest = b * BLOCK;
        place_t p;
        for (int32_t d = j->self->ndim - 1; d >= 0; d--) {
            p.at[d] = rest % j->self->shape[d];
            rest /= j->self->shape[d];
        }
        for (int64_t i = b * BLOCK; i < end; i += GROUP)
            out = write_group(j->self, &p, j->bits(cpu_at(j->self) + i * j->bytes, cpu_least(GROUP, end - i)),
                              out);
    }
}

static torsh_status_t nonzero(const torsh_call_t *call)
{
    const torsh___nonzero_params_t *p = call->params;
    job_t j = job_of(&call->in[0]);
    int64_t blocks, total;
    torsh_status_t status = count(&j, &blocks, &total);
    if (status != TORSH_OK)
        return status;
    if (total != p->n)
        return torsh__cpu_host->fail(TORSH_ERR_STATE, "nonzero: the tensor was changed by another thread");
    if (j.self->ndim == 0)
        return TORSH_OK;
    for (int64_t b = blocks - 1; b >= 0; b--)
        j.counts[b] = total -= j.counts[b];
    j.out = (int64_t *)cpu_at(&call->out[0]);
    cpu_range(blocks, 1, write_blocks, &j);
    return TORSH_OK;
}

static const torsh_kernel_t kernels[] = {
    CPU_ALL(TORSH_OP__COUNT_NONZERO, 0, count_nonzero),
    CPU_ALL(TORSH_OP__NONZERO, 0, nonzero),
};
CPU_LIST(nonzero);
