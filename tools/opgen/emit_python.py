# SPDX-License-Identifier: MIT OR Apache-2.0
"""Python from the table: one trampoline and one signature an overload for the parser of torsh-python/src, and .pyi."""
from __future__ import annotations

import ctypes_of as ct
from emit_ops import NOTE, SPDX, from_
from schema import Arg
from signatures import Param, Signature, families
from table import Op

# name -> other names for the same argument, in alias_names of parse.c
ALIASES = {"dim": 1, "keepdim": 2, "input": 3, "other": 4, "split_size": 5}

# kind -> (C of the parser's kind, type in messages, type in .pyi)
KIND = {
    "tensor": ("TENSOR", "Tensor", "Tensor"),
    "tensor_opt": ("TENSOR_OPT", "Tensor", "Tensor | None"),
    "tensor_list": ("TENSOR_LIST", "tuple of Tensors", "Sequence[Tensor]"),
    "number": ("SCALAR", "Number", "Number"),
    "scalar": ("SCALAR", "Number", "Number"),
    "scalar_opt": ("SCALAR_OPT", "Number", "Number | None"),
    "int": ("INT", "int", "int"),
    "int_opt": ("INT_OPT", "int", "int | None"),
    "float": ("FLOAT", "float", "float"),
    "float_opt": ("FLOAT_OPT", "float", "float | None"),
    "bool": ("BOOL", "bool", "bool"),
    "bool_opt": ("BOOL_OPT", "bool", "bool | None"),
    "dims": ("DIMS", "tuple of ints", "Dims"),
    "dims_opt": ("DIMS_OPT", "tuple of ints", "Dims | None"),
    "dtype": ("DTYPE", "torsh.dtype", "dtype | None"),
    "layout": ("LAYOUT", "torsh.layout", "layout | None"),
    "memory_format": ("MEMORY_FORMAT", "torsh.memory_format", "memory_format | None"),
    "device": ("DEVICE", "torsh.device", "Device"),
    "enum": ("TEXT", "str", "str"),
    "true": ("TRUE", "bool", "bool"),
    "false": ("FALSE", "bool", "bool"),
    "generator": ("GENERATOR", "torsh.Generator", "Generator | None"),
    "out": ("OUT", "Tensor", "Tensor | None"),
    "out_list": ("OUT_LIST", "tuple of Tensors", "tuple[Tensor, ...] | None"),
}


def parsed(p: Param) -> tuple[str, str, str]:
    """C of the parser's kind, type in messages, type in .pyi"""
    c, message, stub = KIND[p.kind]
    return c + "_OPT" * p.none, message, stub + " | Number" * p.number + " | None" * p.none


def flag(s: Signature, name: str, value: bool):
    """Python gives this overload another name, and tells it by an argument that no schema has."""
    kind, default = ("true", None) if value else ("false", "False")
    s.params.append(Param(name, kind, len(s.op.args) + 1, default, True))


def python_families(ops: list[Op]) -> dict[str, dict[str, list[Signature]]]:
    """As Python calls them: nonzero_numpy(x) is nonzero(x, as_tuple=True), and nonzero(x) may say as_tuple=False."""
    groups = families(ops)
    for op in ops:
        if "python_flag" not in op.entry:
            continue
        for names in groups.values():
            own, plain = names.pop(op.schema.name, []), names.get(op.python_name, [])
            for s in own:
                flag(s, op.entry["python_flag"], True)
            for s in plain:
                flag(s, op.entry["python_flag"], False)
            plain += own
    return groups


def signature_text(s: Signature) -> str:
    """As PyTorch's messages and documentation write it."""
    out = []
    for i, p in enumerate(s.params):
        if p.kwonly and (i == 0 or not s.params[i - 1].kwonly):
            out.append("*")
        out.append(f"{parsed(p)[1]} {p.name}" + ("" if p.default is None else f" = {shown_default(p)}"))
    return "(" + ", ".join(out) + ")"


