# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a package costs beside its work: time and memory of an import, size on disk, peak memory of whole cases."""
from __future__ import annotations

import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).absolute().parent
MEMORY_CASES = ("add_16M", "mlp_mnist_train", "cnn_mnist_train", "transformer_train")
PROCESS = ("import_time", "import_memory", "package_size", "wheel_size", *(f"memory_{c}" for c in MEMORY_CASES))

_STATUS = "print(next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith({field!r})) * 1024)"
_SIZE = """
import importlib.util, pathlib
folder = pathlib.Path(importlib.util.find_spec({module!r}).origin).parent
print(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and f.suffix != ".pyc"))
"""
_CASE = """
import sys
sys.path.insert(0, {here!r})
import importlib, cases, networks, worker
T = importlib.import_module({module!r})
T.set_num_threads(1)
run = cases.CASES[{case!r}].setup(T, worker.Helper(T, {case!r}))
run.check()
for _ in range(3):
    eval(run.source, run.names)
"""


def output_of(code: str) -> int:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(result.stderr.strip().splitlines()[-1])
    return int(result.stdout.split()[-1])


def import_seconds(module: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, capture_output=True)
    return time.perf_counter() - begin


def wheel_bytes() -> int | None:
    """Our own; PyTorch's is not kept by pip."""
    wheels = list((HERE.parent / "out/bin/torsh-python").glob("*.whl"))
    return wheels[0].stat().st_size if len(wheels) == 1 else None


def measure(name: str, modules: tuple[str, str], rounds: int) -> dict[str, object]:
    """{"peer": …, "target": …, "unit": …} of one of PROCESS."""
    if name == "import_time":
        seconds: dict[str, list[float]] = {m: [] for m in modules}
        for m in modules:
            import_seconds(m)  # once for the file cache
        for _ in range(rounds):
            for m in modules:
                seconds[m].append(import_seconds(m))
        values = [statistics.median(seconds[m]) for m in modules]
        return {"peer": values[0], "target": values[1], "unit": "s"}
    if name == "import_memory":
        values = [output_of(f"import {m}\n" + _STATUS.format(field="VmRSS")) for m in modules]
    elif name == "package_size":
        values = [output_of(_SIZE.format(module=m)) for m in modules]
    elif name == "wheel_size":
        return {"peer": None, "target": wheel_bytes() if modules[1] == "torsh" else None, "unit": "bytes"}
    else:
        case = name.removeprefix("memory_")
        values = [output_of(_CASE.format(here=str(HERE), module=m, case=case) + _STATUS.format(field="VmHWM")) for m in modules]
    return {"peer": values[0], "target": values[1], "unit": "bytes"}
