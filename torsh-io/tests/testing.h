// SPDX-License-Identifier: MIT OR Apache-2.0
// Values and states that free themselves, files in memory, zip archives made by hand.
#ifndef TORSH_IO_TESTS_TESTING_H
#define TORSH_IO_TESTS_TESTING_H

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <owned.h>
#include <torsh/backend_cpu.h>
#include <torsh/impl/core.h>
#include <torsh/io.h>

inline const torsh_status_t backend_status = torsh__backend_cpu_register();

using Value = Owned<torsh_value_t, torsh_value_free>;
using State = Owned<torsh_state_t, torsh_state_free>;

// The value in a file's bytes, or (error) why not.
inline Value load(const std::string &bytes, std::string *error = nullptr, torsh_status_t *status = nullptr)
{
    torsh_error_t *e = nullptr;
    Value v(torsh_value_load_buffer(bytes.data(), bytes.size(), &e));
    if (status)
        *status = torsh_error_status(e);
    std::string message = take_message(e);
    if (error)
        *error = message;
    return v;
}

inline std::string load_error(const std::string &bytes)
{
    std::string error;
    Value v = load(bytes, &error);
    return v ? "it was loaded" : error;
}

inline std::string to_bytes(torsh_status_t status, void *data, size_t bytes)
{
    if (status != TORSH_OK)
        return "";
    std::string s((const char *)data, bytes);
    torsh_free(data);
    return s;
}

inline std::string save(const Value &v)
{
    void *data = nullptr;
    size_t bytes = 0;
    torsh_status_t status = torsh_value_save_buffer(v.get(), &data, &bytes, nullptr);
    return to_bytes(status, data, bytes);
}

inline std::string save_safetensors(const State &s)
{
    void *data = nullptr;
    size_t bytes = 0;
    torsh_status_t status = torsh_save_safetensors_buffer(s.get(), &data, &bytes, nullptr);
    return to_bytes(status, data, bytes);
}

inline Tensor floats(std::vector<int64_t> shape, float first = 1)
{
    size_t n = 1;
    for (int64_t d : shape)
        n *= (size_t)d;
    std::vector<float> x(n + 1);
    for (size_t i = 0; i < n; i++)
        x[i] = first + (float)i;
    return Tensor(torsh_tensor_from_array(x.data(), shape.data(), (int)shape.size(), TORSH_F32));
}

inline const float *data(const torsh_tensor_t *t)
{
    return (const float *)torsh_tensor_data_ptr(t);
}

inline State small_state()
{
    State s(torsh_state_new());
    torsh_state_set(s.get(), "fc.weight", floats({2, 3}).get());
    torsh_state_set(s.get(), "fc.bias", floats({2}, -1).get());
    torsh_state_set(s.get(), "empty", floats({0, 4}).get());
    torsh_state_set(s.get(), "scalar", floats({}).get());
    return s;
}

// A value of every kind.
inline Value checkpoint()
{
    torsh_value_t *root = torsh_value_new_dict(TORSH_CLASS_PLAIN), *list = torsh_value_new_list();
    torsh_value_t *tuple = torsh_value_new_tuple(TORSH_CLASS_PLAIN),
                  *size = torsh_value_new_tuple(TORSH_CLASS_SIZE);
    for (int64_t i : {0, 255, 65535, -1})
        torsh_value_add(list, torsh_value_new_int(i));
    torsh_value_add(list, torsh_value_new_int(INT64_MIN));
    torsh_value_add(tuple, torsh_value_new_float(0.5));
    torsh_value_add(tuple, torsh_value_retain(list));
    torsh_value_add(size, torsh_value_new_int(7));
    torsh_value_add_named(root, "state", torsh_value_retain(torsh_state_value(small_state().get())));
    torsh_value_add_named(root, "parameter", torsh_value_new_tensor(floats({3}).get(), true, true));
    torsh_value_add_named(root, "list", list);
    torsh_value_add_named(root, "tuple", tuple);
    torsh_value_add_named(root, "size", size);
    torsh_value_add_named(root, "none", torsh_value_new_none());
    torsh_value_add_named(root, "bool", torsh_value_new_bool(true));
    torsh_value_add_named(root, "text", torsh_value_new_string("a\0\xc3\xa9", 4));
    torsh_value_add_named(root, "bytes", torsh_value_new_bytes("\0\x7f\xff", 3));
    torsh_value_add_named(root, "complex", torsh_value_new_complex(1, -2));
    torsh_value_add_named(root, "dtype", torsh_value_new_dtype(TORSH_BF16));
    torsh_value_add_named(root, "device", torsh_value_new_device({TORSH_CUDA, 1}));
    torsh_value_add_pair(root, torsh_value_new_int(3), torsh_value_new_dict(TORSH_CLASS_COUNTER));
    return Value(root);
}

struct Entry {
    std::string name, data;
    bool deflated = false;
};

// A zip archive as other programs write it: sizes in the local headers, no zip64.
std::string zip(const std::vector<Entry> &entries);
// An archive as of torch.save with that data.pkl (without its PROTO 2) and storages 0, 1 ...
std::string torch_file(const std::string &pickle, const std::vector<std::string> &storages = {});
// Leaks nothing: what is alive after many calls stays as much after more. (Freed tensors are kept for reuse,
// some.)
template <class F> bool keeps_nothing(F f)
{
    for (int i = 0; i < 100; i++)
        f();
    int64_t before = torsh__live_allocations();
    for (int i = 0; i < 10; i++)
        f();
    return torsh__live_allocations() == before;
}

#endif
