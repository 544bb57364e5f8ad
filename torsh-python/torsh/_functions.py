# SPDX-License-Identifier: MIT OR Apache-2.0
"""The functions of the package that are no operators."""
from __future__ import annotations

from math import inf
from typing import Any

import torsh
from torsh import _C
from torsh._C import Generator, Tensor, default_generator, device, dtype, list_backends, set_backend

__all__ = [
    "allclose", "asarray", "cuda_is_available", "device_count", "equal", "get_backend", "get_rng_state", "initial_seed", "is_complex",
    "is_floating_point", "is_tensor", "list_backends", "load", "manual_seed", "numel", "promote_types", "save", "seed",
    "set_backend", "set_printoptions", "set_rng_state", "typename",
]


# ---- tensors -------------------------------------------------------------------------------------------------

def is_tensor(obj: object) -> bool:
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    return input.is_complex()


def numel(input: Tensor) -> int:
    return input.numel()


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that holds the values of both."""
    return _C._promote_types((type1, type2))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether isclose() holds for all elements."""
    return bool(torsh.isclose(input, other, rtol, atol, equal_nan).all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same values; NaN equals nothing."""
    if not isinstance(other, Tensor):
        raise TypeError(f"equal(): argument 'other' (position 2) must be Tensor, not {type(other).__name__}")
    return input.shape == other.shape and bool(torsh.eq(input, other).all())


def typename(obj: Any) -> str:
    if isinstance(obj, Tensor):
        return obj.type()
    cls = type(obj)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def asarray(obj: Any, *, dtype: dtype | None = None, device: device | str | None = None, copy: bool | None = None,
            requires_grad: bool = False) -> Tensor:
    """A tensor of obj: on its memory where that can be (copy=False: or an error), else a copy."""
    if isinstance(obj, Tensor):
        result = obj if obj.requires_grad == requires_grad else obj.detach()
    elif not hasattr(obj, "__array_interface__") and hasattr(obj, "__dlpack__"):
        result = _C.from_dlpack(obj)
    else:
        result = _C.as_tensor(obj)
    shares = hasattr(obj, "__array_interface__") or hasattr(obj, "__dlpack__")
    converted = result.to(device=device, dtype=dtype, copy=bool(copy) and shares)
    if copy is False and (not shares or converted is not result):
        raise ValueError("can't alias arbitrary sequence into a tensor." if not shares else
                         "can't alias a tensor with another dtype or device.")
    return converted.requires_grad_(requires_grad) if converted.is_leaf else converted


# ---- printing --------------------------------------------------------------------------------------------------

_PROFILES = {"default": (4, 1000, 3), "short": (2, 1000, 2), "full": (4, inf, 3)}


def set_printoptions(precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
                     linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None) -> None:
    """How tensors print: digits behind the point, elements from which on the middle is left out, elements shown at each
    edge then, columns of a line, exponents always or never (None: as the values ask for it). profile: "default", "short"
    or "full"."""
    now = list(_C._get_print_options())
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions(): profile must be one of {', '.join(_PROFILES)}, not {profile!r}")
        now[0], now[4], now[1] = _PROFILES[profile]
        now[2] = 80
    for at, value in ((0, precision), (1, edgeitems), (2, linewidth), (4, threshold)):
        if value is not None:
            now[at] = value
    now[3] = -1 if sci_mode is None else int(sci_mode)
    now[4] = int(min(now[4], 2 ** 62))
    _C._set_print_options(tuple(now))


# ---- random numbers --------------------------------------------------------------------------------------------

def manual_seed(seed: int) -> Generator:
    """Starts the default generator's stream that belongs to this seed."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seeds the default generator with a number that the system draws, and returns it."""
    import os
    value = int.from_bytes(os.urandom(8), "little")
    default_generator.manual_seed(value)
    return value


def initial_seed() -> int:
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    default_generator.set_state(new_state)


# ---- devices and backends ----------------------------------------------------------------------------------------

def get_backend(device: device | str = "cpu") -> str | None:
    """The name of the kernels in use for a kind of device."""
    return _C._get_backend(device)


def cuda_is_available() -> bool:
    return False


def device_count() -> int:
    return 0


# ---- files ------------------------------------------------------------------------------------------------------

def save(obj: object, f: Any) -> None:
    """Writes tensors, numbers, strings, lists, tuples, dicts of them to a path or file object, as torch.save does."""
    from torsh.serialization import save as save_
    save_(obj, f)


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Reads what torch.save or torsh.save wrote, or a safetensors file. Executes nothing of it."""
    from torsh.serialization import load as load_
    return load_(f, map_location, weights_only=weights_only)
