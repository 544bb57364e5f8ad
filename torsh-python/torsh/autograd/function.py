# SPDX-License-Identifier: MIT OR Apache-2.0
"""Functions with a derivative of their own."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torsh import _C
from torsh._C import FunctionContext, Tensor

_FREED = ("Trying to backward through the graph a second time (or directly access saved tensors after they have already "
          "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
          "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
          "saved tensors after calling backward.")


class FunctionCtx(FunctionContext):
    """What forward leaves for backward; owned by the node in the graph."""

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self, function: type[Function]) -> None:
        self._function = function
        self._to_save: tuple[Tensor | None, ...] = ()
        self._saved: list[Any] | None = []
        self._dirty: tuple[Tensor, ...] = ()
        self._non_differentiable: tuple[Tensor, ...] = ()
        self._materialize = True
        self._positions: list[int] = []              # of the tensors among forward's arguments
        self._outputs: list[tuple[Any, ...] | None] = []  # shape, dtype and device of each result

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        self._to_save = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        self._dirty = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        self._non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        if self._saved is None:
            raise RuntimeError(_FREED)
        return tuple(None if s is None else self._unpack(s) for s in self._saved)

    def _save(self, outputs: tuple[Any, ...]) -> None:
        ids = {id(o) for o in outputs}
        self._saved = [None if t is None else _C._save(t, id(t) in ids) for t in self._to_save]
        self._to_save = ()

    def _release(self) -> None:
        self._saved = None

    def _run_backward(self, grads: tuple[Tensor | None, ...], n_inputs: int) -> tuple[Tensor | None, ...]:
        name = self._function.__name__
        if self._materialize:
            grads = tuple(_zeros(meta) if g is None and meta else g for g, meta in zip(grads, self._outputs))
        result = self._function.backward(self, *grads)
        if not isinstance(result, tuple):
            result = (result,)
        n = len(self.needs_input_grad)
        if len(result) > n and all(g is None for g in result[n:]):
            result = result[:n]
        if len(result) != n:
            raise RuntimeError(f"function {name}Backward returned an incorrect number of gradients (expected {n}, got "
                               f"{len(result)})")
        wanted = set(self._positions)
        for i, g in enumerate(result):
            if g is not None and i not in wanted:
                raise RuntimeError(f"function {name}Backward returned a gradient different from None at position {i + 1}, "
                                   "but the corresponding forward input was not a Variable")
            if g is not None and not isinstance(g, Tensor):
                raise TypeError(f"expected Variable or None (got {type(g).__name__})")
        return tuple(result[i] for i in self._positions)


def _zeros(meta: tuple[Any, ...]) -> Tensor:
    from torsh import zeros
    shape, dtype, device = meta
    return zeros(shape, dtype=dtype, device=device)


class Function:
    """forward(ctx, *args) computes without recording; backward(ctx, *grads) returns a gradient per argument.

    With setup_context(ctx, inputs, output), forward takes no ctx.
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError("You must implement either the backward or vjp method for your custom "
                                  "autograd.Function to use it with backward mode AD.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        ctx = FunctionCtx(cls)
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        recording = _C.is_grad_enabled() and any(ctx.needs_input_grad)
        before = _C._set_grad_enabled(False)
        try:
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args, **kwargs)
            else:
                output = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, output)
            single = not isinstance(output, (tuple, list))
            given = {id(a) for a in args} - {id(t) for t in ctx._dirty}
            # an argument that is returned gets a history of its own
            results = [r.view_as(r) if isinstance(r, Tensor) and id(r) in given else r
                       for r in ([output] if single else output)]
        finally:
            _C._set_grad_enabled(before)
        if recording:
            cls._record(ctx, args, tuple(r for r in results if isinstance(r, Tensor)))
        return results[0] if single else tuple(results)

    @classmethod
    def _record(cls, ctx: FunctionCtx, args: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> None:
        inputs = [(i, a) for i, a in enumerate(args) if isinstance(a, Tensor)]
        dirty = {id(t) for t in ctx._dirty}
        constant = {id(t) for t in ctx._non_differentiable}
        ctx._positions = [i for i, _ in inputs]
        ctx._outputs = [(t.shape, t.dtype, t.device) for t in outputs]
        _C._record(cls.__name__ + "Backward", ctx, tuple(a for _, a in inputs), outputs, tuple(id(t) in dirty for t in outputs),
                   tuple(id(t) in constant or not t.is_floating_point() for t in outputs))
        ctx._save(outputs)


class _DifferentiatedTwice(Function):
    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return tuple(a.detach() for a in args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """For a backward whose operations have no derivative themselves."""

    def wrapper(ctx: Any, *grads: Any) -> Any:
        recording = _C.is_grad_enabled() and any(isinstance(g, Tensor) and g.requires_grad for g in grads)
        before = _C._set_grad_enabled(False)
        try:
            result = backward(ctx, *grads)
        finally:
            _C._set_grad_enabled(before)
        if not recording:
            return result
        results = result if isinstance(result, tuple) else (result,)
        marked = iter(_DifferentiatedTwice.apply(*[r.detach().requires_grad_() for r in results if r is not None]))
        results = tuple(None if r is None else next(marked) for r in results)
        return results if isinstance(result, tuple) else results[0]

    return wrapper
