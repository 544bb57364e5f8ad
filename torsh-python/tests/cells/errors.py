# SPDX-License-Identifier: MIT OR Apache-2.0
"""PyTorch's samples of what an operator refuses."""
from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch

import torsh
from cells.placed import NotInTorsh, Side, mapped, place
from cells.runs import Failed, attempt, error_difference
from cells.samples import _call_of, op_infos



def function(T, name: str):
    """What op_db's `name` calls, of a library."""
    if name.startswith("nn.functional."):
        return getattr(T.nn.functional, name.removeprefix("nn.functional."))
    if hasattr(T, name):
        return getattr(T, name)
    return lambda self, *args, **kwargs: getattr(self, name)(*args, **kwargs)


def run(name: str) -> Iterator[tuple[str, str | None]]:
    """(the call's arguments, what differs)"""
    for info in op_infos()[name]:
        if info.error_inputs_func is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs = list(info.error_inputs("cpu"))
        for e in inputs:
            args, kwargs = _call_of(name, e.sample_input)
            shown = described(args, kwargs)
            try:
                placed = mapped((args, kwargs), as_is)
                results = []
                for T in (torsh, torch):
                    a, k = Side(T, placed).value
                    results.append(attempt(function(T, name), *a, **k))
            except (NotInTorsh, TypeError, BufferError, RuntimeError) as error:  # complex, sparse, 65 dimensions
                yield shown, f"not in torsh: {error}"
                continue
            if isinstance(results[1], Failed):
                yield shown, error_difference(*results)


def as_is(t: torch.Tensor):
    if t.layout is not torch.strided or t.is_complex():
        raise NotInTorsh(f"{t.layout} {t.dtype}")
    p = place(torch.zeros(()), "contiguous")
    p.flat = torch.empty(0, dtype=t.dtype).set_(t.detach().untyped_storage())
    p.size, p.stride, p.offset, p.requires_grad = tuple(t.shape), t.stride(), t.storage_offset(), t.requires_grad
    return p


def described(args: tuple, kwargs: dict) -> str:
    def one(v):
        if isinstance(v, torch.Tensor):
            return f"{str(v.dtype).removeprefix('torch.')}{list(v.shape)}"
        if isinstance(v, (list, tuple)):
            return "[" + ", ".join(map(one, v)) + "]"
        return repr(v)
    return ", ".join([*map(one, args), *(f"{k}={one(v)}" for k, v in kwargs.items())])
