// SPDX-License-Identifier: MIT OR Apache-2.0
// float64 sin and cos for all finite arguments, vectorizable. Coefficients: got as described in scalar_f32.h.
#pragma once
#include <torsh/ops/scalar_base.h>

// 1/pi as sums of four doubles, with what makes even multiples with x left out: column 0 for |x| < 2^65, then
// one for every 16 binades (Payne and Hanek); from column 33, |x| >= 2^577, times 2^512, so that nothing
// underflows. They are read by gather: with 1024 binades no chain of selects would do.
#ifdef __CUDACC__
static __device__ const
#else
static const
#endif
    double t_inverse_pi_windows[4][61] = {
        {
            0x1.45f306dc9c883p-2,    -0x1.9f246c6efab58p-15,  -0x1.1b1bbead603d9p-29,
            0x1.054a7f09d5f48p-47,   -0x1.603d8a82e0acbp-61,  -0x1.8a82e0acb223fp-77,
            0x1.1f534ddc0db63p-93,   -0x1.6447e493ad4cep-110, 0x1.b6c52b3278872p-130,
            -0x1.d6a66c3bc6fbep-141, 0x1.93c439041fe51p-157,  0x1.c820ff28b1d5fp-176,
            0x1.fe5163abdebbcp-193,  0x1.163abdebbc562p-205,  -0x1.421443a9e48dcp-221,
            -0x1.0ea79236e4717p-239, -0x1.e48db91c5bdb2p-253, -0x1.b91c5bdb22d20p-269,
            -0x1.6f6c8b47fe6dbp-287, 0x1.ba5c00c925dd4p-302,  -0x1.ff9b6d115f62ep-317,
            0x1.25dd413a3243ap-334,  -0x1.5f62e6de301e2p-349, 0x1.1921cfe1deb1dp-365,
            0x1.cfe1deb1cb12ap-381,  0x1.deb1cb129a73fp-397,  0x1.cb129a73ee882p-413,
            -0x1.658c1177dca0bp-429, -0x1.177dca0ad144cp-449, 0x1.1afa975da2427p-464,
            -0x1.5a28976f62cc7p-478, -0x1.2edec598e3f65p-495, 0x1.3a671c09ad17ep-511,
            0x1.c7026b45f7e41p-13,   -0x1.94ba081bec66ep-29,  0x1.f7e413991d63ap-45,
            0x1.3991d63983534p-65,   0x1.1d639835339f5p-77,   -0x1.9f2b3182d8defp-95,
            0x1.339f49c845f8cp-109,  -0x1.6c6f740e8840ep-126, 0x1.17e2ef7e4a0ecp-143,
            0x1.77bf250763ff1p-158,  -0x1.b5f13801da001p-175, -0x1.3801da00087eap-191,
            -0x1.da00087e99fc0p-207, -0x1.0fd33f8086877p-228, 0x1.6603fbcbc462dp-239,
            0x1.fde5e2316b415p-254,  -0x1.0ee74a5f592e1p-269, 0x1.6b414da3eda6dp-286,
            0x1.4da3eda6cfd9ep-302,  0x1.f6d367ecf27cbp-317,  -0x1.30261b069ec91p-334,
            0x1.e4f96136e9e8cp-350,  0x1.6136e9e8c7ecdp-366,  -0x1.161738132c340p-382,
            0x1.8fd9a797fa8b6p-399,  -0x1.961a015d28ad8p-413, 0x1.fea2d7527bac8p-429,
            -0x1.28ad84538141ap-445,
        },
        {
            -0x1.6b01ec5417056p-56,  -0x1.ec54170565912p-72,  0x1.5f47d4d377037p-83,
            -0x1.596447e493ad5p-102, -0x1.11f924eb53362p-116, -0x1.24eb53361de38p-132,
            -0x1.a99b0ef1bef80p-147, 0x1.e21c820ff28b2p-164,  0x1.07f9458eaf7afp-187,
            -0x1.ae9c5421443aap-201, 0x1.8eaf7aef1586ep-211,  -0x1.443a9e48db91cp-233,
            0x1.586dc91b8e909p-247,  -0x1.236e4716f6c8bp-259, 0x1.b8e909374b802p-275,
            0x1.26e9700324977p-296,  -0x1.68ffcdb688afbp-308, 0x1.924bba8274648p-327,
            -0x1.115f62e6de302p-341, 0x1.3a32439fc3bd6p-358,  -0x1.b78c0788538d4p-371,
            -0x1.e214e34ed658cp-393, -0x1.4e34ed658c117p-405, -0x1.3b5963045df73p-419,
            -0x1.63045df7282b4p-435, -0x1.77dca0ad144bbp-453, 0x1.afa975da24275p-468,
            0x1.75da24274ce38p-484,  0x1.213a671c09ad1p-503,  0x1.338e04d68befdp-518,
            -0x1.fb29741037d8dp-534, -0x1.741037d8cdc54p-550, -0x1.bec66e29c67cbp-569,
            0x1.cc8eb1cc1a99dp-68,   -0x1.4e33e566305b2p-84,  -0x1.f2b3182d8dee8p-99,
            -0x1.82d8dee81d108p-119, -0x1.8dee81d1081b6p-131, 0x1.f8bbdf9283b20p-149,
            -0x1.081b5f13801dap-163, 0x1.41d8ffc4bffefp-180,  0x1.ff897ffde0598p-197,
            0x1.7ffde05980fefp-213,  0x1.e05980fef2f12p-229,  0x1.80fef2f118b5ap-245,
            -0x1.0d0ee74a5f593p-261, -0x1.d297d64b824b2p-283, 0x1.a0a6d1f6d367fp-293,
            -0x1.2e092c98130d8p-309, 0x1.b4d9fb3c9f2c2p-323,  -0x1.30d834f648b0cp-345,
            0x1.3e584dba7a320p-356,  0x1.36e9e8c7ecd3dp-374,  -0x1.85ce04cb0d00bp-388,
            0x1.fb34f2ff516bbp-404,  0x1.e5fea2d7527bbp-421,  -0x1.5d28ad8453814p-437,
            -0x1.5b08a7028341dp-454, -0x1.14e050683a131p-467, -0x1.41a0e84c2f8c6p-485,
            -0x1.d0985f18c10ebp-502,
        },
        {
            -0x1.6447e493ad4cep-110, 0x1.b6c52b3278872p-130,  -0x1.3ad4cd8778df8p-138,
            0x1.93c439041fe51p-157,  0x1.0e4107f9458ebp-171,  0x1.07f9458eaf7afp-187,
            -0x1.ae9c5421443aap-201, -0x1.508510ea79237p-219, -0x1.d4f246dc8e2dfp-244,
            0x1.b7246e3a424ddp-257,  -0x1.b7238b7b645a4p-266, -0x1.6f6c8b47fe6dbp-287,
            0x1.ba5c00c925dd4p-302,  -0x1.1ff9b6d115f63p-313, -0x1.b6d115f62e6dep-329,
            0x1.413a32439fc3cp-350,  -0x1.736f180f10a72p-364, 0x1.cfe1deb1cb12ap-381,
            0x1.deb1cb129a73fp-397,  0x1.cb129a73ee882p-413,  0x1.29a73ee88235fp-425,
            -0x1.177dca0ad144cp-449, -0x1.f7282b4512edfp-459, 0x1.f52ebb4484e9ap-473,
            -0x1.44bb7b16638fep-489, -0x1.ec598e3f652e8p-507, -0x1.8e3f652e82070p-523,
            0x1.35a2fbf209cc9p-540,  0x1.f7e413991d63ap-557,  -0x1.f633714e33e56p-572,
            0x1.1d639835339f5p-589,  0x1.cc1a99cfa4e42p-604,  0x1.9cfa4e422fc5ep-624,
            -0x1.6c6f740e8840ep-126, 0x1.08bf177bf2507p-138,  -0x1.d1081b5f13802p-155,
            -0x1.b5f13801da001p-175, 0x1.d8ffc4bffef03p-188,  -0x1.da00087e99fc0p-207,
            -0x1.0fd33f8086877p-228, 0x1.6603fbcbc462dp-239,  0x1.fde5e2316b415p-254,
            0x1.788c5ad053690p-268,  -0x1.d297d64b824b2p-283, 0x1.4da3eda6cfd9ep-302,
            0x1.f6d367ecf27cbp-317,  -0x1.8130d834f648bp-337, -0x1.86c1a7b24585dp-348,
            -0x1.a7b24585ce04dp-364, 0x1.b74f463f669e6p-377,  0x1.8fd9a797fa8b6p-399,
            -0x1.32c3402ba515bp-410, -0x1.00ae9456c229cp-428, 0x1.6ba93dd63f5f3p-444,
            -0x1.b08a7028341d1p-458, -0x1.c0a0d0742617cp-476, -0x1.a0e84c2f8c608p-493,
            -0x1.30be31821d6b6p-511, 0x1.0739f78a5292fp-521,  -0x1.0eb5ada2b2809p-542,
            -0x1.6b68aca025027p-556,
        },
        {
            0x1.e21c820ff28b2p-164,  0x1.07f9458eaf7afp-187,  0x1.fe5163abdebbcp-193,
            0x1.8eaf7aef1586ep-211,  -0x1.0a21d4f246dc9p-228, -0x1.d4f246dc8e2dfp-244,
            0x1.b7246e3a424ddp-257,  0x1.b8e909374b802p-275,  0x1.374b801924bbbp-299,
            0x1.700324977504fp-312,  0x1.924bba8274648p-327,  -0x1.115f62e6de302p-341,
            0x1.3a32439fc3bd6p-358,  0x1.921cfe1deb1cbp-369,  -0x1.80f10a71a76b3p-384,
            -0x1.4e34ed658c117p-405, 0x1.62534e7dd1047p-418,  -0x1.63045df7282b4p-435,
            -0x1.77dca0ad144bbp-453, 0x1.afa975da24275p-468,  0x1.4baed1213a672p-479,
            0x1.213a671c09ad1p-503,  0x1.d338e04d68bf0p-514,  -0x1.c7eca5d040df6p-528,
            0x1.ad17df904e647p-543,  -0x1.037d8cdc538d0p-562, 0x1.3991d63983534p-577,
            -0x1.4e33e566305b2p-596, -0x1.f2b3182d8dee8p-611, -0x1.8c16c6f740e88p-626,
            -0x1.8dee81d1081b6p-643, 0x1.7e2ef7e4a0ec8p-659,  -0x1.036be27003b40p-680,
            0x1.41d8ffc4bffefp-180,  0x1.8ffc4bffef02dp-192,  0x1.2fffbc0b301fep-210,
            0x1.e05980fef2f12p-229,  -0x1.9fc04343b9d29p-243, -0x1.0d0ee74a5f593p-261,
            -0x1.d297d64b824b2p-283, 0x1.a0a6d1f6d367fp-293,  -0x1.2e092c98130d8p-309,
            -0x1.25930261b069fp-322, -0x1.8130d834f648bp-337, 0x1.3e584dba7a320p-356,
            0x1.36e9e8c7ecd3dp-374,  -0x1.738132c3402bap-394, 0x1.fb34f2ff516bbp-404,
            0x1.3cbfd45aea4f7p-418,  -0x1.5d28ad8453814p-437, -0x1.5b08a7028341dp-454,
            -0x1.14e050683a131p-467, -0x1.41a0e84c2f8c6p-485, -0x1.d0985f18c10ebp-502,
            0x1.9e839cfbc5295p-512,  -0x1.8c10eb5ada2b3p-530, -0x1.d6b5b45650128p-547,
            0x1.2ea6bfb5fb120p-565,  -0x1.65012813b81cbp-575, -0x1.0277039517bd5p-596,
            -0x1.c0e545ef53f9ap-610,
        },
};

