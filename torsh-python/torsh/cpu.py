# SPDX-License-Identifier: MIT OR Apache-2.0
"""The CPU; the module is accepted where a device is."""
from __future__ import annotations

__device__ = "cpu"


def is_available() -> bool:
    return True


def device_count() -> int:
    return 1


def current_device() -> str:
    return "cpu"


def synchronize(device: object = None) -> None:
    """Waits for the device: the CPU's work is done when a call returns."""
