# SPDX-License-Identifier: MIT OR Apache-2.0
"""One process that runs cases on one module: worker.py MODULE THREADS. Takes a JSON object a line, answers with one.

{"prepare": CASE, "save": FILE, "batch_s": s}   sets the case up, writes its results to FILE, warms up: calls in s seconds
{"time": calls}                                 seconds a call
{"drop": true}                                  frees the case"""
from __future__ import annotations

import gc
import importlib
import json
import math
import os
import sys
import time
import zlib
from typing import Any

import numpy as np

import networks  # noqa: F401  fills CASES
from cases import CASES, Run


class Helper:
    """The same numbers in every process: the stream starts from the case's name."""

    def __init__(self, T: Any, name: str):
        self.T, self.rng = T, np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)

    def array(self, *shape: int) -> np.ndarray:
        return self.rng.standard_normal(shape).astype(np.float32)

    def randn(self, *shape: int) -> Any:
        return self.T.from_numpy(self.array(*shape))

    def integers(self, end: int, *shape: int) -> Any:
        return self.T.from_numpy(self.rng.randint(0, end, size=shape).astype(np.int64))

    def seeded(self, module: Any, scale: float | None = None) -> Any:
        """The module with weights from this stream: matrices small, vectors called weight 1, others 0."""
        with self.T.no_grad():
            for name, p in module.named_parameters():
                shape = tuple(p.shape)
                if len(shape) > 1:
                    values = self.array(*shape) * np.float32(scale or 1 / math.sqrt(math.prod(shape[1:])))
                else:
                    values = np.full(shape, float(name.endswith("weight")), np.float32)
                p.copy_(self.T.from_numpy(values))
        return module


def arrays(results: Any) -> list[np.ndarray]:
    """What a check gave, as arrays; floats as float64."""
    out = []
    for r in results if isinstance(results, (list, tuple)) else [results]:
        if hasattr(r, "detach"):
            r = r.detach()
            r = (r.double() if r.is_floating_point() else r).numpy()
        out.append(np.asarray(r))
    return out


def loop(run: Run) -> Any:
    """timed(n): seconds for n calls, with nothing around a call but the loop."""
    source = f"""
def timed_loop(_calls):
    _begin = _clock()
    for _ in range(_calls):
        {run.source}
    return _clock() - _begin"""
    names = {**run.names, "_clock": time.perf_counter}
    exec(source, names)
    return names["timed_loop"]


def calls_for(timed: Any, batch_s: float) -> int:
    """Calls that take about batch_s; warms up meanwhile."""
    n, spent = 1, timed(1)
    seconds = timed(1)
    while seconds < batch_s and spent < 6 * batch_s:
        n = max(n + 1, min(int(n * batch_s / max(seconds, 1e-7)) + 1, n * 20))
        seconds = timed(n)
        spent += seconds
    return n


def serve(T: Any, answers: Any) -> None:
    timed: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            if "prepare" in asked:
                name = asked["prepare"]
                run = CASES[name].setup(T, Helper(T, name))
                np.savez(asked["save"], *arrays(run.check()))
                timed = loop(run)
                gc.collect()
                gc.disable()
                answer = {"calls": calls_for(timed, asked["batch_s"])}
            elif "time" in asked:
                answer = {"seconds": timed(asked["time"]) / asked["time"]}
            else:
                timed = run = None
                gc.enable()
                gc.collect()
        except (AttributeError, ImportError, NotImplementedError) as error:
            answer = {"missing": f"{type(error).__name__}: {error}"}
        except Exception as error:  # a case that fails costs that case alone
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what modules print is no answer
    module, threads = sys.argv[1], int(sys.argv[2])
    if threads == 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    T = importlib.import_module(module)
    T.nn, T.optim  # noqa: B018  imported now, not while something is timed
    T.set_num_threads(threads)
    T.manual_seed(0)
    answers.write(json.dumps({"version": str(T.__version__)}) + "\n")
    answers.flush()
    serve(T, answers)


if __name__ == "__main__":
    main()
