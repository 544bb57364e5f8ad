# SPDX-License-Identifier: MIT OR Apache-2.0
"""Calls to compare: PyTorch's own samples, bound to the table's overloads, and our own where it has none."""
from __future__ import annotations

import functools
import itertools
import sys
import types
import unittest
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from cells import own
from cells.overloads import FUNCTIONAL, Overload, overloads
from cells.placed import DTYPES, leaves, mapped, moves

MOST = 80             # samples read of one OpInfo
KEPT = {"contiguous": 8}
KEPT_OTHERWISE = 3


@functools.cache
def op_infos() -> dict[str, list[Any]]:
    try:
        import expecttest  # noqa: F401
    except ImportError:  # a base class of PyTorch's own test cases, none of which is run
        stand_in = types.ModuleType("expecttest")
        stand_in.TestCase = unittest.TestCase
        sys.modules["expecttest"] = stand_in
    from torch.testing._internal.common_methods_invocations import op_db
    out: dict[str, list[Any]] = {}
    for info in op_db:
        out.setdefault(info.name, []).append(info)
    return out


# Overloads whose samples stand under another name in op_db
OTHER_NAMES = {"slice": ["slice"], "t": ["t"], "detach": [], "_index": ["__getitem__"]}


def op_info_names(o: Overload) -> list[str]:
    """The names in op_db whose samples may call this overload."""
    if o.functional:
        return ["nn.functional." + o.functional.removesuffix("_with_indices")]
    plain = o.name.rstrip("_") if not o.name.startswith("_") else o.name
    return [n for n in OTHER_NAMES.get(o.name, [o.name, plain, "nn.functional." + plain]) if n in op_infos()]


@dataclass(eq=False)
class Sample:
    """A call of overload: `bound` by the schema's names, or, for a function of nn.functional, as it is written."""
    overload: Overload
    bound: dict[str, Any] | None
    args: tuple = ()
    kwargs: dict | None = None
    differentiable: bool = True

    @property
    def values(self) -> Any:
        return (self.args, self.kwargs) if self.bound is None else self.bound

    def with_values(self, values: Any) -> "Sample":
        if self.bound is None:
            return Sample(self.overload, None, values[0], values[1], self.differentiable)
        return Sample(self.overload, values, differentiable=self.differentiable)

    def written(self, values: Any) -> tuple[list, dict]:
        """Positional and keyword arguments out of `values` (as self.values, of any library)."""
        if self.bound is None:
            return list(values[0]), dict(values[1])
        args, kwargs, by_position = [], {}, True
        for a in self.overload.args:
            if a.name not in values:
                by_position = False
            elif a.kwonly or not by_position:
                kwargs["input" if a.name == "self" else a.name] = values[a.name]
            else:
                args.append(values[a.name])
        kwargs.update({k: v for k, v in values.items() if k not in {a.name for a in self.overload.args}})
        return args, kwargs

    @property
    def kind(self) -> tuple:
        """Samples of one kind call the operator in the same way."""
        def one(v):
            if isinstance(v, torch.Tensor):
                return (v.dim(), v.dtype, v.numel() == 0)
            if isinstance(v, (list, tuple)):
                return tuple(one(x) for x in v) if len(v) < 5 else len(v)
            if isinstance(v, dict):
                return tuple((k, one(x)) for k, x in v.items())
            return v if isinstance(v, (bool, str)) or v is None else type(v).__name__
        return (self.differentiable, one(self.values))


def accepts(a, v: Any) -> bool:
    """Whether an argument of the schema takes this Python value."""
    number = isinstance(v, (int, float)) and not isinstance(v, torch.SymInt)
    integer = isinstance(v, int) and not isinstance(v, bool)
    ints = isinstance(v, (list, tuple, torch.Size)) and all(isinstance(x, int) for x in v)
    match a.kind:
        case "tensor":
            return isinstance(v, torch.Tensor)
        case "tensor_opt":
            return v is None or isinstance(v, torch.Tensor)
        case "tensor_list":
            return isinstance(v, (list, tuple)) and all(isinstance(x, torch.Tensor) for x in v)
        case "number" | "scalar":
            return number
        case "scalar_opt":
            return v is None or number
        case "int":
            return integer
        case "int_opt":
            return v is None or integer
        case "float":
            return number
        case "float_opt":
            return v is None or number
        case "bool":
            return isinstance(v, bool)
        case "bool_opt":
            return v is None or isinstance(v, bool)
        case "dims":
            return ints or bool(a.fixed) and integer
        case "dims_opt":
            return v is None or ints or bool(a.fixed) and integer
        case "enum":
            return isinstance(v, str)
        case "dtype":
            return v in DTYPES or v is None and a.type.endswith("?")
        case "layout":
            return v in (None, torch.strided)
        case "memory_format":
            return v is None or isinstance(v, torch.memory_format)
        case "device":
            return v is None or str(v).startswith("cpu")
        case "generator":
            return v is None or isinstance(v, torch.Generator)
    return False


