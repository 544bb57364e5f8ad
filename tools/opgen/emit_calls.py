# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every operator's C function behind one signature, with its arguments' kinds, names and defaults: for tests that choose
operators at run time."""
from __future__ import annotations

from emit_ops import NOTE, SPDX, modes
from emit_python import default_value, trampoline
from table import Op, entries


def overload(op: Op, suffix: str) -> str:
    """add.Tensor, add_.Tensor, add.Tensor_out"""
    s = op.schema
    of = (s.overload + (suffix if suffix == "_out" else "")).lstrip("_")
    return s.name + ("_" if suffix == "_" and not s.mutates_self else "") + ("." + of if of else "")


def header(ops: list[Op]):
    public = [op for op in entries(ops) if not op.schema.name.startswith("_")]
    yield SPDX + NOTE + "/* op_call_t is the includer's. */"
    for op in public:
        values = [f"[{i}] = {{{d}}}" for i, a in enumerate(op.args) if (d := default_value(a))]
        if values:
            yield f"static const torsh__value_t defaults_{op.c}[{len(op.args)}] = {{{', '.join(values)}}};"
        for suffix, _ in modes(op):
            yield from trampoline(op, suffix)
    yield "const op_call_t op_calls[] = {"
    for op in public:
        for suffix, _ in modes(op):
            kinds = [a.kind for a in op.args]
            if suffix == "_out":
                kinds += ["out"] if op.n_out == 1 else ["out_list"]
            names = [a.name for a in op.args] + ["out"] * (suffix == "_out")
            required = sum(a.default is None for a in op.args)
            has_defaults = any(default_value(a) for a in op.args)
            yield (f'    {{"{overload(op, suffix)}", "torsh_{op.c}{suffix}", "{" ".join(kinds)}", "{" ".join(names)}", '
                   f'{f"defaults_{op.c}" if has_defaults else "NULL"}, call_{op.c}{suffix}, {len(op.args)}, {required}, '
                   f'{op.n_out}, {int(op.schema.returns_list)}}},')
    yield "};"
