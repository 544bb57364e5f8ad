# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every operator's C function behind one signature, with the kinds of its arguments: what tests call with wrong ones."""
from __future__ import annotations

from emit_ops import NOTE, SPDX, modes
from emit_python import trampoline
from table import Op, entries


def header(ops: list[Op]):
    public = [op for op in entries(ops) if not op.schema.name.startswith("_")]
    yield SPDX + NOTE + "/* torsh__value_t and op_call_t are the includer's. */"
    for op in public:
        for suffix, _ in modes(op):
            yield from trampoline(op, suffix)
    yield "const op_call_t op_calls[] = {"
    for op in public:
        for suffix, _ in modes(op):
            kinds = [a.kind for a in op.args]
            if suffix == "_out":
                kinds += ["out"] if op.n_out == 1 else ["out_list"]
            yield f'    {{"torsh_{op.c}{suffix}", "{" ".join(kinds)}", call_{op.c}{suffix}, {op.n_out}, {int(op.schema.returns_list)}}},'
    yield "};"
