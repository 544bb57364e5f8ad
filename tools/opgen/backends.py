# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which backend has kernels of which operators and dtypes: those that the generator makes, and the rows of the lists of
kernels that are written by hand."""
from __future__ import annotations

import pathlib
import re

import emit_cpu
import emit_vulkan
from table import CLASSES, Op

ROOT = pathlib.Path(__file__).absolute().parents[2]
ROWS = {"FLOAT": CLASSES["float"], "NUMBER": CLASSES["number"], "ALL": CLASSES["all"]}


def by_hand(folder: str, prefix: str) -> dict[str, set[str]]:
    """TORSH_OP_<name> -> dtypes, from {prefix}_FLOAT(TORSH_OP_X, …) and {TORSH_OP_X, TORSH_F32, …} in *.c"""
    out: dict[str, set[str]] = {}
    for path in sorted((ROOT / folder / "src").glob("*.c")):
        text = path.read_text()
        for rows, name in re.findall(rf"\b{prefix}_(FLOAT|NUMBER|ALL)\(TORSH_OP_(\w+),", text):
            out.setdefault(name, set()).update(ROWS[rows])
        for name, dtype in re.findall(r"\{TORSH_OP_(\w+),\s*TORSH_(\w+),", text):
            out.setdefault(name, set()).add(dtype.lower())
    return out


def kernels(ops: list[Op]) -> dict[str, dict[str, set[str]]]:
    """backend -> operator -> dtypes"""
    cpu, vulkan = by_hand("torsh-backend-cpu", "CPU"), by_hand("torsh-backend-vulkan", "VK")
    out: dict[str, dict[str, set[str]]] = {"cpu": {}, "vulkan": {}}
    for op in ops:
        name = op.ident.upper()
        made = emit_cpu.wanted(op)
        out["cpu"][op.key] = set(op.dtypes) if made else cpu.get(name, set())
        out["vulkan"][op.key] = emit_vulkan.dtypes(op) if made else vulkan.get(name, set())
    return out
