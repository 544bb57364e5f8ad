// SPDX-License-Identifier: MIT OR Apache-2.0
// The scalar functions that expressions of the operator table call, as ops/include/torsh/ops/scalar.h has them in C.
// GLSL's own exp, log, sin … are too coarse; these are good to a few units in the last place, and float32 ones need
// no float64. The generator makes kernels of a type only for expressions whose functions are here in that type.
// Methods and coefficients: the C headers, unless said otherwise.

#if defined(T_F32) || defined(T_F64)
// bits of 2/pi
const uint two_over_pi[40] = uint[](
    0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u,
    0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu, 0xe88235f5u, 0x2ebb4484u,
    0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu, 0xbdf9283bu, 0x1ff897ffu, 0xde05980fu,
    0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u, 0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu,
    0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u, 0x1f8d5d08u, 0x56033046u, 0xfc7b6babu, 0xf0cfbc20u, 0x9af4361du);

uint two_over_pi_at(int bit)
{
    int w = bit >> 5, b = bit & 31;
    uint high = w >= 0 ? two_over_pi[w] : 0u, low = w >= -1 ? two_over_pi[w + 1] : 0u;
    return b == 0 ? high : (high << b) | (low >> (32 - b));
}
#endif

#ifdef T_F32
#define INF uintBitsToFloat(0x7f800000u)
#define QUIET_NAN uintBitsToFloat(0x7fc00000u)

float copy_sign(float x, float s)
{
    return uintBitsToFloat((floatBitsToUint(x) & 0x7fffffffu) | (floatBitsToUint(s) & 0x80000000u));
}

// 2^k p for k in [-252, 254]: two factors, so that subnormals round once and overflow is inf
float scale2(float p, int k)
{
    int h = k >> 1;
    return p * uintBitsToFloat(uint(h + 127) << 23) * uintBitsToFloat(uint(k - h + 127) << 23);
}

float exp_tail(float r)
{
    float q = 1.39220466e-3;
    q = q * r + 8.3693061e-3;
    q = q * r + 4.16665822e-2;
    q = q * r + 1.66665152e-1;
    q = q * r + 0.5;
    return q * (r * r);
}

float t_exp(float x)
{
    float c = x < -104.0 ? -104.0 : x > 89.0 ? 89.0 : x;
    float k = roundEven(c * 1.44269504);
    precise float r = c - k * 0.693359375;
    r = r + k * 2.12194440e-4;
    return x != x ? x : scale2(1.0 + (r + exp_tail(r)), int(k));
}

float t_sigmoid(float x)
{
    precise float e = t_exp(-abs(x)), d = 1.0 + e, lost = e - (d - 1.0);
    float y = (x < 0.0 ? e : 1.0) / d;
    return y * lost * (d * 0.5 - 1.5) + y;
}

// log(x) = k ln2 + log(1 + f), 1 + f in [2/3, 4/3]
float t_log(float x)
{
    bool subnormal = x < 1.17549435e-38;
    uint u = floatBitsToUint(subnormal ? x * 8388608.0 : x);
    uint e = (u - 0x3f2aaaabu + (127u << 23)) >> 23;
    float f = uintBitsToFloat(u - ((e - 127u) << 23)) - 1.0;
    float k = float(int(e)) - (subnormal ? 150.0 : 127.0);
    float r = -1.24891743e-1;
    r = r * f + 1.40605554e-1;
    r = r * f + -1.22734331e-1;
    r = r * f + 1.39896587e-1;
    r = r * f + -1.66744456e-1;
    r = r * f + 2.00114354e-1;
    r = r * f + -2.49999195e-1;
    r = r * f + 3.33331972e-1;
    r = r * f + -0.5;
    float y = k * 0.693147182 + (f * f * r + f);
    y = x > 0.0 ? y : (x == 0.0 ? -INF : QUIET_NAN);
    return x == INF || x != x ? x : y;
}

// log(u) is off by the rounding of u = 1 + x; the factor corrects it (Kahan)
float t_log1p(float x)
{
    precise float u = 1.0 + x, d = u - 1.0;
    float y = d == 0.0 ? x : t_log(u) * (x / d);
    return u == INF ? x : x == -1.0 ? -INF : y;
}

