# SPDX-License-Identifier: MIT OR Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import torsh  # noqa: E402


@pytest.fixture(autouse=True)
def fresh():
    """Each test starts from the same random numbers and the default dtype."""
    torsh.manual_seed(0)
    yield
    torsh.set_default_dtype(torsh.float32)
