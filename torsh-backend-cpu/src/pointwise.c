/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loops only see contiguous operands in the types of their formula. Where memory is like that, they run on it, else on
 * small blocks on the stack: constants are spread, other dtypes converted, strided elements gathered. */
#include "pointwise.h"

#include <string.h>

#include "convert.h"
#include "space.h"
#include "stream.h"

enum {
    GRAIN = 32768,      /* elements of one task */
    BLOCK_BYTES = 4096, /* of one operand */
    LONG_ROW = 256,     /* rows from this length on are worked on one by one */
    OUT = TORSH__CPU_MAX_OPERANDS
};

enum { DIRECT, CONVERTED /* dense, of another dtype */, CONSTANT, STRIDED };

typedef struct operand {
    char *p;                /* the first element */
    const int64_t *strides;
    int8_t dtype, bytes;    /* in memory */
    int8_t want, want_bytes;/* in the loop */
    int8_t how;
    bool same;              /* needs no conversion */
    uint64_t value[2];      /* CONSTANT: the element as the loop wants it */
} operand_t;

typedef struct job {
    const torsh__cpu_pointwise_t *op;
    int64_t n, block;       /* elements: in all, in a block */
    const int64_t *shape;
    int32_t ndim;
    bool strided, blocks;   /* some operand is STRIDED; is not DIRECT */
    bool past_cache;        /* results are written around the cache */
    int8_t widest;          /* bytes of the widest element */
    int8_t round;           /* 16-bit dtype that results are rounded to before they become the output's dtype, or -1 */
    int zero_divisor;
    operand_t operand[OUT + 1];
    int64_t k[2 * TORSH__CPU_MAX_PARAMS];
} job_t;

/* One task's own memory. */
typedef struct work {
    torsh__cpu_loop_t loop;
    char block[OUT + 1][BLOCK_BYTES] __attribute__((aligned(64)));
    char raw[BLOCK_BYTES] __attribute__((aligned(64)));     /* in memory's dtype: gathered, to be scattered */
    char rounded[BLOCK_BYTES] __attribute__((aligned(64))); /* results in the compute dtype */
} work_t;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool has_zero(const void *p, int64_t n, int dtype)
{
    bool zero = false;
    if (dtype == TORSH_I64)
        for (int64_t i = 0; i < n; i++)
            zero |= ((const int64_t *)p)[i] == 0;
    else if (dtype == TORSH_I32)
        for (int64_t i = 0; i < n; i++)
            zero |= ((const int32_t *)p)[i] == 0;
    else
        zero = memchr(p, 0, (size_t)n) != NULL;
    return zero;
}

/* The loop's n elements from loop.s to loop.d; `to`, if not NULL: the place around the cache where they belong. */
static void run_loop(job_t *j, work_t *w, char *to)
{
    const torsh__cpu_pointwise_t *op = j->op;
    const int64_t bytes = w->loop.n * j->operand[OUT].want_bytes;
    if (op->check == TORSH__CPU_DIVISOR && has_zero(w->loop.s[op->checked], w->loop.n, op->type))
        __atomic_store_n(&j->zero_divisor, 1, __ATOMIC_RELAXED);
    const void *result = w->loop.d;
    if (op->loop)
        op->loop(&w->loop);
    else
        result = w->loop.s[0];
    if (to)
        cpu_stream(to, result, bytes);
    else if (result != w->loop.d)
        memcpy(w->loop.d, result, (size_t)bytes);
}

static void begin_work(const job_t *j, work_t *w, int64_t n)
{
    w->loop.k = j->k;
    for (int i = 0; i < j->op->n_in; i++) {
        const operand_t *o = &j->operand[i];
        if (o->how == CONSTANT) {
            cpu_fill(w->block[i], o->value, least(n, j->block), o->want_bytes);
            w->loop.s[i] = w->block[i];
        }
    }
}

/* Where converted elements of operand i go: a copy converts straight into its result. */
static char *landing(const job_t *j, work_t *w, int i)
{
    return j->op->loop ? w->block[i] : w->loop.d;
}

static void convert_results(const job_t *j, work_t *w, char *to, const char *from, int64_t n)
{
    const operand_t *out = &j->operand[OUT];
    if (j->round < 0) {
        cpu_convert(to, out->dtype, from, out->want, n);
        return;
    }
    cpu_convert(w->rounded, j->round, from, out->want, n);
    cpu_convert(to, out->dtype, w->rounded, j->round, n);
}

