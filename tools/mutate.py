#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""./dev mutate [NAME...]: makes each of the mistakes of tools/mutations.toml in a copy of the tree, one at a time, and runs the
tests that shall notice. Succeeds if all are noticed.

The copy and its Bazel server stay for the next time. BAZEL: what is called instead of `bazel`; MUTATE_DIR: where the copy is."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).absolute().parents[1]
COPY = pathlib.Path(os.environ.get("MUTATE_DIR") or pathlib.Path(tempfile.gettempdir()) / f"torsh-mutate-{os.getuid()}")
KEYS = {"file", "find", "replace", "tests", "why"}
TESTS_FAILED, BUILD_FAILED = 3, 1  # Bazel's exit statuses


def load() -> dict[str, dict]:
    """name -> mutation; each must apply, exactly once."""
    mutations = tomllib.loads((ROOT / "tools/mutations.toml").read_text())
    for name, m in mutations.items():
        if set(m) != KEYS:
            sys.exit(f"{name}: has {sorted(m)}, needs {sorted(KEYS)}")
        found = (ROOT / m["file"]).read_text().count(m["find"])
        if found != 1:
            sys.exit(f"{name}: {m['find']!r} stands {found} times in {m['file']}, not once")
        if m["find"] == m["replace"]:
            sys.exit(f"{name}: changes nothing")
    return mutations


def copy_tree() -> None:
    """What git knows or could know, as it is in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split("\0")
    wanted = {f for f in listed if f and (ROOT / f).exists()} | {f for f in ("user.bazelrc",) if (ROOT / f).exists()}
    for f in wanted:
        to, data = COPY / f, (ROOT / f).read_bytes()
        if not to.exists() or to.read_bytes() != data:  # a new time stamp would rebuild
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
        to.chmod((ROOT / f).stat().st_mode)
    known = COPY / ".files"
    for f in set(known.read_text().split("\n") if known.exists() else []) - wanted:
        (COPY / f).unlink(missing_ok=True)
    known.write_text("\n".join(sorted(wanted)))
    if (ROOT / ".venv").exists() and not (COPY / ".venv").exists():
        (COPY / ".venv").symlink_to((ROOT / ".venv").resolve())


def bazel_test(tests: list[str]) -> tuple[int, str]:
    run = subprocess.run([*os.environ.get("BAZEL", "bazel").split(), "test", "--test_output=errors", *tests], cwd=COPY,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.returncode, run.stdout


def try_one(name: str, m: dict) -> str:
    path = COPY / m["file"]
    before = path.read_text()
    started = time.monotonic()
    path.write_text(before.replace(m["find"], m["replace"]))
    try:
        status, output = bazel_test(m["tests"])
    finally:
        path.write_text(before)
    answer = {0: "SURVIVED", TESTS_FAILED: "caught"}.get(status, "DOES NOT BUILD" if status == BUILD_FAILED else f"bazel: {status}")
    if answer not in ("SURVIVED", "caught"):
        print("\n".join(output.splitlines()[-30:]))
    print(f"{answer:10} {name}: {m['why']} ({time.monotonic() - started:.0f} s)", flush=True)
    return answer


def main() -> None:
    mutations = load()
    unknown = [n for n in sys.argv[1:] if n not in mutations]
    if unknown:
        sys.exit(f"no mutation {', '.join(unknown)}; there are {', '.join(mutations)}")
    chosen = {n: mutations[n] for n in sys.argv[1:] or mutations}
    COPY.mkdir(parents=True, exist_ok=True)
    copy_tree()
    status, output = bazel_test(sorted({t for m in chosen.values() for t in m["tests"]}))
    if status:
        sys.exit(f"{output}\nthe tests fail without a mutation")
    answers = [try_one(n, m) for n, m in chosen.items()]
    caught = answers.count("caught")
    print(f"{caught} of {len(answers)} caught")
    sys.exit(caught != len(answers))


if __name__ == "__main__":
    main()
