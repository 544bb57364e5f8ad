/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "composites.h"

static bool factory_ok(sc_t *s, const char *op, int layout, torsh_opt_int_t pin_memory)
{
    if (layout > 0)
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "%s: only strided layout is there", op);
    if (pin_memory.given && pin_memory.v)
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "%s: pinned memory is not there", op);
    return scope_ok(s);
}

static t_t filled(sc_t *s, const char *op, torsh_dims_t size, torsh_scalar_t value, torsh_dtype_t dtype,
                  int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!factory_ok(s, op, layout, pin_memory))
        return torsh__scope_dead();
    return op_fill_scalar_(s, op_empty(s, size, dtype, layout, device, pin_memory, -1), value);
}

t_t torsh__composite_zeros(sc_t *s, torsh_dims_t size, torsh_dtype_t dtype, int layout, torsh_device_t device,
                           torsh_opt_int_t pin_memory)
{
    return filled(s, "zeros", size, torsh_scalar_i(0), dtype, layout, device, pin_memory);
}

t_t torsh__composite_ones(sc_t *s, torsh_dims_t size, torsh_dtype_t dtype, int layout, torsh_device_t device,
                          torsh_opt_int_t pin_memory)
{
    return filled(s, "ones", size, torsh_scalar_i(1), dtype, layout, device, pin_memory);
}

static torsh_dtype_t dtype_of_scalar(torsh_scalar_t v)
{
    return v.kind == TORSH_SCALAR_BOOL  ? TORSH_BOOL
           : v.kind == TORSH_SCALAR_INT ? TORSH_I64
                                        : torsh_get_default_dtype();
}

t_t torsh__composite_full(sc_t *s, torsh_dims_t size, torsh_scalar_t value, torsh_dtype_t dtype, int layout,
                          torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return filled(s, "full", size, value, dtype == TORSH_DTYPE_NONE ? dtype_of_scalar(value) : dtype, layout,
                  device, pin_memory);
}

static t_t like(sc_t *s, const char *op, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                torsh_opt_int_t pin_memory, int memory_format)
{
    if (!factory_ok(s, op, layout, pin_memory))
        return torsh__scope_dead();
    return op_empty_like(s, self, dtype, layout, device.kind < 0 ? self->device : device, pin_memory,
                         memory_format);
}

t_t torsh__composite_zeros_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                                torsh_opt_int_t pin_memory, int memory_format)
{
    return op_zero_(s, like(s, "zeros_like", self, dtype, layout, device, pin_memory, memory_format));
}

t_t torsh__composite_ones_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                               torsh_opt_int_t pin_memory, int memory_format)
{
    return op_fill_scalar_(s, like(s, "ones_like", self, dtype, layout, device, pin_memory, memory_format),
                           torsh_scalar_i(1));
}

t_t torsh__composite_full_like(sc_t *s, ct_t self, torsh_scalar_t value, torsh_dtype_t dtype, int layout,
                               torsh_device_t device, torsh_opt_int_t pin_memory, int memory_format)
{
    return op_fill_scalar_(s, like(s, "full_like", self, dtype, layout, device, pin_memory, memory_format),
                           value);
}

/* ---- ranges ---- */

static bool integral(torsh_scalar_t v)
{
    return v.kind == TORSH_SCALAR_INT || v.kind == TORSH_SCALAR_BOOL || v.kind == TORSH_SCALAR_UINT;
}

t_t torsh__composite_arange_start_step(sc_t *s, torsh_scalar_t start, torsh_scalar_t end, torsh_scalar_t step,
                                       torsh_dtype_t dtype, int layout, torsh_device_t device,
                                       torsh_opt_int_t pin_memory)
{
    if (!factory_ok(s, "arange", layout, pin_memory))
        return torsh__scope_dead();
    bool exact = integral(start) && integral(end) && integral(step);
    double a = torsh__scalar_double(start), b = torsh__scalar_double(end), d = torsh__scalar_double(step);
    int64_t n = 0;
    if (d == 0 || d != d)
        scope_fail(s, TORSH_ERR_VALUE, "step must be nonzero");
    else if (!isfinite(a) || !isfinite(b))
        scope_fail(s, TORSH_ERR_VALUE, "unsupported range: %g -> %g", a, b);
    else if ((d > 0 && b < a) || (d < 0 && b > a))
        scope_fail(s, TORSH_ERR_VALUE, "upper bound and lower bound inconsistent with step sign");
    if (!scope_ok(s))
        return torsh__scope_dead();
    if (exact) {
        int64_t gap, by = torsh__scalar_int(step);
        if (__builtin_sub_overflow(torsh__scalar_int(end), torsh__scalar_int(start), &gap) ||
            (gap == INT64_MIN && by == -1))
            scope_fail(s, TORSH_ERR_VALUE, "invalid size, possible overflow?");
        else
            n = gap / by + (gap % by != 0);
    } else {
        double count = ceil((b - a) / d);
        if (!(count < 9.2e18))
            scope_fail(s, TORSH_ERR_VALUE, "invalid size, possible overflow?");
        else
            n = (int64_t)count;
    }
    if (dtype == TORSH_DTYPE_NONE)
        dtype = exact ? TORSH_I64 : torsh_get_default_dtype();
    return op__arange(s, start, step, n, dtype, device);
}

