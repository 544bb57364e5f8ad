# SPDX-License-Identifier: MIT OR Apache-2.0
"""How far results may be from PyTorch's: in units of the dtype's epsilon, relative to each element (pointwise operators)
or to the largest one (all that sums)."""
from __future__ import annotations

import torch

POINTWISE = 4
SUMMED = 16
# in 16 bits both round once what they computed in float
SMALL = {"float16", "bfloat16"}

# operator: (epsilons, relative to: "each" or "largest")
BY_OPERATOR: dict[str, tuple[float, str]] = {}


def allowed(overload, dtype: str, gradient: bool) -> tuple[float, str]:
    if overload.key in BY_OPERATOR:
        n, to = BY_OPERATOR[overload.key]
    elif overload.op.kind in ("pointwise", "view"):
        n, to = POINTWISE, "each"
    else:
        n, to = SUMMED, "largest"
    if gradient:
        n, to = 4 * n, "largest"
    if dtype in SMALL:
        n = max(1, n / 8)
    return n * torch.finfo(getattr(torch, dtype)).eps, to


def same_numbers(ours: torch.Tensor, theirs: torch.Tensor, tolerance: tuple[float, str]) -> bool:
    if not theirs.is_floating_point():
        return torch.equal(ours, theirs)
    a, b = ours.double(), theirs.double()
    finite = torch.isfinite(b)
    if not torch.equal(finite, torch.isfinite(a)) or not torch.equal(a[~finite].nan_to_num(), b[~finite].nan_to_num()):
        return False
    a, b = a[finite], b[finite]
    if not b.numel():
        return True
    rtol, to = tolerance
    scale = b.abs() if to == "each" else b.abs().max()
    info = torch.finfo(theirs.dtype)
    return bool(((a - b).abs() <= rtol * scale + info.tiny * info.eps).all())  # + the smallest number there is
