# SPDX-License-Identifier: MIT OR Apache-2.0
"""The default generator."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torsh._C import default_generator
from torsh._functions import get_rng_state, initial_seed, manual_seed, seed, set_rng_state

__all__ = ["default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


@contextmanager
def fork_rng(enabled: bool = True) -> Iterator[None]:
    """Puts the default generator back at the end of the block."""
    state = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            set_rng_state(state)
