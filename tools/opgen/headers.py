# SPDX-License-Identifier: MIT OR Apache-2.0
"""The C ABI as its public headers declare it: functions, enums, structs and callback types, for bindings that call the
library through a foreign function interface. Operators are in the generated <torsh/ops.h>; read it here alike."""
from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass

from schema import split


@dataclass
class Parameter:
    type: str  # "const torsh_tensor_t *", "int64_t", "function" (a pointer to one, written in place)
    name: str


@dataclass
class Function:
    name: str
    returns: str
    params: list[Parameter]
    doc: str  # the comment before it, "" if it shares that of the function above


def _code(text: str) -> str:
    """Without the preprocessor's lines and what is defined inline."""
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return re.sub(r"static inline [^{;]*\{.*?\n\}", "", text, flags=re.S)


def _parameter(text: str) -> Parameter:
    if m := re.fullmatch(r"[\w ]+\(\*(\w+)\)\(.*\)", text, re.S):
        return Parameter("function", m[1])
    m = re.fullmatch(r"(.*?[\s*])(\w+)(\[\w*\])?", text, re.S)
    return Parameter(re.sub(r"\s+", " ", m[1]).strip() + (" *" if m[3] else ""), m[2])


def functions(text: str) -> list[Function]:
    """All that is marked TORSH_API, in the order of the header."""
    out = []
    pattern = r"(?:/\*((?:(?!\*/).)*)\*/\s*)?TORSH_API\s+([\w\s]+?[\s*]+)(\w+)\(((?:[^()]|\([^()]*\))*)\)\s*;"
    for m in re.finditer(pattern, _code(text), re.S):
        args = [] if m[4].strip() == "void" else [_parameter(p) for p in split(re.sub(r"\s+", " ", m[4]))]
        doc = re.sub(r"\s*\n \*\s*", " ", m[1] or "").strip()
        out.append(Function(m[3], re.sub(r"\s+", " ", m[2]).strip(), args, doc))
    return out


def read(*paths: pathlib.Path) -> list[Function]:
    return [f for path in paths for f in functions(path.read_text())]


def constants(text: str) -> dict[str, int]:
    """Enumerators that are given a value: {"TORSH_INDEX_SLICE": 1}."""
    return {name: int(value) for name, value in re.findall(r"\b(TORSH_\w+) = (-?\d+)\b", _code(text))}


def x_list(text: str, name: str) -> list[list[str]]:
    """The arguments of each X(...) in the list macro `name`: [["U8", "0", "1", '"uint8"'], …]."""
    body = re.search(rf"#define {name}\(X\)(.*?[^\\])\n", text, re.S)[1]
    return [split(row) for row in re.findall(r"\bX\(([^)]*)\)", body)]
