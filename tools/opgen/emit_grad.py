# SPDX-License-Identifier: MIT OR Apache-2.0
"""Derivatives from the table: every grad.<input> formula becomes nested calls of scope functions.

What is saved follows from the names that a formula uses: an input by its name, only its shape by `x.shape`,
a result by its name. Functions that are no operators are declared in torsh-autograd/src/formulas.h."""
from __future__ import annotations

import ast
import pathlib
import re

from ctypes_of import inner_default
from emit_ops import NOTE, SPDX, from_, out_names
from table import Op, die, entries

FORMULAS = pathlib.Path(__file__).absolute().parents[2] / "torsh-autograd" / "src" / "formulas.h"
# attribute of an input -> (accessor, kind)
META = {"shape": ("torsh__vjp_shape", "dims"), "strides": ("torsh__vjp_strides", "dims"), "offset": ("torsh__vjp_offset", "int"),
        "dtype": ("torsh__vjp_dtype", "dtype"), "device": ("torsh__vjp_device", "device"), "metas": ("torsh__vjp_meta", "metas")}
# kind of a value -> kinds of arguments that take it
FITS = {
    "tensor": {"tensor", "tensor_opt"}, "tensor_opt": {"tensor", "tensor_opt"}, "number": {"number", "scalar", "scalar_opt"},
    "scalar": {"number", "scalar", "scalar_opt"}, "scalar_opt": {"scalar_opt", "number", "scalar"},
    "int": {"int", "int_opt", "scalar", "number", "bool"},
    "literal": {"int", "int_opt", "float", "scalar", "number", "bool", "dims"}, "bool": {"bool", "bool_opt"}, "bool_opt": {"bool_opt"},
    "dims": {"dims", "dims_opt"}, "dims_opt": {"dims_opt", "dims"}, "none": {"tensor_opt", "int_opt", "scalar_opt", "dtype", "dims_opt"},
    "float": {"float", "number", "scalar"}, "float_opt": {"float_opt"}, "int_opt": {"int_opt"}, "dtype": {"dtype"},
    "device": {"device"}, "enum": {"enum"}, "tensor_list": {"tensor_list"}, "metas": set(), "generator": {"generator"},
    "layout": {"layout"}, "memory_format": {"memory_format"}, "needs": set(),
}


class Formula:
    """One operator's formulas: compiles expressions, and notes what has to be saved."""

    def __init__(self, op: Op, ops: list[Op], helpers: set[str]):
        self.op, self.helpers = op, helpers
        self.candidates: dict[str, list[Op]] = {}
        for o in entries(ops):
            for name in {o.schema.name, o.c}:
                self.candidates.setdefault(name, []).append(o)
        self.save_in: set[int] = set()
        self.save_out: set[int] = set()
        self.meta_in: set[int] = set()

    def fail(self, message: str):
        die(self.op.where, f"[{self.op.key}] grad: {message}")

    def slot(self, i: int) -> str:
        """Position among the inputs of tensor argument i; lists before it take as many as they have."""
        before = self.op.tensors[:i]
        text = str(sum(a.kind != "tensor_list" for a in before))
        return text + "".join(f" + p->n_{a.name}" for a in before if a.kind == "tensor_list")

    def value(self, node: ast.expr) -> tuple[str, str]:
        """(C text, kind)"""
        op = self.op
        match node:
            case ast.Constant(value=None):
                return "NULL", "none"
            case ast.Constant(value=bool(b)):
                return str(int(b)), "bool"
            case ast.Constant(value=int() | float() as x):
                return repr(x), "literal"
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as x)):
                return f"-{x!r}", "literal"
            case ast.Name(id="grad"):
                return "torsh__vjp_grad(v, 0)", "tensor"
            case ast.Name(id="needs"):
                return "v->needs", "needs"
            case ast.Subscript(value=ast.Name(id="grads"), slice=ast.Constant(value=int(i))):
                return f"torsh__vjp_grad(v, {i})", "tensor"
            case ast.Name(id=n) if n in (names := [t.name for t in op.tensors]):
                i = names.index(n)
                self.save_in.add(i)
                if op.tensors[i].kind == "tensor_list":
                    return f"torsh__vjp_inputs(v, {self.slot(i)}), p->n_{n}", "tensor_list"
                return f"torsh__vjp_input(v, {self.slot(i)})", op.tensors[i].kind
            case ast.Name(id=n) if n in op.schema.returns:
                i = op.schema.returns.index(n)
                self.save_out.add(i)
                return f"torsh__vjp_result(v, {i})", "tensor"
            case ast.Name(id=n) if n in [a.name for a in op.args]:
                return f"p->{n}", op.schema.arg(n).kind
            case ast.Attribute(value=ast.Name(id=n), attr=attr) if n in [t.name for t in op.tensors] and attr in META:
                i = [t.name for t in op.tensors].index(n)
                self.meta_in.add(i)
                return f"{META[attr][0]}(v, {self.slot(i)})", META[attr][1]
            case ast.Call(func=ast.Name(id=n)):
                return self.call(n, node), "tensor"
        self.fail(f"unknown name or form '{ast.unparse(node)}'")

    def call(self, name: str, node: ast.Call, extra: str = "") -> str:
        args = [self.value(a) for a in node.args]
        named = {k.arg: self.value(k.value) for k in node.keywords}
        if name in self.helpers:
            if named:
                self.fail(f"{name}() takes no named arguments")
            return f"torsh__d_{name}(s{''.join(', ' + text for text, _ in args)}{extra})"
        for o in self.candidates.get(name, []):
            text = self.match(o, args, named)
            if text is not None:
                return f"op_{o.c}({', '.join(['s'] + text)}{extra})"
        if name in self.candidates:
            self.fail(f"no overload of {name} takes ({', '.join(k for _, k in args)})")
        self.fail(f"unknown function '{name}'")

    def match(self, o: Op, args, named) -> list[str] | None:
        if len(args) > len(o.args) or o.schema.mutates_self or set(named) - {a.name for a in o.args}:
            return None
        out = []
        for i, a in enumerate(o.args):
            given = args[i] if i < len(args) else named.get(a.name)
            if given is None:
                if a.default is None:
                    return None
                out.append(inner_default(a))
                continue
            text, kind = given
            if a.kind not in FITS[kind]:
                return None
            out.append(convert(text, kind, a.kind))
        return out


