# SPDX-License-Identifier: MIT OR Apache-2.0
"""The C calls of <torsh/io.h> from Python, and values between C and Python: torch's objects on this side."""

from __future__ import annotations

import ctypes as c
import os
from collections import Counter, OrderedDict
from typing import Any

import torch

p, i64, size_t = c.c_void_p, c.c_int64, c.c_size_t

lib = c.CDLL(os.environ.get("TORSH_IO_LIBRARY", "libtorsh-io.so.0"), mode=c.RTLD_GLOBAL)


class Device(c.Structure):
    _fields_ = [("kind", c.c_int32), ("index", c.c_int32)]


def _declare(name: str, result: Any, *args: Any) -> Any:
    function = getattr(lib, name)
    function.restype, function.argtypes = result, args
    return function


def _declare_all() -> None:
    for name, arg in {
        "bool": c.c_int,
        "int": i64,
        "float": c.c_double,
        "dtype": c.c_int,
        "device": Device,
        "tuple": c.c_int,
        "dict": c.c_int,
    }.items():
        _declare("torsh_value_new_" + name, p, arg)
    _declare("torsh_value_new_none", p)
    _declare("torsh_value_new_list", p)
    _declare("torsh_value_new_complex", p, c.c_double, c.c_double)
    _declare("torsh_value_new_string", p, c.c_char_p, size_t)
    _declare("torsh_value_new_bytes", p, c.c_char_p, size_t)
    _declare("torsh_value_new_tensor", p, p, c.c_int, c.c_int)
    _declare("torsh_value_retain", p, p)
    _declare("torsh_value_free", None, p)
    _declare("torsh_value_add", c.c_int, p, p)
    _declare("torsh_value_add_pair", c.c_int, p, p, p)
    _declare("torsh_value_set_attributes", c.c_int, p, p)
    for name, result in {
        "kind": c.c_int,
        "class": c.c_int,
        "bool": c.c_bool,
        "int": i64,
        "float": c.c_double,
        "dtype": c.c_int,
        "device": Device,
        "tensor": p,
        "requires_grad": c.c_bool,
        "is_parameter": c.c_bool,
        "n": i64,
        "attributes": p,
    }.items():
        _declare("torsh_value_" + name, result, p)
    _declare("torsh_value_complex", None, p, c.POINTER(c.c_double), c.POINTER(c.c_double))
    _declare("torsh_value_string", p, p, c.POINTER(size_t))
    _declare("torsh_value_item", p, p, i64)
    _declare("torsh_value_key", p, p, i64)
    error = c.POINTER(p)
    _declare("torsh_value_load", p, c.c_char_p, error)
    _declare("torsh_value_load_buffer", p, c.c_char_p, size_t, error)
    _declare("torsh_value_save", c.c_int, p, c.c_char_p, error)
    _declare("torsh_value_save_buffer", c.c_int, p, c.POINTER(p), c.POINTER(size_t), error)
    _declare("torsh_state_from_value", p, p, error)
    _declare("torsh_state_free", None, p)
    _declare("torsh_save_safetensors", c.c_int, p, c.c_char_p, error)
    _declare("torsh_error_message", c.c_char_p, p)
    _declare("torsh_error_take", p)
    _declare("torsh_error_free", None, p)
    _declare("torsh_free", None, p)
    _declare("torsh_tensor_from_array", p, p, c.POINTER(i64), c.c_int, c.c_int)
    _declare("torsh_tensor_free", None, p)
    _declare("torsh_tensor_ndim", c.c_int, p)
    _declare("torsh_tensor_shape", c.POINTER(i64), p)
    _declare("torsh_tensor_strides", c.POINTER(i64), p)
    _declare("torsh_tensor_dtype", c.c_int, p)
    _declare("torsh_tensor_storage", p, p)
    _declare("torsh_tensor_storage_offset", i64, p)
    _declare("torsh_tensor_storage_bytes", i64, p)
    _declare("torsh_tensor_data_ptr", p, p)


_declare_all()
# libtorsh.so.0 has an init; of the separate libraries the backend registers itself on request
for _name in ("torsh_init", "torsh__backend_cpu_register"):
    if hasattr(lib, _name):
        getattr(lib, _name)()
        break

