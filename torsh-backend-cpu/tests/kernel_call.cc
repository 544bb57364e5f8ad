// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kernel_call.h"

#include <cstring>

#include <torsh/ops/half.h>

std::string message;

namespace
{

torsh_status_t fail(torsh_status_t status, const char *format, ...)
{
    char text[1000];
    va_list list;
    va_start(list, format);
    std::vsnprintf(text, sizeof text, format, list);
    va_end(list);
    message = text;
    return status;
}

const torsh_host_t *host()
{
    static torsh_host_t h = [] {
        torsh_host_t made = torsh__host; /* its random numbers */
        made.fail = fail;
        made.parallel = host_parallel;
        made.scratch = host_scratch;
        return made;
    }();
    return &h;
}

} // namespace

Array::Array(torsh_dtype_t d, Shape s, double value) : dtype(d), shape(std::move(s)), strides(shape.size())
{
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0;) {
        strides[i] = stride;
        stride *= shape[i];
    }
    bytes.resize((size_t)(n() * element()));
    for (int64_t i = 0; i < n(); i++)
        set(i, value);
}

Array::Array(torsh_dtype_t d, Shape s, const std::vector<double> &values) : Array(d, std::move(s))
{
    for (int64_t i = 0; i < n(); i++)
        set(i, values.at((size_t)i));
}

int Array::element() const
{
    return torsh_dtype_bytes(dtype);
}

int64_t Array::place(int64_t i) const
{
    int64_t at = 0;
    for (size_t d = shape.size(); d-- > 0; i /= shape[d])
        at += i % shape[d] * strides[d];
    return at;
}

double Array::get(int64_t i) const
{
    const unsigned char *p = &bytes[(size_t)(place(i) * element())];
    auto as = [p](auto x) {
        std::memcpy(&x, p, sizeof x);
        return x;
    };
    switch (dtype) {
    case TORSH_F32:
        return as(0.0f);
    case TORSH_F64:
        return as(0.0);
    case TORSH_F16:
        return f32_from_f16(as((uint16_t)0));
    case TORSH_BF16:
        return f32_from_bf16(as((uint16_t)0));
    case TORSH_I64:
        return (double)as((int64_t)0);
    case TORSH_I32:
        return as((int32_t)0);
    default:
        return *p;
    }
}

void Array::set(int64_t i, double x)
{
    unsigned char *p = &bytes[(size_t)(place(i) * element())];
    auto put = [p](auto v) { std::memcpy(p, &v, sizeof v); };
    switch (dtype) {
    case TORSH_F32:
        put((float)x);
        break;
    case TORSH_F64:
        put(x);
        break;
    case TORSH_F16:
        put(f16_from_f32((float)x));
        break;
    case TORSH_BF16:
        put(bf16_from_f32((float)x));
        break;
    case TORSH_I64:
        put((int64_t)x);
        break;
    case TORSH_I32:
        put((int32_t)x);
        break;
    case TORSH_BOOL:
        put((uint8_t)(x != 0));
        break;
    default:
        put((uint8_t)(int64_t)x);
    }
}

double Array::at(const Shape &index) const
{
    int64_t i = 0;
    for (size_t d = 0; d < shape.size(); d++)
        i = i * shape[d] + index[d];
    return get(i);
}

std::vector<double> Array::values() const
{
    std::vector<double> v((size_t)n());
    for (int64_t i = 0; i < n(); i++)
        v[(size_t)i] = get(i);
    return v;
}

Array Array::in_order(const std::vector<int> &order, int64_t step) const
{
    Array a = *this;
    int64_t stride = step;
    for (size_t i = order.size(); i-- > 0;) {
        a.strides[(size_t)order[i]] = stride;
        stride *= shape[(size_t)order[i]];
    }
    a.bytes.assign((size_t)(stride * element()), 0xff);
    for (int64_t i = 0; i < n(); i++)
        a.set(i, get(i));
    return a;
}

Array Array::as(torsh_dtype_t d) const
{
    return Array(d, shape, values());
}

torsh_view_t Array::view() const
{
    torsh_view_t v{};
    v.ndim = given ? (int32_t)shape.size() : -1;
    v.handle = const_cast<unsigned char *>(bytes.data());
    v.shape = shape.data();
    v.strides = strides.data();
    v.n = given ? n() : 0;
    v.dtype = dtype;
    return v;
}

