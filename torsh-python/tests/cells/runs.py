# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs one cell in both libraries and says what differs."""
from __future__ import annotations

import warnings
from typing import Any

import torch

import torsh
from cells import samples as S
from cells.overloads import Overload
from cells.placed import NotInTorsh, Placed, Side, as_torch, mapped, place, to_torsh
from cells.tolerances import allowed, same_numbers

# their values are whatever was in memory
UNSET = {"empty.memory_format", "new_empty", "empty_like", "empty_strided"}
SMALL = 16  # elements of a sample that finite differences are taken of


class Failed:
    def __init__(self, error: Exception):
        self.error = error

    def __repr__(self) -> str:
        return f"{type(self.error).__name__}: {str(self.error).splitlines()[0] if str(self.error) else ''}"


def attempt(f, *args, **kwargs) -> Any:
    torch.manual_seed(3)
    torsh.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(*args, **kwargs)
        except Exception as error:  # whatever it is, it is compared
            return Failed(error)


def error_difference(ours: Any, theirs: Any) -> str | None:
    """Ours must be caught by who catches PyTorch's. That PyTorch has no kernel for a dtype is no promise: torsh may."""
    if isinstance(theirs, Failed) and not isinstance(ours, Failed) and "not implemented for" in str(theirs.error):
        return None
    if isinstance(ours, Failed) and isinstance(theirs, Failed):
        kind = next(k for k in type(theirs.error).__mro__ if k.__module__ == "builtins")
        kind = RuntimeError if kind is NotImplementedError else kind
        return None if isinstance(ours.error, kind) else f"raises {ours}, PyTorch {theirs}"
    return f"raises {ours}, PyTorch does not" if isinstance(ours, Failed) else f"does not raise, PyTorch {theirs}"


def tensor_difference(ours, theirs, a: Side | None, b: Side | None, tolerance, values=True, strides=True) -> str | None:
    if not isinstance(ours, torsh.Tensor):
        return f"{ours!r} is no tensor"
    for what in ("dtype", "shape", "requires_grad"):
        x, y = str(getattr(ours, what)), str(getattr(theirs, what)).replace("torch.", "torsh.")
        if x != y:
            return f"{what} {x}, PyTorch {y}"
    if strides and theirs.numel() and ours.stride() != theirs.stride():
        return f"stride {ours.stride()}, PyTorch {theirs.stride()} of size {tuple(theirs.shape)}"
    if a is not None and (x := a.alias(ours)) != (y := b.alias(theirs)):
        return f"lies in (argument, byte) {x}, PyTorch {y}"
    if values:
        dtype = str(theirs.dtype).removeprefix("torch.")
        x, y = as_torch(ours), theirs.detach()
        if not same_numbers(x, y, tolerance(dtype) if theirs.is_floating_point() else None):
            wrong = (x.double() - y.double()).nan_to_num(0, 9e99, 9e99).abs().reshape(-1)
            i = int(wrong.argmax()) if wrong.max() > 0 else int((x != y).reshape(-1).byte().argmax())
            return f"values {x.reshape(-1)[i].item()!r}, PyTorch {y.reshape(-1)[i].item()!r} at {i} of {tuple(y.shape)}"
    return None


def difference(ours, theirs, a, b, tolerance, values=True, strides=True) -> str | None:
    if isinstance(ours, Failed) or isinstance(theirs, Failed):
        return error_difference(ours, theirs)
    if isinstance(theirs, torch.Tensor):
        return tensor_difference(ours, theirs, a, b, tolerance, values, strides)
    if isinstance(theirs, (tuple, list)):
        if not isinstance(ours, (tuple, list)) or len(ours) != len(theirs):
            return f"{len(ours)} results, PyTorch {len(theirs)}"
        for i, (x, y) in enumerate(zip(ours, theirs)):
            if d := difference(x, y, a, b, tolerance, values, strides):
                return f"[{i}]: {d}"
        return None
    if theirs is None or ours is None:
        return None if ours is theirs else f"{'None' if ours is None else 'a tensor'}, PyTorch {'None' if theirs is None else 'a tensor'}"
    return None if ours == theirs else f"{ours!r}, PyTorch {theirs!r}"


