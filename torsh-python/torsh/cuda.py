# SPDX-License-Identifier: MIT OR Apache-2.0
"""CUDA, of which this build has nothing."""
from __future__ import annotations

from torsh._C import OutOfMemoryError, UnsupportedError

__device__ = "cuda"
__all__ = ["OutOfMemoryError", "current_device", "device_count", "is_available", "is_initialized", "manual_seed",
           "manual_seed_all", "synchronize"]


def is_available() -> bool:
    return False


def is_initialized() -> bool:
    return False


def device_count() -> int:
    return 0


def current_device() -> int:
    raise UnsupportedError("torsh is not built with CUDA")


def synchronize(device: object = None) -> None:
    raise UnsupportedError("torsh is not built with CUDA")


def manual_seed(seed: int) -> None:
    """Does nothing without CUDA, as PyTorch."""


def manual_seed_all(seed: int) -> None:
    """Does nothing without CUDA, as PyTorch."""
