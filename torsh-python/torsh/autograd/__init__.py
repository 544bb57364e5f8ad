# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradients."""
from __future__ import annotations

from collections.abc import Sequence

from torsh import _C
from torsh._C import Node, Tensor, is_grad_enabled
from torsh.autograd.function import Function
from torsh.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = ["Function", "Node", "Variable", "backward", "enable_grad", "grad", "gradcheck", "gradgradcheck", "inference_mode",
           "is_grad_enabled", "no_grad", "set_grad_enabled"]

Tensors = Tensor | Sequence[Tensor]
OptionalTensors = Tensor | Sequence[Tensor | None] | None
Variable = Tensor


def _tuple(tensors: Tensors) -> tuple[Tensor, ...]:
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def _gradients(given: OptionalTensors, n: int) -> tuple[Tensor | None, ...]:
    if given is None:
        return (None,) * n
    return (given,) if isinstance(given, Tensor) else tuple(given)


def backward(tensors: Tensors, grad_tensors: OptionalTensors = None, retain_graph: bool | None = None,
             create_graph: bool = False, inputs: Tensors | None = None) -> None:
    """Adds d tensors / d leaf to the .grad of every leaf (or of `inputs` alone)."""
    roots = _tuple(tensors)
    leaves = None if inputs is None else _tuple(inputs)
    if leaves == ():
        raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    retain = create_graph if retain_graph is None else retain_graph
    _C._engine(roots, _gradients(grad_tensors, len(roots)), retain, create_graph, leaves, True, False)


def grad(outputs: Tensors, inputs: Tensors, grad_outputs: OptionalTensors = None, retain_graph: bool | None = None,
         create_graph: bool = False, allow_unused: bool | None = None, materialize_grads: bool = False,
         ) -> tuple[Tensor, ...]:
    """d outputs / d inputs; .grad stays as it is."""
    if allow_unused is False and materialize_grads:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, "
                         "but got: allow_unused=False.")
    roots, wanted = _tuple(outputs), _tuple(inputs)
    retain = create_graph if retain_graph is None else retain_graph
    unused = materialize_grads if allow_unused is None else allow_unused
    result = _C._engine(roots, _gradients(grad_outputs, len(roots)), retain, create_graph, wanted, False, unused)
    if materialize_grads:
        from torsh import zeros_like
        result = tuple(zeros_like(x, requires_grad=create_graph) if g is None else g for g, x in zip(result, wanted))
    return result


def __getattr__(name: str) -> object:
    if name in ("gradcheck", "gradgradcheck"):
        from torsh.autograd import numeric
        return getattr(numeric, name)
    raise AttributeError(f"module 'torsh.autograd' has no attribute '{name}'")
