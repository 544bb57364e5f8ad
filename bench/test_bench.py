# SPDX-License-Identifier: MIT OR Apache-2.0
"""The suite itself: what is wrong gets no time, what is missing or crashes costs its case alone, all that is named exists."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

HERE = pathlib.Path(__file__).parent.absolute()
sys.path.insert(0, str(HERE))

import bench  # noqa: E402
from cases import CASES  # noqa: E402
from floor import FLOOR, verdict  # noqa: E402
from peer import difference  # noqa: E402

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")

# PyTorch with three faults
CROOKED = """
import os, torch
def __getattr__(name): return getattr(torch, name)
def matmul(a, b): return torch.matmul(a, b) * 1.001
def exp(a): raise NotImplementedError("exp has gone")
def tanh(a): os.abort()
"""


def results(tmp_path, *args, code=0):
    path = tmp_path / "result.json"
    run = subprocess.run([sys.executable, HERE / "bench.py", "--quick", "--json", path, *args], capture_output=True, text=True,
                         env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"})
    assert run.returncode == code, run.stdout + run.stderr
    figures = json.loads(path.read_text())
    return figures, {r["case"]: r for r in figures["results"]}


@needs_torch
def test_ratio_control_floor_and_limit(tmp_path):
    figures, cases = results(tmp_path, "--only", "add_small,backward_small,matmul_64,mlp_tiny_train,micro,package_size")
    assert set(cases) == {"add_small", "backward_small", "matmul_64", "mlp_tiny_train"}
    for r in cases.values():
        assert r["status"] == "ok" and r["ratio"] > 0 and r["target_s"] > 0 and len(r["ratios"]) == len(r["controls"]) == 1
    assert cases["add_small"]["floor"] == 0.5 and cases["matmul_64"]["floor"] is None
    peak = figures["peaks"][0]
    assert peak["gflops"] > 0 and all(rate > 0 for _, _, rate in peak["levels"])
    assert bench.least_seconds("matmul_64", peak) > 0
    assert figures["c"]["add"] > 0 and figures["c"]["backward_of_add"] > 0
    assert 0 < figures["process"]["package_size"]["target"] < figures["process"]["package_size"]["peer"]


@needs_torch
def test_what_is_wrong_gets_no_time(tmp_path):
    (tmp_path / "crooked.py").write_text(CROOKED)
    _, cases = results(tmp_path, "--target", "crooked", "--only", "matmul_64,exp_1M,tanh_1M,sin_1M", code=1)
    assert cases["matmul_64"]["status"].startswith("WRONG: result 0[0, 0] is ")
    assert cases["exp_1M"]["status"] == "missing: NotImplementedError: exp has gone"
    assert cases["tanh_1M"]["status"].startswith("failed: SIGABRT")
    assert cases["sin_1M"]["status"] == "ok"  # by the worker's successor
    for name in ("matmul_64", "exp_1M", "tanh_1M"):
        assert "target_s" not in cases[name] and "ratio" not in cases[name]


def test_difference():
    a = np.array([1.0, -2.0, np.nan, np.inf])
    assert difference([a], [a.copy()], 1e-4) is None
    assert difference([a], [np.array([1.0, -2.00001, np.nan, np.inf])], 1e-4) is None
    assert "[1] is -2.1" in difference([a], [np.array([1.0, -2.1, np.nan, np.inf])], 1e-4)
    assert difference([a], [np.array([1.0, -2.0, 0.0, np.inf])], 1e-4)
    assert difference([a], [np.array([1.0, -2.0, np.nan, -np.inf])], 1e-4)
    assert "instead of 1" in difference([a], [a, a], 1e-4)
    assert difference([a], [a.astype(np.float32)], 1e-4)
    assert difference([a], [a.reshape(2, 2)], 1e-4)
    assert difference([np.array([1, 2])], [np.array([1, 3])], 1.0)  # integers: equal


def test_floor():
    assert set(FLOOR) <= set(CASES) and all(bound > 0 for bound in FLOOR.values())
    assert verdict("add_small", 0.5, 0.0).startswith("pass") and verdict("add_small", 0.52, 0.03).startswith("pass")
    assert verdict("add_small", 0.52, 0.01).startswith("NOT") and verdict("add_small", 0.9, 0.5).startswith("noise")
    assert verdict("sin_1M", 9.0, 0.0) == ""


def test_limit():
    """The work takes what its slower half takes, from the level of memory that it fits in."""
    peak = {"gflops": 100.0, "levels": [["L2", 500_000, 80.0], ["memory", None, 20.0]]}
    assert bench.least_seconds("matmul_64", peak) == 2 * 64 ** 3 / 100e9
    assert bench.least_seconds("add_1M", peak) == 12 * 2 ** 20 / 20e9
    assert bench.least_seconds("add_small", peak) == 0
    assert bench.least_seconds("linear_768x3072_b1", {**peak, "gflops": 0}) == 4 * 768 * 3072 / 20e9


def test_names():
    assert bench.chosen("", "") == [n for names in bench.groups().values() for n in names]
    assert bench.chosen("add_small,sum_16M", "memory") == ["sum_16M"]
    with pytest.raises(SystemExit, match="nonesuch"):
        bench.chosen("add_small,nonesuch", "")
