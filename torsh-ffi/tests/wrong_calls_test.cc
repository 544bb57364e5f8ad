// SPDX-License-Identifier: MIT OR Apache-2.0
// Wrong arguments to every operator's _with_error function, chosen by the kinds that the operator table says:
// a result or an error with a message, never both, never a crash, nothing leaked. TORSH_TEST_STEPS: how many
// mixed calls an operator.
#include <cmath>
#include <sstream>

#include "op_call.h"
#include "training.h"

#ifdef __SANITIZE_ADDRESS__ // a request for too much memory is answered with NULL, as elsewhere
extern "C" const char *__asan_default_options()
{
    return "allocator_may_return_null=1";
}
#endif

enum { HUGE_BITS = 62, MAX_ARGS = 16 };
static const int64_t HUGE = (int64_t)1 << HUGE_BITS;

// ---- values: the first ones of each kind are what calls usually have, the rest is wrong more often than not

static Tensor filled(std::vector<int64_t> shape, torsh_dtype_t dtype, double value)
{
    return Tensor(torsh_full_with_error(shape.data(), (int)shape.size(), torsh_scalar_f(value), dtype, -1,
                                        {TORSH_CPU, 0}, nullptr, nullptr));
}

static Tensor viewed(Tensor t, torsh_tensor_t *(*view)(const torsh_tensor_t *))
{
    return Tensor(view(t.get()));
}

static torsh_tensor_t *expanded(const torsh_tensor_t *t)
{
    const int64_t size[] = {2, 3};
    return torsh_expand(t, size, 2);
}

static torsh_tensor_t *without_memory(const torsh_tensor_t *t)
{
    return torsh_to_device(t, {TORSH_META, 0}, TORSH_F32);
}

static Tensor leaf()
{
    Tensor t = filled({2, 3}, TORSH_F32, 1);
    torsh_tensor_set_requires_grad(t.get(), true);
    return t;
}

static const std::vector<Tensor (*)()> GOOD_TENSORS = {
    [] { return filled({2, 3}, TORSH_F32, 1); },       [] { return filled({3}, TORSH_F32, 1); },
    [] { return filled({2, 3}, TORSH_I64, 1); },       [] { return filled({3, 2}, TORSH_F32, 1); },
    [] { return filled({2, 3}, TORSH_BOOL, 1); },      [] { return filled({1, 3, 4, 4}, TORSH_F32, 1); },
    [] { return filled({2, 3, 2, 2}, TORSH_F32, 1); }, [] { return filled({}, TORSH_I64, 1); },
    [] { return filled({2, 2}, TORSH_F32, 1); },       [] { return filled({2}, TORSH_I64, 1); },
    [] { return filled({2, 3, 3}, TORSH_F32, 1); },    [] { return filled({}, TORSH_F32, 1); },
};

static const std::vector<Tensor (*)()> WRONG_TENSORS = {
    [] { return Tensor(); },
    [] {
        return filled({7, 5}, TORSH_F32, 1);
    },
    [] {
        return filled({2, 3, 2, 3, 2}, TORSH_F32, 1);
    },
    [] { return filled({0}, TORSH_F32, 1); },
    [] {
        return filled({0, 3}, TORSH_I64, 1);
    },
    [] { return filled({2}, TORSH_I64, 99); },
    [] {
        return filled({2, 3}, TORSH_I64, -1e18);
    },
    [] { return filled({3}, TORSH_BOOL, 0); },
    [] {
        return filled({2, 3}, TORSH_F64, NAN);
    },
    [] {
        return filled({2, 3}, TORSH_BF16, INFINITY);
    },
    [] {
        return filled({2, 3}, TORSH_I32, 1);
    },
    [] { return filled({}, TORSH_F32, NAN); },
    [] {
        return viewed(filled({2, 3}, TORSH_F32, 1), torsh_t);
    },
    [] { return viewed(filled({1}, TORSH_F32, 1), expanded); },
    [] {
        return viewed(filled({2, 3}, TORSH_F32, 1), without_memory);
    },
    [] { return leaf(); },
};

template <class T> struct Choice {
    std::vector<T> good, wrong;
};

static const Choice<std::vector<int64_t>> DIMS = {
    {{1, 0}, {2, 3}, {2, 2}, {0}, {3}, {1, 1}, {3, 2}, {1, 2}, {}},
    {{HUGE},
     {HUGE, HUGE},
     {INT64_MAX, 2},
     {INT64_MIN},
     {-1, -1},
     {-7},
     {0, 0},
     {99},
     {1, 2, 3},
     std::vector<int64_t>(64, 1),
     std::vector<int64_t>(65, 1),
     std::vector<int64_t>(40, 99)}};
