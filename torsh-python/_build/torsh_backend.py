# SPDX-License-Identifier: MIT OR Apache-2.0
"""pip to Bazel (PEP 517 and 660): `pip install ./torsh-python`, `pip install -e ./torsh-python`."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

ROOT = next(p for p in pathlib.Path(__file__).resolve().parents if (p / "WORKSPACE").exists())


def _bazel(*words: str) -> str:
    startup = os.environ.get("TORSH_BAZEL_STARTUP", "").split()
    # the interpreter of pip's isolated environment has the NumPy to build with
    command = ["bazel", *startup, *words, f"--repo_env=TORSH_PYTHON={sys.executable}"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _built(target: str) -> pathlib.Path:
    """Where the outputs of //torsh-python are, once `target` is built."""
    _bazel("build", f"//torsh-python:{target}")
    return pathlib.Path(_bazel("info", "bazel-bin")) / "torsh-python"


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    return []


get_requires_for_build_editable = get_requires_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None) -> str:
    wheel = next(_built("package.wheel").glob("*.whl"))
    shutil.copyfile(wheel, pathlib.Path(wheel_directory) / wheel.name)
    return wheel.name


def build_editable(wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None) -> str:
    """A wheel that only says where the built package is: after a change, `bazel build //torsh-python:package` is enough."""
    built = _built("package.wheel")
    wheel = next(built.glob("*.whl"))
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel.name, "w") as out:
        info = next(name.split("/")[0] for name in whole.namelist() if ".dist-info/" in name)
        out.writestr("__editable__torsh.pth", f"{built / 'package'}\n")
        for file in ("METADATA", "WHEEL"):
            out.writestr(f"{info}/{file}", whole.read(f"{info}/{file}"))
        out.writestr(f"{info}/RECORD", "")
    return wheel.name
