# SPDX-License-Identifier: MIT OR Apache-2.0
"""The speed floor: how much longer than PyTorch, on one thread and on two, a case may take."""
from __future__ import annotations

FLOOR = {
    "add_small": 0.5,
    "item": 0.5,
    "view_chain": 0.5,
    "tensor_from_numpy": 0.5,
    "module_call": 0.5,
    "mlp_tiny_train": 0.4,
    "backward_small": 0.4,
    "add_1M": 1.0,
    "sum_16M": 1.0,
    "sum_dim1": 1.0,
    "add_16M": 0.6,
    "matmul_512": 1.05,
    "matmul_1024": 1.05,
    "linear_768x3072_b512": 1.05,
    "mlp_mnist_train": 0.8,
    "cnn_mnist_train": 1.5,
}


NOISE = 0.2  # a control that strays further proves nothing


def verdict(name: str, ratio: float, spread: float) -> str:
    """"pass", "NOT", or "noise" where it would pass for the machine's unrest alone; and the bound. spread: how far from 1
    the control strayed in this case."""
    if name not in FLOOR:
        return ""
    bound = FLOOR[name]
    word = "pass" if ratio <= bound + min(spread, NOISE) else "noise" if ratio <= bound + spread else "NOT"
    return f"{word} (floor {bound:g})"