t_t torsh__composite_arange_start(sc_t *s, torsh_scalar_t start, torsh_scalar_t end, torsh_dtype_t dtype,
                                  int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return torsh__composite_arange_start_step(s, start, end, torsh_scalar_i(1), dtype, layout, device,
                                              pin_memory);
}

t_t torsh__composite_arange(sc_t *s, torsh_scalar_t end, torsh_dtype_t dtype, int layout,
                            torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return torsh__composite_arange_start_step(s, torsh_scalar_i(0), end, torsh_scalar_i(1), dtype, layout,
                                              device, pin_memory);
}

t_t torsh__composite_eye_m(sc_t *s, int64_t n, int64_t m, torsh_dtype_t dtype, int layout,
                           torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (n < 0 || m < 0)
        scope_fail(s, TORSH_ERR_VALUE, "%s must be greater or equal to 0, got %" PRId64, n < 0 ? "n" : "m",
                   n < 0 ? n : m);
    const int64_t size[] = {n, m};
    t_t out = torsh__composite_zeros(s, dims(size, 2), dtype, layout, device, pin_memory);
    op_fill_scalar_(s, op_diagonal(s, out, 0, 0, 1), torsh_scalar_i(1));
    return out;
}

t_t torsh__composite_eye(sc_t *s, int64_t n, torsh_dtype_t dtype, int layout, torsh_device_t device,
                         torsh_opt_int_t pin_memory)
{
    return torsh__composite_eye_m(s, n, n, dtype, layout, device, pin_memory);
}

/* ---- random ---- */

t_t torsh__composite_rand_generator(sc_t *s, torsh_dims_t size, torsh_generator_t *generator,
                                    torsh_dtype_t dtype, int layout, torsh_device_t device,
                                    torsh_opt_int_t pin_memory)
{
    if (!factory_ok(s, "rand", layout, pin_memory))
        return torsh__scope_dead();
    return op_uniform_(s, op_empty(s, size, dtype, layout, device, pin_memory, -1), 0, 1, generator);
}

t_t torsh__composite_rand(sc_t *s, torsh_dims_t size, torsh_dtype_t dtype, int layout, torsh_device_t device,
                          torsh_opt_int_t pin_memory)
{
    return torsh__composite_rand_generator(s, size, NULL, dtype, layout, device, pin_memory);
}

t_t torsh__composite_randn_generator(sc_t *s, torsh_dims_t size, torsh_generator_t *generator,
                                     torsh_dtype_t dtype, int layout, torsh_device_t device,
                                     torsh_opt_int_t pin_memory)
{
    if (!factory_ok(s, "randn", layout, pin_memory))
        return torsh__scope_dead();
    return op_normal_(s, op_empty(s, size, dtype, layout, device, pin_memory, -1), 0, 1, generator);
}

t_t torsh__composite_randn(sc_t *s, torsh_dims_t size, torsh_dtype_t dtype, int layout, torsh_device_t device,
                           torsh_opt_int_t pin_memory)
{
    return torsh__composite_randn_generator(s, size, NULL, dtype, layout, device, pin_memory);
}

static t_t between(sc_t *s, t_t t, int64_t low, int64_t high, torsh_generator_t *generator)
{
    if (low >= high)
        scope_fail(s, TORSH_ERR_VALUE,
                   "random_ expects 'from' to be less than 'to', but got from=%" PRId64 " >= to=%" PRId64,
                   low, high);
    return op_random_from_(s, t, low, some(high), generator);
}

