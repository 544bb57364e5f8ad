# SPDX-License-Identifier: MIT OR Apache-2.0
from __future__ import annotations

from typing import Any

from torsh._C import _adadelta_step
from torsh.optim.optimizer import Optimizer, Params, _refuse


class Adadelta(Optimizer):
    """Steps as long as the average of recent ones, in units of the gradient's average (Zeiler 2012)."""

    def __init__(self, params: Params, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
                 foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False,
                 differentiable: bool = False) -> None:
        if not 0.0 <= float(lr):
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        _refuse("Adadelta", capturable=capturable, differentiable=differentiable)
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable})

    def _step_group(self, group: dict[str, Any]) -> None:
        _adadelta_step(group["params"], self.state, group["lr"], group["rho"], group["eps"], group["weight_decay"],
                       group["maximize"])
