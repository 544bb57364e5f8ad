// SPDX-License-Identifier: MIT OR Apache-2.0
// Scalar functions in float64: see scalar.glsl. Roundings that must stand are `precise`.
#ifdef T_F64
#define INF packDouble2x32(uvec2(0u, 0x7ff00000u))
#define QUIET_NAN packDouble2x32(uvec2(0u, 0x7ff80000u))

double f64_from_bits(uint64_t u) { return packDouble2x32(unpackUint2x32(u)); }
uint64_t f64_bits(double f) { return packUint2x32(unpackDouble2x32(f)); }
double pow2_from_magic64(double sum) { return f64_from_bits((f64_bits(sum) + 1023ul) << 52); }

// the integer that adding 1.5 * 2^52 rounded to
double whole(double sum)
{
    precise double k = sum - 6755399441055744.0LF;
    return k;
}

double copy_sign(double x, double s)
{
    uvec2 u = unpackDouble2x32(x);
    return packDouble2x32(uvec2(u.x, (u.y & 0x7fffffffu) | (unpackDouble2x32(s).y & 0x80000000u)));
}

double expm1_reduced(double r)
{
    precise double q = 2.5117868896583949e-8LF;
    q = fma(q, r, 2.7631280356721701e-7LF);
    q = fma(q, r, 2.7557216272097863e-6LF);
    q = fma(q, r, 2.4801489942232955e-5LF);
    q = fma(q, r, 1.9841269917420705e-4LF);
    q = fma(q, r, 1.3888888947015822e-3LF);
    q = fma(q, r, 8.3333333333071857e-3LF);
    q = fma(q, r, 4.1666666666515417e-2LF);
    q = fma(q, r, 1.6666666666666699e-1LF);
    q = fma(q, r, 5.0000000000000122e-1LF);
    return r + q * (r * r);
}

double reduce_ln2(double x, double k)
{
    precise double r = fma(k, -0.6931471804855391LF, x);
    return fma(k, -7.440617110012397e-11LF, r);
}

double scale2(double p, double sum)
{
    uint64_t k = f64_bits(sum) - 0x4338000000000000ul + 2048ul;
    uint64_t h = k >> 1;
    return p * f64_from_bits((h - 1024ul + 1023ul) << 52) * f64_from_bits((k - h - 1024ul + 1023ul) << 52);
}

double t_exp(double x)
{
    precise double c = x < -750.0LF ? -750.0LF : x > 750.0LF ? 750.0LF : x;
    precise double sum = fma(c, 1.4426950408889634LF, 6755399441055744.0LF);
    return x != x ? x : scale2(1.0LF + expm1_reduced(reduce_ln2(c, whole(sum))), sum);
}

double t_sigmoid(double x)
{
    precise double e = t_exp(-abs(x));
    precise double d = 1.0LF + e, lost = e - (d - 1.0LF);
    precise double y = (x < 0.0LF ? e : 1.0LF) / d;
    return fma(y * lost, fma(d, 0.5LF, -1.5LF), y);
}

double t_tanh(double x)
{
    precise double a = abs(x), z = x * x;
    precise double p = 4.8003436397755807e-6LF;
    p = fma(p, z, -2.7067558405241501e-5LF);
    p = fma(p, z, 8.8124823032745118e-5LF);
    p = fma(p, z, -2.3483819579537044e-4LF);
    p = fma(p, z, 5.8857877332855048e-4LF);
    p = fma(p, z, -1.4554944135344097e-3LF);
    p = fma(p, z, 3.5920731049649823e-3LF);
    p = fma(p, z, -8.863229575635817e-3LF);
    p = fma(p, z, 2.186948812348536e-2LF);
    p = fma(p, z, -5.3968253951439005e-2LF);
    p = fma(p, z, 1.3333333333298883e-1LF);
    p = fma(p, z, -3.3333333333333087e-1LF);
    precise double small = fma(p * z, a, a);
    precise double c = a > 20.0LF ? 20.0LF : a;
    precise double sum = fma(c, 2.8853900817779268LF, 6755399441055744.0LF);
    precise double e = (1.0LF + expm1_reduced(reduce_ln2(c + c, whole(sum)))) * pow2_from_magic64(sum);
    precise double large = 1.0LF - 2.0LF / (e + 1.0LF);
    return copy_sign(a < 0.7LF ? small : large, x);
}

