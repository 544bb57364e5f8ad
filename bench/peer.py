# SPDX-License-Identifier: MIT OR Apache-2.0
"""A worker process as the driver sees it, and the comparison of what two of them computed."""
from __future__ import annotations

import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

HERE = pathlib.Path(__file__).absolute().parent
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TORSH_NUM_THREADS")


class Worker:
    """Runs cases on one module in a process of its own. One that crashed or hangs costs the case it was at; the next
    question starts another."""

    def __init__(self, module: str, threads: int, folder: pathlib.Path):
        self.module, self.threads, self.folder = module, threads, folder
        self.process: subprocess.Popen[str] | None = None
        self.version = ""
        self.errors = tempfile.TemporaryFile("w+")

    def start(self) -> None:
        env = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(self.threads)), "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen([sys.executable, HERE / "worker.py", self.module, str(self.threads)], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        answer = self.read(120)
        if "version" not in answer:
            raise SystemExit(f"{self.module}: {answer['failed']}")
        self.version = answer["version"]

    def read(self, timeout: float) -> dict[str, Any]:
        assert self.process and self.process.stdout
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            self.stop()
            return {"failed": f"no answer within {timeout:g} s"}
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        code = self.process.wait()
        self.process = None
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        return {"failed": f"{signal.Signals(-code).name if code < 0 else f'exit {code}'} {said[-1] if said else ''}"}

    def ask(self, **question: Any) -> dict[str, Any]:
        if self.process is None:
            self.start()
        assert self.process and self.process.stdin
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # read() says how it ended
        return self.read(300)

    def prepare(self, case: str, batch_s: float) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The answer, and what the case gave."""
        path = self.folder / "results.npz"
        path.unlink(missing_ok=True)
        answer = self.ask(prepare=case, save=str(path), batch_s=batch_s)
        if "calls" not in answer:
            return answer, []
        with np.load(path) as saved:
            return answer, [saved[f"arr_{i}"] for i in range(len(saved.files))]

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def difference(expected: list[np.ndarray], got: list[np.ndarray], tolerance: float) -> str | None:
    """Where two workers' results are not the same; None if they are. The tolerance is of a value and of the mean absolute
    value together; integers and truth values must be equal, NaN and infinities stand at the same places."""
    if len(expected) != len(got):
        return f"{len(got)} results instead of {len(expected)}"
    for i, (e, g) in enumerate(zip(expected, got)):
        if e.shape != g.shape or e.dtype != g.dtype:
            return f"result {i} is {g.dtype}{list(g.shape)} instead of {e.dtype}{list(e.shape)}"
        if e.dtype.kind == "f":
            finite = e[np.isfinite(e)]
            near = 1e-7 + tolerance * (float(np.abs(finite).mean()) if finite.size else 0)
            same = np.isclose(g, e, rtol=tolerance, atol=near, equal_nan=True)
        else:
            same = np.asarray(e == g)
        if not same.all():
            at = tuple(int(k) for k in np.argwhere(~same)[0])
            return f"result {i}{list(at)} is {g[at]} instead of {e[at]} ({np.count_nonzero(~same)} of {same.size} differ)"
    return None
