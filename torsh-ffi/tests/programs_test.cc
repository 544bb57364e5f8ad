// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs programs.txt, which says how it is read, through the C ABI: every bit as expected.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <list>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <owned.h>

#include "op_call.h"

namespace
{
std::vector<std::string> split(const std::string &text, char separator)
{
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);)
        out.push_back(part);
    return out;
}

[[noreturn]] void refuse(const std::string &what)
{
    throw std::runtime_error(what);
}

torsh_dtype_t dtype_of(const std::string &name)
{
    for (int d = TORSH_U8; d <= TORSH_U64; d++)
        if (name == torsh_dtype_name((torsh_dtype_t)d))
            return (torsh_dtype_t)d;
    refuse("no dtype is called " + name);
}

std::vector<int64_t> ints(const std::string &text)
{
    std::vector<int64_t> out;
    for (const std::string &n : split(text, ','))
        if (n != "-")
            out.push_back(std::stoll(n));
    return out;
}

bool is_float(const std::string &text)
{
    return text.find_first_of(".xni") != std::string::npos || text.find('e') != std::string::npos;
}

torsh_scalar_t scalar(const std::string &text)
{
    if (text == "true" || text == "false")
        return torsh_scalar_b(text == "true");
    return is_float(text) ? torsh_scalar_f(std::strtod(text.c_str(), nullptr))
                          : torsh_scalar_i(std::stoll(text));
}

torsh_scalar_t item(const torsh_tensor_t *t, int64_t i)
{
    const int64_t all[] = {-1};
    Tensor flat(torsh_reshape(t, all, 1)), one(torsh_select(flat.get(), 0, i));
    torsh_scalar_t value = {};
    EXPECT_EQ(torsh_tensor_item(one.get(), &value), TORSH_OK) << failure();
    return value;
}

bool same(torsh_scalar_t a, torsh_scalar_t b)
{
    if (a.kind != TORSH_SCALAR_FLOAT)
        return a.v.i == b.v.i;
    return std::isnan(a.v.f) ? std::isnan(b.v.f) : a.v.i == b.v.i;
}

struct Machine {
    std::map<std::string, Tensor> names;
    std::list<std::vector<int64_t>> dims; // alive during a call
    std::list<std::vector<const torsh_tensor_t *>> lists;

    torsh_tensor_t *named(const std::string &name)
    {
        const auto found = names.find(name);
        if (found == names.end())
            refuse("no tensor is called " + name);
        return found->second.get();
    }

    // `float32 2,3 : 1 2 …`
    Tensor tensor(const std::vector<std::string> &text)
    {
        const std::vector<int64_t> shape = ints(text[1]);
        std::vector<double> floats;
        std::vector<int64_t> integers;
        const torsh_dtype_t dtype = dtype_of(text[0]);
        for (size_t i = 3; i < text.size(); i++) {
            floats.push_back(std::strtod(text[i].c_str(), nullptr));
            integers.push_back(torsh_dtype_is_floating(dtype) ? 0 : std::stoll(text[i]));
        }
        const bool floating = torsh_dtype_is_floating(dtype);
        Tensor wide(torsh_tensor_from_array(floating ? (void *)floats.data() : (void *)integers.data(),
                                            shape.data(), (int)shape.size(),
                                            floating ? TORSH_F64 : TORSH_I64));
        return Tensor(torsh_to_dtype(wide.get(), dtype));
    }

    torsh__value_t argument(const std::string &kind, const std::string &text)
    {
        torsh__value_t v = {};
        v.given = text != "none";
        if (kind == "tensor_list") {
            lists.emplace_back();
            for (const std::string &name : split(text.substr(1, text.size() - 2), ','))
                lists.back().push_back(named(name));
            v.list.v = lists.back().data();
            v.list.n = (int)lists.back().size();
        } else if (kind.rfind("tensor", 0) == 0) {
            v.tensor = v.given ? named(text) : nullptr;
        } else if (kind.rfind("dims", 0) == 0 && v.given) {
            const bool listed = text[0] == '[';
            dims.push_back(ints(listed ? text.substr(1, text.size() - 2) : text));
            v.dims.v = dims.back().data();
            v.dims.n = (int)dims.back().size();
        } else if (kind == "number" || kind.rfind("scalar", 0) == 0) {
            v.scalar = v.given ? scalar(text) : torsh_scalar_t{};
        } else if (kind.rfind("int", 0) == 0) {
            v.i = v.given ? std::stoll(text) : 0;
        } else if (kind.rfind("float", 0) == 0) {
            v.f = v.given ? std::strtod(text.c_str(), nullptr) : 0;
        } else if (kind.rfind("bool", 0) == 0) {
            v.flag = text == "true";
        } else if (kind == "dtype") {
            v.dtype = v.given ? dtype_of(text) : TORSH_DTYPE_NONE;
        } else {
            refuse("no program may give an argument of kind " + kind);
        }
        return v;
    }

