# SPDX-License-Identifier: MIT OR Apache-2.0
"""Java from the table: org.torsh.Operators (each operator once, with all its arguments), and the overloads that people call:
methods of Tensor, static methods of Torsh and nn.Functional, with trailing defaults left out."""
from __future__ import annotations

import pathlib
from dataclasses import dataclass

import emit_java_core
from emit_jni import abi, abi_java, abi_params, abi_returns, chosen, forms, operators
from java_types import KINDS, Form, camel, local, native_params, shown
from signatures import Param, Signature, families
from table import Op

ROOT = pathlib.Path(__file__).absolute().parents[2]
NOTE = "// SPDX-License-Identifier: MIT OR Apache-2.0\n// Generated from the table in ops/ by tools/opgen; not committed, do not edit.\n"
FOLDER = "java/org/torsh/"


def javadoc(indent: str, text: str, schema: str = "") -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;").replace("*/", "* /")
    code = f"\n{indent} * <pre>{schema.replace('>', '&gt;')}</pre>" if schema else ""
    return f"{indent}/**\n{indent} * {text}{code}\n{indent} */"


# ---- Operators ---------------------------------------------------------------------------------------------

def operator(f: Form):
    op = f.op
    params = [(KINDS[a.kind].java, local(a.name)) for a in f.args] + [("Tensor", o) for o in f.outs]
    held = [(local(a.name), a.kind) for a in f.args if KINDS[a.kind].held] + [(o, "out") for o in f.outs]
    given = [g.format(n=local(a.name)) for a in f.args for g in KINDS[a.kind].give] + [o + "_" for o in f.outs]
    call = f"OperatorsNative.{f.java}({', '.join(given)})"
    yield javadoc("  ", op.doc)
    yield f'  @Operator(name = "{f.key}", schema = "{op.schema.text.replace(chr(34), chr(39))}")'
    yield f"  public static {f.java_returns} {f.java}({', '.join(f'{t} {n}' for t, n in params)}) {{"
    for n, kind in held:
        if kind == "tensor_list":  # the caller's array may change meanwhile
            yield f"    {n} = {n} == null ? null : {n}.clone();"
        yield f"    final {'long[]' if kind == 'tensor_list' else 'long'} {n}_ = Handle.hold({n});"
    indent = "    "
    if held:
        yield "    try {"
        indent = "      "
    match f.results:
        case "none":
            yield f"{indent}{call};"
            first = f.outs[0] if f.outs else "self" if any(a.name == "self" for a in op.args) else f.args[0].name
            yield f"{indent}return {first if len(f.outs) < 2 else 'new Tensor[] {' + ', '.join(f.outs) + '}'};"
        case "one":
            yield f"{indent}return Tensor.own({call});"
        case _:
            value = f"Tensor.own({call})"
            yield f"{indent}return {f.record}.of({value});" if f.record else f"{indent}return {value};"
    if held:
        yield "    } finally {"
        yield from (f"      Handle.drop({n}, {n}_);" for n, _ in held)
        yield "    }"
    yield "  }\n"


def operators_class(all_forms: list[Form]):
    yield NOTE + "package org.torsh;\n\nimport org.torsh.internal.Handle;\n"
    yield """/**
 * Every operator once, with all arguments of its schema, by its name in C: what the methods of {@link Tensor}, {@link Torsh}
 * and {@link org.torsh.nn.Functional} call. {@code null} stands for what is optional.
 */
public final class Operators {
  private Operators() {}
"""
    for f in all_forms:
        yield from operator(f)
    yield "}"


def natives_class(all_forms: list[Form]):
    yield NOTE + "package org.torsh;\n\n/** The JNI functions of the operators. */\nfinal class OperatorsNative {"
    yield "  static {\n    org.torsh.internal.NativeLibrary.load();\n  }\n\n  private OperatorsNative() {}\n"
    for f in all_forms:
        params = [p for a in f.args for p in native_params(a, local(a.name))] + [("long", o) for o in f.outs]
        yield f"  static native {f.native_returns} {f.java}({', '.join(f'{t} {n}' for t, n in params)});\n"
    yield "}"


