# SPDX-License-Identifier: MIT OR Apache-2.0
"""Types in signatures."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from torsh._C import device

Number: TypeAlias = int | float | bool | complex
Dims: TypeAlias = Sequence[int] | int
Device: TypeAlias = device | str | None