def bind(o: Overload, args: tuple, kwargs: dict, numbers: bool) -> dict[str, Any] | None:
    """The schema's arguments out of a Python call, or None if it calls another overload. numbers: whether they may stand
    for tensors, where the table says so."""
    if o.flag and kwargs.get(o.flag[0], False) is not o.flag[1]:
        return None
    numbers = numbers and o.op.entry.get("numbers", False)
    positional = [a for a in o.args if not a.kwonly]
    before = [a for a in positional if a.name != "self"]
    if (len(before) == 1 and before[0].kind == "dims" and not before[0].fixed
            and len(args) > len(positional) - len(before) and all(type(x) is int for x in args[len(positional) - 1:])):
        args = (*args[:len(positional) - 1], tuple(args[len(positional) - 1:]))  # view(2, 3)
    if len(args) > len(positional):
        return None
    out = {a.name: v for a, v in zip(positional, args)}
    for k, v in kwargs.items():
        k = "self" if k == "input" and "self" in {a.name for a in o.args} else k
        if k in out:
            return None
        out[k] = v
    extra = {"requires_grad"} if any(a.name == "pin_memory" for a in o.args) else set()
    extra |= {o.flag[0]} if o.flag else set()
    named = {a.name: a for a in o.args}
    for k, v in out.items():
        if k not in named:
            if k not in extra:
                return None
        elif not accepts(named[k], v) and not (numbers and named[k].is_tensor and type(v) in (bool, int, float)):
            return None
    if any(a.default is None and a.name not in out and not a.type.endswith("?") for a in o.args):
        return None
    return out


def _call_of(name: str, sample) -> tuple[tuple, dict]:
    """A SampleInput as arguments of the operator itself."""
    args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)
    if name == "where":  # op_db gives self first
        args = (args[1], args[0], *args[2:])
    if name == "nn.functional.embedding":  # and weight first
        args = (args[1], args[0], *args[2:])
    if name in ("zeros", "ones", "full", "empty", "eye", "arange", "linspace", "randn", "randint", "normal", "empty_strided"):
        kwargs = {k: v for k, v in kwargs.items() if k != "device"}
    return args, kwargs


def _read(info, dtype: torch.dtype, gradients: bool) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sources = [info.sample_inputs]
        if dtype is torch.float32 and info.reference_inputs_func is not None:
            sources.append(info.reference_inputs)
        for source in sources:
            yield from itertools.islice(source("cpu", dtype, requires_grad=gradients), MOST)


@functools.lru_cache(maxsize=16)
def calls(name: str, dtype: str) -> list[tuple[tuple, dict]]:
    """All calls that op_db's `name` gives for a dtype; where it does not know the dtype, float32's converted."""
    want = getattr(torch, dtype)
    out = []
    for info in op_infos()[name]:
        torch.manual_seed(0)
        gradients = want.is_floating_point and info.supports_autograd and want in info.dtypes
        try:
            read = list(_read(info, want, gradients))
        except Exception:  # make_tensor refuses some dtypes, and samples some values
            torch.manual_seed(0)
            read = [s.transform(lambda x: x.to(want) if isinstance(x, torch.Tensor) and x.is_floating_point() else x)
                    for s in _read(info, torch.float32, False)]
        out += [_call_of(name, s) for s in read]
    return out


def signature(args: tuple, kwargs: dict) -> str:
    """The kinds of a call's arguments, for the list of calls that no overload takes."""
    def one(v):
        if isinstance(v, torch.Tensor):
            return "Tensor" if v.dtype in DTYPES and v.layout is torch.strided and type(v) is torch.Tensor else f"{v.layout} {v.dtype}"
        if isinstance(v, (list, tuple)) and len(set(map(one, v))) <= 1:
            return f"[{', '.join(sorted(set(map(one, v))))}]"
        if isinstance(v, (list, tuple)):
            return f"[{', '.join(map(one, v))}]"
        return str(v) if isinstance(v, (str, torch.memory_format, torch.dtype)) else type(v).__name__
    return ", ".join([one(v) for v in args] + [f"{k}={one(v)}" for k, v in sorted(kwargs.items())])


