# SPDX-License-Identifier: MIT OR Apache-2.0
"""Samples of our own: numbers at the edges, numbers in the place of tensors, and operators that op_db has no samples of."""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch

NUMBERS = {"float": [2, 0.5, -1.5, 0, 3], "int": [2, -1, 3, True, 1.5], "bool": [True, 2, False, 0.5, 1]}


def kind_of(dtype: str) -> str:
    return "float" if "float" in dtype else "bool" if dtype == "bool" else "int"


def with_number(o, bound: dict[str, Any], i: int, dtype: str) -> dict[str, Any]:
    """A call of the overload on tensors, with a number instead."""
    numbers = NUMBERS[kind_of(dtype)]
    names = [a.name for a in o.args if a.kind == "number"]
    return {**bound, **{name: numbers[(i + k) % len(numbers)] for k, name in enumerate(names)}}


def edges(dtype: str, divisor: bool = False) -> torch.Tensor:
    t = getattr(torch, dtype)
    if dtype == "bool":
        return torch.tensor([False, True])
    if t.is_floating_point:
        info = torch.finfo(t)
        # a quotient that overflows makes PyTorch's remainder NaN; torsh's is right
        extreme = [] if divisor else [info.max, info.min, info.tiny, info.tiny * info.eps]
        return torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2, -2, 2.5, 3, -7, 11,
                             89, -104, 1e4, -3e4, *extreme], dtype=t)
    info = torch.iinfo(t)
    values = [1, 2, 3, 7, 100, info.max] + ([-1, -2, -7, -info.max] if info.min else []) + ([] if divisor else [0, info.min])
    return torch.tensor(values, dtype=t)


def plain(dtype: str, *size: int) -> torch.Tensor:
    n = 1
    for s in size:
        n *= s
    t = getattr(torch, dtype)
    values = torch.arange(n) * 7 % 11 - (5 if t.is_signed else 0)
    return (values % 2 == 1 if dtype == "bool" else values.to(t) / 2 if t.is_floating_point else values.to(t)).reshape(size)


def matrix(dtype: str, *size: int) -> torch.Tensor:
    return plain(dtype, *(size or (3, 4))).requires_grad_("float" in dtype)


def _pointwise(o, dtype: str) -> Iterator[tuple[dict, bool]]:
    """Numbers at the edges, each against each, for each choice that must be made."""
    choices = [a for a in o.args if a.kind == "enum" and a.default is None]
    for made in itertools.product(*(a.choices for a in choices)):
        for bound, gradients in _edges(o, dtype):
            yield {**bound, **{a.name: c or None for a, c in zip(choices, made)}}, gradients


def _edges(o, dtype: str) -> Iterator[tuple[dict, bool]]:
    if o.op.kind != "pointwise" or o.op.schema.mutates_self or o.op.factory or not o.op.entry.get("shape") in ("same", "broadcast", "broadcast_tensors"):
        return
    bound: dict[str, Any] = {}
    tensors = [a for a in o.args if a.kind == "tensor"]
    divides = any(w in o.name for w in ("div", "remainder"))
    for i, a in enumerate(tensors):
        if o.op.in_dtype(a) == "bool":
            bound[a.name] = torch.tensor([True, False])[:, None, None]
            continue
        values = edges(dtype, divides)
        bound[a.name] = values if i == len(tensors) - 1 else values[:, None]
    numbers = [a for a in o.args if a.kind == "number"]
    for n in NUMBERS[kind_of(dtype)] if numbers else [None]:
        if divides and not n and n is not None and kind_of(dtype) != "float":
            continue
        yield {**bound, **{a.name: n for a in numbers}}, False
    matrices = {k: v if v.dtype is torch.bool and dtype != "bool" else matrix(dtype) for k, v in bound.items()}
    if not divides or "float" in dtype:
        yield {**matrices, **{a.name: NUMBERS[kind_of(dtype)][0] for a in numbers}}, False
    if "float" in dtype:  # and gradients where functions have corners
        corners = torch.tensor([0.0, -0.0, 1, -1, 0.5, 2, -2], dtype=getattr(torch, dtype))
        b = {k: (v if v.dtype is torch.bool else corners[:, None] if v.dim() == 2 else corners).clone()
             for k, v in bound.items()}
        for k, v in b.items():
            v.requires_grad_(v.dtype is not torch.bool)
        for n in NUMBERS["float"][:3] if numbers else [None]:
            yield {**b, **{a.name: n for a in numbers}}, True