def convert(text: str, have: str, want: str) -> str:
    if want in ("scalar", "number", "scalar_opt"):
        if have == "literal":
            return f"torsh_scalar_{'f' if any(c in text for c in '.e') else 'i'}({text})"
        if have in ("int", "float"):
            return f"torsh_scalar_{have[0]}({text})"
    if want == "int_opt" and have in ("int", "literal"):
        return f"(torsh_opt_int_t){{{text}, 1}}"
    if want == "dims" and have == "literal":
        return f"(torsh_dims_t){{(const int64_t[]){{{text}}}, 1, 1}}"
    if have == "none":
        return {"dtype": "TORSH_DTYPE_NONE", "tensor_opt": "NULL", "int_opt": "(torsh_opt_int_t){0, 0}",
                "scalar_opt": "(torsh_scalar_t){0}", "dims_opt": "(torsh_dims_t){NULL, 0, 0}"}[want]
    return text


def helper_names() -> set[str]:
    return set(re.findall(r"\btorsh__d_(\w+)\(", FORMULAS.read_text())) if FORMULAS.exists() else set()


def compile_op(op: Op, ops: list[Op], helpers: set[str]) -> tuple[Formula, list[str]]:
    f, lines = Formula(op, ops, helpers), []
    names = [t.name for t in op.tensors]
    for targets, text in op.grads.items():
        tree = ast.parse(text, mode="eval").body
        idx = [names.index(t) for t in targets]
        slots = [f.slot(i) for i in idx]
        needs = " || ".join(f"v->needs[{x}]" for x in slots)
        if op.tensors[idx[0]].kind == "tensor_list":
            a = op.tensors[idx[0]]
            if not isinstance(tree, ast.Call):
                f.fail("a list needs a function of formulas.h")
            lines.append(f"    {f.call(tree.func.id, tree, f', p->n_{a.name}, v->needs + {slots[0]}, v->dinput + {slots[0]}')};")
        elif len(idx) == 1:
            lines.append(f"    if ({needs})\n        v->dinput[{slots[0]}] = (torsh_tensor_t *){f.value(tree)[0]};")
        else:
            if not isinstance(tree, ast.Call):
                f.fail("several gradients at once need a function")
            extra = "".join(f", &v->dinput[{x}]" for x in slots[1:])
            lines.append(f"    if ({needs})\n        v->dinput[{slots[0]}] = {f.call(tree.func.id, tree, extra)};")
    return f, lines


def source(family: str, mine: list[Op], ops: list[Op]):
    yield SPDX + NOTE + '#include "formulas.h"\n\n#include <torsh/impl/ops.h>\n\n#include "vjp.h"\n'
    helpers = helper_names()
    for op in mine:
        if not op.grads:
            continue
        f, lines = compile_op(op, ops, helpers)
        mask = lambda xs: sum(1 << i for i in xs)
        yield from_(op)
        yield f"static torsh_status_t {op.ident}_vjp(torsh__vjp_t *v)\n{{\n    torsh__scope_t *s = v->scope;"
        yield f"    const {op.params_type} *p = v->params;\n    (void)p;"
        yield from lines
        yield "    return s->status;\n}"
        yield f"const torsh__vjp_entry_t torsh__derivative_{op.ident} = {{{op.ident}_vjp, {mask(f.save_in)}, {mask(f.save_out)}, {mask(f.meta_in)}}};\n"
    yield f"/* {len([o for o in mine if o.grads])} operators of {family}.toml have derivatives */"


def table_source(ops: list[Op]):
    yield SPDX + NOTE + '#include "vjp.h"\n'
    have = [op for op in ops if op.grads]
    for op in have:
        yield f"extern const torsh__vjp_entry_t torsh__derivative_{op.ident};"
    yield "\n/* by operator id; NULL: no derivative */\nconst torsh__vjp_entry_t *const torsh__vjp_table[] = {"
    for op in ops:
        yield f"    {'&torsh__derivative_' + op.ident if op.grads else 'NULL'}, /* {op.key} */"
    yield "};"
