/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "composites.h"

bool torsh__factory_ok(sc_t *s, const char *op, int layout, torsh_opt_int_t pin_memory)
{
    if (layout > 0)
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "%s: only strided layout is there", op);
    if (pin_memory.given && pin_memory.v)
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "%s: pinned memory is not there", op);
    return scope_ok(s);
}

t_t torsh__like(sc_t *s, const char *op, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                torsh_opt_int_t pin_memory, int memory_format)
{
    if (!torsh__factory_ok(s, op, layout, pin_memory))
        return torsh__scope_dead();
    return op_empty_like(s, self, dtype, layout, device.kind < 0 ? self->device : device, pin_memory,
                         memory_format);
}

static t_t filled(sc_t *s, const char *op, torsh_dims_t size, torsh_scalar_t value, torsh_dtype_t dtype,
                  int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!torsh__factory_ok(s, op, layout, pin_memory))
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

t_t torsh__composite_zeros_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                                torsh_opt_int_t pin_memory, int memory_format)
{
    return op_zero_(s, torsh__like(s, "zeros_like", self, dtype, layout, device, pin_memory, memory_format));
}

t_t torsh__composite_ones_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                               torsh_opt_int_t pin_memory, int memory_format)
{
    return op_fill_scalar_(
        s, torsh__like(s, "ones_like", self, dtype, layout, device, pin_memory, memory_format),
        torsh_scalar_i(1));
}

t_t torsh__composite_full_like(sc_t *s, ct_t self, torsh_scalar_t value, torsh_dtype_t dtype, int layout,
                               torsh_device_t device, torsh_opt_int_t pin_memory, int memory_format)
{
    return op_fill_scalar_(
        s, torsh__like(s, "full_like", self, dtype, layout, device, pin_memory, memory_format), value);
}

static torsh_dtype_t or_own(ct_t self, torsh_dtype_t dtype)
{
    return dtype == TORSH_DTYPE_NONE ? dtype_of(self) : dtype;
}
static torsh_device_t or_here(ct_t self, torsh_device_t device)
{
    return device.kind < 0 ? self->device : device;
}

t_t torsh__composite_new_empty(sc_t *s, ct_t self, torsh_dims_t size, torsh_dtype_t dtype, int layout,
                               torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!torsh__factory_ok(s, "new_empty", layout, pin_memory))
        return torsh__scope_dead();
    return op_empty(s, size, or_own(self, dtype), layout, or_here(self, device), pin_memory, -1);
}

t_t torsh__composite_new_full(sc_t *s, ct_t self, torsh_dims_t size, torsh_scalar_t fill_value,
                              torsh_dtype_t dtype, int layout, torsh_device_t device,
                              torsh_opt_int_t pin_memory)
{
    return filled(s, "new_full", size, fill_value, or_own(self, dtype), layout, or_here(self, device),
                  pin_memory);
}

t_t torsh__composite_new_zeros(sc_t *s, ct_t self, torsh_dims_t size, torsh_dtype_t dtype, int layout,
                               torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return filled(s, "new_zeros", size, torsh_scalar_i(0), or_own(self, dtype), layout, or_here(self, device),
                  pin_memory);
}

t_t torsh__composite_new_ones(sc_t *s, ct_t self, torsh_dims_t size, torsh_dtype_t dtype, int layout,
                              torsh_device_t device, torsh_opt_int_t pin_memory)
{
    return filled(s, "new_ones", size, torsh_scalar_i(1), or_own(self, dtype), layout, or_here(self, device),
                  pin_memory);
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
    if (!torsh__factory_ok(s, "arange", layout, pin_memory))
        return torsh__scope_dead();
    if (dtype == TORSH_I64) { /* PyTorch then counts in whole numbers */
        start = torsh_scalar_i(torsh__scalar_int(start));
        end = torsh_scalar_i(torsh__scalar_int(end));
        step = torsh_scalar_i(torsh__scalar_int(step));
    }
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
            gap == INT64_MIN)
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

/* An end of linspace. */
static torsh_scalar_t end_of(sc_t *s, ct_t t)
{
    torsh_scalar_t value = torsh_scalar_i(0);
    if (t->ndim)
        scope_fail(
            s, TORSH_ERR_SHAPE,
            "linspace only supports 0-dimensional start and end tensors, but got one with %d dimension(s).",
            t->ndim);
    if (scope_ok(s))
        s->status = torsh_tensor_item(t, &value);
    return value;
}

t_t torsh__composite_linspace_tensor_tensor(sc_t *s, ct_t start, ct_t end, int64_t steps, torsh_dtype_t dtype,
                                            int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    torsh_scalar_t a = end_of(s, start), b = end_of(s, end);
    return op_linspace(s, a, b, steps, dtype, layout, device, pin_memory);
}

t_t torsh__composite_linspace_tensor_scalar(sc_t *s, ct_t start, torsh_scalar_t end, int64_t steps,
                                            torsh_dtype_t dtype, int layout, torsh_device_t device,
                                            torsh_opt_int_t pin_memory)
{
    return op_linspace(s, end_of(s, start), end, steps, dtype, layout, device, pin_memory);
}

t_t torsh__composite_linspace_scalar_tensor(sc_t *s, torsh_scalar_t start, ct_t end, int64_t steps,
                                            torsh_dtype_t dtype, int layout, torsh_device_t device,
                                            torsh_opt_int_t pin_memory)
{
    return op_linspace(s, start, end_of(s, end), steps, dtype, layout, device, pin_memory);
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

t_t torsh__composite_type_as(sc_t *s, ct_t self, ct_t other)
{
    return torsh__composite_to_device(s, self, other->device, dtype_of(other), 0, 0, -1);
}
