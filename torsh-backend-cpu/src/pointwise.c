/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loops only see contiguous operands in the types of their formula. Where memory is like that, they run on
 * it, else on small blocks on the stack: constants are spread, other dtypes converted, strided elements
 * gathered. */
#include "pointwise.h"

#include "pointwise_job.h"

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

/* The loop's n elements from loop.s to loop.d; `to`, if not NULL: the place around the cache where they
 * belong. */
void cpu_run_loop(cpu_job_t *j, cpu_work_t *w, char *to)
{
    const torsh__cpu_pointwise_t *op = j->op;
    const int64_t bytes = w->loop.n * j->operand[CPU_OUT].want_bytes;
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

void cpu_begin_work(const cpu_job_t *j, cpu_work_t *w, int64_t n)
{
    w->loop.k = j->k;
    for (int i = 0; i < j->op->n_in; i++) {
        const cpu_operand_t *o = &j->operand[i];
        if (o->how == CPU_CONSTANT) {
            cpu_fill(w->block[i], o->value, cpu_least(n, j->block), o->want_bytes);
            w->loop.s[i] = w->block[i];
        }
    }
}

void cpu_convert_results(const cpu_job_t *j, cpu_work_t *w, char *to, const char *from, int64_t n)
{
    const cpu_operand_t *out = &j->operand[CPU_OUT];
    if (j->round < 0) {
        cpu_convert(to, out->dtype, from, out->want, n);
        return;
    }
    cpu_convert(w->rounded, j->round, from, out->want, n);
    cpu_convert(to, out->dtype, w->rounded, j->round, n);
}

/* All operands are dense or constant. */
static void run_dense(cpu_job_t *j, cpu_work_t *w, int64_t begin, int64_t end)
{
    const cpu_operand_t *out = &j->operand[CPU_OUT];
    const int64_t step = j->blocks || j->past_cache ? j->block : end - begin;
    for (int64_t at = begin; at < end; at += step) {
        const int64_t n = w->loop.n = cpu_least(step, end - at);
        w->loop.index = at;
        char *to = out->p + at * out->bytes;
        w->loop.d = out->same && !j->past_cache ? to : w->block[CPU_OUT];
        for (int i = 0; i < j->op->n_in; i++) {
            const cpu_operand_t *o = &j->operand[i];
            if (o->how == CPU_DIRECT) {
                w->loop.s[i] = o->p + at * o->bytes;
            } else if (o->how == CPU_CONVERTED) {
                char *to = cpu_landing(j, w, i);
                cpu_convert(to, o->want, o->p + at * o->bytes, o->dtype, n);
                w->loop.s[i] = to;
            }
        }
        cpu_run_loop(j, w, j->past_cache ? to : NULL);
        if (!out->same)
            cpu_convert_results(j, w, to, w->loop.d, n);
    }
}

static void run_range(cpu_job_t *j, int64_t begin, int64_t end)
{
    cpu_work_t w;
    cpu_begin_work(j, &w, end - begin);
    if (!j->strided)
        run_dense(j, &w, begin, end);
    else if (j->rows)
        cpu_run_rows(j, &w, begin, end);
    else
        cpu_run_gathered(j, &w, begin, end);
    if (j->past_cache)
        cpu_stream_end();
}

static void run_chunk(void *context, int64_t i)
{
    cpu_job_t *j = context;
    run_range(j, i * CPU_GRAIN, cpu_least(j->n, (i + 1) * CPU_GRAIN));
}

static void widen(cpu_job_t *j, int bytes)
{
    if (bytes > j->widest)
        j->widest = (int8_t)bytes;
}

static void add_operand(cpu_job_t *j, int i, const torsh_view_t *v, int want)
{
    cpu_operand_t *o = &j->operand[i];
    o->want = (int8_t)want;
    o->want_bytes = (int8_t)cpu_bytes(want);
    widen(j, o->want_bytes);
    if ((int)v->dtype == want && v->ndim == 1 && v->strides[0] == 1 && v->n > 1) { /* most are so */
        o->p = cpu_at(v);
        o->strides = v->strides;
        o->dtype = o->want;
        o->bytes = o->want_bytes;
        o->same = true;
        o->how = CPU_DIRECT;
        return;
    }
    if (v->is_number) {
        o->how = CPU_CONSTANT;
        cpu_convert_scalar(o->value, want, &v->value);
        j->blocks = true;
        return;
    }
    o->p = cpu_at(v);
    o->strides = v->strides;
    o->dtype = (int8_t)v->dtype;
    o->bytes = (int8_t)cpu_bytes(v->dtype);
    widen(j, o->bytes);
    o->same = i == CPU_OUT ? cpu_same_bits(v->dtype, want) : cpu_same_bits(want, v->dtype);
    if (i != CPU_OUT && cpu_constant(v)) {
        o->how = CPU_CONSTANT;
        cpu_convert(o->value, want, o->p, v->dtype, 1);
    } else if (!cpu_dense(v->shape, v->strides, v->ndim)) {
        o->how = CPU_STRIDED;
        j->strided = true;
    } else {
        o->how = o->same ? CPU_DIRECT : CPU_CONVERTED;
    }
    j->blocks |= o->how != CPU_DIRECT;
}

static void pack_params(cpu_job_t *j, const char *params)
{
    const torsh__cpu_pointwise_t *op = j->op;
    const int bytes = cpu_bytes(op->type);
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

static torsh_status_t run(cpu_job_t *j)
{
    if (j->strided && !j->rows && cpu_run_tiles(j))
        ; /* done */
    else if (j->n <= CPU_GRAIN)
        run_range(j, 0, j->n);
    else
        torsh__cpu_host->parallel((j->n + CPU_GRAIN - 1) / CPU_GRAIN, run_chunk, j);
    if (__builtin_expect(j->zero_divisor, 0))
        return torsh__cpu_host->fail(TORSH_ERR_VALUE, "ZeroDivisionError");
    return TORSH_OK;
}

/* Not in place: what was just read is in the cache. */
static bool writes_past_cache(const cpu_job_t *j)
{
    for (int i = 0; i < j->op->n_in; i++)
        if (j->operand[i].how != CPU_CONSTANT && j->operand[i].p == j->operand[CPU_OUT].p)
            return false;
    return j->operand[CPU_OUT].same && j->op->n_in <= CPU_STREAM_OPERANDS;
}

torsh_status_t CPU_NAME(torsh__cpu_pointwise)(const torsh_call_t *call, const torsh__cpu_pointwise_t *op)
{
    const torsh_view_t *out = call->out;
    if (out->n == 0)
        return TORSH_OK;
    cpu_job_t j;
    j.op = op;
    j.n = out->n;
    j.shape = out->shape;
    j.ndim = out->ndim;
    j.strided = j.blocks = false;
    j.zero_divisor = j.widest = 0;
    add_operand(&j, CPU_OUT, out, op->result);
    j.round = -1;
    if (op->result == TORSH_F32 && call->compute != TORSH_F32 && out->dtype != call->compute) {
        j.round = (int8_t)call->compute;
        j.operand[CPU_OUT].same = false;
    }
    for (int i = 0; i < op->n_in; i++)
        add_operand(&j, i, &call->in[op->at[i]], op->in[i]);
    j.block = CPU_BLOCK_BYTES / j.widest;
    j.past_cache = false;
    if (__builtin_expect(j.n * j.operand[CPU_OUT].bytes >= CPU_STREAM_BYTES, 0))
        j.past_cache = writes_past_cache(&j);
    j.rows = j.strided && cpu_is_rows(&j);
    pack_params(&j, call->params);
    if (op->check == TORSH__CPU_EXPONENT) {
        const torsh_view_t *v = &call->in[op->at[op->checked]];
        if (v->is_number && negative(&v->value))
            return torsh__cpu_host->fail(TORSH_ERR_VALUE,
                                         "Integers to negative integer powers are not allowed.");
    }
    return run(&j);
}

torsh_status_t CPU_NAME(torsh__cpu_pointwise_when)(const torsh_call_t *call, const torsh__cpu_pointwise_t *op,
                                                   int at, const torsh__cpu_when_t *when, int n)
{
    const torsh_view_t *v = &call->in[at];
    if (v->is_number && v->value.kind != TORSH_SCALAR_COMPLEX) {
        double number;
        cpu_convert_scalar(&number, TORSH_F64, &v->value);
        for (int i = 0; i < n; i++)
            if (when[i].number == number)
                op = when[i].op;
    }
    return CPU_NAME(torsh__cpu_pointwise)(call, op);
}