static const Choice<int64_t> INTS = {{1, 0}, {99, -99, HUGE, -HUGE, INT64_MAX, INT64_MIN, -1}};
static const Choice<double> FLOATS = {{0.5}, {NAN, INFINITY, -1, 1e308, 0}};
static const Choice<int> FLAGS = {{1, 0}, {2, -1, INT32_MAX, INT32_MIN}};
static const Choice<int> DTYPES = {{TORSH_F32, TORSH_DTYPE_NONE},
                                   {TORSH_BOOL, TORSH_C128, TORSH_U64, 99, -2, 8}};
static const Choice<int> LAYOUTS = {{0, -1}, {99, -9, INT32_MIN}};
static const Choice<torsh_device_t> DEVICES = {{{TORSH_CPU, 0}, {-1, -1}},
                                               {{TORSH_CUDA, 0}, {TORSH_META, 0}, {7, 0}, {0, 99}, {-3, -3}}};
static const Choice<const char *> TEXTS = {{"none", "floor"}, {"nonsense", "", nullptr}};

static std::vector<torsh_scalar_t> wrong_scalars()
{
    torsh_scalar_t unknown = torsh_scalar_i(1), none = torsh_scalar_i(0);
    unknown.kind = 99, none.kind = TORSH_SCALAR_NONE;
    return {torsh_scalar_f(NAN),
            torsh_scalar_i(INT64_MIN),
            torsh_scalar_f(1e308),
            torsh_scalar_c(1, 2),
            unknown,
            none};
}
static const Choice<torsh_scalar_t> SCALARS = {{torsh_scalar_i(2), torsh_scalar_f(1)}, wrong_scalars()};

// ---- a call

// The arguments of a call, and what they point to. Number n of a kind's values: good ones first.
struct Arguments {
    torsh__value_t v[MAX_ARGS] = {};
    std::vector<Tensor> tensors;
    std::vector<const torsh_tensor_t *> lists[MAX_ARGS];

    torsh_tensor_t *keep(Tensor t)
    {
        tensors.push_back(std::move(t));
        return tensors.back().get();
    }

    template <class T> static const T &pick(const Choice<T> &c, size_t n)
    {
        return n < c.good.size() ? c.good[n] : c.wrong[n - c.good.size()];
    }

    void set(size_t i, const std::string &kind, size_t n)
    {
        torsh__value_t &a = v[i];
        a.given = true;
        if (kind == "tensor" || kind == "out" || kind == "tensor_opt") {
            if (kind == "tensor_opt" && n-- == 0)
                return;
            a.tensor =
                keep(n < GOOD_TENSORS.size() ? GOOD_TENSORS[n]() : WRONG_TENSORS[n - GOOD_TENSORS.size()]());
        } else if (kind == "tensor_list" || kind == "out_list") {
            lists[i] = {keep(GOOD_TENSORS[0]()), keep(n == 3 ? WRONG_TENSORS[1]() : GOOD_TENSORS[0]())};
            if (n == 4)
                lists[i][1] = nullptr;
            a.list.v = n == 2 || n == 5 ? nullptr : lists[i].data();
            a.list.n = n == 1 ? 1 : n == 5 ? 0 : n == 6 ? -1 : 2;
        } else if (kind == "dims" || kind == "dims_opt") {
            if (n < DIMS.good.size() + DIMS.wrong.size()) {
                const auto &d = pick(DIMS, n);
                a.dims.v = d.empty() && kind == "dims_opt" ? nullptr : d.data();
                a.dims.n = (int)d.size();
            } else {
                a.dims.v = n % 2 ? nullptr : DIMS.good[1].data();
                a.dims.n = n % 2 ? 3 : -1;
            }
        } else if (kind == "number" || kind == "scalar" || kind == "scalar_opt") {
            a.scalar = pick(SCALARS, n);
            a.given = n > 0;
        } else if (kind == "int" || kind == "int_opt") {
            a.i = pick(INTS, n);
            a.given = n > 0;
        } else if (kind == "float" || kind == "float_opt") {
            a.f = pick(FLOATS, n);
        } else if (kind == "bool" || kind == "bool_opt") {
            a.flag = pick(FLAGS, n);
        } else if (kind == "dtype") {
            a.dtype = (torsh_dtype_t)pick(DTYPES, n);
        } else if (kind == "layout" || kind == "memory_format") {
            a.flag = pick(LAYOUTS, n);
        } else if (kind == "device") {
            a.device = pick(DEVICES, n);
        } else if (kind == "enum") {
            a.text = pick(TEXTS, n);
        } else if (kind == "generator") {
            a.generator = n ? torsh_default_generator() : nullptr;
        } else {
            ADD_FAILURE() << "no values for an argument of kind " << kind;
        }
    }
};

template <class T> static std::pair<size_t, size_t> count(const Choice<T> &c)
{
    return {c.good.size(), c.good.size() + c.wrong.size()};
}

