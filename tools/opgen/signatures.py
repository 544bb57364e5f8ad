# SPDX-License-Identifier: MIT OR Apache-2.0
"""What an operator is called by and called with in a language above C: overloads by name, arguments with defaults. The
generators of the bindings build on this."""
from __future__ import annotations

from dataclasses import dataclass, field

from table import Op, entries

# forms that no schema has: each language writes these by hand
BY_HAND = {"to"}


@dataclass
class Param:
    """An argument as Python sees it; `slot` is its place among the values of the call."""
    name: str
    kind: str
    slot: int
    default: str | None
    kwonly: bool
    fixed: int = 0
    number: bool = False  # of a tensor: a number may stand for it
    none: bool = False    # of a text: None may stand for it


@dataclass
class Signature:
    op: Op
    suffix: str          # of the C name: "", "_"
    method: bool
    params: list[Param] = field(default_factory=list)

    def __post_init__(self):
        op = self.op
        for slot, a in enumerate(op.args):
            if self.method and a.name == "self":
                continue
            name = "input" if a.name == "self" else a.name
            number = a.kind == "tensor" and op.entry.get("numbers", False)
            self.params.append(Param(name, a.kind, slot, a.default, a.kwonly, a.fixed, number, a.type == "str?"))
        n = len(op.args)
        if self.has_out:
            self.params.append(Param("out", "out" if op.n_out == 1 else "out_list", n, "None", True))
        if self.has_requires_grad:
            self.params.append(Param("requires_grad", "bool", n + 1, "False", True))

    @property
    def has_out(self) -> bool:
        return "out" in self.op.variants and not self.suffix and not self.method

    @property
    def has_requires_grad(self) -> bool:
        return any(a.name == "pin_memory" for a in self.op.args)

    @property
    def positional(self) -> list[Param]:
        return [p for p in self.params if not p.kwonly]

    @property
    def varargs(self) -> bool:
        """view(2, 3) for view((2, 3)): where one list of ints is all that may stand by position."""
        pos = self.positional
        return len(pos) == 1 and pos[0].kind in ("dims", "dims_opt") and not pos[0].fixed


def families(ops: list[Op]) -> dict[str, dict[str, list[Signature]]]:
    """{"torch" | "nn" | "method": {Python name: overloads}}"""
    out: dict[str, dict[str, list[Signature]]] = {"torch": {}, "nn": {}, "method": {}}

    def add(where: str, op: Op, suffix: str):
        name = op.schema.name + ("" if op.schema.mutates_self else suffix)
        out[where].setdefault(name, []).append(Signature(op, suffix, where == "method"))

    for op in entries(ops):
        name = op.schema.name
        if name.startswith("_") or name in BY_HAND or name.endswith("_backward"):
            continue
        on_tensor = any(a.name == "self" and a.is_tensor for a in op.args)  # pow(2, x) is no method of 2
        suffixes = ["_"] if op.schema.mutates_self else ["", "_"] if "inplace" in op.variants else [""]
        modules = [w for w, p in (("torch", ["torch"]), ("nn", ["nn.functional", "none"])) if set(p) & set(op.python)]
        for suffix in suffixes:
            if "method" in op.variants and on_tensor:
                add("method", op, suffix)
            # torch.relu_(x) exists, torch.add_(x, y) does not
            if "function" in op.variants and (not suffix or "method" not in op.variants or len(op.args) == 1):
                for m in modules:
                    add(m, op, suffix)
    for names in out.values():
        for signatures in names.values():  # a 0-d tensor may stand for a number: who takes tensors comes first
            signatures.sort(key=lambda s: [a.kind not in ("tensor", "tensor_opt") for a in s.op.args])
    return out
