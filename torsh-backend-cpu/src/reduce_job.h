/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One call of a reduction, sorted into kept and reduced dimensions: what going by rows and by columns share.
 */
#ifndef TORSH_CPU_REDUCE_JOB_H
#define TORSH_CPU_REDUCE_JOB_H

#include <string.h>

#include "reduce.h"
#include "space.h"

enum {
    CPU_REDUCE_GRAIN = 32768,  /* elements of one task */
    CPU_REDUCE_FAR = 24 << 20, /* bytes from which the input is taken to come from memory */
    CPU_REDUCE_BLOCK = 1024    /* elements gathered or converted at once */
};

typedef struct cpu_reduce_job {
    const torsh__cpu_reduce_t *op;
    char *in, *out;
    int8_t in_dtype, out_dtype;
    int8_t in_bytes, out_bytes, acc_bytes;
    bool same, direct;     /* operands need no conversion; neither conversion nor map */
    bool far;              /* more elements than the caches hold */
    int n_kept, n_reduced; /* dimensions, at least one each */
    int64_t kept, reduced; /* elements */
    int64_t chunks, per;   /* tasks that one result, or block of results, is cut into; elements of each */
    char *partial;         /* their results */
    int64_t kept_shape[TORSH_MAX_DIMS], kept_in[TORSH_MAX_DIMS], kept_out[TORSH_MAX_DIMS];
    int64_t reduced_shape[TORSH_MAX_DIMS], reduced_in[TORSH_MAX_DIMS];
} cpu_reduce_job_t;

typedef struct cpu_reduce_work {
    char raw[CPU_REDUCE_BLOCK * 16] __attribute__((aligned(64)));
    char converted[CPU_REDUCE_BLOCK * 8] __attribute__((aligned(64)));
    char mapped[CPU_REDUCE_BLOCK * 8] __attribute__((aligned(64)));
} cpu_reduce_work_t;

/* Over the results: operand 0 is the input, 1 the output. */
static inline void cpu_reduce_kept(const cpu_reduce_job_t *j, cpu_cursor_t *c)
{
    c->ndim = j->n_kept;
    c->n_operands = 2;
    c->shape = j->kept_shape;
    c->strides[0] = j->kept_in;
    c->strides[1] = j->kept_out;
}

/* Over what is combined into one result. */
static inline void cpu_reduce_reduced(const cpu_reduce_job_t *j, cpu_cursor_t *c)
{
    c->ndim = j->n_reduced;
    c->n_operands = 1;
    c->shape = j->reduced_shape;
    c->strides[0] = j->reduced_in;
}

/* n <= CPU_REDUCE_BLOCK contiguous elements of the input's dtype, as they are to be combined. */
static inline const char *cpu_reduce_prepare(const cpu_reduce_job_t *j, cpu_reduce_work_t *w, const char *p,
                                             int64_t n)
{
    if (!j->same) {
        cpu_convert(w->converted, j->op->type, p, j->in_dtype, n);
        p = w->converted;
    }
    if (j->op->map) {
        static const int64_t no_params[2 * TORSH__CPU_MAX_PARAMS];
        const torsh__cpu_loop_t l = {.d = w->mapped, .s = {p}, .n = n, .k = no_params};
        j->op->map(&l);
        p = w->mapped;
    }
    return p;
}

/* Writes n results, from the cursor's place on. */
static inline void cpu_reduce_store(const cpu_reduce_job_t *j, const cpu_cursor_t *c, const char *results,
                                    int64_t n)
{
    char converted[CPU_REDUCE_BLOCK * 16];
    const bool same = cpu_same_bits(j->out_dtype, j->op->acc);
    for (int64_t i = 0; i < n; i += CPU_REDUCE_BLOCK) {
        const int64_t m = n - i < CPU_REDUCE_BLOCK ? n - i : CPU_REDUCE_BLOCK;
        const char *p = results + i * j->acc_bytes;
        cpu_cursor_t at = *c;
        if (i > 0) {
            int64_t linear = 0;
            for (int d = 0; d < c->ndim; d++)
                linear = linear * c->shape[d] + c->index[d];
            cpu_seek(&at, linear + i);
        }
        if (!same) {
            cpu_convert(converted, j->out_dtype, p, j->op->acc, m);
            p = converted;
        }
        cpu_move(&at, 1, j->out, j->out_bytes, (char *)p, m, false);
    }
}

torsh_status_t CPU_NAME(torsh__cpu_reduce_rows)(cpu_reduce_job_t *j);
torsh_status_t CPU_NAME(torsh__cpu_reduce_columns)(cpu_reduce_job_t *j);

#endif