    // An operator's results; none: *error says why.
    std::vector<Tensor> call(const std::vector<std::string> &text, torsh_error_t **error)
    {
        const op_call_t *op = op_calls;
        while (op < op_calls + n_op_calls && op->overload != text[0])
            op++;
        if (op == op_calls + n_op_calls)
            refuse("no operator is called " + text[0]);
        const std::vector<std::string> kinds = words(op->kinds), args = words(op->names);
        torsh__value_t v[16] = {};
        for (int i = 0; i < op->n_args && op->defaults; i++)
            v[i] = op->defaults[i];
        std::list<std::string> texts;
        for (size_t i = 1; i < text.size(); i++) {
            const size_t equals = text[i].find('=');
            const bool keyword = equals != std::string::npos;
            const size_t slot =
                keyword
                    ? (size_t)(std::find(args.begin(), args.end(), text[i].substr(0, equals)) - args.begin())
                    : i - 1;
            if (slot >= (size_t)op->n_args)
                refuse(text[0] + " has no argument for " + text[i]);
            const std::string value = keyword ? text[i].substr(equals + 1) : text[i];
            if (kinds[slot] == "enum") {
                texts.push_back(value.substr(1, value.size() - 2));
                v[slot].text = texts.back().c_str();
            } else {
                v[slot] = argument(kinds[slot], value);
            }
        }
        torsh_tensor_t *more[4] = {}, *first = op->call(v, more, error);
        std::vector<Tensor> out;
        if (first && op->returns_list) {
            auto *list = (torsh_tensor_list_t *)first;
            for (int i = 0; i < torsh_tensor_list_n(list); i++)
                out.emplace_back(torsh_tensor_retain(torsh_tensor_list_get(list, i)));
            torsh_tensor_list_free(list);
        } else if (first) {
            out.emplace_back(first);
            for (int i = 0; i + 1 < op->n_results; i++)
                out.emplace_back(more[i]);
        }
        dims.clear();
        lists.clear();
        return out;
    }

    void expect(const std::vector<std::string> &text)
    {
        const torsh_tensor_t *t = named(text[1]);
        const std::vector<int64_t> shape = ints(text[3]);
        ASSERT_EQ(torsh_dtype_name(torsh_tensor_dtype(t)), text[2]);
        ASSERT_EQ(std::vector<int64_t>(torsh_tensor_shape(t), torsh_tensor_shape(t) + torsh_tensor_ndim(t)),
                  shape);
        ASSERT_EQ(torsh_tensor_numel(t), (int64_t)text.size() - 5);
        const Tensor wanted = tensor({text.begin() + 2, text.end()});
        for (int64_t i = 0; i < torsh_tensor_numel(t); i++)
            EXPECT_TRUE(same(item(t, i), item(wanted.get(), i)))
                << "element " << i << " is " << item(t, i).v.f << ", expected " << text[5 + i];
    }

    void run(const std::string &line)
    {
        std::vector<std::string> text = words(line);
        if (text[0] == "seed") {
            torsh_manual_seed(std::stoull(text[1]));
        } else if (text[0] == "requires_grad") {
            EXPECT_EQ(torsh_tensor_set_requires_grad(named(text[1]), true), TORSH_OK);
        } else if (text[0] == "backward") {
            EXPECT_EQ(torsh_backward(named(text[1]), false), TORSH_OK) << failure();
        } else if (text[0] == "expect") {
            expect(text);
        } else if (text[0] == "error") {
            torsh_error_t *error = nullptr;
            EXPECT_TRUE(call({text.begin() + 2, text.end()}, &error).empty());
            EXPECT_STREQ(torsh_status_name(torsh_error_status(error)), text[1].c_str());
            torsh_error_free(error);
        } else {
            assign(line);
        }
    }

    void assign(const std::string &line)
    {
        const size_t equals = line.find(" = ");
        const std::vector<std::string> text = words(line.substr(equals + 3));
        std::vector<Tensor> results;
        torsh_error_t *error = nullptr;
        if (text[0] == "tensor")
            results.push_back(tensor({text.begin() + 1, text.end()}));
        else if (text[0] == "grad")
            results.emplace_back(torsh_tensor_retain(torsh_tensor_grad(named(text[1]))));
        else
            results = call(text, &error);
        const std::vector<std::string> to = split(line.substr(0, equals), ',');
        ASSERT_EQ(results.size(), to.size()) << take_message(error);
        for (size_t i = 0; i < to.size(); i++)
            names[words(to[i])[0]] = std::move(results[i]);
    }
};
} // namespace

TEST(programs, give_the_expected_bits)
{
    ASSERT_EQ(torsh_init(), TORSH_OK);
    ASSERT_EQ(torsh_set_backend("cpu-portable"), TORSH_OK);
    std::ifstream file("torsh-ffi/tests/programs.txt");
    Machine machine;
    int programs = 0, number = 0;
    for (std::string line; std::getline(file, line);) {
        number++;
        line = line.substr(0, line.find('#'));
        if (words(line).empty())
            continue;
        SCOPED_TRACE(std::to_string(number) + ": " + line);
        if (line.rfind("program ", 0) == 0) {
            machine = {};
            programs++;
        } else {
            ASSERT_NO_THROW(machine.run(line));
        }
    }
    EXPECT_GE(programs, 20);
    machine = {};
    torsh_cleanup();
}