def _named(o, dtype: str) -> Iterator[dict]:
    t = getattr(torch, dtype)
    x = plain(dtype, 2, 3).requires_grad_(t.is_floating_point)
    match o.key:
        case "t" | "nonzero":
            yield {"self": x}
        case "nonzero_numpy":
            yield {"self": x, "as_tuple": True}
            yield {"self": plain(dtype, 7)[3], "as_tuple": True}
        case "where":
            yield {"condition": x}
            yield {"condition": plain(dtype, 7)[3]}
        case "split.sizes":
            yield {"self": x, "split_size": (1, 0, 2), "dim": 1}
            yield {"self": x, "split_size": (1, 2), "dim": -2}
        case "narrow.Tensor":
            for start in (1, -2, 4):
                yield {"self": x, "dim": 1, "start": torch.tensor(start), "length": 1}
            yield {"self": x, "dim": 1, "start": torch.tensor(1, dtype=torch.uint8), "length": 2}
            yield {"self": x, "dim": 1, "start": torch.tensor(1.0), "length": 1}
            yield {"self": x, "dim": 1, "start": torch.tensor([1]), "length": 1}
        case "clamp":
            for low, high in ((0, 2), (None, 1.5), (-1, None), (3, 1), (None, None), (True, 2)):
                yield {"self": x, "min": low, "max": high}
                yield {"self": edges(dtype), "min": low, "max": high}
        case "copy_":
            yield {"self": x, "src": plain(dtype, 3).requires_grad_(t.is_floating_point)}
            yield {"self": x, "src": plain("float32", 2, 1)}
            yield {"self": x, "src": plain("int64", 2, 3)}
            yield {"self": x, "src": plain(dtype, 2, 3), "non_blocking": True}
            yield {"self": x, "src": plain(dtype, 4)}
        case "detach" | "alias" | "numpy_T":
            yield {"self": x}
        case "zero_":
            yield {"self": x}
        case "fill_.Scalar":
            for n in (1, 0.5, True, -3, 300):
                yield {"self": x, "value": n}
        case "fill_.Tensor":
            yield {"self": x, "value": torch.tensor(2, dtype=t)}
            yield {"self": x, "value": torch.tensor(0.5, requires_grad=True)}
            yield {"self": x, "value": plain(dtype, 3)}
        case "uniform_":
            yield {"self": x}
            yield {"self": x, "from": -2.0, "to": 3.5}
            yield {"self": plain(dtype, 40), "from": 1.0, "to": 0.0}
        case "normal_":
            yield {"self": x}
            yield {"self": plain(dtype, 40), "mean": 1.0, "std": 2.0}
            yield {"self": x, "std": -1.0}
        case "bernoulli_.float":
            yield {"self": x}
            yield {"self": plain(dtype, 40), "p": 0.25}
            yield {"self": x, "p": 1.5}
        case "bernoulli.p":
            yield {"self": x, "p": 0.25}
            yield {"self": x, "p": 1.5}
        case "bernoulli" | "bernoulli_.Tensor":
            name = "self" if o.key == "bernoulli" else "p"
            p = torch.linspace(0, 1, 40).reshape(5, 8)
            into = {} if o.key == "bernoulli" else {"self": plain(dtype, 5, 8).requires_grad_(t.is_floating_point)}
            yield {**into, name: p.to(t).requires_grad_(t.is_floating_point)}
            yield {**into, name: p.double()}
            yield {**into, name: p + 0.5}
            if into:
                yield {**into, name: torch.tensor(0.25, dtype=torch.float16)}
                yield {**into, name: p[0]}
        case "normal.Tensor_float":
            yield {"mean": x}
            yield {"mean": plain(dtype, 5, 8), "std": 2.0}
            yield {"mean": x, "std": -1.0}
        case "normal.float_Tensor":
            yield {"mean": 1.0, "std": x.detach().abs().requires_grad_(x.requires_grad) if dtype != "bool" else x}
            yield {"mean": -0.5, "std": x}
        case "normal.Tensor_Tensor":
            spread = torch.arange(4.0)
            yield {"mean": plain(dtype, 5, 4).requires_grad_(t.is_floating_point), "std": spread.to(t)}
            yield {"mean": plain(dtype, 4), "std": spread.double()}
            yield {"mean": plain(dtype, 5, 1), "std": spread[None].clone().requires_grad_()}
            yield {"mean": plain(dtype, 4), "std": spread - 1}
        case "normal.float_float":
            yield {"mean": 1.0, "std": 2.0, "size": (3, 20), "dtype": t}
            yield {"mean": 1.0, "std": 2.0, "size": (3, 2), "generator": torch.Generator().manual_seed(7)}
            yield {"mean": 1.0, "std": -2.0, "size": (2,), "dtype": t}
        case "randint_like.low_dtype":
            yield {"self": x, "low": 1, "high": 5}
            yield {"self": x, "low": -3, "high": 5, "dtype": torch.int64}
            yield {"self": x, "low": 3, "high": 3}
        case "linspace.Tensor_Tensor" | "linspace.Tensor_Scalar" | "linspace.Scalar_Tensor":
            kinds = o.key.removeprefix("linspace.").split("_")
            for start, end in ((-1, 7), (0.5, 0.5), ([1.0], [2.0])):
                ends = [torch.tensor(e) if k == "Tensor" else e for k, e in zip(kinds, (start, end))]
                yield {"start": ends[0], "end": ends[1], "steps": 5, "dtype": t}
        case "round.decimals":
            for decimals in (0, 1, 3, -1):
                yield {"self": edges(dtype), "decimals": decimals}
                yield {"self": (x.detach() * 1.23456).requires_grad_() if t.is_floating_point else x, "decimals": decimals}
        case "random_.from":
            yield {"self": x, "from": 1, "to": 5}
            yield {"self": plain(dtype, 40), "from": 0, "to": 100}
            yield {"self": x, "from": 5, "to": 5}
            yield {"self": x, "from": 0, "to": None}
            yield {"self": x, "from": 0, "to": 2}
            yield {"self": x, "from": 1, "to": None}
        case "random_":
            yield {"self": plain(dtype, 5, 8)}
        case "random_.to":
            yield {"self": plain(dtype, 40), "to": 100}
            yield {"self": plain(dtype, 40), "to": 2}
            yield {"self": x, "to": 0}
        case "type_as":
            yield {"self": x, "other": plain(dtype, 1)}
            yield {"self": x, "other": plain("float64", 2)}
            yield {"self": x, "other": plain("int32", 2)}
        case "rand" | "randn":
            yield {"size": (3, 20), "dtype": t}
            yield {"size": (), "dtype": t}
            yield {"size": (0, 2), "dtype": t}
            yield {"size": (2,), "dtype": t, "requires_grad": True}
            yield {"size": (-1,), "dtype": t}
        case "rand.generator" | "randn.generator":
            yield {"size": (3, 20), "dtype": t, "generator": torch.Generator().manual_seed(7)}
        case "randint" | "randint.low":
            low = {"low": -3} if o.key == "randint.low" else {}
            yield {**low, "high": 5, "size": (3, 4), "dtype": t}
            yield {**low, "high": -9, "size": (3, 4), "dtype": t}
        case "randint.generator" | "randint.low_generator":
            low = {"low": 1} if o.key == "randint.low_generator" else {}
            yield {**low, "high": 5, "size": (3, 4), "dtype": t, "generator": torch.Generator().manual_seed(7)}
        case "randperm":
            yield {"n": 20, "dtype": t}
            yield {"n": 0, "dtype": t}
            yield {"n": -1, "dtype": t}
        case "randperm.generator":
            yield {"n": 20, "dtype": t, "generator": torch.Generator().manual_seed(7)}
        case "arange":
            yield {"end": 5, "dtype": t}
            yield {"end": 2.5, "dtype": t}
            yield {"end": -1, "dtype": t}
            yield {"end": 3}
            yield {"end": 3.0}
        case "arange.start":
            yield {"start": 1, "end": 4, "dtype": t}
            yield {"start": -1.5, "end": 2, "dtype": t}
            yield {"start": 3, "end": 1}
        case "arange.start_step":
            yield {"start": 1, "end": 8, "step": 3, "dtype": t}
            yield {"start": 1, "end": -2, "step": -0.5, "dtype": t}
            yield {"start": 1, "end": 2, "step": 0}
        case "linspace":
            yield {"start": -1, "end": 7, "steps": 10, "dtype": t}
            yield {"start": 0.5, "end": 0.5, "steps": 1, "dtype": t}
            yield {"start": 3, "end": -3, "steps": 0, "dtype": t}
            yield {"start": 3, "end": -3, "steps": -1, "dtype": t}
        case "zeros" | "ones" | "empty.memory_format":
            yield {"size": (2, 3), "dtype": t}
            yield {"size": (), "dtype": t}
            yield {"size": (0, 3), "dtype": t}
            yield {"size": (2, -1), "dtype": t}
            yield {"size": (2,), "dtype": t, "requires_grad": True}
        case "full":
            yield {"size": (2, 3), "fill_value": 3, "dtype": t}
            yield {"size": (2, 3), "fill_value": 0.5, "dtype": t}
            yield {"size": (), "fill_value": True}
            yield {"size": (2,), "fill_value": -1.5}
        case "eye":
            yield {"n": 3, "dtype": t}
            yield {"n": -1, "dtype": t}
        case "eye.m":
            yield {"n": 3, "m": 2, "dtype": t}
            yield {"n": 0, "m": 2, "dtype": t}
        case "empty_strided":
            yield {"size": (2, 3), "stride": (1, 2), "dtype": t}
            yield {"size": (2, 3), "stride": (1,), "dtype": t}
        case "zeros_like" | "ones_like" | "empty_like" | "rand_like" | "randn_like":
            yield {"self": x}
            yield {"self": x, "dtype": torch.float64}
        case "std" | "var" | "std_mean" | "var_mean":
            yield {"self": x}
            yield {"self": x, "unbiased": False}
        case "std.dim" | "var.dim" | "std_mean.dim" | "var_mean.dim":
            yield {"self": x, "dim": 1, "unbiased": False}
            yield {"self": x, "dim": None, "unbiased": True}
            yield {"self": x, "dim": (0,), "unbiased": True, "keepdim": True}
            yield {"self": x, "dim": 2, "unbiased": True}
        case "std.correction" | "var.correction" | "std_mean.correction" | "var_mean.correction":
            if t.is_floating_point:
                yield {"self": torch.ones(3, 2, dtype=t, requires_grad=True)}
                yield {"self": torch.ones(3, 2, dtype=t, requires_grad=True), "dim": (0,), "keepdim": True}
        case "sum_to_size":
            yield {"self": x, "size": (1, 3)}
            yield {"self": x, "size": ()}
        case "bitwise_not" | "logical_not":
            yield {"self": x}


def samples(o, dtype: str) -> Iterator[tuple[dict, bool]]:
    """(arguments by the schema's names, whether gradients are compared)"""
    if o.as_written:
        return
    yield from _pointwise(o, dtype)
    for bound in _named(o, dtype):
        yield bound, True
