# SPDX-License-Identifier: MIT OR Apache-2.0
"""The programs that all languages run: every bit as expected, and PyTorch's numbers."""
import pytest
import torsh
from torsh import _nn_ops

from compare import TOLERANCE, needs_torch, torch
from programs import Machine, described, programs

ERRORS = {"SHAPE": torsh.ShapeMismatchError, "DTYPE": torsh.DtypeError, "INDEX": torsh.OutOfRangeError,
          "VALUE": torsh.InvalidValueError}


@pytest.fixture
def portable():
    torsh.set_backend("cpu-portable")
    yield
    torsh.set_backend("cpu")


@pytest.mark.parametrize("program", programs(), ids=str)
def test_bits(program, portable):
    machine, compared = Machine(torsh, _nn_ops), 0
    for _, line in program.lines:
        result = machine.run(line)
        if line.startswith("expect "):
            assert f"expect {line.split()[1]} {described(result)}" == line
            compared += 1
        elif line.startswith("error "):
            with pytest.raises(ERRORS[line.split()[1]]):
                result()
            compared += 1
    assert compared


@needs_torch
@pytest.mark.parametrize("program", programs(), ids=str)
def test_as_pytorch(program):
    ours, theirs = Machine(torsh, _nn_ops), Machine(torch, torch.ops.aten)
    for _, line in program.lines:
        a, b = ours.run(line), theirs.run(line)
        if line.startswith("expect "):
            assert (str(a.dtype)[6:], a.shape) == (str(b.dtype)[6:], b.shape), line
            rtol, atol = TOLERANCE.get(str(a.dtype)[6:], (0, 0))
            torch.testing.assert_close(a.detach().to_pytorch(), b.detach(), rtol=rtol, atol=atol, equal_nan=True, msg=line)
        elif line.startswith("error "):
            with pytest.raises((RuntimeError, IndexError)):
                b()