def abi_class(functions):
    yield NOTE.replace("table in ops/", "public headers") + "package org.torsh.internal;\n"
    yield "/** The JNI functions over the C ABI. For the classes of org.torsh alone: numbers are addresses here. */"
    yield "public final class Native {\n  static {\n    NativeLibrary.load();\n  }\n\n  private Native() {}\n"
    for f in functions:
        params = ", ".join(f"{t} {local(n)}" for t, n, _, _ in abi_params(f) if t)
        yield f"  public static native {abi_returns(f)} {abi_java(f)}({params});\n"
    yield "}"


def record(name: str, fields: list[str]):
    names = [local(f) for f in fields]
    yield NOTE + "package org.torsh;\n"
    yield f"/** Results of an operator that has several. */\npublic record {name}({', '.join('Tensor ' + n for n in names)}) {{"
    yield f"  static {name} of(Tensor[] t) {{\n    return new {name}({', '.join(f't[{i}]' for i in range(len(names)))});\n  }}\n}}"


# ---- what people call ------------------------------------------------------------------------------------------

@dataclass
class Overload:
    name: str
    types: list[str]
    names: list[str]
    values: dict[str, str]  # argument -> Java expression
    varargs: bool = False

    @property
    def key(self):
        return (self.name, tuple(self.types))


def default(p: Param) -> str:
    d = p.default
    if p.kind in ("scalar", "number", "scalar_opt", "int_opt", "float_opt") and d != "None":
        return f"{d}{'' if any(c in d for c in '.e') else 'L'}" if d not in ("True", "False") else f"Scalars.bool({d.lower()})"
    match p.kind:
        case "dims" | "dims_opt" if d != "None":
            return f"new long[] {{{d.strip('[]')}}}"
        case "bool":
            return d.lower()
        case "enum" if d != "None":
            return '"' + d.strip("'\"") + '"'
        case "int":
            return {"Mean": "1"}.get(d, d + "L" if d.lstrip("-").isdigit() else d)
        case "float":
            return {"inf": "Double.POSITIVE_INFINITY"}.get(d, d)
        case "dtype" if d != "None":
            return {"long": "DType.INT64"}[d]
        case "memory_format" if d != "None":
            return f"MemoryFormat.{d.upper()}"
    return "null"


# out= and flags that choose between operators have methods of their own: addOut, nonzeroNumpy
NOT_JAVA = ("layout", "out", "out_list", "true", "false")


def overloads(name: str, s: Signature):
    """All arguments, and with trailing ones that have defaults left out. int[1] and int[2] also as one number; a list of ints
    that alone may stand by position also as `long...`."""
    params = [p for p in s.params if p.kind not in NOT_JAVA and p.name not in ("pin_memory", "requires_grad")]
    required = [p for p in params if p.default is None]
    optional = [p for p in params if p.default is not None]
    for n in range(len(optional), -1, -1):
        given = required + optional[:n]
        left = {p.name: default(p) for p in optional[n:]}
        names = [local(p.name) for p in given]
        types = [KINDS[p.kind].java for p in given]
        values = left | {p.name: local(p.name) for p in given}
        yield Overload(name, types, names, values, s.varargs and len(given) == 1 and types[0] == "long[]")
        short = [p for p in given if p.kind in ("dims", "dims_opt") and p.fixed]
        if short:
            yield Overload(name, ["long" if p in short else t for p, t in zip(given, types)], names,
                           values | {p.name: f"new long[] {{{local(p.name)}}}" for p in short})


def overload(o: Overload, s: Signature, method: bool):
    f = Form(s.op, s.suffix)
    values = dict(o.values)
    args = []
    for a in f.args:
        key = "input" if a.name == "self" else a.name
        args.append("self()" if a.name == "self" and method else values[key])
    types = [t[:-2] + "..." if o.varargs and i == len(o.types) - 1 else t for i, t in enumerate(o.types)]
    yield javadoc("  ", s.op.doc, s.op.schema.text)
    yield f'  @Operator(name = "{f.key}")'
    yield (f"  public {'' if method else 'static '}{f.java_returns} {o.name}"
           f"({', '.join(f'{t} {n}' for t, n in zip(types, o.names))}) {{")
    yield f"    return Operators.{f.java}({', '.join(args)});\n  }}\n"