float t_tanh(float x)
{
    float a = abs(x), z = x * x;
    float p = -3.58394725e-4;
    p = p * z + 2.30122241e-3;
    p = p * z + -7.94600975e-3;
    p = p * z + 2.14866754e-2;
    p = p * z + -5.38798459e-2;
    p = p * z + 1.33323461e-1;
    p = p * z + -3.33332956e-1;
    float small = p * z * a + a;
    float large = 1.0 - 2.0 / (t_exp(2.0 * min(a, 10.0)) + 1.0);
    return x != x ? x : copy_sign(a < 1.0 ? small : large, x);
}

float t_erf(float x)
{
    float a = abs(x), z = x * x;
    float p = 7.92037463e-5;
    p = p * z + -8.03076196e-4;
    p = p * z + 5.19073382e-3;
    p = p * z + -2.6855126e-2;
    p = p * z + 1.12836182e-1;
    p = p * z + -3.76126289e-1;
    p = p * z + 1.28379166e-1;
    float small = p * x + x;
    float c = min(a, 4.0);
    float q = 1.3342099e-5;
    q = q * c + -3.4419063e-4;
    q = q * c + 3.73058068e-3;
    q = q * c + -2.39511449e-2;
    q = q * c + 1.06459834e-1;
    q = q * c + 6.35014236e-1;
    q = q * c + 1.12868285;
    return x != x ? x : a < 1.0 ? small : copy_sign(1.0 - t_exp(-q * c), x);
}

// |x| = (n + r) quarter turns, |r| <= 1/2, r in radians; exact reduction in integers (Payne & Hanek): of the bits of
// 2/pi only 96 count, from two above the point on
float quarter_turns(float x, out uint n)
{
    uint u = floatBitsToUint(x) & 0x7fffffffu, m = (u & 0x7fffffu) | 0x800000u, h2, h1, l2, l1, carry;
    n = 0u;
    if (u <= 0x3f490fdau) // pi/4
        return uintBitsToFloat(u);
    int at = int(u >> 23) - 127 - 25;
    uint q0 = two_over_pi_at(at), q1 = two_over_pi_at(at + 32), q2 = two_over_pi_at(at + 64);
    umulExtended(m, q2, h2, l2);
    umulExtended(m, q1, h1, l1);
    uint p1 = uaddCarry(h2, l1, carry), p0 = m * q0 + h1 + carry;
    n = p0 >> 30;
    uint high = (p0 << 2) | (p1 >> 30), low = (p1 << 2) | (l2 >> 30);
    bool down = (high & 0x80000000u) != 0u; // nearer to the next quarter
    if (down) {
        n++;
        low = ~low + 1u;
        high = ~high + (low == 0u ? 1u : 0u);
    }
    int top = high != 0u ? 31 - findMSB(high) : 32;
    uint bits = top == 32 ? low : top == 0 ? high : (high << top) | (low >> (32 - top));
    float r = float(bits) * uintBitsToFloat(uint(127 - 32 - top) << 23) * 1.57079637;
    return down ? -r : r;
}

// on [-pi/4, pi/4]; own fits
float sin_quarter(float r)
{
    float z = r * r;
    return r + r * z * ((-1.9517e-4 * z + 8.33218e-3) * z - 1.6666655e-1);
}

float cos_quarter(float r)
{
    float z = r * r;
    return 1.0 - (0.5 * z - z * z * ((2.44380888e-5 * z - 1.38873645e-3) * z + 4.16666468e-2));
}

float t_sin(float x)
{
    uint n;
    float r = quarter_turns(x, n), y = (n & 1u) != 0u ? cos_quarter(r) : sin_quarter(r);
    bool negative = ((n & 2u) != 0u) != ((floatBitsToUint(x) >> 31) != 0u);
    return abs(x) < INF ? (negative ? -y : y) : QUIET_NAN;
}

float t_cos(float x)
{
    uint n;
    float r = quarter_turns(x, n), y = (n & 1u) != 0u ? sin_quarter(r) : cos_quarter(r);
    return abs(x) < INF ? (((n + 1u) & 2u) != 0u ? -y : y) : QUIET_NAN;
}

