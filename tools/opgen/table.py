# SPDX-License-Identifier: MIT OR Apache-2.0
"""The operator table: ops/*.toml, read and checked. An unknown key or name is an error with file and line."""
from __future__ import annotations

import copy
import pathlib
import re
import sys
import tomllib
from dataclasses import dataclass, field

from schema import Arg, Schema, SchemaError, parse

# The closed list of keys of an entry.
KEYS = {
    "schema", "doc", "variants", "python", "c", "short", "choices", "dtype", "dtypes", "in", "results", "shape", "expr", "when",
    "reduce", "view", "multi_view", "composite", "fused", "grad", "differentiable", "nondifferentiable", "scalar", "numbers", "allocates",
    "self_overlap", "exact_out", "python_name", "python_flag",
}
VARIANTS = {"function", "method", "inplace", "out"}
PYTHON = {"torch", "nn.functional", "none"}
# torsh__dtype_<name>() in torsh-tensor/src/dtype_rules.c
DTYPE_RULES = {"subtract", "negate", "div", "matmul", "norm", "promote", "promote_float", "same", "param", "param_or_same", "param_int", "param_like", "sum", "mean", "default"}
# torsh__shape_<name>() in torsh-tensor/src/shape_rules*.c; "custom" is torsh__shape_<ident>()
SHAPE_RULES = {"broadcast", "broadcast_tensors", "same", "like", "reduce", "size", "softmax", "row_major", "custom", "none"}

DTYPES = {"u8": 0, "i8": 1, "i16": 2, "i32": 3, "i64": 4, "f16": 5, "f32": 6, "f64": 7, "c64": 9, "c128": 10, "bool": 11,
          "bf16": 15}
FLOAT = ["f16", "bf16", "f32", "f64"]
INT = ["u8", "i32", "i64"]
CLASSES = {"float": FLOAT, "int": INT, "number": FLOAT + INT, "bool": ["bool"], "intbool": INT + ["bool"],
           "all": FLOAT + INT + ["bool"], "i64": ["i64"], "f32": ["f32"]}


def die(where, message: str):
    sys.exit(f"{where[0]}:{where[1]}: {message}")


@dataclass
class Op:
    key: str
    entry: dict
    where: tuple[pathlib.Path, int]
    schema: Schema
    id: int = -1
    grads: dict[tuple[str, ...], str] = field(default_factory=dict)
    base: "Op | None" = None  # of an overload on a number: the operator whose record it uses

    family = property(lambda s: s.where[0].stem)
    ident = property(lambda s: (s.base or s).key.replace(".", "_").lower())
    doc = property(lambda s: s.entry["doc"])
    variants = property(lambda s: s.entry.get("variants", ["function"]))
    record = property(lambda s: f"torsh__record_{s.ident}")
    params_type = property(lambda s: f"torsh__{s.ident}_params_t")
    args = property(lambda s: s.schema.args)
    tensors = property(lambda s: s.schema.tensors)
    params = property(lambda s: s.schema.params)
    n_out = property(lambda s: len(s.schema.returns))
    factory = property(lambda s: s.entry["dtype"] in ("param", "param_int") if "dtype" in s.entry else False)

    @property
    def kind(self) -> str:
        for k in ("composite", "fused", "view"):
            if self.entry.get(k):
                return k
        return "pointwise" if "expr" in self.entry else "reduction" if "reduce" in self.entry else "kernel"

    @property
    def python(self) -> list[str]:
        p = self.entry.get("python", "none" if self.key.startswith("_") else "torch")
        return p if isinstance(p, list) else [p]

    # nonzero_numpy(x) is nonzero(x, as_tuple=True)
    python_name = property(lambda s: s.entry.get("python_name", s.schema.name))

    @property
    def c(self) -> str:
        """Name in the C ABI without torsh_, and without the _ of an in-place form."""
        if "c" in self.entry:
            return self.entry["c"]
        o = self.schema.overload
        name = self.schema.name[:-1] if self.schema.mutates_self else self.schema.name
        return name + ("" if o in ("", "Tensor", "self") else "_" + o.lower())

    @property
    def dtypes(self) -> list[str]:
        d = self.entry.get("dtypes", "all")
        names = CLASSES.get(d) if isinstance(d, str) else d
        if names is None or any(n not in DTYPES for n in names):
            die(self.where, f"[{self.key}] dtypes: unknown '{d}'")
        return names

    @property
    def dtype_mask(self) -> int:
        return sum(1 << DTYPES[d] for d in self.dtypes)

    def in_dtype(self, arg: Arg) -> str:
        return self.entry.get("in", {}).get(arg.name, "compute")

    @property
    def out_dtypes(self) -> list[str]:
        return self.entry.get("results", ["compute"] * self.n_out)

    @property
    def exprs(self) -> dict[str, str]:
        """dtype class -> expression"""
        e = self.entry.get("expr", {})
        return {"": e} if isinstance(e, str) else e

    def expr_for(self, dtype: str) -> str | None:
        for cls, text in self.exprs.items():
            if cls == "" or dtype in CLASSES.get(cls, [cls]):
                return text
        return None

    @property
    def operands(self) -> list[Arg]:
        """Tensors that a pointwise kernel reads (one that is only written is left out), in the schema's order."""
        if self.kind != "pointwise":
            return self.tensors
        text = " ".join(self.exprs.values())
        return [t for t in self.tensors if not (t.mutated and not re.search(rf"\b{t.name}\b", text))]


