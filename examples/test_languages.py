# SPDX-License-Identifier: MIT OR Apache-2.0
"""train_mlp in every language: the same losses from the same seed, to the last bit, and files that all others load."""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
DATA = HERE / "data" / "digits.csv"
JAVA = [os.path.abspath(path) for path in os.environ.get("TORSH_JAVA", "").split()]
PROGRAMS = {
    "c": [HERE / "c" / "train_mlp"],
    "python": [sys.executable, HERE / "python" / "train_mlp.py"],
}
if shutil.which("ruby"):
    PROGRAMS["ruby"] = ["ruby", "-w", "-I", HERE.parent / "torsh-ffi" / "ruby" / "package" / "lib", HERE / "ruby" / "train_mlp.rb"]
if JAVA:  # launcher, jar
    PROGRAMS["java"] = [JAVA[0], "java", "-cp", JAVA[1], HERE / "java" / "TrainMlp.java"]


def run(language, *args):
    """The numbers of each line that the program prints."""
    result = subprocess.run([*PROGRAMS[language], DATA, *args], capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = []
    for line in result.stdout.splitlines():
        words = line.split()
        lines.append([float(w) if w.strip("-").replace(".", "").replace("e-", "").isdigit() else w for w in words])
    return lines


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """language -> (what it printed, its file)"""
    files = {language: tmp_path_factory.mktemp("models") / f"{language}.pt" for language in PROGRAMS}
    return {language: (run(language, file), file) for language, file in files.items()}


@pytest.mark.parametrize("language", PROGRAMS)
def test_prints_the_same_numbers(trained, language):
    lines = trained[language][0]
    assert lines == trained["c"][0]
    assert [line[0] for line in lines] == ["epoch"] * 6 + ["logits", "test"]
    assert lines[-1][2] >= 95


@pytest.mark.parametrize("saver, loader", itertools.product(PROGRAMS, repeat=2))
def test_files_load_everywhere(trained, saver, loader):
    printed, file = trained[saver]
    assert run(loader, "--load", file) == printed[-2:]
