/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Factories of random numbers, and random numbers around other tensors' values. */
#include <inttypes.h>

#include "composites.h"

t_t torsh__composite_rand_generator(sc_t *s, torsh_dims_t size, torsh_generator_t *generator,
                                    torsh_dtype_t dtype, int layout, torsh_device_t device,
                                    torsh_opt_int_t pin_memory)
{
    if (!torsh__factory_ok(s, "rand", layout, pin_memory))
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
    if (!torsh__factory_ok(s, "randn", layout, pin_memory))
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
    if (!torsh__factory_ok(s, "randint", layout, pin_memory))
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

t_t torsh__composite_random__to(sc_t *s, ct_t self, int64_t to, torsh_generator_t *generator)
{
    return between(s, (t_t)self, 0, to, generator);
}

t_t torsh__composite_rand_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                               torsh_opt_int_t pin_memory, int memory_format)
{
    return op_uniform_(s, torsh__like(s, "rand_like", self, dtype, layout, device, pin_memory, memory_format),
                       0, 1, NULL);
}

t_t torsh__composite_randn_like(sc_t *s, ct_t self, torsh_dtype_t dtype, int layout, torsh_device_t device,
                                torsh_opt_int_t pin_memory, int memory_format)
{
    return op_normal_(s, torsh__like(s, "randn_like", self, dtype, layout, device, pin_memory, memory_format),
                      0, 1, NULL);
}

t_t torsh__composite_randint_like(sc_t *s, ct_t self, int64_t high, torsh_dtype_t dtype, int layout,
                                  torsh_device_t device, torsh_opt_int_t pin_memory, int memory_format)
{
    return between(s, torsh__like(s, "randint_like", self, dtype, layout, device, pin_memory, memory_format),
                   0, high, NULL);
}

t_t torsh__composite_randint_like_low_dtype(sc_t *s, ct_t self, int64_t low, int64_t high,
                                            torsh_dtype_t dtype, int layout, torsh_device_t device,
                                            torsh_opt_int_t pin_memory, int memory_format)
{
    return between(s, torsh__like(s, "randint_like", self, dtype, layout, device, pin_memory, memory_format),
                   low, high, NULL);
}

t_t torsh__composite_randperm_generator(sc_t *s, int64_t n, torsh_generator_t *generator, torsh_dtype_t dtype,
                                        int layout, torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!torsh__factory_ok(s, "randperm", layout, pin_memory))
        return torsh__scope_dead();
    return converted(s, op__randperm(s, n, generator, device), dtype);
}

t_t torsh__composite_randperm(sc_t *s, int64_t n, torsh_dtype_t dtype, int layout, torsh_device_t device,
                              torsh_opt_int_t pin_memory)
{
    return torsh__composite_randperm_generator(s, n, NULL, dtype, layout, device, pin_memory);
}

/* ---- around other tensors' values ---- */

static bool all_of(sc_t *s, ct_t condition)
{
    torsh_scalar_t all = torsh_scalar_b(0);
    t_t reduced = op_all(s, condition);
    if (scope_ok(s))
        s->status = torsh_tensor_item(reduced, &all);
    return all.v.i;
}

/* PyTorch draws from [0, 1) in the order of self's memory, 53 bits where p is float64, else 24. */
t_t torsh__composite_bernoulli__tensor(sc_t *s, ct_t self, ct_t p, torsh_generator_t *generator)
{
    const torsh_scalar_t zero = torsh_scalar_i(0), one = torsh_scalar_i(1);
    if (self->n == 0 && (!torsh__same_shape(self, p) || !torsh_dtype_is_floating(dtype_of(p))))
        return itself(s, self);
    if (!torsh_dtype_is_floating(dtype_of(p)))
        scope_fail(s, TORSH_ERR_NOT_IMPLEMENTED, "bernoulli: probabilities of dtype %s",
                   torsh_dtype_name(dtype_of(p)));
    p = op_expand(s, p, shape_of(self), 0);
    t_t possible = op_logical_and(s, op_ge_scalar(s, p, zero), op_le_scalar(s, p, one));
    if (!all_of(s, possible))
        scope_fail(s, TORSH_ERR_VALUE, "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
    torsh_dtype_t dtype = p->dtype == TORSH_F64 ? TORSH_F64 : TORSH_F32;
    t_t drawn = op_uniform_(s, op_empty_like(s, self, dtype, -1, NO_DEVICE, NO_INT, -1), 0, 1, generator);
    return op_copy_(s, (t_t)self, op__below(s, drawn, p), 0);
}

static t_t row_major(sc_t *s, ct_t like)
{
    return op_empty(s, shape_of(like), dtype_of(like), -1, like->device, NO_INT, -1);
}

t_t torsh__composite_bernoulli(sc_t *s, ct_t self, torsh_generator_t *generator)
{
    return torsh__composite_bernoulli__tensor(s, row_major(s, self), self, generator);
}

t_t torsh__composite_bernoulli_p(sc_t *s, ct_t self, double p, torsh_generator_t *generator)
{
    return op_bernoulli_(s, row_major(s, self), p, generator);
}

t_t torsh__composite_normal_tensor_float(sc_t *s, ct_t mean, double std, torsh_generator_t *generator)
{
    return op_add_(s, op_normal_(s, row_major(s, mean), 0, std, generator), mean, torsh_scalar_i(1));
}

static t_t times_std(sc_t *s, t_t drawn, ct_t std)
{
    if (!all_of(s, op_ge_scalar(s, std, torsh_scalar_i(0))))
        scope_fail(s, TORSH_ERR_VALUE, "normal expects all elements of std >= 0.0");
    return op_mul_(s, drawn, std);
}

t_t torsh__composite_normal_float_tensor(sc_t *s, double mean, ct_t std, torsh_generator_t *generator)
{
    t_t drawn = op_normal_(s, row_major(s, std), 0, 1, generator);
    return op_add_scalar_(s, times_std(s, drawn, std), torsh_scalar_f(mean), torsh_scalar_i(1));
}

t_t torsh__composite_normal_tensor_tensor(sc_t *s, ct_t mean, ct_t std, torsh_generator_t *generator)
{
    int64_t shape[TORSH_MAX_DIMS];
    int ndim = 0;
    if (scope_ok(s))
        s->status = torsh__broadcast("normal", mean->ndim, mean->shape, &ndim, shape);
    if (scope_ok(s))
        s->status = torsh__broadcast("normal", std->ndim, std->shape, &ndim, shape);
    t_t drawn = op_empty(s, dims(shape, ndim), dtype_of(mean), -1, mean->device, NO_INT, -1);
    return op_add_(s, times_std(s, op_normal_(s, drawn, 0, 1, generator), std), mean, torsh_scalar_i(1));
}

t_t torsh__composite_normal_float_float(sc_t *s, double mean, double std, torsh_dims_t size,
                                        torsh_generator_t *generator, torsh_dtype_t dtype, int layout,
                                        torsh_device_t device, torsh_opt_int_t pin_memory)
{
    if (!torsh__factory_ok(s, "normal", layout, pin_memory))
        return torsh__scope_dead();
    return op_normal_(s, op_empty(s, size, dtype, layout, device, pin_memory, -1), mean, std, generator);
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
