# SPDX-License-Identifier: MIT OR Apache-2.0
"""assert_close."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torsh
from torsh._C import Tensor, dtype

# dtype: (rtol, atol), as in PyTorch
_TOLERANCES: dict[dtype, tuple[float, float]] = {
    torsh.float16: (1e-3, 1e-5), torsh.bfloat16: (1.6e-2, 1e-5), torsh.float32: (1.3e-6, 1e-5), torsh.float64: (1e-7, 1e-7),
}


def assert_close(actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None,
                 equal_nan: bool = False, check_device: bool = True, check_dtype: bool = True, check_stride: bool = False,
                 msg: str | None = None) -> None:
    """AssertionError unless |actual - expected| <= atol + rtol * |expected| everywhere; also in sequences and mappings."""
    if (rtol is None) != (atol is None):
        raise ValueError("Either both 'rtol' and 'atol' must be specified or none of them")
    options: dict[str, Any] = dict(rtol=rtol, atol=atol, equal_nan=equal_nan, check_device=check_device, check_dtype=check_dtype,
                   check_stride=check_stride, msg=msg)
    if isinstance(expected, Mapping):
        if set(actual) != set(expected):
            raise AssertionError(msg or "The keys of the mappings do not match")
        for key in expected:
            assert_close(actual[key], expected[key], **options)
        return
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        if len(actual) != len(expected):
            raise AssertionError(msg or f"The length of the sequences mismatch: {len(actual)} != {len(expected)}")
        for a, e in zip(actual, expected):
            assert_close(a, e, **options)
        return
    if not isinstance(actual, Tensor) and not isinstance(expected, Tensor):
        check_dtype = False
    a, e = torsh.as_tensor(actual).detach(), torsh.as_tensor(expected).detach()
    checks = [("shape", True), ("dtype", check_dtype), ("device", check_device)]
    for name, wanted in checks:
        if wanted and getattr(a, name) != getattr(e, name):
            raise AssertionError(msg or f"The values for attribute '{name}' do not match: {getattr(a, name)} != "
                                        f"{getattr(e, name)}.")
    if check_stride and a.stride() != e.stride():
        raise AssertionError(msg or f"The values for attribute 'stride()' do not match: {a.stride()} != {e.stride()}.")
    if rtol is None or atol is None:
        pairs = [_TOLERANCES.get(t.dtype, (0.0, 0.0)) for t in (a, e)]
        rtol, atol = (max(p[i] for p in pairs) for i in (0, 1))
    a, e = a.to(torsh.float64), e.to(torsh.float64)
    close = ((a - e).abs() <= atol + rtol * e.abs()) | (a == e)
    if equal_nan:
        close = close | (a.isnan() & e.isnan())
    if close.all():
        return
    wrong = close.numel() - int(close.sum())
    greatest = (a - e).abs().max().item()
    raise AssertionError(msg or f"Tensor-likes are not close!\n\nMismatched elements: {wrong} / {close.numel()} "
                                f"({100 * wrong / close.numel():.1f}%)\nGreatest absolute difference: {greatest} (up to {atol} "
                                f"allowed, and {rtol} relative)")