def scalar_overloads(op: Op) -> list[Op]:
    """`scalar = { other = "Scalar" }`: overloads on a number, or on several ("self, other"), share record, kernel and
    gradient; only the entry functions differ. The number travels as an operand without memory. An overload that lacks a
    variant says so: `{ overload = "Scalar_Tensor", variants = ["function"] }`."""
    out = []
    for names, given in op.entry.get("scalar", {}).items():
        spec = given if isinstance(given, dict) else {"overload": given}
        names, overload = [n.strip() for n in names.split(",")], spec["overload"]
        s = copy.deepcopy(op)
        s.base = op
        s.schema.text = op.schema.text
        for name in names:
            a = s.schema.arg(name)
            a.type, a.kind = "Scalar", "number"
            s.schema.text = s.schema.text.replace(f"Tensor {name}", f"Scalar {name}")
        old = op.schema.name + ("." + op.schema.overload if op.schema.overload else "")
        s.schema.overload = overload
        s.key = op.schema.name + ("." + overload if overload else "")
        s.schema.text = s.schema.text.replace(old + "(", s.key + "(", 1)
        s.entry.pop("c", None)
        # a number has no methods, and nothing can be written into it
        s.entry["variants"] = [v for v in spec.get("variants", op.variants) if "self" not in names or v not in ("method", "inplace")]
        out.append(s)
    return out


def entries(ops: list[Op]) -> list[Op]:
    """All that has entry functions: the operators and their overloads on numbers."""
    return [x for o in ops for x in (o, *scalar_overloads(o))]


def check(op: Op):
    e = op.entry
    for k in e:
        if k not in KEYS:
            die(op.where, f"[{op.key}] unknown key '{k}'")
    for k in ("schema", "doc"):
        if k not in e:
            die(op.where, f"[{op.key}] has no {k}")
    for v in op.variants:
        if v not in VARIANTS:
            die(op.where, f"[{op.key}] unknown variant '{v}'")
    for p in op.python:
        if p not in PYTHON:
            die(op.where, f"[{op.key}] unknown python namespace '{p}'")
    if op.kind not in ("composite", "view"):
        rule = e.get("dtype")
        if rule not in DTYPE_RULES:
            die(op.where, f"[{op.key}] dtype: unknown rule '{rule}'")
    if op.kind != "composite" and e.get("shape", "custom" if op.kind == "view" else None) not in SHAPE_RULES:
        die(op.where, f"[{op.key}] shape: unknown rule '{e.get('shape')}'")
    for kind in ("in", "choices"):
        for n in e.get(kind, {}):
            if n not in [a.name for a in op.args]:
                die(op.where, f"[{op.key}] {kind}.{n}: no such argument")
    for a in op.args:
        if a.kind == "enum":
            if a.name not in e.get("choices", {}):
                die(op.where, f"[{op.key}] choices.{a.name} must list what the string may be")
            a.choices = ("",) * a.type.endswith("?") + tuple(e["choices"][a.name])
    if not op.n_out and not (op.kind == "kernel" and e.get("shape") == "none" and op.schema.name.startswith("_")):
        die(op.where, f"[{op.key}] returns nothing: only a kernel with shape \"none\" and a name with _ may")
    if op.n_out and e.get("shape") == "none":
        die(op.where, f"[{op.key}] has results, and so a shape rule")
    if op.kind != "composite" and "grad" not in e and e.get("differentiable", True) is not False:
        die(op.where, f"[{op.key}] needs grad.<input>, or differentiable = false")


def load(folder: pathlib.Path) -> list[Op]:
    ops: list[Op] = []
    for path in sorted(folder.glob("*.toml")):
        text = path.read_text()
        shown = path.parent.name + "/" + path.name
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as err:
            sys.exit(f"{shown}: {err}")
        for key, entry in tables.items():
            m = re.search(rf'^\["{re.escape(key)}"\]', text, re.M)
            where = (pathlib.PurePath(shown), text[:m.start()].count("\n") + 1 if m else 1)
            if not m:
                die(where, f'[{key}]: write the key quoted, ["{key}"]')
            try:
                schema = parse(entry.get("schema", ""))
            except SchemaError as err:
                die(where, f"[{key}] {err}")
            if key != schema.name + ("." + schema.overload if schema.overload else ""):
                die(where, f"[{key}] holds the schema of {schema.name}.{schema.overload}")
            op = Op(key, entry, where, schema)
            for names, formula in entry.get("grad", {}).items():
                op.grads[tuple(n.strip() for n in names.split(","))] = formula
            for names in op.grads:
                for n in names:
                    if n not in [t.name for t in op.tensors]:
                        die(where, f"[{key}] grad.{n}: no such tensor")
            check(op)
            ops.append(op)
    ops.sort(key=lambda o: o.key)
    for i, op in enumerate(ops):
        op.id = i
    seen: dict[str, Op] = {}
    for op in entries(ops):
        if op.c in seen:
            die(op.where, f"[{op.key}] torsh_{op.c} is already the name of [{seen[op.c].key}]")
        seen[op.c] = op
    return ops