double t_log(double x)
{
    precise double shift = x < 2.2250738585072014e-308LF ? 54.0LF : 0.0LF;
    precise double n = x < 2.2250738585072014e-308LF ? x * 1.8014398509481984e+16LF : x;
    uint64_t d =
        f64_bits(n) - 0x3fe6a09e667f3bcdul + (1023ul << 52);
    precise double k = f64_from_bits((d >> 52) | 0x4330000000000000ul) - (4503599627370496.0LF + 1023.0LF) - shift;
    precise double f = f64_from_bits(f64_bits(n) - ((d >> 52) << 52) + (1023ul << 52)) - 1.0LF;
    precise double s = f / (2.0LF + f), z = s * s, part = 0.5LF * f * f;
    precise double r = 1.4795949685301335e-1LF;
    r = fma(r, z, 1.5314050554099023e-1LF);
    r = fma(r, z, 1.8183564326251167e-1LF);
    r = fma(r, z, 2.2222198573170118e-1LF);
    r = fma(r, z, 2.8571428742388011e-1LF);
    r = fma(r, z, 3.9999999999414676e-1LF);
    r = fma(r, z, 6.666666666666734e-1LF);
    precise double tail = fma(s, fma(r, z, part), k * 7.440617110012397e-11LF);
    precise double y = fma(k, 0.6931471804855391LF, f - (part - tail));
    precise double special = x == 0.0LF ? -INF : QUIET_NAN;
    y = x > 0.0LF ? y : special;
    return x == INF ? x : y;
}

double t_erf(double x)
{
    precise double a = abs(x), z = x * x;
    precise double p = -7.7794633169435828e-10LF;
    p = fma(p, z, 1.3710977425380673e-8LF);
    p = fma(p, z, -1.62063130155675e-7LF);
    p = fma(p, z, 1.6447131465595101e-6LF);
    p = fma(p, z, -1.4924712292605952e-5LF);
    p = fma(p, z, 1.2055293576359272e-4LF);
    p = fma(p, z, -8.5483259292943637e-4LF);
    p = fma(p, z, 5.2239776061180068e-3LF);
    p = fma(p, z, -2.6866170643111406e-2LF);
    p = fma(p, z, 1.1283791670944185e-1LF);
    p = fma(p, z, -3.7612638903183521e-1LF);
    p = fma(p, z, 1.2837916709551256e-1LF);
    precise double small = fma(p, x, x);
    precise double c = a > 5.95LF ? 5.95LF : a;
    precise double q = 8.5884134841720409e-12LF;
    q = fma(q, c, -3.4489961597135029e-10LF);
    q = fma(q, c, 6.4316561618334404e-9LF);
    q = fma(q, c, -7.3775763994364534e-8LF);
    q = fma(q, c, 5.7990160787341723e-7LF);
    q = fma(q, c, -3.2776687435721121e-6LF);
    q = fma(q, c, 1.3450856679807695e-5LF);
    q = fma(q, c, -3.8333871956438023e-5LF);
    q = fma(q, c, 5.9684893778202639e-5LF);
    q = fma(q, c, 5.6089490660667008e-5LF);
    q = fma(q, c, -6.4595142438539995e-4LF);
    q = fma(q, c, 1.7615766183876485e-3LF);
    q = fma(q, c, -2.626242312654452e-4LF);
    q = fma(q, c, -1.9097790666578272e-2LF);
    q = fma(q, c, 1.0276075182175876e-1LF);
    q = fma(q, c, 6.3662255534790502e-1LF);
    q = fma(q, c, 1.1283788665458183LF);
    precise double sum = fma(q * c, -1.4426950408889634LF, 6755399441055744.0LF);
    precise double k = whole(sum);
    precise double r = fma(-q, c, k * -0.6931471804855391LF);
    r = fma(k, -7.440617110012397e-11LF, r);
    precise double e = (1.0LF + expm1_reduced(r)) * pow2_from_magic64(sum);
    return a < 1.0LF ? small : copy_sign(1.0LF - e, x);
}