Array some(torsh_dtype_t dtype, const Shape &shape, unsigned seed)
{
    std::mt19937 random(seed);
    Array a(dtype, shape);
    for (int64_t i = 0; i < a.n(); i++) {
        const int r = (int)(random() % 33);
        a.set(i, is_float(dtype)       ? (r - 16) / 8.0
                 : dtype == TORSH_BOOL ? r % 2
                 : dtype == TORSH_U8   ? r % 16
                                       : r - 16);
    }
    return a;
}

Array normal(torsh_dtype_t dtype, const Shape &shape, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> draw;
    Array a(dtype, shape);
    for (int64_t i = 0; i < a.n(); i++)
        a.set(i, draw(random));
    return a;
}

Array indices(const Shape &shape, int64_t low, int64_t high, unsigned seed)
{
    std::mt19937 random(seed);
    Array a(TORSH_I64, shape);
    for (int64_t i = 0; i < a.n(); i++)
        a.set(i, (double)(low + (int64_t)(random() % (uint32_t)(high - low))));
    return a;
}

static const torsh_kernel_t *find(const Set &set, const char *op, torsh_dtype_t compute)
{
    for (int32_t i = 0; i < set.list->n; i++)
        if (!std::strcmp(set.list->kernels[i].op, op) && set.list->kernels[i].dtype == compute)
            return &set.list->kernels[i];
    ADD_FAILURE() << op << ": no kernel for dtype " << compute << " in " << set.name;
    return nullptr;
}

uint32_t flags_of(const Set &set, const char *op, torsh_dtype_t compute)
{
    const torsh_kernel_t *kernel = find(set, op, compute);
    return kernel ? kernel->flags : 0;
}

torsh_status_t call(const Set &set, const char *op, std::vector<const Array *> in, std::vector<Array *> out,
                    const void *params, torsh_dtype_t compute, torsh_generator_t *generator)
{
    torsh__cpu_host = host();
    if (compute == TORSH_DTYPE_NONE)
        compute = out[0]->dtype;
    const torsh_kernel_t *kernel = find(set, op, compute);
    if (!kernel)
        return TORSH_ERR_NOT_IMPLEMENTED;
    std::vector<torsh_view_t> views;
    for (const Array *a : in)
        views.push_back(a->view());
    for (const Array *a : out)
        views.push_back(a->view());
    torsh_call_t c{};
    c.op = op;
    c.in = views.data();
    c.out = views.data() + in.size();
    c.n_in = (int32_t)in.size();
    c.n_out = (int32_t)out.size();
    c.compute = compute;
    c.params = params;
    c.generator = generator;
    message.clear();
    return kernel->run(&c);
}

void expect_threads_agree(Array &out, const std::function<void()> &run)
{
    run();
    const auto one = out.bytes;
    for (int t : {2, 3, 5}) {
        threads = t;
        std::fill(out.bytes.begin(), out.bytes.end(), 0);
        run();
        threads = 1;
        EXPECT_TRUE(one == out.bytes) << t << " threads";
    }
}

void expect_close(const Array &got, const std::vector<double> &want, double roundings,
                  const std::string &what, double floor)
{
    ASSERT_EQ((size_t)got.n(), want.size()) << what;
    for (int64_t i = 0; i < got.n(); i++) {
        const double x = got.get(i), y = want[(size_t)i];
        if (std::isnan(y) || std::isinf(y)) {
            ASSERT_TRUE(std::isnan(y) ? std::isnan(x) : x == y)
                << what << " [" << i << "] " << x << " for " << y;
            continue;
        }
        const double size =
            std::fmax(std::fmax(std::fabs(y), floor), got.dtype == TORSH_F16 ? 0x1p-14 : 1e-300);
        ASSERT_LE(std::fabs(x - y), size * rounding(got.dtype) * roundings)
            << what << " [" << i << "] " << x << " for " << y << ", dtype " << got.dtype;
    }
}

void expect_equal(const Array &got, const std::vector<double> &want, const std::string &what)
{
    ASSERT_EQ((size_t)got.n(), want.size()) << what;
    for (int64_t i = 0; i < got.n(); i++) {
        const double x = got.get(i), y = want[(size_t)i];
        ASSERT_TRUE(x == y || (std::isnan(x) && std::isnan(y)))
            << what << " [" << i << "] " << x << " for " << y << ", dtype " << got.dtype;
    }
}