@functools.lru_cache(maxsize=16)
def bound_calls(name: str, dtype: str) -> tuple[dict[str, list[Sample]], set[str]]:
    """op_db's calls by overload, and the signatures of those that no overload takes."""
    candidates = [o for o in overloads().values() if name in op_info_names(o)]
    out: dict[str, list[Sample]] = {}
    unbound: set[str] = set()
    for args, kwargs in calls(name, dtype):
        if any(t.dtype not in DTYPES or t.layout is not torch.strided or type(t) is not torch.Tensor and type(t) is not torch.nn.Parameter
               for t in leaves((args, kwargs))):
            unbound.add(signature(args, kwargs))
            continue
        taken = False
        for o, numbers in [(o, n) for n in (False, True) for o in candidates]:
            if o.as_written:
                if not numbers:
                    out.setdefault(o.key, []).append(Sample(o, None, args, kwargs))
                taken = True
                continue
            bound = bind(o, args, kwargs, numbers)
            if bound is not None:
                out.setdefault(o.key, []).append(Sample(o, bound))
                break
        else:
            if not taken:
                unbound.add(signature(args, kwargs))
    return out, unbound


def every(o: Overload, dtype: str) -> list[Sample]:
    out: list[Sample] = []
    for name in op_info_names(o):
        out += bound_calls(name, dtype)[0].get(o.key, [])
    if o.op.base and not out:
        out = [s for n in op_info_names(o) for s in bound_calls(n, dtype)[0].get(o.op.base.key, [])]
        out = [Sample(o, own.with_number(o, s.bound, i, dtype)) for i, s in enumerate(out)]
    if o.functional and o.op.kind == "pointwise":
        out.append(Sample(o, None, (own.matrix(dtype),), {}))
    return out + [Sample(o, b, differentiable=d) for b, d in own.samples(o, dtype)]


def varied(samples: list[Sample], n: int) -> list[Sample]:
    """n of the samples, of as many kinds as there are; always the same ones."""
    kinds: dict[tuple, list[Sample]] = {}
    for s in samples:
        kinds.setdefault(s.kind, []).append(s)
    rounds = itertools.zip_longest(*kinds.values())
    return list(itertools.islice((s for r in rounds for s in r if s is not None), n))


def _shrunk(s: Sample) -> Iterator[Sample]:
    """s with tensors without elements, in the ways that an operator may accept."""
    first = next(leaves(s.values), None)
    if first is None or not first.dim():
        return
    rows = first.shape[0]

    def cut(dim, which):
        def f(t):
            return t.narrow(dim, 0, 0).detach().requires_grad_(t.requires_grad) if t.dim() and which(t) else t
        return s.with_values(mapped(s.values, f))
    yield cut(0, lambda t: t.shape[0] == rows)
    yield cut(-1, lambda t: True)
    yield cut(0, lambda t: t is first)
    yield cut(0, lambda t: True)


def _scalars(s: Sample) -> Iterator[Sample]:
    first = next(leaves(s.values), None)

    def one(which):
        def f(t):
            return t.reshape(-1)[0].detach().requires_grad_(t.requires_grad) if t.numel() and which(t) else t
        return s.with_values(mapped(s.values, f))
    yield one(lambda t: True)
    yield one(lambda t: t is first)


def for_layout(samples: list[Sample], layout: str, works) -> list[Sample]:
    """The samples of a cell. works(sample): whether PyTorch takes the call; those come first."""
    kept = KEPT.get(layout, KEPT_OTHERWISE)
    if layout == "none":
        return varied(samples, 8)
    fitting = [s for s in samples if any(moves(t, layout) for t in leaves(s.values))]
    if layout in ("zero", "scalar") and len(fitting) < kept:
        made = []
        for s in varied([s for s in samples if s not in fitting and any(t.dim() for t in leaves(s.values))], kept):
            ways = list(_shrunk(s) if layout == "zero" else _scalars(s))
            made += [next((w for w in ways if works(w)), None) or w for w in ways[:1]]
        return varied(fitting, kept) + made[:kept - len(fitting)]
    return varied(fitting, kept)
