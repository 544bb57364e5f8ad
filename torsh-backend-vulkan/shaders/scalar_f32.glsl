// SPDX-License-Identifier: MIT OR Apache-2.0
// Scalar functions in float32: see scalar.glsl.
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