NONE, BOOL, INT, FLOAT, STRING, LIST, TUPLE, DICT, TENSOR, BYTES, COMPLEX, DTYPE, DEVICE = range(13)
PLAIN, ORDERED_DICT, COUNTER, SIZE = range(4)
DTYPES = {
    0: torch.uint8,
    1: torch.int8,
    2: torch.int16,
    3: torch.int32,
    4: torch.int64,
    5: torch.float16,
    6: torch.float32,
    7: torch.float64,
    9: torch.complex64,
    10: torch.complex128,
    11: torch.bool,
    15: torch.bfloat16,
    27: torch.uint16,
    28: torch.uint32,
    29: torch.uint64,
}
DTYPE_VALUES = {dtype: value for value, dtype in DTYPES.items()}
DEVICES = ["cpu", "cuda", "vulkan", "meta"]


class Error(Exception):
    pass


def _raise(error: Any) -> None:
    message = lib.torsh_error_message(error).decode()
    lib.torsh_error_free(error)
    raise Error(message)


def _storage(handle: int, storages: dict[int, torch.UntypedStorage]) -> torch.UntypedStorage:
    """A copy of the C storage, the same for all tensors on it."""
    key = lib.torsh_tensor_storage(handle)
    if key not in storages:
        nbytes = lib.torsh_tensor_storage_bytes(handle)
        storage = torch.UntypedStorage(nbytes)
        offset = lib.torsh_tensor_storage_offset(handle) * DTYPES[lib.torsh_tensor_dtype(handle)].itemsize
        if nbytes:
            c.memmove(storage.data_ptr(), lib.torsh_tensor_data_ptr(handle) - offset, nbytes)
        storages[key] = storage
    return storages[key]


def _tensor_to_python(value: int, storages: dict[int, torch.UntypedStorage]) -> torch.Tensor:
    handle = lib.torsh_value_tensor(value)
    n = lib.torsh_tensor_ndim(handle)
    t = torch.empty(0, dtype=DTYPES[lib.torsh_tensor_dtype(handle)])
    t.set_(
        _storage(handle, storages),
        lib.torsh_tensor_storage_offset(handle),
        tuple(lib.torsh_tensor_shape(handle)[:n]),
        tuple(lib.torsh_tensor_strides(handle)[:n]),
    )
    if lib.torsh_value_is_parameter(value):
        return torch.nn.Parameter(t, requires_grad=lib.torsh_value_requires_grad(value))
    return t.requires_grad_() if lib.torsh_value_requires_grad(value) else t


def to_python(value: int, seen: dict[int, Any] | None = None, storages: dict | None = None) -> Any:
    """What torch.load gives for the same file; a value in several places becomes one object."""
    seen = {} if seen is None else seen
    storages = {} if storages is None else storages
    if value not in seen:
        seen[value] = _to_python(value, seen, storages)
    return seen[value]


def _to_python(value: int, seen: dict[int, Any], storages: dict) -> Any:
    kind, python_class, n = (
        lib.torsh_value_kind(value),
        lib.torsh_value_class(value),
        lib.torsh_value_n(value),
    )
    if kind in (LIST, TUPLE):
        items = [to_python(lib.torsh_value_item(value, i), seen, storages) for i in range(n)]
        return items if kind == LIST else torch.Size(items) if python_class == SIZE else tuple(items)
    if kind == DICT:
        pairs = {
            to_python(lib.torsh_value_key(value, i), seen, storages): to_python(
                lib.torsh_value_item(value, i), seen, storages
            )
            for i in range(n)
        }
        result = {PLAIN: dict, ORDERED_DICT: OrderedDict, COUNTER: Counter}[python_class](pairs)
        if attributes := lib.torsh_value_attributes(value):
            result.__dict__.update(to_python(attributes, seen, storages))
        return result
    if kind in (STRING, BYTES):
        size = size_t()
        data = c.string_at(lib.torsh_value_string(value, size), size.value)
        return data.decode() if kind == STRING else data
    if kind == COMPLEX:
        real, imag = c.c_double(), c.c_double()
        lib.torsh_value_complex(value, real, imag)
        return complex(real.value, imag.value)
    if kind == TENSOR:
        return _tensor_to_python(value, storages)
    if kind == DTYPE:
        return DTYPES[lib.torsh_value_dtype(value)]
    if kind == DEVICE:
        device = lib.torsh_value_device(value)
        return (
            torch.device(DEVICES[device.kind], device.index)
            if device.index >= 0
            else torch.device(DEVICES[device.kind])
        )
    get = {
        NONE: lambda v: None,
        BOOL: lib.torsh_value_bool,
        INT: lib.torsh_value_int,
        FLOAT: lib.torsh_value_float,
    }[kind]
    return get(value)


