# SPDX-License-Identifier: MIT OR Apache-2.0
"""finfo and iinfo: the numbers of a dtype."""
from __future__ import annotations

from torsh import _C
from torsh._C import dtype

# dtype: (bits of the significand, exponents of the largest and the smallest normal number, decimal digits)
_FLOATING = {
    _C.float16: (10, 15, -14, 3),
    _C.bfloat16: (7, 127, -126, 2),
    _C.float32: (23, 127, -126, 6),
    _C.float64: (52, 1023, -1022, 15),
    _C.complex64: (23, 127, -126, 6),
    _C.complex128: (52, 1023, -1022, 15),
}


class finfo:
    """The numbers of a floating dtype (default: the default one)."""

    def __init__(self, type: dtype | None = None) -> None:
        of = _C.get_default_dtype() if type is None else type
        if of not in _FLOATING:
            raise TypeError(f"torsh.finfo() requires a floating point input type. Use torsh.iinfo to handle '{of}'")
        significand, largest, smallest, digits = _FLOATING[of]
        self.dtype = str(of).removeprefix("torsh.")
        self.bits = 8 * of.itemsize // (2 if of.is_complex else 1)
        self.eps = 2.0 ** -significand
        self.max = (2 - self.eps) * 2.0 ** largest
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** smallest
        self.resolution = float(f"1e-{digits}")

    def __repr__(self) -> str:
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
                f"smallest_normal={self.tiny:g}, tiny={self.tiny:g}, dtype={self.dtype})")


class iinfo:
    """The numbers of an integer dtype."""

    def __init__(self, type: dtype) -> None:
        if type.is_floating_point or type.is_complex or type is _C.bool:
            raise TypeError(f"torsh.iinfo() requires an integer input type. Use torsh.finfo to handle '{type}'")
        self.dtype = str(type).removeprefix("torsh.")
        self.bits = 8 * type.itemsize
        self.min = -(1 << (self.bits - 1)) if type.is_signed else 0
        self.max = (1 << (self.bits - type.is_signed)) - 1

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