// as float32's
double t_log1p(double x)
{
    precise double u = 1.0LF + x, d = u - 1.0LF;
    double y = d == 0.0LF ? x : t_log(u) * (x / d);
    return u == INF ? x : x == -1.0LF ? -INF : y;
}

// as float32's, with 160 bits of 2/pi
double quarter_turns(double x, out uint n)
{
    uvec2 w = unpackDouble2x32(abs(x));
    n = 0u;
    if (abs(x) <= 0.7853981633974483LF)
        return abs(x);
    uint64_t m0 = uint64_t(w.x), m1 = uint64_t((w.y & 0xfffffu) | 0x100000u), carry = 0ul;
    int at = int(w.y >> 20) - 1023 - 54;
    uint p[5];
    for (int i = 4; i >= 0; i--) {
        carry += m0 * uint64_t(two_over_pi_at(at + 32 * i));
        p[i] = uint(carry & 0xfffffffful);
        carry >>= 32;
    }
    carry = 0ul;
    for (int i = 4; i >= 1; i--) {
        carry += m1 * uint64_t(two_over_pi_at(at + 32 * i)) + uint64_t(p[i - 1]);
        p[i - 1] = uint(carry & 0xfffffffful);
        carry >>= 32;
    }
    n = p[0] >> 30;
    uint f[4];
    for (int i = 0; i < 4; i++)
        f[i] = (p[i] << 2) | (p[i + 1] >> 30);
    bool down = (f[0] & 0x80000000u) != 0u;
    if (down) {
        n++;
        for (int i = 0; i < 4; i++)
            f[i] = ~f[i];
    }
    double r = double(f[0]) * 2.3283064365386963e-10LF + (double(f[1]) * 5.421010862427522e-20LF + (double(f[2]) * 1.262177448353619e-29LF + double(f[3]) * 2.938735877055719e-39LF));
    r *= 1.5707963267948966LF;
    return down ? -r : r;
}

// Taylor's series on [-pi/4, pi/4]
double sin_quarter(double r)
{
    double z = r * r;
    double p = 2.8114572543455206e-15LF;
    p = p * z + -7.647163731819816e-13LF;
    p = p * z + 1.6059043836821613e-10LF;
    p = p * z + -2.505210838544172e-08LF;
    p = p * z + 2.7557319223985893e-06LF;
    p = p * z + -0.0001984126984126984LF;
    p = p * z + 0.008333333333333333LF;
    p = p * z + -0.16666666666666666LF;
    return r + r * z * p;
}

double cos_quarter(double r)
{
    double z = r * r;
    double p = -1.5619206968586225e-16LF;
    p = p * z + 4.779477332387385e-14LF;
    p = p * z + -1.1470745597729725e-11LF;
    p = p * z + 2.08767569878681e-09LF;
    p = p * z + -2.755731922398589e-07LF;
    p = p * z + 2.48015873015873e-05LF;
    p = p * z + -0.001388888888888889LF;
    p = p * z + 0.041666666666666664LF;
    return 1.0LF - (0.5LF * z - z * z * p);
}

double t_sin(double x)
{
    uint n;
    double r = quarter_turns(x, n), y = (n & 1u) != 0u ? cos_quarter(r) : sin_quarter(r);
    bool negative = ((n & 2u) != 0u) != ((unpackDouble2x32(x).y >> 31) != 0u);
    return abs(x) < INF ? (negative ? -y : y) : QUIET_NAN;
}

double t_cos(double x)
{
    uint n;
    double r = quarter_turns(x, n), y = (n & 1u) != 0u ? sin_quarter(r) : cos_quarter(r);
    return abs(x) < INF ? (((n + 1u) & 2u) != 0u ? -y : y) : QUIET_NAN;
}

// a * b = p + *error exactly (Dekker)
double two_product(double a, double b, out double error)
{
    precise double p = a * b;
    precise double ah = f64_from_bits(f64_bits(a) & 0xfffffffff8000000ul), al = a - ah;
    precise double bh = f64_from_bits(f64_bits(b) & 0xfffffffff8000000ul), bl = b - bh;
    precise double e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    error = e;
    return p;
}

