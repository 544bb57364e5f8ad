# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cells of the operator table on Vulkan beside cpu-portable: the same call with the same tensors on both devices."""
from __future__ import annotations

import pathlib
from typing import Any

import torch

import torsh
from cells import runs, samples
from cells.placed import NotInTorsh, Placed, Side, leaves, mapped, place
from cells.runs import Failed, attempt
from cells.tolerances import allowed, same_numbers

DEVICE = "vulkan:0"
DTYPES = ["float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8", "bool"]
LAYOUTS = {"contiguous": 3, "permuted": 1, "expanded": 1, "offset": 1, "zero": 1, "scalar": 1, "none": 3}
VARIANTS = ["function", "inplace"]
MOST_ELEMENTS = 1 << 15  # llvmpipe shows correctness, not speed
HERE = pathlib.Path(__file__).parent
UNSET = runs.UNSET


class OnVulkan(Side):
    def _build(self, p: Placed):
        flat = torsh.from_dlpack(p.flat.clone()).to(DEVICE)
        t = flat.as_strided(p.size, p.stride, p.offset).detach()
        self.flats.append(flat)
        self.tensors.append(t)
        return t


def on_cpu(value: Any) -> Any:
    """Results, fetched; what a kernel found wrong is raised here at the latest."""
    torsh.vulkan.synchronize()
    if isinstance(value, (tuple, list)): # also named results
        return [on_cpu(v) for v in value]
    return value.detach().cpu() if isinstance(value, torsh.Tensor) else value


def as_torch(t) -> torch.Tensor:
    return torch.from_dlpack(t)


def difference(ours, theirs, tolerance) -> str | None:
    if isinstance(ours, Failed) or isinstance(theirs, Failed):
        if isinstance(ours, Failed) and isinstance(theirs, Failed):
            return None if type(ours.error) is type(theirs.error) else f"raises {ours}, the CPU {theirs}"
        return f"raises {ours}, the CPU does not" if isinstance(ours, Failed) else f"does not raise, the CPU {theirs}"
    if isinstance(theirs, torsh.Tensor):
        for what in ("dtype", "shape"):
            if getattr(ours, what) != getattr(theirs, what):
                return f"{what} {getattr(ours, what)}, the CPU {getattr(theirs, what)}"
        x, y = as_torch(ours), as_torch(theirs)
        dtype = str(y.dtype).removeprefix("torch.")
        if same_numbers(x, y, tolerance(dtype) if y.is_floating_point() else None):
            return None
        wrong = (x.double() - y.double()).nan_to_num(0, 9e99, 9e99).abs().reshape(-1)
        i = int(wrong.argmax()) if wrong.max() > 0 else int((x != y).reshape(-1).byte().argmax())
        return f"values {x.reshape(-1)[i].item()!r}, the CPU {y.reshape(-1)[i].item()!r} at {i} of {tuple(y.shape)}"
    if isinstance(theirs, (tuple, list)):
        if len(ours) != len(theirs):
            return f"{len(ours)} results, the CPU {len(theirs)}"
        return next((f"[{i}]: {d}" for i, (a, b) in enumerate(zip(ours, theirs)) if (d := difference(a, b, tolerance))), None)
    return None if repr(ours) == repr(theirs) else f"{ours!r}, the CPU {theirs!r}"


class Outcome:
    def __init__(self):
        self.run, self.lacking, self.wrong = 0, [], []


def call(overload, variant, sample, side: Side, device: str):
    args, kwargs = sample.written(side.value)
    if any(a.kind == "device" for a in overload.args) and not overload.op.tensors:
        kwargs["device"] = device
    f = overload.callable(torsh, variant)
    result = attempt(lambda: on_cpu(f(*args, **kwargs)))
    if not isinstance(result, Failed):
        result = result, attempt(lambda: on_cpu(side.flats))
    return result


def run(overload, dtype: str) -> Outcome:
    out = Outcome()
    tolerance = lambda d: allowed(overload, d, False)  # noqa: E731
    every = [s for s in samples.every(overload, dtype) if all(t.numel() <= MOST_ELEMENTS for t in leaves(s.values))]
    for layout in overload.layouts:
        if layout not in LAYOUTS:
            continue
        probe = runs.Cell(overload, dtype, layout, "function")
        chosen = samples.for_layout(every, layout, lambda s: runs.works_in_torch(probe, s))
        for variant in overload.variants(dtype, layout):
            if variant == "method" and "function" not in overload.op.variants:
                pass  # what has no function is called as a method
            elif variant not in VARIANTS:
                continue
            if overload.callable(torsh, variant) is None:
                continue
            for s in chosen[:LAYOUTS[layout]]:
                try:
                    placed = mapped(s.values, lambda t: place(t, layout))
                    cpu, vulkan = Side(torsh, placed), OnVulkan(torsh, placed)
                except NotInTorsh:
                    continue
                theirs = call(overload, variant, s, cpu, "cpu")
                ours = call(overload, variant, s, vulkan, DEVICE)
                if isinstance(ours, Failed) and "has no kernel for" in str(ours.error):
                    out.lacking.append(str(ours.error))
                    continue
                out.run += 1
                if overload.key in UNSET and not isinstance(ours, Failed):
                    continue
                if d := difference(ours, theirs, tolerance):
                    out.wrong.append(f"{layout} {variant}: {d}    {runs.shown(s)}")
    return out
