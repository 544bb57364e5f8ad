# SPDX-License-Identifier: MIT OR Apache-2.0
"""The examples run to their end, and those that use PyTorch's API alone print the same on PyTorch, one line changed."""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
EXAMPLES = HERE.parent
PREDICT = EXAMPLES / "c" / "predict_digits"
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


@pytest.fixture
def run(tmp_path):
    """run(module, script, *args): what a copy of the script prints with `import torsh` read as that module."""
    def run_(module, script, *args):
        root = tmp_path / module
        for folder in ("python", "data"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(EXAMPLES / "data" / "digits.csv", root / "data")
        for source in HERE.glob("*.py"):
            text = source.read_text()
            if module != "torsh" and source.stem == script:
                changed = text.replace("\nimport torsh\n", f"\nimport {module} as torsh\n")
                assert changed != text
                text = changed
            (root / "python" / source.name).write_text(text)
        # one thread: two OpenMP threads that wait for each other on a busy machine take minutes
        result = subprocess.run([sys.executable, root / "python" / f"{script}.py", *map(str, args)], cwd=root, timeout=240,
                                env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout
    return run_


@needs_torch
@pytest.mark.parametrize("script", ["tensor_operations", "neural_network"])
def test_prints_the_same_on_both(run, script):
    ours, theirs = run("torsh", script), run("torch", script)
    assert len(ours.splitlines()) > 10
    assert ours.replace("torsh.", "torch.") == theirs


def test_tensor_operations(run):
    assert "d sum(x^2) / dx: tensor([2., 4., 6.])" in run("torsh", "tensor_operations")


def test_neural_network_saves_and_loads(run, tmp_path):
    assert "bit for bit: True" in run("torsh", "neural_network", tmp_path)
    assert (tmp_path / "network.pt").stat().st_size > 4 * 3610


def test_digits_in_python_then_in_c(run, tmp_path):
    assert "test accuracy" in run("torsh", "train_digits", "--epochs", 1, "--out", tmp_path)
    c = subprocess.run([PREDICT, tmp_path], capture_output=True, text=True)
    assert c.returncode == 0 and "equal Python's to the last bit" in c.stdout, c.stdout + c.stderr