// a * b = p + *error exactly (Dekker)
float two_product(float a, float b, out float error)
{
    precise float p = a * b;
    precise float ah = uintBitsToFloat(floatBitsToUint(a) & 0xfffff000u), al = a - ah;
    precise float bh = uintBitsToFloat(floatBitsToUint(b) & 0xfffff000u), bl = b - bh;
    precise float e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    error = e;
    return p;
}

// 2^(y log2|x|): the logarithm in two floats, the series of atanh; then C's rules for signs, zeros, inf and NaN
float t_pow(float x, float y)
{
    float a = abs(x);
    bool subnormal = a < 1.17549435e-38;
    uint u = floatBitsToUint(subnormal ? a * 16777216.0 : a);
    uint e = (u - 0x3f3504f3u + (127u << 23)) >> 23;
    float m = uintBitsToFloat(u - ((e - 127u) << 23)), k = float(int(e)) - (subnormal ? 151.0 : 127.0);
    precise float top = m - 1.0, bottom = m + 1.0, lost = (m - (bottom - 1.0));
    float error;
    precise float s = top / bottom, back = two_product(s, bottom, error);
    precise float tail = ((top - back) - error - s * lost) / bottom; // s + tail = (m - 1) / (m + 1)
    float z = s * s;
    precise float series = s * z * (((0.11791136 * z + 0.14268651) * z + 0.20000168) * z + 0.33333333) + tail;
    float c1;
    precise float l1 = two_product(s, 2.88539004, c1); // 2 / ln2 in two floats
    precise float low = c1 + s * 3.8519187e-8 + series * 2.88539004;
    precise float high = k + l1, l2 = (l1 - (high - k)) + low;
    float yc = clamp(y, -1e30, 1e30), e1;
    precise float sum = high + l2, rest = l2 - (sum - high);
    precise float w = two_product(yc, sum, e1), w2 = e1 + yc * rest;
    float kk = clamp(roundEven(w), -200.0, 200.0);
    precise float r = clamp(w - kk, -1.0, 1.0) + (abs(w) < 1000.0 ? w2 : 0.0);
    float p = 1.53149539e-5;
    p = p * r + 1.54671180e-4;
    p = p * r + 1.33334308e-3;
    p = p * r + 9.61803690e-3;
    p = p * r + 5.55041096e-2;
    p = p * r + 2.40226511e-1;
    p = p * r + 6.93147181e-1;
    p = scale2(p * r + 1.0, int(kk));
    p = a == 1.0 ? 1.0 : a == 0.0 ? (y > 0.0 ? 0.0 : INF) : a == INF ? (y > 0.0 ? INF : 0.0) : p;
    if (abs(y) == INF)
        p = a == 1.0 ? 1.0 : (a > 1.0) == (y > 0.0) ? INF : 0.0;
    bool whole = roundEven(y) == y, odd = whole && abs(y) < 16777216.0 && (int(y) & 1) != 0;
    if ((floatBitsToUint(x) >> 31) != 0u)
        p = odd ? -p : whole || a == INF || a == 0.0 ? p : QUIET_NAN;
    p = x != x || y != y ? QUIET_NAN : p;
    return x == 1.0 || y == 0.0 ? 1.0 : p;
}

// exact: the remainder of the significands, bit by bit
float t_fmod(float x, float y)
{
    uint ux = floatBitsToUint(x) & 0x7fffffffu, uy = floatBitsToUint(y) & 0x7fffffffu;
    if (uy == 0u || ux >= 0x7f800000u || uy > 0x7f800000u)
        return QUIET_NAN;
    if (ux < uy)
        return x;
    uint ex = ux >> 23, ey = uy >> 23;
    uint mx = (ux & 0x7fffffu) | (ex != 0u ? 0x800000u : 0u), my = (uy & 0x7fffffu) | (ey != 0u ? 0x800000u : 0u);
    ex = max(ex, 1u);
    ey = max(ey, 1u);
    for (; ex > ey; ex--)
        mx = (mx >= my ? mx - my : mx) << 1;
    mx = mx >= my ? mx - my : mx;
    if (mx == 0u)
        return copy_sign(0.0, x);
    int up = min(23 - findMSB(mx), int(ey) - 1);
    mx <<= up;
    uint e = ey - uint(up);
    return uintBitsToFloat((mx >= 0x800000u ? mx - 0x800000u + (e << 23) : mx) | (floatBitsToUint(x) & 0x80000000u));
}
#endif

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

