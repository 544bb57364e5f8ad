# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradients against finite differences."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torsh
from torsh._C import Tensor


class GradcheckError(RuntimeError):
    pass


def _tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if isinstance(x, Tensor) else tuple(x)


def _differentiable(outputs: Any) -> list[Tensor]:
    return [o for o in _tuple(outputs) if isinstance(o, Tensor) and o.requires_grad]


def _numerical(function: Callable[..., Any], inputs: tuple[Any, ...], x: Tensor, eps: float) -> list[Tensor]:
    """Per output: the Jacobian [n of x, n of output] by central differences."""
    with torsh.no_grad():
        flat = x.data.view(-1) if x.is_contiguous() else None
        if flat is None:
            raise ValueError("gradcheck needs contiguous inputs")
        columns: list[list[Tensor]] = []
        for i in range(flat.numel()):
            old = flat[i].item()
            flat[i] = old + eps
            plus = [o.clone() for o in _tuple(function(*inputs))]
            flat[i] = old - eps
            minus = [o.clone() for o in _tuple(function(*inputs))]
            flat[i] = old
            columns.append([((p - m) / (2 * eps)).reshape(-1) for p, m in zip(plus, minus)])
        n_outputs = len(columns[0]) if columns else 0
        return [torsh.stack([c[o] for c in columns]) for o in range(n_outputs)]


def _analytical(output: Tensor, x: Tensor) -> Tensor:
    rows = []
    for i in range(output.numel()):
        seed = torsh.zeros(output.shape, dtype=output.dtype)
        seed.view(-1)[i] = 1
        g, = torsh.autograd.grad(output, x, seed, retain_graph=True, allow_unused=True)
        rows.append((torsh.zeros_like(x) if g is None else g).reshape(-1))
    return torsh.stack(rows, 1) if rows else torsh.zeros(x.numel(), 0, dtype=x.dtype)


def gradcheck(func: Callable[..., Any], inputs: Tensor | Sequence[Any], *, eps: float = 1e-6, atol: float = 1e-5,
              rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0) -> bool:
    """Whether the gradients of func at inputs agree with finite differences. Inputs should be float64."""
    inputs = _tuple(inputs)
    checked = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of the them have "
                         "requires_grad=True.")
    for _, x in checked:
        x.retain_grad()
    outputs = [o for o in _tuple(func(*inputs)) if isinstance(o, Tensor)]
    try:
        for i, x in checked:
            numerical = _numerical(func, inputs, x, eps) if x.numel() else []
            for j, o in enumerate(outputs):
                if not o.requires_grad or not x.numel():
                    continue
                a, n = _analytical(o, x), numerical[j]
                again = _analytical(o, x)
                if ((a - again).abs() > nondet_tol).any():
                    raise GradcheckError(f"Backward is not reentrant, i.e., running backward with same input and "
                                         f"grad_output multiple times gives different values, for output {j}, input {i}.")
                if not ((a - n).abs() <= atol + rtol * n.abs()).all():
                    raise GradcheckError(f"Jacobian mismatch for output {j} with respect to input {i},\nnumerical:{n}\n"
                                         f"analytical:{a}\n")
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Tensor | Sequence[Any],
                  grad_outputs: Tensor | Sequence[Tensor] | None = None, *, eps: float = 1e-6, atol: float = 1e-5,
                  rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0) -> bool:
    """gradcheck of func's gradient."""
    inputs = _tuple(inputs)
    if grad_outputs is None:
        grad_outputs = [torsh.randn_like(o).requires_grad_() for o in _differentiable(func(*inputs))]
    seeds = _tuple(grad_outputs)
    n = len(inputs)
    wanted = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]

    def gradient(*args: Any) -> tuple[Tensor, ...]:
        with torsh.enable_grad():
            outputs = _differentiable(func(*args[:n]))
            return torsh.autograd.grad(outputs, [args[i] for i in wanted], args[n:], create_graph=True, allow_unused=True,
                                       materialize_grads=True)

    return gradcheck(gradient, inputs + seeds, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
                     nondet_tol=nondet_tol)
