# SPDX-License-Identifier: MIT OR Apache-2.0
"""The overloads of the operator table, and by which Python names they are reached in torsh and in PyTorch."""
from __future__ import annotations

import functools
import operator
import pathlib
import sys
from dataclasses import dataclass, field

import torch

from torsh import _nn_ops

ROOT = pathlib.Path(__file__).absolute().parents[3]
sys.path.insert(0, str(ROOT / "tools" / "opgen"))

import emit_python  # noqa: E402
import signatures  # noqa: E402
import table  # noqa: E402

DTYPES = ["float32", "float64", "float16", "bfloat16", "int32", "int64", "uint8", "bool"]
LAYOUTS = ["contiguous", "permuted", "gaps", "expanded", "zero", "scalar", "offset"]
NO_LAYOUT = ["none"]  # of an overload without tensors
CALLS = ["function", "method", "inplace", "out"]
GRADIENTS = ["grad", "grad_inplace", "gradgrad", "gradcheck"]

# Overloads whose Python function has another name or signature than the schema: nn.functional's. Their samples are calls
# of that function.
FUNCTIONAL = {
    "adaptive_avg_pool2d": "adaptive_avg_pool2d", "avg_pool2d": "avg_pool2d", "batch_norm": "batch_norm",
    "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits", "conv2d": "conv2d",
    "cross_entropy_loss": "cross_entropy", "dropout": "dropout", "embedding": "embedding", "gelu": "gelu",
    "layer_norm": "layer_norm", "leaky_relu": "leaky_relu", "linear": "linear", "max_pool2d": "max_pool2d",
    "max_pool2d_with_indices": "max_pool2d_with_indices", "mse_loss": "mse_loss", "nll_loss_nd": "nll_loss", "silu": "silu",
}

# reached through an operator of Python
PYTHON = {"_index": operator.getitem}


@dataclass
class Overload:
    op: table.Op
    functions: list[str] = field(default_factory=list)  # of "torch", "nn"
    methods: list[str] = field(default_factory=list)    # of "", "_"
    inplace_function: bool = False
    out: bool = False
    flag: tuple[str, bool] | None = None  # an argument of Python's that no schema has, and what it must be

    key = property(lambda s: s.op.key)
    name = property(lambda s: s.op.python_name)
    args = property(lambda s: s.op.args)
    functional = property(lambda s: FUNCTIONAL.get(s.key))
    as_written = property(lambda s: s.key in FUNCTIONAL or s.key in PYTHON)  # samples need not fit the schema

    @property
    def tensors(self) -> bool:
        return bool(self.op.tensors) or any(a.kind == "number" for a in self.args)

    @property
    def layouts(self) -> list[str]:
        return LAYOUTS if self.op.tensors else NO_LAYOUT

    @property
    def inplace_name(self) -> str | None:
        if self.op.schema.mutates_self:
            return self.name
        return self.name + "_" if "_" in self.methods or self.inplace_function else None

    def variants(self, dtype: str, layout: str) -> list[str]:
        """What is to be run in a cell: what the table declares, and gradients."""
        declared = self.op.variants
        out = [v for v in CALLS if v in declared]
        if self.op.schema.mutates_self:
            out = ["inplace"]
        if dtype in ("float32", "float64") and self.op.tensors:
            out += ["grad_inplace"] if out == ["inplace"] else ["grad"]
            if "inplace" in out and "grad_inplace" not in out and dtype == "float64":
                out.append("grad_inplace")
            if dtype == "float64" and layout == "contiguous":
                out += ["gradgrad", "gradcheck"]
        return out

    def callable(self, T, variant: str):
        """The function of library T for a variant, called with the schema's (or nn.functional's) arguments; None if Python
        has no name for it."""
        if variant == "inplace" and self.inplace_name:
            if self.methods:
                return functools.partial(_method, self.inplace_name)
            for home in (T, T.nn.functional):
                if hasattr(home, self.inplace_name):
                    return getattr(home, self.inplace_name)
        if variant == "inplace" and self.functional:  # gelu_(): no name in Python
            return None
        if variant == "method" and "" in self.methods:
            return functools.partial(_method, self.name)
        if variant == "function" and self.key in PYTHON:
            return PYTHON[self.key]
        if variant == "function" and self.functional:
            return getattr(T.nn.functional, self.functional)
        if variant in ("function", "out") and self.functions:
            if variant == "out" and not self.out:
                return None
            if "torch" in self.functions:
                return getattr(T, self.name)
            if hasattr(T.nn.functional, self.name):
                return getattr(T.nn.functional, self.name)
            return getattr(T.ops.aten, self.name) if T is torch else getattr(_nn_ops, self.name)
        return None


def _method(name, self, *args, **kwargs):
    return getattr(self, name)(*args, **kwargs)


@functools.cache
def overloads() -> dict[str, Overload]:
    ops = table.load(ROOT / "ops")
    out = {op.key: Overload(op) for op in table.entries(ops)}
    for o in out.values():
        if o.name in signatures.BY_HAND:
            o.methods.append("")
    for where, names in emit_python.python_families(ops).items():
        for of_one_name in names.values():
            for s in of_one_name:
                o = out[s.op.key]
                suffix = s.suffix
                o.flag = next(((p.name, p.kind == "true") for p in s.params if p.kind in ("true", "false")), None)
                if where == "method":
                    o.methods.append(suffix)
                elif suffix:
                    o.inplace_function = True
                else:
                    o.functions.append(where)
                    o.out |= s.has_out
    return out