def symbol(s: Signature) -> str:
    return f"signature_{'m' if s.method else 'f'}_{s.op.c}{s.suffix}"


def shown_default(p: Param) -> str:
    named = {"long": "torsh.int64", "Mean": "1", "[]": "()", "contiguous_format": "torsh.contiguous_format"}
    return named.get(p.default, p.default)


# ---- C ---------------------------------------------------------------------------------------------------

def passed(a: Arg, i: int) -> str:
    """The ABI's argument(s) out of value i."""
    v = f"v[{i}]"
    match a.kind:
        case "tensor" | "tensor_opt":
            return f"{v}.tensor"
        case "tensor_list":
            return f"{v}.list.v, {v}.list.n"
        case "dims" | "dims_opt":
            return f"{v}.dims.v, {v}.dims.n"
        case "number" | "scalar":
            return f"{v}.scalar"
        case "enum":
            return f"{v}.text"
        case "layout" | "memory_format" | "bool":
            return f"{v}.flag"
        case "int":
            return f"{v}.i"
        case "float":
            return f"{v}.f"
        case "scalar_opt" | "int_opt" | "float_opt" | "bool_opt":
            member = {"scalar_opt": "scalar", "int_opt": "i", "float_opt": "f", "bool_opt": "flag"}[a.kind]
            return f"{v}.given ? &{v}.{member} : NULL"
        case _:
            return f"{v}.{a.kind}"


def trampoline(op: Op, suffix: str):
    args = [passed(a, i) for i, a in enumerate(op.args)]
    n, more = len(op.args), []
    if suffix == "_out":
        args += [f"v[{n}].tensor"] if op.n_out == 1 else [f"(torsh_tensor_t *)v[{n}].list.v[{i}]" for i in range(op.n_out)]
    else:
        more = [f"more + {i}" for i in range(op.n_out - 1)]
    cast = "(torsh_tensor_t *)" if op.schema.returns_list else ""
    yield f"static torsh_tensor_t *call_{op.c}{suffix}(const torsh__value_t *v, torsh_tensor_t **more, torsh_error_t **error)\n{{"
    if not more:
        yield "    (void)more;"
    yield f"    return {cast}torsh_{op.c}{suffix}_with_error({', '.join(args + more + ['error'])});\n}}\n"


def default_value(a: Arg) -> str | None:
    """The value of an argument that is not given; None: all bytes 0 (None, or required)."""
    d = a.default
    if a.kind in ("dims", "dims_opt", "number", "scalar", "scalar_opt", "int_opt") and d not in (None, "None"):
        if a.kind.startswith("dims"):
            values = "0" if d == "[]" else d.strip("[]")
            n = 0 if d == "[]" else values.count(",") + 1
            return f".dims = {{(const int64_t[]){{{values}}}, {n}}}, .given = true"
        if a.kind == "int_opt":
            return f".i = {d}, .given = true"
        if d in ("True", "False"):
            return f".scalar = {{TORSH_SCALAR_BOOL, {{.i = {int(d == 'True')}}}}}, .given = true"
        kind, member = ("FLOAT", "f") if any(c in d for c in ".e") else ("INT", "i")
        return f".scalar = {{TORSH_SCALAR_{kind}, {{.{member} = {d}}}}}, .given = true"
    match a.kind:
        case "dtype":
            return f".dtype = {ct.abi_default(a) if d else 'TORSH_DTYPE_NONE'}"
        case "device":
            return ".device = {-1, -1}"
        case "layout" | "memory_format":
            return f".flag = {ct.abi_default(a) if d else -1}"
        case "bool" if d is not None:
            return f".flag = {ct.abi_default(a)}"
        case "int" if d is not None:
            return f".i = {ct.abi_default(a)}"
        case "float" if d is not None:
            return f".f = {ct.abi_default(a)}"
        case "enum" if d is not None:
            return f".text = {ct.abi_default(a)}"
    return None


def work(op: Op) -> int:
    """Above so many elements the call is long enough to let other threads run."""
    return {"view": 0, "pointwise": 1 << 16, "reduction": 1 << 16}.get(op.kind, 1 << 13)