t_t torsh__composite_randint_low_generator(sc_t *s, int64_t low, int64_t high, torsh_dims_t size,
                                           torsh_generator_t *generator, torsh_dtype_t dtype, int layout,
                                           torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!factory_ok(s, "randint", layout, pin_memory))
        return torsh__scope_dead();
    dtype = dtype == TORSH_DTYPE_NONE ? TORSH_I64 : dtype;
    return between(s, op_empty(s, size, dtype, layout, device, pin_memory, -1), low, high, generator);
}

t_t torsh__composite_randint_generator(sc_t *s, int64_t high, torsh_dims_t size, torsh_generator_t *generator,
                                       torsh_dtype_t dtype, int layout, torsh_device_t device,
                                       torsh_opt_int_t pin_memory)
{
    return torsh__composite_randint_low_generator(s, 0, high, size, generator, dtype, layout, device,
                                                  pin_memory);
}

t_t torsh__composite_randint_low(sc_t *s, int64_t low, int64_t high, torsh_dims_t size, torsh_dtype_t dtype,
                                 int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return torsh__composite_randint_low_generator(s, low, high, size, NULL, dtype, layout, device,
                                                  pin_memory);
}

t_t torsh__composite_randint(sc_t *s, int64_t high, torsh_dims_t size, torsh_dtype_t dtype, int layout,
                             torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return torsh__composite_randint_low_generator(s, 0, high, size, NULL, dtype, layout, device, pin_memory);
}

t_t torsh__composite_rand_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                               torsh_opt_int_t pin_memory, int memory_format)
{
    return op_uniform_(s, like(s, "rand_like", self, dtype, layout, device, pin_memory, memory_format), 0, 1,
                       NULL);
}

t_t torsh__composite_randn_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                                torsh_opt_int_t pin_memory, int memory_format)
{
    return op_normal_(s, like(s, "randn_like", self, dtype, layout, device, pin_memory, memory_format), 0, 1,
                      NULL);
}

t_t torsh__composite_randint_like(sc_t *s, ct_t self, int64_t high, torsh_dtype_t dtype, int layout,
                                  torsh_device_t device, torsh_opt_int_t pin_memory, int memory_format)
{
    return between(s, like(s, "randint_like", self, dtype, layout, device, pin_memory, memory_format), 0,
                   high, NULL);
}

t_t torsh__composite_randperm_generator(sc_t *s, int64_t n, torsh_generator_t *generator, torsh_dtype_t dtype,
                                        int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!factory_ok(s, "randperm", layout, pin_memory))
        return torsh__scope_dead();
    return converted(s, op__randperm(s, n, generator, device), dtype);
}

t_t torsh__composite_randperm(sc_t *s, int64_t n, torsh_dtype_t dtype, int layout, torsh_device_t device,
                              torsh_opt_int_t pin_memory)
{
    return torsh__composite_randperm_generator(s, n, NULL, dtype, layout, device, pin_memory);
}

t_t torsh__composite_dropout(sc_t *s, ct_t input, double p, int train)
{
    if (!(p >= 0 && p <= 1))
        scope_fail(s, TORSH_ERR_VALUE, "dropout probability has to be between 0 and 1, but got %g", p);
    if (!train || p == 0 || input->n == 0)
        return itself(s, input);
    if (p == 1)
        return op_mul_scalar(s, input, torsh_scalar_i(0));
    t_t noise = op_empty_like(s, input, SAME_DTYPE, -1, NO_DEVICE, NO_INT, -1);
    noise = op_div_scalar_(s, op_bernoulli_(s, noise, 1 - p, NULL), torsh_scalar_f(1 - p));
    return op_mul(s, input, noise);
}

/* ---- conversion ---- */

t_t torsh__composite_to_device(sc_t *s, ct_t self, torsh_device_t device, torsh_dtype_t dtype,
                               int non_blocking, int copy, int memory_format)
{
    dtype = dtype == TORSH_DTYPE_NONE ? dtype_of(self) : dtype;
    device = device.kind < 0 ? self->device : device;
    device.index = device.index < 0 && device.kind == self->device.kind ? self->device.index : device.index;
    bool there =
        dtype == dtype_of(self) && device.kind == self->device.kind && device.index == self->device.index;
    if (there && !copy)
        return itself(s, self);
    return op__to_copy(s, self, dtype, -1, device, NO_INT, non_blocking, memory_format);
}

t_t torsh__composite_to_dtype(sc_t *s, ct_t self, torsh_dtype_t dtype, int non_blocking, int copy,
                              int memory_format)
{
    return torsh__composite_to_device(s, self, NO_DEVICE, dtype, non_blocking, copy, memory_format);
}
