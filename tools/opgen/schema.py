# SPDX-License-Identifier: MIT OR Apache-2.0
"""PyTorch's operator schemas, read: `add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor`."""
from __future__ import annotations

import re
from dataclasses import dataclass


class SchemaError(Exception):
    pass


# schema type -> kind of argument; a kind is one C type, one field, one parser in each binding
KINDS = {
    "Tensor": "tensor", "Tensor?": "tensor_opt", "Tensor[]": "tensor_list",
    "Scalar": "scalar", "Scalar?": "scalar_opt", "int": "int", "int?": "int_opt", "SymInt": "int", "SymInt?": "int_opt",
    "float": "float", "float?": "float_opt", "bool": "bool", "bool?": "bool_opt", "str": "enum", "str?": "enum",
    "ScalarType?": "dtype", "ScalarType": "dtype", "Layout?": "layout", "Device?": "device", "Device": "device", "MemoryFormat?": "memory_format",
    "MemoryFormat": "memory_format", "Generator?": "generator",
}


@dataclass
class Arg:
    type: str            # as in the schema, mutation marks removed
    name: str
    default: str | None  # text of the schema, None if required
    kwonly: bool
    mutated: bool
    kind: str
    fixed: int           # int[2]: 2, else 0
    choices: tuple[str, ...] = ()  # of an enum; "" is None

    @property
    def is_tensor(self) -> bool:
        return self.kind.startswith("tensor")


@dataclass
class Schema:
    text: str
    name: str            # "add"
    overload: str        # "Tensor", or ""
    args: list[Arg]
    returns: list[str]   # names, "result" / "result0", … where the schema gives none
    returns_list: bool
    mutates_self: bool

    @property
    def tensors(self) -> list[Arg]:
        return [a for a in self.args if a.is_tensor]

    @property
    def params(self) -> list[Arg]:
        return [a for a in self.args if not a.is_tensor or a.kind == "tensor_list"]

    def arg(self, name: str) -> Arg:
        return next(a for a in self.args if a.name == name)


def split(text: str, sep: str = ",") -> list[str]:
    """Splits at separators outside brackets and quotes."""
    out, depth, quote, cur = [], 0, "", ""
    for c in text:
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        if c == sep and depth == 0 and not quote:
            out.append(cur.strip())
            cur = ""
        else:
            cur += c
    return out + [cur.strip()] if cur.strip() else out


def parse_arg(text: str, kwonly: bool) -> Arg:
    m = re.fullmatch(r"(\w+)(\([^)]*\))?(\[\d*\])?(\?)? (\w+)(?:=(.*))?", text)
    if not m:
        raise SchemaError(f"cannot read the argument '{text}'")
    base, alias, array, opt, name, default = m.groups()
    fixed = 0
    if array and base in ("int", "SymInt"):
        kind = "dims_opt" if opt else "dims"
        fixed = int(array[1:-1] or 0)
    else:
        full = base + ("[]" if array else "") + (opt or "")
        if full not in KINDS:
            raise SchemaError(f"unknown type '{full}' of argument '{name}'")
        kind = KINDS[full]
    return Arg(base + (array or "") + (opt or ""), name, default, kwonly, bool(alias and "!" in alias), kind, fixed)


def parse(text: str) -> Schema:
    m = re.fullmatch(r"(\w+)(?:\.(\w+))?\((.*)\) -> (.+)", text)
    if not m:
        raise SchemaError(f"cannot read the schema '{text}'")
    name, overload, args_text, ret = m.groups()
    args, kwonly = [], False
    for part in split(args_text):
        if part == "*":
            kwonly = True
        else:
            args.append(parse_arg(part, kwonly))
    returns_list = bool(re.fullmatch(r"Tensor(\(\w+\))?\[\]", ret))
    inner = ret[1:-1] if ret.startswith("(") else ret
    parts = split(inner) if ret != "()" else []
    names = []
    for i, p in enumerate(parts):
        m = re.fullmatch(r"Tensor(?:\([^)]*\))?(?:\[\])?(?: (\w+))?", p)
        if not m:
            raise SchemaError(f"cannot read the result '{p}'")
        names.append(m[1] or ("result" if len(parts) == 1 else f"result{i}"))
    return Schema(text, name, overload or "", args, names, returns_list, bool(args and args[0].mutated))
