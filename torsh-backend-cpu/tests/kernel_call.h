// SPDX-License-Identifier: MIT OR Apache-2.0
// Kernels under test: arrays of any dtype and strides, hand-made calls, every instruction set that this
// machine has.
#ifndef TORSH_BACKEND_CPU_TESTS_KERNEL_CALL_H
#define TORSH_BACKEND_CPU_TESTS_KERNEL_CALL_H

#include <gtest/gtest.h>

#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <torsh/impl/core.h>

#include "cpu.h"
#include "gemm_host.h"

using Shape = std::vector<int64_t>;

inline constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double Inf = std::numeric_limits<double>::infinity();

inline const torsh_dtype_t FLOATS[] = {TORSH_F32, TORSH_F64, TORSH_F16, TORSH_BF16};
inline const torsh_dtype_t NUMBERS[] = {TORSH_F32, TORSH_F64, TORSH_F16, TORSH_BF16,
                                        TORSH_I64, TORSH_I32, TORSH_U8};
inline const torsh_dtype_t ALL[] = {TORSH_F32, TORSH_F64, TORSH_F16, TORSH_BF16,
                                    TORSH_I64, TORSH_I32, TORSH_U8,  TORSH_BOOL};

inline bool is_float(torsh_dtype_t d)
{
    return d == TORSH_F32 || d == TORSH_F64 || d == TORSH_F16 || d == TORSH_BF16;
}

/* Half a unit in the last place, relative. */
inline double rounding(torsh_dtype_t d)
{
    return d == TORSH_F64    ? 0x1p-53
           : d == TORSH_F32  ? 0x1p-24
           : d == TORSH_F16  ? 0x1p-11
           : d == TORSH_BF16 ? 0x1p-8
                             : 0;
}

inline int64_t product(const Shape &shape)
{
    int64_t n = 1;
    for (int64_t s : shape)
        n *= s;
    return n;
}

/* A tensor, read and written as doubles. Elements are counted row-major whatever the strides. */
struct Array {
    torsh_dtype_t dtype = TORSH_F32;
    Shape shape, strides;
    std::vector<unsigned char> bytes;
    bool given = true;

    Array() : given(false)
    {
    }
    Array(torsh_dtype_t d, Shape s, double value = 0);
    Array(torsh_dtype_t d, Shape s, const std::vector<double> &values);

    int64_t n() const
    {
        return product(shape);
    }
    int element() const;
    int64_t place(int64_t i) const; /* in elements, of row-major element i */
    double get(int64_t i) const;
    void set(int64_t i, double x);
    double at(const Shape &index) const;
    std::vector<double> values() const;
    /* The same values with the strides of a tensor whose dimensions lie in memory in this order. */
    Array in_order(const std::vector<int> &order, int64_t step = 1) const;
    /* Every other dtype's values are those that it can hold. */
    Array as(torsh_dtype_t d) const;
    torsh_view_t view() const;
};

/* Small numbers that every dtype holds exactly: multiples of 1/16 up to 2, integers up to 15, truth. */
Array some(torsh_dtype_t dtype, const Shape &shape, unsigned seed = 1);
/* Normally distributed, rounded to the dtype. */
Array normal(torsh_dtype_t dtype, const Shape &shape, unsigned seed = 1);
/* Indices in [low, high). */
Array indices(const Shape &shape, int64_t low, int64_t high, unsigned seed = 1);

struct Set {
    const char *name;
    const torsh__cpu_list_t *list;
};

/* The kernel lists of a file, of the instruction sets that this machine has. */
#define DECLARE_LISTS(file)                                                                                  \
    extern "C" const torsh__cpu_list_t torsh__cpu_##file##_base, torsh__cpu_##file##_avx2,                   \
        torsh__cpu_##file##_avx512;                                                                          \
    static std::vector<Set> file##_sets()                                                                    \
    {                                                                                                        \
        std::vector<Set> sets{{"base", &torsh__cpu_##file##_base}};                                          \
        if (has_avx2())                                                                                      \
            sets.push_back({"avx2", &torsh__cpu_##file##_avx2});                                             \
        if (has_avx512())                                                                                    \
            sets.push_back({"avx512", &torsh__cpu_##file##_avx512});                                         \
        return sets;                                                                                         \
    }

/* A generator seeded with 7. */
struct Generator {
    torsh_generator_t *g = torsh_generator_new();
    Generator()
    {
        torsh_generator_manual_seed(g, 7);
    }
    ~Generator()
    {
        torsh_generator_free(g);
    }
};

/* Text of the last failure. */
extern std::string message;

/* Runs a kernel; the compute dtype is the first result's (or input's, where there is none of it) unless
 * given. */
torsh_status_t call(const Set &set, const char *op, std::vector<const Array *> in, std::vector<Array *> out,
                    const void *params, torsh_dtype_t compute = TORSH_DTYPE_NONE,
                    torsh_generator_t *generator = nullptr);
uint32_t flags_of(const Set &set, const char *op, torsh_dtype_t compute);

/* Results are the same bits with one thread and with several. */
void expect_threads_agree(Array &out, const std::function<void()> &run);

/* Values agree within a number of roundings of the dtype, relative to the larger of each value and `floor`.
 */
void expect_close(const Array &got, const std::vector<double> &want, double roundings,
                  const std::string &what, double floor = 0);
/* Values, NaN included, are equal. */
void expect_equal(const Array &got, const std::vector<double> &want, const std::string &what);

inline torsh_dims_t dims(const Shape &v)
{
    return {v.data(), (int32_t)v.size(), 1};
}

#endif
