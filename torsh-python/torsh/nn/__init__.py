# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks."""
from __future__ import annotations

from torsh.nn import functional, init, utils
from torsh.nn.modules.activation import GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Tanh
from torsh.nn.modules.batchnorm import BatchNorm1d, BatchNorm2d
from torsh.nn.modules.container import ModuleDict, ModuleList, ParameterList, Sequential
from torsh.nn.modules.conv import Conv2d
from torsh.nn.modules.dropout import Dropout
from torsh.nn.modules.flatten import Flatten
from torsh.nn.modules.linear import Identity, Linear
from torsh.nn.modules.loss import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss, NLLLoss
from torsh.nn.modules.module import Module
from torsh.nn.modules.normalization import LayerNorm
from torsh.nn.modules.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from torsh.nn.modules.sparse import Embedding
from torsh.nn.parameter import Buffer, Parameter

__all__ = [
    "AdaptiveAvgPool2d", "AvgPool2d", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "Buffer", "Conv2d",
    "CrossEntropyLoss", "Dropout", "Embedding", "Flatten", "GELU", "Identity", "LayerNorm", "LeakyReLU", "Linear",
    "LogSoftmax", "MSELoss", "MaxPool2d", "Module", "ModuleDict", "ModuleList", "NLLLoss", "Parameter", "ParameterList",
    "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Tanh", "functional", "init", "utils",
]
