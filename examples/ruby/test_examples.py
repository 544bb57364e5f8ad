# SPDX-License-Identifier: MIT OR Apache-2.0
"""The network that Python trained, in Ruby, and the files that Ruby writes in C and Python."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import torsh

pytestmark = pytest.mark.skipif(shutil.which("ruby") is None, reason="Ruby is not installed")

HERE = pathlib.Path(__file__).parent.absolute()
EXAMPLES = HERE.parent
LIB = EXAMPLES.parent / "torsh-ffi" / "ruby" / "package" / "lib"


def ruby(*arguments, cwd=None):
    run = subprocess.run(["ruby", "-w", "-I", LIB, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def program(*arguments):
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_a_model_goes_round(tmp_path):
    """Trained in Python, run in Ruby; saved by Ruby, run in C, loaded in Python."""
    train = subprocess.run([sys.executable, EXAMPLES / "python" / "train_digits.py", "--epochs", "1", "--out", tmp_path],
                           capture_output=True, text=True, timeout=240, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert train.returncode == 0, train.stdout + train.stderr
    assert "equal Python's to the last bit" in ruby(HERE / "predict_digits.rb", tmp_path)

    again = tmp_path / "again"
    again.mkdir()
    ruby("-rtorsh", "-e", '%w[digits digits_test].each { |f| ToRSh.save(ToRSh.load("#{f}.pt"), "again/#{f}.pt") }', cwd=tmp_path)
    assert "equal Python's to the last bit" in program(EXAMPLES / "c" / "predict_digits", again)
    for name in ("digits.pt", "digits_test.pt"):
        before, after = torsh.load(tmp_path / name), torsh.load(again / name)
        assert type(before) is type(after) and list(before) == list(after)
        assert getattr(before, "_metadata", None) == getattr(after, "_metadata", None)
        for key, tensor in before.items():
            assert tensor.dtype == after[key].dtype and torsh.equal(tensor, after[key]), key
