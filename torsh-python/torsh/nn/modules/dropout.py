# SPDX-License-Identifier: MIT OR Apache-2.0
from __future__ import annotations

from torsh._C import Tensor
from torsh.nn import functional as F
from torsh.nn.modules.module import Module


class Dropout(Module):
    """In training: each element is 0 with probability p, else divided by 1 - p."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