class Cell:
    """One overload, dtype, layout, variant."""

    def __init__(self, overload: Overload, dtype: str, layout: str, variant: str):
        self.overload, self.dtype, self.layout, self.variant = overload, dtype, layout, variant

    def tolerance(self, dtype: str) -> tuple[float, str, float]:
        return allowed(self.overload, dtype, self.variant in ("grad", "grad_inplace", "gradgrad"))

    def run(self, chosen: list[S.Sample]) -> list[str]:
        """What differs, a line a sample."""
        out = []
        for s in chosen:
            placed = mapped(s.values, lambda t: place(t, self.layout))
            try:
                d = getattr(self, "_" + self.variant, self._call)(s, placed)
            except NotInTorsh as error:
                d = f"not in torsh: {error}"
            if d:
                out.append(f"{d}    {shown(s)}")
        return out

    def _sides(self, placed: Any, gradients=False) -> tuple[Side, Side]:
        return Side(torsh, placed, gradients), Side(torch, placed, gradients)

    def _f(self, T, variant=None):
        return self.overload.callable(T, variant or self.variant)

    def _apply(self, s, side: Side, variant=None, **more):
        args, kwargs = s.written(side.value)
        return attempt(self._f(side.T, variant), *args, **kwargs, **more)

    def _call(self, s, placed) -> str | None:
        a, b = self._sides(placed)
        ours, theirs = self._apply(s, a), self._apply(s, b)
        d = difference(ours, theirs, a, b, self.tolerance, self.overload.key not in UNSET)
        if d or isinstance(theirs, Failed):
            return d
        return self._arguments(a, b)

    def _arguments(self, a: Side, b: Side) -> str | None:
        """What the call wrote into its arguments' memory, and nothing beside it."""
        for i, (x, y) in enumerate(zip(a.flats, b.flats)):
            dtype = str(y.dtype).removeprefix("torch.")
            if not same_numbers(as_torch(x), y, self.tolerance(dtype) if y.is_floating_point() else None):
                return f"argument {i} holds {as_torch(x).tolist()[:12]}, PyTorch {y.tolist()[:12]}"
        return None

    def _inplace(self, s, placed) -> str | None:
        a, b = self._sides(placed)
        ours, theirs = self._apply(s, a), self._apply(s, b)
        d = difference(ours, theirs, a, b, self.tolerance)
        if d or isinstance(theirs, Failed):
            return d
        self_ = next((x for x in a.tensors if x is ours), None)
        return "the result is not self" if self_ is None else self._arguments(a, b)

    def _out(self, s, placed) -> str | None:
        """out= that is resized, that lies column by column, and of other dtypes."""
        probe = self._apply(s, self._sides(placed)[1], "function")
        if isinstance(probe, Failed):
            size, dtype = (0,), getattr(torch, self.dtype)
        else:
            size, dtype = tuple(probe.shape), probe.dtype
        outs = [((0,), dtype), (size, dtype)]
        if not isinstance(probe, Failed):  # of two mistakes either may be reported
            outs += [(size, d) for d in (torch.int64, torch.float64, torch.bool) if d is not dtype]
        computed = str(dtype).removeprefix("torch.")
        for out_size, out_dtype in outs:
            a, b = self._sides(placed)
            results = []
            for side in (a, b):
                order = tuple(range(len(out_size)))[::-1]
                out = side.T.zeros(out_size[::-1], dtype=to_torsh(out_dtype) if side is a else out_dtype).permute(order)
                args, kwargs = s.written(side.value)
                r = attempt(self._f(side.T), *args, **kwargs, out=out)
                results.append(r)
                if not isinstance(r, Failed) and r is not out:
                    return f"the result is not out ({side.T.__name__})"
            d = difference(*results, a, b, lambda _: self.tolerance(computed if dtype.is_floating_point else "float32"))
            if d:
                return f"out of {tuple(out_size)} {out_dtype}: {d}"
        return None

    # ---- gradients

    def _leaves(self, side: Side) -> list[Any]:
        return [t for t in side.tensors if t.requires_grad]

    def _outputs(self, result: Any) -> list[Any]:
        return [r for r in (result if isinstance(result, (tuple, list)) else [result]) if getattr(r, "requires_grad", False)]

    def _grad(self, s, placed, inplace=False) -> str | None:
        if not s.differentiable:
            return None
        a, b = self._sides(placed, True)
        variant = "inplace" if inplace else next(v for v in ("function", "method") if self._f(torch, v))
        results = []
        for side in (a, b):
            args, kwargs = s.written(side.value)
            if inplace:
                i = next(i for i, x in enumerate(self.overload.args) if x.is_tensor)
                args[i] = args[i].clone() if getattr(args[i], "requires_grad", False) else args[i]
            results.append(attempt(self._f(side.T, variant), *args, **kwargs))
        ours, theirs = results
        d = difference(ours, theirs, None, None, self.tolerance, self.overload.key not in UNSET)
        if d or isinstance(theirs, Failed) or not self._leaves(b) or not self._outputs(theirs):
            return d
        grads = [attempt(self._backward, side, r) for side, r in ((a, ours), (b, theirs))]
        d = difference(*grads, None, None, self.tolerance, strides=False)
        return d and f"gradient {d}"

    def _grad_inplace(self, s, placed) -> str | None:
        return self._grad(s, placed, True)

    def _cotangents(self, T, outputs: list[Any], requires_grad=False) -> list[Any]:
        g = torch.Generator().manual_seed(5)
        out = [torch.randn(tuple(o.shape), generator=g, dtype=torch.float64).to(getattr(torch, str(o.dtype).split(".")[1]))
               for o in outputs]
        out = out if T is torch else [torsh.from_dlpack(t) for t in out]
        return [t.requires_grad_(requires_grad) for t in out]

    def _backward(self, side: Side, result: Any) -> list[Any]:
        outputs = self._outputs(result)
        return list(side.T.autograd.grad(outputs, self._leaves(side), self._cotangents(side.T, outputs), allow_unused=True))

    def _gradgrad(self, s, placed) -> str | None:
        if not s.differentiable:
            return None
        a, b = self._sides(placed, True)
        variant = next((v for v in ("function", "method") if self._f(torch, v)))
        seconds = []
        for side in (b, a):
            result = self._apply(s, side, variant)
            if isinstance(result, Failed) or not self._outputs(result) or not self._leaves(side):
                return None  # seen in the cells of function and grad
            second = attempt(self._second, side, result)
            if side.T is torch and isinstance(second, Failed):
                return None  # PyTorch has no second derivative
            seconds.append(second)
        d = difference(seconds[1], seconds[0], None, None, self.tolerance, strides=False)
        return d and f"second gradient {d}"

    def _second(self, side: Side, result: Any) -> list[Any]:
        outputs, inputs = self._outputs(result), self._leaves(side)
        seeds = self._cotangents(side.T, outputs, True)
        first = side.T.autograd.grad(outputs, inputs, seeds, create_graph=True, allow_unused=True)
        first = [g for g in first if g is not None and g.requires_grad]
        if not first:
            return []
        return list(side.T.autograd.grad(first, inputs + seeds, self._cotangents(side.T, first), allow_unused=True,
                                         materialize_grads=True))

    def _gradcheck(self, s, placed) -> str | None:
        if not s.differentiable or s.bound is not None and self.overload.op.kind == "pointwise" and _has_corner(placed):
            return None
        a, b = self._sides(placed, True)
        variant = next((v for v in ("function", "method") if self._f(torch, v)))
        outputs = self._apply(s, b, variant)
        if isinstance(outputs, Failed) or not self._outputs(outputs) or not self._leaves(b):
            return None
        if sum(t.numel() for t in self._leaves(b)) > SMALL or sum(o.numel() for o in self._outputs(outputs)) > SMALL:
            return None
        problems = [attempt(self._numeric, s, side, variant) for side in (b, a)]
        if isinstance(problems[0], Failed):
            return None  # PyTorch's own gradient does not agree here: a corner
        return f"gradcheck: {str(problems[1].error)[:200]}" if isinstance(problems[1], Failed) else None

    def _numeric(self, s, side: Side, variant: str) -> bool:
        inputs = self._leaves(side)
        f = self._f(side.T, variant)
        result = self._apply(s, side, variant)
        alone = not isinstance(result, (tuple, list))
        wanted = [i for i, o in enumerate([result] if alone else result) if getattr(o, "requires_grad", False)]

        def of_leaves(*values):
            torch.manual_seed(3)
            torsh.manual_seed(3)
            it = iter(values)
            fresh = iter([next(it) if t.requires_grad else t for t in side.tensors])
            args, kwargs = s.written(mapped(side.value, lambda t: next(fresh), side.T.Tensor))
            out = f(*args, **kwargs)
            return tuple((out if not alone else [out])[i] for i in wanted)
        return side.T.autograd.gradcheck(of_leaves, tuple(inputs))