// How many values a kind has: good ones, all.
static std::pair<size_t, size_t> choices(const std::string &kind)
{
    const size_t tensors = GOOD_TENSORS.size(), all = tensors + WRONG_TENSORS.size();
    if (kind == "tensor" || kind == "out")
        return {tensors, all};
    if (kind == "tensor_opt")
        return {tensors + 1, all + 1};
    if (kind == "tensor_list" || kind == "out_list")
        return {2, 7};
    if (kind == "dims" || kind == "dims_opt")
        return {DIMS.good.size(), DIMS.good.size() + DIMS.wrong.size() + 2};
    if (kind == "number" || kind == "scalar" || kind == "scalar_opt")
        return count(SCALARS);
    if (kind == "int" || kind == "int_opt")
        return count(INTS);
    if (kind == "float" || kind == "float_opt")
        return count(FLOATS);
    if (kind == "bool" || kind == "bool_opt")
        return count(FLAGS);
    if (kind == "dtype")
        return count(DTYPES);
    if (kind == "layout" || kind == "memory_format")
        return count(LAYOUTS);
    if (kind == "device")
        return count(DEVICES);
    if (kind == "enum")
        return count(TEXTS);
    return {2, 2};
}

class Caller
{
  public:
    explicit Caller(const op_call_t &op) : op_(op), kinds_(words(op.kinds))
    {
    }

    const std::vector<std::string> &kinds() const
    {
        return kinds_;
    }

    // Calls with value number pick[i] for each argument and checks the answer; returns its status.
    torsh_status_t operator()(const std::vector<size_t> &pick, bool with_error = true)
    {
        Arguments a;
        for (size_t i = 0; i < kinds_.size(); i++)
            a.set(i, kinds_[i], pick[i]);
        torsh_tensor_t *more[4] = {};
        torsh_error_t *error = nullptr;
        torsh_tensor_t *result = op_.call(a.v, more, with_error ? &error : nullptr);
        if (!with_error)
            error = torsh_error_take();
        torsh_status_t status = torsh_error_status(error);
        const std::string text = error ? torsh_error_message(error) : "";
        EXPECT_EQ(result == nullptr, error != nullptr) << describe(pick) << text;
        EXPECT_EQ(torsh_last_error(), nullptr) << describe(pick) << failure();
        if (error) {
            EXPECT_NE(status, TORSH_ERR_INTERNAL) << describe(pick) << text;
            EXPECT_GT(text.size(), 8u) << describe(pick);
        }
        torsh_error_free(error);
        if (op_.returns_list)
            torsh_tensor_list_free((torsh_tensor_list_t *)result);
        else
            torsh_tensor_free(result);
        for (torsh_tensor_t *t : more) {
            EXPECT_TRUE(result || !t) << describe(pick) << "a further result beside an error";
            torsh_tensor_free(t);
        }
        return status;
    }

    // Value numbers of a call that succeeds; empty if none is found.
    std::vector<size_t> good(uint64_t *random)
    {
        std::vector<size_t> pick(kinds_.size());
        if (strcmp(op_.name, "torsh_nll_loss_backward") == 0)
            pick = {11, 0, 9, 0, 0, 0, 11}; // chance would take too long
        for (int tries = 0; tries < 200000; tries++) {
            if ((*this)(pick) == TORSH_OK)
                return pick;
            for (size_t i = 0; i < pick.size(); i++)
                pick[i] = next(random) % choices(kinds_[i]).first;
        }
        return {};
    }

    static size_t next(uint64_t *random)
    {
        *random = *random * 6364136223846793005u + 1442695040888963407u; // Knuth's MMIX
        return (size_t)(*random >> 33);
    }

  private:
    std::string describe(const std::vector<size_t> &pick) const
    {
        std::string s = std::string(op_.name) + ":";
        for (size_t i = 0; i < pick.size(); i++)
            s += " " + kinds_[i] + " " + std::to_string(pick[i]);
        return s + "; ";
    }

    const op_call_t &op_;
    std::vector<std::string> kinds_;
};

static int mixed_calls()
{
    const char *text = getenv("TORSH_TEST_STEPS");
    return text ? atoi(text) : 200;
}

static int64_t host_alive()
{
    torsh__objects_trim();
    return torsh__live_allocations();
}

