# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tensors that a module registers when they are assigned to it."""
from __future__ import annotations

from typing import Any

import torsh
from torsh._C import Tensor


class Parameter(Tensor):
    """A tensor that is learned."""

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = torsh.empty(0)
        return Tensor._make_subclass(cls, data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]
        result = type(self)(self.data.clone(), self.requires_grad)
        memo[id(self)] = result
        return result

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that is part of a module's state, but not learned."""

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        if data is None:
            data = torsh.empty(0)
        self = Tensor._make_subclass(cls, data)
        self.persistent = persistent
        return self
