# SPDX-License-Identifier: MIT OR Apache-2.0
"""Types in signatures."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, Union

from torsh._C import device

Number: TypeAlias = Union[int, float, bool, complex]
Dims: TypeAlias = Union[Sequence[int], int]
Device: TypeAlias = Union[device, str, None]