/* All operands are dense or constant. */
static void run_dense(job_t *j, work_t *w, int64_t begin, int64_t end)
{
    const operand_t *out = &j->operand[OUT];
    const int64_t step = j->blocks || j->past_cache ? j->block : end - begin;
    for (int64_t at = begin; at < end; at += step) {
        const int64_t n = w->loop.n = least(step, end - at);
        w->loop.index = at;
        char *to = out->p + at * out->bytes;
        w->loop.d = out->same && !j->past_cache ? to : w->block[OUT];
        for (int i = 0; i < j->op->n_in; i++) {
            const operand_t *o = &j->operand[i];
            if (o->how == DIRECT) {
                w->loop.s[i] = o->p + at * o->bytes;
            } else if (o->how == CONVERTED) {
                char *to = landing(j, w, i);
                cpu_convert(to, o->want, o->p + at * o->bytes, o->dtype, n);
                w->loop.s[i] = to;
            }
        }
        run_loop(j, w, j->past_cache ? to : NULL);
        if (!out->same)
            convert_results(j, w, to, w->loop.d, n);
    }
}

static void load(const job_t *j, work_t *w, const cpu_cursor_t *c, int i, int64_t at, int64_t n, bool row)
{
    const operand_t *o = &j->operand[i];
    const char *p = NULL; /* n contiguous elements */
    if (o->how == CONSTANT)
        return;
    if (o->how != STRIDED)
        p = o->p + at * o->bytes;
    else if (row && o->strides[j->ndim - 1] == 1)
        p = o->p + c->offset[i] * o->bytes;
    if (p && o->same) {
        w->loop.s[i] = p;
        return;
    }
    char *to = landing(j, w, i);
    w->loop.s[i] = to;
    if (!p) {
        cpu_move(c, i, o->p, o->bytes, o->same ? to : w->raw, n, true);
        p = w->raw;
    }
    if (!o->same)
        cpu_convert(to, o->want, p, o->dtype, n);
}

static void store(const job_t *j, work_t *w, const cpu_cursor_t *c, int64_t n)
{
    const operand_t *o = &j->operand[OUT];
    const char *from = w->loop.d;
    if (!o->same) {
        convert_results(j, w, w->raw, from, n);
        from = w->raw;
    }
    cpu_move(c, j->op->n_in, o->p, o->bytes, (char *)from, n, false);
}

static void run_strided(job_t *j, work_t *w, int64_t begin, int64_t end)
{
    const operand_t *out = &j->operand[OUT];
    const int n_in = j->op->n_in, last = j->ndim - 1;
    const bool row = j->shape[last] >= LONG_ROW;
    static const int64_t zeros[TORSH_MAX_DIMS];
    cpu_cursor_t c;
    c.ndim = j->ndim;
    c.shape = j->shape;
    c.n_operands = n_in + 1;
    for (int i = 0; i < n_in; i++)
        c.strides[i] = j->operand[i].how == STRIDED ? j->operand[i].strides : zeros;
    c.strides[n_in] = out->strides;
    cpu_seek(&c, begin);
    for (int64_t at = begin, n; at < end; at += n) {
        n = least(j->block, end - at);
        if (row)
            n = least(n, j->shape[last] - c.index[last]);
        const bool direct = out->same && (out->how == DIRECT || (row && out->strides[last] == 1));
        char *to = out->p + c.offset[n_in] * out->bytes;
        w->loop.n = n;
        w->loop.index = at;
        w->loop.d = direct && !j->past_cache ? to : w->block[OUT];
        for (int i = 0; i < n_in; i++)
            load(j, w, &c, i, at, n, row);
        run_loop(j, w, direct && j->past_cache ? to : NULL);
        if (!direct)
            store(j, w, &c, n);
        if (row)
            cpu_advance(&c, last, n);
        else
            cpu_seek(&c, at + n);
    }
}

static void run_range(job_t *j, int64_t begin, int64_t end)
{
    work_t w;
    begin_work(j, &w, end - begin);
    if (j->strided)
        run_strided(j, &w, begin, end);
    else
        run_dense(j, &w, begin, end);
    if (j->past_cache)
        cpu_stream_end();
}

static void run_chunk(void *context, int64_t i)
{
    job_t *j = context;
    run_range(j, i * GRAIN, least(j->n, (i + 1) * GRAIN));
}

static void widen(job_t *j, int bytes)
{
    if (bytes > j->widest)
        j->widest = (int8_t)bytes;
}