def overload_methods(groups: dict[str, list[Signature]], method: bool):
    for name, signatures in groups.items():
        seen: dict[tuple, tuple[int, Overload, Signature]] = {}
        for s in signatures:
            own = s.op.schema.name if s.op.python_name != s.op.schema.name else name
            for o in overloads(camel(own), s):
                left = sum(1 for v, p in ((o.values[p.name], p) for p in s.params if p.name in o.values) if v != local(p.name))
                if o.key not in seen or left < seen[o.key][0]:  # who fits without defaults comes first
                    seen[o.key] = (left, o, s)
        for _, o, s in seen.values():
            yield from overload(o, s, method)


def out_methods(groups: dict[str, list[Signature]]):
    """addOut(out, a, b): all that is required, and everything."""
    seen = set()
    for signatures in groups.values():
        for s in signatures:
            if not s.has_out:
                continue
            f = Form(s.op, "_out")
            every = [a for a in f.args]
            for args in (every, [a for a in every if a.default is None]):
                types = tuple(KINDS[a.kind].java for a in args)
                name = camel(s.op.schema.name + "_out")
                if (name, types) in seen:
                    continue
                seen.add((name, types))
                params = [f"Tensor {o}" for o in f.outs] + [f"{t} {local(a.name)}" for t, a in zip(types, args)]
                p = {a.name: default(Param(a.name, a.kind, 0, a.default, False)) for a in every if a not in args}
                values = [p.get(a.name, local(a.name)) for a in every] + f.outs
                yield javadoc("  ", "Into out: " + s.op.doc, s.op.schema.text)
                yield f"  public static {f.java_returns} {name}({', '.join(params)}) {{"
                yield f"    return Operators.{f.java}({', '.join(values)});\n  }}\n"


TENSOR_CLASS = """\
/** The operators that are methods of {@link Tensor}; generated. */
public abstract sealed class TensorOperators extends TensorValues permits Tensor {
  TensorOperators(long result) {
    super(result);
  }

  abstract Tensor self();
"""
TORSH_CLASS = """\
/** The operators that are functions, found in {@link Torsh}; generated. */
public abstract sealed class TorshOperators permits Torsh {
  TorshOperators() {}
"""
FUNCTIONAL_CLASS = """\
/** The operators that are functions of torch.nn.functional, found in {@link Functional}; generated. */
public abstract sealed class FunctionalOperators permits Functional {
  FunctionalOperators() {}
"""


def public_class(package: str, imports: list[str], head: str, body):
    yield NOTE + f"package {package};\n\n" + "".join(f"import {i};\n" for i in imports) + "\n" + head
    yield from body
    yield "}"


def outputs(ops: list[Op]) -> dict[str, object]:
    """file -> lines"""
    all_forms = forms(ops)
    groups = families(ops)
    nn = {n: [s for s in sigs if "nn.functional" in s.op.python] for n, sigs in groups["nn"].items()}
    functions = chosen(ROOT)
    out = {
        "java/operators_jni.c": operators(ops),
        "java/abi_jni.c": abi(functions),
        FOLDER + "Operators.java": operators_class(all_forms),
        FOLDER + "OperatorsNative.java": natives_class(all_forms),
        FOLDER + "internal/Native.java": abi_class(functions),
        FOLDER + "TensorOperators.java": public_class("org.torsh", [], TENSOR_CLASS, overload_methods(groups["method"], True)),
        FOLDER + "TorshOperators.java": public_class(
            "org.torsh", [], TORSH_CLASS, [*overload_methods(groups["torch"], False), *out_methods(groups["torch"])]),
        FOLDER + "nn/FunctionalOperators.java": public_class(
            "org.torsh.nn", ["org.torsh.*"], FUNCTIONAL_CLASS, [*overload_methods(nn, False), *out_methods(nn)]),
        **emit_java_core.outputs(FOLDER),
    }
    for f in all_forms:
        if f.record:
            out[FOLDER + f.record + ".java"] = record(f.record, f.op.schema.returns)
    return out
