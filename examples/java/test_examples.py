# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Java program runs from the jar alone and gives what Python gave (for TrainMlp see ../test_languages.py)."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent.absolute()
EXAMPLES = HERE.parent
JDK, JAR = (os.path.abspath(a) for a in os.environ["TORSH_JAVA"].split())


def java(program, *args, options=()):
    run = subprocess.run([JDK, "java", "-XX:-UsePerfData", *options, "-cp", JAR, HERE / program, *map(str, args)],
                         capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with what Python's example saves after one epoch."""
    root = tmp_path_factory.mktemp("digits")
    for folder in ("python", "data"):
        (root / folder).mkdir()
    shutil.copy(EXAMPLES / "data" / "digits.csv", root / "data")
    for source in (EXAMPLES / "python").glob("*.py"):
        shutil.copy(source, root / "python")
    subprocess.run([sys.executable, root / "python" / "train_digits.py", "--epochs", "1", "--out", root], check=True,
                   timeout=240, capture_output=True)
    return root


def test_predicts_as_python(digits):
    assert "logits equal Python's to the last bit" in java("PredictDigits.java", digits)


def test_a_changed_weight_is_noticed(digits, tmp_path):
    import torsh
    for name in ("digits.pt", "digits_test.pt"):
        shutil.copy(digits / name, tmp_path)
    state = torsh.load(tmp_path / "digits.pt")
    next(iter(state.values())).view(-1)[0] += 0.5
    torsh.save(state, tmp_path / "digits.pt")
    run = subprocess.run([JDK, "java", "-cp", JAR, HERE / "PredictDigits.java", tmp_path], capture_output=True, text=True)
    assert run.returncode == 1 and "DIFFER" in run.stdout