def _tensor_from_python(t: torch.Tensor) -> int:
    dense = t.detach().contiguous()
    handle = lib.torsh_tensor_from_array(
        dense.data_ptr() or None, (i64 * max(1, t.dim()))(*t.shape), t.dim(), DTYPE_VALUES[t.dtype]
    )
    value = lib.torsh_value_new_tensor(handle, t.requires_grad, isinstance(t, torch.nn.Parameter))
    lib.torsh_tensor_free(handle)
    return value


def from_python(x: Any, seen: dict[int, int] | None = None) -> int:
    """The caller owns the result. Tensors are copied, each to a storage of its own."""
    seen = {} if seen is None else seen
    if id(x) not in seen:
        seen[id(x)] = _from_python(x, seen)
        return seen[id(x)]
    return lib.torsh_value_retain(seen[id(x)])


def _from_python(x: Any, seen: dict[int, int]) -> int:
    if x is None:
        return lib.torsh_value_new_none()
    if isinstance(x, (bool, int, float)):
        return getattr(lib, "torsh_value_new_" + type(x).__name__)(x)
    if isinstance(x, complex):
        return lib.torsh_value_new_complex(x.real, x.imag)
    if isinstance(x, str):
        return lib.torsh_value_new_string(x.encode(), len(x.encode()))
    if isinstance(x, bytes):
        return lib.torsh_value_new_bytes(x, len(x))
    if isinstance(x, torch.Tensor):
        return _tensor_from_python(x)
    if isinstance(x, torch.dtype):
        return lib.torsh_value_new_dtype(DTYPE_VALUES[x])
    if isinstance(x, torch.device):
        return lib.torsh_value_new_device(Device(DEVICES.index(x.type), -1 if x.index is None else x.index))
    if isinstance(x, (list, tuple)):
        row = (
            lib.torsh_value_new_list()
            if isinstance(x, list)
            else lib.torsh_value_new_tuple(SIZE if isinstance(x, torch.Size) else PLAIN)
        )
        for item in x:
            lib.torsh_value_add(row, from_python(item, seen))
        return row
    dict_class = COUNTER if isinstance(x, Counter) else ORDERED_DICT if isinstance(x, OrderedDict) else PLAIN
    pairs = lib.torsh_value_new_dict(dict_class)
    for key, item in x.items():
        lib.torsh_value_add_pair(pairs, from_python(key, seen), from_python(item, seen))
    if dict_class == ORDERED_DICT and vars(x):
        lib.torsh_value_set_attributes(pairs, from_python(vars(x), seen))
    return pairs


def load_value(source: str | bytes) -> int:
    error = p()
    if isinstance(source, bytes):
        value = lib.torsh_value_load_buffer(source, len(source), error)
    else:
        value = lib.torsh_value_load(os.fsencode(source), error)
    if not value:
        _raise(error)
    return value


def save_value(value: int, path: str) -> None:
    error = p()
    if lib.torsh_value_save(value, os.fsencode(path), error):
        _raise(error)


def load(source: str | os.PathLike | bytes) -> Any:
    value = load_value(source if isinstance(source, bytes) else os.fspath(source))
    try:
        return to_python(value)
    finally:
        lib.torsh_value_free(value)


def save(x: Any, path: str | os.PathLike) -> None:
    value = from_python(x)
    try:
        save_value(value, os.fspath(path))
    finally:
        lib.torsh_value_free(value)


def save_buffer(x: Any) -> bytes:
    value, data, size, error = from_python(x), p(), size_t(), p()
    failed = lib.torsh_value_save_buffer(value, data, size, error)
    lib.torsh_value_free(value)
    if failed:
        _raise(error)
    try:
        return c.string_at(data, size.value)
    finally:
        lib.torsh_free(data)


def copy(source: str | os.PathLike, target: str | os.PathLike) -> None:
    """Reads in C and writes in C: storages, views and flags pass through nothing of Python's."""
    value = load_value(os.fspath(source))
    try:
        save_value(value, os.fspath(target))
    finally:
        lib.torsh_value_free(value)


def _save_state(value: int, path: str | os.PathLike) -> None:
    error = p()
    state = lib.torsh_state_from_value(value, error)
    failed = lib.torsh_save_safetensors(state, os.fsencode(path), error) if state else True
    lib.torsh_state_free(state)
    lib.torsh_value_free(value)
    if failed:
        _raise(error)


def save_safetensors(x: dict[str, torch.Tensor], path: str | os.PathLike) -> None:
    _save_state(from_python(x if isinstance(x, OrderedDict) else OrderedDict(x)), path)


def to_safetensors(source: str | os.PathLike, target: str | os.PathLike) -> None:
    """A file of either format written as safetensors; views as the C side sees them."""
    _save_state(load_value(os.fspath(source)), target)
