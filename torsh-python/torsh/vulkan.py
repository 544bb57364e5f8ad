# SPDX-License-Identifier: MIT OR Apache-2.0
"""Vulkan devices, as torch.cuda has CUDA's. Without Vulkan's loader or a driver there are none."""
from __future__ import annotations

from typing import Any, NamedTuple

from torsh import _C
from torsh._C import OutOfMemoryError

__device__ = "vulkan"
__all__ = ["DeviceProperties", "OutOfMemoryError", "counters", "current_device", "device_count", "get_device_name",
           "get_device_properties", "is_available", "is_initialized", "max_memory_allocated", "memory_allocated", "memory_reserved",
           "synchronize"]


class DeviceProperties(NamedTuple):
    name: str
    total_memory: int


def _device(device: Any) -> Any:
    if device is None:
        return _C.device("vulkan", 0)
    return _C.device("vulkan", device) if isinstance(device, int) else _C.device(device)


def is_available() -> bool:
    return device_count() > 0


def is_initialized() -> bool:
    return is_available()


def device_count() -> int:
    return _C._device_count("vulkan")


def current_device() -> int:
    """The device that "vulkan" without an index means."""
    return 0


def get_device_properties(device: Any = None) -> DeviceProperties:
    return DeviceProperties(*_C._device_properties(_device(device)))


def get_device_name(device: Any = None) -> str:
    return get_device_properties(device).name


def synchronize(device: Any = None) -> None:
    """Waits until all work of the device is done; an error that a kernel found in the meantime is raised here."""
    _C._device_synchronize(_device(device))


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors hold."""
    return _C._device_memory(_device(device))[0]


def memory_reserved(device: Any = None) -> int:
    """Bytes taken from the driver: what tensors hold, and what is kept for the next ones."""
    return _C._device_memory(_device(device))[1]


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that tensors held at a time."""
    return _C._device_memory(_device(device))[2]


def counters(device: Any = None) -> dict[str, int]:
    """What the device was asked to do so far: submissions, dispatches, barriers, pipelines, uploads, downloads and their bytes."""
    return _C._device_counters(_device(device))
