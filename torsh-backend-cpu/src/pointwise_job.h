/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One call of a pointwise kernel, taken apart: what the ways of walking its operands share. */
#ifndef TORSH_CPU_POINTWISE_JOB_H
#define TORSH_CPU_POINTWISE_JOB_H

#include <string.h>

#include "convert.h"
#include "pointwise.h"
#include "space.h"
#include "stream.h"

enum {
    CPU_GRAIN = 32768,                /* elements of one task */
    CPU_BLOCK_BYTES = 4096,           /* of one operand */
    CPU_OUT = TORSH__CPU_MAX_OPERANDS /* the result, among the operands */
};

/* How an operand comes to the loop. */
enum { CPU_DIRECT, CPU_CONVERTED /* dense, of another dtype */, CPU_CONSTANT, CPU_STRIDED };

typedef struct cpu_operand {
    char *p; /* the first element */
    const int64_t *strides;
    int8_t dtype, bytes;     /* in memory */
    int8_t want, want_bytes; /* in the loop */
    int8_t how;
    bool same;         /* needs no conversion */
    uint64_t value[2]; /* CPU_CONSTANT: the element as the loop wants it */
} cpu_operand_t;

typedef struct cpu_job {
    const torsh__cpu_pointwise_t *op;
    int64_t n, block; /* elements: in all, in a block */
    const int64_t *shape;
    int32_t ndim;
    bool strided, blocks; /* some operand is CPU_STRIDED; is not CPU_DIRECT */
    bool rows;            /* strided, but the rows are not: cpu_run_rows */
    bool past_cache;      /* results are written around the cache */
    int8_t widest;        /* bytes of the widest element */
    int8_t round; /* 16-bit dtype that results are rounded to before they become the output's dtype, or -1 */
    int zero_divisor;
    cpu_operand_t operand[CPU_OUT + 1];
    int64_t k[2 * TORSH__CPU_MAX_PARAMS];
} cpu_job_t;

/* One task's own memory. */
typedef struct cpu_work {
    torsh__cpu_loop_t loop;
    char block[CPU_OUT + 1][CPU_BLOCK_BYTES] __attribute__((aligned(64)));
    char raw[CPU_BLOCK_BYTES] __attribute__((aligned(64))); /* in memory's dtype: gathered, to be scattered */
    char rounded[CPU_BLOCK_BYTES] __attribute__((aligned(64))); /* results in the compute dtype */
} cpu_work_t;

static inline int64_t cpu_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where converted elements of operand i go: a copy converts straight into its result. */
static inline char *cpu_landing(const cpu_job_t *j, cpu_work_t *w, int i)
{
    return j->op->loop ? w->block[i] : w->loop.d;
}

/* Before the first loop of a task of at most n elements. */
void CPU_NAME(torsh__cpu_begin_work)(const cpu_job_t *j, cpu_work_t *w, int64_t n);
/* The loop's n elements from loop.s to loop.d; `to`, if not NULL: the place around the cache where they
 * belong. */
void CPU_NAME(torsh__cpu_run_loop)(cpu_job_t *j, cpu_work_t *w, char *to);
/* Results in the output's dtype. */
void CPU_NAME(torsh__cpu_convert_results)(const cpu_job_t *j, cpu_work_t *w, char *to, const char *from,
                                          int64_t n);

/* Rows of n elements: of an operand contiguous from p on, or (its bit in spread is set) one element at p.
 * From row to row `step` bytes. A constant operand has p NULL and step 0: its block is filled already. */
typedef struct cpu_rows {
    char *p[CPU_OUT + 1];
    int64_t step[CPU_OUT + 1];
    int64_t rows, n, index; /* index: of the first element in the iteration space */
    unsigned spread;
} cpu_rows_t;
void CPU_NAME(torsh__cpu_run_some_rows)(cpu_job_t *j, cpu_work_t *w, cpu_rows_t *s);

/* Operands that are contiguous along another dimension than the result go by tiles; false: these do not. */
bool CPU_NAME(torsh__cpu_run_tiles)(cpu_job_t *j);

/* Whether operands lie so that cpu_run_rows can take them. */
bool CPU_NAME(torsh__cpu_is_rows)(const cpu_job_t *j);
/* Elements [begin, end) of operands that are not all dense: by rows on their own memory, and anyhow. */
void CPU_NAME(torsh__cpu_run_rows)(cpu_job_t *j, cpu_work_t *w, int64_t begin, int64_t end);
void CPU_NAME(torsh__cpu_run_gathered)(cpu_job_t *j, cpu_work_t *w, int64_t begin, int64_t end);

#define cpu_run_loop CPU_NAME(torsh__cpu_run_loop)
#define cpu_convert_results CPU_NAME(torsh__cpu_convert_results)
#define cpu_begin_work CPU_NAME(torsh__cpu_begin_work)
#define cpu_run_some_rows CPU_NAME(torsh__cpu_run_some_rows)
#define cpu_run_tiles CPU_NAME(torsh__cpu_run_tiles)
#define cpu_is_rows CPU_NAME(torsh__cpu_is_rows)
#define cpu_run_rows CPU_NAME(torsh__cpu_run_rows)
#define cpu_run_gathered CPU_NAME(torsh__cpu_run_gathered)

#endif