static void add_operand(job_t *j, int i, const torsh_view_t *v, int want)
{
    operand_t *o = &j->operand[i];
    o->want = (int8_t)want;
    o->want_bytes = (int8_t)cpu_element_bytes(want);
    widen(j, o->want_bytes);
    if (v->is_number) {
        o->how = CONSTANT;
        cpu_convert_scalar(o->value, want, &v->value);
        j->blocks = true;
        return;
    }
    o->p = cpu_at(v);
    o->strides = v->strides;
    o->dtype = (int8_t)v->dtype;
    o->bytes = (int8_t)cpu_element_bytes(v->dtype);
    widen(j, o->bytes);
    o->same = i == OUT ? cpu_same_bits(v->dtype, want) : cpu_same_bits(want, v->dtype);
    if (i != OUT && cpu_constant(v)) {
        o->how = CONSTANT;
        cpu_convert(o->value, want, o->p, v->dtype, 1);
    } else if (!cpu_dense(v->shape, v->strides, v->ndim)) {
        o->how = STRIDED;
        j->strided = true;
    } else {
        o->how = o->same ? DIRECT : CONVERTED;
    }
    j->blocks |= o->how != DIRECT;
}

static void pack_params(job_t *j, const char *params)
{
    const torsh__cpu_pointwise_t *op = j->op;
    const int bytes = cpu_element_bytes(op->type);
    int64_t *others = j->k;
    char *numbers = (char *)(j->k + TORSH__CPU_MAX_PARAMS);
    for (int i = 0; i < op->n_params; i++) {
        const char *field = params + op->params[i].offset;
        switch (op->params[i].kind) {
        case TORSH__CPU_SCALAR:
            cpu_convert_scalar(numbers, op->type, (const torsh_scalar_t *)field);
            numbers += bytes;
            break;
        case TORSH__CPU_FLOAT:
            cpu_convert(numbers, op->type, field, TORSH_F64, 1);
            numbers += bytes;
            break;
        case TORSH__CPU_INT:
            *others++ = *(const int64_t *)field;
            break;
        default:
            *others++ = *(const int32_t *)field;
        }
    }
}

static bool negative(const torsh_scalar_t *s)
{
    return s->kind == TORSH_SCALAR_INT && s->v.i < 0;
}

static torsh_status_t run(job_t *j)
{
    if (j->n <= GRAIN)
        run_range(j, 0, j->n);
    else
        torsh__cpu_host->parallel((j->n + GRAIN - 1) / GRAIN, run_chunk, j);
    if (__builtin_expect(j->zero_divisor, 0))
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "ZeroDivisionError");
    return TORSH_OK;
}

/* Not in place: what was just read is in the cache. */
static bool writes_past_cache(const job_t *j)
{
    for (int i = 0; i < j->op->n_in; i++)
        if (j->operand[i].how != CONSTANT && j->operand[i].p == j->operand[OUT].p)
            return false;
    return j->operand[OUT].same && j->op->n_in <= CPU_STREAM_OPERANDS;
}

torsh_status_t CPU_NAME(torsh__cpu_pointwise)(const torsh_call_t *call, const torsh__cpu_pointwise_t *op)
{
    const torsh_view_t *out = call->out;
    if (out->n == 0)
        return TORSH_OK;
    job_t j;
    j.op = op;
    j.n = out->n;
    j.shape = out->shape;
    j.ndim = out->ndim;
    j.strided = j.blocks = false;
    j.zero_divisor = j.widest = 0;
    add_operand(&j, OUT, out, op->result);
    j.round = -1;
    if (op->result == TORSH_F32 && call->compute != TORSH_F32 && out->dtype != call->compute) {
        j.round = (int8_t)call->compute;
        j.operand[OUT].same = false;
    }
    for (int i = 0; i < op->n_in; i++)
        add_operand(&j, i, &call->in[op->at[i]], op->in[i]);
    j.block = BLOCK_BYTES / j.widest;
    j.past_cache = false;
    if (__builtin_expect(j.n * j.operand[OUT].bytes >= CPU_STREAM_BYTES, 0))
        j.past_cache = writes_past_cache(&j);
    pack_params(&j, call->params);
    if (op->check == TORSH__CPU_EXPONENT) {
        const torsh_view_t *v = &call->in[op->at[op->checked]];
        if (v->is_number && negative(&v->value))
            return torsh__cpu_host->fail(TORSH_ERR_VALUE, "Integers to negative integer powers are not allowed.");
    }
    return run(&j);
}