TEST(wrong_calls, each_is_refused_or_done)
{
    uint64_t random = 1;
    int calls = 0, refused = 0;
    for (int k = 0; k < n_op_calls; k++) {
        const op_call_t &op = op_calls[k];
        Caller call(op);
        const std::vector<size_t> good = call.good(&random);
        if (good.empty() && !call.kinds().empty()) {
            ADD_FAILURE() << op.name << ": no call that succeeds was found";
            continue;
        }
        const int64_t before = host_alive();
        for (size_t i = 0; i < good.size(); i++) {
            const std::string &kind = call.kinds()[i];
            for (size_t n = 0; n < choices(kind).second; n++) {
                std::vector<size_t> pick = good;
                pick[i] = n;
                const torsh_status_t status = call(pick, n % 2);
                if ((kind == "tensor" || kind == "out") && n == GOOD_TENSORS.size()) {
                    EXPECT_EQ(status, TORSH_ERR_NULL) << op.name << ": argument " << i << " is NULL";
                }
                calls++, refused += status != TORSH_OK;
            }
        }
        for (int j = 0; j < mixed_calls() && !good.empty(); j++) {
            std::vector<size_t> pick = good;
            for (size_t i = 0; i < pick.size(); i++)
                if (Caller::next(&random) % 3 == 0)
                    pick[i] = Caller::next(&random) % choices(call.kinds()[i]).second;
            calls++, refused += call(pick, j % 2) != TORSH_OK;
        }
        EXPECT_EQ(host_alive(), before) << op.name << " leaks";
    }
    printf("%d calls of %d functions, %d refused\n", calls, n_op_calls, refused);
    EXPECT_GT(calls, 20000);
    EXPECT_GT(refused, calls / 5);
}

TEST(wrong_calls, after_an_error_that_nobody_read_operators_on_null_do_nothing)
{
    const Tensor a = filled({2}, TORSH_F32, 0), b = filled({3}, TORSH_F32, 0);
    EXPECT_EQ(torsh_add(a.get(), b.get()), nullptr);
    int n = 0;
    for (int k = 0; k < n_op_calls; k++)
        if ((op_calls[k].kinds + std::string(" ")).rfind("tensor ", 0) == 0) {
            const torsh__value_t nothing[MAX_ARGS] = {};
            torsh_tensor_t *more[4];
            EXPECT_EQ(op_calls[k].call(nothing, more, nullptr), nullptr) << op_calls[k].name;
            n++;
        }
    EXPECT_GT(n, 100);
    EXPECT_NE(failure().find("The size of tensor a (2) must match the size of tensor b (3)"),
              std::string::npos);
}

// ---- every exported function, all of whose arguments are NULL or 0

static void release(torsh_tensor_t *t)
{
    torsh_tensor_free(t);
}
static void release(torsh_tensor_list_t *t)
{
    torsh_tensor_list_free(t);
}
static void release(torsh_module_t *m)
{
    torsh_module_free(m);
}
static void release(torsh_optimizer_t *o)
{
    torsh_optimizer_free(o);
}
static void release(torsh_state_t *s)
{
    torsh_state_free(s);
}
static void release(torsh_value_t *v)
{
    torsh_value_free(v);
}
static void release(torsh_memory_pool_t *p)
{
    torsh_memory_pool_free(p);
}
static void release(torsh_saved_t *s)
{
    torsh_saved_free(s);
}
static void release(void *p)
{
    torsh_free(p);
}
template <class T> static void release(const T &)
{
}

template <class R, class... Args> static bool call_with_nothing(const char *name, R (*f)(Args...))
{
    if constexpr (sizeof...(Args) == 0) {
        return false;
    } else {
        SCOPED_TRACE(name);
        if constexpr (std::is_void_v<R>)
            f(Args{}...);
        else {
            R result = f(Args{}...);
            if constexpr (std::is_same_v<R, torsh_status_t>) {
                EXPECT_EQ(result != TORSH_OK, torsh_last_error() != nullptr);
            }
            release(result);
        }
        if (torsh_last_error()) {
            EXPECT_GT(strlen(torsh_error_message(torsh_last_error())), 8u);
        }
        torsh_clear_error();
        return true;
    }
}

TEST(wrong_calls, every_exported_function_takes_nothing_at_all)
{
    int calls = 0;
    const int threads = torsh_get_num_threads();
#define X(name) calls += call_with_nothing(#name, name);
#include <exported_names.h>
#undef X
    EXPECT_GT(calls, 800);
    EXPECT_EQ(torsh_get_num_threads(), threads);
}

TEST(wrong_calls, a_scalar_holds_a_number_of_a_known_kind)
{
    const int64_t shape[] = {2};
    torsh_tensor_t *a = torsh_ones(shape, 1);
    for (int kind : {-1, 0, TORSH_SCALAR_COMPLEX + 1, 77}) {
        torsh_scalar_t alpha = torsh_scalar_i(1);
        alpha.kind = static_cast<decltype(alpha.kind)>(kind);
        torsh_error_t *error = nullptr;
        EXPECT_EQ(torsh_add_with_error(a, a, alpha, &error), nullptr) << kind;
        ASSERT_NE(error, nullptr) << kind;
        EXPECT_STREQ(torsh_error_message(error), "add.Tensor: alpha holds no number") << kind;
        torsh_error_free(error);
    }
    torsh_tensor_free(a);
}
