/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* _count_nonzero and _nonzero: how many elements are not 0, and where they are. */
#include "kernels.h"

#include <string.h>

#include <torsh/ops/index_params.h>

#include "range.h"

enum { BLOCK = CPU_TASK_WORK, GROUP = 64 };

/* Bits of the elements of a group that are not 0; -0 is 0, NaN is not. */
#define ELEM uint8_t
#define IS_SET(x) ((x) != 0)
#define BITS bits_u8
#include "nonzero_body.h"
#define ELEM uint16_t
#define IS_SET(x) (((x) & 0x7fff) != 0)
#define BITS bits_half
#include "nonzero_body.h"
#define ELEM uint32_t
#define IS_SET(x) ((x) != 0)
#define BITS bits_i32
#include "nonzero_body.h"
#define ELEM uint32_t
#define IS_SET(x) (((x) & 0x7fffffff) != 0)
#define BITS bits_f32
#include "nonzero_body.h"
#define ELEM uint64_t
#define IS_SET(x) ((x) != 0)
#define BITS bits_i64
#include "nonzero_body.h"
#define ELEM uint64_t
#define IS_SET(x) (((x) & INT64_MAX) != 0)
#define BITS bits_f64
#include "nonzero_body.h"

typedef struct job {
    const torsh_view_t *self;
    int64_t bytes;
    uint64_t (*bits)(const void *group, int64_t n);
    int64_t *counts; /* of each block; later, where each block begins in the result */
    int64_t *out;
} job_t;

static job_t job_of(const torsh_view_t *self)
{
    job_t j = {.self = self, .bytes = cpu_bytes(self->dtype)};
    switch (self->dtype) {
    case TORSH_U8:
    case TORSH_BOOL: j.bits = bits_u8; break;
    case TORSH_F16:
    case TORSH_BF16: j.bits = bits_half; break;
    case TORSH_I32: j.bits = bits_i32; break;
    case TORSH_F32: j.bits = bits_f32; break;
    case TORSH_I64: j.bits = bits_i64; break;
    default: j.bits = bits_f64;
    }
    return j;
}

static void count_blocks(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    for (int64_t b = first; b < last; b++) {
        const int64_t end = cpu_least(j->self->n, (b + 1) * BLOCK);
        int64_t n = 0;
        for (int64_t i = b * BLOCK; i < end; i += GROUP)
            n += __builtin_popcountll(j->bits(cpu_at(j->self) + i * j->bytes, cpu_least(GROUP, end - i)));
        j->counts[b] = n;
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

/* Element `from` + bit's coordinates, for each bit. Returns the end of what was written. */
static int64_t *write_group(const torsh_view_t *self, int64_t from, uint64_t bits, int64_t *out)
{
    const int32_t ndim = self->ndim;
    for (; bits; bits &= bits - 1, out += ndim) {
        int64_t rest = from + __builtin_ctzll(bits);
        for (int32_t d = ndim - 1; d > 0; d--) {
            const int64_t n = self->shape[d];
            /* 32-bit division is several times faster on many processors */
            const int64_t q = rest <= UINT32_MAX && n <= UINT32_MAX ? (int64_t)((uint32_t)rest / (uint32_t)n) : rest / n;
            out[d] = rest - q * n;
            rest = q;
        }
        out[0] = rest;
    }
    return out;
}

static void write_blocks(const void *ctx, int64_t first, int64_t last)
{
    const job_t *j = ctx;
    for (int64_t b = first; b < last; b++) {
        const int64_t end = cpu_least(j->self->n, (b + 1) * BLOCK);
        int64_t *out = j->out + j->counts[b] * j->self->ndim;
        for (int64_t i = b * BLOCK; i < end; i += GROUP)
            out = write_group(j->self, i, j->bits(cpu_at(j->self) + i * j->bytes, cpu_least(GROUP, end - i)), out);
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