def results(op: Op) -> str:
    if op.schema.returns_list:
        return "&torsh__list_result"
    if op.n_out == 1:
        return "NULL"
    return f"&returns_{op.schema.name}"


def signature(s: Signature, names: dict[str, int]):
    op = s.op
    if s.params:
        yield f"static const torsh__param_t {symbol(s)}_params[] = {{"
        for p in s.params:
            flags = ["TORSH__KWONLY"] * p.kwonly + ["TORSH__OPTIONAL"] * (p.default is not None) + ["TORSH__NUMBER"] * p.number
            yield (f"    {{{names[p.name]}, TORSH__{parsed(p)[0]}, {p.slot}, {' | '.join(flags) or 0}, {p.fixed}, "
                   f"{ALIASES.get(p.name, 0)}}}, /* {p.name} */")
        yield "};"
    out = f"call_{op.c}_out" if s.has_out else "NULL"
    self_slot = next((i for i, a in enumerate(op.args) if a.name == "self"), -1) if s.method else -1
    factory = not op.tensors and s.has_requires_grad
    yield f"static const torsh__signature_t {symbol(s)} = {{{from_(op)}"
    yield f'    .text = "{signature_text(s).replace(chr(34), chr(39))}",'
    yield f"    .params = {symbol(s) + '_params' if s.params else 'NULL'}, .defaults = defaults_{op.c}, .results = {results(op)},"
    yield (f"    .call = call_{op.c}{s.suffix}, .call_out = {out}, .work = {work(op)}, .n_params = {len(s.params)}, "
           f".n_positional = {len(s.positional)},")
    yield (f"    .self_slot = {self_slot}, .out_slot = {len(op.args) if s.has_out else -1}, "
           f".requires_grad_slot = {len(op.args) + 1 if s.has_requires_grad else -1}, "
           f".n_results = {op.n_out}, .varargs = {int(s.varargs)}, .factory = {int(factory)}, "
           f".hidden = {int(op.base is not None)}}};\n")


def c_function(where: str, name: str) -> str:
    return f"torsh__{where}_{name}"


def docstring(name: str, sigs: list[Signature]) -> str:
    text = "\n\n".join(f"{name}{signature_text(s)}\n{s.op.doc}" for s in sigs)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", '\\n"\n     "') + '"'


def source(ops: list[Op]):
    groups = python_families(ops)
    sigs = [s for g in groups.values() for overloads in g.values() for s in overloads]
    used = {id(s.op): s.op for s in sigs}.values()
    by_c = {op.c: op for op in used}
    names = {n: i for i, n in enumerate(sorted({p.name for s in sigs for p in s.params}))}
    yield SPDX + NOTE + '#include "python_ops.h"\n'
    yield "const char *const torsh__param_names[] = {" + ", ".join(f'"{n}"' for n in names) + "};"
    yield f"PyObject *torsh__interned[{len(names)}];\nconst int torsh__n_param_names = {len(names)};\n"
    for op in by_c.values():
        modes = sorted({s.suffix for s in sigs if s.op.c == op.c} | {"_out" for s in sigs if s.op.c == op.c and s.has_out})
        for suffix in modes:
            yield from trampoline(op, suffix)
        values = [f"[{i}] = {{{d}}}" for i, a in enumerate(op.args) if (d := default_value(a))]
        text = ", ".join(values) or "{.given = false}"
        yield f"static const torsh__value_t defaults_{op.c}[{len(op.args) + 2}] = {{{text}}};\n"
    for op in {o.schema.name: o for o in by_c.values() if o.n_out > 1}.values():
        named = [r for r in op.schema.returns if not r.startswith("result")]
        fields = ", ".join(f'"{r}"' for r in named)
        yield f'static torsh__results_t returns_{op.schema.name} = {{"{op.schema.name}", {{{fields or "NULL"}}}, NULL}};'
    seen = set()
    for s in sigs:
        if symbol(s) not in seen:
            seen.add(symbol(s))
            yield from signature(s, names)
    for where, group in groups.items():
        for name, overloads in group.items():
            c = c_function(where, name)
            refs = ", ".join("&" + symbol(s) for s in overloads)
            yield f"static const torsh__signature_t *const {c}_signatures[] = {{{refs}}};"
            numbers = int(any(p.number for s in overloads for p in s.params))
            yield f'const torsh__function_t {c} = {{"{name}", {c}_signatures, {len(overloads)}, {numbers}}};'
            self = "self" if where == "method" else "NULL"
            unused = "" if where == "method" else "    (void)self;\n"
            yield f"static PyObject *py_{where}_{name}(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)\n{{"
            yield f"{unused}    return torsh__call(&{c}, {self}, args, n, names);\n}}\n"
    for where, group in groups.items():
        yield f"PyMethodDef torsh__{where}_defs[] = {{"
        for name, overloads in group.items():
            yield (f'    {{"{name}", (PyCFunction)(void (*)(void))py_{where}_{name}, METH_FASTCALL | METH_KEYWORDS,\n'
                   f"     {docstring(name, overloads)}}},")
        yield "    {NULL, NULL, 0, NULL}};\n"


