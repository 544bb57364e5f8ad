# SPDX-License-Identifier: MIT OR Apache-2.0
from __future__ import annotations

import math
from typing import Any

import torsh
from torsh._C import Tensor, dtype
from torsh._nn_ops import linear
from torsh._types import Device
from torsh.nn import init
from torsh.nn.modules.module import Module
from torsh.nn.parameter import Parameter


class Identity(Module):
    """Its input. Takes any arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """y = x @ weight.T + bias"""

    bias: Parameter | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Device = None,
                 dtype: dtype | None = None) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(torsh.empty((out_features, in_features), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(torsh.empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