// the nearest number to a with 26 bits
T_INLINE double upper_bits_f64(double a)
{
    return f64_from_bits((f64_bits(a) + 0x4000000u) & 0xfffffffff8000000u);
}

// a * b - p without rounding error, where p = a * b rounded (Dekker's product where there is no FMA)
T_INLINE double product_error_f64(double a, double b, double p)
{
#if T_HAS_FMA
    return fma(a, b, -p);
#else
    double ah = upper_bits_f64(a), al = a - ah, bh = upper_bits_f64(b), bl = b - bh;
    return (((ah * bh - p) + ah * bl) + al * bh) + al * bl;
#endif
}

// a + b = s + *error exactly (Knuth)
T_INLINE double two_sum_f64(double a, double b, double *error)
{
    double s = a + b, v = s - a;
    *error = (a - (s - v)) + (b - v);
    return s;
}

// |x|/pi = n + h half turns, |h| <= 1/2: returns h as head + *tail, and the parity of n in the sign bit of
// *odd
T_INLINE double half_turns_f64(double a, double *tail, uint64_t *odd)
{
    uint64_t column =
        (f64_bits(a + 0x1p64) >> 56) - 67u; // the sum may be in the binade above a's: columns allow for it
    double c1 = t_inverse_pi_windows[0][column], c2 = t_inverse_pi_windows[1][column];
    double c3 = t_inverse_pi_windows[2][column], c4 = t_inverse_pi_windows[3][column];
    a = a < 0x1p577 ? a : a * 0x1p-512;
    double p1 = a * c1, e1 = product_error_f64(a, c1, p1); // below 2^69 and 2^16
    double p2 = a * c2, e2 = product_error_f64(a, c2, p2); // below 2^16 and 2^-37
    double p3 = a * c3, e3 = product_error_f64(a, c3, p3);
    // leave out integers: first multiples of 2^30, then each term's own
    p1 -= (p1 + 0x1.8p82) - 0x1.8p82;
    double n1 = p1 + T_MAGIC64, n2 = e1 + T_MAGIC64, n3 = p2 + T_MAGIC64;
    double s, t1, t2, t3, t4, t5;
    s = two_sum_f64(p1 - (n1 - T_MAGIC64), e1 - (n2 - T_MAGIC64), &t1);
    s = two_sum_f64(s, p2 - (n3 - T_MAGIC64), &t2);
    double n4 = s + T_MAGIC64;
    s -= n4 - T_MAGIC64;
    double low = two_sum_f64(t1, t2, &t3);
    double small = two_sum_f64(e2, p3, &t4);
    low = two_sum_f64(low, small, &t5);
    s = two_sum_f64(s, low, tail);
    *tail += (t3 + t5) + (t4 + T_FMA64(a, c4, e3));
    *odd = (f64_bits(n1) ^ f64_bits(n2) ^ f64_bits(n3) ^ f64_bits(n4)) << 63;
    return s;
}