def header(ops: list[Op]):
    yield SPDX + NOTE + '#ifndef TORSH_PYTHON_OPS_H\n#define TORSH_PYTHON_OPS_H\n#include "parse.h"\n'
    for where, group in python_families(ops).items():
        yield f"extern PyMethodDef torsh__{where}_defs[];"
        for name in group:
            yield f"extern const torsh__function_t {c_function(where, name)};"
    yield "#endif"


# ---- .pyi ------------------------------------------------------------------------------------------------

STUB = """\
from collections.abc import Sequence
from typing import overload

from torsh._C import Generator, Tensor, device, dtype, layout, memory_format
from torsh._types import Device, Dims, Number
"""


def stub_default(p: Param) -> str:
    return p.default if p.default in ("None", "True", "False") or p.default.lstrip("-").isdigit() else "..."


def stub_returns(s: Signature) -> str:
    if s.op.schema.returns_list:
        return "tuple[Tensor, ...]"
    return "Tensor" if s.op.n_out == 1 else f"tuple[{', '.join(['Tensor'] * s.op.n_out)}]"


def stub(name: str, overloads: list[Signature], indent: str):
    for s in overloads:
        args = ["self"] if s.method else []
        star = False
        for p in s.params:
            if p.kwonly and not star:
                star = True
                args.append("*")
            args.append(f"{p.name}: {parsed(p)[2]}" + ("" if p.default is None else f" = {stub_default(p)}"))
        # a Python name that is a keyword can only be given by position
        args = [a.replace("from:", "from_:", 1) if a.startswith("from:") else a for a in args]
        forms = [args]
        if s.varargs:
            at = int(s.method)
            forms.append([*args[:at], f"*{s.params[0].name}: int", *[a for a in args[at + 1:] if a != "*"]])
        for form in forms:
            if len(overloads) + len(forms) > 2:
                yield f"{indent}@overload"
            yield f"{indent}def {name}({', '.join(form)}) -> {stub_returns(s)}:"
            yield f'{indent}    """{s.op.doc}"""'


def stubs(ops: list[Op]) -> dict[str, list[str]]:
    groups = python_families(ops)
    head = ["# SPDX-License-Identifier: MIT OR Apache-2.0\n# Generated from ops/*.toml by tools/opgen.", STUB]
    files = {"torsh/_ops.pyi": head + [line for n, o in groups["torch"].items() for line in stub(n, o, "")],
             "torsh/_nn_ops.pyi": head + [line for n, o in groups["nn"].items() for line in stub(n, o, "")]}
    methods = [line for n, o in groups["method"].items() for line in stub(n, o, "    ")]
    files["torsh/_methods.pyi"] = [*head, "class TensorMethods:", *methods]
    return files
