# SPDX-License-Identifier: MIT OR Apache-2.0
"""PyTorch's programming model on small C libraries."""
from __future__ import annotations

import importlib
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from torsh import _C, _tensor
from torsh._C import (
    CallbackError,
    DeviceError,
    DtypeError,
    FileFormatError,
    Generator,
    InternalError,
    InvalidTypeError,
    InvalidValueError,
    MissingArgumentError,
    OutOfMemoryError,
    OutOfRangeError,
    ShapeMismatchError,
    Size,
    StateError,
    Tensor,
    TorshError,
    UnsupportedError,
    as_tensor,
    bfloat16,
    bool,
    cdouble,
    cfloat,
    channels_last,
    complex64,
    complex128,
    contiguous_format,
    default_generator,
    device,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    from_dlpack,
    from_numpy,
    get_default_dtype,
    get_num_threads,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    is_grad_enabled,
    layout,
    long,
    memory_format,
    preserve_format,
    set_default_dtype,
    set_num_threads,
    short,
    strided,
    tensor,
    uint8,
    uint16,
    uint32,
    uint64,
)
from torsh._functions import (
    allclose,
    asarray,
    cuda_is_available,
    device_count,
    equal,
    get_backend,
    get_rng_state,
    initial_seed,
    is_complex,
    is_floating_point,
    is_tensor,
    list_backends,
    load,
    manual_seed,
    numel,
    promote_types,
    save,
    seed,
    set_backend,
    set_printoptions,
    set_rng_state,
    typename,
)
from torsh._ops import *  # noqa: F403
from torsh._tensor import from_pytorch, to_pytorch
from torsh.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled

if TYPE_CHECKING:
    from torsh import autograd, cpu, cuda, nn, optim, random, serialization, testing, utils, vulkan
    from torsh._info import finfo, iinfo

__version__ = _C.__version__

newaxis = None
TorshPyError = TorshError

_tensor.install()

# Loaded when they are first used: `import torsh` stays cheap.
_MODULES = {"autograd", "cpu", "cuda", "nn", "optim", "random", "serialization", "testing", "utils", "vulkan"}
_LAZY = {"finfo": "_info", "iinfo": "_info"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"torsh.{name}")
    if name in _LAZY:
        value = getattr(importlib.import_module(f"torsh.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'torsh' has no attribute '{name}'")
