#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Speed and memory beside PyTorch: every case in three processes, PyTorch's, ours, and PyTorch's again as the control.

    ./dev bench --list
    ./dev bench --quick --only add_small,mlp_tiny_train
    ./dev bench --threads 1,2 --json result.json

All compute the same numbers first, and what is wrong gets no time. Then they take turns. A ratio is target / peer, the
median over --repeat rounds of fresh processes (where a process's pages happen to lie, biases it for its whole life); the
spread is that of the rounds, and the control's says what the machine did meanwhile: differences within it mean nothing."""
from __future__ import annotations

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

HERE = pathlib.Path(__file__).absolute().parent
sys.path.insert(0, str(HERE))

import networks  # noqa: E402, F401  fills CASES
from cases import CASES  # noqa: E402
from floor import FLOOR, verdict  # noqa: E402
from peer import Worker, difference  # noqa: E402
from process import PROCESS, measure  # noqa: E402

BUILT = (HERE.parent / "out" / "bin" / "bench", HERE)  # where peak and micro are: in the tree, and in a test
PAUSE_S = 0.02  # lets threads of the other process, that spin while they wait, go to sleep


@dataclass
class Effort:
    """How much is timed."""
    repeat: int    # rounds of fresh processes
    turns: int     # of each process in a round
    batch_s: float  # of one turn


@dataclass
class Result:
    case: str
    threads: int
    status: str = "ok"
    ratios: list[float] = field(default_factory=list)   # a round's target / peer
    controls: list[float] = field(default_factory=list)  # a round's control / peer
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"peer": [], "target": []})

    ratio = property(lambda s: statistics.median(s.ratios))
    spread = property(lambda s: max(abs(c - 1) for c in s.controls))

    def as_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"case": self.case, "group": CASES[self.case].group, "threads": self.threads, "status": self.status}
        if self.status == "ok":
            out.update(ratio=self.ratio, ratios=self.ratios, controls=self.controls, control_spread=self.spread,
                       peer_s=min(self.seconds["peer"]), target_s=min(self.seconds["target"]),
                       floor=FLOOR.get(self.case), verdict=verdict(self.case, self.ratio, self.spread))
        return out


def time_case(result: Result, workers: dict[str, Worker], effort: Effort) -> None:
    """One round of a case; a result that is wrong, missing or failed stays as it is."""
    if result.status != "ok":
        return
    calls, expected = {}, []
    for who in ("peer", "control", "target"):
        answer, got = workers[who].prepare(result.case, effort.batch_s)
        for problem in ("missing", "failed"):
            if problem in answer:
                result.status = f"{problem}: {answer[problem]}" if who == "target" else f"{who} {problem}: {answer[problem]}"
                return
        expected = got if who == "peer" else expected
        if wrong := difference(expected, got, CASES[result.case].tolerance):
            result.status = f"WRONG: {wrong}" if who == "target" else f"{who} WRONG: {wrong}"
            return
        calls[who] = answer["calls"]
    seconds: dict[str, list[float]] = {who: [] for who in calls}
    order = list(calls)
    for turn in range(effort.turns):
        for who in order if turn % 2 == 0 else order[::-1]:
            time.sleep(PAUSE_S)
            answer = workers[who].ask(time=calls[who])
            if "seconds" not in answer:
                result.status = f"{who} {answer}"
                return
            seconds[who].append(answer["seconds"])
    medians = {who: statistics.median(s) for who, s in seconds.items()}
    result.ratios.append(medians["target"] / medians["peer"])
    result.controls.append(medians["control"] / medians["peer"])
    for who in ("peer", "target"):
        result.seconds[who].append(medians[who])


