# SPDX-License-Identifier: MIT OR Apache-2.0
"""torch.nn.functional's signatures over the operators."""
from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import torsh
from torsh import _nn_ops
from torsh._C import Tensor, UnsupportedError, dtype
from torsh._nn_ops import gelu, leaky_relu_, linear, relu_

__all__ = [
    "adaptive_avg_pool2d", "avg_pool2d", "batch_norm", "binary_cross_entropy_with_logits", "conv2d", "cross_entropy",
    "dropout", "embedding", "gelu", "layer_norm", "leaky_relu", "leaky_relu_", "linear", "log_softmax", "max_pool2d",
    "max_pool2d_with_indices", "mse_loss", "nll_loss", "relu", "relu_", "sigmoid", "silu", "softmax", "tanh",
]

Size2 = int | Sequence[int]
_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


# ---- activations ---------------------------------------------------------------------------------------------

def relu(input: Tensor, inplace: bool = False) -> Tensor:
    return relu_(input) if inplace else _nn_ops.relu(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    return leaky_relu_(input, negative_slope) if inplace else _nn_ops.leaky_relu(input, negative_slope)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    return _nn_ops.silu_(input) if inplace else _nn_ops.silu(input)


def sigmoid(input: Tensor) -> Tensor:
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    return input.tanh()


def _softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
                  "argument.", stacklevel=stacklevel)
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None) -> Tensor:
    if dim is None:
        dim = _softmax_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None) -> Tensor:
    if dim is None:
        dim = _softmax_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim, dtype)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return torsh.dropout_(input, p, training) if inplace else torsh.dropout(input, p, training)


# ---- layers -------------------------------------------------------------------------------------------------------

def _pair(value: Size2) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size2 = 1, padding: Size2 | str = 0,
           dilation: Size2 = 1, groups: int = 1) -> Tensor:
    if not isinstance(padding, str):
        return torsh.conv2d(input, weight, bias, stride, padding, dilation, groups)
    if padding == "valid":
        return torsh.conv2d(input, weight, bias, stride, 0, dilation, groups)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if _pair(stride) != (1, 1):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(_pair(dilation), weight.shape[2:])]
    result = torsh.conv2d(input, weight, bias, stride, [(t + 1) // 2 for t in total], dilation, groups)
    # an even kernel wants one row less before than after
    return result[..., total[0] % 2:, total[1] % 2:].contiguous()


def max_pool2d(input: Tensor, kernel_size: Size2, stride: Size2 | None = None, padding: Size2 = 0, dilation: Size2 = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Tensor | tuple[Tensor, Tensor]:
    pool = _nn_ops.max_pool2d_with_indices if return_indices else _nn_ops.max_pool2d
    return pool(input, kernel_size, () if stride is None else stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(input: Tensor, kernel_size: Size2, stride: Size2 | None = None, padding: Size2 = 0,
                            dilation: Size2 = 1, ceil_mode: bool = False, return_indices: bool = False,
                            ) -> tuple[Tensor, Tensor]:
    return _nn_ops.max_pool2d_with_indices(input, kernel_size, () if stride is None else stride, padding, dilation, ceil_mode)


def avg_pool2d(input: Tensor, kernel_size: Size2, stride: Size2 | None = None, padding: Size2 = 0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:
    return _nn_ops.avg_pool2d(input, kernel_size, () if stride is None else stride, padding, ceil_mode, count_include_pad,
                              divisor_override)


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None]) -> Tensor:
    if not isinstance(output_size, int):
        n = len(output_size)
        if n >= len(input.size()):
            raise ValueError(f"Input dimension should be at least {n + 1}")
        output_size = [input.shape[i - n] if size is None else size for i, size in enumerate(output_size)]
    return _nn_ops.adaptive_avg_pool2d(input, output_size)


def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
               bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    if training:
        size = input.size()
        if size[0] * math.prod(size[2:]) == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return torsh.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)


def layer_norm(input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
               eps: float = 1e-5) -> Tensor:
    return torsh.layer_norm(input, normalized_shape, weight, bias, eps)


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
              norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    if max_norm is not None:
        raise UnsupportedError("embedding(): max_norm is not built")
    if padding_idx is None:
        padding_idx = -1
    elif not -weight.size(0) <= padding_idx < weight.size(0):
        raise AssertionError("Padding_idx must be within num_embeddings")
    elif padding_idx < 0:
        padding_idx += weight.size(0)
    return _nn_ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


# ---- losses ----------------------------------------------------------------------------------------------------------

def _reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> int:
    if size_average is not None or reduce is not None:  # PyTorch's old way to say it
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
                      stacklevel=3)
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return _REDUCTIONS[reduction]


def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                  ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
                  label_smoothing: float = 0.0) -> Tensor:
    return _nn_ops.cross_entropy_loss(input, target, weight, _reduction(reduction, size_average, reduce), ignore_index,
                                      label_smoothing)


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
             ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    return _nn_ops.nll_loss_nd(input, target, weight, _reduction(reduction, size_average, reduce), ignore_index)


def mse_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    if target.shape != input.shape:
        warnings.warn(f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This "
                      "will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
                      stacklevel=2)
    how = _reduction(reduction, size_average, reduce)
    if weight is None:
        return _nn_ops.mse_loss(input, target, how)
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    errors = _nn_ops.mse_loss(input, target, 0) * weight
    return errors if how == 0 else errors.sum() / weight.sum() if how == 1 else errors.sum()


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                                     pos_weight: Tensor | None = None) -> Tensor:
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    return _nn_ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight,
                                                    _reduction(reduction, size_average, reduce))
