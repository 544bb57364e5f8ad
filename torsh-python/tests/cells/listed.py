# SPDX-License-Identifier: MIT OR Apache-2.0
"""uncovered.txt: all that differs from PyTorch or is not run, with its reason. Sections in it:

[cells]  overload | dtype | layout | variant | reason     (* stands for anything)
[cases]  end of a test's id | reason
"""
from __future__ import annotations

import functools
import pathlib
import re
from dataclasses import dataclass

FILE = pathlib.Path(__file__).absolute().parents[1] / "uncovered.txt"


@dataclass(frozen=True)
class Line:
    number: int
    fields: tuple[str, ...]
    reason: str

    def matches(self, *values: str) -> bool:
        return all(_pattern(f).fullmatch(v) for f, v in zip(self.fields, values))


@functools.cache
def _pattern(text: str) -> re.Pattern[str]:
    """`*` is anything, `a or b` one of them."""
    parts = [re.escape(part).replace(r"\*", ".*") for part in text.split(" or ")]
    return re.compile("|".join(f"(?:{p})" for p in parts), re.S)


@functools.cache
def section(name: str) -> list[Line]:
    out, inside = [], False
    for number, text in enumerate(FILE.read_text().splitlines(), 1):
        if re.fullmatch(r"\[\w+\]", text):
            inside = text == f"[{name}]"
        elif inside and text and not text.startswith("#"):
            before, _, reason = text.rpartition(" | ")
            if not before or not reason.strip():
                raise ValueError(f"{FILE.name}:{number}: no reason")
            fields = tuple(f.strip() for f in (before.split(" | ", 3) if name == "cells" else [before]))
            if name == "cells" and len(fields) != 4:
                raise ValueError(f"{FILE.name}:{number}: overload | dtype | layout | variant | reason")
            out.append(Line(number, fields, reason.strip()))
    return out


def cell(*values: str) -> Line | None:
    return next((line for line in section("cells") if line.matches(*values)), None)
