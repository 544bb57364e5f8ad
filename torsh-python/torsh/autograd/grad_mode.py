# SPDX-License-Identifier: MIT OR Apache-2.0
"""no_grad and its like: context managers and decorators."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from torsh._C import _set_grad_enabled

F = TypeVar("F", bound=Callable[..., Any])
_GENERATOR = 0x20  # of a code object's flags


class _GradMode:
    """Grad mode is `mode` in a block or in a decorated function."""

    mode: bool

    def __enter__(self) -> None:
        self.before = _set_grad_enabled(self.mode)

    def __exit__(self, *exc: object) -> None:
        _set_grad_enabled(self.before)

    def _fresh(self) -> _GradMode:
        copy = _GradMode()
        copy.mode = self.mode
        return copy

    def __call__(self, function: F) -> F:
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:
            return _wrap_generator(self._fresh, function)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return function(*args, **kwargs)

        return _named(wrapper, function)


def _named(wrapper: Any, function: F) -> F:
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        if hasattr(function, name):
            setattr(wrapper, name, getattr(function, name))
    wrapper.__wrapped__ = function
    return wrapper


def _wrap_generator(mode: Callable[[], _GradMode], function: F) -> F:
    """A generator whose steps run in the mode, and its user's code between them does not."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        send: Callable[[], Any] = lambda: next(generator)  # noqa: E731
        try:
            while True:
                with mode():
                    value = send()
                try:
                    sent = yield value
                    send = lambda: generator.send(sent)  # noqa: B023, E731
                except GeneratorExit:
                    with mode():
                        generator.close()
                    raise
                except BaseException as error:
                    thrown = error
                    send = lambda: generator.throw(thrown)  # noqa: B023, E731
        except StopIteration as stop:
            return stop.value

    return _named(wrapper, function)


class no_grad(_GradMode):
    """Operations are not recorded: `with no_grad():`, `@no_grad()` or `@no_grad`."""

    mode = False

    def __new__(cls, orig_func: Any = None) -> Any:
        self = super().__new__(cls)
        return self if orig_func is None else self(orig_func)


class enable_grad(no_grad):
    """Operations are recorded, also inside no_grad."""

    mode = True


class set_grad_enabled(_GradMode):
    """Sets the mode at once; as a context manager, until the end of the block."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self.before = _set_grad_enabled(mode)

    def __enter__(self) -> None:
        _set_grad_enabled(self.mode)

    def __call__(self, function: F) -> F:
        _set_grad_enabled(self.before)
        return super().__call__(function)


class inference_mode(_GradMode):
    """As no_grad; its tensors are ordinary ones."""

    def __new__(cls, mode: Any = True) -> Any:
        self = super().__new__(cls)
        if isinstance(mode, bool):
            return self
        self.mode = False
        return self(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = not mode
