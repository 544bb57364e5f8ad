# SPDX-License-Identifier: MIT OR Apache-2.0
"""A sample's tensors laid out in memory in one of several ways, and the same values, strides and offsets in both libraries."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

import torsh


@dataclass
class Placed:
    """A tensor as numbers in memory and a way to see them."""
    flat: torch.Tensor
    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    requires_grad: bool


def leaves(value: Any, kind: type = torch.Tensor) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from leaves(v, kind)
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from leaves(v, kind)


def mapped(value: Any, f: Callable[[Any], Any], kind: type = torch.Tensor) -> Any:
    if isinstance(value, kind):
        return f(value)
    if isinstance(value, dict):
        return {k: mapped(v, f, kind) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(mapped(v, f, kind) for v in value)
    return value


def dense(size: tuple[int, ...], order: list[int], step: int = 1) -> tuple[int, ...]:
    stride = [0] * len(size)
    for d in order:
        stride[d] = step
        step *= max(size[d], 1)
    return tuple(stride)


def place(t: torch.Tensor, layout: str) -> Placed:
    t, rg = t.detach(), t.requires_grad
    size, n = tuple(t.shape), t.dim()
    rows = list(range(n - 1, -1, -1))
    stride, offset = dense(size, rows), 0
    if layout == "permuted":
        stride = dense(size, rows[::-1])
    elif layout == "gaps":
        stride = dense(size, rows, 2)
    elif layout == "offset":
        offset = 3
    elif layout == "expanded" and t.numel():
        d = max(range(n), key=lambda i: size[i], default=None)
        if d is not None and size[d] > 1:
            t = t.narrow(d, 0, 1).expand(size)
            inner = dense(tuple(1 if i == d else s for i, s in enumerate(size)), rows)
            stride = tuple(0 if i == d else s for i, s in enumerate(inner))
    length = offset + 1 + sum((s - 1) * k for s, k in zip(size, stride) if s > 1)
    flat = torch.zeros(length, dtype=t.dtype)
    if t.numel():
        flat.as_strided(size, stride, offset).copy_(t) if 0 not in stride else _fill_expanded(flat, t, size, stride, offset)
    return Placed(flat, size, stride, offset, rg)


def _fill_expanded(flat, t, size, stride, offset):
    one = tuple(1 if k == 0 else s for s, k in zip(size, stride))
    flat.as_strided(one, stride, offset).copy_(t[tuple(slice(0, 1) if k == 0 else slice(None) for k in stride)])


def moves(t: torch.Tensor, layout: str) -> bool:
    """Whether a layout makes a difference to t."""
    return {"contiguous": True, "permuted": t.dim() > 1 and sum(s > 1 for s in t.shape) > 1 and t.numel() > 0,
            "gaps": t.dim() > 0 and t.numel() > 1, "expanded": t.numel() > 0 and max(t.shape, default=0) > 1,
            "zero": t.numel() == 0, "scalar": t.dim() == 0, "offset": t.numel() > 0}[layout]


DTYPES = {getattr(torch, n): getattr(torsh, n)
          for n in ("float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool")}
FORMATS = {torch.contiguous_format: torsh.contiguous_format, torch.preserve_format: torsh.preserve_format,
           torch.channels_last: torsh.channels_last}


class NotInTorsh(Exception):
    """A value that torsh has no counterpart of."""


def to_torsh(value: Any) -> Any:
    """A value that is no tensor, as torsh writes it."""
    if isinstance(value, torch.dtype):
        if value not in DTYPES:
            raise NotInTorsh(f"dtype {value}")
        return DTYPES[value]
    if isinstance(value, torch.memory_format):
        if value not in FORMATS:
            raise NotInTorsh(f"{value}")
        return FORMATS[value]
    if isinstance(value, torch.layout):
        if value is not torch.strided:
            raise NotInTorsh(f"layout {value}")
        return torsh.strided
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, torch.Generator):
        return torsh.Generator().manual_seed(value.initial_seed())
    if isinstance(value, complex):
        raise NotInTorsh("complex numbers")
    if isinstance(value, torch.Size):
        return torsh.Size(value)
    if isinstance(value, (list, tuple)):
        return type(value)(to_torsh(v) for v in value)
    if isinstance(value, dict):
        return {k: to_torsh(v) for k, v in value.items()}
    return value


class Side:
    """One library with its copy of a sample's tensors."""

    def __init__(self, T, value: Any, gradients: bool = False):
        self.T = T
        self.flats: list[Any] = []
        self.tensors: list[Any] = []
        self.gradients = gradients
        if T is torsh:
            value = to_torsh(value)
        self.value = mapped(value, self._build, Placed)

    def _build(self, p: Placed):
        flat = p.flat.clone()
        if self.T is torsh:
            flat = torsh.from_dlpack(flat)
        t = flat.as_strided(p.size, p.stride, p.offset).detach()
        if self.gradients and p.requires_grad:
            t.requires_grad_()
        self.flats.append(flat)
        self.tensors.append(t)
        return t

    def alias(self, result) -> tuple[int, int] | None:
        """(which argument's memory, bytes from its start), or None: memory of its own."""
        if not result.numel():
            return None
        at = result.data_ptr()
        for i, flat in enumerate(self.flats):
            if 0 <= at - flat.data_ptr() < flat.numel() * flat.element_size():
                return i, at - flat.data_ptr()
        return None


def as_torch(t) -> torch.Tensor:
    return t.detach() if isinstance(t, torch.Tensor) else torch.from_dlpack(t.detach())