def _has_corner(placed: Any) -> bool:
    return any((p.flat == 0).any() for p in _all(placed))


def _all(placed):
    from cells.placed import leaves
    return leaves(placed, Placed)


def shown(s: S.Sample) -> str:
    def one(v):
        if isinstance(v, torch.Tensor):
            return f"{str(v.dtype).removeprefix('torch.')}{list(v.shape)}"
        if isinstance(v, (list, tuple)):
            return "[" + ", ".join(map(one, v)) + "]"
        if isinstance(v, dict):
            return ", ".join(f"{k}={one(x)}" for k, x in v.items())
        return repr(v)
    return one(s.values)


def works_in_torch(cell: Cell, s: S.Sample) -> bool:
    variant = next((v for v in ("function", "method", "inplace") if cell._f(torch, v)), None)
    if variant is None:
        return False
    side = Side(torch, mapped(s.values, lambda t: place(t, "contiguous")))
    return not isinstance(cell._apply(s, side, variant), Failed)


def cells_of(o: Overload, dtype: str):
    """(cell, its samples) for an overload and a dtype; a cell without samples, or that Python cannot reach, has none."""
    every = S.every(o, dtype)
    for layout in o.layouts:
        probe = Cell(o, dtype, layout, "function")
        chosen = S.for_layout(every, layout, lambda s: works_in_torch(probe, s))
        for variant in o.variants(dtype, layout):
            needs = {"grad": ["function", "method"], "grad_inplace": ["inplace"], "gradgrad": ["function", "method"],
                     "gradcheck": ["function", "method"]}.get(variant, [variant])
            reached = any(o.callable(T, v) is not None for v in needs for T in [torsh]) and any(
                o.callable(torch, v) is not None for v in needs)
            yield Cell(o, dtype, layout, variant), chosen if reached else []
