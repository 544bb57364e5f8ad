# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/operators.md from the table: one line an overload."""
from __future__ import annotations

import backends
import emit_python
import signatures
from emit_ops import modes
from table import CLASSES, Op, entries

HEAD = """\
<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->
<!-- Generated from the table in ops/ by tools/opgen: ./dev docs writes it anew. -->
# Operators

All that is called as an operator, by file of the table; the schemas are PyTorch's. `./dev op NAME` shows an operator's entry and
all that is generated from it.

- **Python**: functions of `torsh`, `nn.functional` and methods of `Tensor`; `out=` where a result may be given.
- **Ruby** has the same names in `ToRSh`, `ToRSh::NN::Functional` and `ToRSh::Tensor`.
- **C**: the name for what the schema requires; each has a form `…_with_error` that takes every argument.
- **Dtypes** that it computes in: {classes}.
  Others are converted by PyTorch's rules or refused. "its parts": those of the operators that it is made of.
- **Gradient**: the arguments that have one; "its parts": whatever the operators have that it is made of.
- **Kind**: *pointwise*, *reduction* and *kernel* have code for each backend; a *view* shares its argument's memory; a *composite*
  is made of other operators, *fused* too but with a gradient of its own.
- **Backends** that have kernels for it, with the dtypes where they are not all; "its parts": whatever has kernels for the operators
  that it is made of. `cpu` stands for `cpu-portable`, too.
"""
COLUMNS = "| Schema | What it gives | Python | C | Dtypes | Gradient | Kind | Backends |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
DTYPE_NAMES = {"u8": "uint8", "i32": "int32", "i64": "int64", "f16": "float16", "bf16": "bfloat16", "f32": "float32",
               "f64": "float64", "bool": "bool"}
PLACES = {"torch": "torsh.", "nn": "nn.functional.", "method": "Tensor."}


def python_names(ops: list[Op]) -> dict[str, list[str]]:
    """key of an overload -> how Python calls it"""
    out: dict[str, list[str]] = {}
    for where, names in emit_python.python_families(ops).items():
        for name, overloads in names.items():
            for s in overloads:
                # in place nn.functional has the argument inplace
                if where != "nn" or ("nn.functional" in s.op.python and not s.suffix):
                    out.setdefault(s.op.key, []).append(PLACES[where] + name)
    for op in ops:
        if "out" in op.variants and op.key in out:
            out[op.key].append("out=")
        if op.schema.name in signatures.BY_HAND:
            out[op.key] = ["Tensor." + op.schema.name]
    return out


def dtypes(op: Op) -> str:
    if op.kind in ("composite", "view") and "dtypes" not in op.entry:
        return "its parts" if op.kind == "composite" else "all"
    given = op.entry.get("dtypes", "all")
    return given if isinstance(given, str) else ", ".join(DTYPE_NAMES[d] for d in given)


def gradient(op: Op) -> str:
    if op.grads:
        return ", ".join(f"`{n}`" for names in op.grads for n in names)
    return "its parts" if op.kind == "composite" and op.entry.get("differentiable", True) else "no"


def code(names: list[str]) -> str:
    return " ".join(f"`{n}`" for n in names) or "–"


def where(op: Op, kernels: dict[str, dict[str, set[str]]]) -> str:
    """The backends that have it."""
    op = op.base or op
    if op.kind in ("composite", "view"):
        return "its parts" if op.kind == "composite" else "all"
    if op.entry.get("allocates"):
        return "all"
    out = []
    for backend, has in kernels.items():
        missing = [d for d in op.dtypes if d not in has[op.key]]
        if not missing:
            out.append(backend)
        elif len(missing) < len(op.dtypes):
            out.append(f"{backend} ({', '.join(DTYPE_NAMES[d] for d in op.dtypes if d not in missing)})")
        elif op.kind == "fused":
            out.append(f"{backend} by its parts")
    return ", ".join(out) or "–"


def row(op: Op, python: list[str], kernels: dict[str, dict[str, set[str]]]) -> str:
    c = [f"torsh_{op.c}{suffix}" for suffix, _ in modes(op)]
    doc = op.doc.replace("|", "\\|")
    return f"| `{op.schema.text}` | {doc} | {code(python)} | {code(c)} | {dtypes(op)} | {gradient(op)} | {op.kind} | {where(op, kernels)} |"


def page(ops: list[Op]):
    classes = [f"*{name}* = {' '.join(DTYPE_NAMES[d] for d in CLASSES[name])}" for name in ("float", "int")]
    classes += ["*number* = both", "*intbool* = int and bool", "*all* = number and bool"]
    yield HEAD.format(classes=", ".join(classes))
    names, kernels = python_names(ops), backends.kernels(ops)
    public = [op for op in entries(ops) if not op.schema.name.startswith("_")]
    for family in sorted({op.family for op in public}):
        yield f"## {family}\n\n{COLUMNS}"
        yield from (row(op, names.get(op.key, []), kernels) for op in public if op.family == family)
        yield ""
    yield "## Inside\n\nParts of the operators above, called by none but them:\n"
    yield from (f"- `{op.schema.text}`: {op.doc} Backends: {where(op, kernels)}." for op in ops if op.schema.name.startswith("_"))