// exp(y log|x|) with the logarithm in two doubles, the series of atanh; then C's rules
double t_pow(double x, double y)
{
    double a = abs(x);
    bool subnormal = a < 2.2250738585072014e-308LF;
    uint64_t u = f64_bits(subnormal ? a * 18014398509481984.0LF : a);
    uint64_t e = (u - 0x3fe6a09e667f3bcdul + (1023ul << 52)) >> 52;
    double m = f64_from_bits(u - (e << 52) + (1023ul << 52)), k = double(int(uint(e))) - (subnormal ? 1077.0LF : 1023.0LF);
    precise double top = m - 1.0LF, bottom = m + 1.0LF, lost = m - (bottom - 1.0LF);
    double error;
    precise double s = top / bottom, back = two_product(s, bottom, error);
    precise double tail = ((top - back) - error - s * lost) / bottom;
    double z = s * s;
    double p = 0.04LF;
    p = p * z + 0.043478260869565216LF;
    p = p * z + 0.047619047619047616LF;
    p = p * z + 0.05263157894736842LF;
    p = p * z + 0.058823529411764705LF;
    p = p * z + 0.06666666666666667LF;
    p = p * z + 0.07692307692307693LF;
    p = p * z + 0.09090909090909091LF;
    p = p * z + 0.1111111111111111LF;
    p = p * z + 0.14285714285714285LF;
    p = p * z + 0.2LF;
    p = p * z + 0.3333333333333333LF;
    precise double low = 2.0LF * (s * z * p + tail) + k * 1.9082149292705877e-10LF;
    precise double k1 = k * 0.6931471803691238LF, high = k1 + 2.0LF * s; // k1 is exact
    low += 2.0LF * s - (high - k1);
    if (k == 0.0LF) {
        high = 2.0LF * s;
        low = 2.0LF * (s * z * p + tail);
    }
    precise double sum = high + low, rest = low - (sum - high);
    double yc = clamp(y, -1e300LF, 1e300LF), e1;
    precise double w = two_product(yc, sum, e1), w2 = e1 + yc * rest;
    double r = t_exp(w) * (abs(w) < 1000.0LF ? 1.0LF + w2 : 1.0LF);
    r = a == 1.0LF ? 1.0LF : a == 0.0LF ? (y > 0.0LF ? 0.0LF : INF) : a == INF ? (y > 0.0LF ? INF : 0.0LF) : r;
    if (abs(y) == INF)
        r = a == 1.0LF ? 1.0LF : (a > 1.0LF) == (y > 0.0LF) ? INF : 0.0LF;
    bool integer = roundEven(y) == y, odd = integer && abs(y) < 9007199254740992.0LF && roundEven(y * 0.5LF) * 2.0LF != y;
    if ((unpackDouble2x32(x).y >> 31) != 0u)
        r = odd ? -r : integer || a == INF || a == 0.0LF ? r : QUIET_NAN;
    r = x != x || y != y ? QUIET_NAN : r;
    return x == 1.0LF || y == 0.0LF ? 1.0LF : r;
}

double t_fmod(double x, double y)
{
    uint64_t ux = f64_bits(abs(x)), uy = f64_bits(abs(y));
    if (uy == 0ul || ux >= 0x7ff0000000000000ul || uy > 0x7ff0000000000000ul)
        return QUIET_NAN;
    if (ux < uy)
        return x;
    int ex = int(ux >> 52), ey = int(uy >> 52);
    const uint64_t one = 1ul << 52;
    uint64_t mx = (ux & (one - 1ul)) | (ex != 0 ? one : 0ul), my = (uy & (one - 1ul)) | (ey != 0 ? one : 0ul);
    ex = max(ex, 1);
    ey = max(ey, 1);
    for (; ex > ey; ex--)
        mx = (mx >= my ? mx - my : mx) << 1;
    mx = mx >= my ? mx - my : mx;
    if (mx == 0ul)
        return copy_sign(0.0LF, x);
    while (mx < one && ey > 1) {
        mx <<= 1;
        ey--;
    }
    return copy_sign(f64_from_bits(mx >= one ? mx - one + (uint64_t(ey) << 52) : mx), x);
}
#endif