// the sine (quarter 0) or cosine (quarter 1) of pi (h + tail), |h| <= 1/4
T_INLINE double sin_or_cos_f64(double h, double tail, double quarter)
{
    double r = h * 3.141592653589793;
    double low = product_error_f64(h, 3.141592653589793, r) +
                 T_FMA64(h, 1.2246467991473532e-16, tail * 3.141592653589793);
    double z = r * r;
    double p = 1.5896197317360937e-10;
    p = T_FMA64(p, z, -2.5050747211987957e-8);
    p = T_FMA64(p, z, 2.7557313617971282e-6);
    p = T_FMA64(p, z, -1.9841269829580006e-4);
    p = T_FMA64(p, z, 8.3333333333221078e-3);
    p = T_FMA64(p, z, -1.666666666666663e-1);
    double sine = r + T_FMA64(r * z, p, low * T_FMA64(z, -0.5, 1.0));
    double q = -1.1359647735358979e-11;
    q = T_FMA64(q, z, 2.0875723272294904e-9);
    q = T_FMA64(q, z, -2.7557314352330155e-7);
    q = T_FMA64(q, z, 2.4801587289482198e-5);
    q = T_FMA64(q, z, -1.3888888888874125e-3);
    q = T_FMA64(q, z, 4.1666666666666602e-2);
    double half = 0.5 * z, w = 1.0 - half;
    double cosine = w + (((1.0 - w) - half) + T_FMA64(z * z, q, -r * low));
    return quarter == 0.0 ? sine : cosine;
}

