/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Optimizer steps over n elements in one type: included by optim.c. The roundings are those of PyTorch's
 * vectorized operators, applied one after the other: its add(alpha), lerp and addcmul fuse the last
 * multiplication. What a step does not have (flags, constant where they are called) is left out rather than
 * multiplied by 0: 0 * inf is NaN. */

/* torch.maximum: NaN wins */
INLINE REAL JOIN(larger, S)(REAL a, REAL b)
{
    return a > b || a != a ? a : b;
}

INLINE void JOIN(sgd_loop, S)(const sgd_t *s, REAL keep, REAL *restrict p, const REAL *restrict g,
                              REAL *restrict buffer, int64_t n, int flags)
{
    const REAL sign = (REAL)s->sign, lr = (REAL)-s->lr, decay = (REAL)s->weight_decay,
               momentum = (REAL)s->momentum;
    for (int64_t i = 0; i < n; i++) {
        REAL d = g[i] * sign;
        if (flags & DECAY)
            d = FMA(p[i], decay, d);
        if (flags & MOMENTUM) {
            const REAL b = FMA(d, keep, buffer[i] * momentum);
            buffer[i] = b;
            d = flags & NESTEROV ? FMA(b, momentum, d) : b;
        }
        p[i] = FMA(d, lr, p[i]);
    }
}

static void JOIN(sgd, S)(const sgd_t *s, double keep, void *const *at, int64_t n)
{
    REAL *p = at[0], *g = at[1], *b = s->flags & MOMENTUM ? at[2] : NULL, k = (REAL)keep;
    switch (s->flags) {
    case 0:
        JOIN(sgd_loop, S)(s, k, p, g, b, n, 0);
        break;
    case DECAY:
        JOIN(sgd_loop, S)(s, k, p, g, b, n, DECAY);
        break;
    case MOMENTUM:
        JOIN(sgd_loop, S)(s, k, p, g, b, n, MOMENTUM);
        break;
    case MOMENTUM | DECAY:
        JOIN(sgd_loop, S)(s, k, p, g, b, n, MOMENTUM | DECAY);
        break;
    case MOMENTUM | NESTEROV:
        JOIN(sgd_loop, S)(s, k, p, g, b, n, MOMENTUM | NESTEROV);
        break;
    default:
        JOIN(sgd_loop, S)(s, k, p, g, b, n, MOMENTUM | NESTEROV | DECAY);
    }
}

INLINE void JOIN(adam_loop, S)(const adam_t *s, const correction_t *c, REAL *restrict p,
                               const REAL *restrict g, REAL *restrict m, REAL *restrict v,
                               REAL *restrict largest, int64_t n, int flags)
{
    const REAL beta2 = (REAL)s->beta2, rest2 = (REAL)(1 - s->beta2), eps = (REAL)s->eps, sign = (REAL)s->sign;
    const REAL shrink = (REAL)s->shrink, decay = (REAL)s->l2, step = (REAL)-c->step_size,
               root = (REAL)c->root;
    const REAL weight = (REAL)(1 - s->beta1), far = weight - 1;
    for (int64_t i = 0; i < n; i++) {
        const REAL x = p[i] * shrink;
        REAL d = g[i] * sign;
        if (flags & DECAY)
            d = FMA(x, decay, d);
        const REAL average = flags & FAR ? FMA(far, d - m[i], d) : FMA(weight, d - m[i], m[i]);
        const REAL square = FMA(rest2 * d, d, v[i] * beta2);
        REAL top = square;
        m[i] = average;
        v[i] = square;
        if (flags & AMSGRAD)
            largest[i] = top = JOIN(larger, S)(largest[i], square);
        p[i] = x + step * average / (SQRT(top) / root + eps);
    }
}

static void JOIN(adam, S)(const adam_t *s, const correction_t *c, void *const *at, int64_t n)
{
    REAL *p = at[0], *g = at[1], *m = at[2], *v = at[3], *top = s->flags & AMSGRAD ? at[4] : NULL;
    switch (s->flags) {
    case 0:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, 0);
        break;
    case DECAY:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, DECAY);
        break;
    case AMSGRAD:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, AMSGRAD);
        break;
    case AMSGRAD | DECAY:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, AMSGRAD | DECAY);
        break;
    case FAR:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, FAR);
        break;
    case FAR | DECAY:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, FAR | DECAY);
        break;
    case FAR | AMSGRAD:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, FAR | AMSGRAD);
        break;
    default:
        JOIN(adam_loop, S)(s, c, p, g, m, v, top, n, FAR | AMSGRAD | DECAY);
    }
}

INLINE void JOIN(adadelta_loop, S)(const adadelta_t *s, REAL *restrict p, const REAL *restrict g,
                                   REAL *restrict squares, REAL *restrict deltas, int64_t n, int flags)
{
    const REAL lr = (REAL)-s->lr, rho = (REAL)s->rho, rest = (REAL)(1 - s->rho), eps = (REAL)s->eps;
    const REAL sign = (REAL)s->sign, decay = (REAL)s->weight_decay;
    for (int64_t i = 0; i < n; i++) {
        REAL d = g[i] * sign;
        if (flags & DECAY)
            d = FMA(p[i], decay, d);
        const REAL square = FMA(rest * d, d, squares[i] * rho);
        const REAL delta = SQRT(deltas[i] + eps) / SQRT(square + eps) * d;
        squares[i] = square;
        deltas[i] = FMA(rest * delta, delta, deltas[i] * rho);
        p[i] = FMA(delta, lr, p[i]);
    }
}

static void JOIN(adadelta, S)(const adadelta_t *s, void *const *at, int64_t n)
{
    if (s->weight_decay != 0)
        JOIN(adadelta_loop, S)(s, at[0], at[1], at[2], at[3], n, DECAY);
    else
        JOIN(adadelta_loop, S)(s, at[0], at[1], at[2], at[3], n, 0);
}

#undef S
#undef REAL
#undef FMA
#undef SQRT