def time_cases(names: list[str], threads: int, peer: str, target: str, effort: Effort, done: Any) -> list[Result]:
    results = [Result(name, threads) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(effort.repeat):
            workers = {who: Worker(module, threads, pathlib.Path(folder))
                       for who, module in (("peer", peer), ("control", peer), ("target", target))}
            try:
                for result in results:
                    time_case(result, workers, effort)
                    for worker in workers.values():
                        if worker.process is not None:
                            worker.ask(drop=True)
                    if repeat == effort.repeat - 1:
                        done(result)
            finally:
                for worker in workers.values():
                    worker.stop()
    return results


# ---- what the machine allows ------------------------------------------------------------------------------------

def built(program: str, *args: str) -> str | None:
    """What one of our C programs prints; None if it has not been built."""
    path = next((folder / program for folder in BUILT if (folder / program).exists()), None)
    return subprocess.run([path, *args], check=True, capture_output=True, text=True).stdout if path else None


def least_seconds(name: str, peak: dict[str, Any]) -> float:
    """No machine like this can do the case faster; 0 where nobody has counted its work."""
    case = CASES[name]
    rate = next(rate for _, size, rate in peak["levels"] if size is None or case.bytes <= size)
    return max(case.bytes / (rate * 1e9), case.flops / (peak["gflops"] * 1e9) if peak["gflops"] else 0)


# ---- printing -----------------------------------------------------------------------------------------------------

def shown(value: float | None, unit: str = "s") -> str:
    if value is None:
        return "-"
    if unit == "bytes":
        return f"{value / 2 ** 20:.1f} MiB"
    for scale, name in ((1e-6, "ns"), (1e-3, "us"), (1, "ms")):
        if value < scale:
            return f"{value / scale * 1000:.3g} {name}"
    return f"{value:.3g} s"


def print_result(result: Result, peak: dict[str, Any] | None) -> None:
    if result.status != "ok":
        print(f"{result.case:24} {result.status}", flush=True)
        return
    target = min(result.seconds["target"])
    least = least_seconds(result.case, peak) if peak else 0
    share = f"{100 * least / target:3.0f}%" if least else "   -"
    print(f"{result.case:24} {shown(min(result.seconds['peer'])):>9} {shown(target):>9}  ratio {result.ratio:5.2f} "
          f"({min(result.ratios):.2f} .. {max(result.ratios):.2f})  control +-{result.spread:.2f}  limit {share}  "
          f"{verdict(result.case, result.ratio, result.spread)}", flush=True)


def summary(results: list[Result]) -> str:
    good = [r for r in results if r.status == "ok"]
    floors = [verdict(r.case, r.ratio, r.spread) for r in good if r.case in FLOOR]
    text = f"{len(good)} of {len(results)} cases timed"
    if good:
        text += f", geometric mean of the ratios {math.exp(statistics.mean(math.log(r.ratio) for r in good)):.2f}"
    if floors:
        text += f", speed floor: {sum(f.startswith('pass') for f in floors)} of {len(floors)} pass"
    return text


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", default="torch", help="module that is the measure")
    parser.add_argument("--target", default="torsh", help="module that is measured; torch: nothing but noise")
    parser.add_argument("--only", default="", help="cases, separated by commas")
    parser.add_argument("--group", default="", help="groups: " + ", ".join(groups()))
    parser.add_argument("--threads", help="default: 1,2; with --quick 1")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of fresh processes")
    parser.add_argument("--json", type=pathlib.Path, help="writes all figures there")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    return parser.parse_args()


def groups() -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for name, case in CASES.items():
        out.setdefault(case.group, []).append(name)
    return {**out, "process": list(PROCESS), "c": ["micro"]}


def chosen(only: str, group: str) -> list[str]:
    wanted_groups, wanted = (set(filter(None, text.split(","))) for text in (group, only))
    all_of = groups()
    if unknown := (wanted_groups - set(all_of)) | (wanted - {n for names in all_of.values() for n in names}):
        raise SystemExit(f"no such case or group: {', '.join(sorted(unknown))} (--list shows them)")
    return [n for g, names in all_of.items() for n in names
            if (not wanted or n in wanted) and (not wanted_groups or g in wanted_groups)]


def main() -> None:
    args = parse()
    names = chosen(args.only, args.group)
    if args.list:
        for name in names:
            print(f"{name:24} {CASES[name].group if name in CASES else 'process'}"
                  + (f"  floor {FLOOR[name]:g}" if name in FLOOR else ""))
        return
    effort = Effort(1, 2, 0.005) if args.quick else Effort(args.repeat, 5, 0.05)
    results: list[Result] = []
    figures: dict[str, Any] = {"peer": args.peer, "target": args.target, "peaks": [], "results": [], "process": {}, "c": {}}
    for threads in map(int, (args.threads or ("1" if args.quick else "1,2")).split(",")):
        cases = [n for n in names if n in CASES]
        if not cases:
            break
        text = built("peak", str(threads))
        peak = json.loads(text) if text else None
        print(f"--- {threads} thread(s), {args.target} beside {args.peer}; limit: " + (
            f"{peak['gflops']:.0f} GFLOPS, " + ", ".join(f"{name} {rate:.0f} GB/s" for name, _, rate in peak["levels"])
            if peak else "not known (bazel build //bench:peak)"), flush=True)
        results += time_cases(cases, threads, args.peer, args.target, effort, lambda r: print_result(r, peak))
        figures["peaks"].append(peak)
    figures["results"] = [r.as_json() for r in results]
    if "micro" in names:
        text = built("micro")
        print("--- calls from C, nanoseconds" + ("" if text else ": not built (bazel build //bench:micro)"))
        for name, nanoseconds in (line.split() for line in (text or "").splitlines()):
            figures["c"][name] = float(nanoseconds)
            print(f"{name:24} {float(nanoseconds):9.1f}")
    for name in (n for n in names if n in PROCESS):
        one = figures["process"][name] = measure(name, (args.peer, args.target), 1 if args.quick else 5)
        print(f"{name:24} {shown(one['peer'], one['unit']):>12} {shown(one['target'], one['unit']):>12}", flush=True)
    if results:
        print(summary(results))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    if any(r.status != "ok" for r in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
