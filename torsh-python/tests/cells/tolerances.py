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
BY_OPERATOR: dict[str, tuple[float, str]] = {
    "gelu": (8, "largest or 1"),  # 1 + erf(x) cancels below 0, in each library at another place
}
GRADIENTS_BY_OPERATOR = {
    "layer_norm": 1024.0,  # 1 / sqrt(eps) = 316 multiplies the rounding of a variance of 0
    "native_layer_norm": 1024.0,
}


def allowed(overload, dtype: str, gradient: bool) -> tuple[float, str, float]:
    if overload.key in BY_OPERATOR:
        n, to = BY_OPERATOR[overload.key]
    elif overload.op.kind in ("pointwise", "view"):
        n, to = POINTWISE, "each"
    else:
        n, to = SUMMED, "largest"
    if gradient:  # they sum, and are products with a cotangent of about 1
        n, to = GRADIENTS_BY_OPERATOR.get(overload.key, 4 * n), "largest or 1"
    if dtype in SMALL:
        n = max(1, n / 8)
    info = torch.finfo(getattr(torch, dtype))
    # numbers below the normal ones may be flushed to 0, but for float16's, which are computed in float32
    return n * info.eps, to, info.eps * info.tiny if dtype == "float16" else 2 * info.tiny


def same_numbers(ours: torch.Tensor, theirs: torch.Tensor, tolerance: tuple[float, str, float]) -> bool:
    if not theirs.is_floating_point():
        return torch.equal(ours, theirs)
    a, b = ours.double(), theirs.double()
    finite = torch.isfinite(b)
    if not torch.equal(finite, torch.isfinite(a)) or not torch.equal(a[~finite].nan_to_num(), b[~finite].nan_to_num()):
        return False
    a, b = a[finite], b[finite]
    if not b.numel():
        return True
    rtol, to, least = tolerance
    scale = b.abs() if to == "each" else b.abs().max()
    if to == "largest or 1":
        scale = scale.clamp_min(1)
    return bool(((a - b).abs() <= rtol * scale + least).all())
