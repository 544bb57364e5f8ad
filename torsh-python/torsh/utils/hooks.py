# SPDX-License-Identifier: MIT OR Apache-2.0
"""What registering a hook returns."""
from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any


class RemovableHandle:
    """Removes a hook: by remove(), or at the end of a `with` block."""

    next_id = 0

    def __init__(self, hooks: dict[int, Any], *extra: dict[int, Any]) -> None:
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        self._dicts = [weakref.ref(d) for d in (hooks, *extra)]

    def remove(self) -> None:
        for ref in self._dicts:
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class TensorHookHandle:
    """The same for a hook of a tensor, which C keeps."""

    def __init__(self, tensor: Any, register: Callable[[Any], int], hook: Any) -> None:
        self.id = register(hook)
        self._tensor = weakref.ref(tensor)

    def remove(self) -> None:
        tensor = self._tensor()
        if tensor is not None:
            tensor._remove_hook(self.id)

    def __enter__(self) -> TensorHookHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
