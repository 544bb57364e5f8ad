# SPDX-License-Identifier: MIT OR Apache-2.0
"""The package itself: errors, settings, random numbers, cheap import."""
import pickle
import subprocess
import sys

import pytest

import torsh

from compare import cases, check, needs_torch

ERRORS = {
    "ShapeMismatchError": RuntimeError, "DtypeError": RuntimeError, "DeviceError": RuntimeError, "OutOfRangeError": IndexError,
    "InvalidValueError": ValueError, "InvalidTypeError": TypeError, "OutOfMemoryError": RuntimeError,
    "MissingArgumentError": TypeError, "UnsupportedError": NotImplementedError, "FileFormatError": RuntimeError,
    "StateError": RuntimeError, "CallbackError": RuntimeError, "InternalError": RuntimeError,
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_also_what_pytorch_raises(name):
    cls = getattr(torsh, name)
    assert issubclass(cls, torsh.TorshError) and issubclass(cls, ERRORS[name]) and cls.__module__ == "torsh"
    assert pickle.loads(pickle.dumps(cls("x"))).args == ("x",)
    assert torsh.TorshPyError is torsh.TorshError


def test_errors_are_raised():
    with pytest.raises(torsh.ShapeMismatchError):
        torsh.ones(2) + torsh.ones(3)
    with pytest.raises(torsh.OutOfRangeError):
        torsh.ones(2).sum(5)
    with pytest.raises(torsh.StateError):
        torsh.ones(2).sum().backward()
    with pytest.raises(torsh.OutOfMemoryError):
        torsh.empty(2 ** 50)


def test_import_is_cheap():
    """Nothing is imported that is not needed at once."""
    code = ("import sys, numpy; before = set(sys.modules); import torsh; "
            "print(*sorted(m for m in set(sys.modules) - before))")
    new = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [m for m in new if m.split(".")[0] not in ("torsh", "numpy", "math", "atexit", "__future__")], new
    assert not {"torsh.nn", "torsh.optim", "torsh.serialization", "torsh.testing"} & set(new), new


def test_version():
    assert torsh.__version__.count(".") == 2


def test_backends():
    assert "cpu" in torsh.list_backends() and "cpu-portable" in torsh.list_backends()
    before = torsh.get_backend()
    try:
        torsh.set_backend("cpu-portable")
        assert torsh.get_backend("cpu") == "cpu-portable" == torsh.ones(1).backend
        assert (torsh.ones(3) + 1).tolist() == [2, 2, 2]
    finally:
        torsh.set_backend(before)
    with pytest.raises(ValueError):
        torsh.set_backend("none of ours")


def test_no_cuda():
    assert not torsh.cuda.is_available() and not torsh.cuda_is_available()
    assert torsh.cuda.device_count() == torsh.device_count() == 0
    with pytest.raises(RuntimeError):
        torsh.ones(1).cuda()
    with pytest.raises(RuntimeError):
        torsh.ones(1, device="cuda")


def test_the_module_cpu_is_a_device():
    assert torsh.ones(1, device=torsh.cpu).device == torsh.device(torsh.cpu) == torsh.device("cpu")
    assert torsh.ones(1).to(torsh.cpu).is_cpu


def test_threads():
    before = torsh.get_num_threads()
    torsh.set_num_threads(2)
    assert torsh.get_num_threads() == 2
    torsh.set_num_threads(before)
    for wrong in (0, -1):
        with pytest.raises(RuntimeError):
            torsh.set_num_threads(wrong)
    with pytest.raises(TypeError):
        torsh.set_num_threads("a")


@needs_torch
@pytest.mark.parametrize("code", cases("""\
T.rand(3, 2)
T.rand(2, dtype=T.float64)
T.randn(3)
T.randn(40)
T.randn(20, dtype=T.float64)
T.randint(10, (20,))
T.randint(-5, 5, (20,))
T.empty(20).random_()
T.empty(20, dtype=T.float64).random_()
T.empty(20, dtype=T.float16).random_()
T.empty(20, dtype=T.int64).random_()
T.empty(20, dtype=T.int32).random_()
T.empty(20, dtype=T.uint8).random_()
T.empty(20).random_(10)
T.empty(20, dtype=T.int64).random_(3, 10)
T.empty(2).random_(0)
T.randperm(20)
T.empty(10).uniform_(-1, 1)
T.empty(20).normal_(2, 3)
T.empty(20).bernoulli_(0.3)
T.rand_like(T.ones(3))
T.randn_like(T.ones(3))
T.rand(2, generator=T.Generator().manual_seed(7))
g = T.Generator(); g.manual_seed(-3).initial_seed()
T.Generator().initial_seed()
g = T.Generator(); s = g.get_state(); a = T.rand(2, generator=g); g.set_state(s); (a == T.rand(2, generator=g)).all()
s = T.get_rng_state(); a = T.rand(2); T.set_rng_state(s); (a == T.rand(2)).all()
T.manual_seed(5); T.initial_seed()
T.manual_seed(5); T.default_generator.initial_seed()
T.random.manual_seed(5); T.rand(1)
T.Generator(device="cpu").device
T.set_rng_state(T.ones(3))
"""))
def test_random_numbers(code):
    check(code.replace("; ", "\n"))


def test_seed_is_drawn():
    assert torsh.seed() != torsh.seed()
    with torsh.random.fork_rng():
        a = torsh.rand(1)
    assert torsh.rand(1).item() == a.item()


def test_default_dtype():
    torsh.set_default_dtype(torsh.float64)
    assert torsh.ones(1).dtype is torsh.float64 and torsh.tensor(1.5).dtype is torsh.float64


def test_assert_close():
    close = torsh.testing.assert_close
    close(torsh.ones(2), torsh.ones(2) + 1e-7)
    close({"a": [1.0, torsh.ones(1)]}, {"a": [1.0, torsh.ones(1)]})
    close(torsh.tensor([float("nan")]), torsh.tensor([float("nan")]), equal_nan=True)
    for a, b in ((torsh.ones(2), torsh.zeros(2)), (torsh.ones(2), torsh.ones(3)), (torsh.ones(2), torsh.ones(2).double()),
                 ([1.0], [1.0, 2.0]), ({"a": 1.0}, {"b": 1.0}), (torsh.tensor([float("nan")]), torsh.tensor([float("nan")]))):
        with pytest.raises(AssertionError):
            close(a, b)


# ---- python -m torsh -------------------------------------------------------------------------------------------------

SCRIPT = """\
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.modules.linear import Linear
from torch.optim.lr_scheduler import StepLR
from torch.utils import hooks
import beside

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), Linear(8, 1))
optimizer = optim.SGD(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, 5)
x = torch.randn(16, 2)
first = last = None
for step in range(20):
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), x[:, :1] * x[:, 1:])
    loss.backward()
    optimizer.step()
    scheduler.step()
    first, last = first or loss.item(), loss.item()
assert last < first and isinstance(model, torch.nn.Module) and nn.Linear is Linear
assert torch.nn.functional is F and __name__ == "__main__" and sys.modules["__main__"].model is model
print(torch.__name__, beside.x, sys.argv[1:], torch.allclose(x, x))
try:
    import torch.nothing_of_that_name
except ImportError as error:
    print(error)
sys.exit(3)
"""


def run_torsh(*arguments):
    return subprocess.run([sys.executable, "-m", "torsh", *arguments], capture_output=True, text=True)


def test_runs_an_unmodified_script(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "beside.py").write_text("import torch\nx = torch.arange(2).tolist()\n")
    done = run_torsh(str(tmp_path / "script.py"), "a", "--b")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.split("\n")[:2] == ["torsh [0, 1] ['a', '--b'] True",
                                           "No module named 'torch.nothing_of_that_name' (torsh has no "
                                           "torsh.nothing_of_that_name)"]


def test_runs_code_and_modules(tmp_path):
    assert run_torsh("-c", "import torch, sys; print(torch.ones(1), sys.argv)", "x").stdout == "tensor([1.]) ['-c', 'x']\n"
    assert run_torsh("-m", "timeit", "-n", "1", "-r", "1", "import torch; torch.ones(1)").returncode == 0
    assert run_torsh("-m").stderr == "Argument expected for the -m option\n"
    assert "SCRIPT.py" in run_torsh().stderr
    failed = run_torsh("-c", "import torch; torch.ones(2) + torch.ones(3)")
    assert failed.returncode == 1 and "ShapeMismatchError" in failed.stderr
