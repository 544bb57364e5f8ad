# SPDX-License-Identifier: MIT OR Apache-2.0
"""save() and load(): PyTorch's files, data only."""
from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from torsh import _C
from torsh._C import Tensor, device
from torsh.nn.parameter import Parameter

_C._io_types(Parameter, OrderedDict, Counter)


def save(obj: object, f: Any) -> None:
    if isinstance(f, (str, os.PathLike)):
        _C._save_value(obj, os.fspath(f))
    else:
        f.write(_C._save_value(obj, None))


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    if not weights_only:
        raise _C.UnsupportedError("load(): weights_only=False would execute code out of the file; torsh does not")
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        os.stat(path)  # FileNotFoundError, PermissionError
        value = _C._load_value(path)
    else:
        value = _C._load_value(f.read())
    return value if map_location is None else _moved(value, _mover(map_location))


def _mover(map_location: Any) -> Callable[[Tensor], Tensor]:
    if isinstance(map_location, (str, device)):
        return lambda t: t.to(map_location)
    if isinstance(map_location, dict):
        return lambda t: t.to(map_location.get(str(t.device), t.device))
    raise TypeError("load(): map_location must be a torsh.device, a str or a dict")


def _moved(value: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """value with every tensor moved; containers are changed in place where they can be."""
    if isinstance(value, Parameter):
        value.data = move(value.data)
    elif isinstance(value, Tensor):
        moved = move(value.detach())
        return value if moved.device == value.device else moved.requires_grad_(value.requires_grad)
    elif isinstance(value, dict):
        for key in value:
            value[key] = _moved(value[key], move)
    elif isinstance(value, list):
        value[:] = [_moved(v, move) for v in value]
    elif type(value) is tuple:
        return tuple(_moved(v, move) for v in value)
    return value