// h + tail folded to |h| <= 1/4: sin(pi/2 - x) = cos(x). `first` is which of the two is wanted for |h| <=
// 1/4.
T_INLINE double fold_half_turns_f64(double h, double tail, double first)
{
    double a = fabs(h), t = f64_from_bits(f64_bits(tail) ^ (f64_bits(h) & 0x8000000000000000u));
    double b = a > 0.25 ? 0.5 - a : a;
    t = a > 0.25 ? -t : t;
    return sin_or_cos_f64(b, t, a > 0.25 ? 1.0 - first : first);
}

T_INLINE double sin_f64(double x)
{
    double tail;
    uint64_t odd;
    double h = half_turns_f64(fabs(x), &tail, &odd);
    double y = fold_half_turns_f64(h, tail, 0.0);
    y = f64_from_bits(f64_bits(y) ^ odd ^ ((f64_bits(x) ^ f64_bits(h)) & 0x8000000000000000u));
    return fabs(x) < 0x1p-27 ? x : y; // the products lose bits where x is subnormal
}

T_INLINE double cos_f64(double x)
{
    double tail;
    uint64_t odd;
    double h = half_turns_f64(fabs(x), &tail, &odd);
    double y = fold_half_turns_f64(h, tail, 1.0);
    return f64_from_bits(f64_bits(y) ^ odd);
}
