# SPDX-License-Identifier: MIT OR Apache-2.0
"""The methods of Tensor that are Python."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torsh
from torsh import _C
from torsh._C import Tensor, dtype


def backward(self: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None,
             create_graph: bool = False, inputs: Tensor | Sequence[Tensor] | None = None) -> None:
    """Adds d self / d leaf to the .grad of every leaf (or of `inputs` alone)."""
    if inputs is not None:
        inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        if not inputs:
            raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    retain = create_graph if retain_graph is None else retain_graph
    _C._engine((self,), (gradient,), retain, create_graph, inputs, True, False)


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Any:
    """hook(grad) runs when the gradient has been computed; what it returns takes its place."""
    from torsh.utils.hooks import TensorHookHandle
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    return TensorHookHandle(self, self._register_hook, hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], None]) -> Any:
    """hook(leaf) runs after the gradient has been added to leaf.grad."""
    from torsh.utils.hooks import TensorHookHandle
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if not self.is_leaf:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return TensorHookHandle(self, self._register_post_accumulate_grad_hook, hook)


def _rebuild(data: bytes, shape: tuple[int, ...], strides: tuple[int, ...], of: dtype, requires_grad: bool,
             attributes: dict[str, Any] | None) -> Tensor:
    tensor = _C._from_bytes(data, (len(data) // of.itemsize,), of).as_strided(shape, strides).data
    tensor.requires_grad = requires_grad
    if attributes:
        tensor.__dict__.update(attributes)
    return tensor


def _rebuild_subclass(cls: type, tensor: Tensor, requires_grad: bool, attributes: dict[str, Any] | None) -> Tensor:
    result: Tensor = Tensor._make_subclass(cls, tensor, requires_grad)
    if attributes:
        result.__dict__.update(attributes)
    return result


def __reduce_ex__(self: Tensor, protocol: int) -> tuple[Any, ...]:
    attributes = dict(self.__dict__) or None
    if type(self) is not Tensor:
        return _rebuild_subclass, (type(self), self.data, self.requires_grad, attributes)
    # the memory from the first element to the last: strides stay, and what is expanded stays small
    reach = sum((n - 1) * step for n, step in zip(self.shape, self.stride())) + 1 if self.numel() else 0
    memory = self.detach().as_strided((reach,), (1,))
    return _rebuild, (_C._to_bytes(memory), tuple(self.shape), self.stride(), self.dtype, self.requires_grad, attributes)


def new_tensor(self: Tensor, data: Any, *, dtype: dtype | None = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:
    """torsh.tensor(data) with self's dtype and device."""
    return _C.tensor(data, dtype=self.dtype if dtype is None else dtype, device=self.device if device is None else device,
                     requires_grad=requires_grad)


def allclose(self: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    return torsh.allclose(self, other, rtol, atol, equal_nan)


def equal(self: Tensor, other: Tensor) -> bool:
    return torsh.equal(self, other)


def __deepcopy__(self: Tensor, memo: dict[int, Any]) -> Tensor:
    from copy import deepcopy
    if id(self) in memo:
        return memo[id(self)]
    if not self.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at "
                           "the moment.")
    result = self.detach().clone()
    if type(self) is not Tensor:
        result = Tensor._make_subclass(type(self), result)
    result.requires_grad = self.requires_grad
    memo[id(self)] = result
    if self.grad is not None:
        result.grad = self.grad.__deepcopy__(memo)
    if self.__dict__:
        result.__dict__.update(deepcopy(self.__dict__, memo))
    return result


def __copy__(self: Tensor) -> Tensor:
    return _rebuild_subclass(type(self), self, self.requires_grad, self.__dict__)


def from_numpy(array: Any) -> Tensor:
    """A tensor that copies a NumPy array; torsh.from_numpy() shares its memory."""
    return _C.from_numpy(array).clone()


def from_pytorch(tensor: Any) -> Tensor:
    """A tensor on the memory of a PyTorch tensor."""
    return _C.from_dlpack(tensor.detach()).requires_grad_(tensor.requires_grad)


def to_pytorch(self: Tensor) -> Any:
    """A PyTorch tensor on the same memory."""
    import torch  # type: ignore[import-not-found]
    return torch.from_dlpack(self.detach()).requires_grad_(self.requires_grad)


def install() -> None:
    for method in (backward, register_hook, register_post_accumulate_grad_hook, __reduce_ex__, __copy__, __deepcopy__,
                   allclose, equal, new_tensor, to_pytorch):
        setattr(Tensor, method.__name__, method)
    for function in (from_numpy, from_pytorch):
        setattr(Tensor, function.__name__, staticmethod(function))
    Tensor.__array_priority__ = 1000
    Tensor.__module__ = "torsh"
