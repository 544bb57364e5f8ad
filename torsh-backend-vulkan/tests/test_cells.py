# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every operator × dtype that Vulkan has, beside cpu-portable. What has no kernel stands in missing.txt, what differs in
differs.txt, each with its reason; a line that is no longer true is an error as well."""
import os
import pathlib

import pytest

torch = pytest.importorskip("torch")

import torsh  # noqa: E402
import vulkan_cells  # noqa: E402
import backends  # noqa: E402
import table  # noqa: E402
from cells.overloads import ROOT, overloads  # noqa: E402


def listed(name: str) -> dict[tuple[str, str], str]:
    """(operator or *, dtype or *): the reason"""
    lines = (vulkan_cells.HERE / name).read_text().splitlines()
    fields = [[f.strip() for f in line.split("|")] for line in lines if line and not line.startswith("#")]
    return {(f[0], f[1]): f[2] for f in fields}


MISSING, DIFFERS = listed("missing.txt"), listed("differs.txt")
DOCUMENTED = backends.kernels(table.load(ROOT / "ops"))["vulkan"]  # what docs/operators.md says
SHORT = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "int32": "i32", "int64": "i64", "uint8": "u8", "bool": "bool"}


def line_of(lines, op: str, dtype: str):
    return lines.get((op, dtype)) or lines.get((op, "*"))


@pytest.fixture(scope="module", autouse=True)
def reference():
    before = torsh.get_backend("cpu")
    torsh.set_backend("cpu-portable")
    yield
    torsh.set_backend(before)


@pytest.mark.parametrize("op", overloads())
def test_cells(op, record_property):
    problems, run, lacking, wrong = [], 0, set(), set()
    for dtype in vulkan_cells.DTYPES:
        outcome = vulkan_cells.run(overloads()[op], dtype)
        run += outcome.run
        if outcome.lacking:
            lacking.add(dtype)
            if f'"{op}" has no kernel' in outcome.lacking[0] and SHORT[dtype] in DOCUMENTED[op]:
                problems.append(f"docs/operators.md says that there is a kernel of {op} for {dtype}")
            if not line_of(MISSING, op, dtype):
                problems.append(f"{op} | {dtype} | {outcome.lacking[0]}")
        if outcome.wrong:
            wrong.add(dtype)
            if not line_of(DIFFERS, op, dtype):
                problems.append("\n  ".join([f"{op} | {dtype}", *outcome.wrong[:3]]))
    for lines, found, name in ((MISSING, lacking, "missing.txt"), (DIFFERS, wrong, "differs.txt")):
        for at, dtype in lines:
            if at == op and (dtype not in found if dtype != "*" else not found):
                problems.append(f"{name} lists {at} | {dtype}, which passes")
    record_property("cells", run)
    assert not problems, "\n".join(problems[:20])


def test_the_lists_are_about_operators():
    assert {op for op, _ in [*MISSING, *DIFFERS]} <= set(overloads())
