# SPDX-License-Identifier: MIT OR Apache-2.0
"""Optimizers: a step is one call over all parameters of a group."""
from __future__ import annotations

from torsh.optim import lr_scheduler
from torsh.optim.adadelta import Adadelta
from torsh.optim.adam import Adam, AdamW
from torsh.optim.optimizer import Optimizer
from torsh.optim.sgd import SGD

__all__ = ["Adadelta", "Adam", "AdamW", "Optimizer", "SGD", "lr_scheduler"]