#ifdef T_F64
#define SQRT_HALF 0.7071067811865476LF
#define SQRT_2_BY_PI 0.7978845608028654LF
#define GELU_CUBE 0.044715LF
#define INVERSE_SQRT_2PI 0.3989422804014327LF
#define GELU_CUBE_3 0.134145LF
#else
#define SQRT_HALF 0.7071067811865476
#define SQRT_2_BY_PI 0.7978845608028654
#define GELU_CUBE 0.044715
#define INVERSE_SQRT_2PI 0.3989422804014327
#define GELU_CUBE_3 0.134145
#endif

#if defined(T_F32) || defined(T_F64)
T t_sqrt(T x) { return sqrt(x); }
T t_abs(T x) { return abs(x); }
T t_floor(T x) { return floor(x); }
T t_ceil(T x) { return ceil(x); }
T t_trunc(T x) { return trunc(x); }
T t_round(T x) { return roundEven(x); }
T t_rsqrt(T x) { return T(1) / sqrt(x); }
T t_sign(T x) { return T(x > T(0)) - T(x < T(0)); }

T t_remainder(T x, T y)
{
    T m = t_fmod(x, y);
    return m != T(0) && (m < T(0)) != (y < T(0)) ? m + y : m;
}

T t_div_trunc(T x, T y)
{
    return trunc(x / y);
}

// floor of the exact quotient, built from the remainder; x / 0 stays inf or NaN
T t_div_floor(T x, T y)
{
    T m = t_fmod(x, y), q = (x - m) / y;
    q = m != T(0) && (m < T(0)) != (y < T(0)) ? q - T(1) : q;
    T f = floor(q);
    f = q - f > T(0.5) ? f + T(1) : f;
    T quotient = x / y;
    f = q == T(0) ? copy_sign(T(0), quotient) : f;
    return y == T(0) ? quotient : f;
}

T t_gelu(T x)
{
    return T(0.5) * x * (T(1) + t_erf(x * SQRT_HALF));
}

T t_gelu_tanh(T x)
{
    T u = SQRT_2_BY_PI * (x + GELU_CUBE * x * x * x);
    return T(0.5) * x * (T(1) + t_tanh(u));
}

T t_gelu_grad(T g, T x)
{
    T cdf = T(0.5) * (T(1) + t_erf(x * SQRT_HALF));
    T pdf = INVERSE_SQRT_2PI * t_exp(T(-0.5) * x * x);
    return g * (cdf + x * pdf);
}

T t_gelu_tanh_grad(T g, T x)
{
    T square = x * x, t = t_tanh(SQRT_2_BY_PI * (x + GELU_CUBE * square * x));
    T slope = SQRT_2_BY_PI * (T(1) + GELU_CUBE_3 * square);
    return g * (T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * slope);
}

T t_silu_grad(T g, T x)
{
    T s = t_sigmoid(x);
    return g * s * (T(1) + x * (T(1) - s));
}
#endif

#if defined(T_I32) || defined(T_I64)
T t_abs(T a) { return a < T(0) ? -a : a; }
T t_sign(T a) { return T(a > T(0)) - T(a < T(0)); }

// divisors are checked elsewhere: 0 must only not trap
T t_div_trunc(T a, T b)
{
    T d = b == T(0) || b == T(-1) ? T(1) : b;
    return b == T(-1) ? -a : a / d;
}

T t_fmod(T a, T b)
{
    return a - b * t_div_trunc(a, b);
}

T t_div_floor(T a, T b)
{
    T q = t_div_trunc(a, b), m = a - b * q;
    return m != T(0) && (m ^ b) < T(0) ? q - T(1) : q;
}

T t_remainder(T a, T b)
{
    T m = t_fmod(a, b);
    return m != T(0) && (m ^ b) < T(0) ? m + b : m;
}

// wraps; a negative exponent gives 0 but for the bases 1 and -1
T t_pow(T a, T b)
{
    T r = T(1), p = a;
    for (T e = b; e > T(0); e >>= 1, p *= p)
        r *= (e & T(1)) != T(0) ? p : T(1);
    T inverse = a == T(1) ? T(1) : a == T(-1) ? T(1) - T(2) * (b & T(1)) : T(0);
    return b < T(0) ? inverse : r;
}
#endif
