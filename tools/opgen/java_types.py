# SPDX-License-Identifier: MIT OR Apache-2.0
"""How each kind of schema argument is written in Java: in public methods, in the parameters of a native method, and in the C
of the JNI function behind it. `{n}` is the argument's name."""
from __future__ import annotations

import re
from dataclasses import dataclass

import ctypes_of as ct
from schema import Arg
from table import Op


@dataclass(frozen=True)
class Kind:
    java: str                       # public type
    native: tuple[str, ...]         # types of the native parameters; the last is called as the argument
    give: tuple[str, ...]           # Java expressions for these
    c: str                          # the C ABI's argument(s)
    setup: str = ""                 # C before the call
    held: bool = False              # a handle that the call keeps from being released


def _plain(java: str, c: str = "{n}") -> Kind:
    return Kind(java, (java,), ("{n}",), c)


_DIMS = Kind("long[]", ("long[]",), ("{n}",), "{n}_.v, {n}_.n",
             'const torsh__longs_t {n}_ = torsh__longs(&call, "{n}", {n}, true);')
_SCALAR = ("int", "long"), ("Scalars.kind({n})", "Scalars.bits({n})")

KINDS = {
    "tensor": Kind("Tensor", ("long",), ("{n}_",), "TENSOR({n})", held=True),
    "tensor_opt": Kind("Tensor", ("long",), ("{n}_",), "TENSOR({n})", held=True),
    "tensor_list": Kind("Tensor[]", ("long[]",), ("{n}_",), "{n}_.v, {n}_.n",
                        'const torsh__tensors_t {n}_ = torsh__tensors(&call, "{n}", {n});', held=True),
    "number": Kind("Number", *_SCALAR, "torsh__scalar({n}_kind, {n})"),
    "scalar": Kind("Number", *_SCALAR, "torsh__scalar({n}_kind, {n})"),
    "scalar_opt": Kind("Number", ("int", "long"), ("Scalars.kindOrNone({n})", "Scalars.bitsOrNone({n})"),
                       "{n}_kind ? &{n}_ : NULL", "const torsh_scalar_t {n}_ = torsh__scalar({n}_kind, {n});"),
    "int": _plain("long"),
    "int_opt": Kind("Number", ("boolean", "long"), ("{n} != null", "Scalars.integerOrNone({n})"),
                    "{n}_given ? &{n}_ : NULL", "const int64_t {n}_ = {n};"),
    "float": _plain("double"),
    "float_opt": Kind("Number", ("boolean", "double"), ("{n} != null", "Scalars.doubleOrNone({n})"),
                      "{n}_given ? &{n}_ : NULL", "const double {n}_ = {n};"),
    "bool": _plain("boolean"),
    "bool_opt": Kind("Boolean", ("boolean", "boolean"), ("{n} != null", "Boolean.TRUE.equals({n})"),
                     "{n}_given ? &{n}_ : NULL", "const int {n}_ = {n};"),
    "dims": _DIMS,
    "dims_opt": Kind(_DIMS.java, _DIMS.native, _DIMS.give, _DIMS.c, _DIMS.setup.replace("true", "false")),
    "dtype": Kind("DType", ("int",), ("DType.codeOf({n})",), "(torsh_dtype_t){n}"),
    "memory_format": Kind("MemoryFormat", ("int",), ("MemoryFormat.codeOf({n})",), "{n}"),
    "device": Kind("Device", ("int", "int"), ("Device.kindOf({n})", "Device.indexOf({n})"),
                   "(torsh_device_t){{{n}_kind, {n}}}"),
    "enum": Kind("String", ("String",), ("{n}",), "{n}_", 'const char *{n}_ = torsh__text(&call, "{n}", {n});'),
    "generator": Kind("Generator", ("long",), ("{n}_",), "GENERATOR({n})", held=True),
}

# name of the native parameter before the last
FIRST = {"number": "kind", "scalar": "kind", "scalar_opt": "kind", "device": "kind"}

JNI = {"int": "jint", "long": "jlong", "double": "jdouble", "boolean": "jboolean", "long[]": "jlongArray",
       "String": "jstring", "void": "void"}

RESERVED = {"default", "int", "long", "float", "double", "boolean", "short", "byte", "char", "new", "class", "final", "native",
            "package", "return", "this", "super", "switch", "case", "for", "do", "if", "else", "const", "goto", "import"}


def camel(name: str) -> str:
    """cross_entropy -> crossEntropy; a trailing _ stays."""
    return re.sub(r"(?<=[^_])_(\w)", lambda m: m[1].upper(), name)


def local(name: str) -> str:
    n = camel(name)
    return n + "_" if n in RESERVED else n


def shown(a: Arg) -> bool:
    """Layouts are always strided and memory is never pinned: Java has no such arguments."""
    return a.kind != "layout" and a.name != "pin_memory"


def hidden_default(a: Arg) -> str:
    return ct.abi_default(a) if a.default else "-1" if a.kind == "layout" else "NULL"


def native_params(a: Arg, name: str) -> list[tuple[str, str]]:
    """(Java type, name) of the native parameters."""
    types = KINDS[a.kind].native
    if len(types) == 1:
        return [(types[0], name)]
    return [(types[0], name + "_" + FIRST.get(a.kind, "given")), (types[1], name)]


@dataclass
class Form:
    """An operator in one mode: what one JNI function is for."""
    op: Op
    suffix: str  # "", "_", "_out"

    @property
    def c(self) -> str:
        return self.op.c + self.suffix

    @property
    def java(self) -> str:
        return camel(self.c)

    @property
    def key(self) -> str:
        """The overload as PyTorch calls it in this mode: add.Tensor, add_.Tensor, add.Tensor_out."""
        s = self.op.schema
        name = s.name if self.suffix != "_" or s.mutates_self else s.name + "_"
        overload = s.overload + ("_out" if s.overload else "out") if self.suffix == "_out" else s.overload
        return name + ("." + overload if overload else "")

    @property
    def args(self) -> list[Arg]:
        return [a for a in self.op.args if shown(a)]

    @property
    def outs(self) -> list[str]:
        if self.suffix != "_out":
            return []
        return ["out"] if self.op.n_out == 1 else [f"out{i}" for i in range(self.op.n_out)]

    @property
    def results(self) -> str:
        """self, out: nothing new is made; one, many, list"""
        if self.suffix:
            return "none"
        return "list" if self.op.schema.returns_list else "one" if self.op.n_out == 1 else "many"

    @property
    def record(self) -> str | None:
        """The Java record of several results with names, e.g. ValuesIndices."""
        names = self.op.schema.returns
        if self.results != "many" or any(n.startswith("result") for n in names):
            return None
        return "".join(camel("_" + n).lstrip("_")[0].upper() + camel(n)[1:] for n in names)

    @property
    def java_returns(self) -> str:
        if self.suffix == "_out" and self.op.n_out > 1:
            return "Tensor[]"
        return {"none": "Tensor", "one": "Tensor", "list": "Tensor[]"}.get(self.results) or self.record or "Tensor[]"

    @property
    def native_returns(self) -> str:
        return {"none": "void", "one": "long"}.get(self.results, "long[]")
