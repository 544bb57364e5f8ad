/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pointwise kernels on operands that are not dense. */
#include "pointwise_job.h"

enum {
    SHORT_ROW = 24,   /* shorter rows are gathered, several at once */
    SHORT_COPY = 512, /* likewise where there is nothing else to do */
    LONG_ROW = 256    /* longer ones are worked on one by one even if they must be gathered */
};

/* ---- rows that are contiguous, or one element each ---- */

bool cpu_is_rows(const cpu_job_t *j)
{
    const int last = j->ndim - 1;
    const cpu_operand_t *out = &j->operand[CPU_OUT];
    const int64_t shortest = j->op->loop ? SHORT_ROW : SHORT_COPY;
    if (j->shape[last] < shortest || !out->same || out->strides[last] != 1)
        return false;
    for (int i = 0; i < j->op->n_in; i++) {
        const cpu_operand_t *o = &j->operand[i];
        if (o->how != CPU_CONSTANT && (!o->same || (o->strides[last] != 0 && o->strides[last] != 1)))
            return false;
    }
    return true;
}

void cpu_run_some_rows(cpu_job_t *j, cpu_work_t *w, cpu_rows_t *s)
{
    const int n_in = j->op->n_in;
    w->loop.n = s->n;
    w->loop.index = s->index;
    for (int64_t r = 0; r < s->rows; r++) {
        for (int i = 0; i < n_in; i++) {
            if (s->spread >> i & 1) {
                cpu_fill(w->block[i], s->p[i], s->n, j->operand[i].bytes);
                w->loop.s[i] = w->block[i];
            } else if (s->p[i]) {
                w->loop.s[i] = s->p[i];
            }
            s->p[i] += s->step[i];
        }
        w->loop.d = j->past_cache ? w->block[CPU_OUT] : s->p[CPU_OUT];
        cpu_run_loop(j, w, j->past_cache ? s->p[CPU_OUT] : NULL);
        s->p[CPU_OUT] += s->step[CPU_OUT];
        w->loop.index += s->n;
    }
}

static void walk(const cpu_job_t *j, cpu_cursor_t *c)
{
    static const int64_t zeros[TORSH_MAX_DIMS];
    const int n_in = j->op->n_in;
    c->ndim = j->ndim;
    c->shape = j->shape;
    c->n_operands = n_in + 1;
    for (int i = 0; i < n_in; i++)
        c->strides[i] = j->operand[i].how == CPU_CONSTANT ? zeros : j->operand[i].strides;
    c->strides[n_in] = j->operand[CPU_OUT].strides;
}

void cpu_run_rows(cpu_job_t *j, cpu_work_t *w, int64_t begin, int64_t end)
{
    const int last = j->ndim - 1, n_in = j->op->n_in;
    const int64_t row = j->shape[last];
    cpu_rows_t s = {.spread = 0};
    bool blocks = j->past_cache;
    for (int i = 0; i <= CPU_OUT; i++) {
        const cpu_operand_t *o = &j->operand[i];
        if (i >= n_in && i != CPU_OUT)
            continue;
        blocks |= o->how == CPU_CONSTANT || o->strides[last] == 0;
        if (o->how == CPU_CONSTANT)
            continue;
        s.spread |= o->strides[last] == 0 ? 1u << i : 0;
        s.step[i] = last > 0 ? o->strides[last - 1] * o->bytes : 0;
    }
    cpu_cursor_t c;
    walk(j, &c);
    cpu_seek(&c, begin);
    for (int64_t at = begin; at < end; at += s.rows * s.n) {
        s.rows = 1;
        s.index = at;
        s.n = cpu_least(row - c.index[last], end - at);
        if (blocks)
            s.n = cpu_least(s.n, j->block);
        if (s.n == row && last > 0)
            s.rows = cpu_least((end - at) / row, c.shape[last - 1] - c.index[last - 1]);
        for (int i = 0; i < n_in; i++)
            s.p[i] = j->operand[i].how == CPU_CONSTANT ? NULL
                                                       : j->operand[i].p + c.offset[i] * j->operand[i].bytes;
        s.p[CPU_OUT] = j->operand[CPU_OUT].p + c.offset[n_in] * j->operand[CPU_OUT].bytes;
        cpu_run_some_rows(j, w, &s);
        if (s.n == row && last > 0)
            cpu_advance(&c, last - 1, s.rows);
        else
            cpu_advance(&c, last, s.n);
    }
}

/* ---- any operands ---- */

static void load(const cpu_job_t *j, cpu_work_t *w, const cpu_cursor_t *c, int i, int64_t at, int64_t n,
                 bool row)
{
    const cpu_operand_t *o = &j->operand[i];
    const char *p = NULL; /* n contiguous elements */
    if (o->how == CPU_CONSTANT)
        return;
    if (o->how != CPU_STRIDED)
        p = o->p + at * o->bytes;
    else if (row && o->strides[j->ndim - 1] == 1)
        p = o->p + c->offset[i] * o->bytes;
    if (p && o->same) {
        w->loop.s[i] = p;
        return;
    }
    char *to = cpu_landing(j, w, i);
    w->loop.s[i] = to;
    if (!p) {
        cpu_move(c, i, o->p, o->bytes, o->same ? to : w->raw, n, true);
        p = w->raw;
    }
    if (!o->same)
        cpu_convert(to, o->want, p, o->dtype, n);
}

static void store(const cpu_job_t *j, cpu_work_t *w, const cpu_cursor_t *c, int64_t n)
{
    const cpu_operand_t *o = &j->operand[CPU_OUT];
    const char *from = w->loop.d;
    if (!o->same) {
        cpu_convert_results(j, w, w->raw, from, n);
        from = w->raw;
    }
    cpu_move(c, j->op->n_in, o->p, o->bytes, (char *)from, n, false);
}

void cpu_run_gathered(cpu_job_t *j, cpu_work_t *w, int64_t begin, int64_t end)
{
    const cpu_operand_t *out = &j->operand[CPU_OUT];
    const int n_in = j->op->n_in, last = j->ndim - 1;
    const bool row = j->shape[last] >= LONG_ROW;
    static const int64_t zeros[TORSH_MAX_DIMS];
    cpu_cursor_t c;
    c.ndim = j->ndim;
    c.shape = j->shape;
    c.n_operands = n_in + 1;
    for (int i = 0; i < n_in; i++)
        c.strides[i] = j->operand[i].how == CPU_STRIDED ? j->operand[i].strides : zeros;
    c.strides[n_in] = out->strides;
    cpu_seek(&c, begin);
    for (int64_t at = begin, n; at < end; at += n) {
        n = cpu_least(j->block, end - at);
        if (row)
            n = cpu_least(n, j->shape[last] - c.index[last]);
        const bool direct = out->same && (out->how == CPU_DIRECT || (row && out->strides[last] == 1));
        char *to = out->p + c.offset[n_in] * out->bytes;
        w->loop.n = n;
        w->loop.index = at;
        w->loop.d = direct && !j->past_cache ? to : w->block[CPU_OUT];
        for (int i = 0; i < n_in; i++)
            load(j, w, &c, i, at, n, row);
        cpu_run_loop(j, w, direct && j->past_cache ? to : NULL);
        if (!direct)
            store(j, w, &c, n);
        if (row)
            cpu_advance(&c, last, n);
        else
            cpu_seek(&c, at + n);
    }
}
